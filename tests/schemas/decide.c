/*
 * decide.c - what the decoder says of random schemas and values, for another judge to compare.
 *
 *   decide FIRST_SEED SCHEMAS VALUES WALKS
 *
 * Prints a line of JSON for each schema: the schema, whether anything of it was relaxed, VALUES
 * values as texts with whether the decoder takes them, and WALKS texts that it let be written.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/chat/invent.h"
#include "base/buf.h"
#include "base/json.h"
#include "chat/schema.h"

enum { VALUE_DEPTH = 6, WALK_SOFT = 120, WALK_HARD = 2000, TEXT_BYTES = 1 << 20 };

struct subject {
	json_t *document;
	struct schema *schema;
	struct schema_grammar grammar;
	struct guide guide;
};

static void subject_init(struct subject *s, uint64_t seed)
{
	const struct schema_options options = { .order = SCHEMA_ANY_ORDER,
		.spacing = SCHEMA_SPACES_NONE,
		.unsaid = SCHEMA_UNSAID_OPEN };
	struct walk_random r = { seed, NULL };
	s->document = invent_schema(&r);
	s->schema = schema_new(&options);
	s->grammar.root = schema_add(s->schema, s->document, STR("it"), SCHEMA_TOP_ANY);
	s->grammar.schema = s->schema;
	schema_seal(s->schema);
	s->guide = schema_guide(&s->grammar);
}

static json_t *values_of(const struct subject *s, struct walk_random *r, int n)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++) {
		json_t *value = invent_value(r, s->document, s->document, VALUE_DEPTH);
		char *text =
			json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
		json_array_append_new(list, json_pack("{s:s, s:b}", "text", text, "taken",
						    walk_takes(&s->guide, str_z(text))));
		free(text);
		json_decref(value);
	}
	return list;
}

/* Those walks that came to an end. */
static json_t *walks_of(const struct subject *s, struct walk_random *r, int n)
{
	json_t *list = json_array();
	struct buf text;
	buf_init(&text, TEXT_BYTES);
	for (int i = 0; i < n; i++) {
		enum walk_end end = walk_randomly(&s->guide, r, WALK_SOFT, WALK_HARD, &text);
		if (end == WALK_STUCK)
			json_array_append_new(list, json_null());
		if (end == WALK_ENDED)
			json_array_append_new(list, js_new_text(buf_str(&text)));
	}
	buf_clear(&text);
	return list;
}

int main(int argc, char **argv)
{
	uint64_t numbers[4];
	if (argc != 5) {
		fputs("usage: decide FIRST_SEED SCHEMAS VALUES WALKS\n", stderr);
		return 2;
	}
	for (int i = 0; i < 4; i++)
		numbers[i] = strtoull(argv[i + 1], NULL, 10);
	for (uint64_t seed = numbers[0]; seed < numbers[0] + numbers[1]; seed++) {
		struct subject s;
		struct walk_random r = { seed * 31 + 7, NULL };
		const struct schema_note *notes;
		subject_init(&s, seed);
		json_t *line = json_pack("{s:O, s:b, s:o, s:o}", "schema", s.document, "relaxed",
			schema_notes(s.schema, &notes) > 0, "values",
			values_of(&s, &r, (int)numbers[2]), "walks",
			walks_of(&s, &r, (int)numbers[3]));
		char *text = json_dumps(line, JSON_COMPACT);
		puts(text);
		free(text);
		json_decref(line);
		schema_free(s.schema);
		json_decref(s.document);
	}
	return 0;
}

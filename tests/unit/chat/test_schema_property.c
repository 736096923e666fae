#include "../unit.h"

#include <stdlib.h>

#include "base/json.h"
#include "chat/schema.h"
#include "invent.h"
#include "validate.h"

enum {
	SCHEMAS = 300,
	VALUES_EACH = 15,
	WALKS_EACH = 3,
	VALUE_DEPTH = 6,
	WALK_SOFT = 150,
	WALK_HARD = 3000
};

static const struct schema_options all_options[] = {
	{ .order = SCHEMA_ANY_ORDER, .spacing = SCHEMA_SPACES_NONE, .unsaid = SCHEMA_UNSAID_OPEN },
	{ .order = SCHEMA_ANY_ORDER, .spacing = SCHEMA_SPACES_FREE, .unsaid = SCHEMA_UNSAID_OPEN },
	{ .order = SCHEMA_ANY_ORDER,
		.spacing = SCHEMA_SPACES_SINGLE,
		.unsaid = SCHEMA_UNSAID_CLOSED },
	{ .order = SCHEMA_OWN_ORDER,
		.spacing = SCHEMA_SPACES_COMMON,
		.unsaid = SCHEMA_UNSAID_CLOSED },
};

struct subject {
	json_t *document;
	struct schema *schema;
	struct schema_grammar grammar;
	struct guide guide;
	bool has_values; /* something fits it */
};

static bool is_relaxed(const struct schema *s)
{
	const struct schema_note *notes;
	size_t n = schema_notes(s, &notes);
	for (size_t i = 0; i < n; i++)
		if (!str_eq_z(str_z(notes[i].keyword), "oneOf"))
			return true;
	return false;
}

static void subject_init(struct subject *s, uint64_t seed, const struct schema_options *options)
{
	struct walk_random r = { seed, NULL };
	s->document = invent_schema(&r);
	s->schema = schema_new(options);
	s->grammar.root = schema_add(s->schema, s->document, STR("it"), SCHEMA_TOP_ANY);
	s->grammar.schema = s->schema;
	schema_seal(s->schema);
	s->guide = schema_guide(&s->grammar);
	s->has_values = !is_relaxed(s->schema);
}

static void subject_clear(struct subject *s)
{
	schema_free(s->schema);
	json_decref(s->document);
}

static void show(const struct subject *s, const char *what, struct str text)
{
	char *schema = json_dumps(s->document, JSON_COMPACT);
	print_error("%s\nschema %s\nvalue  %.*s\n", what, schema, STR_ARG(text));
	free(schema);
}

/* As most writers do it, numbers by their shortest spelling. */
static void write_value(const json_t *value, struct buf *out)
{
	buf_reset(out);
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	buf_add_z(out, text);
	free(text);
}

static void what_validates_is_taken_and_what_does_not_is_refused(void **state)
{
	(void)state;
	struct buf text;
	buf_init(&text, 1 << 20);
	size_t fitting = 0, refused = 0;
	for (uint64_t seed = 1; seed <= SCHEMAS; seed++) {
		struct subject s;
		subject_init(&s, seed, &all_options[0]);
		struct walk_random r = { seed * 1000, NULL };
		for (int i = 0; i < VALUES_EACH && s.has_values; i++) {
			json_t *value = invent_value(&r, s.document, s.document, VALUE_DEPTH);
			write_value(value, &text);
			struct err e = { 0 };
			json_t *again = js_parse(buf_str(&text), LAYER_PARSE, &e);
			assert_non_null(again);
			bool is_valid = validate(s.document, s.document, again);
			bool is_taken = walk_takes(&s.guide, buf_str(&text));
			fitting += is_valid;
			refused += !is_valid;
			if (is_valid != is_taken)
				show(&s, is_valid ? "should be taken" : "should be refused",
					buf_str(&text));
			assert_int_equal(is_valid, is_taken);
			json_decref(again);
			json_decref(value);
		}
		subject_clear(&s);
	}
	/* The generators would prove nothing if they met one side only. */
	assert_true(fitting > SCHEMAS * VALUES_EACH / 8);
	assert_true(refused > SCHEMAS * VALUES_EACH / 8);
	buf_clear(&text);
}

static enum walk_end check_walk(struct subject *s, struct walk_random *r, struct buf *text)
{
	struct err e = { 0 };
	enum walk_end end = walk_randomly(&s->guide, r, WALK_SOFT, WALK_HARD, text);
	if (end == WALK_STUCK)
		show(s, "got stuck", buf_str(text));
	assert_int_not_equal(end, WALK_STUCK);
	if (end == WALK_LONG)
		return end;
	json_t *value = js_parse(buf_str(text), LAYER_PARSE, &e);
	if (!value || !validate(s->document, s->document, value))
		show(s, value ? "does not validate" : e.what, buf_str(text));
	assert_non_null(value);
	assert_true(validate(s->document, s->document, value));
	json_decref(value);
	return end;
}

static void random_walks_never_get_stuck_and_end_in_values_that_validate(void **state)
{
	(void)state;
	struct buf text;
	buf_init(&text, 1 << 20);
	size_t ended = 0, walks = 0;
	for (size_t o = 0; o < sizeof all_options / sizeof *all_options; o++)
		for (uint64_t seed = 1; seed <= SCHEMAS; seed++) {
			struct subject s;
			subject_init(&s, seed, &all_options[o]);
			struct walk_random r = { seed * 77 + o, NULL };
			for (int i = 0; i < WALKS_EACH && s.has_values; i++, walks++)
				ended += check_walk(&s, &r, &text) == WALK_ENDED;
			subject_clear(&s);
		}
	assert_true(ended > walks * 3 / 4);
	buf_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_validates_is_taken_and_what_does_not_is_refused),
		cmocka_unit_test(random_walks_never_get_stuck_and_end_in_values_that_validate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * fuzz_schema_fits.c - random schemas of which nothing is relaxed: what is written validates, and
 * what validates is taken.
 *
 * The first eight bytes of the input are the seed of the schema (tests/unit/chat/invent.h), the
 * next eight that of a value that more or less fits it; each byte after them picks one of the bytes
 * that may be written next. Judged by tests/unit/chat/validate.h.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "../unit/chat/invent.h"
#include "../unit/chat/validate.h"
#include "base/json.h"
#include "base/must.h"
#include "chat/schema.h"

enum { VALUE_DEPTH = 6, WRITTEN_MAX = 1 << 16 };

static uint64_t seed_at(const uint8_t *bytes, size_t n, size_t from)
{
	uint64_t seed = 0;
	for (size_t i = from; i < from + sizeof seed && i < n; i++)
		seed = seed << 8 | bytes[i];
	return seed;
}

static void check_value(const struct guide *g, const json_t *document, uint64_t seed)
{
	struct walk_random r = { seed, NULL };
	json_t *value = invent_value(&r, document, document, VALUE_DEPTH);
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	json_t *again = js_parse(str_z(text), LAYER_PARSE, NULL);
	MUST(again);
	MUST(walk_takes(g, str_z(text)) == validate(document, document, again));
	json_decref(again);
	json_decref(value);
	free(text);
}

/* The byte that the choice falls on, or -1 if none is allowed. */
static int pick(const struct byte_set *set, unsigned choice)
{
	int allowed[256], n = 0;
	for (int c = 0; c < 256; c++)
		if (byte_set_has(set, (unsigned char)c))
			allowed[n++] = c;
	return n ? allowed[choice % (unsigned)n] : -1;
}

static void check_writing(const struct guide *g, const json_t *document, struct str choices)
{
	struct schema_run run;
	struct buf out;
	buf_init(&out, WRITTEN_MAX);
	g->ops->start(g->grammar, &run);
	for (size_t i = 0; i < choices.n && i < WRITTEN_MAX; i++) {
		struct byte_set set;
		g->ops->allowed(g->grammar, &run, &set);
		int c = pick(&set, (unsigned char)choices.p[i]);
		MUST(c >= 0 || g->ops->may_end(g->grammar, &run));
		if (c < 0)
			break;
		MUST(g->ops->accept(g->grammar, &run, (unsigned char)c));
		buf_add_char(&out, (char)c);
	}
	if (g->ops->may_end(g->grammar, &run)) {
		json_t *value = js_parse(buf_str(&out), LAYER_PARSE, NULL);
		MUST(value && validate(document, document, value));
		json_decref(value);
	}
	buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct walk_random r = { seed_at(bytes, n, 0), NULL };
	struct schema_options options = { .order = SCHEMA_ANY_ORDER,
		.spacing = SCHEMA_SPACES_NONE };
	const struct schema_note *notes;
	json_t *document = invent_schema(&r);
	struct schema *s = schema_new(&options);
	struct schema_grammar grammar = { s, schema_add(s, document, STR("it"), SCHEMA_TOP_ANY) };
	schema_seal(s);
	struct guide g = schema_guide(&grammar);
	if (!schema_notes(s, &notes)) {
		check_value(&g, document, seed_at(bytes, n, 8));
		check_writing(&g, document, str_from(str_n((const char *)bytes, n), 16));
	}
	schema_free(s);
	json_decref(document);
	return 0;
}

/*
 * fuzz_schema.c - any JSON as a schema, any bytes as choices: the decoder never gets stuck, and
 * what it lets pass is JSON.
 *
 * The input up to the first line end is the schema. The bits of the next byte pick the options (two
 * for the spacing, one for the order of keys, one for objects that say nothing about other keys);
 * each byte after it picks one of the bytes allowed.
 */
#include "fuzz.h"

#include <string.h>

#include "base/json.h"
#include "base/must.h"
#include "chat/schema.h"

enum { WRITTEN_MAX = 1 << 16 };

static int pick(const struct byte_set *set, unsigned choice)
{
	unsigned n = 0;
	for (int word = 0; word < 4; word++)
		n += (unsigned)__builtin_popcountll(set->bits[word]);
	if (n == 0)
		return -1;
	choice %= n;
	for (int c = 0; c < 256; c++)
		if (byte_set_has(set, (unsigned char)c) && choice-- == 0)
			return c;
	return -1;
}

static void walk(const struct guide *g, struct str choices, struct buf *out)
{
	struct schema_run run, before;
	struct byte_set set;
	g->ops->start(g->grammar, &run);
	for (size_t i = 0; i < choices.n; i++) {
		unsigned char choice = (unsigned char)choices.p[i];
		g->ops->allowed(g->grammar, &run, &set);
		int c = pick(&set, choice);
		MUST(c >= 0 || g->ops->may_end(g->grammar, &run));
		if (c < 0)
			break;
		g->ops->copy(g->grammar, &before, &run);
		MUST(g->ops->accept(g->grammar, &before, choice) == byte_set_has(&set, choice));
		MUST(g->ops->accept(g->grammar, &run, (unsigned char)c));
		buf_add_char(out, (char)c);
	}
	struct err e = { 0 };
	json_t *value =
		g->ops->may_end(g->grammar, &run) ? js_parse(buf_str(out), LAYER_PARSE, &e) : NULL;
	MUST(value || !g->ops->may_end(g->grammar, &run));
	json_decref(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str choices = str_n((const char *)bytes, n), text;
	str_cut(&choices, '\n', &text);
	json_t *document = js_parse(text, LAYER_CLIENT, NULL);
	if (!document)
		return 0;
	unsigned mode = choices.n ? (unsigned char)choices.p[0] : 0;
	struct schema_options options = {
		.order = mode & 4 ? SCHEMA_OWN_ORDER : SCHEMA_ANY_ORDER,
		.spacing = (enum schema_spacing)(mode & 3),
		.unsaid = mode & 8 ? SCHEMA_UNSAID_CLOSED : SCHEMA_UNSAID_OPEN,
	};
	struct schema *s = schema_new(&options);
	struct schema_grammar grammar = { s, schema_add(s, document, STR("it"), SCHEMA_TOP_ANY) };
	schema_seal(s);
	struct guide g = schema_guide(&grammar);
	struct buf out;
	buf_init(&out, WRITTEN_MAX);
	walk(&g, str_sub(choices, 1, WRITTEN_MAX), &out);
	buf_clear(&out);
	schema_free(s);
	json_decref(document);
	return 0;
}

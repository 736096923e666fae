/*
 * test_mask.c - engine/mask.c under the guides of chat/: what it keeps is what trying every token
 * byte by byte would keep. Here, because only route/ knows both.
 */
#include "../unit.h"

#include <math.h>
#include <stdlib.h>

#include "../chat/invent.h"
#include "base/arena.h"
#include "base/must.h"
#include "chat/schema.h"
#include "chat/tool_guide.h"
#include "engine/guided.h"

enum { ROW_SEEDS = 6, SCHEMAS = 120, STEPS = 40, TOKENS = 1500, TOKEN_PARTS = 4, OVERLONG = 300 };

/* What tokens are made of: what strings and calls are written with, halves of characters too. */
static const char *const parts[] = { "a", "b", "ab", "name", "na", " ", "  ", "_x", "12", "0", ".",
	",", "-", "\"", "\\", "\\n", "\\\"", "\\u00", "{", "}", "[", "]", ":", ": ", ", ", "\": \"",
	"\"}", "true", "null", "\n", "\t", "\x7f", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
	"\xf0\x9f", "\xe2\x82", "\x82\xac", "\x80", "\xff", "\xc0\xaf", "\xed\xa0\x80", "<",
	"<tool_call>", "</think>", "</tool", "'", "`" };

/* A vocabulary of every byte, of random joints of the parts, of ends of answers, of tokens that are
 * never said and of one longer than what is counted. */
static void vocab_make(struct vocab *v)
{
	struct walk_random r = { 7, NULL };
	size_t room = TOKENS * TOKEN_PARTS * 16 + OVERLONG, at = 0;
	*v = (struct vocab){ .count = TOKENS, .bos = -1 };
	v->offsets = must_calloc(TOKENS + 1, sizeof *v->offsets);
	v->flags = must_calloc(TOKENS, 1);
	v->bytes = must_calloc(room, 1);
	for (int i = 0; i < TOKENS; i++) {
		if (i < 256) {
			v->bytes[at++] = (char)i;
		} else if (i == 256) {
			memset(v->bytes + at, 'a', OVERLONG);
			at += OVERLONG;
		} else {
			for (uint64_t n = walk_below(&r, TOKEN_PARTS); n > 0; n--) {
				struct str part =
					str_z(parts[walk_below(&r, sizeof parts / sizeof *parts)]);
				memcpy(v->bytes + at, part.p, part.n);
				at += part.n;
			}
			v->flags[i] = i % 100 == 0 ? VOCAB_END : i % 77 == 0 ? VOCAB_UNUSED : 0;
		}
		v->offsets[i + 1] = (uint32_t)at;
	}
}

/* Whether the guide takes the token behind `said`, tried on a state of its own. */
static bool takes(
	const struct guide *g, const struct vocab *v, void *trial, const void *state, int token)
{
	struct str bytes = vocab_bytes(v, token);
	if (vocab_is(v, token, VOCAB_END))
		return g->ops->is_open(g->grammar, state) || g->ops->may_end(g->grammar, state);
	if (vocab_is(v, token, VOCAB_UNUSED) || !bytes.n)
		return false;
	g->ops->copy(g->grammar, trial, state);
	for (size_t i = 0; i < bytes.n; i++)
		if (!g->ops->accept(g->grammar, trial, (unsigned char)bytes.p[i]))
			return false;
	return true;
}

/* Compares the two along a random answer; adds the tokens kept and struck out. */
static void check_walk(const struct guide *g, struct vocab *v, uint64_t seed, size_t counts[2])
{
	struct walk_random r = { seed, NULL };
	struct guided guided;
	float logits[TOKENS];
	void *trial = must_calloc(1, g->state_bytes);
	guided_init(&guided, g, v);
	for (int step = 0; step < STEPS; step++) {
		int next = -1;
		uint64_t seen = 0;
		for (int i = 0; i < TOKENS; i++)
			logits[i] = (float)i;
		guided_mask(&guided, logits);
		for (int i = 0; i < TOKENS; i++) {
			bool is_taken = takes(g, v, trial, guided.state, i);
			bool is_kept = logits[i] == (float)i;
			if (is_taken != is_kept)
				print_error("seed %d step %d: token %d \"%.*s\" should be %s\n",
					(int)seed, step, i, STR_ARG(vocab_bytes(v, i)),
					is_taken ? "kept" : "struck");
			assert_int_equal(is_taken, is_kept);
			assert_true(is_kept || logits[i] == -INFINITY);
			counts[is_taken]++;
			if (is_taken && !vocab_is(v, i, VOCAB_END) && walk_below(&r, ++seen) == 0)
				next = i;
		}
		if (next < 0)
			break;
		assert_true(guided_take(&guided, next));
	}
	guided_clear(&guided);
	free(trial);
}

static void random_schemas_are_masked_as_if_every_token_were_tried(void **state)
{
	(void)state;
	static const struct schema_options options[] = {
		{ .order = SCHEMA_ANY_ORDER,
			.spacing = SCHEMA_SPACES_FREE,
			.unsaid = SCHEMA_UNSAID_OPEN },
		{ .order = SCHEMA_OWN_ORDER,
			.spacing = SCHEMA_SPACES_COMMON,
			.unsaid = SCHEMA_UNSAID_CLOSED },
	};
	struct vocab v;
	size_t counts[2] = { 0 };
	vocab_make(&v);
	for (uint64_t seed = 1; seed <= SCHEMAS; seed++) {
		struct walk_random r = { seed, NULL };
		json_t *document = invent_schema(&r);
		struct schema *s = schema_new(&options[seed % 2]);
		struct schema_grammar grammar = { s,
			schema_add(s, document, STR("it"), SCHEMA_TOP_ANY) };
		schema_seal(s);
		struct guide g = schema_guide(&grammar);
		check_walk(&g, &v, seed, counts);
		schema_free(s);
		json_decref(document);
	}
	assert_true(counts[0] > TOKENS && counts[1] > TOKENS);
	vocab_clear(&v);
}

static void limits_of_strings_are_kept_whatever_their_size(void **state)
{
	(void)state;
	struct vocab v;
	size_t counts[2] = { 0 };
	vocab_make(&v);
	static const int limits[] = { 0, 1, 2, 5, 12, 30, 250, 256, 290, 310, 600 };
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		json_t *document = json_pack("{s:s, s:i, s:i}", "type", "string", "minLength",
			limits[i] / 2, "maxLength", limits[i]);
		struct schema_options options = { 0 };
		struct schema *s = schema_new(&options);
		struct schema_grammar grammar = { s,
			schema_add(s, document, STR("it"), SCHEMA_TOP_ANY) };
		schema_seal(s);
		struct guide g = schema_guide(&grammar);
		check_walk(&g, &v, i + 1, counts);
		schema_free(s);
		json_decref(document);
	}
	assert_true(counts[1] > TOKENS);
	vocab_clear(&v);
}

/* One request, different for every seed, in the form of one row. */
static void check_row(
	struct vocab *v, const struct tool_format *row, uint64_t seed, size_t counts[2])
{
	struct arena *a = arena_new();
	struct chat_request *r = chat_request_new(a);
	chat_add_tool(r, STR("name"), STR(""),
		json_loads(
			"{\"properties\": {\"a\": {\"type\": \"string\"}, \"n\": {}}}", 0, NULL));
	chat_add_tool(r, STR("nab"), STR(""), NULL);
	r->tool_choice = (enum chat_tool_choice)(seed % CHAT_CHOICE_NAMED);
	r->allows_parallel_calls = seed & 1;
	r->format = seed % 5 == 0 ? CHAT_FORMAT_JSON : CHAT_FORMAT_TEXT;
	struct tool_guide *g = tool_guide_new(r, row, (enum tool_thinking)(seed / 3 % 3), NULL);
	if (tool_guide_get(g))
		check_walk(tool_guide_get(g), v, seed, counts);
	tool_guide_free(g);
	chat_request_free(r);
	arena_free(a);
}

static void every_row_is_masked_as_if_every_token_were_tried(void **state)
{
	(void)state;
	struct vocab v;
	size_t counts[2] = { 0 };
	vocab_make(&v);
	for (size_t i = 0; tool_formats[i]; i++)
		for (uint64_t seed = 0; seed < ROW_SEEDS; seed++)
			check_row(&v, tool_formats[i], seed + i, counts);
	assert_true(counts[0] > TOKENS && counts[1] > TOKENS);
	vocab_clear(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_schemas_are_masked_as_if_every_token_were_tried),
		cmocka_unit_test(limits_of_strings_are_kept_whatever_their_size),
		cmocka_unit_test(every_row_is_masked_as_if_every_token_were_tried),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

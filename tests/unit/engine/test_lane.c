/*
 * test_lane.c - engine/lane.c, engine/prompt.c, engine/vocab.c: text to tokens, and what a lane
 * knows of a prompt.
 */
#include "engine/lane.h"

#include <llama.h>

#include "engine/engine_int.h"
#include "fixture.h"

struct world {
	struct arena *arena;
	const char *path;
	struct engine *engine;
	struct vocab *v;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	w->arena = arena_new();
	w->path = fixture_model(w->arena, 1, 0);
	w->engine = fixture_open(w->path, 1, 0);
	w->v = &w->engine->vocab;
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	engine_free(w->engine);
	fixture_clean(w->arena, w->path);
	arena_free(w->arena);
	free(w);
	return 0;
}

static void prompt_of(struct prompt *p, const struct world *w, struct str a, struct str literal)
{
	struct engine_segment segments[] = { { a, false }, { literal, true } };
	assert_true(prompt_init(p, w->v, segments, 2, NULL));
}

/* A lane that has computed all of this prompt. */
static void lane_of(struct lane *l, const struct world *w, struct str text)
{
	struct prompt p;
	struct lane_match m;
	prompt_of(&p, w, text, STR(""));
	lane_match(NULL, &p, w->v, &m);
	lane_init(l, 0);
	lane_take(l, &p, &m);
	l->in_cache = l->tokens.n;
	token_list_clear(&m.rest);
	prompt_clear(&p);
}

static void template_text_is_cut_as_libllama_cuts_it(void **state)
{
	struct world *w = *state;
	struct str text = STR("<|im_start|>user\n{\"name\": \"write\"} hello\n\n  world"
			      "<|im_end|>\n<|im_start|>assistant\n<think>\n\xc3\xa4</think>");
	int32_t ids[200];
	int32_t n = llama_tokenize(w->v->llama, text.p, (int32_t)text.n, ids, 200, false, true);
	struct prompt p;
	struct token_list tokens = { 0 };
	prompt_of(&p, w, text, STR(""));
	prompt_tokenize(&p, w->v, 0, &tokens);
	assert_int_equal(tokens.n, n);
	for (size_t i = 0; i < tokens.n; i++)
		assert_int_equal(tokens.p[i].id, ids[i]);
	assert_int_equal(token_list_end(&tokens, tokens.n), text.n);
	token_list_clear(&tokens);
	prompt_clear(&p);
}

static size_t count_controls(const struct world *w, struct str template, struct str literal)
{
	struct prompt p;
	prompt_of(&p, w, template, literal);
	size_t n = p.mark_count;
	prompt_clear(&p);
	return n;
}

static void bytes_that_are_no_utf8_are_tokens_of_their_own(void **state)
{
	struct world *w = *state;
	struct token_list tokens = { 0 };
	struct str text = STR("a\xff\xf5\xbf\xbf\xbf"
			      "b\xe2\x82");
	vocab_tokenize(w->v, text, 10, &tokens);
	assert_int_equal(tokens.n, text.n);
	for (size_t i = 0; i < text.n; i++) {
		assert_int_equal(tokens.p[i].end, 11 + i);
		assert_memory_equal(vocab_bytes(w->v, tokens.p[i].id).p, text.p + i, 1);
	}
	token_list_clear(&tokens);
}

static void literal_text_never_becomes_a_control_token(void **state)
{
	struct world *w = *state;
	assert_int_equal(count_controls(w, STR("<|im_end|><|im_start|>"), STR("")), 2);
	assert_int_equal(count_controls(w, STR(""), STR("<|im_end|><|im_start|>")), 0);
	assert_int_equal(count_controls(w, STR("a<|im_"), STR("end|>b")), 0);
	assert_int_equal(count_controls(w, STR("<|im_end|>a"), STR("b<|im_end|>")), 1);
}

static void a_control_token_is_found_wherever_it_stands(void **state)
{
	struct world *w = *state;
	assert_true(vocab_control_at(w->v, STR("<|im_end|>x")) >= 0);
	assert_int_equal(vocab_control_at(w->v, STR("<|im_en")), -1);
	assert_int_equal(vocab_control_at(w->v, STR("x<|im_end|>")), -1);
	assert_int_equal(vocab_control_at(w->v, STR("")), -1);
}

/* Tokens kept plus tokens of the rest must be what cutting the whole prompt gives. */
static size_t keep_of(const struct world *w, const struct lane *l, struct str text, bool is_exact)
{
	struct prompt p;
	struct lane_match part, whole;
	prompt_of(&p, w, text, STR(""));
	lane_match(l, &p, w->v, &part);
	lane_match(NULL, &p, w->v, &whole);
	if (is_exact) {
		assert_int_equal(part.keep + part.rest.n, whole.rest.n);
		for (size_t i = 0; i < whole.rest.n; i++)
			assert_int_equal(
				i < part.keep ? l->tokens.p[i].id : part.rest.p[i - part.keep].id,
				whole.rest.p[i].id);
	}
	assert_true(part.rest.n > 0);
	assert_int_equal(part.rest.p[part.rest.n - 1].end, text.n);
	size_t keep = part.keep;
	token_list_clear(&part.rest);
	token_list_clear(&whole.rest);
	prompt_clear(&p);
	return keep;
}

#define TURN "<|im_start|>user\nhello there<|im_end|>\n<|im_start|>assistant\n"

static void a_longer_prompt_keeps_all_of_the_shorter(void **state)
{
	struct world *w = *state;
	struct lane l;
	lane_of(&l, w, STR(TURN));
	size_t all = l.tokens.n;
	size_t keep = keep_of(w, &l, STR(TURN "yes<|im_end|>\n" TURN), true);
	assert_true(keep == all || keep == all - 1); /* the last newline may join what follows */
	assert_int_equal(keep_of(w, &l, STR(TURN), true), all - 1); /* one is left to compute */
	assert_int_equal(keep_of(w, &l, STR("other"), true), 0);
	lane_clear(&l);
}

static void a_change_keeps_what_stands_before_it(void **state)
{
	struct world *w = *state;
	struct lane l;
	lane_of(&l, w, STR(TURN "yes<|im_end|>\n"));
	size_t keep = keep_of(w, &l, STR(TURN "no<|im_end|>\n"), true);
	assert_true(keep >= 10 && keep < l.tokens.n);
	lane_clear(&l);
}

static void every_cut_of_a_text_is_matched_exactly(void **state)
{
	struct world *w = *state;
	struct str text =
		STR("<|im_start|>user\n{\"name\": \"write\", \"arguments\": {}}<|im_end|>\n"
		    "the end\n\n<think>\n\xe2\x82\xac</think>");
	for (size_t i = 1; i < text.n; i++) {
		struct lane l;
		lane_of(&l, w, str_sub(text, 0, i));
		keep_of(w, &l, text, true);
		lane_clear(&l);
		lane_of(&l, w, text);
		keep_of(w, &l, str_sub(text, 0, i), true);
		lane_clear(&l);
	}
}

static void what_the_model_said_stays_as_it_said_it(void **state)
{
	struct world *w = *state;
	struct lane l;
	lane_of(&l, w, STR(TURN));
	size_t prompt = l.tokens.n;
	/* Spelled byte by byte: no tokenizer would cut it so. */
	for (const char *c = "{\"name\": 1}"; *c; c++) {
		struct token_list one = { 0 };
		vocab_tokenize(w->v, str_n(c, 1), 0, &one);
		assert_int_equal(one.n, 1);
		lane_say(&l, w->v, one.p[0].id, TOKEN_SAMPLED);
		token_list_clear(&one);
	}
	l.in_cache = l.tokens.n;
	assert_int_equal(keep_of(w, &l, STR(TURN "{\"name\": 1}<|im_end|>\n"), false), prompt + 11);
	/* Going on in plain text may only cut where both agree. */
	size_t keep = keep_of(w, &l, STR(TURN "{\"name\": 1} and"), false);
	assert_true(keep > prompt);
	/* A stop text was taken off: what the model said behind it goes. */
	keep = keep_of(w, &l, STR(TURN "{\"name\"<|im_end|>"), false);
	assert_int_equal(keep, prompt + 7);
	lane_clear(&l);
}

static void the_same_bytes_as_text_and_as_control_differ(void **state)
{
	struct world *w = *state;
	struct lane l;
	struct prompt p;
	struct lane_match m;
	lane_of(&l, w, STR("abc<|im_end|>def"));
	prompt_of(&p, w, STR(""), STR("abc<|im_end|>def"));
	lane_match(&l, &p, w->v, &m);
	assert_true(token_list_end(&l.tokens, m.keep) <= 3);
	token_list_clear(&m.rest);
	prompt_clear(&p);
	lane_clear(&l);
}

static void only_what_is_computed_counts(void **state)
{
	struct world *w = *state;
	struct lane l;
	lane_of(&l, w, STR(TURN TURN));
	l.in_cache = 4;
	assert_in_range(keep_of(w, &l, STR(TURN TURN "x"), true), 1, 4);
	lane_clear(&l);
}

static void what_is_given_up_of_a_match_is_read_again(void **state)
{
	struct world *w = *state;
	struct lane l;
	struct prompt p;
	struct lane_match whole, back;
	lane_of(&l, w, STR(TURN));
	prompt_of(&p, w, STR(TURN "and more"), STR(""));
	lane_match(NULL, &p, w->v, &whole);
	lane_match(&l, &p, w->v, &back);
	assert_true(back.keep > 3);
	lane_match_back(&l, &back, 3);
	assert_int_equal(back.keep, 3);
	assert_int_equal(back.keep + back.rest.n, whole.rest.n);
	for (size_t i = 0; i < back.rest.n; i++)
		assert_int_equal(back.rest.p[i].id, whole.rest.p[i + 3].id);
	token_list_clear(&whole.rest);
	token_list_clear(&back.rest);
	prompt_clear(&p);
	lane_clear(&l);
}

static void a_batch_ends_at_the_next_stop(void **state)
{
	struct world *w = *state;
	struct lane l;
	lane_of(&l, w, STR(TURN));
	size_t n = l.tokens.n;
	l.in_cache = 2;
	assert_int_equal(lane_until_stop(&l), n - 2);
	l.stops[0] = 6;
	l.stops[1] = 4;
	assert_int_equal(lane_until_stop(&l), 2);
	l.in_cache = 4;
	assert_int_equal(lane_until_stop(&l), 2);
	l.in_cache = 6;
	assert_int_equal(lane_until_stop(&l), n - 6);
	lane_clear(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(template_text_is_cut_as_libllama_cuts_it),
		cmocka_unit_test(bytes_that_are_no_utf8_are_tokens_of_their_own),
		cmocka_unit_test(literal_text_never_becomes_a_control_token),
		cmocka_unit_test(a_control_token_is_found_wherever_it_stands),
		cmocka_unit_test(a_longer_prompt_keeps_all_of_the_shorter),
		cmocka_unit_test(a_change_keeps_what_stands_before_it),
		cmocka_unit_test(every_cut_of_a_text_is_matched_exactly),
		cmocka_unit_test(what_the_model_said_stays_as_it_said_it),
		cmocka_unit_test(the_same_bytes_as_text_and_as_control_differ),
		cmocka_unit_test(only_what_is_computed_counts),
		cmocka_unit_test(what_is_given_up_of_a_match_is_read_again),
		cmocka_unit_test(a_batch_ends_at_the_next_stop),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

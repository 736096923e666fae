/*
 * test_guided.c - engine/guided.c: under a guide even random weights say only what it lets pass.
 */
#include "engine/guided.h"

#include <math.h>

#include "engine/engine_int.h"
#include "fixture.h"
#include "toy_guide.h"

static const char pattern[] = "{\"name\": \"[a-f]{1,6}\", \"count\": [0-9]{1,4}, \"text\": "
			      "\"[ -!#-Z^-~]{0,40}\"}";

struct world {
	struct arena *arena;
	const char *path;
	struct engine *engine;
	struct toy_grammar grammar;
	struct guide guide;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	w->arena = arena_new();
	w->path = fixture_model(w->arena, 1, 0);
	w->engine = fixture_open(w->path, 0, 0);
	toy_init(&w->grammar, pattern, 0);
	w->guide = toy_guide(&w->grammar);
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

/* Whether the guide takes all bytes of the token, asked one by one. */
static bool takes(const struct guided *g, int32_t token)
{
	char state[256];
	const struct guide_ops *ops = g->guide->ops;
	struct str bytes = vocab_bytes(g->vocab, token);
	if (vocab_is(g->vocab, token, VOCAB_END))
		return ops->may_end(g->guide->grammar, g->state);
	if (vocab_is(g->vocab, token, VOCAB_UNUSED) || !bytes.n)
		return false;
	ops->copy(g->guide->grammar, state, g->state);
	for (size_t i = 0; i < bytes.n; i++)
		if (!ops->accept(g->guide->grammar, state, (unsigned char)bytes.p[i]))
			return false;
	return true;
}

static void assert_mask(struct guided *g, float *logits)
{
	for (int i = 0; i < g->vocab->count; i++)
		logits[i] = 1;
	guided_mask(g, logits);
	for (int i = 0; i < g->vocab->count; i++)
		assert_int_equal(logits[i] == 1, takes(g, i));
}

static void the_mask_is_what_the_guide_would_take(void **state)
{
	struct world *w = *state;
	struct guided g;
	float *logits = calloc((size_t)w->engine->vocab.count, sizeof *logits);
	guided_init(&g, &w->guide, &w->engine->vocab);
	assert_mask(&g, logits);
	for (const char *c = "{\"name\": \"abc\", \"count\": 17, \"text\": \"a~b c\"}"; *c; c++) {
		struct token_list one = { 0 };
		vocab_tokenize(&w->engine->vocab, str_n(c, 1), 0, &one);
		assert_true(guided_take(&g, one.p[0].id));
		token_list_clear(&one);
		assert_mask(&g, logits);
	}
	assert_true(guided_is_over(&g));
	guided_clear(&g);
	free(logits);
}

static void a_refused_token_changes_nothing(void **state)
{
	struct world *w = *state;
	struct guided g;
	struct token_list tokens = { 0 };
	guided_init(&g, &w->guide, &w->engine->vocab);
	vocab_tokenize(&w->engine->vocab, STR("{x"), 0, &tokens);
	assert_int_equal(tokens.n, 2);
	assert_true(guided_take(&g, tokens.p[0].id));
	assert_false(guided_take(&g, tokens.p[1].id));
	assert_false(guided_is_over(&g));
	assert_true(guided_is_narrow(&g));
	token_list_clear(&tokens);
	guided_clear(&g);
}

/* A job under the guide, drawn with this seed. */
static void ask(struct world *w, uint64_t seed, float temperature, struct answer *a)
{
	struct mailbox *to = engine_mailbox();
	struct engine_segment segment = { STR("<|im_start|>user\nhi<|im_end|>\n"), false };
	struct engine_job job = fixture_job(&segment, to, 200);
	job.guide = &w->guide;
	job.sampling.temperature = temperature;
	job.sampling.seed = seed;
	answer_of(w->engine, &job, a);
	mailbox_free(to);
}

static void random_weights_say_what_the_guide_wants(void **state)
{
	struct world *w = *state;
	int64_t forced = 0, refused = 0;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct answer a;
		ask(w, seed, seed % 4 ? 1.5F : 0.0F, &a);
		if (!toy_matches(&w->grammar, buf_str(&a.text)))
			print_error("seed %d: %s\n", (int)seed, buf_z(&a.text));
		assert_true(toy_matches(&w->grammar, buf_str(&a.text)));
		assert_int_equal(a.done.end, ENGINE_END_TURN);
		forced += a.done.forced_tokens;
		refused += a.done.refused_tokens;
		answer_clear(&a);
	}
	assert_true(forced > 100); /* the names and quotes were not sampled */
	assert_true(refused > 100);
}

static void a_limit_counts_what_was_not_sampled(void **state)
{
	struct world *w = *state;
	for (int most = 1; most <= 12; most++) {
		struct mailbox *to = engine_mailbox();
		struct engine_segment segment = { STR("<|im_start|>user\nhi<|im_end|>\n"), false };
		struct engine_job job = fixture_job(&segment, to, most);
		struct answer a;
		job.guide = &w->guide;
		answer_of(w->engine, &job, &a);
		assert_int_equal(a.done.end, ENGINE_END_LENGTH);
		assert_int_equal(a.done.sampled_tokens + a.done.forced_tokens, most);
		answer_clear(&a);
		mailbox_free(to);
	}
}

static void ordinary_text_is_free_until_a_call_opens(void **state)
{
	struct world *w = *state;
	struct toy_grammar open;
	toy_init(&open, pattern, '{');
	w->guide = toy_guide(&open);
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct answer a;
		ask(w, seed, 1.0F, &a);
		bool is_cut = a.done.end == ENGINE_END_LENGTH;
		/* What is no UTF-8 was mended, so only texts without it can be compared. */
		bool is_mended = str_find(buf_str(&a.text), STR("\xef\xbf\xbd")) != SIZE_MAX;
		assert_true(is_cut || is_mended || toy_matches(&open, buf_str(&a.text)));
		answer_clear(&a);
	}
	w->guide = toy_guide(&w->grammar);
}

static void a_dead_end_is_an_error(void **state)
{
	struct world *w = *state;
	struct toy_grammar dead;
	struct answer a;
	toy_init(&dead, "ab", 0);
	dead.elements[1].set = (struct byte_set){ { 0 } };
	w->guide = toy_guide(&dead);
	ask(w, 1, 0, &a);
	assert_int_equal(a.done.end, ENGINE_END_ERROR);
	assert_err(a.done.err, ERR_BROKEN, LAYER_ENGINE);
	answer_clear(&a);
	w->guide = toy_guide(&w->grammar);
}

static void forced_bytes_are_cut_as_the_model_would(void **state)
{
	struct world *w = *state;
	struct vocab *v = &w->engine->vocab;
	struct guided g;
	struct lane l;
	struct token_list forced = { 0 }, whole = { 0 };
	guided_init(&g, &w->guide, v);
	lane_init(&l, 0);
	guided_forced(&g, &l, &forced);
	vocab_tokenize(v, STR("{\"name\": \""), 0, &whole);
	assert_int_equal(forced.n, whole.n - 1);
	for (size_t i = 0; i < forced.n; i++)
		assert_int_equal(forced.p[i].id, whole.p[i].id);
	token_list_clear(&forced);
	token_list_clear(&whole);
	lane_clear(&l);
	guided_clear(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_mask_is_what_the_guide_would_take),
		cmocka_unit_test(a_refused_token_changes_nothing),
		cmocka_unit_test(forced_bytes_are_cut_as_the_model_would),
		cmocka_unit_test(random_weights_say_what_the_guide_wants),
		cmocka_unit_test(a_limit_counts_what_was_not_sampled),
		cmocka_unit_test(ordinary_text_is_free_until_a_call_opens),
		cmocka_unit_test(a_dead_end_is_an_error),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/*
 * test_architectures.c - engine/admit.c, work.c: what is known of a prompt is used, and changes no
 * answer, whatever a model keeps: cells of all tokens, cells of a window, a state that cannot be
 * cut back, experts.
 *
 * Every answer is compared with that of an engine that knows nothing of the prompt.
 */
#include "engine/engine.h"
#include "fixture.h"

enum { CONTEXT = 2048, ANSWER = 10, LINES = 24, CHUNK = 64 };

static const char *const architectures[] = {
	"qwen3moe",
	"gemma4",
	"nemotron_h_moe",
	"gpt-oss",
	"qwen35",
	"lfm2",
};

enum { ARCHITECTURES = sizeof(architectures) / sizeof(architectures[0]) };

/* One architecture's model, and two engines: one that keeps what it read, and one with a single
 * lane that is made to forget before each question. */
struct world {
	struct arena *arena;
	const char *path, *name;
	struct engine *kept, *forgetful;
	struct mailbox *to;
};

static struct world open_world(const char *architecture)
{
	struct world w = { .arena = arena_new(), .name = architecture, .to = engine_mailbox() };
	w.path = fixture_model_of(w.arena, architecture, 5, CONTEXT);
	w.kept = fixture_open(w.path, 3, CHUNK);
	w.forgetful = fixture_open(w.path, 1, CHUNK);
	return w;
}

static void close_world(struct world *w)
{
	engine_free(w->kept);
	engine_free(w->forgetful);
	mailbox_free(w->to);
	fixture_clean(w->arena, w->path);
	arena_free(w->arena);
}

static void ask(struct world *w, struct engine *g, struct str prompt, struct answer *out)
{
	struct engine_segment segment = { prompt, false };
	struct engine_job job = fixture_job(&segment, w->to, ANSWER);
	answer_of(g, &job, out);
}

/* The answer of whoever reads the whole prompt. */
static void ask_afresh(struct world *w, struct str prompt, struct answer *out)
{
	struct answer nothing;
	ask(w, w->forgetful, STR("x"), &nothing);
	answer_clear(&nothing);
	ask(w, w->forgetful, prompt, out);
	assert_int_equal(out->done.cached_tokens, 0);
}

static void assert_same(const struct world *w, const struct answer *a, const struct answer *b)
{
	if (!str_eq(buf_str(&a->text), buf_str(&b->text)) || a->done.end != b->done.end)
		print_error("%s: %s\n", w->name, a->done.err.what);
	assert_int_equal(a->done.end, b->done.end);
	assert_int_equal(a->text.n, b->text.n);
	assert_memory_equal(buf_z(&a->text), buf_z(&b->text), a->text.n);
}

/* What is known changes no answer; returns how much that was. */
static int64_t ask_both(struct world *w, struct str prompt)
{
	struct answer known, fresh;
	ask(w, w->kept, prompt, &known);
	ask_afresh(w, prompt, &fresh);
	assert_same(w, &known, &fresh);
	int64_t cached = known.done.cached_tokens;
	answer_clear(&known);
	answer_clear(&fresh);
	return cached;
}

/* A conversation of so many lines; what is said in one of them can be another. */
static struct str lines(struct arena *a, int count, int changed)
{
	struct buf b;
	buf_init(&b, 100000);
	for (int i = 0; i < count; i++)
		buf_printf(&b, "<|im_start|>user\nline %d %s<|im_end|>\n", i,
			i == changed ? "other" : "one");
	buf_add(&b, STR("<|im_start|>assistant\n"));
	struct str s = arena_str(a, buf_str(&b));
	buf_clear(&b);
	return s;
}

static void for_each(void (*test)(struct world *w))
{
	for (size_t i = 0; i < ARCHITECTURES; i++) {
		struct world w = open_world(architectures[i]);
		test(&w);
		close_world(&w);
	}
}

/* ---- one conversation after the other ---- */

static void grow(struct world *w)
{
	ask_both(w, lines(w->arena, 2, -1));
	struct str before = lines(w->arena, LINES, -1);
	ask_both(w, before);
	ask_both(w, before);
	struct str longer = arena_printf(w->arena, "%.*syes<|im_end|>\n%.*s", STR_ARG(before),
		STR_ARG(lines(w->arena, 3, 1)));
	int64_t cached = ask_both(w, longer);
	assert_true(cached > LINES * 10);
}

static void a_conversation_that_grows_is_not_read_again(void **state)
{
	(void)state;
	for_each(grow);
}

/* Back to the middle of what was read, farther than a window reaches, and near its end. */
static void change(struct world *w)
{
	ask_both(w, lines(w->arena, LINES, -1));
	ask_both(w, lines(w->arena, LINES, LINES / 2));
	ask_both(w, lines(w->arena, LINES, LINES - 1));
	ask_both(w, lines(w->arena, LINES, 0));
	ask_both(w, lines(w->arena, LINES / 4, -1));
}

/* A prompt that parts from another one where a third did finds the place kept. */
static void part(struct world *w)
{
	struct str one = lines(w->arena, LINES, -1), other = lines(w->arena, LINES, LINES / 2);
	ask_both(w, one);
	ask_both(w, other);
	assert_true(ask_both(w, one) > LINES / 2 * 10);
}

static void a_place_where_prompts_parted_is_returned_to(void **state)
{
	(void)state;
	for_each(part);
}

static void a_changed_history_is_read_from_the_change_on(void **state)
{
	(void)state;
	for_each(change);
}

/* ---- several at once ---- */

static void branch(struct world *w)
{
	enum { BRANCHES = 4 };
	struct answer fresh[BRANCHES], together[BRANCHES];
	uint64_t ids[BRANCHES];
	struct str prompts[BRANCHES];
	ask_both(w, lines(w->arena, LINES, -1)); /* what they have in common is known */
	for (int i = 0; i < BRANCHES; i++) {
		prompts[i] = arena_printf(w->arena, "%.*sno %d<|im_end|>\n%.*s",
			STR_ARG(lines(w->arena, LINES, -1)), i, STR_ARG(lines(w->arena, i + 1, 0)));
		ask_afresh(w, prompts[i], &fresh[i]);
	}
	for (int i = 0; i < BRANCHES; i++) {
		struct engine_segment segment = { prompts[i], false };
		struct engine_job job = fixture_job(&segment, w->to, ANSWER);
		answer_init(&together[i]);
		ids[i] = engine_start(w->kept, &job);
	}
	struct engine_event event;
	for (int over = 0; over < BRANCHES;) {
		assert_true(mailbox_receive(w->to, &event));
		for (int i = 0; i < BRANCHES; i++)
			if (event.job == ids[i]) {
				over += answer_add(&together[i], &event);
				break;
			}
	}
	for (int i = 0; i < BRANCHES; i++) {
		assert_same(w, &together[i], &fresh[i]);
		answer_clear(&together[i]);
		answer_clear(&fresh[i]);
	}
}

static void conversations_with_one_beginning_stay_apart(void **state)
{
	(void)state;
	for_each(branch);
}

/* ---- a client that leaves ---- */

static void cancel_at(struct world *w, struct str prompt, enum engine_event_type when)
{
	struct engine_segment segment = { prompt, false };
	struct engine_job job = fixture_job(&segment, w->to, CONTEXT);
	uint64_t id = engine_start(w->kept, &job);
	struct engine_event event;
	for (bool is_over = false; !is_over;) {
		assert_true(mailbox_receive(w->to, &event));
		if (event.type == when &&
			(when != ENGINE_PROGRESS || event.progress.done_tokens >= 2 * CHUNK))
			engine_cancel(w->kept, id);
		is_over = event.type == ENGINE_DONE;
		engine_event_clear(&event);
	}
}

static void leave(struct world *w)
{
	struct str prompt = lines(w->arena, LINES, -1), other = lines(w->arena, LINES, LINES / 2);
	cancel_at(w, prompt, ENGINE_PROGRESS);
	assert_true(ask_both(w, prompt) > 0);
	cancel_at(w, prompt, ENGINE_TEXT);
	ask_both(w, prompt);
	cancel_at(w, other, ENGINE_PROGRESS);
	ask_both(w, prompt);
	ask_both(w, other);
}

static void a_cancelled_prompt_does_not_harm_the_next(void **state)
{
	(void)state;
	for_each(leave);
}

/* ---- more than the cache holds ---- */

enum { TOGETHER = 3, LONG_ANSWER = 520 };

/* The youngest is parked in the middle of its answer, and what it held is computed again. */
static void outgrow(struct world *w)
{
	const struct engine_bias no_end[] = { { 0, -100 }, { 1, -100 }, { 2, -100 } };
	for (int i = 0; i < TOGETHER; i++) {
		struct engine_segment segment = { lines(w->arena, LINES / 2, i), false };
		struct engine_job job = fixture_job(&segment, w->to, LONG_ANSWER);
		job.sampling.biases = no_end;
		job.sampling.bias_count = 3;
		engine_start(w->kept, &job);
	}
	struct engine_event event;
	for (int over = 0; over < TOGETHER;) {
		assert_true(mailbox_receive(w->to, &event));
		if (event.type == ENGINE_DONE) {
			over++;
			assert_int_equal(event.done->end, ENGINE_END_LENGTH);
			assert_int_equal(event.done->sampled_tokens, LONG_ANSWER);
		}
		engine_event_clear(&event);
	}
	ask_both(w, lines(w->arena, LINES / 2, 1));
}

static void answers_that_outgrow_the_cache_take_turns(void **state)
{
	(void)state;
	static const char *const kinds[] = { "nemotron_h_moe", "gpt-oss" };
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct world w = open_world(kinds[i]);
		outgrow(&w);
		close_world(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_conversation_that_grows_is_not_read_again),
		cmocka_unit_test(a_changed_history_is_read_from_the_change_on),
		cmocka_unit_test(a_place_where_prompts_parted_is_returned_to),
		cmocka_unit_test(conversations_with_one_beginning_stay_apart),
		cmocka_unit_test(a_cancelled_prompt_does_not_harm_the_next),
		cmocka_unit_test(answers_that_outgrow_the_cache_take_turns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

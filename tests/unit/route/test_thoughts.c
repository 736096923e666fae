/*
 * test_thoughts.c - limits on thoughts: a tiny random model, held by the guides of chat/, thinks so
 * many tokens and no more. Here, because only route/ knows both.
 */
#include "../engine/fixture.h"
#include "base/json.h"
#include "chat/tool_guide.h"

#define OPEN_TURN "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n<think>\n"
#define TURN      "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n"

enum { CONTEXT = 1024, MOST_TOKENS = 200, SEEDS = 40 };

struct world {
	struct arena *arena;
	const char *path;
	struct engine *engine;
	struct mailbox *to;
	struct chat_request *request;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	w->arena = arena_new();
	w->path = fixture_model(w->arena, 3, CONTEXT);
	w->to = engine_mailbox();
	w->engine = fixture_open(w->path, 1, 0);
	w->request = chat_request_new(w->arena);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	engine_free(w->engine);
	mailbox_free(w->to);
	chat_request_free(w->request);
	fixture_clean(w->arena, w->path);
	arena_free(w->arena);
	free(w);
	return 0;
}

static void ask(struct world *w, const char *prompt, enum tool_thinking thinking, int most,
	uint64_t seed, struct answer *a)
{
	struct engine_segment segment = { str_z(prompt), false };
	struct engine_job job = fixture_job(&segment, w->to, MOST_TOKENS);
	struct tool_guide *g = tool_guide_new(w->request, &tool_format_prompted, thinking, NULL);
	job.guide = tool_guide_get(g);
	job.thinking_tokens = most;
	job.sampling.temperature = 1;
	job.sampling.seed = seed;
	answer_of(w->engine, &job, a);
	tool_guide_free(g);
}

static void a_thought_that_the_prompt_opened_ends_in_time(void **state)
{
	struct world *w = *state;
	w->request->thinking_tokens = 7;
	for (uint64_t seed = 1; seed < 6; seed++) {
		struct answer a;
		ask(w, OPEN_TURN, TOOL_THINKING_IS_OPEN, 7, seed, &a);
		size_t end = str_find(buf_str(&a.text), STR("</think>"));
		assert_true(a.done.end != ENGINE_END_ERROR);
		assert_true(a.done.thinking_tokens <= 7 + 3);
		/* Or the model ended its turn before. */
		assert_true(end != SIZE_MAX || a.done.sampled_tokens <= 7);
		assert_true(a.done.ended_thoughts >= (a.done.sampled_tokens > 10));
		assert_true(a.done.forced_tokens >= a.done.ended_thoughts);
		answer_clear(&a);
	}
}

static void no_thoughts_means_that_it_ends_at_once(void **state)
{
	struct world *w = *state;
	struct answer a;
	w->request->reasoning_effort = STR("none");
	assert_int_equal(chat_thinking_budget(w->request), 0);
	ask(w, OPEN_TURN, TOOL_THINKING_IS_OPEN, ENGINE_NO_THOUGHTS, 1, &a);
	assert_true(str_starts(buf_str(&a.text), STR("</think>")));
	assert_int_equal(a.done.thinking_tokens, 0);
	assert_int_equal(a.done.ended_thoughts, 1);
	answer_clear(&a);
}

static void without_a_limit_it_goes_on(void **state)
{
	struct world *w = *state;
	struct answer a;
	w->request->thinking_tokens = 7;
	ask(w, OPEN_TURN, TOOL_THINKING_IS_OPEN, 0, 1, &a);
	assert_int_equal(a.done.ended_thoughts, 0);
	assert_true(a.done.thinking_tokens > 7);
	answer_clear(&a);
}

/* A call is demanded, so that the random model opens either a thought or the call. */
static void a_thought_that_the_model_opened_ends_in_time_and_the_call_follows(void **state)
{
	struct world *w = *state;
	int thoughts = 0;
	chat_add_tool(w->request, STR("ls"), STR(""), NULL);
	w->request->tool_choice = CHAT_CHOICE_REQUIRED;
	w->request->allows_parallel_calls = false;
	for (uint64_t seed = 1; seed < SEEDS && thoughts < 3; seed++) {
		struct answer a;
		ask(w, TURN, TOOL_THINKING_MAY, 5, seed, &a);
		bool is_thought = str_starts(buf_str(&a.text), STR("<think>"));
		assert_int_equal(a.done.end, ENGINE_END_TURN);
		assert_true(str_ends(buf_str(&a.text),
			STR("{\"name\": \"ls\", \"arguments\": {}}</tool_call>")));
		assert_true(a.done.thinking_tokens <= 5 + 3);
		assert_true(is_thought || a.done.thinking_tokens == 0);
		thoughts += a.done.ended_thoughts > 0;
		answer_clear(&a);
	}
	assert_true(thoughts > 0);
}

static void efforts_have_their_limits(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *effort;
		int64_t tokens;
	} rows[] = { { "", CHAT_UNSET_INT }, { "none", 0 }, { "low", 2048 }, { "medium", 8192 },
		{ "high", CHAT_UNSET_INT } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		w->request->reasoning_effort = str_z(rows[i].effort);
		assert_int_equal(chat_thinking_budget(w->request), rows[i].tokens);
	}
	w->request->thinking_tokens = 100;
	assert_int_equal(chat_thinking_budget(w->request), 100);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_thought_that_the_prompt_opened_ends_in_time),
		CASE(no_thoughts_means_that_it_ends_at_once),
		CASE(without_a_limit_it_goes_on),
		CASE(a_thought_that_the_model_opened_ends_in_time_and_the_call_follows),
		CASE(efforts_have_their_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_engine.c - engine/engine.c, work.c, admit.c, task.c: whole answers of a tiny random model.
 */
#include "engine/engine.h"

#include <pthread.h>

#include "fixture.h"
#include "toy_guide.h"

#define TURN "<|im_start|>user\nwrite a file, please<|im_end|>\n<|im_start|>assistant\n"

enum { CONTEXT = 1024, MANY = 6 };

struct world {
	struct arena *arena;
	const char *path;
	struct mailbox *to;
	struct toy_grammar printable;
	struct guide ascii; /* keeps random weights to what can be read */
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	w->arena = arena_new();
	w->path = fixture_model(w->arena, 3, CONTEXT);
	w->to = engine_mailbox();
	toy_init(&w->printable, "[ -~]{60,200}", 0);
	w->ascii = toy_guide(&w->printable);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	mailbox_free(w->to);
	fixture_clean(w->arena, w->path);
	arena_free(w->arena);
	free(w);
	return 0;
}

static void ask(struct world *w, struct engine *g, struct str prompt, int tokens, struct answer *a)
{
	struct engine_segment segment = { prompt, false };
	struct engine_job job = fixture_job(&segment, w->to, tokens);
	answer_of(g, &job, a);
}

/* The greedy answer of an engine that has seen nothing before. */
static void ask_fresh(struct world *w, struct str prompt, int tokens, struct answer *a)
{
	struct engine *g = fixture_open(w->path, 1, 0);
	ask(w, g, prompt, tokens, a);
	engine_free(g);
}

static void assert_same(const struct answer *a, const struct answer *b)
{
	assert_int_equal(a->text.n, b->text.n);
	assert_memory_equal(buf_z(&a->text), buf_z(&b->text), a->text.n);
	assert_int_equal(a->done.end, b->done.end);
	assert_int_equal(a->done.sampled_tokens, b->done.sampled_tokens);
}

static void the_facts_are_those_of_the_file(void **state)
{
	struct world *w = *state;
	struct engine *g = fixture_open(w->path, 2, 0);
	const struct engine_facts *f = engine_facts(g);
	assert_str(f->architecture, "llama");
	assert_int_equal(f->context_tokens, CONTEXT);
	assert_int_equal(f->trained_context_tokens, CONTEXT);
	assert_int_equal(f->sequences, 2);
	assert_int_equal(f->layers, 2);
	assert_str(f->eos, "<|im_end|>");
	assert_str(f->bos, "<|im_start|>");
	assert_false(f->adds_bos);
	assert_true(f->can_rewind);
	assert_true(f->chat_template.n > 0);
	assert_true(str_starts(f->library, STR("libllama 0.5.0")));
	assert_true(f->weight_bytes > 100000);
	assert_true(engine_count_tokens(g, STR("<|im_end|>"), false) == 1);
	assert_true(engine_count_tokens(g, STR("<|im_end|>"), true) > 1);
	engine_free(g);
}

static void a_known_prompt_gives_the_same_answer(void **state)
{
	struct world *w = *state;
	struct engine *g = fixture_open(w->path, 1, 0);
	struct answer first, again, longer, fresh;
	ask(w, g, STR(TURN), 30, &first);
	assert_int_equal(first.done.cached_tokens, 0);
	ask(w, g, STR(TURN), 30, &again);
	assert_int_equal(again.done.cached_tokens, again.done.prompt_tokens - 1);
	assert_same(&first, &again);
	ask(w, g, STR(TURN "no<|im_end|>\n" TURN), 30, &longer);
	assert_true(longer.done.cached_tokens >= first.done.prompt_tokens - 1);
	ask_fresh(w, STR(TURN "no<|im_end|>\n" TURN), 30, &fresh);
	assert_int_equal(fresh.done.cached_tokens, 0);
	assert_same(&longer, &fresh);
	answer_clear(&first);
	answer_clear(&again);
	answer_clear(&longer);
	answer_clear(&fresh);
	engine_free(g);
}

/* The raw bytes that a model said are found again, though a tokenizer would cut them otherwise. */
static void what_was_said_is_not_computed_again(void **state)
{
	struct world *w = *state;
	struct engine *g = fixture_open(w->path, 1, 0);
	struct answer first, next;
	struct engine_segment segment = { STR(TURN), false };
	struct engine_job job = fixture_job(&segment, w->to, 40);
	struct buf whole;
	job.guide = &w->ascii;
	job.sampling.temperature = 2;
	job.sampling.seed = 7;
	answer_of(g, &job, &first);
	assert_true(first.text.n > 30);
	buf_init(&whole, 10000);
	buf_add(&whole, STR(TURN));
	buf_add(&whole, buf_str(&first.text));
	buf_add(&whole, STR("<|im_end|>\n" TURN));
	ask(w, g, buf_str(&whole), 10, &next);
	/* All but the last token said, which nobody had computed yet. */
	assert_int_equal(
		next.done.cached_tokens, first.done.prompt_tokens + first.done.sampled_tokens - 1);
	answer_clear(&first);
	answer_clear(&next);
	buf_clear(&whole);
	engine_free(g);
}

static void logprobs_are_the_same_with_and_without_a_cache(void **state)
{
	struct world *w = *state;
	struct engine *g = fixture_open(w->path, 1, 7);
	struct engine_segment segment = { STR(TURN TURN), false };
	struct engine_job job = fixture_job(&segment, w->to, 1);
	struct engine_event event;
	float first = 0, second = 0;
	job.top_logprobs = 3;
	for (int round = 0; round < 2; round++) {
		engine_start(g, &job);
		do {
			assert_true(mailbox_receive(w->to, &event));
			if (event.type == ENGINE_TEXT && event.text->logprob_count)
				*(round ? &second : &first) = event.text->logprobs[0].taken.logprob;
			if (event.type == ENGINE_DONE && round)
				assert_true(event.done->cached_tokens > 20);
			bool is_over = event.type == ENGINE_DONE;
			engine_event_clear(&event);
			if (is_over)
				break;
		} while (true);
	}
	assert_true(first < 0 && first - second < 1e-4F && second - first < 1e-4F);
	engine_free(g);
}

static void a_reused_lane_says_its_progress(void **state)
{
	struct world *w = *state;
	struct engine *g = fixture_open(w->path, 1, 16);
	struct answer a;
	ask(w, g, STR(TURN TURN TURN), 5, &a);
	assert_true(a.progress_events >= 3);
	assert_int_equal(a.last_progress.done_tokens, a.done.prompt_tokens);
	assert_int_equal(a.last_progress.prompt_tokens, a.done.prompt_tokens);
	answer_clear(&a);
	engine_free(g);
}

static void cancelling_keeps_what_was_read(void **state)
{
	struct world *w = *state;
	struct engine *g = fixture_open(w->path, 1, 16);
	struct answer a;
	struct engine_event event;
	struct buf prompt;
	buf_init(&prompt, 100000);
	for (int i = 0; i < 25; i++)
		buf_add(&prompt, STR("<|im_start|>user\none more line<|im_end|>\n"));
	struct engine_segment segment = { buf_str(&prompt), false };
	struct engine_job job = fixture_job(&segment, w->to, 500);
	uint64_t id = engine_start(g, &job);
	answer_init(&a);
	int64_t read = 0;
	for (bool is_over = false; !is_over;) {
		assert_true(mailbox_receive(w->to, &event));
		if (event.type == ENGINE_PROGRESS && event.progress.done_tokens > 30 && !read) {
			read = event.progress.done_tokens;
			engine_cancel(g, id);
		}
		is_over = answer_add(&a, &event);
	}
	assert_int_equal(a.done.end, ENGINE_END_CANCELLED);
	assert_true(a.done.sampled_tokens < 500);
	answer_clear(&a);
	ask(w, g, buf_str(&prompt), 5, &a);
	assert_true(a.done.cached_tokens >= read - 1);
	answer_clear(&a);
	engine_cancel(g, id); /* over long ago: fine */
	buf_clear(&prompt);
	engine_free(g);
}

static void a_stop_text_ends_the_answer(void **state)
{
	struct world *w = *state;
	struct engine *g = fixture_open(w->path, 1, 0);
	struct answer whole, cut;
	struct engine_segment segment = { STR(TURN), false };
	struct engine_job job = fixture_job(&segment, w->to, 40);
	job.guide = &w->ascii;
	answer_of(g, &job, &whole);
	assert_true(whole.text.n > 12);
	/* Some bytes of the middle, over the borders of tokens. */
	struct str stop = str_sub(buf_str(&whole.text), 6, 11);
	size_t at = str_find(buf_str(&whole.text), stop);
	job.stops = &stop;
	job.stop_count = 1;
	answer_of(g, &job, &cut);
	assert_int_equal(cut.done.end, ENGINE_END_STOP);
	assert_int_equal(cut.text.n, at);
	assert_memory_equal(buf_z(&cut.text), buf_z(&whole.text), at);
	assert_int_equal(cut.done.end_text.n, stop.n);
	answer_clear(&whole);
	answer_clear(&cut);
	engine_free(g);
}

static void every_token_has_its_logprobs(void **state)
{
	struct world *w = *state;
	struct engine *g = fixture_open(w->path, 1, 0);
	struct answer a;
	struct engine_segment segment = { STR(TURN), false };
	struct engine_job job = fixture_job(&segment, w->to, 20);
	job.top_logprobs = 4;
	answer_of(g, &job, &a);
	assert_int_equal(a.logprob_count, a.done.sampled_tokens - (a.done.end == ENGINE_END_TURN));
	assert_true(a.logprobs_are_sane);
	answer_clear(&a);
	engine_free(g);
}

static void a_prompt_too_long_is_refused_with_both_numbers(void **state)
{
	struct world *w = *state;
	struct engine *g = fixture_open(w->path, 1, 0);
	struct answer a;
	struct buf prompt;
	char numbers[64];
	buf_init(&prompt, 100000);
	for (int i = 0; i < 300; i++)
		buf_printf(&prompt, "line %d says nothing\n", i);
	ask(w, g, buf_str(&prompt), 5, &a);
	assert_int_equal(a.done.end, ENGINE_END_ERROR);
	assert_err(a.done.err, ERR_CONTEXT, LAYER_PROMPT);
	snprintf(numbers, sizeof numbers, "holds %d", CONTEXT);
	assert_non_null(strstr(a.done.err.what, numbers));
	snprintf(numbers, sizeof numbers, "has %lld tokens",
		(long long)engine_count_tokens(g, buf_str(&prompt), false));
	assert_non_null(strstr(a.done.err.what, numbers));
	answer_clear(&a);
	ask(w, g, STR(""), 5, &a);
	assert_err(a.done.err, ERR_USAGE, LAYER_PROMPT);
	answer_clear(&a);
	ask(w, g, STR("still alive"), 5, &a);
	assert_int_not_equal(a.done.end, ENGINE_END_ERROR);
	answer_clear(&a);
	buf_clear(&prompt);
	engine_free(g);
}

static void the_answer_ends_with_the_context(void **state)
{
	struct world *w = *state;
	struct engine *g = fixture_open(w->path, 1, 0);
	struct answer a;
	struct engine_segment segment = { STR(TURN), false };
	struct engine_job job = fixture_job(&segment, w->to, 0);
	const struct engine_bias no_end[] = { { 0, -100 }, { 1, -100 }, { 2, -100 } };
	job.sampling.biases = no_end; /* the control tokens come first in a tiny vocabulary */
	job.sampling.bias_count = 3;
	answer_of(g, &job, &a);
	assert_int_equal(a.done.end, ENGINE_END_LENGTH);
	assert_int_equal(a.done.prompt_tokens + a.done.sampled_tokens, CONTEXT);
	answer_clear(&a);
	engine_free(g);
}

/* Prompts of different length, some with a common beginning. */
static struct str prompt_at(int i)
{
	static const struct str prompts[MANY] = {
		{ TURN, sizeof TURN - 1 },
		{ TURN "a", sizeof TURN },
		{ "hello", 5 },
		{ TURN TURN TURN, 3 * (sizeof TURN - 1) },
		{ "{\"name\": ", 9 },
		{ TURN TURN "b", 2 * (sizeof TURN - 1) + 1 },
	};
	return prompts[i];
}

static void answers_side_by_side_are_those_alone(void **state)
{
	struct world *w = *state;
	struct answer alone[MANY], together[MANY];
	uint64_t ids[MANY];
	for (int i = 0; i < MANY; i++)
		ask_fresh(w, prompt_at(i), 40, &alone[i]);
	struct engine *g = fixture_open(w->path, 3, 16); /* fewer lanes than jobs: some wait */
	for (int i = 0; i < MANY; i++) {
		struct engine_segment segment = { prompt_at(i), false };
		struct engine_job job = fixture_job(&segment, w->to, 40);
		answer_init(&together[i]);
		ids[i] = engine_start(g, &job);
	}
	struct engine_event event;
	for (int over = 0; over < MANY;) {
		assert_true(mailbox_receive(w->to, &event));
		for (int i = 0; i < MANY; i++)
			if (event.job == ids[i]) {
				over += answer_add(&together[i], &event);
				break;
			}
	}
	for (int i = 0; i < MANY; i++) {
		assert_same(&alone[i], &together[i]);
		answer_clear(&alone[i]);
		answer_clear(&together[i]);
	}
	engine_free(g);
}

static void answers_that_outgrow_the_cache_take_turns(void **state)
{
	struct world *w = *state;
	struct engine *g = fixture_open(w->path, 3, 0);
	const struct engine_bias no_end[] = { { 0, -100 }, { 1, -100 }, { 2, -100 } };
	uint64_t ids[3];
	int64_t said[3] = { 0 };
	for (int i = 0; i < 3; i++) { /* three times 600 do not fit into 1024 */
		struct engine_segment segment = { prompt_at(i), false };
		struct engine_job job = fixture_job(&segment, w->to, 600);
		job.sampling.biases = no_end;
		job.sampling.bias_count = 3;
		ids[i] = engine_start(g, &job);
	}
	struct engine_event event;
	for (int over = 0; over < 3;) {
		assert_true(mailbox_receive(w->to, &event));
		if (event.type == ENGINE_DONE) {
			over++;
			for (int i = 0; i < 3; i++)
				if (event.job == ids[i])
					said[i] = event.done->sampled_tokens;
			assert_int_equal(event.done->end, ENGINE_END_LENGTH);
		}
		engine_event_clear(&event);
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(said[i], 600);
	engine_free(g);
}

static void closing_ends_every_job(void **state)
{
	struct world *w = *state;
	struct engine *g = fixture_open(w->path, 2, 0);
	const struct engine_bias no_end[] = { { 0, -100 }, { 1, -100 }, { 2, -100 } };
	for (int i = 0; i < 5; i++) {
		struct engine_segment segment = { STR(TURN), false };
		struct engine_job job = fixture_job(&segment, w->to, 0);
		job.sampling.biases = no_end;
		job.sampling.bias_count = 3;
		engine_start(g, &job);
	}
	engine_free(g);
	struct engine_event event;
	int over = 0;
	while (mailbox_take(w->to, &event)) {
		over += event.type == ENGINE_DONE;
		engine_event_clear(&event);
	}
	assert_int_equal(over, 5);
}

/* ---- several threads that ask ---- */

struct asker {
	struct engine *engine;
	int turn;
	int done;
};

static void *ask_many(void *ctx)
{
	struct asker *a = ctx;
	struct mailbox *to = engine_mailbox();
	for (int i = 0; i < 5; i++) {
		struct engine_segment segment = { prompt_at((a->turn + i) % MANY), false };
		struct engine_job job = fixture_job(&segment, to, 10);
		uint64_t id = engine_start(a->engine, &job);
		struct engine_event event;
		bool is_over = false;
		if (i == 3)
			engine_cancel(a->engine, id);
		while (!is_over && mailbox_receive(to, &event)) {
			is_over = event.type == ENGINE_DONE;
			engine_event_clear(&event);
		}
		a->done++;
	}
	mailbox_free(to);
	return NULL;
}

static void threads_may_ask_at_the_same_time(void **state)
{
	struct world *w = *state;
	struct engine *g = fixture_open(w->path, 2, 16);
	struct asker askers[3];
	pthread_t threads[3];
	for (int i = 0; i < 3; i++) {
		askers[i] = (struct asker){ g, i, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, ask_many, &askers[i]), 0);
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(askers[i].done, 5);
	}
	engine_free(g);
}

static void ask_beside(struct world *w, struct engine *g, struct str prompt, bool is_side)
{
	struct engine_segment segment = { prompt, false };
	struct engine_job job = fixture_job(&segment, w->to, 1);
	struct answer a;
	job.is_side = is_side;
	answer_of(g, &job, &a);
	answer_clear(&a);
}

static void work_beside_a_conversation_leaves_it_known(void **state)
{
	struct world *w = *state;
	for (int is_side = 0; is_side < 2; is_side++) {
		struct engine *g = fixture_open(w->path, 2, 0);
		struct answer first, again;
		ask(w, g, STR(TURN "the main one"), 1, &first);
		assert_int_equal(first.done.prompt_bytes, sizeof(TURN "the main one") - 1);
		ask_beside(w, g, STR("a title for this"), is_side);
		ask_beside(w, g, STR("keep what matters"), is_side);
		if (is_side) /* not even one that goes on from it takes its place */
			ask_beside(w, g, STR(TURN "the main one, and its title"), true);
		ask(w, g, STR(TURN "the main one"), 1, &again);
		bool is_known = again.done.cached_tokens == again.done.prompt_tokens - 1;
		assert_int_equal(is_known, is_side);
		answer_clear(&first);
		answer_clear(&again);
		engine_free(g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_facts_are_those_of_the_file),
		cmocka_unit_test(a_known_prompt_gives_the_same_answer),
		cmocka_unit_test(what_was_said_is_not_computed_again),
		cmocka_unit_test(logprobs_are_the_same_with_and_without_a_cache),
		cmocka_unit_test(a_reused_lane_says_its_progress),
		cmocka_unit_test(cancelling_keeps_what_was_read),
		cmocka_unit_test(a_stop_text_ends_the_answer),
		cmocka_unit_test(every_token_has_its_logprobs),
		cmocka_unit_test(a_prompt_too_long_is_refused_with_both_numbers),
		cmocka_unit_test(the_answer_ends_with_the_context),
		cmocka_unit_test(answers_side_by_side_are_those_alone),
		cmocka_unit_test(answers_that_outgrow_the_cache_take_turns),
		cmocka_unit_test(closing_ends_every_job),
		cmocka_unit_test(work_beside_a_conversation_leaves_it_known),
		cmocka_unit_test(threads_may_ask_at_the_same_time),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

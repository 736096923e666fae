/*
 * fixture.c - a tiny random model in an engine; see fixture.h.
 */
#include "fixture.h"

#include <math.h>

#include "base/fs.h"
#include "base/limits.h"

static const char *write_to_folder(struct arena *a, struct gg_writer *w)
{
	struct err e = { 0 };
	struct str dir;
	assert_non_null(w);
	assert_true(fs_temp_dir(a, "offgrid-engine", &dir, &e));
	const char *path = arena_z(a, fs_join(a, dir, STR("tiny.gguf")));
	assert_true(gg_writer_save(w, path, &e));
	gg_writer_free(w);
	return path;
}

const char *fixture_model_of(
	struct arena *a, const char *architecture, uint64_t seed, uint32_t context_tokens)
{
	struct err e = { 0 };
	struct tiny_recipe r = {
		.arch = architecture, .seed = seed, .context_tokens = context_tokens
	};
	return write_to_folder(a, tiny_model(&r, &e));
}

const char *fixture_model(struct arena *a, uint64_t seed, uint32_t context_tokens)
{
	return fixture_model_of(a, "llama", seed, context_tokens);
}

const char *fixture_adapter(struct arena *a, uint64_t seed)
{
	struct err e = { 0 };
	struct tiny_recipe r = { .arch = "llama", .seed = seed };
	return write_to_folder(a, tiny_adapter(&r, &e));
}

void fixture_clean(struct arena *a, const char *path)
{
	struct err e = { 0 };
	assert_true(fs_remove_tree(arena_z(a, fs_parent(str_z(path))), &e));
}

struct engine *fixture_open(const char *path, int sequences, int chunk_tokens)
{
	struct err e = { 0 };
	struct engine_options o = { .model_path = path,
		.sequences = sequences,
		.chunk_tokens = chunk_tokens,
		.threads = 1,
		.skips_probe = true };
	struct engine *g = engine_open(&o, &e);
	if (!g)
		print_error("%s\n", e.what);
	assert_non_null(g);
	return g;
}

struct engine_job fixture_job(
	const struct engine_segment *segment, struct mailbox *to, int max_tokens)
{
	struct engine_job job = { .segments = segment,
		.segment_count = 1,
		.sampling = engine_sampling(),
		.max_tokens = max_tokens,
		.top_logprobs = ENGINE_NO_LOGPROBS,
		.to = to };
	job.sampling.temperature = 0;
	return job;
}

void answer_init(struct answer *a)
{
	*a = (struct answer){ .logprobs_are_sane = true };
	buf_init(&a->text, LIMIT_ANSWER_BYTES);
}

void answer_clear(struct answer *a)
{
	buf_clear(&a->text);
}

static void add_text(struct answer *a, const struct engine_text *t)
{
	buf_add(&a->text, t->bytes);
	for (size_t i = 0; i < t->logprob_count; i++) {
		const struct engine_logprob *p = &t->logprobs[i];
		a->logprob_count++;
		for (size_t k = 0; k < p->top_count; k++)
			if (p->top[k].logprob > (k ? p->top[k - 1].logprob : 0.0F))
				a->logprobs_are_sane = false;
		if (!(p->taken.logprob <= 0))
			a->logprobs_are_sane = false;
	}
}

bool answer_add(struct answer *a, struct engine_event *event)
{
	bool is_last = event->type == ENGINE_DONE;
	switch (event->type) {
	case ENGINE_TEXT: add_text(a, event->text); break;
	case ENGINE_PROGRESS:
		a->progress_events++;
		a->last_progress = event->progress;
		break;
	case ENGINE_DONE:
		a->done = *event->done;
		snprintf(a->end_text, sizeof a->end_text, "%.*s", STR_ARG(event->done->end_text));
		a->done.end_text = str_z(a->end_text);
		if (a->done.end != ENGINE_END_ERROR && a->done.end != ENGINE_END_CANCELLED)
			assert_int_equal(
				a->done.cached_tokens + a->done.read_tokens, a->done.prompt_tokens);
		break;
	default: assert_int_equal(event->type, ENGINE_DONE);
	}
	engine_event_clear(event);
	return is_last;
}

void answer_of(struct engine *g, const struct engine_job *job, struct answer *out)
{
	struct engine_event event;
	uint64_t id = engine_start(g, job);
	answer_init(out);
	do {
		assert_true(mailbox_receive(job->to, &event));
		assert_int_equal(event.job, id);
	} while (!answer_add(out, &event));
}

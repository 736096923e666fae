/*
 * fixture.h - a tiny random model in an engine, and whole answers from it.
 */
#ifndef OFFGRID_TESTS_ENGINE_FIXTURE_H
#define OFFGRID_TESTS_ENGINE_FIXTURE_H

#include "../unit.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/mailbox.h"
#include "engine/engine.h"
#include "model/tiny.h"

/* Writes a tiny model to a fresh folder; the path lives in the arena. */
const char *fixture_model(struct arena *a, uint64_t seed, uint32_t context_tokens);
/* The same of another architecture (model/tiny.h). */
const char *fixture_model_of(
	struct arena *a, const char *architecture, uint64_t seed, uint32_t context_tokens);
/* An adapter for a model of that seed. */
const char *fixture_adapter(struct arena *a, uint64_t seed);
/* Removes the folders that those above made. */
void fixture_clean(struct arena *a, const char *path);

/* An engine on a tiny model: one thread, no probe. `sequences` and `chunk_tokens` 0: the usual. */
struct engine *fixture_open(const char *path, int sequences, int chunk_tokens);

/* A job for one segment of template text, greedy, `max_tokens` long. */
struct engine_job fixture_job(
	const struct engine_segment *segment, struct mailbox *to, int max_tokens);

/* What came of a job. */
struct answer {
	struct buf text;
	struct engine_done done;
	char end_text[64];
	int progress_events;
	struct engine_progress last_progress;
	size_t logprob_count;
	bool logprobs_are_sane;
};

void answer_init(struct answer *a);
void answer_clear(struct answer *a);
/* Adds one event of its job; true when it was the last. */
bool answer_add(struct answer *a, struct engine_event *event);
/* Starts the job and receives until it is done; blocks. */
void answer_of(struct engine *g, const struct engine_job *job, struct answer *out);

#endif

/*
 * task.h - one job on its way: its copy of what was asked, its state, its events.
 *
 * Made by engine_start on the caller's thread, handed to the engine's thread through the inbox and
 * only touched there from then on. Every task ends with exactly one ENGINE_DONE.
 */
#ifndef OFFGRID_ENGINE_TASK_H
#define OFFGRID_ENGINE_TASK_H

#include "base/arena.h"
#include "engine/engine.h"
#include "engine/guided.h"
#include "engine/lane.h"
#include "engine/outflow.h"
#include "engine/prompt.h"
#include "engine/sampler.h"

/* A token whose bytes have not all left yet, with its log probabilities. */
struct task_logprob {
	uint64_t end; /* in bytes of the answer */
	struct engine_token_logprob taken;
	struct engine_token_logprob *top;
	size_t top_count;
};

struct task {
	uint64_t id;
	struct engine_job job; /* everything it points at, but guide and mailbox, is in the arena */
	struct arena *arena;
	struct task *next; /* in the queue */
	struct prompt prompt;
	struct sampler sampler;
	struct guided guided;
	struct outflow outflow;
	struct task_logprob *logprobs;
	size_t logprob_count, logprob_room;
	struct token_list forced; /* scratch */
	struct lane *parked;      /* what it held when its place in the cache was taken from it */
	struct engine_done done;  /* filled as it goes */
	int64_t posted_us, admitted_us, first_us;
	int64_t said_us, told_us; /* the last token; what was sent of it */
	bool is_prepared;         /* prompt, sampler, guide are made */
};

struct task *task_new(const struct engine_job *job, uint64_t id);
void task_free(struct task *t);

/* On the engine's thread, before its first admission: makes prompt, sampler and guide. */
bool task_prepare(struct task *t, struct vocab *v, struct err *e);

void task_tell_progress(struct task *t, size_t done_tokens);

/* Notes the log probabilities of the token just chosen, from the untouched logits. */
void task_note_logprobs(struct task *t, const float *logits, int32_t token);

/* Hands the bytes of a token that was accepted to the flow and sends what may leave; where tokens
 * follow one another quickly, of several together, since each sending wakes a thread that takes its
 * time from those that compute. False if a stop text came. */
bool task_say(struct task *t, struct str bytes);

/* Sends what is held back, then ENGINE_DONE; the task is to be freed next. `why` for
 * ENGINE_END_ERROR only. */
void task_finish(struct task *t, enum engine_end end, struct str end_text, const struct err *why);

#endif

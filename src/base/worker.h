/*
 * worker.h - one helper thread for slow blocking work, so that the loop need not wait for it.
 *
 * Hashing, reading big files. Jobs run one after the other in the order given; nothing of a job's
 * ctx is touched by the loop's thread until `done` comes.
 */
#ifndef OFFGRID_BASE_WORKER_H
#define OFFGRID_BASE_WORKER_H

#include <stdbool.h>

struct loop;
struct worker;

struct job {
	void (*work)(void *ctx); /* on the helper thread */
	void (*done)(
		void *ctx, bool has_run); /* on the loop, exactly once; must not free the worker */
	void *ctx;
};

struct worker *worker_new(struct loop *l);
void worker_do(struct worker *w, struct job job);
/* Waits for the job that runs now; those behind it are done with has_run false. NULL is fine. */
void worker_free(struct worker *w);

#endif

/*
 * worker.c - a helper thread between two mailboxes; see worker.h.
 */
#include "base/worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mailbox.h"
#include "base/must.h"

struct worker {
	pthread_t thread;
	struct mailbox *todo, *finished;
	atomic_bool must_stop;
};

struct finished {
	struct job job;
	bool has_run;
};

static void *work(void *ctx)
{
	struct worker *w = ctx;
	struct finished f;
	while (mailbox_receive(w->todo, &f.job)) {
		f.has_run = !w->must_stop;
		if (f.has_run)
			f.job.work(f.job.ctx);
		MUST(mailbox_send(w->finished, &f));
	}
	return NULL;
}

static void report(void *ctx)
{
	struct worker *w = ctx;
	struct finished f;
	while (mailbox_take(w->finished, &f))
		f.job.done(f.job.ctx, f.has_run);
}

struct worker *worker_new(struct loop *l)
{
	struct worker *w = must_calloc(1, sizeof *w);
	w->todo = mailbox_new(sizeof(struct job), 0, NULL);
	w->finished = mailbox_new(sizeof(struct finished), 0, NULL);
	mailbox_on_loop(w->finished, l, report, w);
	MUST(pthread_create(&w->thread, NULL, work, w) == 0);
	return w;
}

void worker_do(struct worker *w, struct job job)
{
	MUST(mailbox_send(w->todo, &job));
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	w->must_stop = true;
	mailbox_close(w->todo);
	pthread_join(w->thread, NULL);
	report(w);
	mailbox_free(w->finished);
	mailbox_free(w->todo);
	free(w);
}

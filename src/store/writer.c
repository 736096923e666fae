/*
 * writer.c - requests written down beside the loop; see writer.h.
 *
 * What the threads share is a mailbox each way, and the count of what was lost behind a lock.
 *
 * Layer: disk.
 */
#include "store/writer.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mailbox.h"
#include "base/must.h"

/* Requests of one transaction at most: so that other programs get their turn with the file. */
enum { AT_ONCE = 64 };

/* A job, or a request on its way to the thread: the words of its row stand in `words`. */
struct parcel {
	struct store_job *job;
	struct store_ledger_row row;
	struct trace *trace;
	char *words;
};

struct store_writer {
	struct store *store;
	struct mailbox *mail;
	struct mailbox *ends; /* of jobs, on their way back; NULL: there are none */
	pthread_t thread;
	pthread_mutex_t lock;
	uint64_t lost; /* under the lock, as is why */
	struct err why;
};

static void parcel_clear(void *message)
{
	struct parcel *p = message;
	trace_free(p->trace);
	free(p->words);
}

static void note_lost(struct store_writer *w, size_t count, const struct err *why)
{
	pthread_mutex_lock(&w->lock);
	w->lost += count;
	w->why = *why;
	pthread_mutex_unlock(&w->lock);
}

/* All in one transaction; if that fails, each by itself, so that one that cannot be written takes
 * no other with it. */
static void write_down(struct store_writer *w, const struct parcel *parcels, size_t count)
{
	struct store_request requests[AT_ONCE];
	struct err e = { 0 };
	for (size_t i = 0; i < count; i++)
		requests[i] = (struct store_request){ parcels[i].row, parcels[i].trace };
	if (store_put_requests(w->store, requests, count, &e))
		return;
	for (size_t i = 0; i < count; i++) {
		err_clear(&e);
		if (!store_put_requests(w->store, &requests[i], 1, &e))
			note_lost(w, 1, &e);
	}
}

static void do_job(struct store_writer *w, struct store_job *job)
{
	job->run(job, w->store);
	MUST(mailbox_send(w->ends, &job));
}

/* Writes down what stands before a job, then does the job: both in the order of handing over. */
static void *run(void *ctx)
{
	struct store_writer *w = ctx;
	struct parcel parcels[AT_ONCE], p;
	while (mailbox_receive(w->mail, &p)) {
		size_t count = 0;
		bool is_there = true;
		while (is_there && !p.job) {
			parcels[count++] = p;
			is_there = count < AT_ONCE && mailbox_take(w->mail, &p);
		}
		if (count)
			write_down(w, parcels, count);
		for (size_t i = 0; i < count; i++)
			parcel_clear(&parcels[i]);
		if (is_there)
			do_job(w, p.job);
	}
	return NULL;
}

static void tell_ends(void *ctx)
{
	struct store_writer *w = ctx;
	struct store_job *job;
	while (mailbox_take(w->ends, &job))
		job->done(job);
}

struct store_writer *store_writer_new(struct store *s)
{
	struct store_writer *w = must_calloc(1, sizeof *w);
	w->store = s;
	w->mail = mailbox_new(sizeof(struct parcel), LIMIT_STORE_WAITING, parcel_clear);
	MUST(pthread_mutex_init(&w->lock, NULL) == 0);
	MUST(pthread_create(&w->thread, NULL, run, w) == 0);
	return w;
}

void store_writer_on_loop(struct store_writer *w, struct loop *loop)
{
	MUST(!w->ends);
	w->ends = mailbox_new(sizeof(struct store_job *), 0, NULL);
	mailbox_on_loop(w->ends, loop, tell_ends, w);
}

void store_writer_free(struct store_writer *w)
{
	if (!w)
		return;
	mailbox_close(w->mail);
	MUST(pthread_join(w->thread, NULL) == 0);
	mailbox_free(w->mail);
	if (w->ends)
		tell_ends(w);
	mailbox_free(w->ends);
	pthread_mutex_destroy(&w->lock);
	store_close(w->store);
	free(w);
}

void store_writer_put(struct store_writer *w, struct trace *t, const struct store_ledger_row *row)
{
	struct parcel p = { .row = *row, .trace = t };
	struct str *texts[] = { &p.row.trace_id, &p.row.client, &p.row.model, &p.row.upstream,
		&p.row.outcome };
	size_t bytes = 0;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		bytes += texts[i]->n;
	char *at = p.words = must_alloc(bytes + 1);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		for (size_t k = 0; k < texts[i]->n; k++)
			at[k] = texts[i]->p[k];
		texts[i]->p = at;
		at += texts[i]->n;
	}
	MUST(mailbox_send_wait(w->mail, &p));
}

void store_writer_do(struct store_writer *w, struct store_job *job)
{
	struct parcel p = { .job = job };
	MUST(w->ends);
	MUST(mailbox_send_wait(w->mail, &p));
}

uint64_t store_writer_lost(struct store_writer *w, struct err *e)
{
	pthread_mutex_lock(&w->lock);
	uint64_t lost = w->lost;
	if (lost)
		*e = w->why;
	pthread_mutex_unlock(&w->lock);
	return lost;
}

/*
 * writer.h - requests written down beside the loop.
 *
 * A store_writer owns a store and one thread. Whoever answers hands over the trace and the ledger
 * row of a request and goes on; the thread writes what has come meanwhile in one transaction, so a
 * busy server pays for few of them and a quiet one still writes at once. What was handed over and
 * is not yet in the file is lost by `kill -9`, never a part of it; store_writer_free waits for all.
 *
 * Whatever else is asked of the store while the loop runs (store_writer_do) is done by the same
 * thread, behind all that was handed over before: so it finds what was written down a moment ago.
 *
 * All functions are for one thread, that of the owner.
 *
 * Layer: disk.
 */
#ifndef OFFGRID_STORE_WRITER_H
#define OFFGRID_STORE_WRITER_H

#include "store/store.h"

struct loop;
struct store_writer;

/* Something to be done with the store. Whoever hands it over owns it again when `done` is called.
 */
struct store_job {
	void (*run)(struct store_job *job, struct store *s); /* on the writer's thread */
	void (*done)(struct store_job *job);                 /* on the owner's thread */
};

/* Takes the store over. */
struct store_writer *store_writer_new(struct store *s);
/* From now on jobs can be handed over, whose ends are told from this loop; the loop outlives it. */
void store_writer_on_loop(struct store_writer *w, struct loop *loop);
/* Writes what is left, ends the thread, tells the ends of jobs that were not told yet, and closes
 * the store. NULL is fine. */
void store_writer_free(struct store_writer *w);

/* Takes the trace over; what the row points at is copied. Waits only while LIMIT_STORE_WAITING
 * requests are not yet written. */
void store_writer_put(struct store_writer *w, struct trace *t, const struct store_ledger_row *row);

/* Has it done, and then job->done called: from the loop, never from inside here. Waits as
 * store_writer_put does. */
void store_writer_do(struct store_writer *w, struct store_job *job);

/* Requests that could not be written down (the disk is full), and why the last one could not: `e`
 * is left alone if there are none. */
uint64_t store_writer_lost(struct store_writer *w, struct err *e);

#endif

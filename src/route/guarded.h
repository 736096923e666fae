/*
 * guarded.h - asking the router with the guard rails on: what comes back was mended on its way
 * (chat/guard.h), and what cannot be mended is asked for again, once.
 *
 * Asking again means the same conversation with what the model said and an answer to it appended:
 * the error of its call as that call's result, or a word to its text. The listener sees one answer;
 * its usage counts all that was asked.
 *
 * A conversation that goes in circles (chat/repeat.h) gets a word about it at its end; if that does
 * not help, the circle is ended with an answer of our own, in plain words.
 *
 * Every answer that passes here, guarded or not, is held to what must be true of it
 * (chat/invariants.h).
 *
 * Requests that offer no tools, or that want log probabilities (which must stay beside their
 * tokens), and upstreams that are not to be guarded pass untouched, event by event.
 *
 * On the loop's thread, with the same promises as route.h. Used by serve/ for foreign clients and
 * by agent/, which answers its model itself and so never has anything asked again here.
 *
 * Layer: route, model.
 */
#ifndef OFFGRID_ROUTE_GUARDED_H
#define OFFGRID_ROUTE_GUARDED_H

#include "route/route.h"

enum {
	GUARDED_CIRCLE_WORD = 3, /* rounds after which the model is told */
	GUARDED_CIRCLE_END = 8   /* rounds after which it is not asked any more */
};

struct guarded_options {
	struct loop *loop;
	bool is_off;     /* everything passes untouched */
	bool never_asks; /* mends, but never asks again nor speaks about circles */
};

struct guarded_call;

struct guarded_call *guarded_start(struct router *r, const struct chat_request *request,
	const struct guarded_options *options, struct trace *t, struct chat_sink sink,
	struct err *e);
void guarded_end(struct guarded_call *call); /* NULL is fine; from inside the sink, too */
void guarded_pause(struct guarded_call *call, bool is_paused);

const char *guarded_upstream(const struct guarded_call *call);

#endif

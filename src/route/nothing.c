/*
 * nothing.c - an answer without words; see nothing.h.
 */
#include "route/nothing.h"

#include <stdlib.h>

#include "base/must.h"

struct nothing {
	struct backend_call base;
	struct loop_timer *timer;
	struct chat_sink sink;
	bool is_busy, is_ended; /* inside the sink; to be freed */
};

static void call_free(struct nothing *c)
{
	loop_timer_free(c->timer);
	free(c);
}

static void say_it(void *ctx)
{
	struct nothing *c = ctx;
	c->is_busy = true;
	chat_send_stop(c->sink, CHAT_STOP_END);
	c->is_busy = false;
	if (c->is_ended)
		call_free(c);
}

static void end(struct backend_call *call)
{
	struct nothing *c = (struct nothing *)call;
	c->is_ended = true;
	if (!c->is_busy)
		call_free(c);
}

static const struct backend_ops ops = { .kind = "nothing", .end = end };

struct backend_call *nothing_start(struct loop *loop, struct trace *t, struct chat_sink sink)
{
	struct nothing *c = must_calloc(1, sizeof *c);
	*c = (struct nothing){ .base = { &ops }, .sink = sink };
	c->timer = loop_timer_new(loop, say_it, c);
	loop_timer_start(c->timer, 0);
	trace_note(
		t, LAYER_ROUTE, "nothing asked", "the model is there, and nothing is to be said");
	return &c->base;
}

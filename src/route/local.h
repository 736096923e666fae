/*
 * local.h - the backend that is this machine: our engine, a chat template before it and a tool
 * reader behind it.
 *
 * A request is rendered by the model's own template, read and answered by the engine under a guide
 * where tools are offered or a schema is asked for, and what the model says is read back into
 * events. Lives on the loop's thread; the engine's thread reaches it through a mailbox only.
 *
 * Layer: route.
 */
#ifndef OFFGRID_ROUTE_LOCAL_H
#define OFFGRID_ROUTE_LOCAL_H

#include "engine/engine.h"
#include "route/route.h"

struct local_options {
	const char *name; /* what the model is called in requests and lists */
	struct engine_options engine;
	double temperature; /* used where a request says nothing; negative: the model's own */
	bool is_unguided;   /* do not constrain calls: for measuring what the guide is worth */
};

/* Loads the model; blocks until it is ready. */
struct backend *local_open(struct loop *loop, const struct local_options *options, struct err *e);

/* The same in two steps, for who must not block: on any thread, then on the loop's before it is
 * asked anything. */
struct backend *local_load(const struct local_options *options, struct err *e);
void local_attach(struct backend *b, struct loop *loop);

/* What is known of the model behind a backend made here. */
const struct engine_facts *local_facts(const struct backend *b);

/* How its tools are offered (the name of the format) and why, in words. */
const char *local_tool_format(const struct backend *b);
const char *local_tool_reason(const struct backend *b);
/* What is done about the defects of its template; empty if nothing. */
const char *local_workarounds(const struct backend *b);

#endif

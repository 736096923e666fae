/*
 * embedder.h - the backend that makes vectors of texts on this machine: an engine opened for it.
 *
 * Stands beside the model that answers, with a thread of its own, so that neither waits in the
 * other's line. Lives on the loop's thread; the engine's thread reaches it through a mailbox only.
 *
 * Layer: route.
 */
#ifndef OFFGRID_ROUTE_EMBEDDER_H
#define OFFGRID_ROUTE_EMBEDDER_H

#include "engine/engine.h"
#include "route/route.h"

struct embedder_options {
	const char *name; /* what the model is called in requests and lists */
	struct engine_options engine;
};

/* Loads the model and blocks until it is there; on any thread. Then on the loop's, before it is
 * asked anything. */
struct backend *embedder_load(const struct embedder_options *options, struct err *e);
void embedder_attach(struct backend *b, struct loop *loop);

#endif

/*
 * script_vectors.h - vectors of texts without a model, for scripts: the same text, the same vector,
 * and texts that share words are near each other.
 *
 * Each word (each token) is counted in one of the vector's places, which its letters choose; the
 * whole is brought to length one. Lives on the loop's thread.
 */
#ifndef OFFGRID_ROUTE_SCRIPT_VECTORS_H
#define OFFGRID_ROUTE_SCRIPT_VECTORS_H

#include "route/route.h"

enum { SCRIPT_VECTORS_MOST = 4096 }; /* numbers of a vector */

/* A call of its own kind: the sink is told from the loop. */
struct backend_call *script_vectors_start(struct loop *loop, size_t width,
	const struct embed_request *request, struct trace *t, struct embed_sink sink);

#endif

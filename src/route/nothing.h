/*
 * nothing.h - the answer to who wants a model loaded and nothing said (chat_request.loads_only).
 *
 * Layer: route.
 */
#ifndef OFFGRID_ROUTE_NOTHING_H
#define OFFGRID_ROUTE_NOTHING_H

#include "route/route.h"

/* A call of its own kind that stops at once, from the loop, having said nothing. */
struct backend_call *nothing_start(struct loop *loop, struct trace *t, struct chat_sink sink);

#endif

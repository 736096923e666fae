/*
 * held.h - what an engine has said and a slow reader cannot take yet.
 *
 * A queue of engine events, which owns them. The engine itself is not stopped: it says little for
 * the work it does, so an answer is held as the engine's own bytes, a hundredth of what it becomes
 * on the wire, and bounded: an answer that nobody reads is given up. Embedded; of one thread.
 */
#ifndef OFFGRID_ROUTE_HELD_H
#define OFFGRID_ROUTE_HELD_H

#include "engine/engine.h"

struct held {
	struct engine_event *events;
	size_t first, count, room;
	size_t bytes; /* that all of them take */
};

void held_clear(struct held *h); /* empty and reusable */
/* Takes the event over. False if LIMIT_HELD_BYTES are passed by it, which is not its refusal. */
bool held_put(struct held *h, const struct engine_event *event);
/* Gives the oldest one back, to be cleared by the caller; false: none is left. */
bool held_take(struct held *h, struct engine_event *event);

#endif

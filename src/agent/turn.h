/*
 * turn.h - one answer of a model, gathered from its events.
 *
 * Bounded: text over LIMIT_ANSWER_BYTES is dropped and calls over LIMIT_CALLS are not taken, and
 * both are remembered. No I/O, no clock. Owned by whoever embeds it.
 */
#ifndef OFFGRID_AGENT_TURN_H
#define OFFGRID_AGENT_TURN_H

#include "base/buf.h"
#include "chat/event.h"

struct turn_call {
	struct buf id, name, args;
	bool is_ended; /* its end was seen: it was not cut */
};

struct turn {
	struct buf text, thinking;
	struct buf seal, seal_origin; /* of the thought; good only if seal_count is 1, since the
					 thoughts of a turn are kept as one */
	size_t seal_count;
	struct turn_call *calls;
	size_t call_count;
	bool has_too_many_calls;
	struct chat_usage usage;
	enum chat_stop stop;
	struct err err; /* set if it failed instead of stopping */
	bool is_over;
};

void turn_init(struct turn *t);
void turn_clear(struct turn *t);
void turn_take(struct turn *t, const struct chat_event *event);

/* A call that broke off. */
bool turn_has_cut_call(const struct turn *t);

#endif

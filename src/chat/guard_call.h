/*
 * guard_call.h - one call on its way through the guard: held back, judged, told.
 *
 * A call is held until it is complete. If its arguments grow beyond GUARD_HELD_BYTES and its tool
 * is known, those pieces are told of which nothing can be changed any more: they are the beginning
 * of what the tool takes, byte by byte (schema.h), up to the last complete key, number or word, and
 * within a long string as they come.
 *
 * For guard.c alone.
 */
#ifndef OFFGRID_CHAT_GUARD_CALL_H
#define OFFGRID_CHAT_GUARD_CALL_H

#include "chat/call_args.h"
#include "chat/event.h"
#include "chat/guard_pieces.h"
#include "chat/request.h"
#include "chat/schema.h"

struct guard_call {
	unsigned number;              /* as it is told */
	struct buf id, name;          /* as they came */
	const struct chat_tool *tool; /* NULL: no tool offered is meant */
	struct guard_pieces args;
	bool is_open, is_begun; /* begun: TOOL_BEGIN was told */
	bool never_streams;     /* nothing is told before the end */
	/* The walk along the schema, once there is one. */
	struct schema *schema;
	struct schema_run *run;
	size_t walked;      /* bytes of the arguments */
	size_t settled;     /* of these, what nothing can be changed in any more */
	size_t string_from; /* where the present string began */
	bool in_string, is_escaped, is_refused;
};

void guard_call_init(struct guard_call *c);
void guard_call_clear(struct guard_call *c); /* closed and reusable */

void guard_call_open(struct guard_call *c, unsigned number, struct str id, struct str name,
	const struct chat_tool *tool);
/* Takes a piece of the arguments and tells what may be told. */
void guard_call_add(struct guard_call *c, struct str piece, struct chat_sink sink);

/* Tells the call as far as it came, as it came; closes it without an end. For one that was cut. */
void guard_call_tell_rest(struct guard_call *c, struct chat_sink sink);
/* Tells it with its arguments as `args` has them, its end too, and closes it. False if what was
 * told already does not allow that: then it is told as it came. */
bool guard_call_tell(struct guard_call *c, const struct call_args *args, struct chat_sink sink);

#endif

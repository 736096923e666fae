/*
 * history.h - a conversation as it came from a client, made fit to be answered.
 *
 * Clients match tool results to calls by id and send them in any order; templates match them by
 * position, and a swapped pair gives a wrong answer without any error. So after this every call has
 * an id, every result stands in a message of its own directly behind the assistant message that
 * made the call, in the order of the calls, and carries the call's id and name.
 *
 * A result that answers no call of the assistant message before it is refused: the conversation is
 * broken, and guessing would hide it. A call that nobody answered is let through and noted in the
 * trace, since people interrupt tools; the first request that lacks its result counts as broken
 * (chat/invariants.h). A second result for the same call is dropped and noted.
 *
 * Layer: client.
 */
#ifndef OFFGRID_CHAT_HISTORY_H
#define OFFGRID_CHAT_HISTORY_H

#include "base/trace.h"
#include "chat/request.h"

/* For the readers of requests, as their last step. */
bool chat_order_history(struct chat_request *r, struct trace *t, struct err *e);

/* The id of the call that a result without one answers: the first of the last assistant message
 * that has no result yet, of this name unless it is empty. Empty if there is none. */
struct str chat_unanswered_call(const struct chat_request *r, struct str name);

#endif

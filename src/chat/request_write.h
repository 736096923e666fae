/*
 * request_write.h - what the writers of requests to upstreams have in common: members that are
 * written only if they were set, and what only one dialect knows.
 *
 * Layer: wire.
 */
#ifndef OFFGRID_CHAT_REQUEST_WRITE_H
#define OFFGRID_CHAT_REQUEST_WRITE_H

#include "base/buf.h"
#include "chat/request.h"

void request_write_double(struct buf *out, const char *name, double value);
void request_write_integer(struct buf *out, const char *name, int64_t value);
void request_write_stops(struct buf *out, const char *name, const struct chat_sampling *s);

/* The id of a call as a member: APIs of OpenAI's take at most 64 characters; a longer one becomes
 * another made from it, the same in call and result. */
void request_write_call_id(struct buf *out, const char *name, struct str id);

/* Members of the client's body that `dialect` alone knows, if it read them, but for those in `but`
 * (ending with NULL; NULL: none). */
void request_write_extra(struct buf *out, const struct chat_request *r,
	const struct dialect *dialect, const char *const *but);

#endif

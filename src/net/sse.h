/*
 * sse.h - server-sent events, read and written (WHATWG HTML, section "Server-sent events").
 *
 * The reader is a push machine: it takes bytes cut anywhere and calls for each event. All three
 * line ends, a BOM, comments, fields without a blank after the colon, data of several lines. It
 * keeps at most one event. One owner, no thread of its own.
 *
 * Layer: wire.
 */
#ifndef OFFGRID_NET_SSE_H
#define OFFGRID_NET_SSE_H

#include "base/buf.h"
#include "base/err.h"

struct sse_event {
	struct str type; /* empty: none was named, which means "message" */
	struct str data; /* its lines joined by newlines */
	struct str id;   /* the last one named, in this event or before */
};

struct sse_reader {
	/* False with an error ends the reading: sse_feed returns it. May be called for events only.
	 */
	bool (*on_event)(void *ctx, const struct sse_event *event, struct err *e);
	/* A comment line, without its colon: servers keep a connection alive with them. NULL is
	 * fine. */
	void (*on_comment)(void *ctx, struct str text);
	void *ctx;
	int64_t retry_ms; /* as the server asked for last; -1: never */
	uint64_t events;  /* that were given to on_event */
	/* All data is JSON or the mark "[DONE]": where the empty line between two events is missing
	 * (proxies lose it), a line that begins another value behind a whole one begins another
	 * event. By the standard both would be one event, which is no JSON. sse_init sets false. */
	bool is_json;
	/* Its own. */
	struct buf line, data, type, id;
	bool has_begun, has_data, after_cr, has_failed;
};

void sse_init(struct sse_reader *r,
	bool (*on_event)(void *ctx, const struct sse_event *event, struct err *e), void *ctx);
void sse_clear(struct sse_reader *r); /* empty and reusable, same callbacks */

/* ERR_TOO_BIG for an event over LIMIT_SSE_EVENT_BYTES. After a failure it takes nothing more. Must
 * not be called, and the reader not be cleared, from its own callback. */
bool sse_feed(struct sse_reader *r, struct str bytes, struct err *e);

/* The stream has ended. An event whose last line is whole is given although the empty line after it
 * is missing (several servers leave that out); ERR_CUT if it ended within a line. */
bool sse_end(struct sse_reader *r, struct err *e);

/* Appends an event; `type` may be empty. False if the buffer's cap is hit. */
bool sse_write(struct buf *out, struct str type, struct str data);
bool sse_write_comment(struct buf *out, struct str text); /* one line */

#endif

/*
 * http_parse.h - reads HTTP/1.x requests (RFC 9112), strictly.
 *
 * A push machine: takes bytes cut anywhere, stops behind the end of a request, keeps at most one.
 * What two programs could read differently is refused, not guessed at: two lengths, a length beside
 * chunks, folded lines, blanks before a colon, bare carriage returns. One owner, no thread of its
 * own.
 *
 * Layer: client.
 */
#ifndef OFFGRID_NET_HTTP_PARSE_H
#define OFFGRID_NET_HTTP_PARSE_H

#include "base/limits.h"
#include "net/http.h"

enum http_reading { HTTP_READ_MORE, HTTP_READ_WHOLE, HTTP_READ_BAD };

/* What each awaits. */
enum http_reader_state {
	HTTP_AT_HEAD,       /* the empty line behind the headers */
	HTTP_AT_BODY,       /* `body_left` bytes */
	HTTP_AT_CHUNK_SIZE, /* a line with the size of the next chunk */
	HTTP_AT_CHUNK,      /* `body_left` bytes of it */
	HTTP_AT_CHUNK_END,  /* the empty rest of a line behind it */
	HTTP_AT_TRAILER,    /* the empty line behind the last chunk */
	HTTP_AT_END,        /* nothing */
};

struct http_reader {
	size_t max_head_bytes, max_body_bytes;
	/* The request; whole when http_read said so, its head when has_head. Borrowed until
	 * http_reader_reset. */
	struct str method, target;
	struct http_header headers[LIMIT_HTTP_HEADERS];
	size_t header_count;
	struct buf body;
	bool is_1_0, keep_alive;
	bool wants_continue; /* the client waits for "100 Continue" before it sends the body */
	/* Its own. */
	enum http_reader_state state;
	struct buf head, line;
	size_t line_start; /* of the last line in head */
	size_t trailer_bytes;
	uint64_t body_left;
};

void http_reader_init(struct http_reader *r, size_t max_head_bytes, size_t max_body_bytes);
void http_reader_clear(struct http_reader *r);
void http_reader_reset(struct http_reader *r); /* for the next request; keeps the memory */

bool http_reader_has_begun(const struct http_reader *r); /* a byte of a request has come */
bool http_reader_has_head(const struct http_reader *r);

/* Takes from the front of `bytes`; what stands behind the end of the request is left in it.
 * HTTP_READ_BAD comes with an error whose code is the HTTP status to answer with. */
enum http_reading http_read(struct http_reader *r, struct str *bytes, struct err *e);

#endif

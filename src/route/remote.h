/*
 * remote.h - an upstream reached over HTTP, in any dialect.
 *
 * A call writes the request in the upstream's dialect, always as a stream, and reads what comes
 * back as it comes: an event stream, or a whole document from upstreams that do not stream. What is
 * neither (a web page, a redirect to a login) is a fault that says so. When the call is ended the
 * connection is closed at once, so that nobody goes on generating for nobody; only after a complete
 * answer the connection is left to finish by itself, to be used again.
 *
 * The key is read from the environment once and stands in a request's header alone: no trace, no
 * error and no list ever holds it.
 *
 * Lives on the loop's thread.
 *
 * Layer: wire (what comes over it), route (a key that is missing).
 */
#ifndef OFFGRID_ROUTE_REMOTE_H
#define OFFGRID_ROUTE_REMOTE_H

#include "chat/dialect.h"
#include "net/http_client.h"
#include "route/route.h"

struct remote_options {
	const char *base_url;          /* "http://127.0.0.1:8080/v1"; without any path, what the
					  dialect usually has there is added */
	const struct dialect *dialect; /* what it speaks */
	const char *key_env;           /* the variable that holds its key; NULL or "": none */
	const struct str *models;      /* the names it serves; none: it is asked for them */
	size_t model_count;
	int64_t connect_ms; /* 0 in any of these: the default below */
	int64_t first_byte_ms, gap_ms;
};

/*
 * How long an upstream may take: to the first byte of an answer, and between two bytes. A cloud
 * that is silent for ten minutes is gone; a machine of one's own may read a long prompt for an hour
 * and say nothing meanwhile.
 */
enum {
	REMOTE_CONNECT_MS = 10 * 1000,
	REMOTE_FIRST_BYTE_MS = 10 * 60 * 1000,
	REMOTE_FIRST_BYTE_HERE_MS = 60 * 60 * 1000,
	REMOTE_GAP_MS = 5 * 60 * 1000
};

/* The client outlives the backend. Fails if the URL is none or the key's variable is not set. */
struct backend *remote_new(struct loop *loop, struct http_client *client,
	const struct remote_options *options, struct err *e);

#endif

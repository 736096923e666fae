/*
 * http_client.h - asking other servers, over libcurl's multi interface on the loop.
 *
 * Each call has its own budgets for connecting, for the first byte of the answer, and for the gaps
 * between its bytes, because one "timeout" for all cannot tell a dead server from a long thought.
 * Connections and handles are kept and used again. Proxies come from the environment, except for
 * this machine's own addresses. Certificates are always checked. A call that is cancelled ends on
 * the wire at once. Nothing of a request's headers, nor a URL's query, ever gets into an error, and
 * what looks like a key in a server's own words is blotted out.
 *
 * How a call can fail: ERR_UNREACHABLE (nothing of an answer came), ERR_TIMEOUT (and which budget
 * it was), ERR_CUT (an answer broke off), ERR_BAD_DATA (that is not HTTP), ERR_TOO_BIG, and
 * whatever its own callbacks refused.
 *
 * Layer: wire. All of the loop's thread.
 */
#ifndef OFFGRID_NET_HTTP_CLIENT_H
#define OFFGRID_NET_HTTP_CLIENT_H

#include "net/http.h"

struct loop;
struct http_client;
struct http_call;

struct http_client *http_client_new(struct loop *l);
void http_client_free(struct http_client *c); /* cancels what runs; NULL is fine */

struct http_answer {
	int status;
	const struct http_header *headers;
	size_t header_count;
	struct str content_type;
	struct str body; /* what was collected; empty if on_body took it */
	struct str url;  /* where it came from in the end */
	int64_t connect_ms, first_byte_ms, total_ms;
	uint64_t body_bytes;
	bool is_reused; /* the connection was there already */
};

struct http_call_spec {
	const char *method; /* NULL: GET, or POST if there is a body */
	const char *url;
	const struct http_header *headers;
	size_t header_count;
	struct str body;       /* copied */
	int64_t connect_ms;    /* 0: HTTP_CONNECT_MS; name, TCP, TLS, proxy */
	int64_t first_byte_ms; /* 0: none; from the start to the first byte of the answer's body */
	int64_t gap_ms;        /* 0: none; between two bytes, while not paused */
	int64_t total_ms;      /* 0: none */
	size_t max_body_bytes; /* 0: LIMIT_HTTP_BODY_BYTES; of what is collected */
	int max_redirects;     /* 0: none is followed; never from https to plain http */
	/* The head has come (not that of a redirect). False with an error ends the call. May be
	 * NULL. */
	bool (*on_head)(void *ctx, const struct http_answer *a, struct err *e);
	/* A piece of the body. False with an error ends the call. NULL: the body is collected. */
	bool (*on_body)(void *ctx, struct str bytes, struct err *e);
	/* The end, exactly once unless cancelled. `e` is NULL if an answer came whole, whatever its
	 * status. Both are valid only within the call; afterwards the http_call is gone. */
	void (*on_end)(void *ctx, const struct http_answer *a, const struct err *e);
	void *ctx;
};

enum { HTTP_CONNECT_MS = 10000 };

/* Starts it; callbacks come later, never from within. NULL with an error if the URL is none. */
struct http_call *http_call_start(
	struct http_client *c, const struct http_call_spec *spec, struct err *e);
/* Ends it on the wire; no callback comes any more and the call is gone. Fine in its own callbacks,
 * but for on_end. */
void http_call_cancel(struct http_call *call);
/* Stops reading from the server until resumed; the gap does not count meanwhile. */
void http_call_pause(struct http_call *call);
void http_call_resume(struct http_call *call);

/* An answer with an error status as an error: its kind by the status (401 and 403 DENIED, 429 and
 * 503 BUSY, ...), code = status, the server's own words cut short. False, or true for 2xx. */
bool http_check_status(const struct http_answer *a, struct err *e);
/* False if the content is of another type; HTML is told apart, because it means a portal or a wrong
 * address. */
bool http_check_type(const struct http_answer *a, const char *type, struct err *e);
/* Seconds asked for by Retry-After, in ms; -1 if it was not sent or is a date. */
int64_t http_retry_after_ms(const struct http_answer *a);

#endif

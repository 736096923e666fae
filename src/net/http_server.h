/*
 * http_server.h - HTTP/1.1 for the programs of this machine and its network.
 *
 * A request is handed over once it is there whole; the handler answers at once or keeps the
 * exchange and answers later, in one piece or as a stream. A client that leaves is noticed at once,
 * also while the handler thinks. What a handler writes within one callback goes out in one piece; a
 * client that does not read is not written for without limit. Everything a stranger can send is
 * bounded: head, body, number of connections, and the time each may take.
 *
 * Written on sockets and the loop rather than on evhttp, whose source was read first (2.1.12):
 * it ends the process when bytes arrive while a handler thinks and reading is on, and does not see
 * the client leave when it is off; it has no hook for connections that never finish a request, so
 * neither their number nor their time can be bounded; its read timeout cuts long answers; its own
 * errors are HTML. The reader of requests is http_parse.h.
 *
 * Layer: client (what is wrong with a request); wire (the connection). All of the loop's thread.
 */
#ifndef OFFGRID_NET_HTTP_SERVER_H
#define OFFGRID_NET_HTTP_SERVER_H

#include "net/http.h"

struct loop;
struct http_server;
struct http_exchange;

struct http_request {
	struct str method; /* "GET" */
	struct str path;   /* decoded, without the query: "/v1/models" */
	struct str query;  /* as sent, without '?' */
	const struct http_header *headers;
	size_t header_count;
	struct str body;
	struct str peer; /* the client's address: "127.0.0.1" */
	bool is_loopback;
};

struct http_server_config {
	const char *address; /* a number: "127.0.0.1", "::1", "0.0.0.0" */
	int port;            /* 0: any free one */
	/* 0 in any of these: the default named behind it. */
	size_t max_head_bytes;  /* LIMIT_HTTP_HEAD_BYTES */
	size_t max_body_bytes;  /* LIMIT_HTTP_BODY_BYTES */
	size_t max_connections; /* LIMIT_HTTP_CONNECTIONS; for more than that, those without a
				   request give way, the longest first; if all are answered, they
				   wait in the system's queue */
	int64_t head_ms;        /* 15 s: from a request's first byte to the end of its head */
	int64_t body_ms;        /* 5 min: from there to the end of its body */
	int64_t idle_ms;        /* 75 s: between two requests */
	int64_t write_stall_ms; /* 5 min: a client that takes nothing for so long is dropped */
	/* A request is here. The exchange stays until it is answered, see below. */
	void (*on_request)(void *ctx, struct http_exchange *x);
	/* The head of a request is here and its body is not yet: whoever may not ask is told so
	 * before the body is read, with e->code as the status. NULL: all may. Requests that come in
	 * one piece go to on_request unasked. */
	bool (*admit)(void *ctx, struct http_exchange *x, struct err *e);
	/* The JSON body for a fault found before a request could be handed over; NULL: a plain one.
	 * The request may lack everything, also its method. */
	void (*shape_error)(
		void *ctx, struct http_exchange *x, const struct err *e, struct buf *body);
	void *ctx;
};

/* Listens and serves as soon as the loop runs. NULL: the address cannot be had (in use: ERR_BUSY).
 */
struct http_server *http_server_new(
	struct loop *l, const struct http_server_config *config, struct err *e);
int http_server_port(const struct http_server *s);
size_t http_server_connections(const struct http_server *s);
/* Takes no new requests, lets running ones end, drops those that take longer than the grace, then
 * calls. */
void http_server_stop(
	struct http_server *s, int64_t grace_ms, void (*on_stopped)(void *ctx), void *ctx);
/* Closes everything at once; handlers with an exchange are told that the client has gone, and must
 * end it. Not from within its own callbacks. NULL is fine. */
void http_server_free(struct http_server *s);

/* ---- one request and its answer ---- */

/*
 * An exchange belongs to the handler until it ends it, exactly once, by http_reply, http_stream_end
 * or http_drop; then it is gone. If the client leaves, on_gone is called once, from the loop; the
 * handler ends the exchange there or later, and what it writes meanwhile goes nowhere.
 */
struct http_watch {
	void (*on_gone)(void *ctx);
	void (*on_drain)(void *ctx); /* what was written has gone out, write on */
	void *ctx;
};

const struct http_request *http_request_of(const struct http_exchange *x);
struct str http_request_header(const struct http_exchange *x, const char *name); /* p NULL: none */
struct arena *http_arena(struct http_exchange *x); /* lives as long as the exchange */
void http_watch(struct http_exchange *x, struct http_watch watch);
bool http_is_gone(const struct http_exchange *x); /* the client has left */

/* Adds a header to the answer, before it begins. Line ends in it become blanks. */
void http_add_header(struct http_exchange *x, const char *name, struct str value);

void http_reply(struct http_exchange *x, int status, const char *content_type, struct str body);

/* A stream: begin, any number of writes, end. http_stream_write takes everything; false says that
 * more than LIMIT_HTTP_WAITING_BYTES wait to go out: pause until on_drain. */
void http_stream_begin(struct http_exchange *x, int status, const char *content_type);
bool http_stream_write(struct http_exchange *x, struct str bytes);
void http_stream_end(struct http_exchange *x);

/* Ends it by closing the connection: a stream that must not look whole, or no answer at all. */
void http_drop(struct http_exchange *x);

#endif

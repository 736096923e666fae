/*
 * serve.h - the HTTP API for other programs.
 *
 * The paths of every dialect (dialect.routes), and GET (or HEAD) health, metrics and the root; each
 * with or without its /v1 in front, also twice, since that is what misconfigured clients call. The
 * dialect that a path belongs to reads the request, the router finds who answers, and the events go
 * back through the dialect; so does every error. Every request for an answer leaves a trace and a
 * row in the ledger, written down when its answer has gone out; its id is in the header
 * x-request-id, and in the dialect's own where that has another name.
 *
 * A stream stays alive while nothing is said: an empty delta goes out at least every alive_ms, the
 * first after alive_ms; until then, or until something is said, a failure still has its own HTTP
 * status. If the client leaves, in a stream or not, the upstream is cancelled at once. If it reads
 * slowly, the upstream is paused.
 *
 * Who may ask: anybody on this machine if no keys were given, else who shows one. An address that
 * others can reach is refused without keys. Pages of the web may not ask: requests that carry the
 * Origin or Host of another site are refused.
 *
 * On the loop's thread.
 *
 * Layer: client (what is wrong with a request), route, wire.
 */
#ifndef OFFGRID_SERVE_SERVE_H
#define OFFGRID_SERVE_SERVE_H

#include "route/route.h"
#include "serve/keys.h"
#include "store/writer.h"

struct serve;
struct http_client;

struct serve_options {
	const char *address; /* a number: "127.0.0.1", "::1", "0.0.0.0" */
	int port;            /* 0: any free one */
	struct keys *keys;   /* borrowed; none in it: no key is asked for */
	/* Names by which it may be called besides the address's own, "box.lan". */
	const struct str *hosts;
	size_t host_count;
	int64_t alive_ms; /* 0: SERVE_ALIVE_MS */
	/* Models are fetched for clients that ask for it, with this; NULL: they are not. Whoever
	 * may ask can fill the disk then. */
	struct http_client *puller;
	/* Such a model is there now: serve it from here on, by the name it has in our list. May be
	 * NULL. */
	bool (*adopt)(void *owner, struct str name, struct err *e);
	void *owner;       /* of adopt */
	bool is_unguarded; /* answers pass as they come, unmended (route/guarded.h) */
	bool keeps_quirks; /* requests are not made fit for a model of ours (chat/quirks.h) */
};

enum {
	SERVE_PORT = 8093,
	SERVE_ALIVE_MS = 900, /* what the measured clients took as life is one event a second */
	SERVE_STOP_MS = 5000  /* for answers under way when the server is told to stop */
};

/* Listens. Router and writer outlive it; the writer may be NULL (nothing is kept then). */
struct serve *serve_new(struct loop *loop, const struct serve_options *options,
	struct router *router, struct store_writer *writer, struct err *e);
void serve_free(struct serve *s); /* ends what runs; NULL is fine */

int serve_port(const struct serve *s);
/* Takes no more requests and calls when those under way have ended, or after SERVE_STOP_MS. */
void serve_stop(struct serve *s, void (*on_stopped)(void *ctx), void *ctx);

#endif

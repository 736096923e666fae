/*
 * route.h - who answers.
 *
 * A router holds upstreams: a name, the model names it serves, and a backend of one of three kinds
 * (`local`: our engine, also while it is being loaded, `remote`: HTTP, `script`: answers from a
 * file). A request goes to the first
 * healthy upstream that serves its model; why is written into the trace. Everything here lives on
 * the loop's thread; events come from the loop, never from inside route_start.
 *
 * Layer: route.
 */
#ifndef OFFGRID_ROUTE_ROUTE_H
#define OFFGRID_ROUTE_ROUTE_H

#include "base/loop.h"
#include "base/trace.h"
#include "chat/embed.h"
#include "chat/event.h"
#include "chat/request.h"

struct backend;
struct backend_call;
struct dialect;

/* What a backend does before it can answer. */
struct backend_progress {
	const char *model, *stage; /* "loading"; borrowed from the backend */
	double done;               /* of the stage, 0 to 1 */
	bool embeds;               /* it makes vectors and does not answer; always told */
};

/* Who is told what came of texts, once: the answer, or why there is none. Both are valid within the
 * call only. */
struct embed_sink {
	void (*take)(void *owner, const struct embed_answer *answer, const struct err *e);
	void *owner;
};

/* One row for each kind of backend. */
struct backend_ops {
	const char *kind; /* "local", "remote", "script" */
	/*
	 * Begins to answer. The request stays alive and unchanged until the call is freed. Events
	 * go to `sink` from the loop, in the order that event.h promises. NULL and `e` if it cannot
	 * even begin.
	 */
	struct backend_call *(*start)(struct backend *b, const struct chat_request *r,
		struct trace *t, struct chat_sink sink, struct err *e);
	/* Ends a call: cancels it if it is not over. No event comes after this. May be called from
	 * inside the sink. */
	void (*end)(struct backend_call *call);
	/* Stops telling events and goes on, as far as it can; what was begun may still be told.
	 * Nothing may be said for as long as the reader of the answer cannot take it. NULL: it
	 * cannot. */
	void (*pause)(struct backend_call *call, bool is_paused);
	/* Makes vectors of texts, as start; the call is ended by the `end` of its own ops. NULL: it
	 * makes none. */
	struct backend_call *(*embed)(struct backend *b, const struct embed_request *r,
		struct trace *t, struct embed_sink sink, struct err *e);
	/* How many tokens the prompt of the request has, exactly; NULL: it cannot tell. */
	bool (*count)(struct backend *b, const struct chat_request *r, struct trace *t,
		int64_t *tokens, struct err *e);
	/* Appends the models it serves to the array, each {"id": …, "context_tokens": …}; with
	 * "embeds": true if it makes vectors and does not answer. */
	void (*list)(struct backend *b, json_t *models);
	/* Adds what is known of one of its models to its entry (route/about.h), and `is_loaded`,
	 * `thinks`. NULL: nothing is. */
	void (*describe)(struct backend *b, json_t *model);
	/* False while it cannot answer yet, and how far it is then; requests may come and wait.
	 * `out` is zeroed. NULL: it always can. */
	bool (*is_ready)(struct backend *b, struct backend_progress *out);
	void (*free)(struct backend *b);
	/* What it speaks, so that what is kept there can be named to it; NULL: nothing is. */
	const struct dialect *(*speaks)(const struct backend *b);
	/* Calls in what its models say were read in their own format: its text holds words only. */
	bool reads_calls;
};

/* The first member of every backend's struct. */
struct backend {
	const struct backend_ops *ops;
};

/* The first member of every call's struct. */
struct backend_call {
	const struct backend_ops *ops;
};

struct router;

struct router *router_new(struct loop *loop);
void router_free(struct router *r); /* its backends too; no call may be under way */

/* Takes the backend over. It serves requests for models that its list names, and any model if
 * `serves_any`. */
void router_add(struct router *r, const char *name, struct backend *b, bool serves_any);

/* What this upstream says passes as it is: guarded.h leaves it alone. */
void router_unguard(struct router *r, const char *name);

/* All models of all upstreams, each with "upstream": a new array. */
json_t *router_models(struct router *r);

/* The same with all that is known of each: reads files where that was not done before. */
json_t *router_catalog(struct router *r);

struct route_count {
	int64_t tokens;
	bool is_estimate; /* nobody who answers it could count */
};

/* Tokens of the request's prompt, by the upstream that would be asked first. */
bool router_count(struct router *r, const struct chat_request *request, struct trace *t,
	struct route_count *out, struct err *e);

/* Whether anybody can answer now; where nobody is there to answer, make vectors. `out` tells of the
 * first upstream that cannot yet, all zero if there is none. */
bool router_is_ready(const struct router *r, struct backend_progress *out);

struct route_call;

/* Chooses and begins; ERR_NOT_FOUND (layer route) if nobody serves the model, naming those that are
 * served; the request's own error (chat_request.bound) if none of them speaks its dialect and it
 * is bound to one that does. */
struct route_call *route_start(struct router *r, const struct chat_request *request,
	struct trace *t, struct chat_sink sink, struct err *e);
void route_end(struct route_call *call); /* as backend_ops.end; NULL is fine */
/* For a client that reads slower than its answer comes: as backend_ops.pause. */
void route_pause(struct route_call *call, bool is_paused);

struct route_embedding;

/* Chooses who makes the vectors, as route_start; the sink is told once, from the loop. */
struct route_embedding *route_embed(struct router *r, const struct embed_request *request,
	struct trace *t, struct embed_sink sink, struct err *e);
void route_embed_end(struct route_embedding *c); /* as backend_ops.end; NULL is fine */
const char *route_embed_upstream(const struct route_embedding *c);

const char *route_upstream(const struct route_call *call); /* the name of who answers */
bool route_is_guarded(const struct route_call *call);      /* who answers; router_unguard */
bool route_reads_calls(const struct route_call *call);     /* as its backend_ops say */

#endif

/*
 * count.c - how many tokens a request's prompt has: exact where the model is ours, else guessed and
 * marked as that.
 *
 * The mark is a header, since no dialect has a member for it. A request that goes on from an answer
 * kept here waits until it is found (kept.h), as one that is answered does.
 *
 * Layer: client, route.
 */
#include "base/limits.h"
#include <stdlib.h>

#include "base/must.h"
#include "serve/kept.h"
#include "serve/serve_int.h"

enum { BODY_BYTES = 4096 };

/* A question that waits for the store. */
struct counting {
	struct serve *serve;
	struct http_exchange *x;
	const struct dialect *dialect;
	struct str path; /* lives with the exchange */
	struct kept_wait *wait;
};

static bool count(struct serve *s, const struct chat_request *r, struct trace *t,
	struct http_exchange *x, const struct dialect *d, struct err *e)
{
	struct route_count count;
	struct buf body;
	if (!router_count(s->router, r, t, &count, e))
		return false;
	buf_init(&body, BODY_BYTES);
	d->write_tokens(count.tokens, count.is_estimate, &body);
	http_add_header(
		x, "x-offgrid-accuracy", count.is_estimate ? STR("estimated") : STR("exact"));
	http_reply(x, 200, "application/json", buf_str(&body));
	buf_clear(&body);
	return true;
}

static void reply(const struct counting *c, const struct dialect_past *past)
{
	struct err e = { 0 };
	struct arena *a = arena_new();
	struct trace *t = trace_new();
	const struct dialect *d = c->dialect;
	struct str body = http_request_of(c->x)->body;
	http_add_header(c->x, d->id_header, str_z(trace_id(t)));
	struct chat_request *r = past ? d->keeping->read_request(c->path, body, past, a, t, &e)
				      : d->read_request(c->path, body, a, t, &e);
	if (!r || !count(c->serve, r, t, c->x, d, &e))
		serve_reply_error(c->x, d, &e);
	chat_request_free(r);
	trace_free(t);
	arena_free(a);
}

static void on_gone(void *ctx)
{
	struct counting *c = ctx;
	kept_forget(c->wait);
	http_drop(c->x);
	free(c);
}

static void on_found(void *owner, const struct dialect_past *past, const struct err *e)
{
	struct counting *c = owner;
	if (e)
		serve_reply_error(c->x, c->dialect, e);
	else
		reply(c, past);
	free(c);
}

void count_begin(struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	struct counting *c = must_calloc(1, sizeof *c);
	*c = (struct counting){ .serve = s, .x = x, .dialect = d, .path = path };
	http_watch(x, (struct http_watch){ .on_gone = on_gone, .ctx = c });
	if (kept_find(s, x, d, on_found, c, &c->wait))
		return;
	reply(c, NULL);
	free(c);
}

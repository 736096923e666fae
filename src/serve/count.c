/*
 * count.c - how many tokens a request's prompt has: exact where the model is ours, else guessed and
 * marked as that.
 *
 * The mark is a header, since no dialect has a member for it.
 *
 * Layer: client, route.
 */
#include "base/limits.h"
#include "serve/serve_int.h"

enum { BODY_BYTES = 4096 };

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

void count_begin(struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	struct err e = { 0 };
	struct arena *a = arena_new();
	struct trace *t = trace_new();
	http_add_header(x, d->id_header, str_z(trace_id(t)));
	struct chat_request *r = d->read_request(path, http_request_of(x)->body, a, t, &e);
	if (!r || !count(s, r, t, x, d, &e))
		serve_reply_error(x, d, &e);
	chat_request_free(r);
	trace_free(t);
	arena_free(a);
}

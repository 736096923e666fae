/*
 * remote_embed.c - vectors of texts from an upstream: one request, one document.
 *
 * Where client and upstream speak of vectors in the same words, both bodies pass as they are; the
 * answer is read all the same, for its counts and because a page that is none must not pass.
 *
 * Layer: wire, route.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "chat/dialect.h"
#include "route/remote_int.h"

enum { PATH_BYTES = 4096 };

struct remote_vectors {
	struct backend_call base;
	struct backend *remote;
	const struct embed_request *request;
	struct trace *trace;
	struct embed_sink sink;
	struct http_call *http; /* NULL: over */
	int64_t began_ms;
	bool is_busy, is_ended; /* inside the sink; to be freed */
};

static void end(struct backend_call *call)
{
	struct remote_vectors *c = (struct remote_vectors *)call;
	if (c->http)
		http_call_cancel(c->http);
	c->http = NULL;
	c->is_ended = true;
	if (!c->is_busy)
		free(c);
}

static const struct backend_ops ops = { .kind = "remote", .end = end };

static void tell(struct remote_vectors *c, const struct embed_answer *answer, const struct err *e)
{
	c->is_busy = true;
	c->sink.take(c->sink.owner, answer, e);
	c->is_busy = false;
	if (c->is_ended)
		free(c);
}

static bool read_answer(struct remote_vectors *c, const struct http_answer *a, struct arena *arena,
	struct embed_answer *out, struct err *e)
{
	const struct dialect *d = remote_dialect(c->remote);
	struct str body = remote_without_key(c->remote, arena, a->body);
	int64_t retry_ms = http_retry_after_ms(a);
	trace_note(c->trace, LAYER_WIRE, "answer", "HTTP %d, %zu bytes, after %lld ms", a->status,
		a->body.n, (long long)(clock_ms() - c->began_ms));
	if (a->status < 200 || a->status > 299) {
		d->read_error(a->status, body, e);
		e->retry_ms = retry_ms > 0 ? retry_ms : 0;
		return false;
	}
	if (!d->embed->read_answer(body, arena, out, e))
		return false;
	if (out->count != c->request->count)
		return fail(e, ERR_BAD_DATA, LAYER_WIRE,
			"the upstream made %zu vectors of %zu texts", out->count,
			c->request->count);
	if (out->is_estimate)
		out->prompt_tokens = embed_estimate_tokens(c->request);
	if (d->embed == c->request->codec)
		out->raw = body;
	return true;
}

static void on_end(void *ctx, const struct http_answer *a, const struct err *why)
{
	struct remote_vectors *c = ctx;
	struct arena *arena = arena_new();
	struct embed_answer answer = { 0 };
	struct err e = { 0 };
	c->http = NULL;
	if (why)
		e = *why;
	else
		read_answer(c, a, arena, &answer, &e);
	tell(c, err_is_set(&e) ? NULL : &answer, err_is_set(&e) ? &e : NULL);
	arena_free(arena);
}

/* What is asked, in the upstream's words. */
static bool write_body(struct remote_vectors *c, struct buf *out, struct err *e)
{
	const struct embed_codec *codec = remote_dialect(c->remote)->embed;
	if (codec == c->request->codec)
		buf_add(out, c->request->body);
	else if (!codec->write_request(c->request, c->trace, out, e))
		return false;
	return !out->overflow || fail(e, ERR_TOO_BIG, LAYER_WIRE,
					 "the request is over the limit of %zu bytes", out->max);
}

static bool ask(struct remote_vectors *c, struct err *e)
{
	struct arena *a = arena_new();
	struct buf body, path;
	buf_init(&body, LIMIT_JSON_BYTES);
	buf_init(&path, PATH_BYTES);
	bool ok = write_body(c, &body, e);
	if (ok) {
		remote_dialect(c->remote)->embed->path(c->request, &path);
		trace_note(c->trace, LAYER_WIRE, "request", "%.*s%.*s",
			STR_ARG(remote_address(c->remote)), STR_ARG(buf_str(&path)));
		trace_bytes(c->trace, LAYER_WIRE, "sent", buf_str(&body));
		struct http_call_spec spec =
			remote_post(c->remote, a, buf_str(&path), buf_str(&body));
		spec.on_end = on_end;
		spec.ctx = c;
		c->http = http_call_start(remote_client(c->remote), &spec, e);
	}
	buf_clear(&body);
	buf_clear(&path);
	arena_free(a);
	return c->http != NULL;
}

struct backend_call *remote_embed(struct backend *b, const struct embed_request *r, struct trace *t,
	struct embed_sink sink, struct err *e)
{
	const struct dialect *d = remote_dialect(b);
	if (!d->embed) {
		fail(e, ERR_USAGE, LAYER_ROUTE, "%s has no way to ask for vectors of texts",
			d->about);
		err_mend(e, "name an upstream that speaks openai, ollama or gemini, or start "
			    "offgrid serve with --embeddings MODEL");
		return NULL;
	}
	struct remote_vectors *c = must_calloc(1, sizeof *c);
	*c = (struct remote_vectors){ .base = { &ops },
		.remote = b,
		.request = r,
		.trace = t,
		.sink = sink,
		.began_ms = clock_ms() };
	if (ask(c, e))
		return &c->base;
	free(c);
	return NULL;
}

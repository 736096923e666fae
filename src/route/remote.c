/*
 * remote.c - an upstream reached over HTTP; see remote.h.
 *
 * A call has three ends that come in any order: the answer's (STOP or FAIL was told), the caller's
 * (remote_end) and the connection's. It is freed when the last two have come.
 *
 * Layer: wire, route.
 */
#include "route/remote.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "chat/passage.h"
#include "net/sse.h"
#include "route/nothing.h"
#include "route/remote_int.h"

enum {
	LINGER_MS = 1000,     /* for a connection to finish after a complete answer */
	ASK_AGAIN_MS = 10000, /* after a list of models could not be had */
	LIST_TOTAL_MS = 10000,
	URL_BYTES = 4096,
	REFUSAL_BYTES = 64 * 1024,
	HEADERS = 3, /* of our own */
	MOST_HEADERS = 16
};

struct remote {
	struct backend base;
	struct loop *loop;
	struct http_client *client;
	struct arena *arena; /* of what is set up once */
	const struct dialect *dialect;
	struct str base_url, key, shown_url;
	struct str origin; /* the host: whose its seals are */
	int64_t connect_ms, first_byte_ms, gap_ms;
	json_t *models;
	bool is_told; /* the models were given, or have been asked for with success */
	int64_t asked_ms;
	struct http_call *asking;
	struct remote_call *calls; /* that are under way */
};

/* What the body of an answer is. */
enum body_kind {
	BODY_STREAM,
	BODY_LINES,     /* a document a line */
	BODY_COLLECTED, /* a document, or a refusal: read at its end */
};

struct remote_call {
	struct backend_call base;
	struct remote_call *prev, *next;
	struct remote *remote;
	struct http_call *http; /* NULL: the connection's end has come */
	struct loop_timer *linger;
	struct chat_sink sink;
	struct passage *passage; /* NULL: none, or after the caller's end */
	struct trace *trace;     /* NULL after the caller's end */
	struct dialect_reader *reader;
	struct sse_reader sse;
	struct buf collected;
	struct buf blotted; /* a piece that had our key in it */
	enum body_kind kind;
	bool is_whole; /* no stream was asked for */
	int status;
	int64_t retry_ms; /* Retry-After; 0: none */
	int64_t began_ms;
	bool is_over;  /* STOP or FAIL was told */
	bool is_fine;  /* it was STOP */
	bool is_ended; /* by the caller */
	bool is_busy;  /* inside a callback */
};

static bool is_ok(int status)
{
	return status >= 200 && status <= 299;
}

/* ---- the life of a call ---- */

static void call_free(struct remote_call *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		c->remote->calls = c->next;
	if (c->next)
		c->next->prev = c->prev;
	loop_timer_free(c->linger);
	c->remote->dialect->reader_free(c->reader);
	sse_clear(&c->sse);
	buf_clear(&c->collected);
	buf_clear(&c->blotted);
	free(c);
}

static void hang_up(struct remote_call *c)
{
	if (c->http)
		http_call_cancel(c->http);
	c->http = NULL;
}

/* Frees it if nobody needs it any more. */
static void settle(struct remote_call *c)
{
	if (c->is_busy)
		return;
	if (c->is_over && !c->is_fine)
		hang_up(c);
	if (c->is_ended && !c->http)
		call_free(c);
}

static void on_linger(void *ctx)
{
	hang_up(ctx);
	settle(ctx);
}

static void remote_end(struct backend_call *base)
{
	struct remote_call *c = (struct remote_call *)base;
	c->is_ended = true;
	c->trace = NULL;
	c->passage = NULL;
	if (!c->is_fine)
		hang_up(c);
	else if (c->http)
		loop_timer_start(c->linger, LINGER_MS);
	settle(c);
}

static void remote_pause(struct backend_call *base, bool is_paused)
{
	struct remote_call *c = (struct remote_call *)base;
	if (!c->http)
		return;
	if (is_paused)
		http_call_pause(c->http);
	else
		http_call_resume(c->http);
}

/* ---- what comes back ---- */

static void take_event(void *owner, const struct chat_event *event)
{
	struct remote_call *c = owner;
	if (event->type == CHAT_STOP || event->type == CHAT_FAIL) {
		c->is_over = true;
		c->is_fine = event->type == CHAT_STOP;
	}
	if (c->is_ended)
		return;
	struct chat_event told = *event;
	if (told.type == CHAT_SEAL)
		told.origin = c->remote->origin;
	if (c->passage && c->reader->has_forgiven)
		passage_part(c->passage, "something in it had another form than its dialect's");
	passage_came(c->passage, &told);
	chat_send(c->sink, &told);
}

static void tell_failure(struct remote_call *c, const struct err *e)
{
	if (!c->is_over)
		take_event(c, &(struct chat_event){ .type = CHAT_FAIL, .err = e });
}

/* A piece of a stream passes to who asked for a stream. */
static void begin_piece(struct remote_call *c, struct str name, struct str data)
{
	if (c->is_whole && c->passage)
		passage_part(c->passage, "the upstream streams what was asked for whole");
	passage_piece(c->passage, name, data, false);
}

static bool on_sse_event(void *ctx, const struct sse_event *event, struct err *e)
{
	(void)e;
	struct remote_call *c = ctx;
	begin_piece(c, event->type, event->data);
	c->remote->dialect->read_piece(c->reader, event->type, event->data);
	return true;
}

static bool on_head(void *ctx, const struct http_answer *a, struct err *e)
{
	struct remote_call *c = ctx;
	(void)e;
	int64_t retry_ms = http_retry_after_ms(a);
	c->status = a->status;
	c->retry_ms = retry_ms > 0 ? retry_ms : 0;
	bool is_stream = http_type_is(a->content_type, "text/event-stream");
	c->kind = is_ok(a->status) && is_stream ? BODY_STREAM : BODY_COLLECTED;
	if (is_ok(a->status) && c->remote->dialect->framing == DIALECT_LINES && !c->is_whole)
		c->kind = BODY_LINES;
	for (size_t i = 0; i < a->header_count; i++)
		passage_header(c->passage, a->headers[i].name, a->headers[i].value);
	trace_note(c->trace, LAYER_WIRE, "answer", "HTTP %d, %.*s, after %lld ms%s", a->status,
		STR_ARG(a->content_type.n ? a->content_type : STR("no content type")),
		(long long)(clock_ms() - c->began_ms), a->is_reused ? ", connection reused" : "");
	return true;
}

/* Upstreams were seen to repeat the key they were shown, in errors above all. */
static struct str without_key(struct remote_call *c, struct str bytes)
{
	struct str key = c->remote->key;
	size_t at = key.n ? str_find(bytes, key) : SIZE_MAX;
	if (at == SIZE_MAX)
		return bytes;
	buf_reset(&c->blotted);
	buf_add(&c->blotted, bytes);
	while (at != SIZE_MAX) {
		memset(c->blotted.p + at, '*', key.n);
		at = str_find(buf_str(&c->blotted), key);
	}
	return buf_str(&c->blotted);
}

/* Reads the whole lines that have come; at the end also one that lacks its end. */
static void read_lines(struct remote_call *c, bool is_last)
{
	size_t taken = 0, n;
	while (!c->is_over) {
		struct str rest = str_from(buf_str(&c->collected), taken);
		n = str_find_char(rest, '\n');
		if (n == SIZE_MAX && !(is_last && rest.n))
			break;
		n = n == SIZE_MAX ? rest.n : n + 1;
		begin_piece(c, STR(""), str_sub(rest, 0, n));
		c->remote->dialect->read_piece(c->reader, STR(""), str_sub(rest, 0, n));
		taken += n;
	}
	buf_drop_front(&c->collected, taken);
}

/* More of an answer that is gathered before it is read. */
static bool collect(struct remote_call *c, struct str bytes, struct err *e)
{
	return buf_add(&c->collected, bytes) ||
	       fail(e, ERR_TOO_BIG, LAYER_WIRE,
		       "the upstream's answer is over the limit of %zu bytes", c->collected.max);
}

static bool on_body(void *ctx, struct str bytes, struct err *e)
{
	struct remote_call *c = ctx;
	bool ok = true;
	c->is_busy = true;
	bytes = without_key(c, bytes);
	trace_append(c->trace, LAYER_WIRE, "received", bytes);
	if (c->is_over)
		; /* what follows the end of an answer is nobody's */
	else if (c->kind == BODY_STREAM)
		ok = sse_feed(&c->sse, bytes, e);
	else if (is_ok(c->status))
		ok = collect(c, bytes, e);
	else
		buf_add(&c->collected, str_sub(bytes, 0, REFUSAL_BYTES - c->collected.n));
	if (c->kind == BODY_LINES && ok)
		read_lines(c, false);
	passage_pause(c->passage);
	c->is_busy = false;
	settle(c);
	return ok;
}

/* A stream that was not declared as one. */
static bool looks_like_stream(struct str text)
{
	text = str_trim_left(text);
	return str_starts(text, STR("data:")) || str_starts(text, STR("event:")) ||
	       str_starts(text, STR(":"));
}

/* Nothing but a whole answer that was asked for passes as one. */
static void read_document(struct remote_call *c, struct str body)
{
	if (c->is_whole)
		passage_piece(c->passage, STR(""), body, true);
	else if (c->passage)
		passage_part(c->passage, "the upstream does not stream");
	c->remote->dialect->read_document(c->reader, body);
}

static void read_collected(struct remote_call *c, struct err *e)
{
	struct str body = buf_str(&c->collected);
	if (!is_ok(c->status)) {
		c->remote->dialect->read_error(c->status, body, e);
		e->retry_ms = c->retry_ms;
	} else if (!looks_like_stream(body)) {
		read_document(c, body);
	} else if (sse_feed(&c->sse, body, e) && sse_end(&c->sse, e)) {
		c->remote->dialect->read_end(c->reader, NULL);
	}
}

static void tell_end(struct remote_call *c, const struct err *why)
{
	struct err e = { 0 };
	if (why)
		e = *why;
	else if (c->kind == BODY_COLLECTED)
		read_collected(c, &e);
	else if (c->kind == BODY_LINES)
		read_lines(c, true);
	else
		sse_end(&c->sse, &e);
	if (c->is_over)
		return;
	passage_pause(c->passage);
	if (c->kind != BODY_COLLECTED)
		c->remote->dialect->read_end(c->reader, err_is_set(&e) ? &e : NULL);
	else if (err_is_set(&e))
		tell_failure(c, &e);
}

static void on_end(void *ctx, const struct http_answer *a, const struct err *e)
{
	struct remote_call *c = ctx;
	(void)a;
	c->http = NULL;
	c->is_busy = true;
	if (!c->is_over && !c->is_ended)
		tell_end(c, e);
	c->is_busy = false;
	settle(c);
}

/* ---- asking ---- */

static size_t make_headers(
	const struct remote *r, struct arena *a, bool has_body, struct http_header headers[HEADERS])
{
	size_t count = 0;
	struct str extra = str_z(r->dialect->extra_header), name;
	if (has_body)
		headers[count++] =
			(struct http_header){ STR("Content-Type"), STR("application/json") };
	if (r->key.n)
		headers[count++] = (struct http_header){ str_z(r->dialect->key_header),
			arena_printf(a, "%s%.*s", r->dialect->key_prefix, STR_ARG(r->key)) };
	if (extra.n && str_cut(&extra, ':', &name))
		headers[count++] = (struct http_header){ name, str_trim(extra) };
	return count;
}

/* Headers of a client that speaks as its upstream does go on. */
static size_t add_kept_headers(const struct remote *r, const struct chat_request *request,
	size_t count, struct http_header headers[MOST_HEADERS])
{
	if (request->dialect != r->dialect)
		return count;
	for (size_t i = 0; i < request->header_count && count < MOST_HEADERS; i++)
		headers[count++] =
			(struct http_header){ request->headers[i].name, request->headers[i].value };
	return count;
}

/* The body, as the client sent it or written for a stream. */
static bool write_body(
	struct remote_call *c, const struct chat_request *request, struct buf *body, struct err *e)
{
	struct remote *r = c->remote;
	const char *why;
	bool is_clients = passage_request(request, r->dialect, r->origin, body, &why);
	if (is_clients)
		trace_note(c->trace, LAYER_WIRE, "passed", "the request as it came");
	else if (why)
		trace_note(c->trace, LAYER_WIRE, "not passed", "the request: %s", why);
	c->is_whole = is_clients && !request->is_stream;
	if ((is_clients || request->is_stream) &&
		passage_open(request->passage, r->dialect, r->origin))
		c->passage = request->passage;
	return is_clients || r->dialect->write_request(request, r->origin, c->trace, body, e);
}

static bool ask(struct remote_call *c, const struct chat_request *request, struct err *e)
{
	struct remote *r = c->remote;
	struct arena *a = arena_new();
	struct http_header headers[MOST_HEADERS];
	size_t header_count = make_headers(r, a, true, headers);
	struct buf body, url;
	buf_init(&body, LIMIT_JSON_BYTES);
	buf_init(&url, URL_BYTES);
	header_count = add_kept_headers(r, request, header_count, headers);
	if (!write_body(c, request, &body, e))
		goto out;
	buf_add(&url, r->base_url);
	r->dialect->path(request, !c->is_whole, &url);
	trace_note(c->trace, LAYER_WIRE, "request", "%.*s, %s", STR_ARG(r->shown_url),
		r->dialect->about);
	/* What was passed on as it came stands in the trace already. */
	if (!str_eq(buf_str(&body), request->body))
		trace_bytes(c->trace, LAYER_WIRE, "sent", buf_str(&body));
	c->http = http_call_start(r->client,
		&(struct http_call_spec){ .url = buf_z(&url),
			.headers = headers,
			.header_count = header_count,
			.body = buf_str(&body),
			.connect_ms = r->connect_ms,
			.first_byte_ms = r->first_byte_ms,
			.gap_ms = r->gap_ms,
			.on_head = on_head,
			.on_body = on_body,
			.on_end = on_end,
			.ctx = c },
		e);
out:
	buf_clear(&body);
	buf_clear(&url);
	arena_free(a);
	return c->http != NULL;
}

/* A bare text for an upstream that knows conversations only: as the words of a user, if that says
 * all of it. */
static bool can_carry(
	const struct remote *r, const struct chat_request *request, struct trace *t, struct err *e)
{
	const struct chat_raw *raw = request->raw;
	if (!raw || r->dialect->has_raw)
		return true;
	if (raw->token_count || raw->has_suffix) {
		fail(e, ERR_BAD_DATA, LAYER_CLIENT, "%s: %.*s speaks %s, which has no word for it",
			raw->has_suffix ? "suffix" : "a prompt of tokens", STR_ARG(r->shown_url),
			r->dialect->about);
		return err_mend(e,
			"send the prompt as text, without suffix, or ask a model of this "
			"machine or an upstream that serves /v1/completions");
	}
	trace_note(t, LAYER_WIRE, "dialect",
		"the prompt goes as a user's message: this API has no bare texts");
	return true;
}

static struct backend_call *remote_start(struct backend *b, const struct chat_request *request,
	struct trace *t, struct chat_sink sink, struct err *e)
{
	struct remote *r = (struct remote *)b;
	if (request->loads_only && request->dialect != r->dialect)
		return nothing_start(r->loop, t, sink); /* it has no word for it */
	if (!can_carry(r, request, t, e))
		return NULL;
	struct remote_call *c = must_calloc(1, sizeof *c);
	*c = (struct remote_call){ .base = { b->ops },
		.remote = r,
		.next = r->calls,
		.sink = sink,
		.trace = t,
		.kind = BODY_COLLECTED,
		.began_ms = clock_ms() };
	if (r->calls)
		r->calls->prev = c;
	r->calls = c;
	c->linger = loop_timer_new(r->loop, on_linger, c);
	c->reader = r->dialect->reader_new((struct chat_sink){ take_event, c });
	sse_init(&c->sse, on_sse_event, c);
	c->sse.is_json = true;
	buf_init(&c->collected, LIMIT_JSON_BYTES);
	buf_init(&c->blotted, LIMIT_JSON_BYTES);
	if (ask(c, request, e))
		return &c->base;
	call_free(c);
	return NULL;
}

/* ---- models ---- */

static void on_models(void *ctx, const struct http_answer *a, const struct err *why)
{
	struct remote *r = ctx;
	struct err e = { 0 };
	r->asking = NULL;
	r->asked_ms = clock_ms();
	if (why || !is_ok(a->status))
		return;
	json_t *models = json_array();
	if (r->dialect->read_models(a->body, models, &e)) {
		json_decref(r->models);
		r->models = models;
		r->is_told = true;
	} else {
		json_decref(models);
	}
}

/* Asks the upstream what it serves; a failure is no fault of anybody's request, and asked again
 * later. */
static void ask_for_models(struct remote *r)
{
	struct arena *a = arena_new();
	struct http_header headers[HEADERS];
	struct err e = { 0 };
	struct str url = arena_printf(a, "%.*s%s", STR_ARG(r->base_url), r->dialect->models_path);
	r->asking = http_call_start(r->client,
		&(struct http_call_spec){ .url = url.p,
			.headers = headers,
			.header_count = make_headers(r, a, false, headers),
			.connect_ms = r->connect_ms,
			.total_ms = LIST_TOTAL_MS,
			.on_end = on_models,
			.ctx = r },
		&e);
	r->asked_ms = clock_ms();
	arena_free(a);
}

static void remote_list(struct backend *b, json_t *models)
{
	struct remote *r = (struct remote *)b;
	bool is_due = !r->asked_ms || clock_ms() - r->asked_ms > ASK_AGAIN_MS;
	if (!r->is_told && !r->asking && is_due)
		ask_for_models(r);
	for (size_t i = 0; i < json_array_size(r->models); i++)
		json_array_append_new(models, json_deep_copy(json_array_get(r->models, i)));
}

/* ---- setting up ---- */

static void remote_free(struct backend *b)
{
	struct remote *r = (struct remote *)b;
	if (r->asking)
		http_call_cancel(r->asking);
	for (struct remote_call *c = r->calls, *next; c; c = next) {
		next = c->next;
		hang_up(c);
		call_free(c);
	}
	json_decref(r->models);
	if (r->key.n)
		explicit_bzero((char *)(uintptr_t)r->key.p, r->key.n);
	arena_free(r->arena);
	free(r);
}

struct http_call_spec remote_post(
	struct backend *b, struct arena *a, struct str path, struct str body)
{
	struct remote *r = (struct remote *)b;
	struct http_header *headers = arena_calloc(a, HEADERS, sizeof *headers);
	struct str url = arena_printf(a, "%.*s%.*s", STR_ARG(r->base_url), STR_ARG(path));
	return (struct http_call_spec){ .url = url.p,
		.headers = headers,
		.header_count = make_headers(r, a, true, headers),
		.body = body,
		.connect_ms = r->connect_ms,
		.first_byte_ms = r->first_byte_ms,
		.gap_ms = r->gap_ms };
}

struct str remote_without_key(const struct backend *b, struct arena *a, struct str bytes)
{
	struct str key = ((const struct remote *)b)->key;
	size_t at = key.n ? str_find(bytes, key) : SIZE_MAX;
	if (at == SIZE_MAX)
		return bytes;
	char *copy = arena_z(a, bytes);
	for (; at != SIZE_MAX; at = str_find(str_n(copy, bytes.n), key))
		memset(copy + at, '*', key.n);
	return str_n(copy, bytes.n);
}

struct http_client *remote_client(struct backend *b)
{
	return ((struct remote *)b)->client;
}

const struct dialect *remote_dialect(const struct backend *b)
{
	return ((const struct remote *)b)->dialect;
}

struct str remote_address(const struct backend *b)
{
	return ((const struct remote *)b)->shown_url;
}

static const struct backend_ops remote_ops = {
	.kind = "remote",
	.speaks = remote_dialect,
	.start = remote_start,
	.end = remote_end,
	.pause = remote_pause,
	.embed = remote_embed,
	.list = remote_list,
	.free = remote_free,
};

static bool read_key(struct remote *r, const char *variable, struct err *e)
{
	if (!variable || !variable[0])
		return true;
	const char *key = getenv(variable);
	if (!key || !key[0]) {
		fail(e, ERR_DENIED, LAYER_ROUTE,
			"the variable %s, which should hold the key of %.*s, is not set", variable,
			STR_ARG(r->shown_url));
		return err_mend(e, "export %s=...", variable);
	}
	r->key = arena_str(r->arena, str_trim(str_z(key)));
	return true;
}

/* People paste the whole address of the endpoint. */
static struct str without_endpoint(const struct dialect *d, struct str url)
{
	for (const struct dialect_route *route = d->routes; route->method; route++)
		if (route->ask == DIALECT_ANSWER && str_ends(url, str_z(route->path)))
			return str_sub(url, 0, url.n - str_z(route->path).n);
	return url;
}

static bool read_url(struct remote *r, const char *url, struct err *e)
{
	struct str text = str_trim(str_z(url));
	if (!str_starts(text, STR("http://")) && !str_starts(text, STR("https://"))) {
		fail(e, ERR_USAGE, LAYER_ROUTE, "'%.*s' is no address of an upstream",
			STR_ARG(str_sub(text, 0, LIMIT_QUOTE_BYTES)));
		return err_mend(e, "write it as http://HOST:PORT/v1 or https://HOST/v1");
	}
	bool has_path = str_find_char(str_from(text, sizeof "https://" - 1), '/') != SIZE_MAX;
	while (str_ends(text, STR("/")))
		text = str_sub(text, 0, text.n - 1);
	text = without_endpoint(r->dialect, text);
	r->base_url = arena_printf(
		r->arena, "%.*s%s", STR_ARG(text), has_path ? "" : r->dialect->version);
	r->shown_url = http_url_for_people(r->arena, r->base_url);
	struct str rest = str_from(r->shown_url, str_find(r->shown_url, STR("://")) + 3);
	str_cut(&rest, '/', &r->origin);
	return true;
}

static json_t *given_models(const struct remote_options *o)
{
	json_t *models = json_array();
	for (size_t i = 0; i < o->model_count; i++) {
		json_t *model = json_object();
		json_object_set_new(model, "id", js_new_text(o->models[i]));
		json_object_set_new(model, "context_tokens", json_integer(0));
		json_array_append_new(models, model);
	}
	return models;
}

struct backend *remote_new(struct loop *loop, struct http_client *client,
	const struct remote_options *o, struct err *e)
{
	struct remote *r = must_calloc(1, sizeof *r);
	*r = (struct remote){ .base = { &remote_ops },
		.loop = loop,
		.client = client,
		.arena = arena_new(),
		.dialect = o->dialect,
		.connect_ms = o->connect_ms ? o->connect_ms : REMOTE_CONNECT_MS,
		.gap_ms = o->gap_ms ? o->gap_ms : REMOTE_GAP_MS,
		.models = given_models(o),
		.is_told = o->model_count > 0 };
	if (!read_url(r, o->base_url, e) || !read_key(r, o->key_env, e)) {
		remote_free(&r->base);
		return NULL;
	}
	bool is_here = http_url_is_loopback(r->base_url);
	r->first_byte_ms = o->first_byte_ms ? o->first_byte_ms
			   : is_here        ? REMOTE_FIRST_BYTE_HERE_MS
					    : REMOTE_FIRST_BYTE_MS;
	if (!r->is_told)
		ask_for_models(r);
	return &r->base;
}

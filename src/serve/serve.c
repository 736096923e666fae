/*
 * serve.c - endpoints, and who may call them; see serve.h. Answers to chat requests are in
 * answer.c.
 *
 * Layer: client.
 */
#include "serve/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "serve/caller.h"
#include "serve/kept.h"
#include "serve/serve_int.h"

enum {
	BODY_BYTES = 1 << 20,
	TIME_CHARS = 24,
	MS_PER_S = 1000,
	STATUS_OK = 200,
	STATUS_NO_CONTENT = 204,
	STATUS_NOT_YET = 503,
	STATUS_KEY = CALLER_NO_KEY,
	STATUS_METHOD = 405,
	STATUS_CODING = CALLER_PACKED,
	STATUS_RATE = 429,
	STATUS_UNREAD = 422,
	STATUS_OURS = 500, /* from here on it is not the request */
	STATUS_BAD_GATEWAY = 502
};

#define TYPE_JSON "application/json"

int serve_status(const struct err *e)
{
	if (e->kind == ERR_DENIED && e->layer == LAYER_CLIENT && e->code == STATUS_KEY)
		return STATUS_KEY;
	if (e->kind == ERR_BUSY && e->code == STATUS_RATE)
		return STATUS_RATE;
	if (e->layer == LAYER_CLIENT && (e->code == STATUS_METHOD || e->code == STATUS_CODING))
		return e->code;
	/* An upstream that cannot read its own model: whoever sees a 5xx asks up to thirty times.
	 */
	if (e->kind == ERR_BAD_DATA && e->layer == LAYER_PARSE && e->code)
		return STATUS_UNREAD;
	if ((e->kind == ERR_BAD_DATA || e->kind == ERR_TOO_BIG) && e->layer != LAYER_CLIENT)
		return STATUS_BAD_GATEWAY;
	return err_http_status(e);
}

/* In whole seconds, never sooner than the upstream asked. */
static void add_retry_after(struct http_exchange *x, int64_t ms)
{
	char text[TIME_CHARS];
	snprintf(text, sizeof text, "%lld", (long long)((ms + MS_PER_S - 1) / MS_PER_S));
	http_add_header(x, "retry-after", str_z(text));
}

void serve_reply_error(struct http_exchange *x, const struct dialect *d, const struct err *e)
{
	struct buf body;
	int status = serve_status(e);
	buf_init(&body, BODY_BYTES);
	d->write_error(e, &body);
	/* The official SDKs obey this; what a repetition cannot mend is not to be repeated, and
	 * what another upstream might do the same one will not. */
	if (!err_kinds[e->kind].may_fail_over || (status < STATUS_OURS && status != STATUS_RATE))
		http_add_header(x, "x-should-retry", STR("false"));
	if (e->retry_ms)
		add_retry_after(x, e->retry_ms);
	http_reply(x, status, TYPE_JSON, buf_str(&body));
	buf_clear(&body);
}

void serve_keep_headers(
	struct http_exchange *x, const struct dialect *d, struct chat_request *request)
{
	enum { MOST = 8 };
	struct chat_header *kept = arena_calloc(request->arena, MOST, sizeof *kept);
	for (const char *const *name = d->kept_headers; name && *name; name++) {
		struct str value = http_request_header(x, *name);
		if (value.n && request->header_count < MOST)
			kept[request->header_count++] = (struct chat_header){ str_z(*name),
				arena_str(request->arena, value) };
	}
	request->headers = kept;
}

/* ---- endpoints ---- */

static void write_progress(const struct backend_progress *p, struct buf *out)
{
	js_member(out, "loading");
	buf_add_char(out, '{');
	js_member_text(out, "model", str_z(p->model));
	js_member_text(out, "stage", str_z(p->stage));
	js_member_double(out, "done", p->done);
	buf_add_char(out, '}');
}

/* 503 as long as nobody can answer, which is what those wait for who start a server and then use
 * it. */
static void get_health(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	(void)d;
	(void)path;
	struct backend_progress progress;
	bool is_ready = router_is_ready(s->router, &progress);
	struct buf body;
	buf_init(&body, BODY_BYTES);
	buf_add_char(&body, '{');
	js_member_text(&body, "status", is_ready ? STR("ok") : STR("loading"));
	js_member_text(&body, "version", STR(OFFGRID_VERSION));
	js_member_i64(&body, "running", s->metrics.running);
	if (progress.stage)
		write_progress(&progress, &body);
	buf_add_char(&body, '}');
	if (!is_ready)
		http_add_header(x, "retry-after", STR("1"));
	http_reply(x, is_ready ? STATUS_OK : STATUS_NOT_YET, TYPE_JSON, buf_str(&body));
	buf_clear(&body);
}

static void get_metrics(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	(void)d;
	(void)path;
	struct buf body;
	struct err why;
	buf_init(&body, BODY_BYTES);
	if (s->writer)
		s->metrics.unwritten = store_writer_lost(s->writer, &why);
	metrics_write(&s->metrics, http_server_connections(s->http), &body);
	http_reply(x, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&body));
	buf_clear(&body);
}

/* Clients ask this to learn which server it is. */
static void get_version(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	(void)s;
	(void)d;
	(void)path;
	http_reply(x, STATUS_OK, TYPE_JSON, STR("{\"version\":\"" OFFGRID_VERSION "\"}"));
}

/* As llama.cpp's server tells the size of the context, which is what clients look for. */
static void get_props(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	(void)d;
	(void)path;
	struct buf body;
	json_t *models = router_models(s->router);
	const json_t *first = json_array_get(models, 0);
	buf_init(&body, BODY_BYTES);
	int64_t context = json_integer_value(json_object_get(first, "context_tokens"));
	buf_add(&body, STR("{\"default_generation_settings\":{"));
	if (context > 0) /* else a client would take the model for one without any context */
		js_member_i64(&body, "n_ctx", context);
	buf_add(&body, STR("},\"total_slots\":1"));
	js_member_text(&body, "model_path", js_text_of(first, "id"));
	buf_add_char(&body, '}');
	json_decref(models);
	http_reply(x, STATUS_OK, TYPE_JSON, buf_str(&body));
	buf_clear(&body);
}

static void get_models(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	(void)path;
	struct buf body;
	buf_init(&body, BODY_BYTES);
	json_t *models = router_catalog(s->router);
	d->write_models(models, &body);
	json_decref(models);
	http_reply(x, 200, TYPE_JSON, buf_str(&body));
	buf_clear(&body);
}

/* One model: the element of the list, as the dialect writes it. */
static void get_model(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	json_t *models = router_catalog(s->router), *wanted = NULL;
	for (size_t i = 0; i < json_array_size(models) && !wanted; i++)
		if (str_eq(js_text(json_object_get(json_array_get(models, i), "id")), path))
			wanted = json_array_get(models, i);
	if (wanted) {
		struct buf body;
		buf_init(&body, BODY_BYTES);
		d->write_model(wanted, &body);
		http_reply(x, 200, TYPE_JSON, buf_str(&body));
		buf_clear(&body);
	} else {
		struct err e = { 0 };
		fail(&e, ERR_NOT_FOUND, LAYER_ROUTE, "no upstream serves the model '%.*s'",
			STR_ARG(str_sub(path, 0, LIMIT_QUOTE_BYTES)));
		serve_reply_error(x, d, &e);
	}
	json_decref(models);
}

/* Programs ask whether anybody is there before they ask for more. */
static void get_root(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	(void)s;
	(void)d;
	(void)path;
	http_reply(x, STATUS_OK, "text/plain; charset=utf-8",
		STR("offgrid " OFFGRID_VERSION " is running\n"));
}

/* What is no dialect's. */
static const struct endpoint {
	const char *path;
	bool is_open; /* without a key */
	void (*handle)(
		struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path);
} endpoints[] = {
	{ "/", true, get_root },
	{ "/health", true, get_health },
	{ "/metrics", false, get_metrics },
	{ "/version", true, get_version },
	{ "/api/version", true, get_version },
	{ "/props", false, get_props },
};

/* What the dialects' own paths ask for. */
static void (*const handlers[])(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path) = {
	[DIALECT_ANSWER] = answer_begin,
	[DIALECT_TOKENS] = count_begin,
	[DIALECT_MODELS] = get_models,
	[DIALECT_MODEL] = get_model,
	[DIALECT_KEPT] = kept_show,
	[DIALECT_KEPT_DROP] = kept_drop,
	[DIALECT_KEPT_ASKED] = kept_show_asked,
	[DIALECT_KEPT_CANCEL] = kept_cancel,
	[DIALECT_EMBED] = vectors_begin,
	[DIALECT_ABOUT] = library_about,
	[DIALECT_LOADED] = library_loaded,
	[DIALECT_PULL] = library_pull,
	[DIALECT_REFUSED] = library_refuse,
};

_Static_assert(sizeof handlers / sizeof handlers[0] == DIALECT_ASK_COUNT, "a handler for each");

/* Where a request belongs. */
struct place {
	const struct dialect *dialect;
	void (*handle)(
		struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path);
	struct str path; /* without slashes that say nothing */
	struct str rest; /* what the path's '*' stands for */
	bool is_open;
	bool is_for_pages; /* if a page asks, it may see the answer */
	unsigned methods;  /* bits by methods[]: what the path is there for */
};

static const struct {
	const char *name, *is_like; /* it is answered as that one is */
} methods[] = {
	{ "GET", "GET" },
	{ "HEAD", "GET" }, /* the connection leaves its body out */
	{ "POST", "POST" },
	{ "DELETE", "DELETE" },
};

/* The bits of a route's method. */
static unsigned method_bits(const char *name)
{
	unsigned bits = 0;
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (strcmp(methods[i].name, name) == 0 || strcmp(methods[i].is_like, name) == 0)
			bits |= 1U << i;
	return bits;
}

static bool is_asked_with(const struct http_request *q, unsigned bits)
{
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (bits & 1U << i && str_eq_z(q->method, methods[i].name))
			return true;
	return false;
}

static struct str name_methods(struct arena *a, unsigned bits)
{
	struct buf names;
	buf_init(&names, BODY_BYTES);
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (bits & 1U << i)
			buf_printf(&names, "%s, ", methods[i].name);
	buf_add_z(&names, "OPTIONS");
	struct str kept = arena_str(a, buf_str(&names));
	buf_clear(&names);
	return kept;
}

/* Addresses are put together by hand: a slash too many at a border changes nothing. Behind "models"
 * it belongs to a name that is a file's path. */
static struct str without_slashes(struct str path, struct arena *a)
{
	struct buf tidy;
	if (path.n < 2 || (str_find(path, STR("//")) == SIZE_MAX && !str_ends(path, STR("/"))))
		return path;
	while (str_ends(path, STR("/")))
		path.n--;
	buf_init(&tidy, LIMIT_HTTP_HEAD_BYTES);
	for (size_t i = 0; i < path.n; i++)
		if (!str_starts(str_from(path, i), STR("//")) ||
			str_ends(buf_str(&tidy), STR("/models")))
			buf_add_char(&tidy, path.p[i]);
	struct str kept = tidy.n ? arena_str(a, buf_str(&tidy)) : STR("/");
	buf_clear(&tidy);
	return kept;
}

/* "/v1/v1/models" is "/models". */
static struct str without_version(struct str path, const char *version)
{
	struct str prefix = str_z(version);
	while (str_starts(path, prefix) && str_starts(str_from(path, prefix.n), STR("/")))
		path = str_from(path, prefix.n);
	return str_eq(path, prefix) ? STR("/") : path;
}

static bool fits(struct str path, const char *pattern, struct str *rest)
{
	struct str after = str_z(pattern), before;
	if (str_find_char(after, '*') == SIZE_MAX)
		return str_eq(path, after);
	str_cut(&after, '*', &before);
	if (path.n <= before.n + after.n || !str_starts(path, before) || !str_ends(path, after))
		return false;
	*rest = str_sub(path, before.n, path.n - after.n);
	return true;
}

static bool bears_mark(struct http_exchange *x, const struct dialect *d)
{
	return d->mark_header && http_request_header(x, d->mark_header).p;
}

/* Where the path is there but not for this method, its methods are noted, and whose it is. */
static bool find_route(const struct http_request *q, const struct dialect *d, struct place *out)
{
	struct str path = without_version(out->path, d->version);
	if (path.n == out->path.n) /* clients of later versions ask below the plain one */
		path = without_version(path, dialect_openai.version);
	for (const struct dialect_route *r = d->routes; r->method; r++) {
		unsigned bits = method_bits(r->method);
		if (!fits(path, r->path, &out->rest))
			continue;
		if (is_asked_with(q, bits)) {
			out->dialect = d;
			out->handle = handlers[r->ask];
			if (r->word)
				out->rest = str_z(r->word);
			return true;
		}
		if (!out->methods)
			out->dialect = d;
		out->methods |= bits;
	}
	return false;
}

static bool find_endpoint(const struct http_request *q, struct place *out)
{
	struct str path = without_version(out->path, dialect_openai.version);
	for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
		if (!str_eq_z(path, endpoints[i].path))
			continue;
		out->is_open = endpoints[i].is_open;
		out->methods |= method_bits("GET");
		if (is_asked_with(q, method_bits("GET")))
			out->handle = endpoints[i].handle;
	}
	return out->handle != NULL;
}

/* Which dialect's paths there are for answers, as a mend. */
static void name_paths(struct err *e)
{
	struct buf names;
	buf_init(&names, ERR_MEND_BYTES);
	for (size_t i = 0; dialects[i]; i++)
		for (const struct dialect_route *r = dialects[i]->routes; r->method; r++)
			if (r->ask == DIALECT_ANSWER)
				buf_printf(&names, "%s %s%s, ", r->method, dialects[i]->version,
					r->path);
	err_mend(e, "the API is %sGET /v1/models, /health, /metrics", buf_z(&names));
	buf_clear(&names);
}

/* A path that is nobody's, in the words of those who begin theirs so. */
static const struct dialect *dialect_below(struct str path)
{
	for (size_t i = 0; dialects[i]; i++)
		if (strcmp(dialects[i]->version, dialects[0]->version) != 0 &&
			without_version(path, dialects[i]->version).n < path.n)
			return dialects[i];
	return dialects[0];
}

static bool fail_place(const struct http_request *q, struct place *place, struct err *e)
{
	fail(e, ERR_NOT_FOUND, LAYER_CLIENT, "%.*s %.*s is not served here%s",
		STR_ARG(str_sub(q->method, 0, LIMIT_QUOTE_BYTES)),
		STR_ARG(str_sub(q->path, 0, LIMIT_QUOTE_BYTES)),
		place->methods ? ", only with another method" : "");
	if (place->methods)
		e->code = STATUS_METHOD;
	name_paths(e);
	return false;
}

/* A path of several dialects belongs to the one whose mark the request bears, else to the first.
 * The place's dialect is set even if there is none: it shapes the error. */
static bool find_place(struct http_exchange *x, struct place *out, struct err *e)
{
	const struct http_request *q = http_request_of(x);
	const struct dialect *marked = NULL;
	*out = (struct place){ .dialect = dialects[0],
		.path = without_slashes(q->path, http_arena(x)) };
	for (size_t i = 0; dialects[i]; i++) {
		if (!bears_mark(x, dialects[i]))
			continue;
		marked = dialects[i];
		if (find_route(q, dialects[i], out))
			return true;
	}
	for (size_t i = 0; dialects[i]; i++)
		if (find_route(q, dialects[i], out))
			return true;
	if (find_endpoint(q, out))
		return true;
	if (marked)
		out->dialect = marked;
	else if (!out->methods)
		out->dialect = dialect_below(out->path);
	return fail_place(q, out, e);
}

/* ---- who may call (caller.h) ---- */

/* What a browser asks before it lets a page ask: without a key, since it shows none. */
static bool is_preflight(struct http_exchange *x, const struct place *place)
{
	return place->methods && str_eq_z(http_request_of(x)->method, "OPTIONS");
}

static void answer_preflight(struct http_exchange *x, const struct place *place)
{
	struct str wanted = http_request_header(x, "access-control-request-headers"),
		   names = name_methods(http_arena(x), place->methods);
	http_add_header(x, "allow", names);
	if (http_request_header(x, "access-control-request-method").n) {
		http_add_header(x, "access-control-allow-methods", names);
		http_add_header(x, "access-control-max-age", STR("600"));
	}
	if (wanted.n)
		http_add_header(x, "access-control-allow-headers", wanted);
	if (http_request_header(x, "access-control-request-private-network").n)
		http_add_header(x, "access-control-allow-private-network", STR("true"));
	http_reply(x, STATUS_NO_CONTENT, NULL, STR(""));
}

/* The request is for a place that exists, from somebody who may ask there. */
static bool is_welcome(struct serve *s, struct http_exchange *x, struct place *place, struct err *e)
{
	struct err missing = { 0 };
	bool is_found = find_place(x, place, &missing);
	place->is_for_pages = caller_is_no_page(s, x, e);
	if (!place->is_for_pages || is_preflight(x, place))
		return place->is_for_pages;
	if (!is_found)
		*e = missing;
	return is_found && (place->is_open || caller_has_key(s, x, place->dialect, e)) &&
	       caller_sent_plainly(x, e);
}

/* The headers that belong to a refusal. */
static void explain(struct http_exchange *x, const struct place *place, const struct err *e)
{
	if (serve_status(e) == STATUS_METHOD)
		http_add_header(x, "allow", name_methods(http_arena(x), place->methods));
	if (serve_status(e) == STATUS_CODING)
		http_add_header(x, "accept-encoding", STR("identity"));
}

static void on_request(void *ctx, struct http_exchange *x)
{
	struct serve *s = ctx;
	struct err e = { 0 };
	struct place place;
	bool may_ask = is_welcome(s, x, &place, &e);
	if (place.is_for_pages)
		caller_show_page(x);
	if (!may_ask) {
		explain(x, &place, &e);
		serve_reply_error(x, place.dialect, &e);
	} else if (is_preflight(x, &place)) {
		answer_preflight(x, &place);
	} else {
		place.handle(s, x, place.dialect, place.rest);
	}
}

static bool admit(void *ctx, struct http_exchange *x, struct err *e)
{
	struct place place;
	if (is_welcome(ctx, x, &place, e))
		return true;
	if (place.is_for_pages)
		caller_show_page(x);
	explain(x, &place, e);
	e->code = serve_status(e);
	return false;
}

static void shape_error(void *ctx, struct http_exchange *x, const struct err *e, struct buf *body)
{
	(void)ctx;
	struct place place = { .dialect = dialects[0] };
	struct err ignored = { 0 };
	if (http_request_of(x)->path.n)
		find_place(x, &place, &ignored);
	place.dialect->write_error(e, body);
}

/* ---- life ---- */

static bool is_loopback(const char *address)
{
	return str_starts(str_z(address), STR("127.")) || strcmp(address, "::1") == 0;
}

static bool check_reach(const struct serve_options *o, struct err *e)
{
	if (is_loopback(o->address) || keys_count(o->keys))
		return true;
	fail(e, ERR_DENIED, LAYER_CLIENT, "%s can be reached by others, and no API key was given",
		o->address);
	return err_mend(e, "give one with --client-keys FILE or --client-key-env NAME, or listen "
			   "on 127.0.0.1");
}

struct serve *serve_new(struct loop *loop, const struct serve_options *o, struct router *router,
	struct store_writer *writer, struct err *e)
{
	if (!check_reach(o, e))
		return NULL;
	struct serve *s = must_calloc(1, sizeof *s);
	*s = (struct serve){ .loop = loop,
		.router = router,
		.writer = writer,
		.keys = o->keys,
		.host_count = o->host_count,
		.arena = arena_new(),
		.puller = o->puller,
		.adopt = o->adopt,
		.adopt_owner = o->owner,
		.is_unguarded = o->is_unguarded,
		.keeps_quirks = o->keeps_quirks,
		.alive_ms = o->alive_ms ? o->alive_ms : SERVE_ALIVE_MS };
	s->hosts = arena_calloc(s->arena, o->host_count + 1, sizeof *s->hosts);
	for (size_t i = 0; i < o->host_count; i++)
		s->hosts[i] = arena_str(s->arena, o->hosts[i]);
	if (writer)
		store_writer_on_loop(writer, loop);
	s->http = http_server_new(loop,
		&(struct http_server_config){ .address = o->address,
			.port = o->port,
			.on_request = on_request,
			.admit = admit,
			.shape_error = shape_error,
			.ctx = s },
		e);
	if (s->http)
		return s;
	serve_free(s);
	return NULL;
}

void serve_free(struct serve *s)
{
	if (!s)
		return;
	while (s->answers)
		answer_abort(s->answers);
	while (s->vectors)
		vectors_abort(s->vectors);
	library_stop(s);
	http_server_free(s->http);
	arena_free(s->arena);
	free(s);
}

int serve_port(const struct serve *s)
{
	return http_server_port(s->http);
}

void serve_stop(struct serve *s, void (*on_stopped)(void *ctx), void *ctx)
{
	http_server_stop(s->http, SERVE_STOP_MS, on_stopped, ctx);
}

/*
 * serve.c - endpoints, and who may call them; see serve.h. Answers to chat requests are in
 * answer.c.
 *
 * Layer: client.
 */
#include "serve/serve.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "serve/serve_int.h"

enum { BODY_BYTES = 1 << 20, STATUS_KEY = 401, STATUS_RATE = 429, STATUS_BAD_GATEWAY = 502 };

#define TYPE_JSON "application/json"

int serve_status(const struct err *e)
{
	if (e->kind == ERR_DENIED && e->layer == LAYER_CLIENT && e->code == STATUS_KEY)
		return STATUS_KEY;
	if (e->kind == ERR_BUSY && e->code == STATUS_RATE)
		return STATUS_RATE;
	if (e->kind == ERR_BAD_DATA && e->layer != LAYER_CLIENT)
		return STATUS_BAD_GATEWAY;
	return err_http_status(e);
}

void serve_reply_error(struct http_exchange *x, const struct dialect *d, const struct err *e)
{
	struct buf body;
	buf_init(&body, BODY_BYTES);
	d->write_error(e, &body);
	/* The official SDKs obey this; what a repetition cannot mend is not to be repeated. */
	if (!err_kinds[e->kind].may_fail_over)
		http_add_header(x, "x-should-retry", STR("false"));
	http_reply(x, serve_status(e), TYPE_JSON, buf_str(&body));
	buf_clear(&body);
}

/* ---- endpoints ---- */

static void get_health(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	(void)d;
	(void)path;
	struct buf body;
	buf_init(&body, BODY_BYTES);
	buf_add_char(&body, '{');
	js_member_text(&body, "status", STR("ok"));
	js_member_text(&body, "version", STR(OFFGRID_VERSION));
	js_member_i64(&body, "running", s->metrics.running);
	buf_add_char(&body, '}');
	http_reply(x, 200, TYPE_JSON, buf_str(&body));
	buf_clear(&body);
}

static void get_metrics(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	(void)d;
	(void)path;
	struct buf body;
	buf_init(&body, BODY_BYTES);
	metrics_write(&s->metrics, http_server_connections(s->http), &body);
	http_reply(x, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&body));
	buf_clear(&body);
}

static void get_models(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	(void)path;
	struct buf body;
	buf_init(&body, BODY_BYTES);
	json_t *models = router_models(s->router);
	d->write_models(models, &body);
	json_decref(models);
	http_reply(x, 200, TYPE_JSON, buf_str(&body));
	buf_clear(&body);
}

/* One model: the element of the list, as the dialect writes it. */
static void get_model(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	json_t *models = router_models(s->router), *wanted = NULL;
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

/* Path without its version; a path that ends in '/' stands for all that begin with it. */
static const struct endpoint {
	const char *method, *path;
	const struct dialect *dialect;
	bool is_open; /* without a key */
	void (*handle)(
		struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path);
} endpoints[] = {
	{ "POST", "/chat/completions", &dialect_openai, false, answer_begin },
	{ "GET", "/models", &dialect_openai, false, get_models },
	{ "GET", "/models/", &dialect_openai, false, get_model },
	{ "GET", "/health", &dialect_openai, true, get_health },
	{ "GET", "/metrics", &dialect_openai, false, get_metrics },
};

/* "/v1/v1/models" is "/models". */
static struct str without_version(struct str path)
{
	while (str_starts(path, STR("/v1/")))
		path = str_from(path, 3);
	return path;
}

static const struct endpoint *find_endpoint(
	struct str method, struct str path, struct str *rest, struct err *e)
{
	bool is_other_method = false;
	for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
		const struct endpoint *point = &endpoints[i];
		struct str own = str_z(point->path);
		bool fits = str_ends(own, STR("/")) ? str_starts(path, own) && path.n > own.n
						    : str_eq(path, own);
		if (!fits)
			continue;
		*rest = str_from(path, own.n);
		if (str_eq_z(method, point->method))
			return point;
		is_other_method = true;
	}
	fail(e, ERR_NOT_FOUND, LAYER_CLIENT, "%.*s %.*s is not served here%s",
		STR_ARG(str_sub(method, 0, LIMIT_QUOTE_BYTES)),
		STR_ARG(str_sub(path, 0, LIMIT_QUOTE_BYTES)),
		is_other_method ? ", only with another method" : "");
	err_mend(e, "the API is POST /v1/chat/completions, GET /v1/models, /health, /metrics");
	return NULL;
}

/* ---- who may call ---- */

static bool fail_key(struct serve *s, struct http_exchange *x, struct err *e)
{
	struct str shown = http_request_header(x, "authorization");
	s->metrics.refused_keys++;
	fail(e, ERR_DENIED, LAYER_CLIENT, "%s",
		shown.n ? "the API key is not one of this server's" : "an API key is needed");
	e->code = STATUS_KEY;
	return err_mend(e, "send it as: Authorization: Bearer KEY");
}

static bool has_key(struct serve *s, struct http_exchange *x, struct err *e)
{
	if (!keys_count(s->keys))
		return true;
	struct str shown = http_request_header(x, "authorization"), bearer = STR("Bearer ");
	if (str_eq_nocase(str_sub(shown, 0, bearer.n), bearer))
		shown = str_trim(str_from(shown, bearer.n));
	return keys_fit(s->keys, shown) || fail_key(s, x, e);
}

/* "box.lan:8093" is "box.lan", "[::1]:8093" is "::1". */
static struct str host_name(struct str host)
{
	if (str_starts(host, STR("[")))
		return str_sub(host, 1, str_find_char(host, ']'));
	size_t colon = str_find_char(host, ':');
	return colon == SIZE_MAX ? host : str_sub(host, 0, colon);
}

static bool is_address(struct str host)
{
	for (size_t i = 0; i < host.n; i++)
		if (!strchr("0123456789abcdefABCDEF.:", host.p[i]))
			return false;
	return host.n > 0;
}

/* A name that a page of the web cannot have made point here: a bare address, this machine's own
 * name for itself, or one that was allowed. */
static bool is_own_host(const struct serve *s, struct str host)
{
	if (is_address(host) || str_eq_nocase(host, STR("localhost")) ||
		str_ends(host, STR(".localhost")))
		return true;
	for (size_t i = 0; i < s->host_count; i++)
		if (str_eq_nocase(host, s->hosts[i]))
			return true;
	return false;
}

static bool fail_host(struct str name, const char *header, struct err *e)
{
	fail(e, ERR_DENIED, LAYER_CLIENT,
		"the request's %s is '%.*s', which is not this server's name", header,
		STR_ARG(str_sub(name, 0, LIMIT_QUOTE_BYTES)));
	return err_mend(e, "if it is, start offgrid serve with --host %.*s",
		STR_ARG(str_sub(name, 0, LIMIT_QUOTE_BYTES)));
}

/* Without keys the browser of this machine must not become a way in: a page may send requests here,
 * and may have its own name point here. */
static bool is_no_page(const struct serve *s, struct http_exchange *x, struct err *e)
{
	if (keys_count(s->keys))
		return true;
	struct str host = host_name(http_request_header(x, "host")),
		   origin = http_request_header(x, "origin");
	size_t scheme = str_find(origin, STR("://"));
	struct str from = scheme == SIZE_MAX ? origin : host_name(str_from(origin, scheme + 3));
	if (host.n && !is_own_host(s, host))
		return fail_host(host, "Host", e);
	bool is_loopback_page = str_eq_nocase(from, STR("localhost")) ||
				str_starts(from, STR("127.")) || str_eq_z(from, "::1");
	if (origin.n && !is_loopback_page && !is_own_host(s, from))
		return fail_host(from, "Origin", e);
	return true;
}

static void on_request(void *ctx, struct http_exchange *x)
{
	struct serve *s = ctx;
	const struct http_request *q = http_request_of(x);
	struct err e = { 0 };
	struct str rest = { 0 };
	const struct endpoint *point =
		find_endpoint(q->method, without_version(q->path), &rest, &e);
	bool is_allowed = is_no_page(s, x, &e) && ((point && point->is_open) || has_key(s, x, &e));
	if (point && is_allowed)
		point->handle(s, x, point->dialect, rest);
	else
		serve_reply_error(x, &dialect_openai, &e);
}

static void shape_error(void *ctx, const struct err *e, int status, struct buf *body)
{
	(void)ctx;
	(void)status;
	dialect_openai.write_error(e, body);
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
	struct store *store, struct err *e)
{
	if (!check_reach(o, e))
		return NULL;
	struct serve *s = must_calloc(1, sizeof *s);
	*s = (struct serve){ .loop = loop,
		.router = router,
		.store = store,
		.keys = o->keys,
		.host_count = o->host_count,
		.arena = arena_new(),
		.alive_ms = o->alive_ms ? o->alive_ms : SERVE_ALIVE_MS };
	s->hosts = arena_calloc(s->arena, o->host_count + 1, sizeof *s->hosts);
	for (size_t i = 0; i < o->host_count; i++)
		s->hosts[i] = arena_str(s->arena, o->hosts[i]);
	s->http = http_server_new(loop,
		&(struct http_server_config){ .address = o->address,
			.port = o->port,
			.on_request = on_request,
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

/*
 * http_client.c - calls over curl's multi interface; see http_client.h.
 *
 * Layer: wire. Curl may not be entered from its own callbacks, so whatever a callback of ours asks
 * for there (start, cancel, resume) is noted in the call and done by `soon`, when curl has
 * returned; `depth` says whether it has. A call's end is likewise reported only outside of curl.
 * What a call awaits: its turn, curl's end of it, or a budget's end.
 */
#include "net/http_client.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/loop.h"
#include "base/must.h"
#include "net/http_client_int.h"

enum {
	IDLE_HANDLES = 32,
	KEPT_CONNECTIONS = 64,
	RECEIVE_BYTES = 128 * 1024,
	FIRST_HEADERS = 32,
	US_PER_MS = 1000,
	REFUSED = 0, /* from a callback of curl's: not as many bytes as it gave, so it stops */
};

/* CURLOPT_QUICK_EXIT, of curl 7.87: a cancelled call does not wait for a name server. Older curls
 * refuse it by its number, which does no harm. */
enum { OPTION_QUICK_EXIT = CURLOPTTYPE_LONG + 322 };

struct http_client {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer *timer; /* as curl wants it */
	struct loop_timer *soon;
	int depth;
	struct http_call *first;
	struct buf good_url; /* the last one that was looked at and is one */
	CURL *idle[IDLE_HANDLES];
	size_t idle_count;
};

struct http_call {
	struct http_client *client;
	struct http_call *before, *after;
	struct arena *arena; /* URL, headers both ways */
	CURL *easy;
	struct curl_slist *request_headers;
	struct http_call_spec spec; /* url and headers are the arena's */
	struct buf request_body;
	struct buf body;
	struct http_answer answer;
	struct http_header *headers;
	size_t header_cap, head_bytes;
	struct err err; /* of a callback or a budget */
	struct loop_timer *budget, *total;
	int64_t started_us, last_byte_ms;
	int redirects_left;
	bool is_running; /* curl has it */
	bool is_over, is_cancelled, is_paused, wants_resume;
	bool has_head, has_byte;
	bool skips_body; /* of a redirect that will be followed */
};

/* One socket of curl's. */
struct sock {
	struct http_client *client;
	curl_socket_t fd;
	struct loop_fd *watch;
};

/* ---- life of a call ---- */

static void unlink_call(struct http_call *call)
{
	if (call->before)
		call->before->after = call->after;
	else
		call->client->first = call->after;
	if (call->after)
		call->after->before = call->before;
}

static void give_back_handle(struct http_client *c, CURL *easy)
{
	if (c->idle_count == IDLE_HANDLES) {
		curl_easy_cleanup(easy);
		return;
	}
	curl_easy_reset(easy);
	c->idle[c->idle_count++] = easy;
}

/* Takes it away from curl, which closes its connection if the answer is not whole. */
static void leave_curl(struct http_call *call)
{
	MUST(call->client->depth == 0);
	if (call->is_running)
		curl_multi_remove_handle(call->client->multi, call->easy);
	call->is_running = false;
}

static void call_free(struct http_call *call)
{
	leave_curl(call);
	unlink_call(call);
	give_back_handle(call->client, call->easy);
	curl_slist_free_all(call->request_headers);
	loop_timer_free(call->budget);
	loop_timer_free(call->total);
	buf_clear(&call->request_body);
	buf_clear(&call->body);
	arena_free(call->arena);
	free(call);
}

/* From the loop, outside of curl. */
static void end_call(struct http_call *call, const struct err *e)
{
	leave_curl(call);
	call->is_over = true;
	struct http_answer *a = &call->answer;
	a->total_ms = (clock_us() - call->started_us) / US_PER_MS;
	a->body = buf_str(&call->body);
	a->headers = call->headers;
	call->spec.on_end(call->spec.ctx, a, e);
	call_free(call);
}

static struct http_way way_of(const struct http_call *call)
{
	long code = 0;
	curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &code);
	return (struct http_way){
		.place = http_url_for_people(call->arena, str_z(call->spec.url)).p,
		.connect_ms = call->spec.connect_ms,
		.has_head = call->has_head,
		.body_bytes = call->answer.body_bytes,
		.system_code = (int)code,
	};
}

/* ---- budgets ---- */

static void budget_over(void *ctx)
{
	struct http_call *call = ctx;
	const struct http_call_spec *spec = &call->spec;
	struct err e = { .kind = ERR_NONE };
	struct http_way way = way_of(call);
	int64_t silent_ms = clock_ms() - call->last_byte_ms;
	if (call->is_paused || (call->has_byte && silent_ms < spec->gap_ms)) {
		loop_timer_start(
			call->budget, call->is_paused ? spec->gap_ms : spec->gap_ms - silent_ms);
		return;
	}
	if (call->has_byte)
		fail(&e, ERR_TIMEOUT, LAYER_WIRE,
			"%s went silent for %" PRId64
			" ms in the middle of its answer, after %" PRIu64 " bytes",
			way.place, spec->gap_ms, way.body_bytes);
	else if (call->has_head)
		fail(&e, ERR_TIMEOUT, LAYER_WIRE,
			"%s sent its head but no byte of an answer within %" PRId64 " ms",
			way.place, spec->first_byte_ms);
	else
		fail(&e, ERR_TIMEOUT, LAYER_WIRE, "no answer from %s within %" PRId64 " ms",
			way.place, spec->first_byte_ms);
	end_call(call, &e);
}

static void total_over(void *ctx)
{
	struct http_call *call = ctx;
	struct err e = { .kind = ERR_NONE };
	struct http_way way = way_of(call);
	fail(&e, ERR_TIMEOUT, LAYER_WIRE, "the answer of %s is not whole after %" PRId64 " ms",
		way.place, call->spec.total_ms);
	end_call(call, &e);
}

static void note_byte(struct http_call *call)
{
	call->last_byte_ms = clock_ms();
	if (call->has_byte)
		return;
	call->has_byte = true;
	call->answer.first_byte_ms = (clock_us() - call->started_us) / US_PER_MS;
	if (call->spec.gap_ms)
		loop_timer_start(call->budget, call->spec.gap_ms);
	else
		loop_timer_stop(call->budget);
}

/* ---- what curl tells us ---- */

static bool take_body(struct http_call *call, struct str bytes)
{
	if (call->spec.on_body)
		return call->spec.on_body(call->spec.ctx, bytes, &call->err) ||
		       fail(&call->err, ERR_CANCELLED, LAYER_WIRE, "the answer was refused");
	return buf_add(&call->body, bytes) ||
	       fail(&call->err, ERR_TOO_BIG, LAYER_WIRE, "the answer of %s is over %zu bytes",
		       way_of(call).place, call->body.max);
}

static size_t body_came(char *p, size_t size, size_t count, void *ctx)
{
	struct http_call *call = ctx;
	size_t n = size * count;
	if (call->is_cancelled)
		return REFUSED;
	if (call->is_paused)
		return CURL_WRITEFUNC_PAUSE;
	if (call->skips_body || n == 0)
		return n;
	note_byte(call);
	call->answer.body_bytes += n;
	bool ok = take_body(call, str_n(p, n));
	return ok && !call->is_cancelled ? n : REFUSED;
}

static bool add_header(struct http_call *call, struct str line)
{
	struct http_answer *a = &call->answer;
	struct str value = line, name;
	str_cut(&value, ':', &name);
	call->head_bytes += line.n;
	if (call->head_bytes > LIMIT_HTTP_HEAD_BYTES || a->header_count == LIMIT_HTTP_HEADERS)
		return fail(&call->err, ERR_TOO_BIG, LAYER_WIRE,
			"the head of %s's answer is too large", way_of(call).place);
	if (a->header_count == call->header_cap) {
		size_t cap = call->header_cap ? 2 * call->header_cap : FIRST_HEADERS;
		struct http_header *grown = arena_calloc(call->arena, cap, sizeof *grown);
		if (call->headers)
			memcpy(grown, call->headers, a->header_count * sizeof *grown);
		call->headers = grown;
		call->header_cap = cap;
	}
	call->headers[a->header_count++] =
		(struct http_header){ arena_str(call->arena, str_trim(name)),
			arena_str(call->arena, str_trim(value)) };
	return true;
}

static bool is_redirect(const struct http_call *call)
{
	const struct http_answer *a = &call->answer;
	return http_redirect_is(a->status) && call->redirects_left > 0 && !call->request_body.n &&
	       http_header_find(call->headers, a->header_count, "location").n;
}

static bool head_is_whole(struct http_call *call)
{
	struct http_answer *a = &call->answer;
	long status = 0;
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200)
		return true; /* "100 Continue" and its like: the real one comes */
	curl_off_t connect_us = 0;
	long connects = 0;
	curl_easy_getinfo(call->easy, CURLINFO_APPCONNECT_TIME_T, &connect_us);
	if (connect_us == 0)
		curl_easy_getinfo(call->easy, CURLINFO_CONNECT_TIME_T, &connect_us);
	curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &connects);
	call->has_head = true;
	a->status = (int)status;
	a->connect_ms = connect_us / US_PER_MS;
	a->is_reused = connects == 0;
	a->headers = call->headers;
	a->content_type = http_header_find(call->headers, a->header_count, "content-type");
	call->skips_body = is_redirect(call);
	if (call->skips_body || !call->spec.on_head)
		return true;
	bool ok = call->spec.on_head(call->spec.ctx, a, &call->err) ||
		  fail(&call->err, ERR_CANCELLED, LAYER_WIRE, "the answer was refused");
	return ok && !call->is_cancelled;
}

static size_t header_came(char *p, size_t size, size_t count, void *ctx)
{
	struct http_call *call = ctx;
	struct str line = str_n(p, size * count), text = str_trim(line);
	bool ok = !call->is_cancelled;
	if (call->has_head) {
		/* A trailer: nobody here needs it. */
	} else if (str_starts(text, STR("HTTP/"))) {
		call->answer.header_count = call->head_bytes = 0;
	} else if (text.n == 0) {
		ok = ok && head_is_whole(call);
	} else {
		ok = ok && add_header(call, text);
	}
	return ok ? line.n : 0;
}

/* ---- starting ---- */

static void add_request_header(struct http_call *call, struct str name, struct str value)
{
	/* "Name;" is curl's way to write a header without a value. */
	struct str line =
		value.n ? arena_printf(call->arena, "%.*s: %.*s", STR_ARG(name), STR_ARG(value))
			: arena_printf(call->arena, "%.*s;", STR_ARG(name));
	call->request_headers = curl_slist_append(call->request_headers, line.p);
	MUST(call->request_headers);
}

#define SET(option, value) MUST(curl_easy_setopt(call->easy, option, value) == CURLE_OK)

static void set_request(struct http_call *call)
{
	const struct http_call_spec *spec = &call->spec;
	const char *method = spec->method ? spec->method : call->request_body.n ? "POST" : "GET";
	curl_slist_free_all(call->request_headers);
	call->request_headers = NULL;
	for (size_t i = 0; i < spec->header_count; i++)
		add_request_header(call, spec->headers[i].name, spec->headers[i].value);
	call->request_headers = curl_slist_append(call->request_headers, "Expect:");
	if (call->request_body.n || strcmp(method, "POST") == 0) {
		SET(CURLOPT_POSTFIELDS, buf_z(&call->request_body));
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->request_body.n);
	}
	if (strcmp(method, "HEAD") == 0)
		SET(CURLOPT_NOBODY, 1L);
	else
		SET(CURLOPT_CUSTOMREQUEST, method);
	SET(CURLOPT_HTTPHEADER, call->request_headers);
	SET(CURLOPT_URL, spec->url);
	/* A proxy of the environment is for the world outside, not for this machine. */
	if (http_url_is_loopback(str_z(spec->url)))
		SET(CURLOPT_NOPROXY, "*");
}

static void set_options(struct http_call *call)
{
	SET(CURLOPT_PRIVATE, call);
	SET(CURLOPT_WRITEFUNCTION, body_came);
	SET(CURLOPT_WRITEDATA, call);
	SET(CURLOPT_HEADERFUNCTION, header_came);
	SET(CURLOPT_HEADERDATA, call);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)call->spec.connect_ms);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_TCP_NODELAY, 1L);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_USERAGENT, "offgrid/" OFFGRID_VERSION);
	curl_easy_setopt(call->easy, (CURLoption)OPTION_QUICK_EXIT, 1L);
	set_request(call);
}

static void enter_curl(struct http_call *call)
{
	set_options(call);
	MUST(curl_multi_add_handle(call->client->multi, call->easy) == CURLM_OK);
	call->is_running = true;
}

/* Most calls have the same one as the call before. */
static bool is_http_url(struct http_client *c, const char *url)
{
	if (c->good_url.n && str_eq_z(buf_str(&c->good_url), url))
		return true;
	CURLU *parts = curl_url();
	char *scheme = NULL;
	MUST(parts);
	bool ok = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
		  curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		  (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
	curl_free(scheme);
	curl_url_cleanup(parts);
	if (ok) {
		buf_reset(&c->good_url);
		buf_add_z(&c->good_url, url);
	}
	return ok;
}

static void copy_spec(struct http_call *call, const struct http_call_spec *spec)
{
	struct http_header *headers =
		arena_calloc(call->arena, spec->header_count + 1, sizeof *headers);
	for (size_t i = 0; i < spec->header_count; i++)
		headers[i] = (struct http_header){ arena_str(call->arena, spec->headers[i].name),
			arena_str(call->arena, spec->headers[i].value) };
	call->spec = *spec;
	call->spec.headers = headers;
	call->spec.url = arena_z(call->arena, str_z(spec->url));
	if (spec->method)
		call->spec.method = arena_z(call->arena, str_z(spec->method));
	if (!spec->connect_ms)
		call->spec.connect_ms = HTTP_CONNECT_MS;
	call->redirects_left = spec->max_redirects;
	buf_init(&call->body, spec->max_body_bytes ? spec->max_body_bytes : LIMIT_HTTP_BODY_BYTES);
	buf_init(&call->request_body, spec->body.n);
	buf_add(&call->request_body, spec->body);
	call->answer.url = str_z(call->spec.url);
}

void http_call_cancel(struct http_call *call)
{
	MUST(!call->is_over);
	call->is_cancelled = true;
	if (call->client->depth == 0)
		call_free(call);
	else
		loop_timer_start(call->client->soon, 0);
}

void http_call_pause(struct http_call *call)
{
	call->is_paused = true;
}

void http_call_resume(struct http_call *call)
{
	if (!call->is_paused)
		return;
	call->is_paused = false;
	call->wants_resume = true;
	call->last_byte_ms = clock_ms();
	loop_timer_start(call->client->soon, 0);
}

/* ---- redirects ---- */

static void drop_private_headers(struct http_call *call)
{
	size_t count = call->spec.header_count, n = 0;
	struct http_header *headers = arena_calloc(call->arena, count + 1, sizeof *headers);
	for (size_t i = 0; i < count; i++)
		if (http_redirect_keeps(call->spec.headers[i].name))
			headers[n++] = call->spec.headers[i];
	call->spec.headers = headers;
	call->spec.header_count = n;
}

static bool follow(struct http_call *call, struct err *e)
{
	struct http_answer *a = &call->answer;
	struct str location = http_header_find(call->headers, a->header_count, "location");
	bool is_same_origin = false;
	const char *to = http_redirect(call->arena, call->spec.url, location, &is_same_origin, e);
	if (!to)
		return false;
	if (!is_same_origin)
		drop_private_headers(call);
	leave_curl(call);
	curl_easy_reset(call->easy);
	call->spec.url = to;
	*a = (struct http_answer){ .url = str_z(to) };
	call->redirects_left--;
	call->has_head = call->skips_body = false;
	call->head_bytes = 0;
	enter_curl(call);
	return true;
}

/* ---- curl and the loop ---- */

static void finished(struct http_call *call, CURLcode code)
{
	struct err e = { .kind = ERR_NONE };
	if (call->is_cancelled) {
		call_free(call);
		return;
	}
	if (code == CURLE_OK && call->skips_body && follow(call, &e))
		return;
	if (err_is_set(&call->err))
		e = call->err;
	else if (code != CURLE_OK) {
		struct http_way way = way_of(call);
		http_fault((int)code, &way, &e);
	}
	end_call(call, err_is_set(&e) ? &e : NULL);
}

static void take_finished(struct http_client *c)
{
	CURLMsg *message;
	int left;
	while ((message = curl_multi_info_read(c->multi, &left))) {
		char *call = NULL;
		CURLcode code = message->data.result;
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		finished((struct http_call *)(void *)call, code);
	}
}

static void act(struct http_client *c, curl_socket_t fd, int ready)
{
	int running;
	c->depth++;
	curl_multi_socket_action(c->multi, fd, ready, &running);
	c->depth--;
	take_finished(c);
}

static void socket_ready(void *ctx, int ready)
{
	const struct sock *s = ctx;
	act(s->client, s->fd,
		(ready & LOOP_READ ? CURL_CSELECT_IN : 0) |
			(ready & LOOP_WRITE ? CURL_CSELECT_OUT : 0));
}

static void timer_fired(void *ctx)
{
	act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *known)
{
	(void)easy;
	struct http_client *c = ctx;
	struct sock *s = known;
	if (what == CURL_POLL_REMOVE) {
		if (s)
			loop_fd_free(s->watch);
		free(s);
		curl_multi_assign(c->multi, fd, NULL);
		return 0;
	}
	if (!s) {
		s = must_calloc(1, sizeof *s);
		*s = (struct sock){ .client = c, .fd = fd };
		s->watch = loop_fd_new(c->loop, fd, socket_ready, s);
		curl_multi_assign(c->multi, fd, s);
	}
	loop_fd_want(s->watch,
		(what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0));
	return 0;
}

static int set_timer(CURLM *multi, long ms, void *ctx)
{
	(void)multi;
	struct http_client *c = ctx;
	if (ms < 0)
		loop_timer_stop(c->timer);
	else
		loop_timer_start(c->timer, ms);
	return 0;
}

static void do_what_was_asked(struct http_call *call)
{
	if (call->is_cancelled) {
		call_free(call);
	} else if (!call->is_running) {
		enter_curl(call);
	} else if (call->wants_resume) {
		call->wants_resume = false;
		call->client->depth++;
		curl_easy_pause(call->easy, CURLPAUSE_CONT);
		call->client->depth--;
	}
}

static void soon(void *ctx)
{
	struct http_client *c = ctx;
	for (struct http_call *call = c->first, *next; call; call = next) {
		next = call->after;
		do_what_was_asked(call);
	}
	take_finished(c);
}

/* On the first call: curl is opened late, because most runs never ask a server. */
static bool open_multi(struct http_client *c, struct err *e)
{
	if (c->multi)
		return true;
	if (!http_open_curl(e))
		return false;
	MUST(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	c->multi = curl_multi_init();
	MUST(c->multi);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
	return true;
}

struct http_call *http_call_start(
	struct http_client *c, const struct http_call_spec *spec, struct err *e)
{
	if (!open_multi(c, e))
		return NULL;
	if (!is_http_url(c, spec->url)) {
		struct arena *a = arena_new();
		fail(e, ERR_USAGE, LAYER_WIRE, "\"%s\" is not an http or https address",
			http_url_for_people(a, str_z(spec->url)).p);
		arena_free(a);
		return NULL;
	}
	struct http_call *call = must_calloc(1, sizeof *call);
	call->client = c;
	call->arena = arena_new();
	copy_spec(call, spec);
	call->easy = c->idle_count ? c->idle[--c->idle_count] : curl_easy_init();
	MUST(call->easy);
	call->started_us = clock_us();
	call->budget = loop_timer_new(c->loop, budget_over, call);
	if (spec->first_byte_ms)
		loop_timer_start(call->budget, spec->first_byte_ms);
	if (spec->total_ms) {
		call->total = loop_timer_new(c->loop, total_over, call);
		loop_timer_start(call->total, spec->total_ms);
	}
	call->after = c->first;
	if (c->first)
		c->first->before = call;
	c->first = call;
	if (c->depth == 0)
		enter_curl(call);
	else
		loop_timer_start(c->soon, 0);
	return call;
}

struct http_client *http_client_new(struct loop *l)
{
	struct http_client *c = must_calloc(1, sizeof *c);
	c->loop = l;
	buf_init(&c->good_url, LIMIT_HTTP_HEAD_BYTES);
	c->timer = loop_timer_new(l, timer_fired, c);
	c->soon = loop_timer_new(l, soon, c);
	return c;
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	for (struct http_call *call = c->first, *next; call; call = next) {
		next = call->after;
		call_free(call);
	}
	while (c->idle_count)
		curl_easy_cleanup(c->idle[--c->idle_count]);
	if (c->multi)
		curl_multi_cleanup(c->multi);
	buf_clear(&c->good_url);
	loop_timer_free(c->timer);
	loop_timer_free(c->soon);
	free(c);
}

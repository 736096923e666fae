#include "../unit.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/loop.h"
#include "net/http_client.h"
#include "net/sse.h"
#include "peer.h"

/* A budget that is meant to pass, and one that is not. */
enum { SHORT_MS = 50, PATIENCE_GROWS = 4, MOST_PATIENCE_MS = 10000, LONG_MS = 20000 };

static struct loop *loop;
static struct http_client *client;
static struct peer_server *peer;

/* What came of one call. */
struct outcome {
	struct http_call *call;
	int ends, status;
	struct err err;
	struct buf body, types;
	bool is_reused;
	size_t pieces;
	void (*on_piece)(struct outcome *o);
};

static int set_up(void **state)
{
	(void)state;
	loop = loop_new();
	client = http_client_new(loop);
	peer = NULL;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	http_client_free(client);
	peer_server_free(peer);
	loop_free(loop);
	return 0;
}

static void outcome_clear(struct outcome *o)
{
	buf_clear(&o->body);
	buf_clear(&o->types);
}

static void on_end(void *ctx, const struct http_answer *a, const struct err *e)
{
	struct outcome *o = ctx;
	o->ends++;
	o->call = NULL;
	o->status = a->status;
	o->is_reused = a->is_reused;
	buf_add(&o->body, a->body);
	buf_add(&o->types, a->content_type);
	if (e)
		o->err = *e;
	loop_stop(loop);
}

static bool on_body(void *ctx, struct str bytes, struct err *e)
{
	(void)e;
	struct outcome *o = ctx;
	o->pieces++;
	buf_add(&o->body, bytes);
	if (o->on_piece)
		o->on_piece(o);
	return true;
}

static struct http_call_spec spec_of(const char *path, struct outcome *o)
{
	static char url[200];
	*o = (struct outcome){ .ends = 0 };
	buf_init(&o->body, 64 * MIB);
	buf_init(&o->types, MIB);
	snprintf(url, sizeof url, "http://127.0.0.1:%d%s", peer ? peer_server_port(peer) : 1, path);
	return (struct http_call_spec){ .url = url,
		.connect_ms = LONG_MS,
		.first_byte_ms = LONG_MS,
		.gap_ms = LONG_MS,
		.on_end = on_end,
		.ctx = o };
}

static void run(const struct http_call_spec *spec)
{
	struct err e = { 0 };
	struct outcome *o = spec->ctx;
	o->call = http_call_start(client, spec, &e);
	assert_string_equal(e.what, "");
	assert_non_null(o->call);
	assert_int_equal(o->ends, 0);
	loop_run(loop);
	assert_int_equal(o->ends, 1);
}

#define OK_HEAD  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
#define SSE_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
#define SERVE(...)                                                                                 \
	const struct peer_row rows[] = { __VA_ARGS__ };                                            \
	peer = peer_server_new(rows, sizeof rows / sizeof *rows)

static void an_answer_is_collected(void **state)
{
	(void)state;
	SERVE({ STR(OK_HEAD "Content-Length: 5\r\n\r\nhello"), PEER_CLOSE, false });
	struct outcome o;
	struct http_call_spec spec = spec_of("/a?b", &o);
	const struct http_header headers[] = { { STR("X-Key"), STR("secret") },
		{ STR("Content-Type"), STR("application/json") }, { STR("X-Empty"), STR("") } };
	spec.headers = headers;
	spec.header_count = 3;
	spec.body = STR("{}");
	run(&spec);
	assert_string_equal(o.err.what, "");
	assert_int_equal(o.status, 200);
	assert_str(buf_str(&o.body), "hello");
	assert_str(buf_str(&o.types), "text/plain");
	struct str request = peer_server_requests(peer);
	assert_true(str_starts(request, STR("POST /a?b HTTP/1.1\r\n")));
	assert_true(str_find(request, STR("\r\nX-Key: secret\r\n")) != SIZE_MAX);
	assert_true(str_find(request, STR("\r\nX-Empty:\r\n")) != SIZE_MAX);
	assert_true(str_find(request, STR("\r\nUser-Agent: offgrid/")) != SIZE_MAX);
	assert_true(str_ends(request, STR("\r\n\r\n{}")));
	outcome_clear(&o);
}

static void connections_are_used_again(void **state)
{
	(void)state;
	SERVE({ STR(OK_HEAD "Content-Length: 1\r\n\r\na"), PEER_KEEP, false },
		{ STR(OK_HEAD "Content-Length: 1\r\n\r\nb"), PEER_KEEP, false },
		{ STR(OK_HEAD "Content-Length: 1\r\n\r\nc"), PEER_CLOSE, false });
	for (int i = 0; i < 3; i++) {
		struct outcome o;
		struct http_call_spec spec = spec_of("/", &o);
		run(&spec);
		assert_string_equal(o.err.what, "");
		assert_int_equal(o.body.p[0], 'a' + i);
		assert_int_equal(o.is_reused, i > 0);
		outcome_clear(&o);
	}
}

static void fails(const struct http_call_spec *spec, enum err_kind kind, const char *words)
{
	struct outcome *o = spec->ctx;
	run(spec);
	assert_err(o->err, kind, LAYER_WIRE);
	if (!strstr(o->err.what, words))
		print_error("\"%s\" does not say \"%s\"\n", o->err.what, words);
	assert_non_null(strstr(o->err.what, words));
	assert_null(strstr(o->err.what, "secret"));
	outcome_clear(o);
}

static void a_refusal_is_unreachable(void **state)
{
	(void)state;
	struct outcome o;
	struct http_call_spec spec = spec_of("/x?key=secret", &o);
	fails(&spec, ERR_UNREACHABLE, "cannot connect to http://127.0.0.1:1/x: Connection refused");
	assert_true(o.err.mend[0] != 0);
}

static void a_name_nobody_knows_is_unreachable(void **state)
{
	(void)state;
	struct outcome o;
	struct http_call_spec spec = spec_of("/", &o);
	spec.url = "http://me:secret@no-such-host.invalid/v1";
	fails(&spec, ERR_UNREACHABLE, "http://no-such-host.invalid/v1");
}

/* A server that says this and then nothing more, asked with growing patience until it had the time
 * to say it: how busy the machine is must not matter. */
static void falls_silent(struct str said, bool is_gap, const char *words)
{
	const struct peer_row row = { said, PEER_STALL, false };
	for (int64_t patience = SHORT_MS;; patience *= PATIENCE_GROWS) {
		struct outcome o;
		peer_server_free(peer);
		peer = peer_server_new(&row, 1);
		struct http_call_spec spec = spec_of("/", &o);
		*(is_gap ? &spec.gap_ms : &spec.first_byte_ms) = patience;
		run(&spec);
		assert_err(o.err, ERR_TIMEOUT, LAYER_WIRE);
		bool is_told = strstr(o.err.what, words) != NULL;
		outcome_clear(&o);
		if (is_told)
			return;
		assert_true(patience < MOST_PATIENCE_MS);
	}
}

static void silence_before_the_head_is_told_from_silence_after_it(void **state)
{
	(void)state;
	falls_silent(STR(""), false, "no answer from http://127.0.0.1");
	falls_silent(STR(SSE_HEAD "\r\n"), false, "sent its head but no byte of an answer within ");
	falls_silent(STR(SSE_HEAD "\r\ndata: 1\n\n"), true,
		" ms in the middle of its answer, after 9 bytes");
}

static void the_whole_may_be_bounded_too(void **state)
{
	(void)state;
	SERVE({ STR(SSE_HEAD "\r\ndata: 1\n\n"), PEER_STALL, false });
	struct outcome o;
	struct http_call_spec spec = spec_of("/", &o);
	spec.total_ms = SHORT_MS;
	fails(&spec, ERR_TIMEOUT, "is not whole after 50 ms");
}

static void a_hang_up_is_told_from_a_cut(void **state)
{
	(void)state;
	SERVE({ STR(""), PEER_CLOSE, false }, { STR(""), PEER_RESET, false },
		{ STR(OK_HEAD "Content-Length: 100\r\n\r\nhalf"), PEER_CLOSE, false },
		{ STR(SSE_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), PEER_CLOSE,
			false },
		{ STR(SSE_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n"),
			PEER_STALL, false });
	struct outcome o;
	static const struct {
		enum err_kind kind;
		const char *words;
	} expected[] = { { ERR_UNREACHABLE, "hung up without an answer" },
		{ ERR_UNREACHABLE, "hung up without an answer" },
		{ ERR_CUT, "broke off after 4 bytes" }, { ERR_CUT, "broke off after 5 bytes" },
		{ ERR_CUT, "broke off after 5 bytes" } };
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		struct http_call_spec spec = spec_of("/", &o);
		fails(&spec, expected[i].kind, expected[i].words);
	}
}

static void a_reset_in_the_middle_is_a_cut(void **state)
{
	(void)state;
	SERVE({ STR(SSE_HEAD "\r\ndata: 1\n\n"), PEER_RESET, false });
	struct outcome o;
	struct http_call_spec spec = spec_of("/", &o);
	spec.on_body = on_body;
	run(&spec);
	/* The reset may overtake the bytes. */
	assert_true(o.err.kind == ERR_CUT || o.err.kind == ERR_UNREACHABLE);
	outcome_clear(&o);
}

static void what_does_not_speak_http_is_told(void **state)
{
	(void)state;
	SERVE({ STR("SSH-2.0-OpenSSH_9.2\r\n"), PEER_CLOSE, true });
	struct outcome o;
	struct http_call_spec spec = spec_of("/", &o);
	fails(&spec, ERR_BAD_DATA, "does not speak HTTP");
}

static void an_answer_over_the_limit_is_refused(void **state)
{
	(void)state;
	SERVE({ STR(OK_HEAD "Content-Length: 5\r\n\r\nhello"), PEER_CLOSE, false });
	struct outcome o;
	struct http_call_spec spec = spec_of("/", &o);
	spec.max_body_bytes = 4;
	fails(&spec, ERR_TOO_BIG, "is over 4 bytes");
}

static bool refuse_head(void *ctx, const struct http_answer *a, struct err *e)
{
	(void)ctx;
	return http_check_type(a, "text/event-stream", e);
}

static void a_web_page_is_no_stream(void **state)
{
	(void)state;
	SERVE({ STR("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
		    "Content-Length: 6\r\n\r\n<html>"),
		PEER_CLOSE, false });
	struct outcome o;
	struct http_call_spec spec = spec_of("/v1", &o);
	spec.on_head = refuse_head;
	fails(&spec, ERR_BAD_DATA, "answers with a web page instead of text/event-stream");
	assert_non_null(strstr(o.err.mend, "/v1"));
}

static bool on_event(void *ctx, const struct sse_event *event, struct err *e)
{
	(void)e;
	return buf_add(ctx, event->data) && buf_add_char(ctx, ';');
}

struct reading {
	struct outcome o;
	struct sse_reader sse;
	struct buf events;
};

static bool feed_events(void *ctx, struct str bytes, struct err *e)
{
	struct reading *r = ctx;
	return sse_feed(&r->sse, bytes, e);
}

static void end_events(void *ctx, const struct http_answer *a, const struct err *e)
{
	struct reading *r = ctx;
	struct err own = { 0 };
	if (!e && !sse_end(&r->sse, &own))
		e = &own;
	on_end(&r->o, a, e);
}

static void half_an_event_is_a_cut(void **state)
{
	(void)state;
	SERVE({ STR(SSE_HEAD "\r\ndata: one\n\ndata: tw"), PEER_CLOSE, false });
	struct reading r;
	struct http_call_spec spec = spec_of("/", &r.o);
	buf_init(&r.events, MIB);
	sse_init(&r.sse, on_event, &r.events);
	spec.on_body = feed_events;
	spec.on_end = end_events;
	spec.ctx = &r;
	run(&spec);
	assert_err(r.o.err, ERR_CUT, LAYER_WIRE);
	assert_str(buf_str(&r.events), "one;");
	sse_clear(&r.sse);
	buf_clear(&r.events);
	outcome_clear(&r.o);
}

/* ---- cancelling, pausing, starting from within ---- */

static void cancel_here(struct outcome *o)
{
	http_call_cancel(o->call);
	o->call = NULL;
	loop_stop(loop);
}

static void a_cancelled_call_ends_on_the_wire_and_says_no_more(void **state)
{
	(void)state;
	SERVE({ STR(SSE_HEAD "\r\ndata: 1\n\n"), PEER_STALL, false });
	struct outcome o;
	struct err e = { 0 };
	struct http_call_spec spec = spec_of("/", &o);
	spec.on_body = on_body;
	o.on_piece = cancel_here;
	o.call = http_call_start(client, &spec, &e);
	loop_run(loop);
	/* The loop still has to take it out of curl, which was in the middle of it. */
	struct loop_timer *later = loop_timer_new(loop, (void (*)(void *))loop_stop, loop);
	loop_timer_start(later, 20);
	loop_run(loop);
	loop_timer_free(later);
	assert_int_equal(o.ends, 0);
	assert_int_equal(o.pieces, 1);
	peer_server_requests(peer); /* returns because the stalling server saw us leave */
	outcome_clear(&o);
}

static void a_call_can_be_cancelled_before_anything_happened(void **state)
{
	(void)state;
	SERVE({ STR(""), PEER_STALL, false });
	struct outcome o;
	struct err e = { 0 };
	struct http_call_spec spec = spec_of("/", &o);
	o.call = http_call_start(client, &spec, &e);
	http_call_cancel(o.call);
	assert_int_equal(o.ends, 0);
	outcome_clear(&o);
}

static struct loop_timer *resume_timer;
static size_t bytes_when_paused;

static void resume(void *ctx)
{
	struct outcome *o = ctx;
	assert_int_equal(o->body.n, bytes_when_paused);
	o->on_piece = NULL;
	http_call_resume(o->call);
}

static void pause_here(struct outcome *o)
{
	bytes_when_paused = o->body.n;
	http_call_pause(o->call);
	loop_timer_start(resume_timer, 2 * SHORT_MS);
}

static void a_paused_call_reads_nothing_and_its_gap_does_not_count(void **state)
{
	(void)state;
	enum { BIG = 4 * 1024 * 1024 };
	static char reply[BIG + 200];
	int head = snprintf(reply, sizeof reply, OK_HEAD "Content-Length: %d\r\n\r\n", BIG);
	memset(reply + head, 'x', BIG);
	const struct peer_row row = { str_n(reply, (size_t)head + BIG), PEER_CLOSE, false };
	peer = peer_server_new(&row, 1);
	struct outcome o;
	struct http_call_spec spec = spec_of("/", &o);
	resume_timer = loop_timer_new(loop, resume, &o);
	spec.on_body = on_body;
	spec.gap_ms = SHORT_MS;
	o.on_piece = pause_here;
	run(&spec);
	assert_string_equal(o.err.what, "");
	assert_int_equal(o.body.n, BIG);
	loop_timer_free(resume_timer);
	outcome_clear(&o);
}

static struct outcome second;
static struct http_call_spec second_spec;

static void start_second(struct outcome *o)
{
	struct err e = { 0 };
	o->on_piece = NULL;
	second.call = http_call_start(client, &second_spec, &e);
	assert_non_null(second.call);
}

static void a_call_may_start_another(void **state)
{
	(void)state;
	SERVE({ STR(OK_HEAD "\r\nfirst"), PEER_CLOSE, false },
		{ STR(OK_HEAD "\r\nsecond"), PEER_CLOSE, false });
	struct outcome o;
	second_spec = spec_of("/two", &second);
	struct http_call_spec spec = spec_of("/one", &o);
	spec.on_body = on_body;
	o.on_piece = start_second;
	run(&spec);
	if (!second.ends)
		loop_run(loop);
	assert_int_equal(second.ends, 1);
	assert_str(buf_str(&second.body), "second");
	outcome_clear(&o);
	outcome_clear(&second);
}

/* ---- redirects, proxies, addresses ---- */

static void a_redirect_is_followed_only_where_asked(void **state)
{
	(void)state;
	SERVE({ STR("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 4\r\n\r\ngone"),
		      PEER_KEEP, false },
		{ STR("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 4\r\n\r\ngone"),
			PEER_KEEP, false },
		{ STR(OK_HEAD "Content-Length: 4\r\n\r\nhere"), PEER_CLOSE, false });
	struct outcome o;
	struct http_call_spec spec = spec_of("/a", &o);
	run(&spec);
	assert_int_equal(o.status, 302);
	outcome_clear(&o);
	spec = spec_of("/a", &o);
	spec.max_redirects = 1;
	const struct http_header key = { STR("Authorization"), STR("kept") };
	spec.headers = &key;
	spec.header_count = 1;
	run(&spec);
	assert_int_equal(o.status, 200);
	assert_str(buf_str(&o.body), "here");
	outcome_clear(&o);
	struct str requests = peer_server_requests(peer);
	size_t last = str_find_last(requests, STR("GET /b"));
	assert_true(last != SIZE_MAX);
	assert_true(str_find(str_from(requests, last), STR("Authorization: kept")) != SIZE_MAX);
}

static void keys_do_not_follow_a_redirect_to_another_server(void **state)
{
	(void)state;
	const struct peer_row there_rows[] = { { STR(OK_HEAD "\r\nyes"), PEER_CLOSE, false } };
	struct peer_server *there = peer_server_new(there_rows, 1);
	char reply[200];
	int n = snprintf(reply, sizeof reply,
		"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:%d/x\r\n"
		"Content-Length: 0\r\n\r\n",
		peer_server_port(there));
	const struct peer_row row = { str_n(reply, (size_t)n), PEER_CLOSE, false };
	peer = peer_server_new(&row, 1);
	struct outcome o;
	struct http_call_spec spec = spec_of("/a", &o);
	const struct http_header headers[] = { { STR("Authorization"), STR("secret") },
		{ STR("Range"), STR("bytes=5-") } };
	spec.headers = headers;
	spec.header_count = 2;
	spec.max_redirects = 3;
	run(&spec);
	assert_str(buf_str(&o.body), "yes");
	struct str request = peer_server_requests(there);
	assert_true(str_find(request, STR("Range: bytes=5-")) != SIZE_MAX);
	assert_true(str_find(request, STR("secret")) == SIZE_MAX);
	peer_server_free(there);
	outcome_clear(&o);
}

static void a_redirect_to_something_weaker_is_refused(void **state)
{
	(void)state;
	SERVE({ STR("HTTP/1.1 302 Found\r\nLocation: ftp://h/x\r\nContent-Length: 0\r\n\r\n"),
		      PEER_KEEP, false },
		{ STR("HTTP/1.1 302 Found\r\nLocation: http://example.org/x?secret\r\n"
		      "Content-Length: 0\r\n\r\n"),
			PEER_CLOSE, false });
	struct outcome o;
	for (int i = 0; i < 2; i++) {
		struct http_call_spec spec = spec_of("/", &o);
		spec.max_redirects = 1;
		fails(&spec, ERR_DENIED, "which is less safe");
	}
}

static void a_proxy_of_the_environment_is_not_for_this_machine(void **state)
{
	(void)state;
	SERVE({ STR(OK_HEAD "\r\ndirect"), PEER_CLOSE, false });
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	struct outcome o;
	struct http_call_spec spec = spec_of("/", &o);
	run(&spec);
	unsetenv("http_proxy");
	assert_str(buf_str(&o.body), "direct");
	outcome_clear(&o);
}

static void a_proxy_of_the_environment_is_for_the_others(void **state)
{
	(void)state;
	SERVE({ STR(OK_HEAD "\r\nby proxy"), PEER_CLOSE, false });
	char proxy[100];
	snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", peer_server_port(peer));
	setenv("http_proxy", proxy, 1);
	struct outcome o;
	struct http_call_spec spec = spec_of("/", &o);
	spec.url = "http://far.invalid/x";
	run(&spec);
	unsetenv("http_proxy");
	assert_str(buf_str(&o.body), "by proxy");
	assert_true(
		str_starts(peer_server_requests(peer), STR("GET http://far.invalid/x HTTP/1.1")));
	outcome_clear(&o);
}

static void what_is_no_address_is_refused_at_once(void **state)
{
	(void)state;
	static const char *const urls[] = { "", "nonsense://x", "file:///etc/passwd", "http://" };
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		struct outcome o;
		struct err e = { 0 };
		struct http_call_spec spec = spec_of("/", &o);
		spec.url = urls[i];
		assert_null(http_call_start(client, &spec, &e));
		assert_err(e, ERR_USAGE, LAYER_WIRE);
		outcome_clear(&o);
	}
}

/* ---- statuses ---- */

static void statuses_become_errors_with_the_servers_words(void **state)
{
	(void)state;
	static const struct {
		int status;
		enum err_kind kind;
		const char *type, *body, *what;
	} cases[] = {
		{ 401, ERR_DENIED, "application/json",
			"{\"error\":{\"message\":\"Incorrect API key: sk-abcDEF0123456789xyz\"}}",
			"http://h/v1 does not accept the key (401): Incorrect API key: [...]" },
		{ 404, ERR_NOT_FOUND, "application/json", "{\"detail\":\"no\\nmodel\"}",
			"http://h/v1 does not know this (404): no model" },
		{ 429, ERR_BUSY, "text/plain", "",
			"http://h/v1 limits how often it is asked (429)" },
		{ 418, ERR_USAGE, "text/plain", "teapot",
			"http://h/v1 does not understand the request (418): teapot" },
		{ 502, ERR_UPSTREAM, "text/html", "<html><body>Bad Gateway",
			"http://h/v1 has a fault of its own (502)" },
		{ 529, ERR_BUSY, "application/json", "{\"error\":\"overloaded\"}",
			"http://h/v1 is overloaded (529): overloaded" },
		{ 999, ERR_BAD_DATA, "", "{", "http://h/v1 answers oddly (999): {" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err e = { 0 };
		struct http_answer a = { .status = cases[i].status,
			.content_type = str_z(cases[i].type),
			.body = str_z(cases[i].body),
			.url = STR("http://h/v1?key=secret") };
		assert_false(http_check_status(&a, &e));
		assert_err(e, cases[i].kind, LAYER_WIRE);
		assert_int_equal(e.code, cases[i].status);
		assert_string_equal(e.what, cases[i].what);
	}
	struct http_answer fine = { .status = 204 };
	assert_true(http_check_status(&fine, NULL));
}

static void retry_after_is_read(void **state)
{
	(void)state;
	struct http_header h = { STR("Retry-After"), STR("3") };
	struct http_answer a = { .headers = &h, .header_count = 1 };
	assert_int_equal(http_retry_after_ms(&a), 3000);
	h.value = STR("Wed, 21 Oct 2026 07:28:00 GMT");
	assert_int_equal(http_retry_after_ms(&a), -1);
	a.header_count = 0;
	assert_int_equal(http_retry_after_ms(&a), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_is_collected),
		TEST(connections_are_used_again),
		TEST(a_refusal_is_unreachable),
		TEST(a_name_nobody_knows_is_unreachable),
		TEST(silence_before_the_head_is_told_from_silence_after_it),
		TEST(the_whole_may_be_bounded_too),
		TEST(a_hang_up_is_told_from_a_cut),
		TEST(a_reset_in_the_middle_is_a_cut),
		TEST(what_does_not_speak_http_is_told),
		TEST(an_answer_over_the_limit_is_refused),
		TEST(a_web_page_is_no_stream),
		TEST(half_an_event_is_a_cut),
		TEST(a_cancelled_call_ends_on_the_wire_and_says_no_more),
		TEST(a_call_can_be_cancelled_before_anything_happened),
		TEST(a_paused_call_reads_nothing_and_its_gap_does_not_count),
		TEST(a_call_may_start_another),
		TEST(a_redirect_is_followed_only_where_asked),
		TEST(keys_do_not_follow_a_redirect_to_another_server),
		TEST(a_redirect_to_something_weaker_is_refused),
		TEST(a_proxy_of_the_environment_is_not_for_this_machine),
		TEST(a_proxy_of_the_environment_is_for_the_others),
		TEST(what_is_no_address_is_refused_at_once),
		TEST(statuses_become_errors_with_the_servers_words),
		TEST(retry_after_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

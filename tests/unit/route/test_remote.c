#include "../unit.h"

#include "../cuts.h"
#include "../net/peer.h"
#include "../record.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/loop.h"
#include "base/must.h"
#include "net/sse.h"
#include "route/remote.h"

/* The upstream is a raw socket that does what each test tells it; the loop runs in the test. */

enum { PATIENCE_GROWS = 4, SHORT_MS = 60, PATIENT_MS = 20000 };

#define KEY "sk-very-secret-key"

struct fixture {
	struct loop *loop;
	struct http_client *client;
	struct peer_server *peer;
	struct backend *backend;
	struct arena *arena;
	struct chat_request *request;
	struct trace *trace;
	struct record record;
	struct backend_call *call;
	struct err e;
	bool ends_at_first; /* the sink ends the call at the first event */
	int64_t patience_ms;
};

static int set_up(void **state)
{
	struct fixture *f = must_calloc(1, sizeof *f);
	f->loop = loop_new();
	f->client = http_client_new(f->loop);
	f->arena = arena_new();
	f->trace = trace_new();
	f->request = chat_request_new(f->arena);
	f->request->model = STR("m");
	f->patience_ms = PATIENT_MS;
	chat_add_text(f->request, CHAT_USER, STR("hello"));
	record_init(&f->record);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	if (f->backend)
		f->backend->ops->free(f->backend);
	peer_server_free(f->peer);
	http_client_free(f->client);
	record_clear(&f->record);
	trace_free(f->trace);
	chat_request_free(f->request);
	arena_free(f->arena);
	loop_free(f->loop);
	free(f);
	return 0;
}

static void open_at(struct fixture *f, int port)
{
	const struct str models[] = { STR("m") };
	struct remote_options o = {
		.base_url = arena_printf(f->arena, "http://127.0.0.1:%d/v1/", port).p,
		.dialect = &dialect_openai,
		.key_env = "OFFGRID_TEST_KEY",
		.models = models,
		.model_count = 1,
		.connect_ms = PATIENT_MS,
		.first_byte_ms = f->patience_ms,
		.gap_ms = f->patience_ms,
	};
	assert_int_equal(setenv("OFFGRID_TEST_KEY", KEY, 1), 0);
	f->backend = remote_new(f->loop, f->client, &o, &f->e);
	assert_int_equal(unsetenv("OFFGRID_TEST_KEY"), 0);
	assert_non_null(f->backend);
}

static void open_with(struct fixture *f, const struct peer_row *rows, size_t count)
{
	f->peer = peer_server_new(rows, count);
	open_at(f, peer_server_port(f->peer));
}

static void take(void *owner, const struct chat_event *event)
{
	struct fixture *f = owner;
	record_take(&f->record, event);
	bool is_last = event->type == CHAT_STOP || event->type == CHAT_FAIL;
	if (!is_last && !f->ends_at_first)
		return;
	f->backend->ops->end(f->call);
	f->call = NULL;
	loop_stop(f->loop);
}

/* One answer, to its end, as text. */
static const char *ask(struct fixture *f)
{
	record_clear(&f->record);
	record_init(&f->record);
	f->call = f->backend->ops->start(
		f->backend, f->request, f->trace, (struct chat_sink){ take, f }, &f->e);
	assert_non_null(f->call);
	assert_int_equal(f->record.events, 0);
	loop_run(f->loop);
	assert_false(f->record.is_wrong);
	return buf_z(&f->record.text);
}

static bool trace_says(const struct trace *t, const char *words)
{
	for (size_t i = 0; i < trace_count(t); i++)
		if (str_find(trace_get(t, i)->text, str_z(words)) != SIZE_MAX)
			return true;
	return false;
}

#define STREAM                                                                                     \
	"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
#define STREAM_OPEN "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
#define HELLO       "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\n"
#define FINISH      "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define DONE        "data: [DONE]\n\n"

/* An answer with this head and body, the connection closed behind it. */
#define REPLY(text)                                                                                \
	{                                                                                          \
		.reply = { text, sizeof(text) - 1 }, .then = PEER_CLOSE                            \
	}

static void expect(struct fixture *f, const struct peer_row row, const char *events)
{
	open_with(f, &row, 1);
	assert_string_equal(ask(f), events);
	f->backend->ops->free(f->backend);
	f->backend = NULL;
	peer_server_free(f->peer);
	f->peer = NULL;
}

static void a_stream_is_told_as_it_comes(void **state)
{
	struct fixture *f = *state;
	const struct peer_row row = REPLY(STREAM_OPEN HELLO ": a comment\r\n\r\n" FINISH DONE);
	open_with(f, &row, 1);
	assert_string_equal(ask(f), "text Hello\nstop end");
	struct str asked = peer_server_requests(f->peer);
	assert_true(str_starts(asked, STR("POST /v1/chat/completions HTTP/1.1\r\n")));
	assert_true(str_find(asked, STR("Authorization: Bearer " KEY "\r\n")) != SIZE_MAX);
	assert_true(str_find(asked,
			    STR("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
				"\"hello\"}],"
				"\"stream\":true,\"stream_options\":{\"include_usage\":true}}")) !=
		    SIZE_MAX);
	assert_true(trace_says(f->trace, "HTTP 200, text/event-stream"));
	assert_true(trace_says(f->trace, HELLO));
	assert_false(trace_says(f->trace, KEY));
}

static void a_connection_is_used_again(void **state)
{
	struct fixture *f = *state;
	struct buf reply;
	buf_init(&reply, MIB);
	buf_add_z(&reply, STREAM);
	struct str body = STR(HELLO FINISH DONE);
	buf_printf(&reply, "%zx\r\n%.*s\r\n0\r\n\r\n", body.n, STR_ARG(body));
	const struct peer_row twice[] = {
		{ .reply = buf_str(&reply), .then = PEER_KEEP },
		{ .reply = buf_str(&reply), .then = PEER_CLOSE },
	};
	open_with(f, twice, 2);
	assert_string_equal(ask(f), "text Hello\nstop end");
	assert_string_equal(ask(f), "text Hello\nstop end");
	assert_true(trace_says(f->trace, "connection reused"));
	peer_server_free(f->peer); /* its thread may still look at the reply */
	f->peer = NULL;
	buf_clear(&reply);
}

static void a_whole_document_is_told_too(void **state)
{
	struct fixture *f = *state;
	expect(f,
		(struct peer_row)REPLY("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
				       "{\"choices\":[{\"message\":{\"content\":\"Hi\"},\"finish_"
				       "reason\":\"stop\"}]}"),
		"text Hi\nstop end");
	/* a stream that was not declared as one */
	expect(f,
		(struct peer_row)REPLY(
			"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" HELLO FINISH DONE),
		"text Hello\nstop end");
}

static void refusals_are_typed(void **state)
{
	struct fixture *f = *state;
	expect(f,
		(struct peer_row)REPLY(
			"HTTP/1.1 401 Unauthorized\r\n\r\n{\"error\":{\"message\":\"no such "
			"key\"}}"),
		"fail denied route");
	assert_string_equal(f->record.fault.what, "the upstream refused (HTTP 401): no such key");
	expect(f, (struct peer_row)REPLY("HTTP/1.1 429 Too Many\r\n\r\n{}"), "fail busy wire");
	assert_int_equal(f->record.fault.code, 429);
	expect(f,
		(struct peer_row)REPLY(
			"HTTP/1.1 400 "
			"Bad\r\n\r\n{\"error\":{\"code\":\"context_length_exceeded\"}}"),
		"fail context_exceeded prompt");
	expect(f, (struct peer_row)REPLY("HTTP/1.1 500 Oops\r\n\r\nstack trace"),
		"fail upstream wire");
	expect(f, (struct peer_row)REPLY("HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n"),
		"fail upstream wire");
	assert_non_null(strstr(f->record.fault.mend, "log in"));
}

static void an_upstream_that_misbehaves_is_named(void **state)
{
	struct fixture *f = *state;
	/* HTML with 200 */
	expect(f,
		(struct peer_row)REPLY(
			"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>login</html>"),
		"fail bad_data wire");
	assert_non_null(strstr(f->record.fault.mend, "captive portal"));
	/* an empty 200, of either kind */
	expect(f,
		(struct peer_row)REPLY("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"),
		"fail bad_data wire");
	expect(f, (struct peer_row)REPLY(STREAM_OPEN), "fail cut wire");
	expect(f, (struct peer_row)REPLY(STREAM_OPEN FINISH DONE), "fail upstream wire");
	/* half an event, cut after an event, cut by a reset */
	expect(f, (struct peer_row)REPLY(STREAM_OPEN HELLO "data: {\"choices\":[{\"de"),
		"text Hello\nfail cut wire");
	expect(f, (struct peer_row)REPLY(STREAM_OPEN HELLO), "text Hello\nfail cut wire");
	expect(f, (struct peer_row)REPLY(STREAM "5\r\ndata:"), "fail cut wire");
	/* an error inside a 200 */
	expect(f,
		(struct peer_row)REPLY(STREAM_OPEN HELLO
			"data: {\"error\":{\"message\":\"overloaded\",\"code\":529}}\n\n" DONE),
		"text Hello\nfail busy wire");
	/* one bad line */
	expect(f, (struct peer_row)REPLY(STREAM_OPEN HELLO "data: nonsense\n\n" FINISH DONE),
		"text Hello\nfail bad_data wire");
	/* the finish reason came, [DONE] did not */
	expect(f, (struct peer_row)REPLY(STREAM_OPEN HELLO FINISH), "text Hello\nstop end");
	/* no HTTP at all */
	expect(f, (struct peer_row)REPLY("SSH-2.0-OpenSSH\r\n"), "fail bad_data wire");
}

static void an_upstream_that_stalls_is_timed(void **state)
{
	struct fixture *f = *state;
	f->patience_ms = SHORT_MS;
	expect(f, (struct peer_row){ .reply = STR(""), .then = PEER_STALL }, "fail timeout wire");
	expect(f, (struct peer_row){ .reply = STR(STREAM_OPEN), .then = PEER_STALL },
		"fail timeout wire");
	/* Patience grows until the word has come: how busy the machine is must not matter. */
	const struct peer_row row = { .reply = STR(STREAM_OPEN HELLO), .then = PEER_STALL };
	open_with(f, &row, 1);
	while (!str_starts(str_z(ask(f)), STR("text Hello")) && f->patience_ms < PATIENT_MS) {
		f->backend->ops->free(f->backend);
		peer_server_free(f->peer);
		f->patience_ms *= PATIENCE_GROWS;
		open_with(f, &row, 1);
	}
	assert_string_equal(buf_z(&f->record.text), "text Hello\nfail timeout wire");
	assert_non_null(strstr(f->record.fault.what, "after 5 bytes of the answer"));
}

static void an_upstream_that_resets_or_refuses_is_unreachable(void **state)
{
	struct fixture *f = *state;
	expect(f, (struct peer_row){ .reply = STR(""), .then = PEER_RESET },
		"fail unreachable wire");
	expect(f, (struct peer_row){ .reply = STR(STREAM_OPEN HELLO), .then = PEER_RESET },
		"text Hello\nfail cut wire");
	const struct peer_row none = { 0 };
	struct peer_server *gone = peer_server_new(&none, 0);
	int port = peer_server_port(gone);
	peer_server_free(gone);
	open_at(f, port);
	assert_string_equal(ask(f), "fail unreachable wire");
	assert_null(strstr(f->record.fault.what, KEY));
}

static void ending_a_call_hangs_up(void **state)
{
	struct fixture *f = *state;
	const struct peer_row row = { .reply = STR(STREAM_OPEN HELLO), .then = PEER_STALL };
	open_with(f, &row, 1);
	f->ends_at_first = true;
	assert_string_equal(ask(f), "text Hello");
	peer_server_requests(f->peer); /* comes back because we left */
	assert_int_equal(f->record.events, 1);
}

static void a_call_may_be_ended_at_once(void **state)
{
	struct fixture *f = *state;
	const struct peer_row row = { .reply = STR(STREAM_OPEN), .then = PEER_STALL };
	open_with(f, &row, 1);
	struct backend_call *call = f->backend->ops->start(
		f->backend, f->request, NULL, record_sink(&f->record), &f->e);
	f->backend->ops->end(call);
	loop_run(f->loop);
	assert_int_equal(f->record.events, 0);
}

static void a_backend_may_go_while_it_waits(void **state)
{
	struct fixture *f = *state;
	const struct peer_row row = { .reply = STR(STREAM_OPEN HELLO), .then = PEER_STALL };
	open_with(f, &row, 1);
	assert_non_null(f->backend->ops->start(
		f->backend, f->request, NULL, record_sink(&f->record), &f->e));
	f->backend->ops->free(f->backend);
	f->backend = NULL;
	loop_run(f->loop);
	assert_int_equal(f->record.events, 0);
}

static void models_are_asked_for_where_none_were_given(void **state)
{
	struct fixture *f = *state;
	const struct peer_row row =
		REPLY("HTTP/1.1 200 OK\r\nContent-Type: "
		      "application/json\r\n\r\n{\"data\":[{\"id\":\"big\",\"max_model_len\":9}]}");
	f->peer = peer_server_new(&row, 1);
	struct remote_options o = {
		.base_url = arena_printf(f->arena, "http://127.0.0.1:%d/v1/chat/completions",
			peer_server_port(f->peer))
				    .p,
		.dialect = &dialect_openai,
	};
	f->backend = remote_new(f->loop, f->client, &o, &f->e);
	json_t *models = json_array();
	f->backend->ops->list(f->backend, models);
	assert_int_equal(json_array_size(models), 0);
	loop_run(f->loop);
	f->backend->ops->list(f->backend, models);
	assert_int_equal(json_array_size(models), 1);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(models, 0), "id")), "big");
	assert_true(str_starts(peer_server_requests(f->peer), STR("GET /v1/models HTTP/1.1\r\n")));
	json_decref(models);
}

static void a_slip_in_the_settings_is_named(void **state)
{
	struct fixture *f = *state;
	struct remote_options o = { .base_url = "ftp://x", .dialect = &dialect_openai };
	assert_null(remote_new(f->loop, f->client, &o, &f->e));
	assert_err(f->e, ERR_USAGE, LAYER_ROUTE);
	err_clear(&f->e);
	o = (struct remote_options){ .base_url = "http://user:word@host/v1?k=v",
		.dialect = &dialect_openai,
		.key_env = "OFFGRID_TEST_NO_KEY" };
	assert_null(remote_new(f->loop, f->client, &o, &f->e));
	assert_err(f->e, ERR_DENIED, LAYER_ROUTE);
	assert_non_null(strstr(f->e.what, "OFFGRID_TEST_NO_KEY"));
	assert_null(strstr(f->e.what, "word"));
}

/* ---- the way from bytes to events, cut everywhere ---- */

static bool read_event(void *ctx, const struct sse_event *event, struct err *e)
{
	(void)e;
	dialect_openai.read_piece(ctx, event->type, event->data);
	return true;
}

static void transcribe(const struct str *pieces, size_t count, struct buf *out)
{
	struct record r;
	struct sse_reader sse;
	struct err e = { 0 };
	record_init(&r);
	struct dialect_reader *rd = dialect_openai.reader_new(record_sink(&r));
	sse_init(&sse, read_event, rd);
	for (size_t i = 0; i < count; i++)
		sse_feed(&sse, pieces[i], &e);
	sse_end(&sse, &e);
	dialect_openai.read_end(rd, err_is_set(&e) ? &e : NULL);
	buf_add(out, buf_str(&r.text));
	sse_clear(&sse);
	dialect_openai.reader_free(rd);
	record_clear(&r);
}

static void every_cut_gives_the_same_events(void **state)
{
	(void)state;
	const struct str streams[] = {
		STR(HELLO "data: "
			  "{\"choices\":[{\"delta\":{\"reasoning\":\"h\xc3\xa4\",\"tool_calls\":[{"
			  "\"index\":0,\"id\":\"a\","
			  "\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":\"}}]}}]}"
			  "\r\n\r\n: ping\n\n"
			  "data:{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,"
			  "\"function\":{\"arguments\":\"1}\"}}]},"
			  "\ndata:\"finish_reason\":\"tool_calls\"}]}\n\n" DONE),
		STR(HELLO "event: error\ndata: {\"error\":{\"message\":\"m\"}}\n\n"),
		STR(HELLO "data: {\"choices\":[{\"delta\""),
	};
	static const char *const events[] = {
		"text Hello\nthink h\xc3\xa4\ntool_begin 0 a f\ntool_args {\"x\":1}\ntool_end "
		"0\nstop calls",
		"text Hello\nfail upstream wire",
		"text Hello\nfail cut wire",
	};
	for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
		struct buf whole = assert_every_cut(streams[i], transcribe);
		assert_string_equal(buf_z(&whole), events[i]);
		buf_clear(&whole);
	}
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_stream_is_told_as_it_comes),
		test(a_connection_is_used_again),
		test(a_whole_document_is_told_too),
		test(refusals_are_typed),
		test(an_upstream_that_misbehaves_is_named),
		test(an_upstream_that_stalls_is_timed),
		test(an_upstream_that_resets_or_refuses_is_unreachable),
		test(ending_a_call_hangs_up),
		test(a_call_may_be_ended_at_once),
		test(a_backend_may_go_while_it_waits),
		test(models_are_asked_for_where_none_were_given),
		test(a_slip_in_the_settings_is_named),
		cmocka_unit_test(every_cut_gives_the_same_events),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

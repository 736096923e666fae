#include "../unit.h"

#include "../net/peer.h"
#include "../record.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/loop.h"
#include "base/mailbox.h"
#include "base/must.h"
#include "chat/dialect.h"
#include "route/script.h"
#include "serve/serve.h"

/*
 * The server runs on a thread of its own; the tests are its clients. Models:
 *   script  what the test's script says
 *   probe   says nothing by itself and reports what is done to it: 's' started, 'e' ended, 'p'
 *           paused, 'r' resumed; it floods when told so by the request's text "flood"
 */

enum { FLOOD_PIECE = 16 * 1024, FLOOD_PIECES = 400, ALIVE_MS = 20 };

struct probe_call {
	struct backend_call base;
	struct chat_sink sink;
	struct loop_timer *timer;
	int pieces; /* that are still to be told */
	bool is_paused, is_busy, is_ended;
};

static struct mailbox *news, *orders;
static struct loop *loop;
static struct serve *server;
static struct store_writer *writer;
static pthread_t thread;
static int port;

static void tell(char what)
{
	mailbox_send(news, &what);
}

static void hear(char wanted)
{
	char what = 0;
	assert_true(mailbox_receive(news, &what));
	assert_int_equal(what, wanted);
}

/* ---- the probe ---- */

static void probe_free_call(struct probe_call *c)
{
	loop_timer_free(c->timer);
	free(c);
	tell('e');
}

static void probe_flood(void *ctx)
{
	static char piece[FLOOD_PIECE];
	struct probe_call *c = ctx;
	memset(piece, 'x', sizeof piece);
	c->is_busy = true;
	while (c->pieces && !c->is_paused && !c->is_ended) {
		if (--c->pieces)
			chat_send_text(c->sink, str_n(piece, sizeof piece));
		else
			chat_send_stop(c->sink, CHAT_STOP_END);
	}
	c->is_busy = false;
	if (c->is_ended)
		probe_free_call(c);
}

static struct backend_call *probe_start(struct backend *b, const struct chat_request *r,
	struct trace *t, struct chat_sink sink, struct err *e)
{
	(void)t;
	(void)e;
	struct probe_call *c = must_calloc(1, sizeof *c);
	*c = (struct probe_call){ .base = { b->ops }, .sink = sink };
	c->timer = loop_timer_new(loop, probe_flood, c);
	if (str_eq_z(r->messages[0].blocks[0].text, "flood")) {
		c->pieces = FLOOD_PIECES;
		loop_timer_start(c->timer, 0);
	}
	tell('s');
	return &c->base;
}

static void probe_end(struct backend_call *base)
{
	struct probe_call *c = (struct probe_call *)base;
	c->is_ended = true;
	if (!c->is_busy)
		probe_free_call(c);
}

static void probe_pause(struct backend_call *base, bool is_paused)
{
	struct probe_call *c = (struct probe_call *)base;
	c->is_paused = is_paused;
	tell(is_paused ? 'p' : 'r');
	if (!is_paused && !c->is_busy)
		loop_timer_start(c->timer, 0);
}

static void probe_list(struct backend *b, json_t *models)
{
	(void)b;
	json_array_append_new(
		models, json_pack("{s:s, s:i}", "id", "probe", "context_tokens", 4096));
}

static bool probe_is_ready(struct backend *b, struct backend_progress *out)
{
	(void)b;
	*out = (struct backend_progress){ .model = "probe", .stage = "loading", .done = 0.5 };
	return false;
}

static void probe_free(struct backend *b)
{
	(void)b;
}

static const struct backend_ops probe_ops = {
	.kind = "probe",
	.start = probe_start,
	.end = probe_end,
	.pause = probe_pause,
	.list = probe_list,
	.is_ready = probe_is_ready,
	.free = probe_free,
};

/* ---- the server ---- */

static void on_stopped(void *ctx)
{
	(void)ctx;
	loop_stop(loop);
}

/* The only order is to stop; 'k' as one is pulled out under the running answers. */
static void on_order(void *ctx)
{
	(void)ctx;
	char order;
	while (mailbox_take(orders, &order))
		if (order == 'k')
			loop_stop(loop);
		else
			serve_stop(server, on_stopped, NULL);
}

static void *run_server(void *ctx)
{
	(void)ctx;
	loop_run(loop);
	return NULL;
}

static const char some_script[] =
	"{\"turns\":["
	"{\"match\":\"slow\",\"delay_ms\":150,\"text\":\"at last\"},"
	"{\"match\":\"fails "
	"late\",\"delay_ms\":150,\"fail\":{\"kind\":\"context_exceeded\",\"layer\":\"prompt\","
	"\"what\":\"no room\"}},"
	"{\"match\":\"fails\",\"usage\":null,\"fail\":{\"kind\":\"context_exceeded\",\"layer\":"
	"\"prompt\","
	"\"what\":\"no room\"}},"
	"{\"match\":\"busy\",\"refuse\":{\"kind\":\"busy\",\"layer\":\"route\",\"what\":\"not "
	"now\"}},"
	"{\"match\":\"breaks\",\"text\":\"half a\",\"cut\":true},"
	"{\"match\":\"work\",\"think\":\"hm\",\"text\":\"I "
	"will.\",\"calls\":[{\"name\":\"f\",\"id\":\"abc\",\"arguments\":{\"a\":\"\xc3\xa4\"}},"
	"{\"name\":\"g\",\"id\":\"def\"}],\"usage\":{\"prompt\":7,\"cached\":2,\"answer\":5,"
	"\"thinking\":1}},"
	"{\"text\":\"Hello.\",\"repeat\":true,\"usage\":{\"prompt\":3,\"answer\":2}}]}";

struct house {
	struct router *router;
	struct keys *keys;
	struct backend probe;
	struct arena *arena;
	struct str dir;
};

static const char *store_path(const struct house *h)
{
	return fs_join(h->arena, h->dir, STR("offgrid.db")).p;
}

static int start_with(void **state, const char *key, bool is_alone)
{
	struct err e = { 0 };
	struct house *h = must_calloc(1, sizeof *h);
	*state = h;
	h->arena = arena_new();
	news = mailbox_new(1, 0, NULL);
	orders = mailbox_new(1, 0, NULL);
	loop = loop_new();
	mailbox_on_loop(orders, loop, on_order, NULL);
	h->router = router_new(loop);
	h->probe.ops = &probe_ops;
	h->keys = keys_new();
	if (key)
		assert_true(keys_add(h->keys, str_z(key), &e));
	if (!is_alone)
		router_add(h->router, "script", script_new(loop, str_z(some_script), &e), false);
	router_add(h->router, "probe", &h->probe, false);
	assert_true(fs_temp_dir(h->arena, "serve", &h->dir, &e));
	writer = store_writer_new(store_open(store_path(h), &e));
	struct serve_options o = { .address = "127.0.0.1", .keys = h->keys, .alive_ms = ALIVE_MS };
	server = serve_new(loop, &o, h->router, writer, &e);
	assert_non_null(server);
	port = serve_port(server);
	return pthread_create(&thread, NULL, run_server, NULL);
}

static int start(void **state)
{
	return start_with(state, NULL, false);
}

static int start_with_key(void **state)
{
	return start_with(state, "a-good-secret", false);
}

/* With the probe alone, which cannot answer yet. */
static int start_alone(void **state)
{
	return start_with(state, NULL, true);
}

/* Ends the server's thread; the server itself is still there. */
static void stop_thread(char how)
{
	mailbox_send(orders, &how);
	pthread_join(thread, NULL);
}

/* After stop_thread: what the server has left in its store. */
static struct store *written_down(void **state)
{
	struct err e = { 0 };
	serve_free(server);
	server = NULL;
	store_writer_free(writer);
	writer = NULL;
	struct store *s = store_open(store_path(*state), &e);
	assert_non_null(s);
	return s;
}

static int clean_up(void **state)
{
	struct house *h = *state;
	serve_free(server);
	router_free(h->router);
	keys_free(h->keys);
	store_writer_free(writer);
	writer = NULL;
	fs_remove_tree(h->dir.p, NULL);
	arena_free(h->arena);
	mailbox_close(orders);
	mailbox_free(orders);
	mailbox_close(news);
	mailbox_free(news);
	loop_free(loop);
	free(h);
	return 0;
}

static int stop(void **state)
{
	stop_thread('s');
	return clean_up(state);
}

/* ---- the client ---- */

static struct buf in;

static int send_request(const char *method, const char *path, const char *headers, struct str body)
{
	struct buf head;
	int fd = peer_connect(port);
	buf_init(&head, MIB);
	buf_printf(&head,
		"%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s"
		"Content-Length: %zu\r\n\r\n",
		method, path, headers, body.n);
	peer_send(fd, buf_str(&head));
	peer_send(fd, body);
	buf_clear(&head);
	return fd;
}

/* The whole reply, head and all. */
static const char *ask(const char *method, const char *path, const char *headers, struct str body)
{
	int fd = send_request(method, path, headers, body);
	buf_clear(&in);
	buf_init(&in, 64 * MIB);
	peer_read(fd, &in, NULL);
	close(fd);
	return buf_z(&in);
}

static struct str chat_body(const char *model, const char *text, bool is_stream)
{
	static char body[1024];
	int n = snprintf(body, sizeof body,
		"{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]%s}", model,
		text,
		is_stream ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}" : "");
	return str_n(body, (size_t)n);
}

static const char *chat(const char *model, const char *text, bool is_stream)
{
	return ask("POST", "/v1/chat/completions", "", chat_body(model, text, is_stream));
}

static void assert_says(const char *reply, const char *words)
{
	if (!strstr(reply, words))
		assert_string_equal(reply, words);
}

/* The events of a stream's reply: the chunks' frames are found by their lines. */
static void read_stream(const char *reply, struct record *r)
{
	struct dialect_reader *rd = dialect_openai.reader_new(record_sink(r));
	struct str rest = str_z(reply), line;
	while (str_cut(&rest, '\n', &line))
		if (str_starts(line, STR("data: ")))
			dialect_openai.read_piece(rd, STR(""), str_from(line, 6));
	dialect_openai.read_end(rd, NULL);
	dialect_openai.reader_free(rd);
}

static void read_whole(const char *reply, struct record *r)
{
	struct dialect_reader *rd = dialect_openai.reader_new(record_sink(r));
	dialect_openai.read_document(rd, str_z(strstr(reply, "\r\n\r\n") + 4));
	dialect_openai.reader_free(rd);
}

/* ---- tests ---- */

static void a_stream_says_what_the_whole_answer_says(void **state)
{
	(void)state;
	struct record whole, stream;
	record_init(&whole);
	record_init(&stream);
	const char *reply = chat("script", "work", false);
	assert_says(reply, "HTTP/1.1 200 OK\r\n");
	assert_says(reply, "x-request-id: ");
	assert_says(reply, "x-offgrid-upstream: script\r\n");
	read_whole(reply, &whole);
	assert_record(&whole,
		"think hm\ntext I will.\ntool_begin 0 abc f\ntool_args "
		"{\"a\":\"\xc3\xa4\"}\ntool_end 0\n"
		"tool_begin 1 def g\ntool_args {}\ntool_end 1\nusage 7 2 5 1\nstop calls");
	reply = chat("script", "work", true);
	assert_says(reply, "Content-Type: text/event-stream");
	assert_says(reply, "data: [DONE]\n\n");
	read_stream(reply, &stream);
	assert_string_equal(buf_z(&stream.text), buf_z(&whole.text));
	record_clear(&whole);
	record_clear(&stream);
}

static void paths_may_lack_or_repeat_their_version(void **state)
{
	(void)state;
	assert_says(
		ask("POST", "/chat/completions", "", chat_body("script", "hi", false)), "Hello.");
	assert_says(ask("POST", "/v1/v1/chat/completions", "", chat_body("script", "hi", false)),
		"Hello.");
	assert_says(ask("GET", "/v1/models", "", STR("")), "\"id\":\"script\"");
	assert_says(ask("GET", "/models", "", STR("")), "\"context_length\":4096");
	assert_says(ask("GET", "/v1/models/probe", "", STR("")),
		"{\"id\":\"probe\",\"object\":\"model\"");
	assert_says(ask("GET", "/v1/models/nobody", "", STR("")), "HTTP/1.1 404 ");
	assert_says(ask("GET", "/health", "", STR("")), "\"status\":\"ok\"");
	assert_says(ask("GET", "/api/v1/models", "", STR("")), "HTTP/1.1 404 ");
}

static void a_slash_too_many_changes_nothing(void **state)
{
	(void)state;
	struct str body = chat_body("script", "hi", false);
	assert_says(ask("POST", "//v1/chat/completions", "", body), "Hello.");
	assert_says(ask("POST", "/v1//chat/completions/", "", body), "Hello.");
	assert_says(ask("GET", "/v1/models/", "", STR("")), "\"id\":\"script\"");
	assert_says(ask("GET", "/v1", "", STR("")), "is running");
	assert_says(ask("GET", "//", "", STR("")), "is running");
}

static void another_method_is_told_which_there_are(void **state)
{
	(void)state;
	static const struct {
		const char *path, *allow, *shape;
	} cases[] = {
		{ "/v1/chat/completions", "allow: POST, OPTIONS\r\n", "{\"error\":{\"message\":" },
		{ "/v1/messages", "allow: POST, OPTIONS\r\n", "{\"type\":\"error\",\"error\":{" },
		{ "/api/chat", "allow: POST, OPTIONS\r\n", "{\"error\":\"client: " },
		{ "/v1/responses/resp_1", "allow: GET, HEAD, DELETE, OPTIONS\r\n", "{\"error\":{" },
		{ "/v1beta/models", "allow: GET, HEAD, OPTIONS\r\n", "{\"error\":{\"code\":" },
		{ "/health", "allow: GET, HEAD, OPTIONS\r\n", "{\"error\":{" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *reply = ask("PATCH", cases[i].path, "", STR("{}"));
		assert_says(reply, "HTTP/1.1 405 ");
		assert_says(reply, cases[i].allow);
		assert_says(reply, cases[i].shape);
		assert_says(reply, "only with another method");
	}
	const char *reply = ask("HEAD", "/v1/models", "", STR(""));
	assert_says(reply, "HTTP/1.1 200 ");
	assert_null(strstr(reply, "script"));
}

static void a_path_of_nobody_is_told_in_the_words_of_its_beginning(void **state)
{
	(void)state;
	assert_says(ask("POST", "/api/nothing", "", STR("{}")), "{\"error\":\"client: ");
	assert_says(ask("POST", "/v1beta/nothing", "", STR("{}")), "\"status\":\"NOT_FOUND\"");
	assert_says(ask("POST", "/v1/nothing", "anthropic-version: 2023-06-01\r\n", STR("{}")),
		"{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\"");
	assert_says(ask("POST", "/v1/nothing", "", STR("{}")), "\"code\":\"not_found\"");
}

static void a_packed_body_is_told_from_one_that_is_no_json(void **state)
{
	(void)state;
	const char *path = "/v1/chat/completions";
	const char *reply =
		ask("POST", path, "Content-Encoding: gzip\r\n", STR("\x1f\x8b not unpacked"));
	assert_says(reply, "HTTP/1.1 415 ");
	assert_says(reply, "Content-Encoding is 'gzip'; send it as it is");
	assert_says(reply, "accept-encoding: identity\r\n");
	assert_says(ask("POST", path, "Content-Encoding: identity\r\n",
			    chat_body("script", "hi", false)),
		"Hello.");
}

static void a_page_of_this_machine_sees_the_answer(void **state)
{
	(void)state;
	static const char page[] = "Origin: http://localhost:3000\r\n",
			  asks[] = "Origin: http://localhost:3000\r\n"
				   "Access-Control-Request-Method: POST\r\n"
				   "Access-Control-Request-Headers: authorization, x-own\r\n";
	const char *path = "/v1/chat/completions";
	const char *reply = ask("OPTIONS", path, asks, STR(""));
	assert_says(reply, "HTTP/1.1 204 ");
	assert_says(reply, "access-control-allow-origin: http://localhost:3000\r\n");
	assert_says(reply, "access-control-allow-methods: POST, OPTIONS\r\n");
	assert_says(reply, "access-control-allow-headers: authorization, x-own\r\n");
	reply = ask("POST", path, page, chat_body("script", "hi", false));
	assert_says(reply, "access-control-allow-origin: http://localhost:3000\r\n");
	assert_says(reply, "Hello.");
	reply = ask("POST", path, page, chat_body("script", "hi", true));
	assert_says(reply, "access-control-allow-origin: http://localhost:3000\r\n");
	reply = ask("POST", path, page, STR("{"));
	assert_says(reply, "HTTP/1.1 400 ");
	assert_says(reply, "access-control-allow-origin: http://localhost:3000\r\n");
	assert_null(strstr(ask("GET", "/v1/models", "", STR("")), "access-control"));
	reply = ask("OPTIONS", path,
		"Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n", STR(""));
	assert_says(reply, "HTTP/1.1 403 ");
	assert_null(strstr(reply, "access-control"));
}

static void a_page_from_anywhere_may_ask_with_a_key(void **state)
{
	(void)state;
	static const char asks[] = "Origin: https://elsewhere.example\r\n"
				   "Access-Control-Request-Method: POST\r\n";
	const char *path = "/v1/chat/completions";
	assert_says(ask("OPTIONS", path, asks, STR("")), "HTTP/1.1 204 ");
	const char *reply = ask("POST", path,
		"Origin: https://elsewhere.example\r\nAuthorization: Bearer a-good-secret\r\n",
		chat_body("script", "hi", false));
	assert_says(reply, "access-control-allow-origin: https://elsewhere.example\r\n");
	assert_says(reply, "Hello.");
	assert_says(ask("POST", path, "Origin: https://elsewhere.example\r\n",
			    chat_body("script", "hi", false)),
		"HTTP/1.1 401 ");
}

static void health_tells_who_cannot_answer_yet(void **state)
{
	(void)state;
	const char *reply = ask("GET", "/health", "", STR(""));
	assert_says(reply, "HTTP/1.1 200 ");
	assert_says(reply, "\"status\":\"ok\"");
	assert_says(reply, "\"loading\":{\"model\":\"probe\",\"stage\":\"loading\",\"done\":0.5}");
}

static void health_is_503_until_somebody_can_answer(void **state)
{
	(void)state;
	const char *reply = ask("GET", "/health", "", STR(""));
	assert_says(reply, "HTTP/1.1 503 ");
	assert_says(reply, "retry-after: 1\r\n");
	assert_says(reply, "\"status\":\"loading\"");
}

static void a_request_without_a_model_means_the_first(void **state)
{
	(void)state;
	const char *reply = ask("POST", "/v1/chat/completions", "",
		STR("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"));
	assert_says(reply, "\"model\":\"script\"");
	stop_thread('s');
	struct arena *a = arena_new();
	struct store_trace_line *lines;
	size_t count;
	struct err e = { 0 };
	struct store *store = written_down(state);
	assert_true(store_trace_list(store, a, 10, &lines, &count, &e));
	assert_int_equal(count, 1);
	assert_str(lines[0].model, "script");
	assert_str(lines[0].upstream, "script");
	arena_free(a);
	store_close(store);
	clean_up(state);
}

static void bad_requests_are_refused_in_the_dialects_shape(void **state)
{
	(void)state;
	static const struct {
		struct str body;
		const char *status, *says;
	} cases[] = {
		{ { "", 0 }, "400", "not valid JSON" },
		{ { "{\"messages\":[", 13 }, "400", "not valid JSON" },
		{ { "{\"model\":\"\xff\"}", 13 }, "400", "not valid JSON" },
		{ { "{\"a\":1,\"a\":1}", 13 }, "400", "duplicate" },
		{ { "{\"messages\":[]}", 15 }, "400", "messages: is empty" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *reply = ask("POST", "/v1/chat/completions", "", cases[i].body);
		assert_says(reply, cases[i].status);
		assert_says(reply, cases[i].says);
		assert_says(reply, "{\"error\":{\"message\":\"client: ");
		assert_says(reply, "\"layer\":\"client\"");
		assert_says(reply, "x-request-id: ");
	}
	struct buf deep;
	buf_init(&deep, MIB);
	buf_add_z(&deep, "{\"messages\":");
	buf_add_fill(&deep, '[', 1000);
	assert_says(ask("POST", "/v1/chat/completions", "", buf_str(&deep)), "nested 1001 deep");
	buf_clear(&deep);
	const char *reply = chat("nobody", "hi", true);
	assert_says(reply, "HTTP/1.1 404 ");
	assert_says(reply, "\"code\":\"model_not_found\"");
	assert_says(reply, "ask for one of: script, probe");
	assert_says(reply, "x-should-retry: false");
}

static void a_body_over_the_limit_is_refused_unread(void **state)
{
	(void)state;
	int fd = peer_connect(port);
	buf_clear(&in);
	buf_init(&in, MIB);
	peer_send_z(fd, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: "
			"999999999999\r\n\r\n");
	peer_read(fd, &in, NULL);
	close(fd);
	assert_says(buf_z(&in), "HTTP/1.1 413 ");
	assert_says(buf_z(&in), "{\"error\":{\"message\":\"client: ");
}

static void a_failure_before_the_first_word_has_its_status(void **state)
{
	(void)state;
	for (int is_stream = 0; is_stream < 2; is_stream++) {
		const char *reply = chat("script", "fails", is_stream);
		assert_says(reply, "HTTP/1.1 400 ");
		assert_says(reply, "\"code\":\"context_length_exceeded\"");
		assert_says(reply, "\"layer\":\"prompt\"");
		reply = chat("script", "busy", is_stream);
		assert_says(reply, "HTTP/1.1 503 ");
		assert_null(strstr(reply, "x-should-retry"));
	}
	/* a whole answer that breaks was never begun for its client */
	assert_says(chat("script", "breaks", false), "HTTP/1.1 502 ");
}

static void a_failure_after_it_stands_in_the_stream(void **state)
{
	(void)state;
	const char *reply = chat("script", "breaks", true);
	assert_says(reply, "HTTP/1.1 200 OK");
	assert_says(reply, "half a");
	assert_says(reply, "data: {\"error\":{\"message\":\"wire: ");
	assert_says(reply, "\"code\":\"stream_incomplete\"");
	assert_null(strstr(reply, "[DONE]"));
	assert_null(strstr(reply, "\"finish_reason\":\"stop\""));
}

static void silence_is_broken_by_empty_deltas(void **state)
{
	(void)state;
	const char *reply = chat("script", "slow", true);
	struct record r;
	record_init(&r);
	read_stream(reply, &r);
	assert_true(r.alive >= 2);
	assert_record(&r, "text at last\nusage 6 0 2 0\nstop end");
	assert_null(strstr(reply, "\n:"));
	record_clear(&r);
	reply = chat("script", "fails late", true);
	assert_says(reply, "HTTP/1.1 200 OK");
	assert_says(reply, "data: {\"error\":");
}

static void a_client_that_leaves_ends_the_work(void **state)
{
	(void)state;
	for (int is_stream = 0; is_stream < 2; is_stream++) {
		int fd = send_request(
			"POST", "/v1/chat/completions", "", chat_body("probe", "wait", is_stream));
		hear('s');
		if (is_stream) {
			buf_clear(&in);
			buf_init(&in, MIB);
			assert_true(peer_read(fd, &in, "data: "));
		}
		peer_reset(fd);
		hear('e');
	}
}

static void a_client_that_leaves_within_the_answer_ends_it(void **state)
{
	(void)state;
	int fd =
		send_request("POST", "/v1/chat/completions", "", chat_body("probe", "flood", true));
	hear('s');
	hear('p');
	close(fd);
	char what = 0;
	while (what != 'e')
		assert_true(mailbox_receive(news, &what)); /* it may pause and go on before */
}

static void a_slow_reader_pauses_the_upstream(void **state)
{
	(void)state;
	int fd =
		send_request("POST", "/v1/chat/completions", "", chat_body("probe", "flood", true));
	hear('s');
	hear('p');
	buf_clear(&in);
	buf_init(&in, 64 * MIB);
	peer_read(fd, &in, NULL);
	close(fd);
	hear('r');
	assert_says(buf_z(&in) + in.n - 200, "data: [DONE]\n\n");
	assert_true(in.n > (size_t)FLOOD_PIECE * (FLOOD_PIECES - 1));
}

static void a_key_is_asked_for_where_there_is_one(void **state)
{
	(void)state;
	struct str body = chat_body("script", "hi", false);
	const char *path = "/v1/chat/completions";
	const char *reply = ask("POST", path, "", body);
	assert_says(reply, "HTTP/1.1 401 ");
	assert_says(reply, "an API key is needed");
	reply = ask("POST", path, "Authorization: Bearer a-wrong-secret\r\n", body);
	assert_says(reply, "HTTP/1.1 401 ");
	assert_null(strstr(reply, "wrong-secret"));
	assert_says(ask("POST", path, "Authorization: Bearer a-good-secret\r\n", body), "Hello.");
	assert_says(ask("POST", path, "authorization: bearer a-good-secret\r\n", body), "Hello.");
	assert_says(ask("GET", "/v1/models", "", STR("")), "HTTP/1.1 401 ");
	assert_says(ask("GET", "/metrics", "", STR("")), "HTTP/1.1 401 ");
	assert_says(ask("GET", "/nowhere", "", STR("")), "HTTP/1.1 404 ");
	assert_says(ask("GET", "/health", "", STR("")), "HTTP/1.1 200 ");
}

static void pages_of_the_web_may_not_ask(void **state)
{
	(void)state;
	struct str body = chat_body("script", "hi", false);
	const char *path = "/v1/chat/completions";
	assert_says(ask("POST", path, "Origin: https://evil.example\r\n", body), "HTTP/1.1 403 ");
	assert_says(ask("POST", path, "Origin: null\r\n", body), "HTTP/1.1 403 ");
	assert_says(ask("POST", path, "Origin: http://localhost:3000\r\n", body), "Hello.");
	int fd = peer_connect(port);
	buf_clear(&in);
	buf_init(&in, MIB);
	peer_send_z(fd,
		"GET /v1/models HTTP/1.1\r\nHost: evil.example:80\r\nConnection: close\r\n\r\n");
	peer_read(fd, &in, NULL);
	close(fd);
	assert_says(buf_z(&in), "HTTP/1.1 403 ");
	assert_says(buf_z(&in), "--host evil.example");
}

static void what_happened_is_counted_and_kept(void **state)
{
	(void)state;
	chat("script", "hi", false);
	chat("script", "work", true);
	chat("script", "fails", true);
	int fd =
		send_request("POST", "/v1/chat/completions", "", chat_body("probe", "wait", false));
	hear('s');
	close(fd);
	hear('e');
	const char *reply = ask("GET", "/metrics", "", STR(""));
	assert_says(reply, "offgrid_requests_total{outcome=\"ok\"} 2\n");
	assert_says(reply, "offgrid_requests_total{outcome=\"failed\"} 1\n");
	assert_says(reply, "offgrid_requests_total{outcome=\"left\"} 1\n");
	assert_says(reply, "offgrid_errors_total{layer=\"prompt\"} 1\n");
	assert_says(reply, "offgrid_tokens_total{kind=\"prompt\"} 10\n");
	assert_says(reply, "offgrid_running 0\n");
	stop_thread('s');
	struct arena *a = arena_new();
	struct store_trace_line *lines;
	size_t count;
	struct err e = { 0 };
	struct store *store = written_down(state);
	assert_true(store_trace_list(store, a, 10, &lines, &count, &e));
	assert_int_equal(count, 4);
	static const char *const outcomes[] = { "left", "prompt", "ok", "ok" };
	for (size_t i = 0; i < count; i++)
		assert_true(str_eq_z(lines[i].outcome, outcomes[i]));
	assert_str(lines[2].model, "script");
	assert_str(lines[2].upstream, "script");
	assert_int_equal(lines[2].prompt_tokens, 7);
	struct trace *t = store_trace_get(store, lines[1].id, &e);
	assert_int_equal(trace_get_fault(t)->layer, LAYER_PROMPT);
	trace_free(t);
	struct store_ledger_sum sum;
	assert_true(store_ledger_total(store, 0, &sum, &e));
	assert_int_equal(sum.requests, 4);
	arena_free(a);
	store_close(store);
	clean_up(state);
}

static void a_server_may_go_while_it_answers(void **state)
{
	int fd = send_request("POST", "/v1/chat/completions", "", chat_body("probe", "wait", true));
	hear('s');
	stop_thread('k');
	clean_up(state);
	close(fd);
}

static void others_need_a_key(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct keys *none = keys_new();
	struct loop *l = loop_new();
	struct serve_options o = { .address = "0.0.0.0", .keys = none };
	assert_null(serve_new(l, &o, NULL, NULL, &e));
	assert_err(e, ERR_DENIED, LAYER_CLIENT);
	assert_non_null(strstr(e.mend, "--client-keys"));
	loop_free(l);
	keys_free(none);
}

#define served(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		served(a_stream_says_what_the_whole_answer_says),
		served(paths_may_lack_or_repeat_their_version),
		served(a_slash_too_many_changes_nothing),
		served(another_method_is_told_which_there_are),
		served(a_path_of_nobody_is_told_in_the_words_of_its_beginning),
		served(a_packed_body_is_told_from_one_that_is_no_json),
		served(a_page_of_this_machine_sees_the_answer),
		cmocka_unit_test_setup_teardown(
			a_page_from_anywhere_may_ask_with_a_key, start_with_key, stop),
		served(health_tells_who_cannot_answer_yet),
		cmocka_unit_test_setup_teardown(
			health_is_503_until_somebody_can_answer, start_alone, stop),
		cmocka_unit_test_setup(a_request_without_a_model_means_the_first, start),
		served(bad_requests_are_refused_in_the_dialects_shape),
		served(a_body_over_the_limit_is_refused_unread),
		served(a_failure_before_the_first_word_has_its_status),
		served(a_failure_after_it_stands_in_the_stream),
		served(silence_is_broken_by_empty_deltas),
		served(a_client_that_leaves_ends_the_work),
		served(a_client_that_leaves_within_the_answer_ends_it),
		served(a_slow_reader_pauses_the_upstream),
		cmocka_unit_test_setup_teardown(
			a_key_is_asked_for_where_there_is_one, start_with_key, stop),
		served(pages_of_the_web_may_not_ask),
		cmocka_unit_test_setup(what_happened_is_counted_and_kept, start),
		cmocka_unit_test_setup(a_server_may_go_while_it_answers, start),
		cmocka_unit_test(others_need_a_key),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_clear(&in);
	return failed;
}

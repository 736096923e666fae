#include "../unit.h"

#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/loop.h"
#include "base/mailbox.h"
#include "net/http_server.h"
#include "peer.h"

/*
 * The server runs on a thread of its own, as in the program; the tests are its clients. What a
 * handler does is chosen by the path:
 *   /echo    answers at once with what it saw
 *   /think   never answers by itself; the last one is answered by "release"
 *   /stream  three events; /flood writes until it is told to wait, then again when drained
 *   /drop    cuts a stream
 */

enum { FLOOD_BYTES = 32 * 1024 * 1024, FLOOD_PIECE = 32 * 1024, BODY_MAX = 1000 };

enum order { ORDER_RELEASE, ORDER_STOP };

struct flood {
	struct http_exchange *x;
	size_t left;
};

static struct http_server_config config;
static struct http_server *server;
static struct loop *loop;
static struct mailbox *orders;
static struct mailbox *news; /* what the handler tells the test: 'g' one gone, 's' stopped, ... */
static pthread_t thread;
static struct http_exchange *thinking;
static atomic_size_t flooded;

static void tell(char what)
{
	mailbox_send(news, &what);
}

static char hear(void)
{
	char what = 0;
	assert_true(mailbox_receive(news, &what));
	return what;
}

static void think_gone(void *ctx)
{
	struct http_exchange *x = ctx;
	assert_true(http_is_gone(x));
	if (thinking == x)
		thinking = NULL;
	http_reply(x, 200, "text/plain", STR("nobody hears this"));
	tell('g');
}

static void on_think(struct http_exchange *x)
{
	thinking = x;
	http_watch(x, (struct http_watch){ .on_gone = think_gone, .ctx = x });
	tell('t');
}

static void on_echo(struct http_exchange *x)
{
	const struct http_request *q = http_request_of(x);
	struct buf body;
	struct str name = { "", 0 };
	buf_init(&body, MIB);
	http_query_find(http_arena(x), q->query, "name", &name);
	buf_printf(&body, "%.*s %.*s name=%.*s [%.*s] %s", STR_ARG(q->method), STR_ARG(q->path),
		STR_ARG(name), STR_ARG(q->body), q->is_loopback ? "local" : "far");
	http_add_header(x, "X-Seen", http_request_header(x, "x-test"));
	http_reply(x, 200, "text/plain", buf_str(&body));
	buf_clear(&body);
}

static void on_stream(struct http_exchange *x)
{
	http_stream_begin(x, 200, "text/event-stream");
	http_stream_write(x, STR("data: 1\n\n"));
	http_stream_write(x, STR(""));
	http_stream_write(x, STR("data: 2\n\n"));
	http_stream_end(x);
}

static void on_drop(struct http_exchange *x)
{
	http_stream_begin(x, 200, "text/event-stream");
	http_stream_write(x, STR("data: 1\n\n"));
	http_drop(x);
}

static void flood_on(void *ctx)
{
	static const char piece[FLOOD_PIECE];
	struct flood *f = ctx;
	bool may_go_on = true;
	while (f->left && may_go_on) {
		may_go_on = http_stream_write(f->x, str_n(piece, sizeof piece));
		f->left -= sizeof piece;
		flooded += sizeof piece;
	}
	if (f->left)
		return;
	http_stream_end(f->x);
	free(f);
	tell('f');
}

static void flood_gone(void *ctx)
{
	struct flood *f = ctx;
	http_stream_end(f->x);
	free(f);
	tell('g');
}

static void on_flood(struct http_exchange *x)
{
	struct flood *f = calloc(1, sizeof *f);
	*f = (struct flood){ x, FLOOD_BYTES };
	http_watch(x, (struct http_watch){ flood_gone, flood_on, f });
	http_stream_begin(x, 200, "application/octet-stream");
	flood_on(f);
}

static const struct {
	const char *path;
	void (*on_request)(struct http_exchange *x);
} routes[] = {
	{ "/echo", on_echo },
	{ "/think", on_think },
	{ "/stream", on_stream },
	{ "/flood", on_flood },
	{ "/drop", on_drop },
};

static void on_request(void *ctx, struct http_exchange *x)
{
	(void)ctx;
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		if (str_eq_z(http_request_of(x)->path, routes[i].path)) {
			routes[i].on_request(x);
			return;
		}
	http_reply(x, 404, "text/plain", STR("no"));
}

static void shape_error(void *ctx, struct http_exchange *x, const struct err *e, struct buf *body)
{
	(void)ctx;
	if (str_eq_z(http_request_of(x)->path, "/closed"))
		buf_add_z(body, "closed: ");
	buf_printf(body, "{\"shaped\":%d,\"layer\":\"%s\"}", e->code, layers[e->layer].name);
}

static bool admit(void *ctx, struct http_exchange *x, struct err *e)
{
	(void)ctx;
	if (!str_eq_z(http_request_of(x)->path, "/closed"))
		return true;
	fail(e, ERR_DENIED, LAYER_CLIENT, "not here");
	e->code = 401;
	return false;
}

static void stopped(void *ctx)
{
	(void)ctx;
	tell('s');
}

static void take_orders(void *ctx)
{
	(void)ctx;
	enum order order;
	while (mailbox_take(orders, &order)) {
		if (order == ORDER_STOP)
			http_server_stop(server, 50, stopped, NULL);
		else if (thinking)
			http_reply(thinking, 200, "text/plain", STR("released"));
	}
	if (mailbox_is_closed(orders))
		loop_stop(loop);
}

static void give(enum order order)
{
	assert_true(mailbox_send(orders, &order));
}

static void *serve(void *ctx)
{
	loop_run(loop);
	return ctx;
}

static int set_up(void **state)
{
	(void)state;
	struct err e = { 0 };
	config = (struct http_server_config){ .address = "127.0.0.1",
		.max_body_bytes = BODY_MAX,
		.on_request = on_request,
		.admit = admit,
		.shape_error = shape_error };
	loop = loop_new();
	orders = mailbox_new(sizeof(enum order), 0, NULL);
	news = mailbox_new(1, 0, NULL);
	mailbox_on_loop(orders, loop, take_orders, NULL);
	thinking = NULL;
	flooded = 0;
	server = NULL;
	return err_is_set(&e);
}

static void start(void)
{
	struct err e = { 0 };
	server = http_server_new(loop, &config, &e);
	assert_string_equal(e.what, "");
	assert_non_null(server);
	assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
}

static int tear_down(void **state)
{
	(void)state;
	mailbox_close(orders);
	pthread_join(thread, NULL);
	http_server_free(server);
	mailbox_free(orders);
	mailbox_free(news);
	loop_free(loop);
	return 0;
}

/* A client's whole conversation: what it says, what it hears until the other end closes. */
static void talk(const char *says, const char *hears)
{
	struct buf in;
	buf_init(&in, MIB);
	int fd = peer_connect(http_server_port(server));
	peer_send_z(fd, says);
	peer_read(fd, &in, NULL);
	assert_string_equal(buf_z(&in), hears);
	close(fd);
	buf_clear(&in);
}

static void a_request_is_answered(void **state)
{
	(void)state;
	start();
	talk("POST /echo?x&name=a%20b HTTP/1.1\r\nHost: h\r\nX-Test: yes\r\nConnection: close\r\n"
	     "Content-Length: 4\r\n\r\nbody",
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nX-Seen: "
		"yes\r\n"
		"Content-Length: 32\r\n\r\nPOST /echo name=a b [body] local");
}

static void a_connection_serves_many_requests_even_if_sent_at_once(void **state)
{
	(void)state;
	start();
	talk("GET /echo HTTP/1.1\r\nHost: h\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n"
	     "HEAD /echo HTTP/1.0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Seen: \r\nContent-Length: "
		"24\r\n\r\n"
		"GET /echo name= [] local"
		"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno"
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nX-Seen: \r\n"
		"Content-Length: 25\r\n\r\n");
}

static void a_stream_is_chunked_and_in_1_0_ends_with_the_connection(void **state)
{
	(void)state;
	start();
	talk("GET /stream HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
		"Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n9\r\ndata: "
		"2\n\n\r\n0\r\n\r\n");
	talk("GET /stream HTTP/1.0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
		"data: 1\n\ndata: 2\n\n");
}

static void a_dropped_stream_does_not_look_whole(void **state)
{
	(void)state;
	start();
	talk("GET /drop HTTP/1.1\r\nHost: h\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
		"Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
}

static void head_and_first_event_leave_in_one_piece(void **state)
{
	(void)state;
	start();
	struct buf in;
	buf_init(&in, MIB);
	int fd = peer_connect(http_server_port(server));
	peer_send_z(fd, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
	char bytes[4096];
	ssize_t n = recv(fd, bytes, sizeof bytes, 0);
	assert_true(n > 0);
	assert_true(str_find(str_n(bytes, (size_t)n), STR("0\r\n\r\n")) != SIZE_MAX);
	close(fd);
	buf_clear(&in);
}

static void a_body_is_asked_for_when_the_client_waits(void **state)
{
	(void)state;
	start();
	struct buf in;
	buf_init(&in, MIB);
	int fd = peer_connect(http_server_port(server));
	peer_send_z(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
			"Content-Length: 2\r\n\r\n");
	assert_true(peer_read(fd, &in, "HTTP/1.1 100 Continue\r\n\r\n"));
	peer_send_z(fd, "ok");
	assert_true(peer_read(fd, &in, "[ok]"));
	close(fd);
	buf_clear(&in);
}

static void faults_before_routing_are_shaped_and_close(void **state)
{
	(void)state;
	start();
	talk("NONSENSE\r\n\r\n", "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
				 "Connection: close\r\nContent-Length: 31\r\n\r\n"
				 "{\"shaped\":400,\"layer\":\"client\"}");
	talk("GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n",
		"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
		"Connection: close\r\nContent-Length: "
		"31\r\n\r\n{\"shaped\":400,\"layer\":\"client\"}");
	talk("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\nwhatever",
		"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\n"
		"Connection: close\r\nContent-Length: "
		"31\r\n\r\n{\"shaped\":413,\"layer\":\"client\"}");
}

static void an_answer_to_a_body_too_large_reaches_a_client_that_still_sends(void **state)
{
	(void)state;
	start();
	struct buf in, body;
	buf_init(&in, MIB);
	buf_init(&body, 64 * MIB);
	buf_add_fill(&body, 'x', 8 * MIB);
	int fd = peer_connect(http_server_port(server));
	peer_send_z(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 8388608\r\n\r\n");
	peer_send(fd, buf_str(&body));
	assert_true(peer_read(fd, &in, "\"shaped\":413"));
	close(fd);
	buf_clear(&in);
	buf_clear(&body);
}

static void who_may_not_ask_is_told_before_the_body_is_read(void **state)
{
	(void)state;
	start();
	const char head[] = "POST /closed HTTP/1.1\r\nHost: h\r\nExpect: "
			    "100-continue\r\nContent-Length: 900\r\n\r\n";
	const char answer[] = "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n"
			      "Connection: close\r\nContent-Length: 39\r\n\r\nclosed: "
			      "{\"shaped\":401,\"layer\":\"client\"}";
	talk(head, answer);
	struct buf in;
	buf_init(&in, MIB);
	int fd = peer_connect(http_server_port(server));
	peer_send_z(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n");
	peer_send_z(fd, "hi");
	assert_true(peer_read(fd, &in, "hi"));
	close(fd);
	buf_clear(&in);
}

static void a_request_cut_in_the_middle_leaves_nothing_behind(void **state)
{
	(void)state;
	start();
	for (int i = 0; i < 3; i++) {
		int fd = peer_connect(http_server_port(server));
		peer_send_z(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhal");
		if (i == 1)
			peer_reset(fd);
		else
			close(fd);
	}
	talk("GET /echo HTTP/1.0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nX-Seen: \r\n"
		"Content-Length: 24\r\n\r\nGET /echo name= [] local");
}

static void a_client_that_dawdles_is_told_so(void **state)
{
	(void)state;
	config.head_ms = 30;
	config.body_ms = 30;
	start();
	const char *const late =
		"HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\n"
		"Connection: close\r\nContent-Length: 31\r\n\r\n"
		"{\"shaped\":408,\"layer\":\"client\"}";
	talk("GET /echo HT", late);
	talk("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc", late);
}

static void a_byte_now_and_then_does_not_buy_time(void **state)
{
	(void)state;
	config.head_ms = 100;
	start();
	struct buf in;
	buf_init(&in, MIB);
	int fd = peer_connect(http_server_port(server));
	peer_send_z(fd, "GET / HTTP/1.1\r\n");
	struct timeval pause = { .tv_usec = 10000 };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof pause);
	char bytes[256];
	int sent = 0;
	while (recv(fd, bytes, sizeof bytes, 0) < 0 && sent < 1000) {
		peer_send_z(fd, "X: y\r\n");
		sent++;
	}
	assert_true(sent < 1000);
	close(fd);
	buf_clear(&in);
}

static void an_idle_connection_is_closed_without_a_word(void **state)
{
	(void)state;
	config.idle_ms = 30;
	start();
	talk("", "");
	talk("\r\n\r\n", "");
}

static void a_client_that_leaves_while_the_handler_thinks_is_noticed(void **state)
{
	(void)state;
	start();
	for (int i = 0; i < 8; i++) {
		int fd = peer_connect(http_server_port(server));
		peer_send_z(fd, "GET /think HTTP/1.1\r\nHost: h\r\n\r\n");
		assert_int_equal(hear(), 't');
		if (i % 2)
			close(fd);
		else
			peer_reset(fd);
		assert_int_equal(hear(), 'g');
	}
}

static void a_late_answer_arrives_and_the_next_request_waited(void **state)
{
	(void)state;
	start();
	struct buf in;
	buf_init(&in, MIB);
	int fd = peer_connect(http_server_port(server));
	peer_send_z(
		fd, "GET /think HTTP/1.1\r\nHost: h\r\n\r\nGET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_int_equal(hear(), 't');
	give(ORDER_RELEASE);
	assert_true(peer_read(fd, &in, "[] local"));
	assert_true(
		str_find(buf_str(&in), STR("released")) < str_find(buf_str(&in), STR("GET /echo")));
	close(fd);
	buf_clear(&in);
}

static void a_client_that_does_not_read_is_not_written_for_without_limit(void **state)
{
	(void)state;
	start();
	struct buf in;
	buf_init(&in, 2 * (size_t)FLOOD_BYTES);
	int fd = peer_connect(http_server_port(server));
	peer_send_z(fd, "GET /flood HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_true(peer_read(fd, &in, "\r\n\r\n"));
	/* Another client is served meanwhile, and only so much was written as waits and is in
	 * flight. */
	talk("GET /none HTTP/1.0\r\n\r\n",
		"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nConnection: close\r\n"
		"Content-Length: 2\r\n\r\nno");
	assert_true(flooded < FLOOD_BYTES / 2);
	assert_true(peer_read(fd, &in, "\r\n0\r\n\r\n"));
	assert_int_equal(hear(), 'f');
	assert_true(in.n > FLOOD_BYTES);
	close(fd);
	buf_clear(&in);
}

static void sixty_four_that_do_not_read_and_leave(void **state)
{
	(void)state;
	start();
	enum { CLIENTS = 64 };
	int fds[CLIENTS];
	struct buf in;
	buf_init(&in, MIB);
	for (int i = 0; i < CLIENTS; i++) {
		fds[i] = peer_connect(http_server_port(server));
		peer_send_z(fds[i], "GET /flood HTTP/1.1\r\nHost: h\r\n\r\n");
	}
	for (int i = 0; i < CLIENTS; i++) {
		buf_reset(&in);
		char byte[1];
		assert_int_equal(recv(fds[i], byte, 1, 0), 1);
	}
	assert_true(flooded < (size_t)CLIENTS * FLOOD_BYTES / 2);
	for (int i = 0; i < CLIENTS; i++)
		close(fds[i]);
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(hear(), 'g');
	buf_clear(&in);
}

static void a_client_that_takes_nothing_for_long_is_dropped(void **state)
{
	(void)state;
	config.write_stall_ms = 30;
	start();
	int fd = peer_connect(http_server_port(server));
	peer_send_z(fd, "GET /flood HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_int_equal(hear(), 'g');
	close(fd);
}

static void connections_over_the_limit_wait_their_turn(void **state)
{
	(void)state;
	config.max_connections = 2;
	start();
	struct buf in;
	buf_init(&in, MIB);
	int fds[3];
	for (int i = 0; i < 3; i++) {
		fds[i] = peer_connect(http_server_port(server));
		if (i < 2) {
			peer_send_z(fds[i], "GET /think HTTP/1.1\r\nHost: h\r\n\r\n");
			assert_int_equal(hear(), 't');
		}
	}
	peer_send_z(fds[2], "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
	char byte;
	assert_int_equal(recv(fds[2], &byte, 1, MSG_DONTWAIT), -1);
	close(fds[0]);
	assert_int_equal(hear(), 'g');
	assert_true(peer_read(fds[2], &in, "[] local"));
	close(fds[1]);
	assert_int_equal(hear(), 'g');
	close(fds[2]);
	buf_clear(&in);
}

/* Open connections that ask nothing, or never finish to ask, shut nobody out. */
static void who_asks_nothing_gives_way(void **state)
{
	(void)state;
	config.max_connections = 3;
	start();
	struct buf in;
	buf_init(&in, MIB);
	int port = http_server_port(server);
	int busy = peer_connect(port);
	peer_send_z(busy, "GET /think HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_int_equal(hear(), 't');
	int used = peer_connect(port);
	peer_send_z(used, "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_true(peer_read(used, &in, "[] local"));
	int slow = peer_connect(port);
	peer_send_z(slow, "GET /echo HTT");
	int fresh[2];
	for (int i = 0; i < 2; i++) { /* the one that was used goes first, then the slow one */
		fresh[i] = peer_connect(port);
		peer_send_z(fresh[i], "GET /think HTTP/1.1\r\nHost: h\r\n\r\n");
		assert_int_equal(hear(), 't');
		char byte;
		assert_int_equal(recv(i == 0 ? used : slow, &byte, 1, 0), 0);
		if (i == 0)
			assert_int_equal(recv(slow, &byte, 1, MSG_DONTWAIT), -1);
	}
	give(ORDER_RELEASE); /* whoever is answered stays: the newest is told something */
	assert_true(peer_read(fresh[1], &in, "released"));
	close(fresh[0]);
	assert_int_equal(hear(), 'g');
	close(busy);
	assert_int_equal(hear(), 'g');
	close(fresh[1]);
	close(used);
	close(slow);
	buf_clear(&in);
}

static void stopping_lets_answers_end_and_drops_those_that_do_not(void **state)
{
	(void)state;
	start();
	struct buf in;
	buf_init(&in, MIB);
	int idle = peer_connect(http_server_port(server));
	int first = peer_connect(http_server_port(server));
	int second = peer_connect(http_server_port(server));
	peer_send_z(first, "GET /think HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_int_equal(hear(), 't');
	peer_send_z(second, "GET /think HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_int_equal(hear(), 't');
	give(ORDER_RELEASE); /* the second */
	give(ORDER_STOP);
	assert_true(peer_read(second, &in, "released"));
	assert_true(peer_read(idle, &in, NULL));
	assert_int_equal(hear(), 'g'); /* the first, after the grace */
	assert_int_equal(hear(), 's');
	close(idle);
	close(first);
	close(second);
	buf_clear(&in);
}

static void a_port_in_use_is_told(void **state)
{
	(void)state;
	start();
	struct err e = { 0 };
	config.port = http_server_port(server);
	assert_null(http_server_new(loop, &config, &e));
	assert_err(e, ERR_BUSY, LAYER_WIRE);
	assert_true(e.mend[0] != 0);
	err_clear(&e);
	config.address = "not-a-number";
	assert_null(http_server_new(loop, &config, &e));
	assert_err(e, ERR_USAGE, LAYER_WIRE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_answered),
		TEST(a_connection_serves_many_requests_even_if_sent_at_once),
		TEST(a_stream_is_chunked_and_in_1_0_ends_with_the_connection),
		TEST(a_dropped_stream_does_not_look_whole),
		TEST(head_and_first_event_leave_in_one_piece),
		TEST(a_body_is_asked_for_when_the_client_waits),
		TEST(faults_before_routing_are_shaped_and_close),
		TEST(an_answer_to_a_body_too_large_reaches_a_client_that_still_sends),
		TEST(who_may_not_ask_is_told_before_the_body_is_read),
		TEST(a_request_cut_in_the_middle_leaves_nothing_behind),
		TEST(a_client_that_dawdles_is_told_so),
		TEST(a_byte_now_and_then_does_not_buy_time),
		TEST(an_idle_connection_is_closed_without_a_word),
		TEST(a_client_that_leaves_while_the_handler_thinks_is_noticed),
		TEST(a_late_answer_arrives_and_the_next_request_waited),
		TEST(a_client_that_does_not_read_is_not_written_for_without_limit),
		TEST(sixty_four_that_do_not_read_and_leave),
		TEST(a_client_that_takes_nothing_for_long_is_dropped),
		TEST(connections_over_the_limit_wait_their_turn),
		TEST(who_asks_nothing_gives_way),
		TEST(stopping_lets_answers_end_and_drops_those_that_do_not),
		TEST(a_port_in_use_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * http_conn.c - a server's connections and their exchanges; see http_server.h.
 *
 * Layer: client, wire. What a connection awaits in each state:
 *   IDLE       the first byte of a request; idle_ms
 *   READING    the rest of it; head_ms, then body_ms
 *   ANSWERING  the handler; the client's leaving; room to write
 *   FLUSHING   room to write what is left of an answer; write_stall_ms
 *   LINGERING  the client's end, after an answer given before its request was read, because closing
 *              with unread bytes would take the answer away from it
 * Answers are appended to `out` and sent once the callback that wrote them has returned: head and
 * first event, or a batch of events, leave in one piece. An exchange outlives its connection if the
 * client leaves; it holds the request itself.
 */
#include "net/http_server_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/must.h"
#include "net/http_parse.h"

enum {
	LINGER_MS = 2000,
	READ_BYTES = 64 * 1024,
	NEXT_REQUEST_BYTES = 64 * 1024, /* read ahead while an answer is under way */
	HEADERS_BYTES = 64 * 1024,      /* added to one answer */
	ERROR_BODY_BYTES = 64 * 1024,
	KEEP_OUT_BYTES = 64 * 1024, /* sent bytes kept in front before the rest is moved */
};

enum state { IDLE, READING, ANSWERING, FLUSHING, LINGERING };

struct http_exchange {
	struct http_conn *conn; /* NULL: the client has left */
	struct http_reader reader;
	struct http_request request;
	struct arena *arena;
	struct http_watch watch;
	struct buf headers;
	bool has_handler; /* else the connection is still reading it */
	bool has_no_body; /* the answer to HEAD, or 204 and 304 */
	bool is_streaming, is_chunked;
};

struct http_conn {
	struct http_server *server;
	struct http_conn *before, *after;
	int fd;
	struct loop_fd *watch;
	struct loop_timer *timer; /* of the state */
	struct loop_timer *soon;  /* sends, or closes */
	enum state state;
	struct http_exchange *x;
	struct buf in;  /* of the next request */
	struct buf out; /* to be sent from out_at on */
	size_t out_at;
	bool rests;        /* may be closed for another client */
	uint64_t rest;     /* which of the server's rests: the lowest has lasted longest */
	bool must_close;   /* when the answer is out */
	bool must_linger;  /* and then, because the request was not read to its end */
	bool is_broken;    /* close soon, whatever is left */
	bool owes_a_drain; /* the handler was told to wait */
	bool is_loopback;
	char peer[INET6_ADDRSTRLEN];
};

/* ---- exchanges ---- */

static struct http_exchange *exchange_new(struct http_conn *c)
{
	struct http_exchange *x = must_calloc(1, sizeof *x);
	const struct http_server_config *config = &c->server->config;
	x->conn = c;
	http_reader_init(&x->reader, config->max_head_bytes, config->max_body_bytes);
	buf_init(&x->headers, HEADERS_BYTES);
	x->arena = arena_new();
	return x;
}

static void exchange_free(struct http_exchange *x)
{
	if (!x)
		return;
	http_reader_clear(&x->reader);
	buf_clear(&x->headers);
	arena_free(x->arena);
	free(x);
}

/* ---- resting: no request of the client's is known ---- */

static void set_rest(struct http_conn *c, bool rests)
{
	struct http_server *s = c->server;
	if (c->rests == rests)
		return;
	c->rests = rests;
	c->rest = s->rests;
	if (rests) {
		s->rests++;
		s->resting++;
	} else {
		s->resting--;
	}
	if (s->count >= s->config.max_connections)
		http_server_room_changed(s);
}

bool http_conn_give_way(struct http_server *s)
{
	struct http_conn *longest = NULL;
	for (struct http_conn *c = s->first; c; c = c->after)
		if (c->rests && (!longest || c->rest < longest->rest))
			longest = c;
	if (longest)
		http_conn_close(longest);
	return longest;
}

/* ---- closing ---- */

static void unlink_conn(struct http_conn *c)
{
	struct http_server *s = c->server;
	set_rest(c, false);
	if (c->before)
		c->before->after = c->after;
	else
		s->first = c->after;
	if (c->after)
		c->after->before = c->before;
	s->count--;
	http_server_lost_one(s);
}

void http_conn_close(struct http_conn *c)
{
	struct http_exchange *x = c->x;
	unlink_conn(c);
	loop_fd_free(c->watch);
	loop_timer_free(c->timer);
	loop_timer_free(c->soon);
	fd_close(&c->fd);
	buf_clear(&c->in);
	buf_clear(&c->out);
	free(c);
	if (!x)
		return;
	x->conn = NULL;
	if (!x->has_handler)
		exchange_free(x);
	else if (x->watch.on_gone)
		x->watch.on_gone(x->watch.ctx);
}

static void close_soon(struct http_conn *c)
{
	c->is_broken = true;
	loop_timer_start(c->soon, 0);
}

/* ---- writing ---- */

static size_t waiting(const struct http_conn *c)
{
	return c->out.n - c->out_at;
}

static void want(struct http_conn *c)
{
	bool reads = c->in.n < NEXT_REQUEST_BYTES;
	loop_fd_want(c->watch, (reads ? LOOP_READ : 0) | (waiting(c) ? LOOP_WRITE : 0));
}

/* Sends what the socket takes. False if the client is gone. */
static bool send_some(struct http_conn *c)
{
	ssize_t n = 0;
	while (waiting(c)) {
		n = write(c->fd, c->out.p + c->out_at, waiting(c));
		if (n < 0 && errno != EINTR)
			break;
		c->out_at += n > 0 ? (size_t)n : 0;
	}
	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
		return false;
	if (!waiting(c)) {
		buf_reset(&c->out);
		c->out_at = 0;
	} else if (c->out_at > KEEP_OUT_BYTES) {
		buf_drop_front(&c->out, c->out_at);
		c->out_at = 0;
	}
	return true;
}

static void next_request(struct http_conn *c);

static void answer_is_out(struct http_conn *c)
{
	if (c->must_close && !c->must_linger) {
		http_conn_close(c);
	} else if (c->must_close) {
		c->state = LINGERING;
		shutdown(c->fd, SHUT_WR);
		buf_reset(&c->in);
		want(c);
		loop_timer_start(c->timer, LINGER_MS);
	} else {
		next_request(c);
	}
}

/* The time runs while something waits, and anew with each byte that the client takes. */
static void watch_stall(struct http_conn *c, size_t before)
{
	if (!waiting(c))
		loop_timer_stop(c->timer);
	else if (waiting(c) < before || !loop_timer_is_running(c->timer))
		loop_timer_start(c->timer, c->server->config.write_stall_ms);
}

/* Everything that goes out goes through here, from the loop. */
static void flush(struct http_conn *c)
{
	size_t before = waiting(c);
	if (c->is_broken || !send_some(c)) {
		http_conn_close(c);
		return;
	}
	if (c->state == ANSWERING || c->state == FLUSHING)
		watch_stall(c, before);
	want(c);
	if (c->state == FLUSHING && !waiting(c)) {
		answer_is_out(c);
		return;
	}
	struct http_exchange *x = c->state == ANSWERING ? c->x : NULL;
	if (x && c->owes_a_drain && waiting(c) <= LIMIT_HTTP_WAITING_BYTES / 4) {
		c->owes_a_drain = false;
		if (x->watch.on_drain)
			x->watch.on_drain(x->watch.ctx);
	}
}

static void soon(void *ctx)
{
	flush(ctx);
}

/* The exchange is answered; its connection goes on alone. */
static void exchange_ended(struct http_exchange *x)
{
	struct http_conn *c = x->conn;
	if (c) {
		c->x = NULL;
		c->state = FLUSHING;
		c->must_close = c->must_close || !x->reader.keep_alive || c->server->stopping;
		loop_timer_start(c->soon, 0);
	}
	exchange_free(x);
}

/* ---- answers ---- */

static void add_head(struct http_exchange *x, int status, const char *content_type)
{
	struct buf *out = &x->conn->out;
	bool closes = x->conn->must_close || !x->reader.keep_alive || x->conn->server->stopping;
	buf_printf(out, "HTTP/1.1 %d %s\r\n", status, http_status_words(status));
	if (content_type && *content_type)
		buf_printf(out, "Content-Type: %s\r\n", content_type);
	if (closes)
		buf_add_z(out, "Connection: close\r\n");
	else if (x->reader.is_1_0)
		buf_add_z(out, "Connection: keep-alive\r\n");
	buf_add(out, buf_str(&x->headers));
	x->has_no_body = x->has_no_body || status == 204 || status == 304;
}

void http_add_header(struct http_exchange *x, const char *name, struct str value)
{
	MUST(!x->is_streaming);
	buf_printf(&x->headers, "%s: ", name);
	size_t start = x->headers.n;
	buf_add(&x->headers, value);
	for (size_t i = start; i < x->headers.n; i++)
		if ((unsigned char)x->headers.p[i] < ' ')
			x->headers.p[i] = ' ';
	buf_add_z(&x->headers, "\r\n");
	MUST(!x->headers.overflow);
}

void http_reply(struct http_exchange *x, int status, const char *content_type, struct str body)
{
	MUST(x->has_handler && !x->is_streaming);
	if (x->conn) {
		struct buf *out = &x->conn->out;
		add_head(x, status, content_type);
		if (status != 204 && status != 304)
			buf_printf(out, "Content-Length: %zu\r\n", body.n);
		buf_add_z(out, "\r\n");
		if (!x->has_no_body)
			buf_add(out, body);
		if (out->overflow)
			close_soon(x->conn);
	}
	exchange_ended(x);
}

void http_stream_begin(struct http_exchange *x, int status, const char *content_type)
{
	MUST(x->has_handler && !x->is_streaming);
	x->is_chunked = !x->reader.is_1_0;
	if (x->conn) {
		if (!x->is_chunked)
			x->conn->must_close = true; /* the end of the stream is the connection's */
		add_head(x, status, content_type);
		buf_add_z(&x->conn->out,
			x->is_chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
		loop_timer_start(x->conn->soon, 0);
	}
	x->is_streaming = true;
}

bool http_stream_write(struct http_exchange *x, struct str bytes)
{
	MUST(x->is_streaming);
	struct http_conn *c = x->conn;
	if (!c || c->is_broken || bytes.n == 0 || x->has_no_body)
		return true;
	if (x->is_chunked)
		buf_printf(&c->out, "%zx\r\n", bytes.n);
	buf_add(&c->out, bytes);
	if (x->is_chunked)
		buf_add_z(&c->out, "\r\n");
	if (c->out.overflow)
		c->is_broken = true; /* so much unread: given up */
	if (!loop_timer_is_running(c->soon))
		loop_timer_start(c->soon, 0);
	/* Stays owed until it came, also where less waits by now. */
	c->owes_a_drain = c->owes_a_drain || waiting(c) > LIMIT_HTTP_WAITING_BYTES;
	return !c->owes_a_drain;
}

void http_stream_end(struct http_exchange *x)
{
	MUST(x->is_streaming);
	if (x->conn && x->is_chunked && !x->has_no_body)
		buf_add_z(&x->conn->out, "0\r\n\r\n");
	exchange_ended(x);
}

void http_drop(struct http_exchange *x)
{
	MUST(x->has_handler);
	struct http_conn *c = x->conn;
	if (c) {
		c->must_close = true;
		/* What was written goes out as far as the socket takes it, then a cut. */
		if (!x->is_streaming)
			c->is_broken = true;
	}
	exchange_ended(x);
}

const struct http_request *http_request_of(const struct http_exchange *x)
{
	return &x->request;
}

struct str http_request_header(const struct http_exchange *x, const char *name)
{
	return http_header_find(x->request.headers, x->request.header_count, name);
}

struct arena *http_arena(struct http_exchange *x)
{
	return x->arena;
}

void http_watch(struct http_exchange *x, struct http_watch watch)
{
	x->watch = watch;
}

bool http_is_gone(const struct http_exchange *x)
{
	return !x->conn;
}

/* ---- reading ---- */

static void shape_plainly(const struct err *e, struct buf *body)
{
	json_t *error = json_pack(
		"{s:{s:s,s:s}}", "error", "type", err_kinds[e->kind].name, "message", e->what);
	js_write(error, body);
	json_decref(error);
}

static bool make_request(struct http_conn *c, struct http_exchange *x, struct err *e)
{
	struct http_reader *r = &x->reader;
	struct http_request *q = &x->request;
	struct str query = r->target, path;
	str_cut(&query, '?', &path);
	*q = (struct http_request){ .method = r->method,
		.query = query,
		.headers = r->headers,
		.header_count = r->header_count,
		.body = buf_str(&r->body),
		.peer = arena_str(x->arena, str_z(c->peer)),
		.is_loopback = c->is_loopback };
	x->has_no_body = str_eq(q->method, STR("HEAD"));
	if (http_decode_path(x->arena, path, &q->path))
		return true;
	fail(e, ERR_BAD_DATA, LAYER_CLIENT, "the path holds a broken percent escape");
	if (e)
		e->code = 400;
	return false;
}

/* Answers a fault that no handler will see, and closes. */
static void refuse(struct http_conn *c, const struct err *e)
{
	const struct http_server_config *config = &c->server->config;
	struct http_exchange *x = c->x;
	struct buf body;
	buf_init(&body, ERROR_BODY_BYTES);
	if (!x->request.path.n && x->reader.target.n)
		make_request(c, x, NULL); /* as much of it as has come */
	if (config->shape_error)
		config->shape_error(config->ctx, x, e, &body);
	else
		shape_plainly(e, &body);
	c->must_close = c->must_linger = true;
	c->state = ANSWERING;
	set_rest(c, false);
	x->has_handler = true;
	http_reply(x, e->code, "application/json", buf_str(&body));
	buf_clear(&body);
}

static void hand_over(struct http_conn *c)
{
	struct err e = { .kind = ERR_NONE };
	loop_timer_stop(c->timer);
	c->state = ANSWERING;
	set_rest(c, false);
	if (!make_request(c, c->x, &e)) {
		refuse(c, &e);
		return;
	}
	want(c);
	c->x->has_handler = true;
	c->server->config.on_request(c->server->config.ctx, c->x);
}

static bool is_admitted(struct http_conn *c, struct err *e)
{
	const struct http_server_config *config = &c->server->config;
	return !config->admit || (make_request(c, c->x, e) && config->admit(config->ctx, c->x, e));
}

/* The head has come, the body is still to be read. */
static void read_body(struct http_conn *c)
{
	struct http_reader *r = &c->x->reader;
	struct err e = { .kind = ERR_NONE };
	set_rest(c, false);
	if (!is_admitted(c, &e)) {
		refuse(c, &e);
		return;
	}
	loop_timer_start(c->timer, c->server->config.body_ms);
	if (r->wants_continue) {
		r->wants_continue = false;
		buf_add_z(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
		loop_timer_start(c->soon, 0);
	}
}

static void read_on(struct http_conn *c, bool had_head)
{
	const struct http_reader *r = &c->x->reader;
	if (c->state == IDLE && http_reader_has_begun(r)) {
		c->state = READING;
		loop_timer_start(c->timer, c->server->config.head_ms);
	}
	if (!had_head && http_reader_has_head(r))
		read_body(c);
}

static void feed(struct http_conn *c, struct str bytes)
{
	struct err e = { .kind = ERR_NONE };
	if (!c->x)
		c->x = exchange_new(c);
	struct http_reader *r = &c->x->reader;
	bool had_head = http_reader_has_head(r);
	enum http_reading how = http_read(r, &bytes, &e);
	if (how == HTTP_READ_BAD) {
		refuse(c, &e);
	} else if (how == HTTP_READ_WHOLE) {
		buf_add(&c->in, bytes);
		hand_over(c);
	} else {
		read_on(c, had_head);
	}
}

static void next_request(struct http_conn *c)
{
	c->state = IDLE;
	set_rest(c, true);
	loop_timer_start(c->timer, c->server->config.idle_ms);
	if (c->in.n == 0)
		return;
	struct buf in = c->in;
	buf_init(&c->in, in.max);
	feed(c, buf_str(&in));
	buf_clear(&in);
}

/* The bytes of the socket, or false: nothing now. The client's end closes the connection. */
static bool receive(struct http_conn *c, char *to, size_t room, struct str *got)
{
	ssize_t n = read(c->fd, to, room);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return false;
	if (n <= 0) {
		http_conn_close(c);
		return false;
	}
	*got = str_n(to, (size_t)n);
	return true;
}

static void conn_ready(void *ctx, int ready)
{
	struct http_conn *c = ctx;
	char bytes[READ_BYTES];
	struct str got;
	if (!(ready & LOOP_READ)) {
		flush(c);
		return;
	}
	if (ready & LOOP_WRITE)
		loop_timer_start(c->soon, 0);
	bool is_reading = c->state == IDLE || c->state == READING;
	size_t room =
		is_reading || c->state == LINGERING ? READ_BYTES : NEXT_REQUEST_BYTES - c->in.n;
	if (!receive(c, bytes, room, &got))
		return;
	if (is_reading) {
		feed(c, got);
	} else if (c->state != LINGERING) {
		buf_add(&c->in, got);
		want(c);
	}
}

static void time_over(void *ctx)
{
	struct http_conn *c = ctx;
	if (c->state != READING) {
		http_conn_close(c);
		return;
	}
	struct err e = { .kind = ERR_NONE };
	fail(&e, ERR_TIMEOUT, LAYER_CLIENT, "the request did not come whole in time");
	e.code = 408;
	refuse(c, &e);
}

/* ---- life ---- */

static void name_peer(struct http_conn *c, const struct sockaddr_storage *from)
{
	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
		inet_ntop(AF_INET, &v4->sin_addr, c->peer, sizeof c->peer);
		c->is_loopback = ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	} else {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
		inet_ntop(AF_INET6, &v6->sin6_addr, c->peer, sizeof c->peer);
		c->is_loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) ||
				 str_starts(str_z(c->peer), STR("::ffff:127."));
	}
}

void http_conn_new(struct http_server *s, int fd, const struct sockaddr_storage *from)
{
	int on = 1;
	struct http_conn *c = must_calloc(1, sizeof *c);
	c->server = s;
	c->fd = fd;
	/* Without it a small write waits for the peer to acknowledge the one before: 40 ms an
	 * event. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	name_peer(c, from);
	buf_init(&c->in, NEXT_REQUEST_BYTES + READ_BYTES);
	buf_init(&c->out, LIMIT_HTTP_UNSENT_BYTES);
	c->watch = loop_fd_new(s->loop, fd, conn_ready, c);
	c->timer = loop_timer_new(s->loop, time_over, c);
	c->soon = loop_timer_new(s->loop, soon, c);
	c->after = s->first;
	if (c->after)
		c->after->before = c;
	s->first = c;
	s->count++;
	want(c);
	set_rest(c, true);
	loop_timer_start(c->timer, s->config.idle_ms);
}

void http_conn_stop(struct http_conn *c)
{
	if (c->state != ANSWERING && c->state != FLUSHING)
		close_soon(c);
}

struct http_conn *http_conn_after(const struct http_conn *c)
{
	return c->after;
}

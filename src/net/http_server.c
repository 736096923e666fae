/*
 * http_server.c - listening, accepting, stopping; see http_server.h. The connections themselves are
 * http_conn.c's.
 *
 * Layer: wire.
 */
#include "net/http_server_int.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/limits.h"
#include "base/loop.h"
#include "base/must.h"

enum {
	HEAD_MS = 15000,
	BODY_MS = 5 * 60 * 1000,
	IDLE_MS = 75000,
	WRITE_STALL_MS = 5 * 60 * 1000,
	ACCEPT_PAUSE_MS = 500, /* when the system has no descriptors left */
	BACKLOG = 1024,
	ACCEPTS_A_WAKE = 64,
};

/* ---- accepting ---- */

static bool is_full(const struct http_server *s)
{
	return s->count >= s->config.max_connections;
}

/* Clients that only keep a connection open, or are slow to ask, do not shut others out. */
static bool has_room(const struct http_server *s)
{
	return (!is_full(s) || s->resting) && !loop_timer_is_running(s->pause);
}

static void accept_if_room(struct http_server *s)
{
	if (s->watch)
		loop_fd_want(s->watch, has_room(s) ? LOOP_READ : 0);
}

void http_server_room_changed(struct http_server *s)
{
	accept_if_room(s);
}

void http_server_lost_one(struct http_server *s)
{
	accept_if_room(s);
	if (s->stopping && s->count == 0)
		loop_timer_start(s->stopping, 0);
}

static bool accept_one(struct http_server *s)
{
	struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
	socklen_t n = sizeof from;
	int fd = accept(s->fd, (struct sockaddr *)&from, &n);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
		if (http_conn_give_way(s))
			return true;
		loop_timer_start(s->pause, ACCEPT_PAUSE_MS);
		return false;
	}
	if (fd < 0)
		return errno == ECONNABORTED || errno == EINTR;
	if (is_full(s))
		http_conn_give_way(s);
	if (fd_set_nonblocking(fd) && fd_set_cloexec(fd))
		http_conn_new(s, fd, &from);
	else
		close(fd);
	return true;
}

static void listener_ready(void *ctx, int ready)
{
	(void)ready;
	struct http_server *s = ctx;
	for (int i = 0; i < ACCEPTS_A_WAKE && has_room(s); i++)
		if (!accept_one(s))
			break;
	accept_if_room(s);
}

static void pause_over(void *ctx)
{
	accept_if_room(ctx);
}

/* ---- the server ---- */

static void set_defaults(struct http_server_config *c)
{
	c->max_head_bytes = c->max_head_bytes ? c->max_head_bytes : LIMIT_HTTP_HEAD_BYTES;
	c->max_body_bytes = c->max_body_bytes ? c->max_body_bytes : LIMIT_HTTP_BODY_BYTES;
	c->max_connections = c->max_connections ? c->max_connections : LIMIT_HTTP_CONNECTIONS;
	c->head_ms = c->head_ms ? c->head_ms : HEAD_MS;
	c->body_ms = c->body_ms ? c->body_ms : BODY_MS;
	c->idle_ms = c->idle_ms ? c->idle_ms : IDLE_MS;
	c->write_stall_ms = c->write_stall_ms ? c->write_stall_ms : WRITE_STALL_MS;
}

static bool open_listener(struct http_server *s, const struct addrinfo *at, struct err *e)
{
	const char *address = s->config.address;
	int port = s->config.port, on = 1;
	s->fd = socket(at->ai_family, SOCK_STREAM, 0);
	if (s->fd < 0 || !fd_set_cloexec(s->fd) || !fd_set_nonblocking(s->fd))
		return fail_errno(e, LAYER_WIRE, errno, "cannot make a socket");
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(s->fd, at->ai_addr, at->ai_addrlen) != 0 || listen(s->fd, BACKLOG) != 0) {
		int code = errno;
		if (code == EADDRINUSE) {
			fail(e, ERR_BUSY, LAYER_WIRE, "port %d of %s is in use", port, address);
			return err_mend(e, "another port, or stop the program that has it");
		}
		return fail_errno(
			e, LAYER_WIRE, code, "cannot listen on %s port %d", address, port);
	}
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} bound = { .v6 = { .sin6_family = AF_UNSPEC } };
	socklen_t n = sizeof bound;
	if (getsockname(s->fd, &bound.any, &n) != 0)
		return fail_errno(e, LAYER_WIRE, errno, "cannot tell the port");
	s->port = ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
	return true;
}

static bool listen_on(struct http_server *s, struct err *e)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *at = NULL;
	char port[16];
	snprintf(port, sizeof port, "%d", s->config.port);
	if (getaddrinfo(s->config.address, port, &hints, &at) != 0)
		return fail(e, ERR_USAGE, LAYER_WIRE, "\"%s\" port %s is not an address",
			s->config.address, port);
	bool ok = open_listener(s, at, e);
	freeaddrinfo(at);
	return ok;
}

struct http_server *http_server_new(
	struct loop *l, const struct http_server_config *config, struct err *e)
{
	struct http_server *s = must_calloc(1, sizeof *s);
	s->loop = l;
	s->fd = -1;
	s->config = *config;
	set_defaults(&s->config);
	if (!listen_on(s, e)) {
		fd_close(&s->fd);
		free(s);
		return NULL;
	}
	s->pause = loop_timer_new(l, pause_over, s);
	s->watch = loop_fd_new(l, s->fd, listener_ready, s);
	loop_fd_want(s->watch, LOOP_READ);
	return s;
}

int http_server_port(const struct http_server *s)
{
	return s->port;
}

size_t http_server_connections(const struct http_server *s)
{
	return s->count;
}

static void stop_listening(struct http_server *s)
{
	loop_fd_free(s->watch);
	s->watch = NULL;
	fd_close(&s->fd);
}

/* The last connection has ended, or the grace. */
static void stopping_over(void *ctx)
{
	struct http_server *s = ctx;
	while (s->first)
		http_conn_close(s->first);
	loop_timer_stop(s->stopping);
	if (s->on_stopped)
		s->on_stopped(s->stopped_ctx);
}

void http_server_stop(
	struct http_server *s, int64_t grace_ms, void (*on_stopped)(void *ctx), void *ctx)
{
	MUST(!s->stopping);
	stop_listening(s);
	s->on_stopped = on_stopped;
	s->stopped_ctx = ctx;
	s->stopping = loop_timer_new(s->loop, stopping_over, s);
	loop_timer_start(s->stopping, grace_ms);
	for (struct http_conn *c = s->first; c; c = http_conn_after(c))
		http_conn_stop(c);
	if (s->count == 0)
		loop_timer_start(s->stopping, 0);
}

void http_server_free(struct http_server *s)
{
	if (!s)
		return;
	stop_listening(s);
	while (s->first)
		http_conn_close(s->first);
	loop_timer_free(s->stopping);
	loop_timer_free(s->pause);
	free(s);
}

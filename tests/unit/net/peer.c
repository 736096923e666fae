/*
 * peer.c - raw ends of connections for tests; see peer.h.
 */
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/must.h"

enum { READ_BYTES = 64 * 1024, REQUESTS_BYTES = 64 * 1024 * 1024 };

static void set_patience(int fd)
{
	struct timeval patience = { .tv_sec = PEER_MS / 1000 };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

static struct sockaddr_in local(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

int peer_connect(int port)
{
	struct sockaddr_in to = local(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(fd >= 0);
	set_patience(fd);
	MUST(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
	return fd;
}

void peer_send(int fd, struct str bytes)
{
	while (bytes.n) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		bytes = str_from(bytes, (size_t)n);
	}
}

void peer_send_z(int fd, const char *text)
{
	peer_send(fd, str_z(text));
}

bool peer_read(int fd, struct buf *in, const char *until)
{
	while (!until || str_find(buf_str(in), str_z(until)) == SIZE_MAX) {
		char bytes[READ_BYTES];
		ssize_t n = recv(fd, bytes, sizeof bytes, 0);
		if (n < 0 && errno == EINTR)
			continue;
		MUST(n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)); /* out of patience */
		if (n <= 0)
			return !until && n == 0;
		MUST(buf_add(in, str_n(bytes, (size_t)n)));
	}
	return true;
}

void peer_reset(int fd)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fd);
}

/* ---- the scripted server ---- */

struct peer_server {
	pthread_t thread;
	int fd, port;
	struct peer_row *rows;
	size_t count;
	struct buf requests;
	bool is_joined;
	atomic_int current; /* the connection in work, so that it can be shut from outside */
};

/* One request: the head, and as much body as it says. */
static bool read_request(int fd, struct buf *in, size_t start)
{
	static const char length_name[] = "Content-Length: ";
	size_t end;
	while ((end = str_find(str_from(buf_str(in), start), STR("\r\n\r\n"))) == SIZE_MAX) {
		char byte;
		if (recv(fd, &byte, 1, 0) != 1)
			return false;
		buf_add_char(in, byte);
	}
	struct str head = str_sub(str_from(buf_str(in), start), 0, end);
	size_t at = str_find(head, str_z(length_name));
	size_t length =
		at == SIZE_MAX ? 0 : strtoul(head.p + at + sizeof length_name - 1, NULL, 10);
	while (in->n < start + end + 4 + length) {
		char bytes[READ_BYTES];
		ssize_t n = recv(fd, bytes, sizeof bytes, 0);
		if (n <= 0)
			return false;
		buf_add(in, str_n(bytes, (size_t)n));
	}
	return true;
}

static void wait_for_end(int fd)
{
	char bytes[READ_BYTES];
	while (recv(fd, bytes, sizeof bytes, 0) > 0)
		;
}

/* Rows from `i` on, as long as they share the connection; the number of the next row. */
static size_t serve_connection(struct peer_server *s, int fd, size_t i)
{
	for (;; i++) {
		const struct peer_row *row = &s->rows[i];
		if (!row->before_request && !read_request(fd, &s->requests, s->requests.n))
			break;
		peer_send(fd, row->reply);
		if (row->then == PEER_KEEP && i + 1 < s->count)
			continue;
		if (row->then == PEER_STALL || row->then == PEER_KEEP)
			wait_for_end(fd);
		if (row->then == PEER_RESET)
			peer_reset(fd);
		else
			close(fd);
		return i + 1;
	}
	close(fd);
	return i + 1;
}

static void *serve(void *ctx)
{
	struct peer_server *s = ctx;
	for (size_t i = 0; i < s->count;) {
		int fd = accept(s->fd, NULL, NULL);
		if (fd < 0)
			break;
		set_patience(fd);
		s->current = fd;
		i = serve_connection(s, fd, i);
		s->current = -1;
	}
	return NULL;
}

struct peer_server *peer_server_new(const struct peer_row *rows, size_t count)
{
	struct peer_server *s = must_calloc(1, sizeof *s);
	struct sockaddr_in at = local(0);
	socklen_t n = sizeof at;
	s->rows = must_calloc(count, sizeof *s->rows);
	memcpy(s->rows, rows, count * sizeof *rows);
	s->count = count;
	s->current = -1;
	buf_init(&s->requests, REQUESTS_BYTES);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(s->fd >= 0 && bind(s->fd, (struct sockaddr *)&at, sizeof at) == 0);
	MUST(listen(s->fd, 16) == 0 && getsockname(s->fd, (struct sockaddr *)&at, &n) == 0);
	s->port = ntohs(at.sin_port);
	MUST(pthread_create(&s->thread, NULL, serve, s) == 0);
	return s;
}

int peer_server_port(const struct peer_server *s)
{
	return s->port;
}

struct str peer_server_requests(struct peer_server *s)
{
	if (!s->is_joined)
		pthread_join(s->thread, NULL);
	s->is_joined = true;
	return buf_str(&s->requests);
}

void peer_server_free(struct peer_server *s)
{
	if (!s)
		return;
	shutdown(s->fd, SHUT_RDWR); /* wakes accept */
	int current = s->current;
	if (!s->is_joined && current >= 0)
		shutdown(current, SHUT_RDWR);
	peer_server_requests(s);
	close(s->fd);
	buf_clear(&s->requests);
	free(s->rows);
	free(s);
}

/*
 * http_server_int.h - what http_server.c (listening, stopping) and http_conn.c (connections and
 * their exchanges) know of each other.
 */
#ifndef OFFGRID_NET_HTTP_SERVER_INT_H
#define OFFGRID_NET_HTTP_SERVER_INT_H

#include <stdint.h>

#include "net/http_server.h"

struct http_conn;
struct sockaddr_storage;

struct http_server {
	struct loop *loop;
	struct http_server_config config; /* defaults filled in */
	int fd, port;
	struct loop_fd *watch;
	struct loop_timer *pause; /* of accepting */
	struct http_conn *first;  /* kept by http_conn.c, with their number */
	size_t count;
	size_t resting; /* of them: no request's head has come; the longest gives way */
	uint64_t rests; /* told so far, for their order */
	struct loop_timer *stopping; /* exists once http_server_stop was called */
	void (*on_stopped)(void *ctx);
	void *stopped_ctx;
};

/* A connection has ended and is off the list. */
void http_server_lost_one(struct http_server *s);
/* One rests or does so no more, while there is no room for others. */
void http_server_room_changed(struct http_server *s);

void http_conn_new(struct http_server *s, int fd, const struct sockaddr_storage *from);
/* From the loop only, never from within a handler's call. */
void http_conn_close(struct http_conn *c);
/* Closes soon, unless an answer is under way. */
void http_conn_stop(struct http_conn *c);
/* Closes the connection that has rested longest; false: none does. */
bool http_conn_give_way(struct http_server *s);
struct http_conn *http_conn_after(const struct http_conn *c); /* in the server's list */

#endif

/*
 * peer.h - the other end of a connection, by hand: raw bytes over blocking sockets.
 *
 * Every wait ends after PEER_MS, which only a hang reaches, and then fails the test.
 */
#ifndef OFFGRID_TESTS_PEER_H
#define OFFGRID_TESTS_PEER_H

#include "base/buf.h"

enum { PEER_MS = 20000 };

int peer_connect(int port);               /* to 127.0.0.1 */
void peer_send(int fd, struct str bytes); /* all of it, unless the other end has closed */
void peer_send_z(int fd, const char *text);

/* Appends what comes until the text `until` is in it, or to the end of the connection if that is
 * NULL. False if the end, or a reset, came first. */
bool peer_read(int fd, struct buf *in, const char *until);

/* Closes so that the other end sees a reset instead of an end. */
void peer_reset(int fd);

/*
 * A server that does what it is told: for each connection, in order, one row. Runs on a thread of
 * its own until the rows are used up or peer_server_free.
 */
enum peer_then {
	PEER_CLOSE, /* end of the connection */
	PEER_RESET,
	PEER_STALL, /* say nothing more until the client leaves */
	PEER_KEEP,  /* wait for another request on the same connection: the next row */
};

struct peer_row {
	struct str reply; /* sent once the request's head and body have come */
	enum peer_then then;
	bool before_request; /* do not even wait for the request */
};

struct peer_server;

/* Copies the rows, but not their texts. */
struct peer_server *peer_server_new(const struct peer_row *rows, size_t count);
int peer_server_port(const struct peer_server *s);
/* Waits until the rows are used up, or a client left where a row stalls; the requests that came,
 * one after the other, borrowed until freed. */
struct str peer_server_requests(struct peer_server *s);
void peer_server_free(struct peer_server *s);

#endif

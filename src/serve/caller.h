/*
 * caller.h - who asks, and whether they may: by a key, from a page of the web, with a body that can
 * be read.
 *
 * A server without keys is for this machine alone, and its browser must not become a way in: a page
 * may send requests here, and may have its own name point here. So what bears an Origin or a Host
 * that is not ours is refused there; a page of this machine is shown the answers. With keys the key
 * decides, and a page may come from anywhere, since browsers add none by themselves.
 *
 * Layer: client.
 */
#ifndef OFFGRID_SERVE_CALLER_H
#define OFFGRID_SERVE_CALLER_H

#include "base/err.h"

struct dialect;
struct http_exchange;
struct serve;

/* In err.code, as the status of the answer. */
enum { CALLER_NO_KEY = 401, CALLER_PACKED = 415 };

/* The request bears one of the server's keys, in the header of any dialect, or none is needed. */
bool caller_has_key(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct err *e);

/* Nobody lured a browser into it. */
bool caller_is_no_page(const struct serve *s, struct http_exchange *x, struct err *e);

/* Lets the page that asked see the answer (the Fetch standard, "CORS protocol"); nothing where no
 * page asked. Once, before the answer begins. */
void caller_show_page(struct http_exchange *x);

/* The body is not packed, which is told apart from one that is no JSON. */
bool caller_sent_plainly(struct http_exchange *x, struct err *e);

#endif

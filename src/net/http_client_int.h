/*
 * http_client_int.h - what http_client.c (calls and curl) shares with http_fault.c (what went
 * wrong, in words).
 */
#ifndef OFFGRID_NET_HTTP_CLIENT_INT_H
#define OFFGRID_NET_HTTP_CLIENT_INT_H

#include "net/http_client.h"

/* Makes libcurl's functions callable; before any of them. One file a way of having it. */
bool http_open_curl(struct err *e);

/* How far a call had come when it failed. */
struct http_way {
	const char *place;  /* the URL, for people */
	int64_t connect_ms; /* the budget */
	bool has_head;
	uint64_t body_bytes;
	int system_code; /* errno of the last connect, or 0 */
};

/* The error for a code of curl's; always false. */
bool http_fault(int curl_code, const struct http_way *way, struct err *e);

bool http_redirect_is(int status);
/* The header goes along to another server: it says what is wanted, not who wants it. */
bool http_redirect_keeps(struct str header);
/* Where a redirect leads, in the arena; NULL with an error if it may not be followed. */
const char *http_redirect(struct arena *a, const char *from, struct str location,
	bool *is_same_origin, struct err *e);

#endif

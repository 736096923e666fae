/*
 * http.h - what HTTP's two ends share: header lists, content types, URLs, percent-decoding.
 *
 * Layer: wire. Nothing here waits or talks.
 */
#ifndef OFFGRID_NET_HTTP_H
#define OFFGRID_NET_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct http_header {
	struct str name, value;
};

/* The first value of that name, whatever its case; a str with p == NULL if there is none. */
struct str http_header_find(const struct http_header *headers, size_t count, const char *name);

/* The header's value has this token in its comma-separated list, whatever its case. */
bool http_has_token(struct str value, const char *token);

int http_hex_value(char c); /* 0 to 15, -1: not a hexadecimal digit */

/* "application/json; charset=utf-8" is of type "application/json". */
bool http_type_is(struct str content_type, const char *type);

/* Percent-decoded; false if an escape is broken or means NUL. In a query '+' means a blank. */
bool http_decode_path(struct arena *a, struct str raw, struct str *out);
/* The first value of that key, decoded; false if there is none or it is broken. */
bool http_query_find(struct arena *a, struct str query, const char *key, struct str *out);
/* Appends the text with everything but letters, digits and "-._~" percent-encoded. */
bool http_encode(struct buf *out, struct str text);

/* "http://127.0.0.1:80/x?key=abc" as it may be shown to people: without user, password, query. */
struct str http_url_for_people(struct arena *a, struct str url);
/* The URL's host is this machine. */
bool http_url_is_loopback(struct str url);

/* "Not Found" and so on; "" for a status nobody knows. */
const char *http_status_words(int status);

#endif

/*
 * remote_int.h - what an upstream reached over HTTP gives to the file that asks it for vectors.
 */
#ifndef OFFGRID_ROUTE_REMOTE_INT_H
#define OFFGRID_ROUTE_REMOTE_INT_H

#include "route/remote.h"

/* A request of this upstream, with its key and its limits of time, in the arena; `path` is what
 * follows the base URL. */
struct http_call_spec remote_post(
	struct backend *b, struct arena *a, struct str path, struct str body);
/* The bytes, or a copy with our key blotted out: upstreams were seen to repeat what they were
 * shown.
 */
struct str remote_without_key(const struct backend *b, struct arena *a, struct str bytes);
struct http_client *remote_client(struct backend *b);
const struct dialect *remote_dialect(const struct backend *b);
struct str remote_address(const struct backend *b); /* as people may see it */

/* backend_ops.embed; remote_embed.c */
struct backend_call *remote_embed(struct backend *b, const struct embed_request *r, struct trace *t,
	struct embed_sink sink, struct err *e);

#endif

/*
 * route_int.h - what the files that choose an upstream share: route.c, and route_embed.c.
 */
#ifndef OFFGRID_ROUTE_ROUTE_INT_H
#define OFFGRID_ROUTE_ROUTE_INT_H

#include "route/route.h"

struct upstream {
	struct upstream *next;
	char *name;
	struct backend *backend;
	bool serves_any;
	bool is_unguarded;
	int64_t rests_until_ms; /* it failed: asked only if nobody else is there */
};

struct router {
	struct loop *loop;
	struct upstream *first, **last;
};

/* Those that serve the model, in the order in which they are to be asked, to be freed; only such
 * that speak the dialect `bound`, unless that is NULL. */
struct upstream **route_candidates(
	struct router *r, struct str model, const struct dialect *bound, size_t *count);

/* ERR_NOT_FOUND that names the models there are. */
bool route_fail_not_served(struct router *r, struct str model, struct err *e);

/* As long as it asked for, if it did. */
void route_let_rest(struct upstream *u, const struct err *why);

#endif

/*
 * upstreams.h - upstreams as people write them, into a router.
 *
 * In the configuration file:
 *
 *   [upstream "cloud"]
 *       url = https://api.example.com/v1
 *       api = openai            ; the default; or anthropic
 *       key-env = CLOUD_KEY     ; the variable that holds its key
 *       models = big, small     ; without it, the upstream is asked
 *       guard = off             ; pass its answers as they are, unmended (guarded.h)
 *   [upstream "test"]
 *       script = answers.json   ; in place of url, see script.h
 *
 * On the command line: NAME=URL, or a URL alone, which is then named by its host.
 *
 * Layer: route.
 */
#ifndef OFFGRID_ROUTE_UPSTREAMS_H
#define OFFGRID_ROUTE_UPSTREAMS_H

#include "base/config.h"
#include "route/remote.h"

struct upstream_spec {
	struct str name, url, script;
	struct str api;     /* empty: openai */
	struct str key_env; /* empty: no key */
	struct str models;  /* separated by commas or blanks; empty: it is asked */
	struct str guard;   /* "off": what it says passes as it is; empty: "on" */
};

/* Splits NAME=URL. The texts are borrowed or in the arena. */
bool upstream_parse(struct arena *a, struct str text, struct upstream_spec *out, struct err *e);

/* Makes the backend and hands it to the router. An upstream that names no models is asked for them,
 * and serves any until it has answered. */
bool upstream_add(struct router *r, struct loop *loop, struct http_client *client,
	const struct upstream_spec *spec, struct err *e);

/* All of the file's sections, in its order; `count` gets how many. */
bool upstreams_add(struct router *r, struct loop *loop, struct http_client *client,
	const struct config *config, size_t *count, struct err *e);

#endif

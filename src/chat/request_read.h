/*
 * request_read.h - what the readers of clients' requests have in common.
 *
 * A dialect's request is one JSON object; every member of it that the dialect knows is one row of a
 * table with the function that reads it. What is in no row is kept in chat_request.extra, and so
 * are the rows that say more than we understand (is_kept), so that they reach an upstream of the
 * same dialect as they came. At the end the history is put in order (history.h) and what the tools
 * cannot meet is refused.
 *
 * Layer: client.
 */
#ifndef OFFGRID_CHAT_REQUEST_READ_H
#define OFFGRID_CHAT_REQUEST_READ_H

#include "base/trace.h"
#include "chat/request.h"

struct dialect_past;

/* What the rows of a table work on. */
struct request_reading {
	struct chat_request *r;
	struct trace *t;
	struct str path;                 /* as of dialect.read_request */
	bool has_wish;                   /* it was said whether to continue the last message */
	const struct dialect_past *past; /* what it goes on from; NULL: nothing */
};

struct request_member {
	const char *name;
	/* `at` may be absent. */
	bool (*read)(struct request_reading *g, const struct js_at *at, struct err *e);
	bool is_kept;
};

/* The document of a client's body; what had to be mended in it is noted. */
json_t *request_parse(struct str body, struct trace *t, struct err *e);

/* The request, in the arena; `members`, ending with a row without a name, are read in their order.
 * NULL on a fault. */
struct chat_request *request_read(const struct dialect *dialect,
	const struct request_member *members, struct str path, struct str body, struct arena *a,
	struct trace *t, struct err *e);

/* The same of a document that was read already, whose reference is taken, and what was found of
 * earlier answers (dialect_keeping.h); `past` may be NULL. */
struct chat_request *request_read_value(const struct dialect *dialect,
	const struct request_member *members, struct str path, json_t *doc,
	const struct dialect_past *past, struct arena *a, struct trace *t, struct err *e);

/* Rows that several dialects share. */
bool request_read_model(struct request_reading *g, const struct js_at *at, struct err *e);
bool request_read_stream(struct request_reading *g, const struct js_at *at, struct err *e);
bool request_read_effort(struct request_reading *g, const struct js_at *at, struct err *e);
bool request_read_temperature(struct request_reading *g, const struct js_at *at, struct err *e);
bool request_read_top_p(struct request_reading *g, const struct js_at *at, struct err *e);
bool request_read_min_p(struct request_reading *g, const struct js_at *at, struct err *e);
bool request_read_top_k(struct request_reading *g, const struct js_at *at, struct err *e);
bool request_read_seed(struct request_reading *g, const struct js_at *at, struct err *e);
bool request_read_repeat_penalty(struct request_reading *g, const struct js_at *at, struct err *e);
bool request_read_presence_penalty(
	struct request_reading *g, const struct js_at *at, struct err *e);
bool request_read_frequency_penalty(
	struct request_reading *g, const struct js_at *at, struct err *e);
bool request_read_max_tokens(struct request_reading *g, const struct js_at *at, struct err *e);
/* One string or a list of them. */
bool request_read_stop(struct request_reading *g, const struct js_at *at, struct err *e);

/* An integer within bounds, which some clients write with a point; absent: `out` is untouched. */
bool request_read_integer(
	const struct js_at *at, int64_t least, int64_t most, int64_t *out, struct err *e);

/* Whether several calls may come at once. */
bool request_read_parallel(struct request_reading *g, const struct js_at *at, struct err *e);

/* Each item of a list of tools, in order; absent: none. */
bool request_read_tools(struct request_reading *g, const struct js_at *at,
	bool (*read)(struct request_reading *g, const struct js_at *tool, struct err *e),
	struct err *e);
/* Each message; refused if there is none. `what` they are called. */
bool request_read_messages(struct request_reading *g, const struct js_at *at, const char *what,
	bool (*read)(struct request_reading *g, const struct js_at *message, struct err *e),
	struct err *e);
/* One more tool, whose reference to `parameters` (or NULL) is taken. NULL, which is noted, if one
 * of that name was offered before: the first one counts. Valid until the next one. */
struct chat_tool *request_offer_tool(
	struct request_reading *g, struct str name, struct str about, json_t *parameters);

/* The size of a list, checked against its limit. */
bool request_read_count(
	const struct js_at *at, size_t limit, const char *what, size_t *count, struct err *e);

/* The members of an object that are none of `known` (ending with NULL), kept by the request; NULL
 * if there are none. */
const json_t *request_keep_unknown(
	struct chat_request *r, const json_t *object, const char *const *known);

#endif

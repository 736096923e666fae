/*
 * trace.h - the way of one request through the layers, written down as it goes.
 *
 * One trace a request. Each layer notes what came in, what it decided and what went out, with the
 * time it took; store/ keeps it, `offgrid trace ID` draws it. A NULL trace is allowed everywhere
 * and costs nothing. Owned by one thread at a time (the loop's; an engine's facts reach it through
 * the events). Bytes kept are capped: what is cut says so. Secrets never come here: callers hand
 * over bodies, not headers.
 */
#ifndef OFFGRID_BASE_TRACE_H
#define OFFGRID_BASE_TRACE_H

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

struct trace;

enum {
	TRACE_ID_CHARS = 12
}; /* lower-case letters and digits: unique enough on one machine, short enough to type */

#define TRACE_BROKEN "invariant" /* trace_record.what of what trace_broken notes */

struct trace_record {
	enum layer layer;
	const char *
		what; /* a literal: "request", "decision", "rendered", "raw", "event", "fault", … */
	int64_t at_us;   /* since the trace began */
	int64_t bytes;   /* size of what passed, or -1 where there is none */
	struct str text; /* words for people, or the bytes themselves (capped) */
	bool is_cut;     /* text is shorter than what passed */
};

struct trace *trace_new(void);
void trace_free(struct trace *t); /* NULL is fine */

/* What passed is not written down any more, only what was decided: nobody will keep it. */
void trace_forget_bytes(struct trace *t);

const char *trace_id(const struct trace *t); /* NUL-terminated; "" for NULL */
int64_t trace_began_unix_ms(const struct trace *t);

/* A decision or a fact in words. */
void trace_note(struct trace *t, enum layer layer, const char *what, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Something that must be so in every request was not (chat/invariants.h has the list): a record
 * TRACE_BROKEN that begins with "broken: ", counted by layer even where no record fits any more. */
void trace_broken(struct trace *t, enum layer layer, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
unsigned trace_broken_count(const struct trace *t, enum layer layer); /* 0 for NULL */

/* Bytes that passed a border: a body, a rendered prompt, raw model text. */
void trace_bytes(struct trace *t, enum layer layer, const char *what, struct str bytes);

/* Bytes that come in pieces: appended to the last record of that layer if it has the same `what`,
 * else a new one. So two layers may be told of one stream at the same time. */
void trace_append(struct trace *t, enum layer layer, const char *what, struct str bytes);

/* Where it stopped. */
void trace_fault(struct trace *t, const struct err *e);
/* It went on after all: somebody mended it or asked again. The record stays. */
void trace_recovered(struct trace *t);

size_t trace_count(const struct trace *t);
const struct trace_record *trace_get(const struct trace *t, size_t index);
const struct err *trace_get_fault(const struct trace *t); /* NULL if it went through */

/* The whole of it as JSON text, appended; false if the buffer's cap is hit. */
bool trace_write(const struct trace *t, struct buf *out);
/* And back (for store/). NULL on what is no trace. */
struct trace *trace_from_json(const json_t *value, struct err *e);

#endif

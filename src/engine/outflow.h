/*
 * outflow.h - what of the sampled bytes may leave: whole characters, and nothing that may still
 * become a stop text.
 *
 * A push machine without I/O: bytes go in as tokens come, what may leave is taken out. The output
 * does not depend on how the input was cut. Bytes that are no UTF-8 leave as U+FFFD. At a stop text
 * the flow ends in front of it; of several that end at the same byte the earliest to begin wins.
 */
#ifndef OFFGRID_ENGINE_OUTFLOW_H
#define OFFGRID_ENGINE_OUTFLOW_H

#include "base/buf.h"

struct outflow {
	struct buf held;   /* not yet released */
	uint64_t taken_in; /* bytes ever put in */
	uint64_t released; /* of these, bytes that have left or were dropped */
	const struct str *stops;
	size_t stop_count;
	size_t stop; /* which stop text came; stop_count: none */
};

/* The stop texts are borrowed; empty ones never match. */
void outflow_init(struct outflow *o, const struct str *stops, size_t stop_count);
void outflow_clear(struct outflow *o);

/* Takes the bytes of one token; false when a stop text is complete: nothing may follow. */
bool outflow_put(struct outflow *o, struct str bytes);

/* Appends what may leave now; with `is_end` all that is left. */
void outflow_take(struct outflow *o, bool is_end, struct buf *out);

static inline bool outflow_is_stopped(const struct outflow *o)
{
	return o->stop < o->stop_count;
}

#endif

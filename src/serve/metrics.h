/*
 * metrics.h - what the server counts, for GET /metrics (Prometheus text format 0.0.4).
 *
 * Plain numbers in one struct, changed from the loop's thread alone. Times are measured from the
 * arrival of a request.
 */
#ifndef OFFGRID_SERVE_METRICS_H
#define OFFGRID_SERVE_METRICS_H

#include "base/buf.h"
#include "base/err.h"
#include "chat/event.h"

enum { METRICS_BUCKETS = 13 };

/* How many took at most so many milliseconds; the last bucket holds the rest. */
struct histogram {
	uint64_t buckets[METRICS_BUCKETS];
	uint64_t sum_ms;
};

/* How a request ended. */
enum outcome {
	OUTCOME_OK,
	OUTCOME_FAILED, /* with an error, see the layers */
	OUTCOME_LEFT,   /* the client did not wait */
	OUTCOME_COUNT
};

struct metrics {
	uint64_t requests[OUTCOME_COUNT];
	uint64_t errors[LAYER_COUNT];
	uint64_t broken[LAYER_COUNT]; /* invariants: chat/invariants.h */
	uint64_t refused_keys;
	uint64_t paused;    /* answers that waited for their reader */
	uint64_t unwritten; /* requests that left no trace, because of the disk */
	uint64_t unkept;    /* answers that nobody can go on from, for the same reason */
	uint64_t prompt_tokens, cached_tokens, answer_tokens, thinking_tokens;
	struct histogram whole, first; /* until the end; until the first event of an answer */
	int64_t running;               /* chat requests under way */
};

void metrics_took(struct histogram *h, int64_t ms);
void metrics_tokens(struct metrics *m, const struct chat_usage *usage);

/* Appends all of it; `connections` is what the server counts itself. */
void metrics_write(const struct metrics *m, size_t connections, struct buf *out);

#endif

/*
 * digest.h - what an answer says, as three numbers: for comparing two ways in which it was told.
 *
 * Words, thoughts and calls are each counted and hashed in their order; how they were cut into
 * pieces does not count, nor do signs of life, seals, usage and log probabilities. So what a client
 * was streamed can be held against the whole answer without keeping either. Embedded, no memory of
 * its own; under a nanosecond a byte. The hash is str_sum_on: it finds mistakes, not forgers.
 */
#ifndef OFFGRID_CHAT_DIGEST_H
#define OFFGRID_CHAT_DIGEST_H

#include "base/buf.h"
#include "chat/event.h"

struct digest_part {
	uint64_t hash;
	uint64_t bytes;
};

struct digest {
	struct digest_part text, thoughts, calls; /* calls: ids, names and arguments */
	unsigned call_count;
	bool has_no_thoughts; /* whoever made it does not know them: they do not count */
};

void digest_init(struct digest *d);
void digest_take(struct digest *d, const struct chat_event *event);
bool digest_is_same(const struct digest *a, const struct digest *b);

/* "12 bytes of text, 0 of thoughts, 1 calls of 40", appended. */
void digest_describe(const struct digest *d, struct buf *out);

/* A sink into a digest. */
struct chat_sink digest_sink(struct digest *d);

#endif

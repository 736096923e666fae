/*
 * repeat.h - noticing that a model goes in circles.
 *
 * Remembers the last calls by name, arguments and result. The same one three times in a row is a
 * circle, and so are two or three that alternate for three rounds: nothing new can come of it. The
 * same call with another result (a test that fails in another way) is not.
 */
#ifndef OFFGRID_CHAT_REPEAT_H
#define OFFGRID_CHAT_REPEAT_H

#include "base/str.h"

enum { REPEAT_ROUNDS = 3, REPEAT_PERIOD_MAX = 3, REPEAT_KEPT = REPEAT_ROUNDS * REPEAT_PERIOD_MAX };

struct repeat {
	uint64_t calls[REPEAT_KEPT]; /* the newest last */
	size_t count;
};

void repeat_init(struct repeat *r);

/* A call and its result as one number. */
uint64_t repeat_hash(struct str name, struct str args, struct str result);

/* How many rounds of the same one, two or three calls stand at the end of a list, the newest last:
 * 1 if nothing is repeated, 0 if it is empty. */
size_t repeat_rounds(const uint64_t *calls, size_t count);

/* True if with this call a circle is closed. */
bool repeat_add(struct repeat *r, struct str name, struct str args, struct str result);

#endif

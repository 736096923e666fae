/*
 * checkpoint.h - states of a lane that can be returned to.
 *
 * A cache of keys and values can be cut behind any token. A recurrent state cannot, and a window
 * has let go of what stands before it: such a model would have to read a conversation again from
 * its first token whenever a later prompt parts from what it knows, as happens with every turn
 * whose thoughts the template drops. So what such a model holds behind some number of tokens is
 * kept as bytes, a few times for each lane. Plain memory beside the cache; belongs to the engine's
 * thread; knows nothing of libllama.
 */
#ifndef OFFGRID_ENGINE_CHECKPOINT_H
#define OFFGRID_ENGINE_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

struct checkpoint {
	size_t tokens; /* the first so many of the lane; never 0 */
	uint8_t *bytes;
	size_t n;
};

enum {
	CHECKPOINTS = 4,         /* of one lane */
	CHECKPOINT_DISTANCE = 32 /* tokens that are read again sooner than a state is kept */
};

struct checkpoints {
	struct checkpoint list[CHECKPOINTS]; /* in the order of their tokens */
	size_t n;
};

void checkpoints_clear(struct checkpoints *c);

/* Drops those that hold more tokens than these: the lane's others have changed. */
void checkpoints_truncate(struct checkpoints *c, size_t tokens);

/* The last one within the first `tokens`, or NULL. Borrowed until the next change. */
const struct checkpoint *checkpoints_find(const struct checkpoints *c, size_t tokens);

/* Adds one behind all others and takes its bytes over. While there are too many, or all together
 * have more than `most_bytes`, the one goes that is missed least: whose neighbours are nearest to
 * each other, never the newest. */
void checkpoints_add(struct checkpoints *c, struct checkpoint added, size_t most_bytes);

#endif

/*
 * mask.h - which tokens of a vocabulary a guide would take: a walk over their trie.
 *
 * The walk goes depth first and holds a state of the guide for each depth; a byte that is not
 * allowed skips all tokens that begin so. Inside free text (guide_loop) no state is made and no
 * byte tried: tokens that are plain to their end are kept all at once, and of the others only the
 * byte that leaves the text is tried. What is kept is the same as if every token were tried.
 * Belongs to one job on the engine's thread.
 */
#ifndef OFFGRID_ENGINE_MASK_H
#define OFFGRID_ENGINE_MASK_H

#include "base/guide.h"
#include "engine/trie.h"

struct mask {
	const struct guide *guide;
	const struct trie *trie; /* outlives the mask */
	size_t state_bytes;      /* rounded up for alignment */
	const void *live;        /* the state the walk begins with */
	char *states;            /* one for each depth below it */
	struct mask_level *levels;
	char *path;    /* bytes from the root down to the present node */
	uint8_t *kept; /* by rank: 1 for what the guide would take; zeros behind the last, up to a
			* multiple of MASK_BLOCK */
};

enum { MASK_BLOCK = 16 };

void mask_init(struct mask *m, const struct guide *guide, const struct trie *trie);
void mask_clear(struct mask *m);

/* Fills `kept` for this state. */
void mask_walk(struct mask *m, const void *state);

#endif

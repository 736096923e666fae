/*
 * guide_forced.h - what must come next, found by walking a guide: the `forced` of most guides.
 */
#ifndef OFFGRID_CHAT_GUIDE_FORCED_H
#define OFFGRID_CHAT_GUIDE_FORCED_H

#include "base/guide.h"

/* Takes bytes as long as there is only one, on a copy of the state made in `walk` (state_bytes of
 * room). Arguments and result as guide_ops.forced. */
size_t guide_forced(const struct guide_ops *ops, const void *grammar, const void *state, void *walk,
	char *out, size_t cap);

#endif

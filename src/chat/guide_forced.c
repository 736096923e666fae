/*
 * guide_forced.c - what must come next, found by walking a guide; see guide_forced.h.
 */
#include "chat/guide_forced.h"

size_t guide_forced(const struct guide_ops *ops, const void *grammar, const void *state, void *walk,
	char *out, size_t cap)
{
	const void *at = state;
	size_t n = 0;
	while (n < cap && !ops->may_end(grammar, at)) {
		struct byte_set set;
		ops->allowed(grammar, at, &set);
		int only = byte_set_only(&set);
		if (only < 0)
			break;
		if (at == state)
			ops->copy(grammar, walk, state);
		at = walk;
		ops->accept(grammar, walk, (unsigned char)only);
		out[n++] = (char)only;
	}
	return n;
}

/*
 * guide_cache.h - guides that were made are kept for the next request that offers the same.
 *
 * An agent offers the same tools in every request of a session; a guide of sixty tools takes
 * milliseconds to make and none to find again. What a guide is made from is compared in full, not
 * by a hash alone. A guide that is taken lives until it is given back, however full the cache is;
 * beyond LIMIT_GUIDES_KEPT and LIMIT_GUIDES_BYTES those that nobody holds go, the longest unused
 * first. Belongs to one thread; guides themselves may be read by any.
 */
#ifndef OFFGRID_CHAT_GUIDE_CACHE_H
#define OFFGRID_CHAT_GUIDE_CACHE_H

#include "chat/tool_guide.h"

struct guide_cache;

struct guide_cache *guide_cache_new(void);
/* NULL is fine. Guides that are held go when they are given back, and the cache with the last. */
void guide_cache_free(struct guide_cache *c);

/* As tool_guide_new, with the same words in the trace whether the guide is new or not. `format`
 * outlives the cache. */
const struct tool_guide *guide_cache_take(struct guide_cache *c, const struct chat_request *r,
	const struct tool_format *format, enum tool_thinking thinking, struct trace *t);
void guide_cache_give(struct guide_cache *c, const struct tool_guide *guide); /* NULL is fine */

/* Guides kept, and how many of all that were taken had to be made. */
struct guide_cache_facts {
	size_t kept, bytes;
	uint64_t taken, made;
};
struct guide_cache_facts guide_cache_facts(const struct guide_cache *c);

#endif

/*
 * arena.h - memory that dies together.
 *
 * One arena per request, per turn, per render: things made in it are never freed one by one. Not
 * thread-safe: an arena belongs to one thread at a time. Out of memory aborts; sizes that come from
 * outside are checked by the caller against limits.h before they reach an arena.
 */
#ifndef OFFGRID_BASE_ARENA_H
#define OFFGRID_BASE_ARENA_H

#include "base/str.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);  /* NULL is fine */
void arena_reset(struct arena *a); /* everything made in it is gone; one block is kept for reuse */

void *arena_alloc(struct arena *a, size_t bytes); /* zeroed, aligned for any type */
void *arena_calloc(
	struct arena *a, size_t count, size_t bytes); /* zeroed; overflow of the product aborts */

/* A copy in the arena, followed by a NUL that does not count. */
struct str arena_str(struct arena *a, struct str s);
char *arena_z(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

size_t arena_bytes(const struct arena *a); /* bytes handed out since birth or reset */

#endif

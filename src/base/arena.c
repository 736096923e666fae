/*
 * arena.c - memory that dies together; see arena.h. A list of blocks, the newest first; a large
 * piece gets a block of its own, so at most half of a block is ever wasted.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

enum { BLOCK_BYTES = 16 * 1024 };

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

struct arena {
	struct block *blocks;
	size_t given;
};

struct arena *arena_new(void)
{
	return must_calloc(1, sizeof(struct arena));
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	for (struct block *b = a->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

void arena_reset(struct arena *a)
{
	struct block *keep = NULL;
	for (struct block *b = a->blocks, *next; b; b = next) {
		next = b->next;
		if (!keep && b->size == BLOCK_BYTES)
			keep = b;
		else
			free(b);
	}
	if (keep) {
		keep->next = NULL;
		keep->used = 0;
	}
	a->blocks = keep;
	a->given = 0;
}

static struct block *add_block(struct arena *a, size_t size)
{
	MUST(size <= SIZE_MAX - sizeof(struct block));
	struct block *b = must_alloc(sizeof *b + size);
	b->next = a->blocks;
	b->used = 0;
	b->size = size;
	a->blocks = b;
	return b;
}

/* Uncleared; the newest block is tried first, and stays first if a large piece gets a block of its
 * own. */
static char *take(struct arena *a, size_t bytes)
{
	MUST(bytes <= SIZE_MAX / 2);
	size_t rounded =
		(bytes + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	struct block *b = a->blocks;
	a->given += rounded;
	if (!b || b->size - b->used < rounded) {
		b = add_block(a, rounded > BLOCK_BYTES / 2 ? rounded : BLOCK_BYTES);
		if (b->size == rounded && b->next) {
			struct block *roomy = b->next;
			b->next = roomy->next;
			roomy->next = b;
			a->blocks = roomy;
		}
	}
	char *p = b->bytes + b->used;
	b->used += rounded;
	return p;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	return memset(take(a, bytes ? bytes : 1), 0, bytes);
}

void *arena_calloc(struct arena *a, size_t count, size_t bytes)
{
	MUST(bytes == 0 || count <= SIZE_MAX / bytes);
	return arena_alloc(a, count * bytes);
}

char *arena_z(struct arena *a, struct str s)
{
	char *p = take(a, s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = 0;
	return p;
}

struct str arena_str(struct arena *a, struct str s)
{
	return (struct str){ arena_z(a, s), s.n };
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	/* Into what is left of the block; once more if it goes elsewhere. */
	const struct block *b = a->blocks;
	size_t room = b ? b->size - b->used : 0;
	char *left = room ? a->blocks->bytes + b->used : NULL;
	int n = vsnprintf(left, room, format, args);
	va_end(args);
	MUST(n >= 0);
	char *p = take(a, (size_t)n + 1);
	if (p != left)
		vsnprintf(p, (size_t)n + 1, format, again);
	va_end(again);
	return (struct str){ p, (size_t)n };
}

size_t arena_bytes(const struct arena *a)
{
	return a->given;
}

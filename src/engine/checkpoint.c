/*
 * checkpoint.c - a short ordered list; see checkpoint.h.
 */
#include "engine/checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

static void drop(struct checkpoints *c, size_t i)
{
	free(c->list[i].bytes);
	c->n--;
	memmove(c->list + i, c->list + i + 1, (c->n - i) * sizeof c->list[0]);
}

void checkpoints_clear(struct checkpoints *c)
{
	checkpoints_truncate(c, 0);
}

void checkpoints_truncate(struct checkpoints *c, size_t tokens)
{
	while (c->n && c->list[c->n - 1].tokens > tokens)
		drop(c, c->n - 1);
}

const struct checkpoint *checkpoints_find(const struct checkpoints *c, size_t tokens)
{
	for (size_t i = c->n; i-- > 0;)
		if (c->list[i].tokens <= tokens)
			return &c->list[i];
	return NULL;
}

static size_t all_bytes(const struct checkpoints *c)
{
	size_t n = 0;
	for (size_t i = 0; i < c->n; i++)
		n += c->list[i].n;
	return n;
}

/* Without the last: how far its neighbours would then stand from each other. */
static size_t least_missed(const struct checkpoints *c)
{
	size_t best = 0, nearest = SIZE_MAX;
	for (size_t i = 0; i + 1 < c->n; i++) {
		size_t before = i ? c->list[i - 1].tokens : 0;
		size_t gap = c->list[i + 1].tokens - before;
		if (gap < nearest) {
			nearest = gap;
			best = i;
		}
	}
	return best;
}

void checkpoints_add(struct checkpoints *c, struct checkpoint added, size_t most_bytes)
{
	MUST(!c->n || c->list[c->n - 1].tokens < added.tokens);
	if (added.n > most_bytes) {
		free(added.bytes);
		return;
	}
	while (c->n && all_bytes(c) > most_bytes - added.n)
		drop(c, least_missed(c));
	if (c->n == CHECKPOINTS)
		drop(c, least_missed(c));
	c->list[c->n++] = added;
}

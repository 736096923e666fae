/*
 * token_list.c - tokens with the place in a text at which each ends; see token_list.h.
 */
#include "engine/token_list.h"

#include "base/must.h"

enum { FIRST_ROOM = 64 };

void token_list_clear(struct token_list *l)
{
	free(l->p);
	*l = (struct token_list){ 0 };
}

void token_list_add(struct token_list *l, struct token t)
{
	MUST(!l->n || t.end >= l->p[l->n - 1].end);
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : FIRST_ROOM;
		l->p = must_realloc(l->p, l->room * sizeof *l->p);
	}
	l->p[l->n++] = t;
}

void token_list_truncate(struct token_list *l, size_t n)
{
	MUST(n <= l->n);
	l->n = n;
}

size_t token_list_before(const struct token_list *l, uint32_t end)
{
	size_t low = 0, high = l->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (l->p[middle].end <= end)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

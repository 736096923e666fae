/*
 * guard_pieces.c - see guard_pieces.h.
 */
#include "chat/guard_pieces.h"

#include <stdlib.h>

#include "base/must.h"

enum { FIRST_ROOM = 16 };

void guard_pieces_init(struct guard_pieces *p, size_t max_bytes)
{
	*p = (struct guard_pieces){ .count = 0 };
	buf_init(&p->text, max_bytes);
}

void guard_pieces_clear(struct guard_pieces *p)
{
	size_t max_bytes = p->text.max;
	buf_clear(&p->text);
	free(p->ends);
	guard_pieces_init(p, max_bytes);
}

void guard_pieces_reset(struct guard_pieces *p)
{
	buf_reset(&p->text);
	p->count = p->told = 0;
}

void guard_pieces_add(struct guard_pieces *p, struct str piece)
{
	if (!buf_add(&p->text, piece))
		return;
	if (p->count == p->room) {
		p->room = p->room ? 2 * p->room : FIRST_ROOM;
		p->ends = must_realloc(p->ends, p->room * sizeof *p->ends);
	}
	p->ends[p->count++] = p->text.n;
}

size_t guard_pieces_told_bytes(const struct guard_pieces *p)
{
	return p->told ? p->ends[p->told - 1] : 0;
}

bool guard_pieces_next(struct guard_pieces *p, size_t limit, struct str *piece)
{
	if (p->told == p->count || p->ends[p->told] > limit)
		return false;
	*piece = str_sub(buf_str(&p->text), guard_pieces_told_bytes(p), p->ends[p->told]);
	p->told++;
	return true;
}

/*
 * guard_pieces.h - bytes held back that remember where their pieces ended, so that what is let go
 * goes out exactly as it came.
 *
 * Of one owner.
 */
#ifndef OFFGRID_CHAT_GUARD_PIECES_H
#define OFFGRID_CHAT_GUARD_PIECES_H

#include "base/buf.h"

struct guard_pieces {
	struct buf text;
	size_t *ends; /* of each piece, as bytes of text */
	size_t count, room;
	size_t told; /* pieces that were let go; their bytes are still here */
};

void guard_pieces_init(struct guard_pieces *p, size_t max_bytes);
void guard_pieces_clear(struct guard_pieces *p);
void guard_pieces_reset(struct guard_pieces *p); /* empty, keeps the memory */

void guard_pieces_add(struct guard_pieces *p, struct str piece);

/* The next piece not let go yet that ends at or before `limit`; false if there is none. */
bool guard_pieces_next(struct guard_pieces *p, size_t limit, struct str *piece);

/* Where the pieces end that were let go. */
size_t guard_pieces_told_bytes(const struct guard_pieces *p);

#endif

/*
 * raw_count.h - the length of a text that stands as it is, counted while it is written.
 *
 * An automaton that counts has a state for each length, which is too many for a limit of thousands.
 * Counted here are the characters behind the opening text; what they end with may be the beginning
 * of the closing text, so two matches of it go along: with the line end that belongs to it, and
 * without. All of it may be text while that is not over the limit; beyond it, it must be closing a
 * text of the right length.
 *
 * Immutable, lies in the arena it was made in; a place is two plain numbers, zeros at the
 * beginning.
 */
#ifndef OFFGRID_CHAT_RAW_COUNT_H
#define OFFGRID_CHAT_RAW_COUNT_H

#include "chat/raw_text.h"

struct raw_count;

struct raw_count_at {
	uint32_t chars; /* behind the opening text */
	uint32_t seen;  /* bytes of the opening text, of the two matches */
};

/* NULL if the texts are too long to be matched so. */
const struct raw_count *raw_count_new(
	struct arena *mem, const struct raw_frame *frame, size_t min_chars, size_t max_chars);

void raw_count_step(const struct raw_count *r, struct raw_count_at *at, unsigned char c);

/* It can still become a text of the right length. */
bool raw_count_fits(const struct raw_count *r, const struct raw_count_at *at);
/* The closing text is there, and what stands before it is long enough. */
bool raw_count_may_end(const struct raw_count *r, const struct raw_count_at *at);
/* Characters that may come at least; SIZE_MAX: any number. */
size_t raw_count_room(const struct raw_count *r, const struct raw_count_at *at);

#endif

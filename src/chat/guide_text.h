/*
 * guide_text.h - a row's fixed text as a guide walks it: letters, optional blanks, holes.
 *
 * A text is a chain of pieces. Most are automata; the holes for a call's number and its name are
 * filled while walking, from what the caller gives along. Immutable, lies in the arena it was made
 * in. A place in it is plain memory and says at once when nothing is left.
 */
#ifndef OFFGRID_CHAT_GUIDE_TEXT_H
#define OFFGRID_CHAT_GUIDE_TEXT_H

#include "chat/dfa.h"

struct guide_text;

/* Zeros before the first byte. */
struct guide_text_at {
	uint32_t at;    /* state of the piece's automaton, or bytes of its hole */
	uint16_t piece; /* GUIDE_TEXT_OVER: a walk that was given up */
};

enum { GUIDE_TEXT_OVER = UINT16_MAX };

/* What the holes hold. */
struct guide_holes {
	uint64_t number;
	struct str name;
};

/* How a text may be written. */
struct guide_text_style {
	bool is_spacing_free; /* blanks where the family's models were seen to vary them */
	int id_chars;
	const char *also; /* another way to write all of it, as an expression, or NULL; only for
			     texts without those holes */
};

/* The parts one after the other (NULL counts as ""). */
const struct guide_text *guide_text_new(struct arena *mem, const char *const *parts, size_t n,
	const struct guide_text_style *style);

/* Takes the byte, or returns false and leaves the place as it was. */
bool guide_text_step(const struct guide_text *t, const struct guide_holes *holes,
	struct guide_text_at *at, unsigned char c);
/* Adds the bytes that step would take. */
void guide_text_allowed(const struct guide_text *t, const struct guide_holes *holes,
	const struct guide_text_at *at, struct byte_set *out);

/* The text may end here; it ends here, since nothing of it may follow. */
bool guide_text_is_complete(const struct guide_text *t, const struct guide_text_at *at);
bool guide_text_is_final(const struct guide_text *t, const struct guide_text_at *at);

#endif

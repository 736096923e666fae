/*
 * raw_text.h - automata of text that stands as it is, up to a closing text.
 *
 * The hard part is where it ends, since the text may hold the closing text itself: a file about
 * tool calls does. It ends where something follows that only follows an end; a text that has that
 * inside cannot be written. Where whole calls stand inside (each closed as it was opened), what
 * looks like an end may be one or not, and a walk has to follow both.
 */
#ifndef OFFGRID_CHAT_RAW_TEXT_H
#define OFFGRID_CHAT_RAW_TEXT_H

#include "chat/dfa.h"

enum { RAW_FOLLOWERS_MAX = 5 };

struct raw_frame {
	struct str open;  /* in front of the text, part of the automaton */
	struct str close; /* behind it; line ends at its borders need not be there */
	/* What tells an end: one of these behind the closing text. None: the closing text itself
	 * ends it, wherever it stands. */
	struct str followers[RAW_FOLLOWERS_MAX];
	size_t n_followers;
	struct str call_open, call_close; /* those of calls inside, or empty */
	size_t mark_bytes; /* of the closing text, without followers: where these stand the rest
			      follows; 0: they may stand inside as well */
};

/*
 * open, a text of `inside` (over plain UTF-8), close. Accepting where the text may be over; where
 * there are edges out of such a state it may also go on. NULL if there is no such text, or (then
 * *overflow) if it takes too many states.
 */
const struct dfa *raw_text(
	struct arena *mem, const struct dfa *inside, const struct raw_frame *frame, bool *overflow);

/* Every text without this one in it. */
const struct dfa *raw_text_without(struct arena *mem, struct str text);

/* Whether an end could be seen inside the text. */
bool raw_text_hides_end(struct str text, const struct raw_frame *frame);

#endif

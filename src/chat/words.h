/*
 * words.h - a model's prose as sentences of words, for the little that we read out of it.
 *
 * Used by claims.h and nudge.h, which look for a handful of English patterns; prose in other
 * languages gives words that match none of them, so nothing is concluded from it. Fenced code and
 * quoted lines are not prose and left out. Pure; everything points into the text or the arena.
 */
#ifndef OFFGRID_CHAT_WORDS_H
#define OFFGRID_CHAT_WORDS_H

#include "base/arena.h"

struct word {
	struct str
		text; /* without the punctuation around it; what stands in backticks is one word */
	bool is_code; /* it stood in backticks */
	bool is_quoted;   /* it stands between double quotes that hold more than one word */
	bool ends_clause; /* a comma, semicolon, colon or dash follows */
};

enum { SENTENCE_WORDS = 64 }; /* of a longer one only the first are looked at */

struct sentence {
	struct str text; /* trimmed, without a bullet */
	struct word words[SENTENCE_WORDS];
	size_t count;
	bool is_item; /* a line of a list */
	bool is_question;
	bool ends_open; /* with a colon: something is to follow */
};

/* Cuts the next sentence with at least one word off the front of `rest`. `in_code` is false at
 * first and kept by the caller. */
bool sentence_next(struct str *rest, bool *in_code, struct sentence *out);

/* The word is one of a NULL-terminated list, whatever the case. */
bool word_is(const struct word *w, const char *const *list);

/*
 * Whether the word is surely the name of a file: its ending is one that files have, or it is a
 * customary name (Makefile). Conservative: a version, a domain, `os.path` or Node.js is none.
 */
bool word_is_file(const struct word *w);

#endif

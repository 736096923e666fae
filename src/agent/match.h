/*
 * match.h - finding the text that a model wants replaced, though it copied it a little wrong.
 *
 * Three tries, from strict to tolerant, and the first that finds anything counts: the exact bytes;
 * whole lines that differ only in white space at line ends (and in CR LF against LF); whole lines
 * that differ in indentation too. A text found more than once is never replaced: the caller refuses
 * with the count. Pure functions over bytes.
 */
#ifndef OFFGRID_AGENT_MATCH_H
#define OFFGRID_AGENT_MATCH_H

#include "base/buf.h"

enum match_how { MATCH_NONE, MATCH_EXACT, MATCH_LINE_ENDS, MATCH_INDENT, MATCH_HOW_COUNT };

/* "", "", "white space at line ends ignored", "indentation ignored" */
extern const char *const match_how_words[MATCH_HOW_COUNT];

struct match {
	enum match_how how;
	size_t count;    /* how often it is there */
	size_t from, to; /* bytes of the first one */
};

/* `old` must not be empty. */
struct match match_find(struct str text, struct str old);

/* Appends the whole text with the first match replaced. Where the match was tolerant, `new` takes
 * over the file's line endings and the indentation that `old` had wrong. */
void match_replace(
	struct str text, const struct match *m, struct str old, struct str new, struct buf *out);

/* Appends up to three lines "12: text" that look most like the first line of `old`; false if none
 * looks like it. */
bool match_nearest(struct str text, struct str old, struct buf *out);

/* The line (from 1) that byte `at` is in. */
size_t match_line(struct str text, size_t at);

#endif

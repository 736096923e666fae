/*
 * jinja_textop.h - what Python's str does, for filters and methods alike.
 *
 * Results keep the origins of what they were made of, and the markup flag of `t`.
 */
#ifndef OFFGRID_CHAT_JINJA_TEXTOP_H
#define OFFGRID_CHAT_JINJA_TEXTOP_H

#include "jinja/jinja_chars.h"
#include "jinja/jinja_text.h"

enum jside { JSIDE_LEFT = 1, JSIDE_RIGHT = 2, JSIDE_BOTH = 3 };

/* Without the characters in `chars` at these sides; NULL: white space. */
const struct jtext *jtext_strip(
	struct jrun *r, const struct jtext *t, const struct jtext *chars, enum jside side);

/* The first `count` occurrences of `old` replaced, all if negative. */
const struct jtext *jtext_replace(struct jrun *r, const struct jtext *t, const struct jtext *old,
	const struct jtext *with, int64_t count);

/* How str.upper, lower, title, capitalize and swapcase write it. */
enum jcasing { JCASING_UPPER, JCASING_LOWER, JCASING_TITLE, JCASING_CAPITAL, JCASING_SWAP };
const struct jtext *jtext_cased(struct jrun *r, const struct jtext *t, enum jcasing casing);

/* Lines as str.splitlines cuts them, with their ends or without. */
struct jlist *jtext_lines(struct jrun *r, const struct jtext *t, bool keep_ends);

/* At most `max` cuts (all if negative) at `separator`, or at white space if NULL, counted from
 * this side. An empty separator gives NULL. */
struct jlist *jtext_split(struct jrun *r, const struct jtext *t, const struct jtext *separator,
	int64_t max, enum jside from);

/* Filled up to `width` characters with `fill`; JSIDE_LEFT: the text stands left. */
const struct jtext *jtext_justify(
	struct jrun *r, const struct jtext *t, int64_t width, struct str fill, enum jside side);

/* Byte offset of `needle` in t from `from` on, SIZE_MAX if it is not there. */
size_t jtext_find(const struct jtext *t, struct str needle, size_t from);

#endif

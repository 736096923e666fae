/*
 * utf8.h - UTF-8 as RFC 3629 has it: no surrogates, no overlong forms, nothing above U+10FFFF.
 */
#ifndef OFFGRID_BASE_UTF8_H
#define OFFGRID_BASE_UTF8_H

#include "base/buf.h"

/*
 * Reads one character at the front of s. Returns its bytes (1..4) and sets *code; 0 if s is empty
 * or begins with bytes that no continuation could mend; -1 if s is the unfinished beginning of a
 * valid character.
 */
int utf8_next(struct str s, uint32_t *code);

bool utf8_is_valid(struct str s);

/* Length of the longest prefix that ends with a whole character (an invalid byte counts as whole):
 * what may be sent on. */
size_t utf8_whole(struct str s);

/* Appends one character (1..4 bytes). A code outside Unicode becomes U+FFFD. */
bool utf8_add(struct buf *out, uint32_t code);

/* Appends s with every byte that is not part of a valid character replaced by U+FFFD. */
bool utf8_mend(struct str s, struct buf *out);

/* Characters in s (an invalid byte counts as one). */
size_t utf8_count(struct str s);

/* Bytes of ASCII in s, and bytes that begin a longer character; quick, and no judge of what is
 * valid. */
struct utf8_kinds {
	size_t ascii, longer;
};
struct utf8_kinds utf8_kinds(struct str s);

#endif

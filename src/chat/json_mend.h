/*
 * json_mend.h - JSON as models write it, made JSON as it is written in RFC 8259, while it streams.
 *
 * A push machine for one object. What is valid passes byte by byte as it came. Mended, and told
 * once for each kind: control characters inside strings, escapes that JSON does not know, lone
 * surrogates and U+0000, bytes that are no UTF-8, strings in single quotes, Python's True, False
 * and None, a comma before a closing bracket. Everything else that is wrong is a fault: nothing is
 * ever invented. Keys that come twice are not noticed here.
 *
 * Output never ends within a character, and does not depend on how the input was cut. Nesting is
 * bounded by LIMIT_JSON_DEPTH.
 *
 * Layer: parse.
 */
#ifndef OFFGRID_CHAT_JSON_MEND_H
#define OFFGRID_CHAT_JSON_MEND_H

#include "base/buf.h"
#include "base/limits.h"

enum json_mend_kind {
	JSON_MEND_CONTROL,
	JSON_MEND_ESCAPE,
	JSON_MEND_UNICODE,
	JSON_MEND_QUOTES,
	JSON_MEND_WORD,
	JSON_MEND_COMMA,
	JSON_MEND_COUNT
};

extern const char *const json_mend_words[JSON_MEND_COUNT]; /* for the trace */

struct json_mend {
	int want;                                  /* what is awaited; see json_mend.c */
	unsigned mended;                           /* bits by kind: what has been mended so far */
	size_t depth;                              /* open brackets */
	uint64_t is_object[LIMIT_JSON_DEPTH / 64]; /* by depth */
	char held[64]; /* a comma and blanks after it; letters of a word; bytes of a character */
	size_t n_held;
	char quote;    /* of the present string */
	bool is_key;   /* it is one */
	bool has_high; /* a high surrogate is held and waits for its low one */
	unsigned code; /* of a \u escape being read */
	int digits;    /* of it so far */
};

void json_mend_init(struct json_mend *m); /* nothing to clear */

/* Takes one byte; what is decided is appended to `out`. False: it cannot be read, and why (a
 * constant). */
bool json_mend_feed(struct json_mend *m, char c, struct buf *out, const char **why);
bool json_mend_is_done(const struct json_mend *m); /* the object is closed; feed no more */

#endif

/*
 * pattern.h - regular expressions of JSON Schema (ECMA-262) as automata.
 *
 * Taken: literals, `.`, classes, \d \w \s and their opposites, \xHH \uHHHH \u{H..} \cX and the
 * usual letters, groups of all kinds, alternation, the quantifiers (lazy ones too: the language is
 * the same), ^ and $. Not regular or not worth their size, and so refused with a reason: look
 * around, back references, \b and \B, \p{..}, inline flags. As in JSON Schema an expression may
 * match anywhere unless it is anchored.
 */
#ifndef OFFGRID_CHAT_PATTERN_H
#define OFFGRID_CHAT_PATTERN_H

#include "chat/dfa.h"

enum pattern_use {
	PATTERN_SEARCH, /* a schema's `pattern`: the inside of a JSON string in which it is found */
	PATTERN_WHOLE,  /* the inside of a JSON string that it covers from end to end */
	PATTERN_BYTES,  /* plain text that it covers from end to end */
	/* As the first two, but between single quotes, or plain text with its characters marked. */
	PATTERN_SEARCH_SINGLE,
	PATTERN_WHOLE_SINGLE,
	PATTERN_SEARCH_PLAIN,
	PATTERN_WHOLE_PLAIN,
	PATTERN_USE_COUNT
};

/*
 * NULL with *why (a constant) if the expression is not taken: outside the subset, malformed, too
 * big, or without any match. `mem` gets the result only.
 */
const struct dfa *pattern_compile(
	struct arena *mem, struct str text, enum pattern_use use, const char **why);

#endif

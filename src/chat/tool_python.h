/*
 * tool_python.h - the machine for calls written in Python: f(k='v', n=[1, True, {'a': None}]).
 *
 * Literals only: strings with all their prefixes, escapes and quotes (three of them too, and ones
 * that follow one another), numbers, True, False, None and JSON's words, lists, tuples, dicts.
 * Forgiven: quotes inside a string that should have been escaped, line ends in it, arguments
 * without names (given theirs by the tool's schema), one dict for all arguments, a word without
 * quotes.
 *
 * Layer: parse.
 */
#ifndef OFFGRID_CHAT_TOOL_PYTHON_H
#define OFFGRID_CHAT_TOOL_PYTHON_H

#include "base/limits.h"
#include "chat/tool_call.h"

struct tool_python {
	int place; /* see tool_python.c */
	struct buf word;
	struct buf piece;  /* of the present string, not sent on yet */
	struct buf blanks; /* behind what may be the end of a string */
	char stack[LIMIT_JSON_DEPTH];
	size_t depth;
	bool is_first;   /* in the innermost bracket: no comma before the next value */
	bool is_key;     /* the present string is one of a dict */
	bool is_whole;   /* one dict is all arguments */
	size_t position; /* of arguments without names */
	char quote;
	unsigned quotes;            /* of the present string: 1 or 3; seen so far at an end */
	bool is_triple, is_raw;     /* the present string */
	unsigned code, code_digits; /* of an escape being read */
};

void tool_python_init(struct tool_python *m);
void tool_python_clear(struct tool_python *m);
void tool_python_begin(struct tool_python *m);

/* See tool_call.h. */
enum call_step tool_python_take(
	struct tool_python *m, struct tool_call *c, struct str s, bool is_end, size_t *taken);

#endif

/*
 * tool_bare.h - the machine for Gemma's calls: call:f{k:<|"|>v<|"|>,n:420,o:{a:[1,2]}}.
 *
 * Keys are bare, strings stand unescaped between two marks. A mark ends the string only where a
 * string can end: before a comma or a closing bracket, a key's before its colon. Forgiven: strings
 * and keys in quotes as JSON has them, doubled brackets, a word without marks.
 *
 * Layer: parse.
 */
#ifndef OFFGRID_CHAT_TOOL_BARE_H
#define OFFGRID_CHAT_TOOL_BARE_H

#include "base/limits.h"
#include "chat/tool_call.h"

struct tool_bare {
	int place; /* see tool_bare.c */
	struct buf word;
	char stack[LIMIT_JSON_DEPTH];
	size_t depth;
	bool is_first; /* in the innermost bracket */
	bool is_key;   /* the present string is one */
	char quote;    /* of a string as JSON has it */
	bool is_escaped;
};

void tool_bare_init(struct tool_bare *m);
void tool_bare_clear(struct tool_bare *m);
void tool_bare_begin(struct tool_bare *m);

/* See tool_call.h. */
enum call_step tool_bare_take(
	struct tool_bare *m, struct tool_call *c, struct str s, bool is_end, size_t *taken);

#endif

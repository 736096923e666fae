/*
 * tool_named.h - the machine for calls that are a name, a mark and a JSON object: f[ARGS]{…},
 * functions.f:0<|tool_call_argument_begin|>{…}, <function=f>{…}, >>>f and so on.
 *
 * All up to the first bracket is the head. The name in it stands between what the row has before
 * and after it; ids and numbers are passed over. Forgiven: a part of the head that is missing or
 * another; arguments written as a string; a tool that was offered may be called without arguments.
 *
 * Layer: parse.
 */
#ifndef OFFGRID_CHAT_TOOL_NAMED_H
#define OFFGRID_CHAT_TOOL_NAMED_H

#include "chat/json_mend.h"
#include "chat/tool_call.h"

struct tool_named {
	int place; /* see tool_named.c */
	struct buf string;
	bool is_escaped;
	struct json_mend mend;
};

void tool_named_init(struct tool_named *m);
void tool_named_clear(struct tool_named *m);
void tool_named_begin(struct tool_named *m);

/* See tool_call.h. */
enum call_step tool_named_take(
	struct tool_named *m, struct tool_call *c, struct str s, bool is_end, size_t *taken);

#endif

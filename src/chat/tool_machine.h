/*
 * tool_machine.h - the machine for the syntax of a row: one way in for all of them.
 */
#ifndef OFFGRID_CHAT_TOOL_MACHINE_H
#define OFFGRID_CHAT_TOOL_MACHINE_H

#include "chat/tool_bare.h"
#include "chat/tool_elements.h"
#include "chat/tool_json.h"
#include "chat/tool_named.h"
#include "chat/tool_python.h"
#include "chat/tool_raw.h"

struct tool_machine {
	struct tool_json json;
	struct tool_named named;
	struct tool_raw raw;
	struct tool_elements elements;
	struct tool_python python;
	struct tool_bare bare;
};

void tool_machine_init(struct tool_machine *m);
void tool_machine_clear(struct tool_machine *m);

/* Of a new call in the row's syntax; `c` was begun with it. */
void tool_machine_begin(struct tool_machine *m, const struct tool_call *c);

/* See tool_call.h. The first bytes are those behind the mark, or the beginning of the call. */
enum call_step tool_machine_take(
	struct tool_machine *m, struct tool_call *c, struct str s, bool is_end, size_t *taken);

/* Whether the row's calls are JSON objects that hold their names. */
bool tool_is_object_row(const struct tool_format *f);

#endif

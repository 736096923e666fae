/*
 * tool_elements.h - the machine for MiniMax M3's calls: an element for each parameter, objects and
 * arrays as elements inside it, each tag behind a mark that no text has.
 *
 * What an element is, the schema of the tool says; where it does not, children called `item` make
 * an array, other children an object, and a text without children is read by its looks. Strings go
 * out while they come in.
 *
 * Layer: parse.
 */
#ifndef OFFGRID_CHAT_TOOL_ELEMENTS_H
#define OFFGRID_CHAT_TOOL_ELEMENTS_H

#include "base/limits.h"
#include "chat/tool_call.h"

struct tool_element {
	const json_t *schema; /* or NULL */
	unsigned types;       /* bits of tool_type */
	size_t name_at;       /* of its name, in `names` */
	char close;           /* of its bracket: } or ], 0: not known yet, or a leaf */
	bool has_members;
};

struct tool_elements {
	bool has_head;
	struct buf names; /* of the open elements, one behind the other */
	struct buf text;  /* of the innermost one, if it does not go out as it comes */
	struct tool_element open[LIMIT_JSON_DEPTH / 2];
	size_t depth;
};

void tool_elements_init(struct tool_elements *m);
void tool_elements_clear(struct tool_elements *m);
void tool_elements_begin(struct tool_elements *m);

/* See tool_call.h. */
enum call_step tool_elements_take(
	struct tool_elements *m, struct tool_call *c, struct str s, bool is_end, size_t *taken);

#endif

/*
 * tool_json.h - the machine for calls that are one JSON object: {"name": …, "arguments": {…}}.
 *
 * The name may stand before or after the arguments; other members are passed over, an object
 * around it ({"type": "function", "function": {…}}, or a message with its list of calls,
 * {"tool_calls": [{…}]}, up to the first of them) is looked through. A row whose name is the only
 * key ({"f": {…}}) is read so. Arguments come out as valid JSON (json_mend.h) while they stream.
 * Forgiven: other words for name and arguments, arguments written as a string, absent or null
 * arguments, single quotes, a missing last bracket.
 *
 * Layer: parse.
 */
#ifndef OFFGRID_CHAT_TOOL_JSON_H
#define OFFGRID_CHAT_TOOL_JSON_H

#include "chat/json_mend.h"
#include "chat/tool_call.h"

struct tool_json {
	int place, member; /* see tool_json.c */
	struct buf key, string;
	struct json_mend mend;
	size_t depth;    /* of a value that is passed over */
	unsigned around; /* objects around the call */
	char quote;      /* of the present string */
	bool in_string, is_escaped;
	bool has_args;   /* complete */
	bool has_others; /* members that calls do not have */
	bool is_listed;  /* it is the first of a message's list of calls */
};

void tool_json_init(struct tool_json *j);
void tool_json_clear(struct tool_json *j);
void tool_json_begin(struct tool_json *j); /* of a new call, before the opening bracket */

/* See tool_call.h; CALL_DONE: the object is closed, has a name and its arguments. `is_end`: nothing
 * will follow s. */
enum call_step tool_json_take(
	struct tool_json *j, struct tool_call *c, struct str s, bool is_end, size_t *taken);

#endif

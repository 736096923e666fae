/*
 * tool_json.h - the machine for calls that are one JSON object: {"name": …, "arguments": {…}}.
 *
 * Push, byte by byte; embedded in whoever reads an answer. The name may stand before or after the
 * arguments; other members are passed over. Arguments come out as valid JSON (json_mend.h) while
 * they stream. Forgiven, and told in `mended`: "parameters" for "arguments", arguments written as a
 * string, absent or null arguments.
 *
 * Layer: parse.
 */
#ifndef OFFGRID_CHAT_TOOL_JSON_H
#define OFFGRID_CHAT_TOOL_JSON_H

#include "chat/json_mend.h"

enum call_step { CALL_MORE, CALL_DONE, CALL_FAULT };

enum tool_json_mended { TOOL_JSON_PARAMETERS, TOOL_JSON_STRING, TOOL_JSON_NO_ARGS };

struct tool_json {
	int place, member; /* see tool_json.c */
	struct buf key, name, string;
	struct buf args; /* valid JSON so far; the owner may take it away at any time */
	struct json_mend mend;
	size_t depth; /* of a value that is passed over */
	bool in_string, is_escaped;
	bool has_name, has_args; /* complete */
	unsigned mended;         /* bits of tool_json_mended */
};

void tool_json_init(struct tool_json *j);
void tool_json_clear(struct tool_json *j);
void tool_json_begin(struct tool_json *j); /* of a new call, before the opening bracket */

/* CALL_DONE: the object is closed, has a name and its arguments. CALL_FAULT: why (a constant). */
enum call_step tool_json_feed(struct tool_json *j, char c, const char **why);

#endif

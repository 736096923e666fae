/*
 * tool_format.c - the rows; see tool_format.h. The reader is in tool_reader.c.
 */
#include "chat/tool_format.h"

#include <stddef.h>

const struct tool_format tool_format_hermes = {
	.name = "hermes",
	.mark_open = "<tool_call>",
	.mark_close = "</tool_call>",
	.call_open = "<tool_call>\n",
	.before_name = "{\"name\": \"",
	.before_args = "\", \"arguments\": ",
	.call_close = "}\n</tool_call>",
	.call_separator = "\n",
	.is_spacing_free = true,
	.think_open = "<think>",
	.think_close = "</think>",
};

const struct tool_format tool_format_prompted = {
	.name = "prompted",
	.mark_open = "<tool_call>",
	.mark_close = "</tool_call>",
	.call_open = "<tool_call>",
	.before_name = "{\"name\": \"",
	.before_args = "\", \"arguments\": ",
	.call_close = "}</tool_call>",
	.call_separator = "",
	.is_spacing_free = false,
	.think_open = "<think>",
	.think_close = "</think>",
};

const struct tool_format tool_format_plain = {
	.name = "plain",
	.think_open = "<think>",
	.think_close = "</think>",
};

/*
 * tool_write.h - calls as a row writes them: for histories of models whose template drops them.
 *
 * What comes out is what the family's own template would have written: the row's texts with their
 * holes filled, arguments in the row's syntax. Strings stand as they are where the syntax has no
 * escapes; it is the reader's part to find their end.
 */
#ifndef OFFGRID_CHAT_TOOL_WRITE_H
#define OFFGRID_CHAT_TOOL_WRITE_H

#include "base/buf.h"
#include "base/json.h"
#include "chat/tool_format.h"

struct tool_written {
	struct str name;
	struct str id;           /* for TOOL_HOLE_ID */
	const json_t *arguments; /* an object */
};

/* The calls of one turn. `first`: how many calls the conversation had before, for rows that count
 * all of them. */
void tool_write_calls(const struct tool_format *f, const struct tool_written *calls, size_t count,
	size_t first, struct buf *out);

#endif

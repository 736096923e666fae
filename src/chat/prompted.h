/*
 * prompted.h - tools for models whose template knows none: the tools stand in the system text,
 * calls and results in the turns, all as plain words.
 *
 * The words are fixed: the starter model's adapter was trained on them byte by byte, so a change
 * here means training again. A call is written as tool_format_prompted has it.
 *
 *   SYSTEM⏎
 *   Call a tool like this: <tool_call>{"name": NAME, "arguments": {...}}</tool_call>⏎
 *   Tools:⏎
 *   write(path, content): create or replace a file
 *
 * Parameters that are plain strings stand by their name alone, others with their type, optional
 * ones with a question mark; a parameter with a description gets a line of its own below.
 */
#ifndef OFFGRID_CHAT_PROMPTED_H
#define OFFGRID_CHAT_PROMPTED_H

#include "base/buf.h"
#include "chat/request.h"

/* The system text with the tools appended (the text alone if there are none). */
void prompted_system(struct str words, const struct chat_request *r, struct buf *out);

/* A call as the model said it or would have: JSON as most writers space it. */
void prompted_call(const struct chat_block *call, struct buf *out);

/* What a tool answered, as it stands in a user's turn. */
void prompted_result(const struct chat_block *result, struct buf *out);

/*
 * The conversation as messages that any template can render: [{"role", "content"}], system text
 * first, calls inside the assistant's content, results in user turns (those of one turn joined). A
 * new reference.
 */
json_t *prompted_messages(const struct chat_request *r);

#endif

/*
 * tool_header.h - the header of a message inside an answer: harmony's and Muse's.
 *
 *   <|start|>assistant to=functions.f<|channel|>commentary json<|message|>
 *   <|channel|>commentary to=functions.f <|constrain|>json<|message|>
 *   <|start|>assistant to=self<|message|>
 *
 * Models put the recipient into either half, leave out the content type or its mark, and call from
 * the analysis channel too. What counts is the last recipient and the last channel.
 *
 * Source: the harmony response format, and its makers' templates.
 */
#ifndef OFFGRID_CHAT_TOOL_HEADER_H
#define OFFGRID_CHAT_TOOL_HEADER_H

#include "chat/tool_text.h"

enum tool_message { TOOL_MESSAGE_TEXT, TOOL_MESSAGE_THOUGHT, TOOL_MESSAGE_CALL };

/* Whether s, the front of an answer or what begins with a mark of a header, is one; *used: with its
 * end. LIKE_BEGINNING: its end has not come. */
enum likeness tool_header_at(const struct tool_format *f, struct str s, size_t *used);

/* What its message is; `name`: of the tool that is called. */
enum tool_message tool_header_read(struct str header, struct str *name);

#endif

/*
 * template_tail.h - what a template puts behind one answer of a conversation.
 *
 * The answer's words (or its last call's arguments) are replaced by a mark, the whole is rendered,
 * and what follows the mark and the closers of the call is the rest of the prompt. So it does not
 * matter what the template does with the answer itself.
 *
 * Layer: prompt.
 */
#ifndef OFFGRID_CHAT_TEMPLATE_TAIL_H
#define OFFGRID_CHAT_TEMPLATE_TAIL_H

#include "chat/template_way.h"

/* The request with a mark in message `at`, an assistant's. Its memory is the arena's; what else it
 * has is shared with `r`. */
struct chat_request template_mark_answer(struct arena *a, const struct chat_request *r, size_t at);

/* Where in the rendered text the rest begins, or SIZE_MAX if the mark or the closers of format `f`
 * are not found. */
size_t template_behind_mark(
	const struct tool_format *f, const struct chat_message *marked, struct str text);

#endif

/*
 * tool_guide.h - the guide for one request: text is free, a call cannot be malformed.
 *
 * Made from what the request offers and demands and from the row of the model's tool format. From
 * the mark that opens a call up to the one that closes it only a valid call passes: a name that was
 * offered, arguments that follow that tool's schema, the rest as the row writes it (with other
 * blanks where the family's models were seen to use them).
 *
 *   tool_choice auto      text; a call begins when the model writes the mark
 *   required, named       the mark comes first, after a thought if there is one
 *   none, no tools        text; the mark cannot be written
 *   response_format       the answer is one JSON value, or (auto) calls
 *
 * Thoughts are followed wherever they stand, the one that the prompt has opened and those the model
 * opens, so that a limit on them can be kept (base/guide.h, `ends_thought`); a request that limits
 * them (chat_thinking_budget) has a guide even if it offers nothing.
 *
 * Behind a call text may follow where a mark of the row tells the two apart; else only another call
 * (a raw value could seem to go on).
 *
 * Without parallel calls the answer ends with the first call. Immutable once made; states belong to
 * whoever makes them (base/guide.h).
 */
#ifndef OFFGRID_CHAT_TOOL_GUIDE_H
#define OFFGRID_CHAT_TOOL_GUIDE_H

#include "base/guide.h"
#include "base/trace.h"
#include "chat/request.h"
#include "chat/tool_format.h"

/* Whether reasoning may stand before a demanded call or value. */
enum tool_thinking {
	TOOL_THINKING_NEVER,   /* the model does not, or was told not to */
	TOOL_THINKING_MAY,     /* it may open a thought itself */
	TOOL_THINKING_IS_OPEN, /* the prompt ended inside an opened one */
};

struct tool_guide;

/* Never fails: what of the schemas cannot be enforced is noted in the trace (NULL is fine). The
 * request is borrowed only during the call. */
struct tool_guide *tool_guide_new(const struct chat_request *r, const struct tool_format *format,
	enum tool_thinking thinking, struct trace *t);
void tool_guide_free(struct tool_guide *g); /* NULL is fine */

/* All that a guide is made from, appended as text: guides of equal keys are alike (guide_cache.h).
 */
void tool_guide_key(const struct chat_request *r, const struct tool_format *format,
	enum tool_thinking thinking, struct buf *out);

/* Bytes of memory it takes. */
size_t tool_guide_bytes(const struct tool_guide *g);

/* Borrowed; lives as long as `g`. NULL if nothing was offered or demanded: every answer will do. */
const struct guide *tool_guide_get(const struct tool_guide *g);

#endif

/*
 * invariants.h - what must be true of every answer, checked on every one as it passes.
 *
 * Most faults that nobody sees break one of these, and each names the layer that is at fault:
 *   - tokens came out, so something is visible (parse);
 *   - as many tokens of the prompt were read as were rendered, and about as many as the
 * conversation has: nobody cut it (prompt);
 *   - the answer ended in order: no call left open, nothing out of its place (parse);
 *   - every call names a tool that was offered, and its arguments are what the tool takes (model);
 *   - why it stopped agrees with whether there are calls (wire);
 *   - no mark of a call is left in the text (parse).
 * A broken one is a record "invariant" in the trace, and counted. Others are checked where their
 * facts are: tools that are not in a rendered prompt by template.c, evaluated against rendered
 * tokens by route/local.c, what was written against what was told by serve/.
 *
 * A push machine of one owner; it changes nothing. Its cost is that of reading each call once more.
 *
 * Layer: prompt, model, parse, wire.
 */
#ifndef OFFGRID_CHAT_INVARIANTS_H
#define OFFGRID_CHAT_INVARIANTS_H

#include "base/trace.h"
#include "chat/event.h"
#include "chat/request.h"

struct invariants {
	const struct chat_request *request; /* outlives it */
	struct trace *trace;
	unsigned broken[LAYER_COUNT];
	unsigned calls;
	bool is_in_call, has_text, has_thought;
	struct buf name, args; /* of the present call */
	struct buf text;       /* the beginning of the answer's, where tools are offered */
	struct chat_usage usage;
	int64_t rendered_tokens; /* of the prompt, as who reads it told; 0: unknown */
};

void invariants_init(struct invariants *v, const struct chat_request *request, struct trace *trace);
void invariants_clear(struct invariants *v);

void invariants_take(struct invariants *v, const struct chat_event *event);

/* One found elsewhere. */
void invariants_break(struct invariants *v, enum layer layer, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif

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
 *   - no mark of a call is left in the text (parse);
 *   - what was streamed is what the answer reads as when it is read whole, and reached whoever
 * listens as it came unless it was mended (parse here, wire elsewhere): both by digest.h.
 * Others are checked where their facts are: tools that are not in a rendered prompt by template.c
 * (prompt), read against rendered tokens by route/local.c (prompt), calls that a client never
 * answered by history.c (client). A broken one is trace_broken: a red line in the trace, and
 * counted in /metrics by its layer.
 *
 * A push machine of one owner; it changes nothing. Its cost is that of reading each call once more,
 * and two digests of what passes.
 *
 * Layer: prompt, model, parse, wire.
 */
#ifndef OFFGRID_CHAT_INVARIANTS_H
#define OFFGRID_CHAT_INVARIANTS_H

#include "base/trace.h"
#include "chat/digest.h"
#include "chat/request.h"

struct invariants {
	const struct chat_request *request; /* outlives it */
	struct trace *trace;
	unsigned calls;
	bool is_in_call, has_text, has_thought;
	struct buf name, args; /* of the present call */
	struct buf text;       /* the beginning of the answer's, where tools are offered */
	struct chat_usage usage;
	int64_t rendered_tokens; /* of the prompt, as who reads it told; 0: unknown */
	struct digest came, told;
	bool has_come; /* the last one that came ended an answer */
};

void invariants_init(struct invariants *v, const struct chat_request *request, struct trace *trace);
void invariants_clear(struct invariants *v);

/* An event as it came from who answers, before anybody mended it. `layer`: of whoever read it
 * there.
 */
void invariants_came(struct invariants *v, enum layer layer, const struct chat_event *event);

/* An event as whoever listens is told it. */
void invariants_take(struct invariants *v, const struct chat_event *event);

/* All was told, and nothing of it was mended: it must be what came. */
void invariants_passed(struct invariants *v);

#endif

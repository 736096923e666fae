/*
 * guard.h - between who answers and who listens: events pass, and what a listener would lose is
 * mended on the way.
 *
 * Mended, each time with a note in the trace:
 *   - a call delivered as text, in any family's marks, bare or in a fence, or left inside a
 * thought, becomes a call (guard_text.h);
 *   - a name that means exactly one of the tools offered becomes it (tool_name.h), an id that came
 *     twice becomes another, arguments become what the tool takes (call_args.h);
 *   - the reason why an answer stopped agrees with whether it holds calls.
 * What cannot be mended is asked for again, if the owner does that and no call has been told yet:
 * a call that cannot be read, of an unknown tool or with arguments that the tool does not take, an
 * answer that says nothing, or one that announces a deed and calls nothing (nudge.h). Else a call
 * that can be read passes as it is, for its tool to refuse, and one that cannot ends the answer
 * with a fault of layer parse, never with markup in the text.
 *
 * The law: an answer that needs no mending passes event by event, with every piece as it was cut.
 * Text is held back only where a mark may begin; a call waits until it is complete, or until
 * GUARD_HELD_BYTES of its arguments have come and nothing can be changed in them any more. What is
 * told does not depend on how the input was cut, but for where pieces begin and how much of a call
 * had been told before a failure inside it.
 *
 * A push machine with no I/O and no clock; of one owner.
 *
 * Layer: parse, model.
 */
#ifndef OFFGRID_CHAT_GUARD_H
#define OFFGRID_CHAT_GUARD_H

#include "base/trace.h"
#include "chat/event.h"
#include "chat/request.h"

/* Arguments that a call may have before it is told unfinished: most have less. */
enum { GUARD_HELD_BYTES = 2048 };

/* What is asked for again: what the model said, as its side of the conversation, and the words that
 * answer it. Borrowed during the call. */
struct guard_again {
	struct str text;           /* may be empty */
	struct str id, name, args; /* the call that was wrong; no name: there is none that can be
				      shown as a call */
	struct str words;          /* for the model: the call's result if there is one */
	int64_t spent_tokens;      /* of what the answer may have, by the answer that is over */
	const char *about;         /* for people: "it called an unknown tool" */
};

struct guard_options {
	const struct chat_request *request; /* outlives the guard */
	uint64_t id_seed;                   /* makes the ids of calls that came without one */
	struct trace *trace;
	struct chat_sink sink;
	/*
	 * Asks again: the present answer is over and its events come no more; those of the next one
	 * go into the same guard. False: it will not. NULL: never. At most once for each guard, and
	 * not where the first one spent all that may be said: two answers share one limit.
	 */
	bool (*again)(void *owner, const struct guard_again *what);
	void *owner;
};

struct guard;

struct guard *guard_new(const struct guard_options *options);
void guard_free(struct guard *g); /* NULL is fine */

/* Whether calls may come as text; true at first. False for our own engine, whose answers were read
 * by the reader of the model's own format. */
void guard_reads_text(struct guard *g, bool does);

/* One event of the answer. */
void guard_take(struct guard *g, const struct chat_event *event);

/* What was told is not word by word what came: something was mended, left out or asked again. */
bool guard_has_mended(const struct guard *g);

/* STOP or FAIL went out; nothing more is taken. */
bool guard_is_over(const struct guard *g);

#endif

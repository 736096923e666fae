/*
 * event.h - the waist, half one: what a model says, as a stream of small events.
 *
 * Every source (our engine through a tool format, an upstream through its dialect, a script) makes
 * these, and every consumer (a client's dialect, the agent, the terminal, the trace) takes these
 * and nothing else.
 *
 * The order of one answer, which chat/check.h can verify: any number of TEXT, THINK and ALIVE; a
 * call is TOOL_BEGIN, then TOOL_ARGS pieces whose concatenation is one JSON object, then TOOL_END;
 * calls are numbered from 0 and never interleave with one another; a SEAL follows the thought that
 * it seals, or stands alone; USAGE at most once; then exactly one of STOP or FAIL, and nothing
 * after it.
 *
 * LOGPROB, where it was asked for, is one token that the model chose: it comes before the words or
 * the part of a call that the token ends in, so it may stand anywhere before USAGE, inside a call
 * too. A token that a guide left no choice about has none. Tokens of marks that no event shows (the
 * tags around a call) are told like all others.
 *
 * What an event points at lives only during the call of the sink. TEXT, THINK and TOOL_ARGS hold
 * whole UTF-8 characters; a token's bytes need not.
 */
#ifndef OFFGRID_CHAT_EVENT_H
#define OFFGRID_CHAT_EVENT_H

#include "base/err.h"
#include "base/str.h"

enum chat_event_type {
	CHAT_TEXT,  /* text: a piece of the answer */
	CHAT_THINK, /* text: a piece of reasoning */
	CHAT_SEAL,  /* text: what its upstream (`origin`) wants back with the thought just told, or,
		       if `stands_alone`, in place of one that it does not show */
	CHAT_TOOL_BEGIN, /* call, id, text: the tool's name */
	CHAT_TOOL_ARGS,  /* call, text: a piece of the arguments' JSON */
	CHAT_TOOL_END,   /* call */
	CHAT_USAGE,      /* usage */
	CHAT_STOP,       /* stop */
	CHAT_FAIL,       /* err */
	CHAT_ALIVE,      /* nothing to say yet, but work goes on: alive */
	CHAT_LOGPROB,    /* text: the token's bytes; logprob */
	CHAT_EVENT_TYPE_COUNT
};

/* Why an answer ended by itself. */
enum chat_stop {
	CHAT_STOP_END,    /* the model ended its turn, or a stop string was reached */
	CHAT_STOP_CALLS,  /* it ended its turn with tool calls to be answered */
	CHAT_STOP_LENGTH, /* the limit of tokens was reached */
	CHAT_STOP_FILTER, /* the upstream refused to go on for reasons of policy */
	CHAT_STOP_COUNT
};

/* Tokens of one answer. What is not known is 0; `is_estimate` says that they were not counted but
 * guessed. */
struct chat_usage {
	int64_t prompt_tokens;   /* the whole prompt, cached part included */
	int64_t cached_tokens;   /* of these, taken from a cache */
	int64_t stored_tokens;   /* of these, put into a cache for a price */
	int64_t answer_tokens;   /* all that the model said, thinking included */
	int64_t thinking_tokens; /* of these, thinking */
	int64_t prefill_us;      /* local only: time to read the prompt */
	int64_t decode_us;       /* local only: time from the first token to the last */
	bool is_estimate;
};

/* How far the reading of the prompt has come. */
struct chat_alive {
	int64_t prompt_tokens; /* 0 if not known yet */
	int64_t done_tokens;
};

/* A token and the natural logarithm of its probability, as the model had it before anything was
 * done to choose (temperature, penalties, guides). */
struct chat_token {
	struct str bytes;
	double logprob;
};

/* How many may be asked for beside the one that was taken. */
enum { CHAT_TOP_LOGPROBS = 20 };

/* Of the token in `text`, with the likeliest at its place, best first (which it may be one of). */
struct chat_logprob {
	double taken;
	const struct chat_token *top;
	size_t top_count;
};

struct digest;

struct chat_event {
	enum chat_event_type type;
	unsigned call; /* which tool call of this answer, from 0 */
	struct str text;
	struct str id;       /* of the call; never empty */
	struct str origin;   /* of a seal: who made it, as the route names it; may be empty */
	bool stands_alone;   /* of a seal */
	enum chat_stop stop; /* with text: the stop string that was reached, if that is known */
	const struct digest *whole; /* of a stop: what the answer is when it is read whole, if who
				       tells it knows; NULL: it does not (invariants.h) */
	struct chat_usage usage;
	struct chat_alive alive;
	struct chat_logprob logprob;
	const struct err *err;
};

/* Where events go. The function runs on the thread of whoever makes the events and must not block.
 */
struct chat_sink {
	void (*take)(void *owner, const struct chat_event *event);
	void *owner;
};

void chat_send(struct chat_sink sink, const struct chat_event *event);

/* Shorthands for the makers of events. */
void chat_send_text(struct chat_sink sink, struct str text);
void chat_send_think(struct chat_sink sink, struct str text);
void chat_send_seal(struct chat_sink sink, struct str opaque, bool stands_alone);
void chat_send_tool_begin(struct chat_sink sink, unsigned call, struct str id, struct str name);
void chat_send_tool_args(struct chat_sink sink, unsigned call, struct str piece);
void chat_send_tool_end(struct chat_sink sink, unsigned call);
void chat_send_usage(struct chat_sink sink, const struct chat_usage *usage);
void chat_send_stop(struct chat_sink sink, enum chat_stop stop);
void chat_send_fail(struct chat_sink sink, const struct err *err);
void chat_send_alive(struct chat_sink sink, int64_t done_tokens, int64_t prompt_tokens);
void chat_send_logprob(struct chat_sink sink, struct str token, const struct chat_logprob *logprob);

extern const char
	*const chat_event_names[CHAT_EVENT_TYPE_COUNT];    /* "text", "think", "tool_begin", … */
extern const char *const chat_stop_names[CHAT_STOP_COUNT]; /* "end", "calls", "length", "filter" */

#endif

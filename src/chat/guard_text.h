/*
 * guard_text.h - the text of an answer, watched for calls that came as text.
 *
 * Pieces pass as they came. From where a call may begin (guard_mark.h) they are held, until it is
 * decided: behind marks as soon as the reader of that family's form begins a call, without marks
 * when the object is whole and, unless it stands at the front of the answer, nothing follows it. A
 * call that begins is read on by that reader to the end of the answer; everything else goes out as
 * the text it is.
 *
 * For guard.c alone.
 *
 * Layer: parse.
 */
#ifndef OFFGRID_CHAT_GUARD_TEXT_H
#define OFFGRID_CHAT_GUARD_TEXT_H

#include "base/trace.h"
#include "chat/guard_mark.h"
#include "chat/guard_pieces.h"

enum guard_text_state {
	GUARD_TEXT_PASSING,
	GUARD_TEXT_TRYING,  /* a reader has begun on what may be a call behind marks */
	GUARD_TEXT_WAITING, /* for the end of what may be a call without */
	GUARD_TEXT_READING  /* it is one: the reader takes all that comes */
};

struct guard_text {
	const struct chat_request *offered;
	struct trace *trace;
	struct chat_sink sink; /* TEXT as it passes; THINK and calls from a reader */
	uint64_t id_seed;
	enum guard_text_state state;
	struct guard_pieces held;
	size_t scanned;     /* held bytes in front of which no call begins */
	bool has_said;      /* something but blanks went out */
	bool at_line_start; /* what is held begins a line */
	struct guard_mark mark;
	bool is_front; /* the mark stands at the beginning of the answer */
	struct tool_reader *reader;
	size_t fed; /* held bytes that the reader has */
	bool is_refuted;
	/* WAITING: the way through the object. */
	size_t walked, depth;
	bool in_string, is_escaped, is_closed;
};

void guard_text_init(struct guard_text *t, const struct chat_request *offered, uint64_t id_seed,
	struct trace *trace, struct chat_sink sink);
void guard_text_clear(struct guard_text *t);
void guard_text_again(struct guard_text *t); /* another answer begins */

/* False: a call that has begun cannot be read. */
bool guard_text_take(struct guard_text *t, struct str piece, struct err *e);
/* What is held is decided; `is_cut`: by the limit of tokens. */
bool guard_text_end(struct guard_text *t, bool is_cut, struct err *e);

/* A text that was told otherwise (a thought), read for the call at its end: true if it holds one,
 * which has then gone to the sink. */
bool guard_text_find_last(struct guard_text *t, struct str text);

#endif

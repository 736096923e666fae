/*
 * guard_text.h - the text of an answer, watched for what should not be text: calls, thoughts,
 * control tokens.
 *
 * A reader of every family's forms (tool_format_rescue) reads along. As long as what it says is the
 * text that came, the pieces pass as they came, each as soon as the reader is done with it; what it
 * holds back is held here, too, except for blanks. With the first thing that it says otherwise, its
 * words count from then on to the end of the answer. What only looks like a call ("models write
 * <tool_call> and </tool_call>") stays text: one that names no tool offered and has no arguments.
 *
 * For guard.c alone.
 *
 * Layer: parse.
 */
#ifndef OFFGRID_CHAT_GUARD_TEXT_H
#define OFFGRID_CHAT_GUARD_TEXT_H

#include "base/trace.h"
#include "chat/guard_pieces.h"
#include "chat/tool_format.h"

struct guard_text {
	const struct chat_request *offered;
	struct trace *trace;
	struct chat_sink sink; /* TEXT as it passes; whatever the reader finds */
	uint64_t id_seed;
	struct tool_reader *reader; /* NULL before the first piece */
	struct guard_pieces held;
	size_t read;     /* held bytes that the reader is done with */
	bool has_parted; /* its words count */
	bool is_deaf;    /* they do not, whatever it says: it took words for a call */
	struct guard_strange {
		bool is_open;
		unsigned number;
		struct buf id, name, args;
	} strange; /* the first call found, if no tool of its name is offered: as far as it came */
};

void guard_text_init(struct guard_text *t, const struct chat_request *offered, uint64_t id_seed,
	struct trace *trace, struct chat_sink sink);
void guard_text_clear(struct guard_text *t);
void guard_text_again(struct guard_text *t); /* another answer begins, or text behind a call */

/* False: a call that has begun cannot be read. */
bool guard_text_take(struct guard_text *t, struct str piece, struct err *e);
/* What is held is decided; `is_cut`: by the limit of tokens. */
bool guard_text_end(struct guard_text *t, bool is_cut, struct err *e);

/* The calls with which a thought ends, told to the sink; false if it ends with none. */
bool guard_text_in_thought(struct guard_text *t, struct str thought);

#endif

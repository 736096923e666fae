/*
 * tool_raw.h - the machine for calls that are a name and one pair of tags for each parameter, with
 * the value between them as it is.
 *
 * A value is a string or JSON as the tag itself says (DSML, Kimi K3) or the schema of the tool; if
 * neither does, by its looks. Strings go out while they come in. Where a value ends is the
 * question: a file may hold every tag of the syntax. A closing tag ends it if a parameter of the
 * tool follows that was not given yet, or the end of the call behind which the next call stands or
 * nothing at all; else it belongs to the value. What a value opens itself it may close itself. A
 * value in a block of its own (MiniCPM5) ends where the block and its parameter do.
 *
 * Forgiven: a doubled or missing closing tag, a head without its `>`, JSON in place of parameters.
 *
 * Layer: parse.
 */
#ifndef OFFGRID_CHAT_TOOL_RAW_H
#define OFFGRID_CHAT_TOOL_RAW_H

#include "chat/json_mend.h"
#include "chat/tool_call.h"

struct tool_raw {
	int place; /* see tool_raw.c */
	struct buf key;
	struct buf given;      /* keys, each with a line's end */
	struct buf value;      /* what is not sent on as it comes */
	unsigned types;        /* of the present value: bits of tool_type */
	bool is_streaming;     /* it is a string and goes out as it comes */
	char last;             /* byte of the value that was passed on */
	size_t calls_within;   /* calls that the value itself has opened */
	size_t params_within;  /* and parameters */
	size_t seen;           /* bytes of what is pending that were looked at */
	bool is_unclosed;      /* its last value had no closing tag where the call ended */
	size_t end, end_after; /* where the call may have ended: its last value, itself */
	bool is_tagged;        /* tags stand around the object in place of parameters */
	struct json_mend mend;
};

void tool_raw_init(struct tool_raw *m);
void tool_raw_clear(struct tool_raw *m);
void tool_raw_begin(struct tool_raw *m);

/* See tool_call.h. */
enum call_step tool_raw_take(
	struct tool_raw *m, struct tool_call *c, struct str s, bool is_end, size_t *taken);

#endif

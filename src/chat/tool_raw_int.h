/*
 * tool_raw_int.h - the inside of the machine for raw parameters; for tool_raw*.c only.
 *
 * tool_raw.c goes from the head through parameters to the end, tool_raw_value.c finds where a value
 * ends.
 */
#ifndef OFFGRID_CHAT_TOOL_RAW_INT_H
#define OFFGRID_CHAT_TOOL_RAW_INT_H

#include "chat/tool_raw.h"
#include "chat/tool_text.h"

enum { RAW_HEAD_MAX_BYTES = 2048 };

/* What is awaited. */
enum raw_place {
	AT_HEAD,  /* what stands before the name, and the name */
	AT_PARAM, /* a parameter, or the end of the call */
	IN_KEY,
	AT_VALUE, /* one line's end, if the row has one there, or what opens a block */
	IN_VALUE,
	IN_BLOCK,
	IN_JSON,     /* an object in place of parameters */
	AT_JSON_END, /* what closes the tag that it stood in */
};

/* What a step of a place did. */
enum raw_progress { WAITS, WENT_ON, IS_OVER, IS_WRONG };

/* A view of what is pending, for one step. */
struct raw_look {
	struct tool_call *c;
	const struct tool_format *f;
	struct str s;
	bool is_end;
	size_t n; /* taken */
};

/* ---- tool_raw.c ---- */

enum raw_progress raw_wrong(struct raw_look *l, const char *why); /* always IS_WRONG */

/* What stands directly before the name: <function=, <invoke name=", or the call's own mark; the
 * first tag that closes a call: </function> of "</function>\n</tool_call>". */
struct str raw_call_tag(const struct tool_format *f);
struct str raw_call_end(const struct tool_format *f);

/* Whether s begins with one of the texts, blanks aside; *used: up to its end. */
enum likeness raw_at_any(struct str s, const struct str *texts, size_t count, size_t *used);
/* The end of the call, or of all calls where the call was not closed itself. */
enum likeness raw_at_call_end(const struct raw_look *l, struct str s, size_t *used);
/* The beginning of a call. */
enum likeness raw_at_call(const struct raw_look *l, struct str s);

bool raw_is_given(const struct tool_raw *m, struct str key);
/* The key and what stands between it and the value: DSML and Kimi K3 say the type there. */
enum likeness raw_read_key(const struct tool_format *f, struct str s, struct str *key,
	struct tool_holes *holes, size_t *used);
enum raw_progress raw_end_params(struct raw_look *l, size_t used);

/* ---- tool_raw_value.c ---- */

enum raw_progress raw_take_value(struct tool_raw *m, struct raw_look *l);
/* In a block: up to its end, and its parameter's. */
enum raw_progress raw_take_block(struct tool_raw *m, struct raw_look *l);

#endif

/*
 * tool_reader_int.h - the inside of a reader; for tool_reader*.c only.
 *
 * What comes in waits in `pending`, from `at` on, until it is decided what it is. Each place has
 * one function that looks at what waits, and says whether it got any further: tool_reader.c has
 * those outside calls, tool_reader_call.c those of a call and its borders, tool_reader_bare.c those
 * of calls without marks.
 */
#ifndef OFFGRID_CHAT_TOOL_READER_INT_H
#define OFFGRID_CHAT_TOOL_READER_INT_H

#include "base/buf.h"
#include "chat/thought_calls.h"
#include "chat/tool_call.h"
#include "chat/tool_machine.h"
#include "chat/tool_marks.h"
#include "chat/tool_quoting.h"

/* Bits of `how` beside those of tool_reading. */
enum { TOOL_READ_REGION = 1 << 8 }; /* the inside of a fence: nothing in it is quoted again */

/* What is awaited. */
enum place {
	AT_TAIL,    /* the end of the prompt, which models may write once more */
	IN_TEXT,    /* text, a mark */
	IN_THOUGHT, /* thinking, its closing mark, the mark of a call */
	IN_HEADER,  /* the end of a message's header */
	AT_CALL,    /* after the mark: blanks, a fence, then the call */
	IN_CALL,    /* bytes of a call */
	AT_CLOSE,   /* after the call: what closes it, or the next one */
	IN_BARE,    /* what looks like a call without marks, up to its last bracket */
	IN_FENCE,   /* what looks like a call in a fence, up to its end */
	IN_FAULT,   /* cannot be read any more */
};

struct tool_reader {
	const struct tool_format *format;
	const struct chat_request *offered;
	struct trace *trace;
	struct chat_sink sink;
	uint64_t id_seed;
	struct tool_marks marks;
	bool has_calls; /* calls may come at all */
	bool is_value;  /* TOOL_READ_VALUE */
	bool is_region;
	bool is_guided; /* TOOL_READ_GUIDED */
	enum place place;
	bool has_said;  /* text has gone out */
	bool at_front;  /* nothing has gone out since the last mark */
	bool is_ending; /* no more will be fed */
	struct tool_quoting quoting;
	struct str think_close; /* of the present thought */
	struct buf pending;     /* bytes not decided yet, from `at` on */
	size_t at;
	struct thought_calls thought_calls;
	/* ---- the present call ---- */
	struct tool_call call;
	struct tool_machine machine;
	const struct tool_mark *mark; /* that opened it; NULL: none */
	bool is_begun;                /* TOOL_BEGIN has gone out */
	bool is_fenced;               /* a fence was opened in front of it */
	bool is_closed;               /* behind it: a closing mark was seen */
	bool is_in_thought;           /* it stands in one that is not over */
	bool is_listed;               /* in a message's list of calls */
	size_t scanned;               /* of a bare or fenced one: bytes looked at behind `at` */
	bool is_bare_front;           /* it is the first of the answer */
	struct buf raw;               /* as it came, for the error */
	struct buf args;              /* its arguments as they went out */
	unsigned calls;
};

/* ---- tool_reader.c ---- */

struct str tool_reader_rest(const struct tool_reader *r); /* what was not taken yet */
void tool_reader_note(struct tool_reader *r, const char *words);
/* Sends the next bytes on as text or thinking; what is no UTF-8 is replaced. */
void tool_reader_words(struct tool_reader *r, size_t bytes);
/* What stands before a mark goes out without its trailing blanks; the mark is dropped. */
void tool_reader_pass(struct tool_reader *r, size_t at, size_t mark_bytes);

/* ---- tool_reader_call.c: true if something was decided ---- */

bool tool_reader_fault(struct tool_reader *r, struct err *e, const char *why);
/* At a mark, or where a call begins without one (NULL); the mark is taken already. */
void tool_reader_begin(struct tool_reader *r, const struct tool_mark *mark);
/* In a row's syntax, at once. */
void tool_reader_begin_in(struct tool_reader *r, const struct tool_format *row);
void tool_reader_tell(struct tool_reader *r); /* its name, then the arguments so far */
bool tool_reader_end_call(struct tool_reader *r, struct err *e);
bool tool_reader_before_call(struct tool_reader *r);
bool tool_reader_in_call(struct tool_reader *r, struct err *e);
bool tool_reader_close(struct tool_reader *r);
void tool_reader_make_id(uint64_t seed, unsigned call, char id[TOOL_CALL_ID_CHARS + 1]);

/* ---- tool_reader_bare.c ---- */

/* Whether s begins as a JSON call does: perhaps a list's bracket, then {"name": */
enum likeness tool_reader_bare_likeness(struct str s);
/* Whether s, at three backticks, is a fence around what may be a call. */
enum likeness tool_reader_fence_likeness(const struct tool_reader *r, struct str s);
/* Passes the line that opens a fence, if one stands at the front. */
enum likeness tool_reader_take_fence(struct str *s);
/* Of a guided answer: what waits holds a mark of its own row, so it is not held any longer. */
bool tool_reader_is_marked(const struct tool_reader *r);
/* [NAME], the name of a tool that was offered, and an object behind it. */
enum likeness tool_reader_bracket_likeness(const struct tool_reader *r, struct str s);
void tool_reader_begin_bare(struct tool_reader *r, bool is_front);
bool tool_reader_bare(struct tool_reader *r, struct err *e);
bool tool_reader_fence(struct tool_reader *r);

#endif

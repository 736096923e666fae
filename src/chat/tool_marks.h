/*
 * tool_marks.h - what a reader looks for outside calls: the marks of its own row, the unmistakable
 * ones of all other families, and control tokens that came as text.
 *
 * A model that was taught several formats, or that is served under a wrong row, writes another
 * family's calls now and then; each mark leads to the row that reads them. Where several rows share
 * a mark, what stands behind it tells them apart. Text that a guide held has only its row's calls:
 * there another family's mark is words about it.
 */
#ifndef OFFGRID_CHAT_TOOL_MARKS_H
#define OFFGRID_CHAT_TOOL_MARKS_H

#include "chat/request.h"
#include "chat/tool_text.h"

enum mark_kind {
	MARK_CALL,      /* a call, or a section of calls, begins */
	MARK_CALL_END,  /* with no call to close */
	MARK_THINK,     /* a thought begins; `other` ends it */
	MARK_THINK_END, /* with no thought to close, or with one */
	MARK_WORDS,     /* around text */
	MARK_TURN,      /* between messages of one answer */
	MARK_HEADER,    /* of a message: up to the row's header_end */
	MARK_CONTROL,   /* a control token */
};

struct tool_mark {
	struct str text;
	enum mark_kind kind;
	const struct tool_format *row;
	struct str other;
	bool is_own;
	bool is_sure; /* what cannot be read behind it is a fault; else it is text */
};

enum { TOOL_MARKS_MAX = 192 };

struct tool_marks {
	const struct tool_format *own;
	struct tool_mark list[TOOL_MARKS_MAX];
	size_t count;
	bool begins[256]; /* bytes that a mark begins with, both cases */
};

/* Whose calls are looked for; thoughts and words are told apart in any case. */
enum tool_marks_of {
	MARKS_OF_NOBODY, /* no tools were offered */
	MARKS_OF_ROW,
	MARKS_OF_ALL,
};

void tool_marks_init(struct tool_marks *m, const struct tool_format *own, enum tool_marks_of calls);

/* The longest mark that s begins with. LIKE_BEGINNING: it may become one, or a longer one. */
enum likeness tool_marks_at(
	const struct tool_marks *m, struct str s, const struct tool_mark **mark);

/*
 * Which row the text behind a mark is written in: one with the same mark whose beginning of a call
 * stands there, the most of it; a tie goes to the row first asked for. *like: LIKE_NOTHING, NULL:
 * no call stands there. LIKE_BEGINNING: more must come before it is clear.
 */
const struct tool_format *tool_marks_choose(
	const struct tool_mark *mark, struct str behind, enum likeness *like);

/* The name of the call at the front of s, as a row without marks would write it: for asking whether
 * a tool is called so. Empty if none is complete. */
struct str tool_marks_name(const struct tool_format *row, struct str s);

#endif

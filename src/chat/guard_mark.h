/*
 * guard_mark.h - whether a call begins at a place of a text, and in which family's form.
 *
 * A row's own texts say what stands around the name of a call; blanks between them do not count.
 * What only quotes a mark ("models write <tool_call> for this") is told from a call by what must
 * follow it. Without marks a call is a JSON object whose first member is the name of a tool
 * offered, at the beginning of a line or of a fence, or Python's list of calls at the front of an
 * answer.
 *
 * Pure. For guard_text.c and its like.
 *
 * Source: the rows of tool_rows.c.
 */
#ifndef OFFGRID_CHAT_GUARD_MARK_H
#define OFFGRID_CHAT_GUARD_MARK_H

#include "chat/request.h"
#include "chat/tool_format.h"

enum guard_look {
	GUARD_LOOK_NO,    /* no call begins here */
	GUARD_LOOK_MAYBE, /* more must be seen */
	GUARD_LOOK_CALL,  /* one does, behind its marks: `row` reads it */
	GUARD_LOOK_BARE,  /* one seems to, without marks: `row` reads it if it is one to the end */
};

struct guard_mark {
	enum guard_look look;
	const struct tool_format *row;
	size_t skip; /* bytes in front that `row` does not know */
};

/* Where the text stands that is looked at. */
enum guard_place {
	GUARD_PLACE_INSIDE, /* in a line */
	GUARD_PLACE_LINE,   /* at its beginning */
	GUARD_PLACE_FRONT,  /* at the beginning of the answer */
};

/* Whether a call may begin with this byte at all: a cheap first look. */
bool guard_mark_begins(char c, enum guard_place place);

struct guard_mark guard_mark_at(
	struct str text, enum guard_place place, const struct chat_request *offered);

/* The place of the last mark in a text, SIZE_MAX if there is none. */
size_t guard_mark_last(struct str text, const struct chat_request *offered);

#endif

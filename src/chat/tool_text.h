/*
 * tool_text.h - the texts of a row, found in what a model said.
 *
 * Models keep to the letters of their family's texts, not to the blanks: where a text has some, any
 * number will do, and none; before a `<` some may stand that the text does not have. Letters are
 * compared without regard to ASCII case. A hole (tool_format.h) takes what may stand there.
 */
#ifndef OFFGRID_CHAT_TOOL_TEXT_H
#define OFFGRID_CHAT_TOOL_TEXT_H

#include "chat/tool_format.h"

enum likeness {
	LIKE_NOTHING,
	LIKE_BEGINNING, /* so far: more must come before it is decided */
	LIKE_WHOLE,
};

/* What stood in the holes of a text; borrowed from what was searched. */
struct tool_holes {
	struct str key, type, is_string;
};

/*
 * Whether `s` begins with the text, blanks before it aside. LIKE_WHOLE sets *used to the bytes up
 * to the text's last letter: blanks that end the text are not taken. A text without letters is
 * LIKE_WHOLE of no bytes. `holes` may be NULL.
 */
enum likeness tool_text_at(const char *text, struct str s, struct tool_holes *holes, size_t *used);

/* The same with exact blanks and without holes: for marks. */
enum likeness tool_mark_at(struct str mark, struct str s);

/* The first place where the text may stand: its index with *like LIKE_WHOLE or LIKE_BEGINNING, or
 * SIZE_MAX. Blanks before it are not part of it. */
size_t tool_text_find(const char *text, struct str s, enum likeness *like);

/* Up to the first hole, without blanks at both ends. */
struct str tool_text_first(const char *text);
/* From the last line of the text that has letters, without blanks at both ends: of the texts around
 * a call's name this is what stands directly before it. */
struct str tool_text_last(const char *text);

/* The tag that a call begins with: of `<|tool_call_begin|>functions.` without what follows it,
 * which models leave out. */
struct str tool_text_tag(const char *text);

bool tool_is_blank(char c);
size_t tool_blanks(struct str s); /* at the front */

/* Bytes at the front of s that a tool's name may have. */
size_t tool_name_bytes(struct str s);

#endif

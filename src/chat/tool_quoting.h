/*
 * tool_quoting.h - whether words stand in backticks or in a fence: there, markup is spoken about
 * and not used.
 *
 * A byte at a time. A run of three or more backticks at the front of a line opens or closes a
 * fence; any other run opens or closes code within the line, which ends with the line anyway.
 */
#ifndef OFFGRID_CHAT_TOOL_QUOTING_H
#define OFFGRID_CHAT_TOOL_QUOTING_H

#include "base/str.h"

struct tool_quoting {
	bool in_fence, in_code;
	bool is_inside_line; /* something but blanks stands before, on this line */
	bool is_run_inside;  /* the same when the present run began */
	size_t run;          /* backticks so far */
};

void tool_quoting_step(struct tool_quoting *q, char c);
void tool_quoting_pass(struct tool_quoting *q, struct str words);

/* Whether the next byte, which is no backtick, is quoted. */
bool tool_is_quoted(const struct tool_quoting *q);
/* Whether it is the first of its line, blanks aside. */
bool tool_is_line_front(const struct tool_quoting *q);

#endif

/*
 * agent_lines.h - a conversation line by line: reads a task, lets the agent do it, reads the next.
 *
 * From a terminal with a prompt, or from a pipe or file without one. Ctrl-C stops the run, not the
 * session; at the prompt it throws the line away; ctrl-D or /quit leaves. A line that ends with a
 * backslash goes on in the next. When the agent asks, the next line is the answer.
 *
 * Everything on the loop's thread.
 */
#ifndef OFFGRID_CMD_AGENT_LINES_H
#define OFFGRID_CMD_AGENT_LINES_H

#include "cmd/agent_face.h"

struct lines;

/* The agent's events must be given to lines_take. */
struct lines *lines_new(struct loop *loop, struct agent *agent, struct face *face);
void lines_free(struct lines *l); /* NULL is fine */

void lines_take(struct lines *l, const struct agent_event *event);

/* Returns when the person leaves. */
void lines_run(struct lines *l);

/* Ctrl-C. */
void lines_interrupt(struct lines *l);

#endif

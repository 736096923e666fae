/*
 * tool_quoting.c - whether words stand in backticks or in a fence; see tool_quoting.h.
 */
#include "chat/tool_quoting.h"

enum { FENCE_TICKS = 3 };

/* The run is over: it was a fence's, or opened or closed code. */
static void end_run(struct tool_quoting *q)
{
	if (q->run >= FENCE_TICKS && !q->is_run_inside)
		q->in_fence = !q->in_fence;
	else if (q->run && !q->in_fence)
		q->in_code = !q->in_code;
	q->run = 0;
}

void tool_quoting_step(struct tool_quoting *q, char c)
{
	if (c == '`') {
		if (q->run++ == 0)
			q->is_run_inside = q->is_inside_line;
		q->is_inside_line = true;
		return;
	}
	end_run(q);
	if (c == '\n')
		q->in_code = q->is_inside_line = false;
	else if (c != ' ' && c != '\t')
		q->is_inside_line = true;
}

void tool_quoting_pass(struct tool_quoting *q, struct str words)
{
	for (size_t i = 0; i < words.n; i++)
		tool_quoting_step(q, words.p[i]);
}

bool tool_is_quoted(const struct tool_quoting *q)
{
	struct tool_quoting next = *q;
	end_run(&next);
	return next.in_fence || next.in_code;
}

bool tool_is_line_front(const struct tool_quoting *q)
{
	return !q->is_inside_line;
}

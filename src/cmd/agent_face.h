/*
 * agent_face.h - what an agent does, shown as it happens: for people as text, for programs as JSON
 * lines.
 *
 * As text: the model's words as they come, each call on a line as it was made, its diff or the
 * first lines of its result, notes, the receipt. Control characters in anything that a model, a
 * file or a command said are not let through to a terminal, since they could rewrite what one sees.
 *
 * As JSON, one object a line:
 *   {"event": "turn", "turn": 1}
 *   {"event": "text" | "think" | "note" | "checking", "text": "..."}
 *   {"event": "call" | "ask", "name": "write", "arguments": "{...}"}
 *   {"event": "result", "name": "write", "text": "...", "is_error": false, "diff": "..."}
 *   {"event": "end", "receipt": {...}}      see agent/receipt_json.c
 */
#ifndef OFFGRID_CMD_AGENT_FACE_H
#define OFFGRID_CMD_AGENT_FACE_H

#include "agent/agent.h"

struct face {
	bool is_json;
	bool has_colour;
	bool is_terminal;  /* progress may be shown and wiped out again */
	bool is_mid_line;  /* something stands on the line already */
	bool is_thinking;  /* the last piece was reasoning */
	bool has_progress; /* a progress line stands there */
};

/* The owner is the face. */
void face_take(struct face *f, const struct agent_event *event);

/* "loading the model 45 %", on a terminal only; wiped out by whatever comes next. */
void face_progress(struct face *f, const char *what, double done);

/* A line of ours, such as a warning. */
void face_say(struct face *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

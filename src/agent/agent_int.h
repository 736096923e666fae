/*
 * agent_int.h - the agent's state, shared by agent.c (turns), agent_calls.c (calls) and agent_end.c
 * (the end of a run). For these files only.
 */
#ifndef OFFGRID_AGENT_AGENT_INT_H
#define OFFGRID_AGENT_AGENT_INT_H

#include "agent/agent.h"
#include "agent/cage.h"
#include "agent/tool_job.h"
#include "agent/turn.h"
#include "base/proc.h"
#include "chat/repeat.h"
#include "route/guarded.h"

/* What each awaits. */
enum agent_state {
	STATE_IDLE,      /* agent_do */
	STATE_SOON,      /* the loop: `next` is called from there */
	STATE_ANSWERING, /* events of the model */
	STATE_ASKING,    /* agent_decide */
	STATE_RUNNING,   /* the end of a tool */
	STATE_CHECKING,  /* the end of the judge's command */
};

struct agent {
	struct agent_options o;
	struct arena *arena;          /* of the conversation */
	struct chat_request *request; /* grows between turns, never during one */
	size_t kept_messages;         /* of the request, in the store */
	char session[STORE_ID_BYTES]; /* empty: none yet */
	bool is_store_broken;         /* told once, then nothing more is kept */

	enum agent_state state;
	struct loop_timer *soon, *limit;
	void (*next)(struct agent *a);

	/* Of the run. */
	struct receipt *receipt;
	struct snapshot *before;
	int64_t began_ms;
	struct repeat repeat;
	bool has_nudged;
	int unread_answers;
	bool is_stopping; /* somebody or a limit ends it; `receipt` says how */

	/* Of the turn. */
	struct guarded_call *call;
	struct trace *trace;
	int64_t turn_began_ms, turn_began_unix_ms;
	struct turn turn;
	size_t call_index;

	/* Of the call. */
	const struct agent_tool *tool;
	json_t *args;
	struct tool_job *job;
	int64_t call_began_ms;

	/* Made when first needed. */
	struct worker *worker;
	struct cage *cage;

	struct proc *check;
	struct receipt *last;
	struct str *earlier; /* files that earlier runs wrote or changed */
	size_t earlier_count, earlier_room;
	bool has_past;
};

/* agent.c */
void agent_send(struct agent *a, const struct agent_event *event);
void agent_note(struct agent *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
void agent_later(struct agent *a, void (*next)(struct agent *a));
void agent_begin_turn(struct agent *a);
void agent_keep(struct agent *a); /* new messages into the store */
/* How the run is to end: what was set first stays. */
void agent_set_end(struct agent *a, enum run_end end, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* agent_calls.c */
void agent_next_call(struct agent *a); /* runs the next call of the turn, or begins a turn */

/* agent_end.c */
/* Compares the disk and holds the final text against it. */
void agent_look(struct agent *a);
void agent_end(struct agent *a);     /* ends the run as it was set; the judge first */
void agent_end_now(struct agent *a); /* the last step: receipt out, idle */

#endif

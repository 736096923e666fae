/*
 * agent.h - the loop that acts: asks a model, runs what it calls, tells it what came of it, until
 * it ends, and says what really happened.
 *
 * A state machine on the loop's thread, drivable without a terminal: everything that happens goes
 * to one function as an event, and everything a person may do is a call. It knows route/ and
 * nothing of engines or wires, so it works the same on every model.
 *
 * One agent is one conversation. agent_do begins a run; AGENT_END with the receipt ends it; then
 * the next may begin. With a store every message is written the moment it is made: kill -9 loses at
 * most the one being written.
 *
 * Guard rails, on by default:
 *   - a turn without a call that announces a deed, is empty, or claims what is not so on disk, is
 *     answered once a run (nudge.h);
 *   - an unknown tool is answered with the names there are, wrong arguments with what the tool
 * takes;
 *   - an answer that could not be read is asked for again, twice a run;
 *   - the same calls with the same results, three rounds long, end the run (repeat.h);
 *   - turns, tokens and time have budgets.
 * How a run ended is one of `enum run_end`. No text can change it.
 *
 * Layer: act.
 */
#ifndef OFFGRID_AGENT_AGENT_H
#define OFFGRID_AGENT_AGENT_H

#include "agent/policy.h"
#include "agent/receipt.h"
#include "base/loop.h"
#include "route/route.h"
#include "store/store.h"

struct agent;

enum agent_event_type {
	AGENT_TURN,     /* a model is asked: turn */
	AGENT_TEXT,     /* text: a piece of its answer */
	AGENT_THINK,    /* text: a piece of its reasoning */
	AGENT_ALIVE,    /* alive: it reads the prompt */
	AGENT_CALL,     /* name, arguments: a call, whole */
	AGENT_ASK,      /* the same; may it be run? agent_decide answers */
	AGENT_RESULT,   /* name, result: what came of it */
	AGENT_NOTE,     /* text: a guard rail acted, or something is not as one expects */
	AGENT_CHECKING, /* text: the command that judges is run */
	AGENT_END,      /* receipt */
	AGENT_EVENT_TYPE_COUNT
};

extern const char *const agent_event_names[AGENT_EVENT_TYPE_COUNT];

/* What it points at lives only during the call. */
struct agent_event {
	enum agent_event_type type;
	int64_t turn;
	struct str text;
	struct str name;
	struct str arguments; /* JSON as it came, perhaps broken */
	struct chat_alive alive;
	const struct tool_result *result;
	const struct receipt *receipt;
};

/* 0: no limit. */
struct agent_budget {
	int64_t turns;
	int64_t tokens; /* read (cached ones not counted) and said, over the run */
	int64_t ms;
};

struct agent_options {
	struct loop *loop;
	struct router *router;
	struct paths *paths;
	struct store *store; /* NULL: nothing is kept */
	struct str model;    /* for requests; empty: the router's first */
	struct str context;  /* to stand behind the system text: context.h */
	enum policy policy;
	bool can_ask;     /* AGENT_ASK is answered; else what would ask is refused */
	const char *cage; /* cage.h: "auto", "none", a name */
	struct agent_budget budget;
	int64_t answer_tokens; /* limit of one answer; 0: the model's own */
	int64_t command_ms;    /* limit of one command */
	size_t max_text_bytes; /* of one result */
	struct str check;      /* a command that judges the run; empty: none */
	void (*take)(void *owner, const struct agent_event *event);
	void *owner;
};

/* All options are copied but for what they point at: loop, router, paths, store outlive the agent.
 */
struct agent *agent_new(const struct agent_options *options);
/* Stops what runs; no event any more. Not from inside `take`. NULL is fine. */
void agent_free(struct agent *a);

/* Takes up a conversation from the store; before the first agent_do. */
bool agent_resume(struct agent *a, const struct store_session *session, struct err *e);

/* Begins a run. Not while one is under way. */
void agent_do(struct agent *a, struct str task);
bool agent_is_running(const struct agent *a);

/* The answer to AGENT_ASK; may be given from inside it. */
void agent_decide(struct agent *a, bool is_allowed);

/* Ends the run soon with END_CANCELLED; fine when none is under way. */
void agent_cancel(struct agent *a);

/* Of the last run that ended; NULL before. */
const struct receipt *agent_receipt(const struct agent *a);

/* The words every conversation begins with; the starter model was trained on them. */
extern const char agent_system_text[];

#endif

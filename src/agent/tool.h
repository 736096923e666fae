/*
 * tool.h - what a model may do: one row and one file for each tool.
 *
 * A row carries all that others need: the name and description a model is told, the JSON Schema of
 * the arguments, the risk (which the policy turns into allowed, asked or refused), and the
 * function. Nothing else knows a tool by its name.
 *
 * The names, descriptions and argument names are what the starter model's adapter was trained on:
 * changing one means training again.
 *
 * A tool runs on a thread of the agent's own, one at a time; it touches nothing but its context,
 * its result and the disk. What it returns is text for the model: "ok: ..." or the thing asked for.
 * What fails is told as "error: ..." by tool_run, with a `struct err` for the receipt.
 *
 * Layer: act.
 */
#ifndef OFFGRID_AGENT_TOOL_H
#define OFFGRID_AGENT_TOOL_H

#include <stdatomic.h>

#include "agent/paths.h"
#include "base/json.h"

struct cage;
struct proc_spec;
struct proc_result;

enum tool_risk {
	TOOL_READS, /* looks, changes nothing */
	TOOL_EDITS, /* changes files inside the allowed folders, nothing else */
	TOOL_RUNS,  /* starts a program, which may do anything that its cage lets it */
	TOOL_RISK_COUNT
};

extern const char *const tool_risk_names[TOOL_RISK_COUNT]; /* "read", "edit", "run" */

/* What a tool stands on. Read-only while a tool runs. */
struct tool_context {
	const struct paths *paths;
	const struct cage *cage; /* how commands are confined */
	size_t max_text_bytes;   /* most that a result tells the model; what is cut says so */
	int64_t command_ms;      /* longest time a command may take */
	const atomic_bool *is_cancelled; /* set by another thread: give up soon; may be NULL */
};

struct tool_result {
	struct arena *arena; /* for the strs below; the caller's */
	struct buf text;     /* for the model */
	struct buf diff;     /* unified, for people; empty if nothing was changed */
	bool is_error; /* text begins with "error: " or a command ended with another code than 0 */
	struct str wrote; /* the file that was written, as place.shown; else empty */
	bool is_command;  /* the three below count */
	struct str command;
	int exit_code; /* 128 + N if signal N ended it */
	bool is_timed_out;
};

struct agent_tool {
	const char *name;
	const char *description;
	const char *schema; /* JSON text: an object whose order of properties is the signature's */
	enum tool_risk risk;
	/* `args` fits the schema. False and `e`: nothing was done. */
	bool (*run)(const struct tool_context *c, const json_t *args, struct tool_result *r,
		struct err *e);
	/* Instead of run, for a tool that is a program: what to start, and how its end is told.
	 * What the spec points to lives in r->arena. */
	bool (*plan)(const struct tool_context *c, const json_t *args, struct tool_result *r,
		struct proc_spec *spec, struct err *e);
	void (*tell)(
		const struct tool_context *c, const struct proc_result *end, struct tool_result *r);
};

extern const struct agent_tool tool_read, tool_write, tool_edit, tool_list, tool_search, tool_shell;

/* All of them, in the order they are offered. */
enum { TOOL_COUNT = 6 };
extern const struct agent_tool *const agent_tools[TOOL_COUNT];

/* NULL if there is none of that name. */
const struct agent_tool *tool_find(struct str name);

/*
 * The arguments as they came, mended where their meaning is certain and held against the tool's
 * schema (chat/call_args.h): a new reference, or NULL and an error that says what the tool takes
 * ("write: the argument path is missing; it takes path (string), content (string)"). What was
 * mended is appended to `did`, which may be NULL.
 */
json_t *tool_arguments(
	const struct agent_tool *tool, struct str text, struct buf *did, struct err *e);

/* A string argument that tool_arguments has vouched for. */
struct str tool_arg(const json_t *args, const char *name);

void tool_result_init(struct tool_result *r, struct arena *arena, size_t max_text_bytes);
void tool_result_clear(struct tool_result *r);

/* Makes the error the text for the model. */
void tool_tell_error(struct tool_result *r, const struct err *e);

/* True if these bytes are no text: a NUL, or not UTF-8, in the first part of them. */
bool tool_is_binary(struct str bytes);

#endif

/*
 * tool_job.h - one tool call while it runs.
 *
 * Quick tools run on a helper thread, programs as child processes; either way the loop goes on, and
 * the call can be stopped. Everything here is of the loop's thread.
 */
#ifndef OFFGRID_AGENT_TOOL_JOB_H
#define OFFGRID_AGENT_TOOL_JOB_H

#include "agent/tool.h"
#include "base/loop.h"
#include "base/worker.h"

struct tool_job;

struct tool_call {
	const struct agent_tool *tool;
	struct tool_context context; /* is_cancelled is set by the job */
	const json_t *args;          /* the job takes a reference */
};

/* Begins; done(owner, job) comes once, later, unless the job is freed before. */
struct tool_job *tool_job_new(struct loop *l, struct worker *w, const struct tool_call *call,
	void (*done)(void *owner, struct tool_job *job), void *owner);

/* Gives up soon; done still comes. */
void tool_job_stop(struct tool_job *job);

/* After done: what came of it, and what went wrong (not set if nothing did). They live as long as
 * the job. */
const struct tool_result *tool_job_result(const struct tool_job *job);
const struct err *tool_job_err(const struct tool_job *job);

/* A running command is killed; a quick tool is waited for. NULL is fine. */
void tool_job_free(struct tool_job *job);

#endif

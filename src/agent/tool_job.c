/*
 * tool_job.c - see tool_job.h.
 *
 * A job that is freed while its work is still on the helper thread is an orphan: nobody is told,
 * and it frees itself when the work is done.
 *
 * Layer: act
 */
#include "agent/tool_job.h"

#include "base/must.h"
#include "base/proc.h"

struct tool_job {
	struct tool_call call;
	json_t *args;
	struct arena *arena;
	struct tool_result result;
	struct err err;
	atomic_bool is_cancelled;
	bool is_on_worker, is_orphan;
	struct proc *proc;
	struct loop_timer *soon; /* tells of a program that could not be started */
	void (*done)(void *owner, struct tool_job *job);
	void *owner;
};

static void destroy(struct tool_job *job)
{
	proc_free(job->proc);
	loop_timer_free(job->soon);
	tool_result_clear(&job->result);
	json_decref(job->args);
	arena_free(job->arena);
	free(job);
}

static void work(void *ctx)
{
	struct tool_job *job = ctx;
	const struct tool_call *call = &job->call;
	if (!call->tool->run(&call->context, job->args, &job->result, &job->err))
		tool_tell_error(&job->result, &job->err);
}

static void work_done(void *ctx, bool has_run)
{
	struct tool_job *job = ctx;
	(void)has_run;
	job->is_on_worker = false;
	if (job->is_orphan)
		destroy(job);
	else
		job->done(job->owner, job);
}

static void program_ended(void *ctx, const struct proc_result *end)
{
	struct tool_job *job = ctx;
	job->call.tool->tell(&job->call.context, end, &job->result);
	job->done(job->owner, job);
}

static void program_did_not_start(void *ctx)
{
	struct tool_job *job = ctx;
	job->done(job->owner, job);
}

static void start_program(struct tool_job *job, struct loop *l)
{
	const struct tool_call *call = &job->call;
	struct proc_spec spec;
	if (call->tool->plan(&call->context, job->args, &job->result, &spec, &job->err))
		job->proc = proc_start(l, &spec, program_ended, job, &job->err);
	if (job->proc)
		return;
	tool_tell_error(&job->result, &job->err);
	job->soon = loop_timer_new(l, program_did_not_start, job);
	loop_timer_start(job->soon, 0);
}

struct tool_job *tool_job_new(struct loop *l, struct worker *w, const struct tool_call *call,
	void (*done)(void *owner, struct tool_job *job), void *owner)
{
	struct tool_job *job = must_calloc(1, sizeof *job);
	job->call = *call;
	job->args = json_incref((json_t *)call->args);
	job->call.context.is_cancelled = &job->is_cancelled;
	job->arena = arena_new();
	job->done = done;
	job->owner = owner;
	tool_result_init(&job->result, job->arena, call->context.max_text_bytes);
	if (call->tool->plan) {
		start_program(job, l);
		return job;
	}
	job->is_on_worker = true;
	worker_do(w, (struct job){ .work = work, .done = work_done, .ctx = job });
	return job;
}

void tool_job_stop(struct tool_job *job)
{
	job->is_cancelled = true;
	if (job->proc)
		proc_stop(job->proc);
}

const struct tool_result *tool_job_result(const struct tool_job *job)
{
	return &job->result;
}

const struct err *tool_job_err(const struct tool_job *job)
{
	return &job->err;
}

void tool_job_free(struct tool_job *job)
{
	if (!job)
		return;
	job->is_orphan = job->is_on_worker;
	job->is_cancelled = true;
	if (!job->is_orphan)
		destroy(job);
}

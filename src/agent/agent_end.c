/*
 * agent_end.c - the end of a run: the disk is looked at, the judge called, the receipt handed out;
 * see agent.h.
 *
 * Layer: disk
 */
#include "agent/agent_int.h"
#include "agent/log.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"

enum { CHECK_SAID_BYTES = 400, SIGNAL_EXIT = 128, EXIT_NOT_STARTED = 127 };

void agent_look(struct agent *a)
{
	struct receipt *r = a->receipt;
	struct snapshot *after = snapshot_take(a->o.paths);
	changes_free(r->changes);
	r->changes = snapshot_compare(a->before, after);
	struct truth truth = {
		.paths = a->o.paths,
		.before = a->before,
		.after = after,
		.earlier = a->earlier,
		.earlier_count = a->earlier_count,
		.has_past = a->has_past,
	};
	receipt_judge(r, &truth, r->final);
	snapshot_free(after);
}

static void remember(struct agent *a, struct str path)
{
	if (a->earlier_count == a->earlier_room) {
		a->earlier_room = a->earlier_room ? a->earlier_room * 2 : LIMIT_CALLS;
		a->earlier = must_realloc(a->earlier, a->earlier_room * sizeof *a->earlier);
	}
	a->earlier[a->earlier_count++] = arena_str(a->arena, path);
}

static void remember_files(struct agent *a)
{
	const struct receipt *r = a->receipt;
	for (size_t i = 0; i < r->deed_count; i++)
		if (r->deeds[i].wrote.n)
			remember(a, r->deeds[i].wrote);
	for (size_t i = 0; i < r->changes->count; i++)
		if (r->changes->items[i].kind != CHANGE_DELETED)
			remember(a, r->changes->items[i].path);
}

void agent_end_now(struct agent *a)
{
	struct receipt *r = a->receipt;
	loop_timer_stop(a->limit);
	log_close_calls(a->request, STR("error: not run, because the run was ended"));
	agent_keep(a);
	agent_look(a);
	remember_files(a);
	r->ms = clock_ms() - a->began_ms;
	r->session = arena_str(r->arena, str_z(a->session));
	snapshot_free(a->before);
	a->before = NULL;
	a->last = r;
	a->receipt = NULL;
	a->has_past = true;
	a->state = STATE_IDLE;
	agent_send(a, &(struct agent_event){ .type = AGENT_END, .receipt = r });
}

static void check_done(void *ctx, const struct proc_result *end)
{
	struct agent *a = ctx;
	struct receipt *r = a->receipt;
	r->check_exit = end->signal ? SIGNAL_EXIT + end->signal : end->exit_code;
	struct str said = str_trim(buf_str(&end->out[PROC_OUT].head));
	if (r->check_exit != 0 && said.n)
		agent_note(a, "the check says: %.*s", STR_ARG(str_sub(said, 0, CHECK_SAID_BYTES)));
	agent_later(a, agent_end_now);
}

/* The judge's command is the person's own: it runs outside of the cage. */
static bool start_check(struct agent *a, struct err *e)
{
	const char *const argv[] = { "/bin/sh", "-c", a->o.check.p, NULL };
	struct proc_spec spec = {
		.argv = argv,
		.dir = paths_root(a->o.paths, 0),
		.io = PROC_MERGED,
		.deadline_ms = a->o.command_ms,
	};
	agent_send(a, &(struct agent_event){ .type = AGENT_CHECKING, .text = a->o.check });
	a->state = STATE_CHECKING;
	proc_free(a->check);
	a->check = proc_start(a->o.loop, &spec, check_done, a, e);
	return a->check != NULL;
}

void agent_end(struct agent *a)
{
	struct err e = { 0 };
	enum run_end end = a->receipt->end;
	bool is_judged = a->o.check.n && end != END_FAILED && end != END_CANCELLED;
	if (!is_judged) {
		agent_end_now(a);
		return;
	}
	a->receipt->check = arena_str(a->receipt->arena, a->o.check);
	if (start_check(a, &e))
		return;
	a->receipt->check_exit = EXIT_NOT_STARTED;
	agent_note(a, "the check could not be started: %s", e.what);
	agent_later(a, agent_end_now);
}

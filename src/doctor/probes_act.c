/*
 * probes_act.c - the hands: the cage for commands, and the known-good control of everything between
 * a model and the disk: a scripted model asks the real agent to write a file, and the file must be
 * there.
 *
 * Layer: act.
 */
#include <stdio.h>

#include "agent/agent.h"
#include "agent/cage.h"
#include "base/fs.h"
#include "doctor/probes_int.h"
#include "route/script.h"

enum { COMMAND_MS = 20000, RUN_MS = 60000, TURNS = 4, RESULT_BYTES = 4096 };

static bool try_cage(struct doctor *d, const struct cage *cage, struct err *e)
{
	struct proc_result result;
	struct proc_spec spec = { .deadline_ms = COMMAND_MS };
	cage_wrap(cage, d->arena, STR("echo probe > inside && echo probe"), &spec);
	if (!proc_run(&spec, &result, e))
		return false;
	bool ok = result.exit_code == 0;
	if (!ok)
		fail(e, ERR_BROKEN, LAYER_ACT,
			"a harmless command ended with exit code %d in the cage", result.exit_code);
	proc_result_clear(&result);
	return ok;
}

static void run_cage(struct doctor *d, struct finding *f)
{
	struct err e = { .kind = ERR_NONE };
	struct paths *paths = paths_new(d->scratch.p, &e);
	struct cage *cage = paths ? cage_new(paths, "auto", &e) : NULL;
	if (!cage || !try_cage(d, cage, &e)) {
		finding_fail(d, f, &e);
	} else if (cage_is_closed(cage)) {
		finding_pass(d, f, "commands run in a cage (%s): this folder writable, no network",
			cage_name(cage));
	} else {
		finding_pass(d, f, "commands run, but no cage closes here");
		f->warning = arena_printf(d->arena,
			"%s; without a person to ask, the agent refuses commands",
			cage_why_open(cage));
	}
	cage_free(cage);
	paths_free(paths);
}

const struct probe probe_act_cage = {
	.id = "act.cage",
	.layer = LAYER_ACT,
	.title = "commands run, and are confined",
	.needs = "disk.write",
	.run = run_cage,
};

static const char script[] = "{\"turns\":[{\"calls\":[{\"name\":\"write\",\"arguments\":{\"path\":"
			     "\"control.txt\",\"content\":\"written by the control\"}}]},"
			     "{\"text\":\"control.txt is written.\"}]}";

static void take(void *owner, const struct agent_event *event)
{
	if (event->type == AGENT_END)
		loop_stop(owner);
}

/* Runs the real agent on a scripted model in the scratch directory. */
static bool run_control(struct doctor *d, struct loop *loop, struct err *e)
{
	struct backend *b = script_new(loop, str_z(script), e);
	struct paths *paths = b ? paths_new(d->scratch.p, e) : NULL;
	if (!paths)
		return false;
	struct router *router = router_new(loop);
	router_add(router, "control", b, true);
	struct agent *agent = agent_new(&(struct agent_options){
		.loop = loop,
		.router = router,
		.paths = paths,
		.policy = POLICY_EDITS,
		.cage = "none",
		.budget = { .turns = TURNS, .ms = RUN_MS },
		.command_ms = COMMAND_MS,
		.max_text_bytes = RESULT_BYTES,
		.take = take,
		.owner = loop,
	});
	agent_do(agent, STR("Write control.txt."));
	loop_run(loop);
	const struct receipt *r = agent_receipt(agent);
	bool ok = r->end == END_DONE && r->untruth_count == 0;
	if (!ok)
		fail(e, ERR_BROKEN, LAYER_ACT,
			"the agent on a scripted model ended with \"%s\": %s",
			run_end_names[r->end], r->err.what);
	agent_free(agent);
	router_free(router);
	paths_free(paths);
	return ok;
}

static void run_agent(struct doctor *d, struct finding *f)
{
	struct err e = { .kind = ERR_NONE };
	struct buf text;
	buf_init(&text, RESULT_BYTES);
	struct loop *loop = loop_new();
	struct str path = fs_join(d->arena, d->scratch, STR("control.txt"));
	bool ok = run_control(d, loop, &e) && fs_read(path.p, &text, &e);
	if (ok && !str_eq(str_trim(buf_str(&text)), STR("written by the control")))
		ok = fail(&e, ERR_BROKEN, LAYER_DISK,
			"control.txt holds something else than was written");
	if (ok)
		finding_pass(
			d, f, "a scripted model's call goes through the agent to a file on disk");
	else
		finding_fail(d, f, &e);
	loop_free(loop);
	buf_clear(&text);
}

const struct probe probe_act_agent = {
	.id = "act.agent",
	.layer = LAYER_ACT,
	.title = "the known-good control: a scripted call becomes a file",
	.needs = "disk.write",
	.run = run_agent,
};

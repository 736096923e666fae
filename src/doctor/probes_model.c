/*
 * probes_model.c - what the model itself does: is it shown its tools, can it be made to call one,
 * does it call one by itself.
 *
 * The forced call is the substitution that tells plumbing from model: when a call that is demanded
 * arrives whole, everything below the model works, and a model that does not call by itself is too
 * small for the work.
 *
 * Layer: prompt, model.
 */
#include <string.h>

#include "agent/agent.h"
#include "agent/tool.h"
#include "chat/invariants.h"
#include "doctor/probes_int.h"
#include "route/local.h"

enum { ANSWER_TOKENS = 96, ARGS_MAX = 64 * 1024 };

struct answer {
	struct loop *loop;
	struct buf args, text;
	unsigned begun, ended;
	struct invariants invariants;
	struct err err;
};

static void take(void *owner, const struct chat_event *event)
{
	struct answer *a = owner;
	invariants_came(&a->invariants, LAYER_PARSE, event);
	invariants_take(&a->invariants, event);
	a->begun += event->type == CHAT_TOOL_BEGIN;
	a->ended += event->type == CHAT_TOOL_END;
	if (event->type == CHAT_TOOL_ARGS)
		buf_add(&a->args, event->text);
	if (event->type == CHAT_TEXT)
		buf_add(&a->text, event->text);
	if (event->type == CHAT_FAIL)
		a->err = *event->err;
	if (event->type == CHAT_STOP || event->type == CHAT_FAIL)
		loop_stop(a->loop);
}

/* One small task with the agent's own tools. */
static struct chat_request *make_request(struct arena *arena, enum chat_tool_choice choice)
{
	struct chat_request *r = chat_request_new(arena);
	for (int i = 0; i < TOOL_COUNT; i++)
		chat_add_tool(r, str_z(agent_tools[i]->name), str_z(agent_tools[i]->description),
			js_parse(str_z(agent_tools[i]->schema), LAYER_PROMPT, NULL));
	chat_add_text(r, CHAT_SYSTEM, str_z(agent_system_text));
	chat_add_text(r, CHAT_USER, STR("Create probe.txt with: hello from the doctor"));
	r->tool_choice = choice;
	r->allows_parallel_calls = false;
	r->sampling.max_tokens = ANSWER_TOKENS;
	r->sampling.temperature = 0;
	return r;
}

static bool ask(struct doctor *d, enum chat_tool_choice choice, struct answer *a, struct trace *t,
	struct err *e)
{
	struct doctor_model *m = d->shared;
	struct chat_request *r = make_request(d->arena, choice);
	struct trace *own = t ? NULL : trace_new();
	*a = (struct answer){ .loop = m->loop };
	buf_init(&a->args, ARGS_MAX);
	buf_init(&a->text, ARGS_MAX);
	t = t ? t : own;
	invariants_init(&a->invariants, r, t);
	struct backend_call *call =
		m->backend->ops->start(m->backend, r, t, (struct chat_sink){ take, a }, e);
	if (call) {
		loop_run(m->loop);
		call->ops->end(call);
		doctor_sound_add(&m->sound, d->arena, t);
	}
	invariants_clear(&a->invariants);
	trace_free(own);
	chat_request_free(r);
	if (call && err_is_set(&a->err))
		*e = a->err;
	return call && !err_is_set(&a->err);
}

static void clear(struct answer *a)
{
	buf_clear(&a->args);
	buf_clear(&a->text);
}

/* The rendered prompt names every tool. */
static bool prompt_has_tools(const struct trace *t, struct err *e)
{
	for (size_t i = 0; i < trace_count(t); i++) {
		const struct trace_record *rec = trace_get(t, i);
		if (rec->layer != LAYER_PROMPT || strcmp(rec->what, "rendered") != 0)
			continue;
		for (int k = 0; k < TOOL_COUNT; k++)
			if (str_find(rec->text, str_z(agent_tools[k]->name)) == SIZE_MAX)
				return fail(e, ERR_BROKEN, LAYER_PROMPT,
					"the tool %s is not in the rendered prompt",
					agent_tools[k]->name);
		return true;
	}
	return fail(e, ERR_BROKEN, LAYER_PROMPT, "no prompt was rendered");
}

static void run_forced(struct doctor *d, struct finding *f)
{
	struct err e = { .kind = ERR_NONE };
	struct answer a;
	bool ok = ask(d, CHAT_CHOICE_REQUIRED, &a, NULL, &e);
	json_t *args = ok ? js_parse(buf_str(&a.args), LAYER_PARSE, &e) : NULL;
	if (ok && (a.begun != 1 || !json_is_object(args)))
		ok = fail(&e, ERR_BROKEN, LAYER_PARSE, "a demanded call gave %u calls", a.begun);
	if (ok)
		finding_pass(d, f, "a demanded call arrives whole, with %zu bytes of arguments",
			a.args.n);
	else
		finding_fail(d, f, &e);
	json_decref(args);
	clear(&a);
}

static void run_tools(struct doctor *d, struct finding *f)
{
	struct err e = { .kind = ERR_NONE };
	struct answer a;
	struct doctor_model *m = d->shared;
	struct trace *t = trace_new();
	if (ask(d, CHAT_CHOICE_REQUIRED, &a, t, &e) && prompt_has_tools(t, &e))
		finding_pass(d, f, "every tool is in the prompt; %s%s%s",
			local_tool_reason(m->backend),
			*local_workarounds(m->backend) ? "; worked around: " : "",
			local_workarounds(m->backend));
	else
		finding_fail(d, f, &e);
	trace_free(t);
	clear(&a);
}

static void run_chooses(struct doctor *d, struct finding *f)
{
	struct err e = { .kind = ERR_NONE };
	struct answer a;
	bool ok = ask(d, CHAT_CHOICE_AUTO, &a, NULL, &e);
	if (ok && a.begun == 0) {
		ok = fail(&e, ERR_BROKEN, LAYER_MODEL,
			"asked to write a file, it talks and calls nothing: \"%.60s\"",
			buf_z(&a.text));
		err_mend(&e, "everything below works: take a larger model, or one trained to call "
			     "tools (offgrid list, offgrid pull)");
	}
	if (ok)
		finding_pass(d, f, "asked to write a file, it calls a tool by itself");
	else
		finding_fail(d, f, &e);
	clear(&a);
}

const struct probe probe_prompt_tools = {
	.id = "prompt.tools",
	.layer = LAYER_PROMPT,
	.title = "the model is shown every tool",
	.needs = "engine.load",
	.run = run_tools,
};

const struct probe probe_model_forced = {
	.id = "model.forced",
	.layer = LAYER_PARSE,
	.title = "a call that is demanded arrives whole",
	.needs = "engine.load prompt.tools parse.control",
	.run = run_forced,
};

const struct probe probe_model_chooses = {
	.id = "model.chooses",
	.layer = LAYER_MODEL,
	.title = "the model calls a tool by itself",
	.needs = "model.forced",
	.run = run_chooses,
};

/*
 * agent_calls.c - the calls of one turn, one after the other; see agent.h.
 *
 * For each: find the tool, hold the arguments against its schema, ask the policy, perhaps a person,
 * run it, tell the model. Whatever goes wrong is told to the model as the call's result, so that it
 * can do better; only a circle or somebody's stop ends the run here.
 *
 * Layer: act
 */
#include "agent/agent_int.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "chat/tool_name.h"

static const struct turn_call *current(const struct agent *a)
{
	return &a->turn.calls[a->call_index];
}

static struct agent_event event_of(const struct agent *a, enum agent_event_type type)
{
	const struct turn_call *c = current(a);
	return (struct agent_event){ .type = type,
		.turn = a->receipt->turns,
		.name = buf_str(&c->name),
		.arguments = buf_str(&c->args) };
}

static void forget_call(struct agent *a)
{
	tool_job_free(a->job);
	a->job = NULL;
	json_decref(a->args);
	a->args = NULL;
	a->tool = NULL;
}

/* Path or command: what the call is about, for the receipt. */
static struct str subject_of(const json_t *args)
{
	static const char *const keys[] = { "command", "path" };
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (json_is_string(json_object_get(args, keys[i])))
			return tool_arg(args, keys[i]);
	return str_z(NULL);
}

static void record(struct agent *a, const struct tool_result *r, struct str refused)
{
	struct deed d = {
		.tool = buf_str(&current(a)->name),
		.subject = r->is_command ? r->command : subject_of(a->args),
		.wrote = r->wrote,
		.is_command = r->is_command && a->job,
		.exit_code = r->exit_code,
		.is_timed_out = r->is_timed_out,
		.is_caged = a->cage && cage_is_closed(a->cage),
		.ms = clock_ms() - a->call_began_ms,
		.is_error = r->is_error,
		.refused = refused,
	};
	receipt_add_deed(a->receipt, &d);
}

static void add_result(struct agent *a, struct str text, bool is_error)
{
	const struct turn_call *c = current(a);
	chat_add_message(a->request, CHAT_TOOL);
	chat_add_block(a->request, (struct chat_block){ .type = CHAT_BLOCK_RESULT,
					   .id = buf_str(&c->id),
					   .name = buf_str(&c->name),
					   .text = text,
					   .is_error = is_error });
	agent_keep(a);
}

/* The call is over: told to everybody, and on to the next. */
static void finish_call(struct agent *a, const struct tool_result *r, struct str refused)
{
	const struct turn_call *c = current(a);
	record(a, r, refused);
	add_result(a, buf_str(&r->text), r->is_error);
	struct agent_event event = event_of(a, AGENT_RESULT);
	event.result = r;
	agent_send(a, &event);
	if (repeat_add(&a->repeat, buf_str(&c->name), buf_str(&c->args), buf_str(&r->text)))
		agent_set_end(a, END_REPEATED, "the same calls gave the same results %d times",
			REPEAT_ROUNDS);
	forget_call(a);
	a->call_index++;
	agent_later(a, agent_next_call);
}

/* A call that was not run, and what the model is told of it. */
static void finish_with_error(struct agent *a, struct str words, struct str refused)
{
	struct tool_result r;
	struct arena *arena = arena_new();
	tool_result_init(&r, arena, a->o.max_text_bytes);
	r.is_error = true;
	buf_printf(&r.text, "error: %.*s", STR_ARG(words));
	finish_call(a, &r, refused);
	tool_result_clear(&r);
	arena_free(arena);
}

static void job_done(void *owner, struct tool_job *job)
{
	struct agent *a = owner;
	finish_call(a, tool_job_result(job), str_z(NULL));
}

static void run_call(struct agent *a)
{
	if (!a->worker)
		a->worker = worker_new(a->o.loop);
	struct tool_call call = {
		.tool = a->tool,
		.context = { a->o.paths, a->cage, a->o.max_text_bytes, a->o.command_ms, NULL },
		.args = a->args,
	};
	a->state = STATE_RUNNING;
	a->job = tool_job_new(a->o.loop, a->worker, &call, job_done, a);
}

static void refuse(struct agent *a, struct str why)
{
	finish_with_error(a, why, why);
}

static void run_or_refuse(struct agent *a, enum verdict v)
{
	if (v == VERDICT_ALLOW)
		run_call(a);
	else
		refuse(a, policy_why(a->receipt->arena, a->o.policy, a->tool->risk, v));
}

static void ask(struct agent *a)
{
	struct agent_event event = event_of(a, AGENT_ASK);
	a->state = STATE_ASKING;
	agent_send(a, &event);
}

static void refuse_by_person(struct agent *a)
{
	refuse(a, a->is_stopping ? STR("not run: stopped") : STR("refused by the user"));
}

static void run_allowed(struct agent *a)
{
	if (a->is_stopping)
		refuse_by_person(a);
	else
		run_call(a);
}

void agent_decide(struct agent *a, bool is_allowed)
{
	if (a->state == STATE_ASKING)
		agent_later(a, is_allowed ? run_allowed : refuse_by_person);
}

/* The cage is made when the first command comes: trying it out takes a few milliseconds. */
static bool have_cage(struct agent *a, struct err *e)
{
	if (a->cage)
		return true;
	a->cage = cage_new(a->o.paths, a->o.cage, e);
	if (a->cage && !cage_is_closed(a->cage))
		agent_note(a, "commands are not caged: %s", cage_why_open(a->cage));
	return a->cage != NULL;
}

static void refuse_unknown(struct agent *a)
{
	struct buf words;
	buf_init(&words, KIB);
	tool_name_unknown(a->request, buf_str(&current(a)->name), &words);
	finish_with_error(a, buf_str(&words), str_z(NULL));
	buf_clear(&words);
}

static json_t *read_arguments(struct agent *a, struct err *e)
{
	struct buf did;
	buf_init(&did, KIB);
	json_t *args = tool_arguments(a->tool, buf_str(&current(a)->args), &did, e);
	if (args && did.n)
		agent_note(a, "%s: %s", a->tool->name, buf_z(&did));
	buf_clear(&did);
	return args;
}

static void begin_call(struct agent *a)
{
	struct err e = { 0 };
	const struct turn_call *c = current(a);
	a->call_began_ms = clock_ms();
	struct agent_event event = event_of(a, AGENT_CALL);
	agent_send(a, &event);
	if (a->is_stopping) {
		agent_end(a);
		return;
	}
	a->tool = tool_find(buf_str(&c->name));
	if (!a->tool) {
		refuse_unknown(a);
		return;
	}
	a->args = read_arguments(a, &e);
	if (!a->args || (a->tool->risk == TOOL_RUNS && !have_cage(a, &e))) {
		finish_with_error(a, str_z(e.what), str_z(NULL));
		return;
	}
	enum verdict v =
		policy_decide(a->o.policy, a->tool->risk, a->cage && cage_is_closed(a->cage));
	if (v == VERDICT_ASK && a->o.can_ask)
		ask(a);
	else
		run_or_refuse(a, v);
}

void agent_next_call(struct agent *a)
{
	if (a->is_stopping) {
		agent_end(a);
	} else if (a->call_index < a->turn.call_count) {
		begin_call(a);
	} else {
		if (a->turn.has_too_many_calls)
			agent_note(
				a, "only the first %d calls of the answer were taken", LIMIT_CALLS);
		agent_begin_turn(a);
	}
}

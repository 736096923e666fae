/*
 * agent.c - the loop that acts: runs and turns; see agent.h. Calls are in agent_calls.c, the end is
 * in agent_end.c.
 *
 * Every step is begun from the loop, never from inside another one: a step that is to follow is set
 * with agent_later. So the stack stays flat, and whoever is called from `take` may call back.
 *
 * Layer: act
 */
#include "agent/agent.h"

#include <stdarg.h>

#include "agent/agent_int.h"
#include "agent/log.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "chat/nudge.h"

enum { TITLE_BYTES = 80, MOST_UNREAD = 2, MOST_REASONS = 3, DEFAULT_TEXT_BYTES = 32 * 1024 };

const char agent_system_text[] =
	"You are offgrid, an agent that works with files. Use the tools; do not say "
	"you did what you did not do.";

const char *const agent_event_names[] = {
	[AGENT_TURN] = "turn",
	[AGENT_TEXT] = "text",
	[AGENT_THINK] = "think",
	[AGENT_ALIVE] = "alive",
	[AGENT_CALL] = "call",
	[AGENT_ASK] = "ask",
	[AGENT_RESULT] = "result",
	[AGENT_NOTE] = "note",
	[AGENT_CHECKING] = "checking",
	[AGENT_END] = "end",
};

_Static_assert(sizeof agent_event_names / sizeof agent_event_names[0] == AGENT_EVENT_TYPE_COUNT,
	"a name for each");

/* ---- what all steps use ---- */

void agent_send(struct agent *a, const struct agent_event *event)
{
	a->o.take(a->o.owner, event);
}

void agent_note(struct agent *a, const char *format, ...)
{
	char text[ERR_WHAT_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	agent_send(a, &(struct agent_event){ .type = AGENT_NOTE, .text = str_z(text) });
}

static void step(void *ctx)
{
	struct agent *a = ctx;
	a->next(a);
}

void agent_later(struct agent *a, void (*next)(struct agent *a))
{
	a->state = STATE_SOON;
	a->next = next;
	loop_timer_start(a->soon, 0);
}

void agent_set_end(struct agent *a, enum run_end end, const char *format, ...)
{
	char why[ERR_WHAT_BYTES];
	va_list args;
	if (a->is_stopping)
		return;
	a->is_stopping = true;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	a->receipt->end = end;
	a->receipt->why = arena_str(a->receipt->arena, str_z(why));
}

/* A store that fails must not end the work: it is told once. */
static void lose_store(struct agent *a, const struct err *e)
{
	a->is_store_broken = true;
	agent_note(a, "the session is no longer kept: %s", e->what);
}

static bool keep_one(struct agent *a, const struct chat_message *m, struct err *e)
{
	struct buf json;
	buf_init(&json, LIMIT_PROMPT_BYTES);
	log_write(m, &json);
	bool ok = store_session_add(a->o.store, a->session, buf_str(&json), e);
	buf_clear(&json);
	return ok;
}

void agent_keep(struct agent *a)
{
	struct err e = { 0 };
	if (!a->o.store || a->is_store_broken)
		return;
	while (a->kept_messages < a->request->message_count) {
		if (!keep_one(a, &a->request->messages[a->kept_messages], &e)) {
			lose_store(a, &e);
			return;
		}
		a->kept_messages++;
	}
}

/* ---- making and freeing ---- */

static void offer_tools(struct chat_request *r)
{
	for (size_t i = 0; i < TOOL_COUNT; i++) {
		const struct agent_tool *t = agent_tools[i];
		json_t *schema = json_loads(t->schema, 0, NULL);
		MUST(schema);
		chat_add_tool(r, str_z(t->name), str_z(t->description), schema);
	}
}

static void time_is_over(void *ctx);

struct agent *agent_new(const struct agent_options *options)
{
	struct agent *a = must_calloc(1, sizeof *a);
	a->o = *options;
	a->arena = arena_new();
	a->o.model = arena_str(a->arena, options->model);
	a->o.check = arena_str(a->arena, options->check);
	a->o.cage = arena_z(a->arena, str_z(options->cage));
	if (a->o.max_text_bytes == 0)
		a->o.max_text_bytes = DEFAULT_TEXT_BYTES;
	a->soon = loop_timer_new(a->o.loop, step, a);
	a->limit = loop_timer_new(a->o.loop, time_is_over, a);
	turn_init(&a->turn);
	a->request = chat_request_new(a->arena);
	a->request->model = a->o.model;
	a->request->is_stream = true;
	a->request->wants_usage = true;
	if (a->o.answer_tokens)
		a->request->sampling.max_tokens = a->o.answer_tokens;
	struct str words =
		arena_printf(a->arena, "%s%.*s", agent_system_text, STR_ARG(options->context));
	chat_add_text(a->request, CHAT_SYSTEM, words);
	a->kept_messages = a->request->message_count; /* said anew each time */
	offer_tools(a->request);
	return a;
}

void agent_free(struct agent *a)
{
	if (!a)
		return;
	guarded_end(a->call);
	tool_job_free(a->job);
	proc_free(a->check);
	worker_free(a->worker);
	cage_free(a->cage);
	loop_timer_free(a->soon);
	loop_timer_free(a->limit);
	json_decref(a->args);
	turn_clear(&a->turn);
	trace_free(a->trace);
	snapshot_free(a->before);
	receipt_free(a->receipt);
	receipt_free(a->last);
	free(a->earlier);
	chat_request_free(a->request);
	arena_free(a->arena);
	free(a);
}

bool agent_resume(struct agent *a, const struct store_session *session, struct err *e)
{
	struct arena *arena = arena_new();
	struct str *messages;
	size_t count;
	MUST(a->state == STATE_IDLE && !a->has_past && a->o.store);
	bool ok = store_session_messages(a->o.store, arena, session->id, &messages, &count, e);
	for (size_t i = 0; ok && i < count; i++)
		ok = log_read(messages[i], a->request, e) ||
		     err_context(e, "message %zu of session %s", i + 1, session->id);
	arena_free(arena);
	if (!ok)
		return false;
	snprintf(a->session, sizeof a->session, "%s", session->id);
	a->kept_messages = a->request->message_count;
	log_close_calls(a->request, STR("error: the program ended before this was done"));
	agent_keep(a);
	a->has_past = true;
	return true;
}

const struct receipt *agent_receipt(const struct agent *a)
{
	return a->last;
}

bool agent_is_running(const struct agent *a)
{
	return a->state != STATE_IDLE;
}

/* ---- a run ---- */

static void begin_session(struct agent *a, struct str task)
{
	struct err e = { 0 };
	struct store_session s = {
		.cwd = str_z(paths_root(a->o.paths, 0)),
		.model = a->o.model,
		.title = str_sub(task, 0, TITLE_BYTES),
	};
	if (!a->o.store || a->session[0] || a->is_store_broken)
		return;
	if (store_session_new(a->o.store, &s, &e))
		snprintf(a->session, sizeof a->session, "%s", s.id);
	else
		lose_store(a, &e);
}

/* A run that broke off leaves a conversation without an answer; many templates want the roles to
 * take turns. */
static void close_last_turn(struct agent *a)
{
	enum chat_role last = a->request->messages[a->request->message_count - 1].role;
	if (last != CHAT_SYSTEM && last != CHAT_ASSISTANT)
		chat_add_text(a->request, CHAT_ASSISTANT, STR("(no answer)"));
}

void agent_do(struct agent *a, struct str task)
{
	MUST(a->state == STATE_IDLE);
	receipt_free(a->last);
	a->last = NULL;
	a->receipt = receipt_new();
	a->receipt->model = arena_str(a->receipt->arena, a->o.model);
	a->began_ms = clock_ms();
	a->before = snapshot_take(a->o.paths);
	a->is_stopping = false;
	a->has_nudged = false;
	a->unread_answers = 0;
	repeat_init(&a->repeat);
	if (a->o.budget.ms)
		loop_timer_start(a->limit, a->o.budget.ms);
	begin_session(a, task);
	close_last_turn(a);
	chat_add_text(a->request, CHAT_USER, task);
	agent_keep(a);
	agent_later(a, agent_begin_turn);
}

/* Ends what is under way; the run then ends from the loop. */
static void stop(struct agent *a)
{
	switch (a->state) {
	case STATE_ANSWERING:
		guarded_end(a->call);
		a->call = NULL;
		if (a->turn.text.n)
			chat_add_text(a->request, CHAT_ASSISTANT, buf_str(&a->turn.text));
		agent_later(a, agent_end);
		break;
	case STATE_ASKING: agent_decide(a, false); break;
	case STATE_RUNNING: tool_job_stop(a->job); break;
	case STATE_CHECKING: proc_stop(a->check); break;
	case STATE_SOON: /* the step that is to come sees it */
	case STATE_IDLE: break;
	}
}

void agent_cancel(struct agent *a)
{
	if (a->state == STATE_IDLE)
		return;
	agent_set_end(a, END_CANCELLED, "stopped by the user");
	stop(a);
}

static void time_is_over(void *ctx)
{
	struct agent *a = ctx;
	agent_set_end(
		a, END_BUDGET, "the time of %lld s is used up", (long long)(a->o.budget.ms / 1000));
	stop(a);
}

/* ---- a turn ---- */

static void finish_turn(struct agent *a);

static void take_event(void *owner, const struct chat_event *event)
{
	struct agent *a = owner;
	turn_take(&a->turn, event);
	struct agent_event out = { .turn = a->receipt->turns, .text = event->text };
	if (event->type == CHAT_TEXT || event->type == CHAT_THINK || event->type == CHAT_ALIVE) {
		out.type = event->type == CHAT_TEXT    ? AGENT_TEXT
			   : event->type == CHAT_THINK ? AGENT_THINK
						       : AGENT_ALIVE;
		out.alive = event->alive;
		agent_send(a, &out);
	}
	if (!a->turn.is_over || a->state != STATE_ANSWERING)
		return;
	guarded_end(a->call);
	a->call = NULL;
	agent_later(a, finish_turn);
}

static int64_t tokens_used(const struct agent *a)
{
	const struct chat_usage *u = &a->receipt->usage;
	return u->prompt_tokens - u->cached_tokens + u->answer_tokens;
}

static bool is_within_budget(struct agent *a)
{
	const struct agent_budget *b = &a->o.budget;
	if (b->turns && a->receipt->turns >= b->turns)
		agent_set_end(a, END_BUDGET, "all %lld turns are used up", (long long)b->turns);
	else if (b->tokens && tokens_used(a) >= b->tokens)
		agent_set_end(a, END_BUDGET, "%lld of %lld tokens are used up",
			(long long)tokens_used(a), (long long)b->tokens);
	return !a->is_stopping;
}

void agent_begin_turn(struct agent *a)
{
	struct err e = { 0 };
	if (a->is_stopping || !is_within_budget(a)) {
		agent_end(a);
		return;
	}
	a->receipt->turns++;
	turn_clear(&a->turn);
	trace_free(a->trace);
	a->trace = trace_new();
	a->turn_began_ms = clock_ms();
	a->turn_began_unix_ms = clock_unix_ms();
	agent_send(a, &(struct agent_event){ .type = AGENT_TURN, .turn = a->receipt->turns });
	if (a->is_stopping) {
		agent_end(a);
		return;
	}
	a->state = STATE_ANSWERING;
	struct guarded_options guard = { .loop = a->o.loop, .never_asks = true };
	a->call = guarded_start(
		a->o.router, a->request, &guard, a->trace, (struct chat_sink){ take_event, a }, &e);
	if (a->call) {
		a->receipt->upstream =
			arena_str(a->receipt->arena, str_z(guarded_upstream(a->call)));
		return;
	}
	a->turn.err = e;
	a->turn.is_over = true;
	agent_later(a, finish_turn);
}

static void add_usage(struct chat_usage *sum, const struct chat_usage *u)
{
	sum->prompt_tokens += u->prompt_tokens;
	sum->cached_tokens += u->cached_tokens;
	sum->answer_tokens += u->answer_tokens;
	sum->thinking_tokens += u->thinking_tokens;
	sum->prefill_us += u->prefill_us;
	sum->decode_us += u->decode_us;
	sum->is_estimate = sum->is_estimate || u->is_estimate;
}

static void keep_trace(struct agent *a)
{
	const struct chat_usage *u = &a->turn.usage;
	const struct err *fault = trace_get_fault(a->trace);
	struct err e = { 0 };
	struct store_ledger_row row = {
		.trace_id = str_z(trace_id(a->trace)),
		.client = STR("agent"),
		.model = a->o.model,
		.upstream = a->receipt->upstream,
		.outcome = fault ? str_z(layers[fault->layer].name) : STR("ok"),
		.began_unix_ms = a->turn_began_unix_ms,
		.took_ms = clock_ms() - a->turn_began_ms,
		.prompt_tokens = u->prompt_tokens,
		.cached_tokens = u->cached_tokens,
		.answer_tokens = u->answer_tokens,
	};
	if (!a->o.store || a->is_store_broken)
		return;
	if (store_put_requests(a->o.store, &(struct store_request){ row, a->trace }, 1, &e))
		receipt_add_trace(a->receipt, trace_id(a->trace));
	else
		lose_store(a, &e);
}

static void add_answer(struct agent *a)
{
	struct turn *t = &a->turn;
	chat_add_message(a->request, CHAT_ASSISTANT);
	bool is_sealed = t->seal_count == 1 && t->seal.n;
	if (t->thinking.n || is_sealed)
		chat_add_block(
			a->request, (struct chat_block){ .type = CHAT_BLOCK_THINK,
					    .text = buf_str(&t->thinking),
					    .opaque = is_sealed ? buf_str(&t->seal) : STR(""),
					    .origin = is_sealed ? buf_str(&t->seal_origin)
								: a->receipt->upstream });
	if (t->text.n)
		chat_add_block(a->request,
			(struct chat_block){ .type = CHAT_BLOCK_TEXT, .text = buf_str(&t->text) });
	for (size_t i = 0; i < t->call_count; i++)
		chat_add_block(a->request, (struct chat_block){ .type = CHAT_BLOCK_CALL,
						   .id = buf_str(&t->calls[i].id),
						   .name = buf_str(&t->calls[i].name),
						   .text = buf_str(&t->calls[i].args) });
}

/* An empty answer leaves no message: most upstreams refuse one without content. */
static bool is_empty(const struct turn *t)
{
	return t->text.n == 0 && t->thinking.n == 0 && t->call_count == 0;
}

static void say_to_model(struct agent *a, struct str words)
{
	if (is_empty(&a->turn))
		chat_add_text(a->request, CHAT_ASSISTANT, STR("(nothing)"));
	chat_add_text(a->request, CHAT_USER, words);
	agent_keep(a);
	agent_later(a, agent_begin_turn);
}

/* The first few things that are not so, joined. */
static struct str reasons(struct agent *a)
{
	struct buf text;
	buf_init(&text, ERR_WHAT_BYTES);
	for (size_t i = 0; i < a->receipt->untruth_count && i < MOST_REASONS; i++)
		buf_printf(&text, "%s%.*s", i ? "; " : "", STR_ARG(a->receipt->untruths[i].why));
	struct str kept = arena_str(a->receipt->arena, buf_str(&text));
	buf_clear(&text);
	return kept;
}

/* The one word that a run has for a model that did not do its part. */
static void nudge(struct agent *a, enum nudge n)
{
	struct buf words;
	buf_init(&words, KIB);
	a->has_nudged = true;
	agent_note(a, "%s", nudge_about[n]);
	nudge_words(n, reasons(a), &words);
	say_to_model(a, buf_str(&words));
	buf_clear(&words);
}

/* The model called nothing and ended its turn: is that an end? */
static void weigh_end(struct agent *a)
{
	agent_look(a);
	enum nudge n = nudge_for(buf_str(&a->turn.text));
	if (n == NUDGE_NONE && a->receipt->untruth_count)
		n = NUDGE_CLAIMED;
	if (n == NUDGE_NONE || a->has_nudged) {
		agent_set_end(a, END_DONE, "%s", "");
		agent_end(a);
		return;
	}
	nudge(a, n);
}

/* Nothing at all came, and not because the upstream refused. */
static bool is_empty_answer(const struct agent *a)
{
	const struct err *e = &a->turn.err;
	return e->kind == ERR_UPSTREAM && !e->code && is_empty(&a->turn);
}

/* An answer that could not be read is asked for again, and so is one with nothing in it; any other
 * failure ends the run. */
static void weigh_failure(struct agent *a)
{
	const struct err *e = &a->turn.err;
	if (is_empty_answer(a) && !a->has_nudged) {
		nudge(a, NUDGE_EMPTY);
		return;
	}
	if (e->layer == LAYER_PARSE && a->unread_answers++ < MOST_UNREAD) {
		agent_note(a, "the answer could not be read (%s): asked for again", e->what);
		say_to_model(
			a, arena_printf(a->receipt->arena,
				   "Your answer could not be read: %s. Say it again.", e->what));
		return;
	}
	a->receipt->err = *e;
	agent_set_end(a, e->kind == ERR_CANCELLED ? END_CANCELLED : END_FAILED, "%s", "");
	agent_end(a);
}

static void finish_turn(struct agent *a)
{
	struct turn *t = &a->turn;
	add_usage(&a->receipt->usage, &t->usage);
	a->receipt->final = arena_str(a->receipt->arena, buf_str(&t->text));
	keep_trace(a);
	if (err_is_set(&t->err)) {
		weigh_failure(a);
		return;
	}
	bool is_cut = t->stop == CHAT_STOP_LENGTH && (t->call_count == 0 || turn_has_cut_call(t));
	if (is_cut)
		agent_set_end(a, END_LENGTH, "the answer reached its limit of tokens%s",
			t->call_count ? " in the middle of a call" : "");
	if (t->stop == CHAT_STOP_FILTER)
		agent_set_end(a, END_REFUSED, "the upstream refused to go on");
	if (is_cut && t->call_count) /* a call that broke off cannot be answered */
		chat_add_text(a->request, CHAT_ASSISTANT,
			t->text.n ? buf_str(&t->text) : STR("(a call that was cut off)"));
	else if (!is_empty(t))
		add_answer(a);
	agent_keep(a);
	a->call_index = 0;
	if (a->is_stopping) {
		agent_end(a);
	} else if (t->call_count) {
		agent_next_call(a);
	} else {
		weigh_end(a);
	}
}

/*
 * guard.c - see guard.h. Text goes through guard_text.h, calls through guard_call.h, whichever they
 * came from; what is wrong with an answer is gathered as one `lack` and settled at its end.
 *
 * Layer: parse, model.
 */
#include "chat/guard.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/dialect.h"
#include "chat/guard_call.h"
#include "chat/guard_text.h"
#include "chat/nudge.h"
#include "chat/schema_check.h"
#include "chat/tool_name.h"

/* What an answer lacks: the first thing that was wrong with it. */
struct lack {
	const char *about; /* NULL: nothing */
	struct buf words, id, name, args;
};

struct guard {
	struct guard_options o;
	bool reads_text;
	struct guard_text text;
	struct guard_call call;
	struct call_args args;
	struct lack lack;
	unsigned calls;            /* that were told, or are being told */
	uint64_t ids[LIMIT_CALLS]; /* of those, hashed */
	struct buf said, thought;  /* of the present answer; thought: for reads_text */
	struct chat_usage usage;   /* of all answers */
	bool has_usage, has_asked, has_mended, is_over;
};

static void take_inner(void *owner, const struct chat_event *event);

static void lack_clear(struct lack *l)
{
	buf_clear(&l->words);
	buf_clear(&l->id);
	buf_clear(&l->name);
	buf_clear(&l->args);
	l->about = NULL;
}

struct guard *guard_new(const struct guard_options *options)
{
	struct guard *g = must_calloc(1, sizeof *g);
	g->o = *options;
	g->reads_text = true;
	guard_text_init(&g->text, options->request, options->id_seed, options->trace,
		(struct chat_sink){ take_inner, g });
	guard_call_init(&g->call);
	call_args_init(&g->args);
	buf_init(&g->lack.words, ERR_WHAT_BYTES + SCHEMA_CHECK_WHY_BYTES);
	buf_init(&g->lack.id, LIMIT_ANSWER_BYTES);
	buf_init(&g->lack.name, LIMIT_ANSWER_BYTES);
	buf_init(&g->lack.args, LIMIT_ANSWER_BYTES);
	buf_init(&g->said, LIMIT_ANSWER_BYTES);
	buf_init(&g->thought, LIMIT_ANSWER_BYTES);
	return g;
}

void guard_free(struct guard *g)
{
	if (!g)
		return;
	guard_text_clear(&g->text);
	guard_call_clear(&g->call);
	call_args_clear(&g->args);
	lack_clear(&g->lack);
	buf_clear(&g->said);
	buf_clear(&g->thought);
	free(g);
}

void guard_reads_text(struct guard *g, bool does)
{
	g->reads_text = does;
}

bool guard_has_mended(const struct guard *g)
{
	return g->has_mended || g->has_asked || g->text.has_parted;
}

bool guard_is_over(const struct guard *g)
{
	return g->is_over;
}

/* ---- asking again ---- */

static bool may_ask(const struct guard *g)
{
	return g->o.again && !g->has_asked && !g->calls;
}

/* Both answers together stay below what was asked for. */
static bool has_tokens_left(const struct guard *g)
{
	int64_t most = g->o.request->sampling.max_tokens;
	return most <= 0 || g->usage.answer_tokens < most;
}

/* Asks; true if another answer comes, for which everything is made ready. */
static bool ask(struct guard *g, struct guard_again *what)
{
	g->has_asked = true;
	what->spent_tokens = g->usage.answer_tokens;
	if (!has_tokens_left(g) || !g->o.again(g->o.owner, what))
		return false;
	trace_note(g->o.trace, LAYER_MODEL, "asked again", "%s: %.*s", what->about,
		STR_ARG(what->words));
	guard_text_again(&g->text);
	guard_call_clear(&g->call);
	lack_clear(&g->lack);
	buf_reset(&g->said);
	buf_reset(&g->thought);
	return true;
}

static bool ask_for_lack(struct guard *g)
{
	struct lack *l = &g->lack;
	struct guard_again what = { .text = buf_str(&g->said),
		.id = buf_str(&l->id),
		.name = buf_str(&l->name),
		.args = buf_str(&l->args),
		.words = buf_str(&l->words),
		.about = l->about };
	return l->about && ask(g, &what);
}

static bool ask_with_words(struct guard *g, const char *about, const struct buf *words)
{
	struct guard_again what = {
		.text = buf_str(&g->said), .words = buf_str(words), .about = about
	};
	return ask(g, &what);
}

/* ---- the end ---- */

static void send_usage(struct guard *g)
{
	if (g->has_usage)
		chat_send_usage(g->o.sink, &g->usage);
}

static void end_well(struct guard *g, const struct chat_event *stop)
{
	g->is_over = true;
	send_usage(g);
	chat_send(g->o.sink, stop);
}

static void end_badly(struct guard *g, const struct err *e)
{
	g->is_over = true;
	send_usage(g);
	chat_send_fail(g->o.sink, e);
}

/* Something of the answer cannot be read: it is asked for again, or that is its end. */
static void give_up(struct guard *g, const struct err *e)
{
	struct buf words;
	bool is_asked = false;
	buf_init(&words, 2 * ERR_WHAT_BYTES);
	buf_printf(&words, "Your answer could not be read: %s. Say it again.", e->what);
	if (may_ask(g) && !g->call.is_begun)
		is_asked = ask_with_words(g, "it could not be read", &words);
	buf_clear(&words);
	if (!is_asked)
		end_badly(g, e);
}

/* ---- calls ---- */

static bool is_known_id(const struct guard *g, struct str id)
{
	for (unsigned i = 0; i < g->calls; i++)
		if (g->ids[i] == str_hash(id))
			return true;
	return false;
}

static void begin_call(struct guard *g, struct str id, struct str name)
{
	char fresh[DIALECT_CALL_ID_CHARS + 1], seed[sizeof(uint64_t) * 2 + 1];
	const struct chat_tool *tool = tool_name_meant(g->o.request, name);
	struct str came_as = id;
	if (tool && !str_eq(tool->name, name))
		trace_note(g->o.trace, LAYER_MODEL, "mended",
			"the tool's name %.*s was read as %.*s",
			STR_ARG(str_sub(name, 0, LIMIT_QUOTE_BYTES)), STR_ARG(tool->name));
	if (!id.n || is_known_id(g, id)) {
		snprintf(seed, sizeof seed, "%llx", (unsigned long long)g->o.id_seed);
		id = dialect_call_id(str_z(seed), g->calls, fresh);
		trace_note(g->o.trace, LAYER_WIRE, "mended",
			"a call without an id of its own was given one");
	}
	g->has_mended |= (tool && !str_eq(tool->name, name)) || !str_eq(id, came_as);
	guard_call_open(&g->call, g->calls, id, name, tool);
	g->call.never_streams = !g->o.request->is_stream || g->lack.about;
}

/* The call is told: from now on nothing is asked for again. */
static void count_call(struct guard *g)
{
	if (g->calls < LIMIT_CALLS)
		g->ids[g->calls] = str_hash(buf_str(&g->call.id));
	g->calls++;
}

/* Keeps what is wrong with the present call, which is not told. `shown`: it can stand in a
 * conversation. */
static void set_lack(struct guard *g, const char *about, bool is_shown)
{
	struct lack *l = &g->lack;
	l->about = about;
	if (!is_shown)
		return;
	buf_add(&l->id, buf_str(&g->call.id));
	buf_add(&l->name, g->call.tool ? g->call.tool->name : buf_str(&g->call.name));
	buf_add(&l->args, buf_str(&g->args.text));
}

static void lack_words(struct guard *g)
{
	struct buf *words = &g->lack.words;
	const struct chat_tool *tool = g->call.tool;
	buf_add_z(words, "error: ");
	if (!tool) {
		tool_name_unknown(g->o.request, buf_str(&g->call.name), words);
		return;
	}
	buf_printf(words, "%.*s: %.*s; it takes ", STR_ARG(tool->name),
		STR_ARG(buf_str(&g->args.why)));
	schema_signature(tool->parameters, words);
}

/* What is wrong with the present call, if it is to be asked for again; NULL if not. */
static const char *fault_of_call(const struct guard *g)
{
	if (g->args.verdict == CALL_ARGS_UNREADABLE)
		return "the arguments of its call could not be read";
	if (!g->call.tool)
		return "it called an unknown tool";
	return g->args.verdict == CALL_ARGS_WRONG ? "its call had wrong arguments" : NULL;
}

static void fail_args(struct guard *g)
{
	struct err e = { 0 };
	fail(&e, ERR_BAD_DATA, LAYER_PARSE, "the call of '%.*s' cannot be used: %s",
		STR_ARG(str_sub(buf_str(&g->call.name), 0, LIMIT_QUOTE_BYTES)),
		buf_z(&g->args.why));
	trace_bytes(g->o.trace, LAYER_PARSE, "unreadable", buf_str(&g->call.args.text));
	end_badly(g, &e);
}

static void tell_call(struct guard *g)
{
	bool was_told = guard_call_tell(&g->call, &g->args, g->o.sink);
	g->has_mended |= !str_eq(buf_str(&g->args.text), buf_str(&g->call.args.text));
	if (g->args.did.n)
		trace_note(g->o.trace, LAYER_MODEL, was_told ? "mended" : "not mended",
			"%.*s: %s%s", STR_ARG(buf_str(&g->call.name)), buf_z(&g->args.did),
			was_told ? "" : "; too late, that part had been told");
	count_call(g);
}

static void settle_call(struct guard *g)
{
	call_args_settle(&g->args, buf_str(&g->call.args.text),
		g->call.tool ? g->call.tool->parameters : NULL);
}

static void end_call(struct guard *g)
{
	g->call.is_open = false;
	if (g->lack.about)
		return;
	settle_call(g);
	const char *about = fault_of_call(g);
	bool is_readable = g->args.verdict != CALL_ARGS_UNREADABLE;
	if (about && may_ask(g) && !g->call.is_begun) {
		set_lack(g, about, is_readable);
		lack_words(g);
	} else if (is_readable) {
		tell_call(g);
	} else {
		fail_args(g);
	}
}

static void take_call(struct guard *g, const struct chat_event *event)
{
	if (event->type != CHAT_TOOL_BEGIN && !g->call.is_open)
		return;
	switch (event->type) {
	case CHAT_TOOL_BEGIN: begin_call(g, event->id, event->text); break;
	case CHAT_TOOL_ARGS: guard_call_add(&g->call, event->text, g->o.sink); break;
	case CHAT_TOOL_END: end_call(g); break;
	default: break;
	}
}

/* ---- words ---- */

static void pass_text(struct guard *g, struct str piece)
{
	buf_add(&g->said, piece);
	chat_send_text(g->o.sink, piece);
}

/* What comes out of the text: words, and calls that were in it. */
static void take_inner(void *owner, const struct chat_event *event)
{
	struct guard *g = owner;
	if (g->is_over)
		return;
	g->has_mended |= event->type != CHAT_TEXT;
	if (event->type == CHAT_TEXT)
		pass_text(g, event->text);
	else if (event->type == CHAT_THINK)
		chat_send(g->o.sink, event);
	else
		take_call(g, event);
}

static void take_text(struct guard *g, struct str piece)
{
	struct err e = { 0 };
	if (!g->reads_text)
		pass_text(g, piece);
	else if (!guard_text_take(&g->text, piece, &e))
		give_up(g, &e);
}

static void take_thought(struct guard *g, const struct chat_event *event)
{
	if (g->reads_text)
		buf_add(&g->thought, event->text);
	chat_send(g->o.sink, event);
}

/* Text held back is decided before something else follows it. False: that ended the answer. */
static bool end_text(struct guard *g, bool is_cut)
{
	struct err e = { 0 };
	bool is_read = guard_text_end(&g->text, is_cut, &e);
	g->has_mended |= g->text.has_parted;
	if (is_read) {
		guard_text_again(&g->text);
		return !g->is_over;
	}
	give_up(g, &e);
	return false;
}

/* ---- stop ---- */

static bool has_said(const struct guard *g)
{
	return str_trim(buf_str(&g->said)).n > 0;
}

/* A call left in a thought, where nothing else was said. */
static void look_into_thought(struct guard *g)
{
	if (!g->reads_text || g->calls || g->lack.about || has_said(g) || !g->thought.n)
		return;
	if (guard_text_in_thought(&g->text, buf_str(&g->thought)))
		trace_note(g->o.trace, LAYER_PARSE, "mended",
			"a call inside a thought was taken as a call");
}

/* Whether a deed is owed that nobody called a tool for. */
static enum nudge owed(const struct guard *g)
{
	const struct chat_request *r = g->o.request;
	bool is_asked_to =
		r->tool_choice == CHAT_CHOICE_REQUIRED || r->tool_choice == CHAT_CHOICE_NAMED;
	if (!r->tool_count || r->tool_choice == CHAT_CHOICE_NONE || r->continues_assistant ||
		r->format != CHAT_FORMAT_TEXT || g->calls)
		return NUDGE_NONE;
	enum nudge n = nudge_for(buf_str(&g->said));
	return n == NUDGE_NONE && is_asked_to ? NUDGE_ANNOUNCED : n;
}

static bool ask_for_deed(struct guard *g)
{
	static const char *const abouts[NUDGE_COUNT] = {
		[NUDGE_ANNOUNCED] = "it called no tool",
		[NUDGE_EMPTY] = "it said nothing",
	};
	enum nudge n = may_ask(g) ? owed(g) : NUDGE_NONE;
	struct buf words;
	if (n == NUDGE_NONE)
		return false;
	buf_init(&words, KIB);
	nudge_words(n, STR(""), &words);
	bool is_asked = ask_with_words(g, abouts[n], &words);
	buf_clear(&words);
	return is_asked;
}

static void take_stop(struct guard *g, const struct chat_event *event)
{
	struct chat_event stop = *event;
	bool is_cut = event->stop == CHAT_STOP_LENGTH;
	bool is_whole = event->stop == CHAT_STOP_END || event->stop == CHAT_STOP_CALLS;
	if (!end_text(g, is_cut))
		return;
	if (is_whole)
		look_into_thought(g);
	if (g->is_over || ask_for_lack(g) || (is_whole && ask_for_deed(g)))
		return;
	if (g->lack.about) {
		fail_args(g);
		return;
	}
	if (g->call.is_open) {
		guard_call_tell_rest(&g->call, g->o.sink);
		count_call(g);
	}
	if (is_whole)
		stop.stop = g->calls ? CHAT_STOP_CALLS : CHAT_STOP_END;
	if (stop.stop != event->stop)
		trace_note(g->o.trace, LAYER_WIRE, "mended",
			"it stopped for '%s' with %u calls: made '%s'",
			chat_stop_names[event->stop], g->calls, chat_stop_names[stop.stop]);
	end_well(g, &stop);
}

/* ---- failure ---- */

/* What came of the open call is all of it: cut short, nothing would be a whole object. */
static bool is_whole_call(const struct guard *g)
{
	json_t *args = js_parse(buf_str(&g->call.args.text), LAYER_PARSE, &(struct err){ 0 });
	bool is_whole = json_is_object(args);
	json_decref(args);
	return is_whole;
}

/* The call in which an answer failed, if its arguments can be mended after all; and calls that are
 * whole where only the upstream's end is missing, as several servers leave it out. */
static bool save_call(struct guard *g, const struct err *e)
{
	bool is_cut = e->kind == ERR_CUT && e->layer == LAYER_WIRE;
	if (g->lack.about || (!g->call.is_open && !(is_cut && g->calls)))
		return false;
	if (g->call.is_open) {
		bool may_be_saved = e->layer == LAYER_PARSE || (is_cut && is_whole_call(g));
		if (!g->call.tool || !may_be_saved)
			return false;
		settle_call(g);
		if (g->args.verdict != CALL_ARGS_RIGHT)
			return false;
		tell_call(g);
	}
	g->has_mended = true;
	if (is_cut)
		trace_note(g->o.trace, LAYER_WIRE, "mended",
			"it ended without a reason behind %u whole calls: made '%s'", g->calls,
			chat_stop_names[CHAT_STOP_CALLS]);
	trace_recovered(g->o.trace);
	end_well(g, &(struct chat_event){ .type = CHAT_STOP, .stop = CHAT_STOP_CALLS });
	return true;
}

/* Nothing at all came, and not because the upstream refused. */
static bool is_empty_answer(const struct guard *g, const struct err *e)
{
	return e->kind == ERR_UPSTREAM && !e->code && !has_said(g) && !g->calls && !g->call.is_open;
}

static void take_failure(struct guard *g, const struct err *e)
{
	struct err mine = *e;
	if (save_call(g, e))
		return;
	if ((is_empty_answer(g, e) && ask_for_deed(g)) || (ask_for_lack(g) && !g->is_over)) {
		trace_recovered(g->o.trace);
		return;
	}
	if (e->layer == LAYER_PARSE && e->kind == ERR_BAD_DATA && may_ask(g)) {
		give_up(g, &mine);
		if (!g->is_over)
			trace_recovered(g->o.trace);
		return;
	}
	if (g->reads_text)
		guard_text_end(&g->text, true, NULL);
	end_badly(g, &mine);
}

/* ---- events ---- */

static void add_usage(struct chat_usage *sum, const struct chat_usage *u)
{
	sum->prompt_tokens += u->prompt_tokens;
	sum->cached_tokens += u->cached_tokens;
	sum->stored_tokens += u->stored_tokens;
	sum->answer_tokens += u->answer_tokens;
	sum->thinking_tokens += u->thinking_tokens;
	sum->prefill_us += u->prefill_us;
	sum->decode_us += u->decode_us;
	sum->is_estimate = sum->is_estimate || u->is_estimate;
}

void guard_take(struct guard *g, const struct chat_event *event)
{
	if (g->is_over)
		return;
	switch (event->type) {
	case CHAT_TEXT: take_text(g, event->text); break;
	case CHAT_THINK: take_thought(g, event); break;
	case CHAT_TOOL_BEGIN:
		if (end_text(g, false))
			take_call(g, event);
		break;
	case CHAT_TOOL_ARGS:
	case CHAT_TOOL_END: take_call(g, event); break;
	case CHAT_USAGE:
		add_usage(&g->usage, &event->usage);
		g->has_usage = true;
		break;
	case CHAT_STOP: take_stop(g, event); break;
	case CHAT_FAIL: take_failure(g, event->err); break;
	case CHAT_SEAL:
	case CHAT_ALIVE:
	case CHAT_LOGPROB: chat_send(g->o.sink, event); break;
	case CHAT_EVENT_TYPE_COUNT: break;
	}
}

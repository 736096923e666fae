/*
 * answer.c - one chat request under way: from the exchange to the router, and events back.
 *
 * Until something is said, or alive_ms have passed, nothing goes out: so a failure before that has
 * its own HTTP status, and after it is an error inside the stream. An answer ends exactly once, by
 * its own STOP or FAIL, by a refusal, or by the client's leaving; then the trace and the ledger row
 * are written and everything about it goes. Before it begins it may wait for what its request names
 * of earlier answers, and before its STOP goes out until it is kept itself (kept.h).
 *
 * Layer: client, route.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "chat/passage.h"
#include "chat/quirks.h"
#include "route/guarded.h"
#include "serve/kept.h"
#include "serve/serve_int.h"

/* Most that a log probability takes in an answer, and what each byte of its token adds. */
enum { LOGPROB_BYTES = 96, LOGPROB_BYTES_EACH = 12 };

struct answer {
	struct answer *prev, *next;
	struct serve *serve;
	struct http_exchange *x;
	const struct dialect *dialect;
	struct arena *arena;
	struct trace *trace;
	struct chat_request *request;
	const struct chat_request *prompt; /* that is being answered: of several, one by one */
	struct guarded_call *call;
	struct str path;        /* as of dialect.read_request; lives with the exchange */
	struct kept_wait *wait; /* for the store; NULL: for nothing */
	struct chat_event stop; /* while it waits to be kept */
	struct dialect_writer *writer;
	struct passage passage;   /* the upstream's own bytes, where it speaks the same dialect */
	struct loop_timer *timer; /* says "still here" */
	struct buf out;
	struct chat_usage usage;
	struct chat_alive alive;
	size_t answer_bytes, logprob_bytes; /* of a whole answer, gathered so far */
	struct err excess;                  /* set: the answer has become too long */
	struct err fault;
	uint64_t asked;             /* the hash of all that is asked; 0: it is not compared */
	int64_t began_ms, wrote_ms; /* wrote: when something went out last */
	bool is_kept;               /* for later requests */
	const char *mended;         /* what reading the request mended or added; NULL: nothing */
	bool has_joined;            /* the passage parted, and what it held was written anew */
	bool has_begun;             /* the stream's head went out */
	bool has_told;              /* something of the answer itself came */
	bool is_paused, was_paused;
};

/* ---- the end ---- */

static struct str outcome_text(const struct answer *a, enum outcome outcome)
{
	if (outcome == OUTCOME_LEFT)
		return STR("left");
	return outcome == OUTCOME_OK ? STR("ok") : str_z(layers[a->fault.layer].name);
}

/* The trace goes to the writer; nothing may be noted in it any more. */
static void keep(struct answer *a, enum outcome outcome, struct str upstream, int64_t took_ms)
{
	struct store_ledger_row row = {
		.trace_id = str_z(trace_id(a->trace)),
		.client = a->request && a->request->is_side ? STR("side") : STR("serve"),
		.model = a->request ? a->request->model : STR(""),
		.upstream = upstream,
		.outcome = outcome_text(a, outcome),
		.began_unix_ms = trace_began_unix_ms(a->trace),
		.took_ms = took_ms,
		.prompt_tokens = a->usage.prompt_tokens,
		.cached_tokens = a->usage.cached_tokens,
		.answer_tokens = a->usage.answer_tokens,
	};
	if (a->serve->writer)
		store_writer_put(a->serve->writer, a->trace, &row);
	else
		trace_free(a->trace);
	a->trace = NULL;
}

/* Counts it, writes it down, and frees everything but the exchange. */
static void finish(struct answer *a, enum outcome outcome)
{
	struct metrics *m = &a->serve->metrics;
	int64_t took_ms = clock_ms() - a->began_ms;
	m->requests[outcome]++;
	m->running--;
	if (a->asked)
		again_over(&a->serve->again, a->asked, outcome == OUTCOME_OK, clock_ms());
	if (outcome == OUTCOME_FAILED)
		m->errors[a->fault.layer]++;
	metrics_took(&m->whole, took_ms);
	metrics_tokens(m, &a->usage);
	/* The backend may note its end in the trace, so that goes after it. */
	struct str upstream = a->call ? str_z(guarded_upstream(a->call)) : STR("");
	kept_forget(a->wait);
	guarded_end(a->call);
	if (a->passage.is_open && !a->passage.is_parted && outcome == OUTCOME_OK)
		trace_note(a->trace, LAYER_CLIENT, "passed", "the answer as it came");
	passage_clear(&a->passage);
	for (int i = 0; i < LAYER_COUNT; i++)
		m->broken[i] += trace_broken_count(a->trace, (enum layer)i);
	keep(a, outcome, upstream, took_ms);
	loop_timer_free(a->timer);
	if (a->writer)
		a->dialect->writer_free(a->writer);
	buf_clear(&a->out);
	chat_request_free(a->request);
	arena_free(a->arena);
	if (a->prev)
		a->prev->next = a->next;
	else
		a->serve->answers = a->next;
	if (a->next)
		a->next->prev = a->prev;
	free(a);
}

static void add_headers(struct answer *a)
{
	http_add_header(a->x, "x-request-id", str_z(trace_id(a->trace)));
	if (!str_eq_z(str_z(a->dialect->id_header), "x-request-id"))
		http_add_header(a->x, a->dialect->id_header, str_z(trace_id(a->trace)));
	if (a->call)
		http_add_header(a->x, "x-offgrid-upstream", str_z(guarded_upstream(a->call)));
	struct str rest = buf_str(&a->passage.headers), line, name;
	while (rest.n && str_cut(&rest, '\n', &line))
		if (line.n && str_cut(&line, ':', &name))
			http_add_header(a->x, arena_z(a->arena, name), line);
}

/* It failed before anything went out. */
static void refuse(struct answer *a, const struct err *e)
{
	a->fault = *e;
	trace_fault(a->trace, e);
	add_headers(a);
	serve_reply_error(a->x, a->dialect, e);
	finish(a, OUTCOME_FAILED);
}

static void on_gone(void *ctx)
{
	struct answer *a = ctx;
	struct http_exchange *x = a->x;
	trace_note(a->trace, LAYER_CLIENT, "left", "the client hung up after %lld ms, %s",
		(long long)(clock_ms() - a->began_ms),
		a->has_told ? "within the answer" : "before the answer had begun");
	finish(a, OUTCOME_LEFT);
	http_drop(x);
}

void answer_abort(struct answer *a)
{
	struct http_exchange *x = a->x;
	trace_note(a->trace, LAYER_ROUTE, "stopped", "the server was stopped");
	finish(a, OUTCOME_LEFT);
	http_drop(x);
}

/* ---- going out ---- */

static void on_drain(void *ctx)
{
	struct answer *a = ctx;
	if (!a->is_paused || !a->call)
		return;
	a->is_paused = false;
	guarded_pause(a->call, false);
}

static void note_slow(struct answer *a)
{
	if (a->was_paused)
		return;
	a->serve->metrics.paused++;
	trace_note(a->trace, LAYER_CLIENT, "slow",
		"it reads slower than its answer comes: the upstream waits for it");
}

/* Sends what the writer has written. */
static void send_out(struct answer *a)
{
	if (!a->out.n)
		return;
	if (!a->has_begun) {
		add_headers(a);
		http_add_header(a->x, "cache-control", STR("no-store"));
		http_stream_begin(a->x, 200,
			a->dialect->framing == DIALECT_SSE ? "text/event-stream; charset=utf-8"
							   : "application/x-ndjson");
		a->has_begun = true;
	}
	a->wrote_ms = clock_ms();
	bool has_room = http_stream_write(a->x, buf_str(&a->out));
	buf_reset(&a->out);
	if (!has_room && !a->is_paused && a->call) {
		note_slow(a);
		a->is_paused = a->was_paused = true;
		guarded_pause(a->call, true);
	}
}

/* ---- whose words go out: the upstream's (passage.h) or ours ---- */

static bool is_passing(const struct answer *a)
{
	return a->passage.is_open && !a->passage.is_parted;
}

static void write_event(struct answer *a, const struct chat_event *event, struct buf *out)
{
	a->dialect->write(a->writer, event, out);
}

/* What is ready of the upstream's own bytes. */
static void take_ready(struct answer *a)
{
	struct str ready = passage_ready(&a->passage);
	if (!ready.n)
		return;
	buf_add(&a->out, ready);
	passage_sent(&a->passage);
}

static void on_ready(void *ctx)
{
	struct answer *a = ctx;
	if (err_is_set(&a->excess) || !a->request->is_stream)
		return;
	take_ready(a);
	send_out(a);
}

/* From here on it is ours; what the upstream's bytes did not tell yet comes first. */
static void join(struct answer *a)
{
	a->has_joined = true;
	trace_note(a->trace, LAYER_CLIENT, "not passed", "the answer%s: %s",
		a->passage.has_gone ? ", from here on" : "", a->passage.why);
	take_ready(a);
	buf_add(&a->out, buf_str(&a->passage.shadow));
	buf_clear(&a->passage.shadow);
}

static void say(struct answer *a, const struct chat_event *event)
{
	struct passage *p = &a->passage;
	if (is_passing(a) && passage_told(p, event))
		return;
	if (p->is_parted && !a->has_joined)
		join(a);
	write_event(a, event, &a->out);
}

static void say_alive(struct answer *a)
{
	struct chat_event event = { .type = CHAT_ALIVE, .alive = a->alive };
	if (is_passing(a) && a->dialect->sign_of_life)
		buf_add_z(&a->out, a->dialect->sign_of_life);
	else
		write_event(a, &event, &a->out);
	send_out(a);
}

static void on_timer(void *ctx)
{
	struct answer *a = ctx;
	int64_t silent_ms = clock_ms() - a->wrote_ms;
	if (silent_ms >= a->serve->alive_ms) {
		say_alive(a);
		silent_ms = 0;
	}
	loop_timer_start(a->timer, a->serve->alive_ms - silent_ms);
}

static void take_alive(struct answer *a, const struct chat_event *event)
{
	a->alive = event->alive;
	if (a->request->is_stream && clock_ms() - a->wrote_ms >= a->serve->alive_ms)
		say_alive(a);
}

/* The last event: the answer goes out whole, or its stream ends. */
static void tell_end(struct answer *a, const struct chat_event *event)
{
	struct http_exchange *x = a->x;
	bool is_stop = event->type == CHAT_STOP;
	say(a, event);
	take_ready(a);
	if (a->request->is_stream) {
		send_out(a);
		finish(a, is_stop ? OUTCOME_OK : OUTCOME_FAILED);
		http_stream_end(x);
	} else {
		add_headers(a);
		http_reply(x, 200, "application/json", buf_str(&a->out));
		finish(a, OUTCOME_OK);
	}
}

/* The answer is told to be kept only if it is; a disk that is full costs nothing else. */
static void on_kept(void *owner, const struct dialect_past *past, const struct err *e)
{
	struct answer *a = owner;
	(void)past;
	a->wait = NULL;
	if (e) {
		trace_note(a->trace, LAYER_DISK, "not kept", "%s", e->what);
		a->serve->metrics.unkept++;
		a->dialect->keeping->not_kept(a->writer);
	}
	tell_end(a, &a->stop);
}

/* Nothing but its end is still to be told. */
static void keep_answer(struct answer *a, const struct chat_event *stop)
{
	struct dialect_turn turn;
	struct buf asked, answered;
	buf_init(&asked, LIMIT_ANSWER_STORED_BYTES);
	buf_init(&answered, LIMIT_ANSWER_STORED_BYTES);
	a->stop = *stop;
	a->stop.text = arena_str(a->arena, stop->text);
	a->stop.whole = NULL; /* looked at already, and gone by then */
	a->dialect->keeping->write_turn(a->writer, stop, &a->out, &asked, &answered, &turn);
	if (a->request->is_stream)
		send_out(a);
	if (!asked.overflow && !answered.overflow) {
		a->wait = kept_put(a->serve, a->x, a->dialect, &turn, on_kept, a);
	} else {
		struct err e = { 0 };
		fail(&e, ERR_TOO_BIG, LAYER_DISK, "request or answer is over %zu bytes",
			(size_t)LIMIT_ANSWER_STORED_BYTES);
		on_kept(a, NULL, &e);
	}
	buf_clear(&asked);
	buf_clear(&answered);
}

static bool ask(struct answer *a, const struct chat_request *request, struct err *e);
static void take_end(struct answer *a, const struct chat_event *event);

/* Goes on to the next prompt of the same request; false if this was the last. The call that has
 * just ended is still inside its sink, which route/ allows. */
static bool ask_next(struct answer *a, const struct chat_event *stop)
{
	struct err e = { 0 };
	struct guarded_call *old = a->call;
	const struct chat_request *next = a->prompt->raw ? a->prompt->raw->next : NULL;
	if (!next)
		return false;
	a->dialect->write(a->writer, stop, &a->out);
	if (a->request->is_stream)
		send_out(a);
	bool is_asked = ask(a, next, &e);
	if (!is_asked)
		a->call = old;
	else
		guarded_end(old);
	if (is_asked && a->is_paused)
		guarded_pause(a->call, true);
	if (!is_asked)
		take_end(a, &(struct chat_event){ .type = CHAT_FAIL, .err = &e });
	return true;
}

/* Who asks, and in which conversation. */
static uint64_t conversation_of(const struct answer *a)
{
	uint64_t hash = str_hash(http_request_header(a->x, "user-agent"));
	hash = str_hash_on(hash, http_request_of(a->x)->peer);
	hash = str_hash_on(hash, http_request_header(a->x, a->dialect->key_header));
	for (const char *const *name = again_headers; *name; name++)
		hash = str_hash_on(hash, http_request_header(a->x, *name));
	return again_conversation(hash, a->request);
}

static void take_failure(struct answer *a, const struct err *why)
{
	a->fault = *why;
	if (why->kind == ERR_CONTEXT && !a->serve->is_unguarded)
		again_overflowed(&a->serve->again, conversation_of(a), clock_ms(), &a->fault);
	struct err e = a->fault;
	if (a->has_told && is_passing(a) && a->request->is_stream) {
		/* What was told before it goes out before it. */
		passage_part(&a->passage, "it failed");
		join(a);
		send_out(a);
	}
	if (a->has_begun)
		tell_end(a, &(struct chat_event){ .type = CHAT_FAIL, .err = &e });
	else
		refuse(a, &e);
}

static void take_end(struct answer *a, const struct chat_event *event)
{
	bool is_stop = event->type == CHAT_STOP;
	if (is_stop && ask_next(a, event))
		return;
	if (!is_stop)
		take_failure(a, event->err);
	else if (is_stop && a->is_kept)
		keep_answer(a, event);
	else
		tell_end(a, event);
}

/* The whole answer has become too long. */
static void on_excess(void *ctx)
{
	struct answer *a = ctx;
	struct err e = a->excess;
	refuse(a, &e);
}

/* What an event adds to a whole answer, at most: log probabilities are told with many words. */
static size_t bytes_of(const struct chat_event *event)
{
	const struct chat_logprob *p = &event->logprob;
	if (event->type != CHAT_LOGPROB)
		return event->text.n;
	size_t bytes = LOGPROB_BYTES + event->text.n * LOGPROB_BYTES_EACH;
	for (size_t i = 0; i < p->top_count; i++)
		bytes += LOGPROB_BYTES + p->top[i].bytes.n * LOGPROB_BYTES_EACH;
	return bytes;
}

/* A whole answer is gathered in memory, so it has an end, told as long as it can have its own
 * status. */
static bool is_within_limit(struct answer *a, const struct chat_event *event, struct err *e)
{
	bool is_logprob = event->type == CHAT_LOGPROB;
	size_t *sum = is_logprob ? &a->logprob_bytes : &a->answer_bytes;
	size_t limit = is_logprob ? LIMIT_LOGPROBS_BYTES : LIMIT_ANSWER_BYTES;
	*sum += bytes_of(event);
	if (a->request->is_stream || *sum <= limit)
		return true;
	fail(e, ERR_TOO_BIG, LAYER_WIRE, "the answer%s is over the limit of %zu bytes",
		is_logprob ? "'s log probabilities" : "", limit);
	return err_mend(e, "ask for a stream, or for less");
}

static void add_usage(struct chat_usage *sum, const struct chat_usage *u)
{
	sum->prompt_tokens += u->prompt_tokens;
	sum->cached_tokens += u->cached_tokens;
	sum->stored_tokens += u->stored_tokens;
	sum->answer_tokens += u->answer_tokens;
	sum->thinking_tokens += u->thinking_tokens;
	sum->is_estimate = sum->is_estimate || u->is_estimate;
}

static void take_event(void *owner, const struct chat_event *event)
{
	struct answer *a = owner;
	if (err_is_set(&a->excess))
		return;
	if (event->type == CHAT_ALIVE) {
		take_alive(a, event);
		return;
	}
	if (!a->has_told) {
		a->has_told = true;
		metrics_took(&a->serve->metrics.first, clock_ms() - a->began_ms);
	}
	if (event->type == CHAT_USAGE)
		add_usage(&a->usage, &event->usage);
	if (event->type == CHAT_STOP || event->type == CHAT_FAIL) {
		take_end(a, event);
		return;
	}
	if (!is_within_limit(a, event, &a->excess)) {
		/* Not from here: whoever tells the events may not be through with this one. */
		a->timer = loop_timer_new(a->serve->loop, on_excess, a);
		loop_timer_start(a->timer, 0);
		return;
	}
	say(a, event);
	if (a->request->is_stream)
		send_out(a);
}

/* ---- the beginning ---- */

static void note_request(const struct answer *a)
{
	const struct chat_request *r = a->request;
	const struct http_request *q = http_request_of(a->x);
	trace_note(a->trace, LAYER_CLIENT, "asks",
		"%s, model '%.*s', %zu messages, %zu tools offered, %s, from %.*s",
		a->dialect->about, STR_ARG(str_sub(r->model, 0, LIMIT_QUOTE_BYTES)),
		r->message_count, r->tool_count, r->is_stream ? "stream" : "whole answer",
		STR_ARG(q->peer));
	struct str agent = http_request_header(a->x, "user-agent");
	if (agent.n)
		trace_note(a->trace, LAYER_CLIENT, "client", "%.*s",
			STR_ARG(str_sub(agent, 0, LIMIT_QUOTE_BYTES)));
}

/* False if the client goes in circles without adding a word. */
static bool may_ask(struct answer *a, struct err *e)
{
	const struct chat_request *r = a->request;
	if (a->serve->is_unguarded || !r->is_stream || !r->tool_count)
		return true;
	uint64_t hash = str_sum_on(str_hash(a->path), http_request_of(a->x)->body);
	if (!again_may_ask(&a->serve->again, hash, clock_ms(), e))
		return false;
	a->asked = hash;
	return true;
}

/* A request that names no model means the first one there is. */
static void name_model(struct answer *a)
{
	if (a->request->model.n)
		return;
	json_t *models = router_models(a->serve->router);
	struct str first = js_text(json_object_get(json_array_get(models, 0), "id"));
	first = arena_str(a->arena, first);
	for (struct chat_request *r = a->request; r; r = r->raw ? r->raw->next : NULL)
		r->model = first;
	json_decref(models);
	trace_note(a->trace, LAYER_ROUTE, "model", "none was named, '%.*s' is the first there is",
		STR_ARG(a->request->model));
}

static bool ask(struct answer *a, const struct chat_request *request, struct err *e)
{
	struct guarded_options guard = { .loop = a->serve->loop, .is_off = a->serve->is_unguarded };
	a->prompt = request;
	a->call = guarded_start(a->serve->router, request, &guard, a->trace,
		(struct chat_sink){ take_event, a }, e);
	return a->call != NULL;
}

/* What was mended or added, by the notes that were made. */
static const char *find_mended(
	const struct answer *a, const struct dialect_past *past, size_t noted)
{
	if (past && (past->chain_count || past->other_count))
		return "what it names of answers kept here was put into it";
	for (size_t i = noted; i < trace_count(a->trace); i++) {
		const struct trace_record *r = trace_get(a->trace, i);
		/* What another dialect cannot carry is not mended for its own. */
		if (quirk_changes_nothing(r) || str_eq_z(STR("dialect"), r->what))
			continue;
		return arena_z(
			a->arena, arena_printf(a->arena, "%s, %.*s", r->what, STR_ARG(r->text)));
	}
	return NULL;
}

static bool read_request(struct answer *a, const struct dialect_past *past, struct err *e)
{
	struct str body = http_request_of(a->x)->body;
	trace_bytes(a->trace, LAYER_CLIENT, "request", body);
	size_t noted = trace_count(a->trace);
	if (past)
		a->request = a->dialect->keeping->read_request(
			a->path, body, past, a->arena, a->trace, e);
	else
		a->request = a->dialect->read_request(a->path, body, a->arena, a->trace, e);
	if (past && past->chain_count)
		trace_note(a->trace, LAYER_CLIENT, "goes on", "from %zu earlier answers kept here",
			past->chain_count);
	a->mended = find_mended(a, past, noted);
	return a->request != NULL;
}

/* The path is the one on which an upstream of this dialect takes the same request. */
static bool is_upstreams_path(const struct answer *a)
{
	struct buf path;
	struct str own = http_request_of(a->x)->path;
	buf_init(&path, LIMIT_HTTP_HEAD_BYTES);
	a->dialect->path(a->request, a->request->is_stream, &path);
	struct str wanted = buf_str(&path), without_query;
	bool is_same = str_cut(&wanted, '?', &without_query) && str_ends(own, without_query);
	buf_clear(&path);
	return is_same;
}

/* Lets the bytes of both sides through where nothing of ours has to be in them. */
static void open_passage(struct answer *a)
{
	struct chat_request *r = a->request;
	if (a->is_kept)
		r->unpassed = "its answer is kept here, under our own id";
	else if (r->raw || !is_upstreams_path(a))
		r->unpassed = "an upstream answers it on another path";
	if (r->unpassed)
		return;
	r->unpassed = r->model.n ? a->mended : "it names no model";
	passage_init(&a->passage, a->dialect);
	a->passage.hides_usage = a->dialect->asks_for_usage && r->is_stream && !r->wants_usage;
	a->passage.hides_thoughts = r->hides_thoughts;
	a->passage.on_ready = on_ready;
	a->passage.owner = a;
	r->passage = &a->passage;
	if (!r->unpassed)
		r->body = http_request_of(a->x)->body;
}

static bool start(struct answer *a, const struct dialect_past *past, struct err *e)
{
	if (!read_request(a, past, e))
		return false;
	a->is_kept = kept_is_wanted(a->serve, a->dialect, a->request);
	serve_keep_headers(a->x, a->dialect, a->request);
	note_request(a);
	open_passage(a);
	a->request->keeps_quirks = a->serve->keeps_quirks;
	quirks_mark(a->request, a->trace);
	name_model(a);
	if (!may_ask(a, e))
		return false;
	a->writer = a->dialect->writer_new(&(struct dialect_answer){
		.id = str_z(trace_id(a->trace)),
		.model = a->request->model,
		.unix_s = trace_began_unix_ms(a->trace) / 1000,
		.is_stream = a->request->is_stream,
		.wants_usage = a->request->wants_usage,
		.hides_thoughts = a->request->hides_thoughts,
		.request = a->request,
		.kind = a->path,
		.alive = &a->alive,
		.is_kept = a->is_kept,
	});
	a->passage.writer = a->writer;
	return ask(a, a->request, e);
}

static void go_on(struct answer *a, const struct dialect_past *past)
{
	struct err e = { 0 };
	if (!start(a, past, &e)) {
		refuse(a, &e);
		return;
	}
	if (a->request->is_stream) {
		a->timer = loop_timer_new(a->serve->loop, on_timer, a);
		loop_timer_start(a->timer, a->serve->alive_ms);
	}
}

static void on_found(void *owner, const struct dialect_past *past, const struct err *e)
{
	struct answer *a = owner;
	a->wait = NULL;
	if (e)
		refuse(a, e);
	else
		go_on(a, past);
}

void answer_begin(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	struct answer *a = must_calloc(1, sizeof *a);
	*a = (struct answer){ .next = s->answers,
		.serve = s,
		.x = x,
		.dialect = d,
		.arena = arena_new(),
		.trace = trace_new(),
		.path = path,
		.began_ms = clock_ms(),
		.wrote_ms = clock_ms() };
	if (s->answers)
		s->answers->prev = a;
	s->answers = a;
	s->metrics.running++;
	buf_init(&a->out, LIMIT_ANSWER_BYTES * 4);
	if (!s->writer)
		trace_forget_bytes(a->trace);
	http_watch(x, (struct http_watch){ on_gone, on_drain, a });
	if (!kept_find(s, x, d, on_found, a, &a->wait))
		go_on(a, NULL);
}

/*
 * guarded.c - see guarded.h. A call holds one route_call at a time; asking again replaces it from
 * inside its sink. The sink may end the whole call while the guard is at work, so it is freed when
 * that has returned.
 *
 * Layer: route, model.
 */
#include "route/guarded.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/guard.h"
#include "chat/invariants.h"
#include "chat/repeat.h"

enum { ADDED_MESSAGES = 2, CIRCLE_KEPT = 64 };

struct guarded_call {
	struct router *router;
	const struct chat_request *request;
	struct trace *trace;
	struct chat_sink sink;
	struct invariants invariants;
	struct guard *guard;      /* NULL: everything passes */
	struct route_call *inner; /* NULL: we answer ourselves */
	struct loop_timer *timer; /* then */
	size_t rounds;            /* of the circle */
	bool is_paused;
	bool is_busy, is_ended;
};

static void free_call(struct guarded_call *c)
{
	guard_free(c->guard);
	invariants_clear(&c->invariants);
	loop_timer_free(c->timer);
	free(c);
}

/* ---- words for the model ---- */

/* The request with room for what is added at its end. Shares everything else with it. */
static struct chat_request *longer(const struct chat_request *r)
{
	struct chat_request *copy = arena_alloc(r->arena, sizeof *copy);
	size_t room = r->message_count + ADDED_MESSAGES;
	*copy = *r;
	copy->body = STR("");
	copy->unpassed = "words for the model were added to it";
	copy->messages = arena_calloc(r->arena, room, sizeof *copy->messages);
	copy->message_room = room;
	for (size_t i = 0; i < r->message_count; i++)
		copy->messages[i] = r->messages[i];
	return copy;
}

static void add_said(struct chat_request *r, const struct guard_again *what)
{
	bool has_call = what->name.n > 0;
	chat_add_message(r, CHAT_ASSISTANT);
	if (what->text.n || !has_call)
		chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_TEXT,
					  .text = what->text.n ? what->text : STR("(nothing)") });
	if (has_call)
		chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_CALL,
					  .id = what->id,
					  .name = what->name,
					  .text = what->args });
}

static void add_words(struct chat_request *r, const struct guard_again *what)
{
	if (!what->name.n) {
		chat_add_text(r, CHAT_USER, what->words);
		return;
	}
	chat_add_message(r, CHAT_TOOL);
	chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_RESULT,
				  .id = what->id,
				  .name = what->name,
				  .text = what->words,
				  .is_error = true });
}

/* ---- events ---- */

/* What the listener gets, watched. */
static void take_out(void *owner, const struct chat_event *event)
{
	struct guarded_call *c = owner;
	invariants_take(&c->invariants, event);
	if (event->type == CHAT_STOP && c->guard && c->inner && !guard_has_mended(c->guard))
		invariants_passed(&c->invariants);
	chat_send(c->sink, event);
}

static struct chat_sink out_of(struct guarded_call *c)
{
	return (struct chat_sink){ take_out, c };
}

/* Whoever answers here reads its own model's words. */
static enum layer reading_layer(const struct guarded_call *c)
{
	return route_reads_calls(c->inner) ? LAYER_PARSE : LAYER_WIRE;
}

static void take_event(void *owner, const struct chat_event *event)
{
	struct guarded_call *c = owner;
	c->is_busy = true;
	invariants_came(&c->invariants, reading_layer(c), event);
	if (c->guard && route_is_guarded(c->inner)) {
		guard_reads_text(c->guard, !route_reads_calls(c->inner));
		guard_take(c->guard, event);
	} else {
		take_out(c, event);
	}
	c->is_busy = false;
	if (c->is_ended)
		free_call(c);
}

/* Whoever asked for so many tokens gets no more of them in two answers. */
static void limit_rest(struct guarded_call *c, struct chat_request *r, int64_t spent_tokens)
{
	int64_t most = r->sampling.max_tokens;
	if (most <= spent_tokens)
		return;
	r->sampling.max_tokens = most - spent_tokens;
	trace_note(c->trace, LAYER_ROUTE, "limit", "%lld of %lld tokens are left to answer again",
		(long long)(most - spent_tokens), (long long)most);
}

/* The guard's question: from inside take_event. */
static bool ask_again(void *owner, const struct guard_again *what)
{
	struct guarded_call *c = owner;
	struct chat_request *r = longer(c->request);
	r->passage = NULL;
	limit_rest(c, r, what->spent_tokens);
	add_said(r, what);
	add_words(r, what);
	struct route_call *old = c->inner, *fresh;
	fresh = route_start(
		c->router, r, c->trace, (struct chat_sink){ take_event, c }, &(struct err){ 0 });
	if (!fresh)
		return false;
	c->inner = fresh;
	route_end(old);
	if (c->is_paused)
		route_pause(fresh, true);
	return true;
}

/* ---- circles ---- */

static const struct chat_block *result_of(
	const struct chat_request *r, size_t message, const struct chat_block *call)
{
	for (size_t i = message + 1; i < r->message_count; i++) {
		const struct chat_message *m = &r->messages[i];
		if (m->role == CHAT_ASSISTANT)
			return NULL;
		for (size_t k = 0; k < m->block_count; k++)
			if (m->blocks[k].type == CHAT_BLOCK_RESULT &&
				str_eq(m->blocks[k].id, call->id))
				return &m->blocks[k];
	}
	return NULL;
}

/* The newest calls with their results since a person last spoke, the newest last. */
struct calls {
	uint64_t hashes[CIRCLE_KEPT];
	size_t count;
};

static void add_calls(struct calls *calls, const struct chat_request *r, size_t message)
{
	const struct chat_message *m = &r->messages[message];
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i], *result;
		if (b->type != CHAT_BLOCK_CALL)
			continue;
		result = result_of(r, message, b);
		if (calls->count == CIRCLE_KEPT) {
			for (size_t k = 1; k < CIRCLE_KEPT; k++)
				calls->hashes[k - 1] = calls->hashes[k];
			calls->count--;
		}
		calls->hashes[calls->count++] =
			repeat_hash(b->name, b->text, result ? result->text : STR(""));
	}
}

static bool is_persons(const struct chat_message *m)
{
	return m->role == CHAT_USER && m->block_count && m->blocks[0].type == CHAT_BLOCK_TEXT;
}

static size_t circle_rounds(const struct chat_request *r)
{
	struct calls calls = { .count = 0 };
	for (size_t i = 0; i < r->message_count; i++) {
		if (is_persons(&r->messages[i]))
			calls.count = 0;
		else if (r->messages[i].role == CHAT_ASSISTANT)
			add_calls(&calls, r, i);
	}
	return repeat_rounds(calls.hashes, calls.count);
}

/* The circle is over: said in place of a model. */
static void on_timer(void *ctx)
{
	struct guarded_call *c = ctx;
	struct str words = arena_printf(c->request->arena,
		"(offgrid) The model made the same calls with the same results %zu times in a row, "
		"so it was stopped here. Nothing new came of the last rounds.",
		c->rounds);
	c->is_busy = true;
	chat_send_text(out_of(c), words);
	if (!c->is_ended)
		chat_send_stop(out_of(c), CHAT_STOP_END);
	c->is_busy = false;
	if (c->is_ended)
		free_call(c);
}

static void answer_ourselves(struct guarded_call *c, struct loop *loop)
{
	trace_note(c->trace, LAYER_MODEL, "circle",
		"the same calls with the same results %zu times: ended here", c->rounds);
	c->timer = loop_timer_new(loop, on_timer, c);
	loop_timer_start(c->timer, 0);
}

/* The request as it is asked: with a word about the circle it is in. */
static const struct chat_request *with_word(struct guarded_call *c)
{
	if (c->rounds < GUARDED_CIRCLE_WORD)
		return c->request;
	struct chat_request *r = longer(c->request);
	struct str words = arena_printf(r->arena,
		"You made the same call %zu times and its result was the same each time. Do "
		"something else now, or say what stands in the way.",
		c->rounds);
	trace_note(c->trace, LAYER_MODEL, "circle",
		"the same calls with the same results %zu times: the model is told", c->rounds);
	chat_add_text(r, CHAT_USER, words);
	return r;
}

/* ---- the call ---- */

static uint64_t fresh_seed(void)
{
	uint64_t seed;
	MUST(getentropy(&seed, sizeof seed) == 0);
	return seed;
}

static void add_guard(struct guarded_call *c, const struct guarded_options *o)
{
	c->guard = guard_new(&(struct guard_options){
		.request = c->request,
		.id_seed = fresh_seed(),
		.trace = c->trace,
		.sink = out_of(c),
		.again = o->never_asks ? NULL : ask_again,
		.owner = c,
	});
	c->rounds = o->never_asks ? 0 : circle_rounds(c->request);
}

struct guarded_call *guarded_start(struct router *r, const struct chat_request *request,
	const struct guarded_options *options, struct trace *t, struct chat_sink sink,
	struct err *e)
{
	struct guarded_call *c = must_calloc(1, sizeof *c);
	bool is_guarded = !options->is_off && request->tool_count &&
			  request->sampling.top_logprobs == CHAT_UNSET_INT;
	*c = (struct guarded_call){ .router = r, .request = request, .trace = t, .sink = sink };
	invariants_init(&c->invariants, request, t);
	if (is_guarded)
		add_guard(c, options);
	if (c->rounds >= GUARDED_CIRCLE_END) {
		answer_ourselves(c, options->loop);
		return c;
	}
	c->inner = route_start(r, with_word(c), t, (struct chat_sink){ take_event, c }, e);
	if (c->inner)
		return c;
	free_call(c);
	return NULL;
}

void guarded_end(struct guarded_call *c)
{
	if (!c || c->is_ended)
		return;
	route_end(c->inner);
	if (c->is_busy)
		c->is_ended = true;
	else
		free_call(c);
}

void guarded_pause(struct guarded_call *c, bool is_paused)
{
	c->is_paused = is_paused;
	if (c->inner)
		route_pause(c->inner, is_paused);
}

const char *guarded_upstream(const struct guarded_call *c)
{
	return c->inner ? route_upstream(c->inner) : "offgrid";
}

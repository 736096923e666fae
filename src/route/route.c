/*
 * route.c - who answers; see route.h.
 *
 * Candidates are the upstreams that name the model, then those that serve any, each in the order in
 * which they were added; those that failed a moment ago come last rather than never. If one fails
 * before it said anything, in a way that another one could do better, the next is asked; once
 * something was said, the failure is the caller's to see. What passes is written into the trace
 * here, once for all kinds of backends.
 *
 * Layer: route.
 */
#include "route/route_int.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"

enum { REST_MS = 10000, MOST_REST_MS = 600000, NAMES_BYTES = 200 };

struct route_call {
	struct router *router;
	const struct chat_request *request;
	struct trace *trace;
	struct chat_sink sink;
	struct upstream **candidates; /* in the order of asking */
	size_t candidate_count, next;
	struct upstream *upstream;
	struct backend_call *inner;
	int64_t began_ms;
	bool has_told;          /* something other than ALIVE has passed */
	bool is_busy, is_ended; /* inside the sink; to be freed */
};

struct router *router_new(struct loop *loop)
{
	struct router *r = must_calloc(1, sizeof *r);
	r->loop = loop;
	r->last = &r->first;
	return r;
}

void router_free(struct router *r)
{
	if (!r)
		return;
	for (struct upstream *u = r->first, *next; u; u = next) {
		next = u->next;
		u->backend->ops->free(u->backend);
		free(u->name);
		free(u);
	}
	free(r);
}

void router_add(struct router *r, const char *name, struct backend *b, bool serves_any)
{
	struct upstream *u = must_calloc(1, sizeof *u);
	struct buf copy;
	buf_init(&copy, LIMIT_QUOTE_BYTES);
	buf_add(&copy, str_sub(str_z(name), 0, LIMIT_QUOTE_BYTES));
	*u = (struct upstream){ .name = buf_take(&copy), .backend = b, .serves_any = serves_any };
	*r->last = u;
	r->last = &u->next;
}

void router_unguard(struct router *r, const char *name)
{
	for (struct upstream *u = r->first; u; u = u->next)
		u->is_unguarded = u->is_unguarded || str_eq_z(str_z(name), u->name);
}

json_t *router_models(struct router *r)
{
	json_t *all = json_array();
	for (struct upstream *u = r->first; u; u = u->next) {
		size_t before = json_array_size(all);
		u->backend->ops->list(u->backend, all);
		for (size_t i = before; i < json_array_size(all); i++)
			json_object_set_new(
				json_array_get(all, i), "upstream", js_new_text(str_z(u->name)));
	}
	return all;
}

json_t *router_catalog(struct router *r)
{
	json_t *all = json_array();
	for (struct upstream *u = r->first; u; u = u->next) {
		size_t before = json_array_size(all);
		u->backend->ops->list(u->backend, all);
		for (size_t i = before; i < json_array_size(all); i++) {
			json_t *model = json_array_get(all, i);
			json_object_set_new(model, "upstream", js_new_text(str_z(u->name)));
			if (u->backend->ops->describe)
				u->backend->ops->describe(u->backend, model);
		}
	}
	return all;
}

bool router_is_ready(const struct router *r, struct backend_progress *out)
{
	bool is_any = false, has_answerer = false, has_vectors = r->first == NULL;
	*out = (struct backend_progress){ 0 };
	for (struct upstream *u = r->first; u; u = u->next) {
		struct backend_progress progress = { 0 };
		bool (*ask)(struct backend *, struct backend_progress *) =
			u->backend->ops->is_ready;
		bool is_ready = !ask || ask(u->backend, &progress);
		has_answerer = has_answerer || !progress.embeds;
		is_any = is_any || (is_ready && !progress.embeds);
		has_vectors = has_vectors || (is_ready && progress.embeds);
		if (!is_ready && !out->stage)
			*out = progress;
	}
	return has_answerer ? is_any : has_vectors;
}

/* ---- choosing ---- */

/* Programs of Ollama's put ":latest" behind a name that has no tag. */
static bool is_name(struct str listed, struct str model)
{
	struct str tag = STR(":latest");
	return str_eq(listed, model) ||
	       (str_ends(model, tag) && str_eq(listed, str_sub(model, 0, model.n - tag.n)));
}

static bool is_listed(struct upstream *u, struct str model)
{
	bool found = !model.n;
	json_t *models = json_array();
	u->backend->ops->list(u->backend, models);
	for (size_t i = 0; i < json_array_size(models) && !found; i++)
		found = is_name(js_text_of(json_array_get(models, i), "id"), model);
	json_decref(models);
	return found;
}

static size_t count_upstreams(const struct router *r)
{
	size_t count = 0;
	for (const struct upstream *u = r->first; u; u = u->next)
		count++;
	return count;
}

/* The order of asking: who names the model before who serves any, who is well before who rests. */
enum { RANKS = 4, NOT_SERVED = RANKS };

/* What a request names, it must keep. */
static bool may_answer(const struct upstream *u, const struct dialect *bound)
{
	const struct backend_ops *ops = u->backend->ops;
	return !bound || (ops->speaks && ops->speaks(u->backend) == bound);
}

static int rank_of(struct upstream *u, struct str model, const struct dialect *bound)
{
	int rests = clock_ms() < u->rests_until_ms;
	if (!may_answer(u, bound))
		return NOT_SERVED;
	if (is_listed(u, model))
		return rests;
	return u->serves_any ? RANKS / 2 + rests : NOT_SERVED;
}

struct upstream **route_candidates(
	struct router *r, struct str model, const struct dialect *bound, size_t *found)
{
	size_t count = count_upstreams(r), i = 0;
	int *ranks = must_calloc(count + 1, sizeof *ranks);
	struct upstream **list = must_calloc(count + 1, sizeof *list);
	*found = 0;
	for (struct upstream *u = r->first; u; u = u->next)
		ranks[i++] = rank_of(u, model, bound);
	for (int rank = 0; rank < RANKS; rank++) {
		i = 0;
		for (struct upstream *u = r->first; u; u = u->next)
			if (ranks[i++] == rank)
				list[(*found)++] = u;
	}
	free(ranks);
	return list;
}

static void find_candidates(struct route_call *c)
{
	const struct chat_request *r = c->request;
	c->candidates = route_candidates(
		c->router, r->model, r->bound ? r->dialect : NULL, &c->candidate_count);
}

bool route_fail_not_served(struct router *r, struct str model, struct err *e)
{
	struct buf names;
	buf_init(&names, NAMES_BYTES);
	json_t *models = router_models(r);
	for (size_t i = 0; i < json_array_size(models); i++) {
		struct str id = js_text(json_object_get(json_array_get(models, i), "id"));
		buf_printf(&names, "%s%.*s", names.n ? ", " : "", STR_ARG(id));
	}
	fail(e, ERR_NOT_FOUND, LAYER_ROUTE, "no upstream serves the model '%.*s'",
		STR_ARG(str_sub(model, 0, LIMIT_QUOTE_BYTES)));
	if (json_array_size(models))
		err_mend(e, "ask for one of: %s%s", buf_z(&names), names.overflow ? ", …" : "");
	else
		err_mend(e, "add an upstream: none of them names a model");
	json_decref(models);
	buf_clear(&names);
	return false;
}

static bool fail_not_served(struct router *r, const struct chat_request *request, struct err *e)
{
	if (!request->bound)
		return route_fail_not_served(r, request->model, e);
	*e = request->bound->why;
	return false;
}

void route_let_rest(struct upstream *u, const struct err *why)
{
	int64_t rest_ms = why->retry_ms < MOST_REST_MS ? why->retry_ms : MOST_REST_MS;
	u->rests_until_ms = clock_ms() + (rest_ms > REST_MS ? rest_ms : REST_MS);
}

static void take_event(void *owner, const struct chat_event *event);

/* Asks the candidates in turn until one begins. `e` gets the first cause. */
static bool ask_next(struct route_call *c, struct err *e)
{
	while (c->next < c->candidate_count) {
		struct err why = { 0 };
		c->upstream = c->candidates[c->next++];
		trace_note(c->trace, LAYER_ROUTE, "decision",
			"model '%.*s': upstream '%s' (%s), %zu of %zu that serve it%s",
			STR_ARG(str_sub(c->request->model, 0, LIMIT_QUOTE_BYTES)),
			c->upstream->name, c->upstream->backend->ops->kind, c->next,
			c->candidate_count,
			clock_ms() < c->upstream->rests_until_ms ? "; it failed a moment ago" : "");
		c->inner = c->upstream->backend->ops->start(c->upstream->backend, c->request,
			c->trace, (struct chat_sink){ take_event, c }, &why);
		if (c->inner)
			return true;
		trace_note(c->trace, LAYER_ROUTE, "refused", "%s: %s", c->upstream->name, why.what);
		if (e && !err_is_set(e))
			*e = why;
		if (!err_kinds[why.kind].may_fail_over)
			return false;
		route_let_rest(c->upstream, &why);
	}
	return false;
}

/* ---- what passes ---- */

static void note_event(struct route_call *c, const struct chat_event *event)
{
	struct trace *t = c->trace;
	const struct chat_usage *u = &event->usage;
	if (!c->has_told && event->type != CHAT_ALIVE)
		trace_note(t, LAYER_ROUTE, "first event", "after %lld ms",
			(long long)(clock_ms() - c->began_ms));
	switch (event->type) {
	case CHAT_TEXT: trace_append(t, LAYER_PARSE, "text", event->text); break;
	case CHAT_THINK: trace_append(t, LAYER_PARSE, "think", event->text); break;
	case CHAT_TOOL_BEGIN:
		trace_note(t, LAYER_PARSE, "call", "%.*s (%.*s)", STR_ARG(event->text),
			STR_ARG(event->id));
		break;
	case CHAT_TOOL_ARGS: trace_append(t, LAYER_PARSE, "arguments", event->text); break;
	case CHAT_USAGE:
		trace_note(t, LAYER_ROUTE, "usage", "%lld tokens in (%lld cached), %lld out%s",
			(long long)u->prompt_tokens, (long long)u->cached_tokens,
			(long long)u->answer_tokens, u->is_estimate ? ", estimated" : "");
		break;
	case CHAT_STOP:
		trace_note(t, LAYER_ROUTE, "stop", "%s", chat_stop_names[event->stop]);
		break;
	case CHAT_FAIL: trace_fault(t, event->err); break;
	case CHAT_SEAL:
	case CHAT_TOOL_END:
	case CHAT_ALIVE:
	case CHAT_LOGPROB:
	case CHAT_EVENT_TYPE_COUNT: break;
	}
}

static void call_free(struct route_call *c)
{
	free(c->candidates);
	free(c);
}

/* A failure before anything was said, in a way that another upstream may do better. */
static bool asked_another(struct route_call *c, const struct chat_event *event)
{
	if (event->type != CHAT_FAIL || !err_kinds[event->err->kind].may_fail_over)
		return false;
	route_let_rest(c->upstream, event->err);
	if (c->has_told || c->next == c->candidate_count)
		return false;
	trace_note(c->trace, LAYER_ROUTE, "failed", "%s: %s", c->upstream->name, event->err->what);
	struct upstream *failed = c->upstream;
	struct backend_call *old = c->inner;
	if (!ask_next(c, NULL)) {
		c->upstream = failed;
		c->inner = old;
		return false;
	}
	old->ops->end(old);
	return true;
}

static void take_event(void *owner, const struct chat_event *event)
{
	struct route_call *c = owner;
	if (c->is_ended || asked_another(c, event))
		return;
	note_event(c, event);
	c->has_told = c->has_told || event->type != CHAT_ALIVE;
	if (event->type == CHAT_STOP)
		c->upstream->rests_until_ms = 0;
	c->is_busy = true;
	chat_send(c->sink, event);
	c->is_busy = false;
	if (c->is_ended)
		call_free(c);
}

struct route_call *route_start(struct router *r, const struct chat_request *request,
	struct trace *t, struct chat_sink sink, struct err *e)
{
	struct route_call *c = must_calloc(1, sizeof *c);
	*c = (struct route_call){
		.router = r, .request = request, .trace = t, .sink = sink, .began_ms = clock_ms()
	};
	find_candidates(c);
	bool ok = c->candidate_count ? ask_next(c, e) : fail_not_served(r, request, e);
	if (ok)
		return c;
	trace_fault(t, e);
	call_free(c);
	return NULL;
}

bool router_count(struct router *r, const struct chat_request *request, struct trace *t,
	struct route_count *out, struct err *e)
{
	struct route_call c = { .router = r, .request = request };
	bool ok = true;
	find_candidates(&c);
	struct backend *first = c.candidate_count ? c.candidates[0]->backend : NULL;
	*out = (struct route_count){ .is_estimate = true };
	if (!first)
		ok = fail_not_served(r, request, e);
	else if (!first->ops->count)
		out->tokens = chat_estimate_tokens(request);
	else if ((ok = first->ops->count(first, request, t, &out->tokens, e)))
		out->is_estimate = false;
	free(c.candidates);
	return ok;
}

void route_end(struct route_call *c)
{
	if (!c || c->is_ended)
		return;
	c->inner->ops->end(c->inner);
	if (c->is_busy)
		c->is_ended = true;
	else
		call_free(c);
}

void route_pause(struct route_call *c, bool is_paused)
{
	const struct backend_ops *ops = c->inner->ops;
	if (ops->pause)
		ops->pause(c->inner, is_paused);
}

const char *route_upstream(const struct route_call *c)
{
	return c->upstream->name;
}

bool route_is_guarded(const struct route_call *c)
{
	return !c->upstream->is_unguarded;
}

bool route_reads_calls(const struct route_call *c)
{
	return c->upstream->backend->ops->reads_calls;
}

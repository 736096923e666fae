/*
 * route_embed.c - who makes vectors of texts; see route.h.
 *
 * As route.c chooses who answers. An upstream that makes none is passed over: only if nobody else
 * serves the model, that is what the client is told. An answer comes whole, so another upstream may
 * be asked until it is there.
 *
 * Layer: route.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "route/route_int.h"

struct route_embedding {
	const struct embed_request *request;
	struct trace *trace;
	struct embed_sink sink;
	struct upstream **candidates; /* in the order of asking */
	size_t candidate_count, next;
	struct upstream *upstream;
	struct backend_call *inner;
	struct err first;       /* why the first of them could not */
	bool is_busy, is_ended; /* inside the sink; to be freed */
};

static void call_free(struct route_embedding *c)
{
	if (c->inner)
		c->inner->ops->end(c->inner);
	free(c->candidates);
	free(c);
}

static void take(void *owner, const struct embed_answer *answer, const struct err *e);

static bool begin(struct route_embedding *c, struct upstream *u, struct err *e)
{
	struct backend *b = u->backend;
	struct str model = str_sub(c->request->model, 0, LIMIT_QUOTE_BYTES);
	trace_note(c->trace, LAYER_ROUTE, "decision",
		"vectors by model '%.*s': upstream '%s' (%s), %zu of %zu that serve it",
		STR_ARG(model), u->name, b->ops->kind, c->next, c->candidate_count);
	c->upstream = u;
	if (b->ops->embed) {
		c->inner =
			b->ops->embed(b, c->request, c->trace, (struct embed_sink){ take, c }, e);
		return c->inner != NULL;
	}
	fail(e, ERR_USAGE, LAYER_ROUTE, "the upstream '%s' (%s) makes no vectors of texts", u->name,
		b->ops->kind);
	return err_mend(e, "start offgrid serve with --embeddings MODEL for a model that does");
}

/* Asks the candidates in turn until one begins. */
static bool ask_next(struct route_embedding *c)
{
	while (c->next < c->candidate_count) {
		struct err why = { 0 };
		struct upstream *u = c->candidates[c->next++];
		if (begin(c, u, &why))
			return true;
		trace_note(c->trace, LAYER_ROUTE, "refused", "%s: %s", u->name, why.what);
		if (!err_is_set(&c->first))
			c->first = why;
		if (err_kinds[why.kind].may_fail_over)
			route_let_rest(u, &why);
	}
	return false;
}

/* A failure that another one may do better. */
static bool asked_another(struct route_embedding *c, const struct err *e)
{
	if (!e || !err_kinds[e->kind].may_fail_over)
		return false;
	route_let_rest(c->upstream, e);
	struct upstream *failed = c->upstream;
	struct backend_call *old = c->inner;
	if (!ask_next(c)) {
		c->upstream = failed;
		c->inner = old;
		return false;
	}
	old->ops->end(old);
	return true;
}

static void take(void *owner, const struct embed_answer *answer, const struct err *e)
{
	struct route_embedding *c = owner;
	if (c->is_ended || asked_another(c, e))
		return;
	if (answer) {
		c->upstream->rests_until_ms = 0;
		trace_note(c->trace, LAYER_ROUTE, "usage",
			"%lld tokens in%s, %zu vectors of %zu numbers out",
			(long long)answer->prompt_tokens, answer->is_estimate ? " (estimated)" : "",
			answer->count, answer->width);
	}
	c->is_busy = true;
	c->sink.take(c->sink.owner, answer, e);
	c->is_busy = false;
	if (c->is_ended)
		call_free(c);
}

struct route_embedding *route_embed(struct router *r, const struct embed_request *request,
	struct trace *t, struct embed_sink sink, struct err *e)
{
	struct route_embedding *c = must_calloc(1, sizeof *c);
	*c = (struct route_embedding){ .request = request, .trace = t, .sink = sink };
	c->candidates = route_candidates(r, request->model, NULL, &c->candidate_count);
	if (!c->candidate_count)
		route_fail_not_served(r, request->model, e);
	else if (ask_next(c))
		return c;
	else
		*e = c->first;
	call_free(c);
	return NULL;
}

void route_embed_end(struct route_embedding *c)
{
	if (!c || c->is_ended)
		return;
	c->is_ended = true;
	if (!c->is_busy)
		call_free(c);
}

const char *route_embed_upstream(const struct route_embedding *c)
{
	return c->upstream->name;
}

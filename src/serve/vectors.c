/*
 * vectors.c - a request for vectors of texts under way: from the exchange to the router, and the
 * document back.
 *
 * There is nothing to stream: the answer comes whole or not at all. A client that leaves ends the
 * work. Trace and ledger row are written as for an answer.
 *
 * Layer: client, route.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "serve/serve_int.h"

struct vectors {
	struct vectors *prev, *next;
	struct serve *serve;
	struct http_exchange *x;
	const struct dialect *dialect;
	struct arena *arena;
	struct trace *trace;
	struct embed_request *request; /* NULL: it was none */
	struct route_embedding *call;  /* NULL: nobody was asked */
	struct chat_usage usage;
	struct err fault;
	int64_t began_ms;
};

/* ---- the end ---- */

static void keep(struct vectors *v, enum outcome outcome, int64_t took_ms)
{
	struct store_ledger_row row = {
		.trace_id = str_z(trace_id(v->trace)),
		.client = STR("serve"),
		.model = v->request ? v->request->model : STR(""),
		.upstream = v->call ? str_z(route_embed_upstream(v->call)) : STR(""),
		.outcome = outcome == OUTCOME_OK     ? STR("ok")
			   : outcome == OUTCOME_LEFT ? STR("left")
						     : str_z(layers[v->fault.layer].name),
		.began_unix_ms = trace_began_unix_ms(v->trace),
		.took_ms = took_ms,
		.prompt_tokens = v->usage.prompt_tokens,
	};
	if (v->serve->writer)
		store_writer_put(v->serve->writer, v->trace, &row);
	else
		trace_free(v->trace);
	v->trace = NULL;
}

/* Counts it, writes it down, and frees everything but the exchange. */
static void finish(struct vectors *v, enum outcome outcome)
{
	struct metrics *m = &v->serve->metrics;
	int64_t took_ms = clock_ms() - v->began_ms;
	m->requests[outcome]++;
	m->running--;
	if (outcome == OUTCOME_FAILED)
		m->errors[v->fault.layer]++;
	metrics_took(&m->whole, took_ms);
	metrics_tokens(m, &v->usage);
	keep(v, outcome, took_ms);
	route_embed_end(v->call);
	arena_free(v->arena);
	if (v->prev)
		v->prev->next = v->next;
	else
		v->serve->vectors = v->next;
	if (v->next)
		v->next->prev = v->prev;
	free(v);
}

static void add_headers(struct vectors *v)
{
	http_add_header(v->x, "x-request-id", str_z(trace_id(v->trace)));
	if (!str_eq_z(str_z(v->dialect->id_header), "x-request-id"))
		http_add_header(v->x, v->dialect->id_header, str_z(trace_id(v->trace)));
	if (v->call)
		http_add_header(v->x, "x-offgrid-upstream", str_z(route_embed_upstream(v->call)));
}

static void refuse(struct vectors *v, const struct err *e)
{
	v->fault = *e;
	trace_fault(v->trace, e);
	add_headers(v);
	serve_reply_error(v->x, v->dialect, e);
	finish(v, OUTCOME_FAILED);
}

static void on_gone(void *ctx)
{
	struct vectors *v = ctx;
	struct http_exchange *x = v->x;
	trace_note(v->trace, LAYER_CLIENT, "left", "the client hung up after %lld ms",
		(long long)(clock_ms() - v->began_ms));
	finish(v, OUTCOME_LEFT);
	http_drop(x);
}

void vectors_abort(struct vectors *v)
{
	struct http_exchange *x = v->x;
	trace_note(v->trace, LAYER_ROUTE, "stopped", "the server was stopped");
	finish(v, OUTCOME_LEFT);
	http_drop(x);
}

/* ---- the answer ---- */

/* The document for the client: the upstream's own, or one made of its vectors. */
static bool write_answer(
	struct vectors *v, const struct embed_answer *answer, struct buf *out, struct err *e)
{
	struct embed_answer own = *answer;
	if (answer->raw.n)
		return buf_add(out, answer->raw);
	if (!embed_cut(v->request, v->arena, v->trace, &own, e))
		return false;
	v->request->codec->write_answer(v->request, &own, out);
	if (!out->overflow)
		return true;
	fail(e, ERR_TOO_BIG, LAYER_CLIENT,
		"%zu vectors of %zu numbers are over the limit of %zu bytes", own.count, own.width,
		out->max);
	return err_mend(e, "send fewer texts at once, or ask for base64");
}

static void take(void *owner, const struct embed_answer *answer, const struct err *why)
{
	struct vectors *v = owner;
	struct err e = { 0 };
	struct buf body;
	buf_init(&body, LIMIT_VECTORS_BYTES);
	if (why)
		e = *why;
	else
		v->usage.prompt_tokens = answer->prompt_tokens;
	if (!why && write_answer(v, answer, &body, &e)) {
		add_headers(v);
		http_reply(v->x, 200, "application/json", buf_str(&body));
		finish(v, OUTCOME_OK);
	} else {
		refuse(v, &e);
	}
	buf_clear(&body);
}

/* ---- the beginning ---- */

/* A request that names no model means the first one that makes vectors, else the first there is. */
static void name_model(struct vectors *v)
{
	if (v->request->model.n)
		return;
	json_t *models = router_models(v->serve->router), *chosen = json_array_get(models, 0);
	for (size_t i = json_array_size(models); i-- > 0;)
		if (json_is_true(json_object_get(json_array_get(models, i), "embeds")))
			chosen = json_array_get(models, i);
	v->request->model = arena_str(v->arena, js_text_of(chosen, "id"));
	json_decref(models);
	trace_note(v->trace, LAYER_ROUTE, "model", "none was named, '%.*s' is taken",
		STR_ARG(v->request->model));
}

static bool start(struct vectors *v, struct str path, struct err *e)
{
	const struct http_request *q = http_request_of(v->x);
	trace_bytes(v->trace, LAYER_CLIENT, "request", q->body);
	v->request = v->dialect->embed->read_request(path, q->body, v->arena, v->trace, e);
	if (!v->request)
		return false;
	trace_note(v->trace, LAYER_CLIENT, "asks",
		"%s, vectors of %zu texts, model '%.*s', from %.*s", v->dialect->about,
		v->request->count, STR_ARG(str_sub(v->request->model, 0, LIMIT_QUOTE_BYTES)),
		STR_ARG(q->peer));
	name_model(v);
	v->call = route_embed(
		v->serve->router, v->request, v->trace, (struct embed_sink){ take, v }, e);
	return v->call != NULL;
}

void vectors_begin(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	struct err e = { 0 };
	struct vectors *v = must_calloc(1, sizeof *v);
	*v = (struct vectors){ .next = s->vectors,
		.serve = s,
		.x = x,
		.dialect = d,
		.arena = arena_new(),
		.trace = trace_new(),
		.began_ms = clock_ms() };
	if (s->vectors)
		s->vectors->prev = v;
	s->vectors = v;
	s->metrics.running++;
	if (!start(v, path, &e)) {
		refuse(v, &e);
		return;
	}
	http_watch(x, (struct http_watch){ .on_gone = on_gone, .ctx = v });
}

/*
 * embedder.c - the backend that makes vectors of texts here; see embedder.h.
 *
 * A call lives until the engine has told what came of it: one that was ended early is an orphan,
 * cancelled, and freed when its event comes.
 *
 * Layer: route.
 */
#include "route/embedder.h"

#include <stdlib.h>
#include <string.h>

#include "base/mailbox.h"
#include "base/must.h"
#include "engine/embed.h"

enum { US_PER_MS = 1000 };

struct embedder {
	struct backend base;
	struct engine *engine;
	struct mailbox *mail;
	char *name;
};

struct embedder_call {
	struct backend_call base;
	struct embedder *embedder;
	const struct embed_request *request;
	struct trace *trace;
	struct embed_sink sink;
	uint64_t job;
	bool is_orphan; /* ended by its owner */
	bool is_busy;   /* inside the sink */
	bool is_done;   /* the engine has told */
};

static void settle(struct embedder_call *c)
{
	if (c->is_orphan && c->is_done && !c->is_busy)
		free(c);
}

static void end(struct backend_call *call)
{
	struct embedder_call *c = (struct embedder_call *)call;
	c->is_orphan = true;
	if (!c->is_done)
		engine_cancel(c->embedder->engine, c->job);
	settle(c);
}

static const struct backend_ops call_ops = { .kind = "local", .end = end };

static void note(struct embedder_call *c, const struct engine_vectors *v)
{
	trace_note(c->trace, LAYER_ENGINE, "done",
		"%zu vectors of %zu numbers from %lld tokens in %.1f ms, after %.1f ms of waiting",
		v->count, v->width, (long long)v->prompt_tokens, (double)v->compute_us / US_PER_MS,
		(double)v->queued_us / US_PER_MS);
	if (v->cut_inputs)
		trace_note(c->trace, LAYER_PROMPT, "cut",
			"%zu of %zu texts were too long and were cut at %d tokens; the longest had "
			"%lld",
			v->cut_inputs, v->count, engine_facts(c->embedder->engine)->context_tokens,
			(long long)v->longest_tokens);
}

static void take_vectors(struct embedder_call *c, const struct engine_vectors *v)
{
	struct embed_answer answer = { .values = v->values,
		.count = v->count,
		.width = v->width,
		.prompt_tokens = v->prompt_tokens,
		.compute_us = v->compute_us };
	bool is_failed = err_is_set(&v->err);
	c->is_done = true;
	if (!c->is_orphan) {
		c->is_busy = true;
		if (!is_failed)
			note(c, v);
		c->sink.take(c->sink.owner, is_failed ? NULL : &answer, is_failed ? &v->err : NULL);
		c->is_busy = false;
	}
	settle(c);
}

static void take_mail(void *ctx)
{
	struct embedder *b = ctx;
	struct engine_event event;
	while (mailbox_take(b->mail, &event)) {
		if (event.type == ENGINE_VECTORS)
			take_vectors(event.owner, event.vectors);
		engine_event_clear(&event);
	}
}

static struct backend_call *embed(struct backend *base, const struct embed_request *r,
	struct trace *t, struct embed_sink sink, struct err *e)
{
	struct embedder *b = (struct embedder *)base;
	struct embedder_call *c = must_calloc(1, sizeof *c);
	struct engine_input *inputs = must_calloc(r->count, sizeof *inputs);
	(void)e;
	for (size_t i = 0; i < r->count; i++)
		inputs[i] = (struct engine_input){ r->inputs[i].text, r->inputs[i].tokens,
			r->inputs[i].token_count };
	*c = (struct embedder_call){
		.base = { &call_ops }, .embedder = b, .request = r, .trace = t, .sink = sink
	};
	c->job = engine_embed(b->engine, &(struct engine_embed_job){ .inputs = inputs,
						 .count = r->count,
						 .truncates = r->truncates,
						 .to = b->mail,
						 .owner = c });
	free(inputs);
	return &c->base;
}

static bool fail_no_answers(const struct embedder *b, struct err *e)
{
	fail(e, ERR_USAGE, LAYER_ROUTE, "the model '%s' makes vectors of texts, it does not answer",
		b->name);
	return err_mend(e, "ask it by POST /v1/embeddings, and another model for answers");
}

static struct backend_call *start(struct backend *b, const struct chat_request *r, struct trace *t,
	struct chat_sink sink, struct err *e)
{
	(void)r;
	(void)t;
	(void)sink;
	fail_no_answers((struct embedder *)b, e);
	return NULL;
}

static bool count(struct backend *b, const struct chat_request *r, struct trace *t, int64_t *tokens,
	struct err *e)
{
	(void)r;
	(void)t;
	*tokens = 0;
	return fail_no_answers((struct embedder *)b, e);
}

static void list(struct backend *base, json_t *models)
{
	struct embedder *b = (struct embedder *)base;
	json_array_append_new(
		models, json_pack("{s:s, s:i, s:b}", "id", b->name, "context_tokens",
				engine_facts(b->engine)->context_tokens, "embeds", 1));
}

static void free_backend(struct backend *base)
{
	struct embedder *b = (struct embedder *)base;
	engine_free(b->engine);
	if (b->mail)
		take_mail(b);
	mailbox_free(b->mail);
	free(b->name);
	free(b);
}

static const struct backend_ops ops = {
	.kind = "local",
	.start = start,
	.end = end,
	.embed = embed,
	.count = count,
	.list = list,
	.free = free_backend,
};

struct backend *embedder_load(const struct embedder_options *options, struct err *e)
{
	struct embedder *b = must_calloc(1, sizeof *b);
	struct engine_options engine = options->engine;
	engine.embeds = true;
	b->base.ops = &ops;
	b->name = strdup(options->name);
	MUST(b->name);
	b->engine = engine_open(&engine, e);
	if (b->engine)
		return &b->base;
	free_backend(&b->base);
	return NULL;
}

void embedder_attach(struct backend *base, struct loop *loop)
{
	struct embedder *b = (struct embedder *)base;
	b->mail = engine_mailbox();
	mailbox_on_loop(b->mail, loop, take_mail, b);
}

/*
 * embed.c - the engine's thread where it makes vectors; see embed.h.
 *
 * Every call of libllama gets at most as many tokens as the batch has room for, which is what it
 * computes in one go: an encoder must see a text whole. Only a model that reads from left to right
 * and takes its vector from the last token may be given a longer text in pieces
 * (engine.reads_in_pieces); it is asked for a vector at that token only.
 *
 * Layer: engine, prompt.
 */
#include "engine/embed.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/must.h"
#include "engine/engine_int.h"
#include "engine/library.h"

enum { BATCH_TOKENS = 512 /* of several texts; what is longer goes alone */ };

/* One job on its way; touched by the engine's thread alone once it was posted. */
struct embed_task {
	struct embed_task *next;
	uint64_t id;
	struct engine_embed_job job; /* what it points at is in the arena */
	struct arena *arena;
	int32_t *ids; /* of all inputs, one behind the other; NULL: not cut into tokens yet */
	size_t *ends; /* of each input in ids */
	size_t done;  /* inputs */
	float *values;
	struct engine_vectors out;
	int64_t posted_us, began_us;
};

/* Those that wait, in the order of their turns. */
struct queue {
	struct embed_task *first, **last;
};

/* ---- life ---- */

uint64_t engine_embed(struct engine *g, const struct engine_embed_job *job)
{
	struct embed_task *t = must_calloc(1, sizeof *t);
	struct arena *a = arena_new();
	struct engine_input *inputs = arena_calloc(a, job->count + 1, sizeof *inputs);
	for (size_t i = 0; i < job->count; i++) {
		const struct engine_input *in = &job->inputs[i];
		inputs[i].text = arena_str(a, in->text);
		if (!in->tokens)
			continue;
		int32_t *tokens = arena_calloc(a, in->token_count + 1, sizeof *tokens);
		for (size_t k = 0; k < in->token_count; k++)
			tokens[k] = in->tokens[k];
		inputs[i].tokens = tokens;
		inputs[i].token_count = in->token_count;
	}
	*t = (struct embed_task){
		.id = atomic_fetch_add(&g->last_id, 1) + 1,
		.job = *job,
		.arena = a,
		.posted_us = clock_us(),
	};
	t->job.inputs = inputs;
	uint64_t id = t->id;
	struct engine_message m = { .embed = t };
	MUST(mailbox_send(g->inbox, &m));
	return id;
}

void engine_embed_drop(struct embed_task *t)
{
	if (!t)
		return;
	free(t->ids);
	free(t->ends);
	free(t->values);
	arena_free(t->arena);
	free(t);
}

void engine_vectors_free(struct engine_vectors *v)
{
	if (v)
		free((void *)(uintptr_t)v->values);
	free(v);
}

/* Sends what came of it, vectors or `why`, and frees it. */
static void finish(struct embed_task *t, const struct err *why)
{
	struct engine_vectors *out = must_alloc(sizeof *out);
	int64_t now = clock_us(), began = t->began_us ? t->began_us : now;
	*out = t->out;
	out->queued_us = began - t->posted_us;
	out->compute_us = now - began;
	if (why) {
		out->err = *why;
	} else {
		out->values = t->values;
		out->count = t->job.count;
		t->values = NULL;
	}
	struct engine_event event = {
		.type = ENGINE_VECTORS, .job = t->id, .owner = t->job.owner, .vectors = out
	};
	if (!mailbox_send(t->job.to, &event))
		engine_event_clear(&event);
	engine_embed_drop(t);
}

void engine_embed_refuse(struct embed_task *t)
{
	struct err e = { 0 };
	fail(&e, ERR_USAGE, LAYER_ENGINE, "the model answers, it makes no vectors of texts");
	finish(t, &e);
}

/* ---- tokens ---- */

/* Most tokens that one text may have. */
static size_t longest(const struct engine *g)
{
	return (size_t)g->facts.context_tokens;
}

static bool fail_long(const struct engine *g, size_t input, size_t tokens, struct err *e)
{
	int made_for = g->facts.trained_context_tokens;
	if (made_for <= g->facts.context_tokens) {
		fail(e, ERR_CONTEXT, LAYER_PROMPT,
			"input %zu has %zu tokens, the model reads at most %zu", input, tokens,
			longest(g));
		return err_mend(e, "send it in pieces");
	}
	fail(e, ERR_CONTEXT, LAYER_PROMPT,
		"input %zu has %zu tokens, the model reads at most %zu here, of the %d it was made "
		"for",
		input, tokens, longest(g), made_for);
	return err_mend(e, "send it in pieces, or serve it by --model with --context %d",
		tokens < (size_t)made_for ? (int)tokens : made_for);
}

/* Cuts an input that is too long; the model's own end of a text stays. */
static size_t cut(const struct engine *g, int32_t *ids, size_t count)
{
	size_t most = longest(g);
	if (vocab_is(&g->vocab, ids[count - 1], VOCAB_CONTROL))
		ids[most - 1] = ids[count - 1];
	return most;
}

/* Appends the tokens of one input, of which the list has `at`; their number, or -1. */
static int64_t add_tokens(
	const struct engine *g, struct embed_task *t, size_t input, size_t at, struct err *e)
{
	const struct engine_input *in = &t->job.inputs[input];
	size_t count = in->token_count;
	if (in->tokens) {
		t->ids = must_realloc(t->ids, (at + count + 1) * sizeof *t->ids);
		memcpy(t->ids + at, in->tokens, count * sizeof *t->ids);
	} else {
		const char *text = in->text.n ? in->text.p : "";
		int32_t n = llama_tokenize(
			g->vocab.llama, text, (int32_t)in->text.n, NULL, 0, true, false);
		count = (size_t)(n < 0 ? -n : n);
		t->ids = must_realloc(t->ids, (at + count + 1) * sizeof *t->ids);
		MUST(llama_tokenize(g->vocab.llama, text, (int32_t)in->text.n, t->ids + at,
			     (int32_t)count, true, false) == (int32_t)count);
	}
	for (size_t i = 0; i < count; i++) {
		int32_t id = t->ids[at + i];
		if (id < 0 || id >= g->vocab.count) {
			fail(e, ERR_USAGE, LAYER_CLIENT,
				"input %zu: %d is no token, the model has %d", input, (int)id,
				g->vocab.count);
			return -1;
		}
	}
	return (int64_t)count;
}

/* Cuts all inputs into tokens. */
static bool prepare(const struct engine *g, struct embed_task *t, struct err *e)
{
	size_t at = 0;
	t->began_us = clock_us();
	t->ends = must_calloc(t->job.count + 1, sizeof *t->ends);
	t->ids = must_calloc(1, sizeof *t->ids);
	for (size_t i = 0; i < t->job.count; i++) {
		int64_t n = add_tokens(g, t, i, at, e);
		if (n < 0)
			return false;
		size_t count = (size_t)n;
		if (!count)
			return fail(e, ERR_USAGE, LAYER_CLIENT, "input %zu is empty", i);
		if (n > t->out.longest_tokens)
			t->out.longest_tokens = n;
		if (count > longest(g)) {
			if (!t->job.truncates)
				return fail_long(g, i, count, e);
			count = cut(g, t->ids + at, count);
			t->out.cut_inputs++;
		}
		t->ends[i] = at += count;
	}
	t->out.prompt_tokens = (int64_t)at;
	t->out.width = (size_t)g->facts.embedding_width;
	t->values = must_calloc(t->job.count * t->out.width + 1, sizeof *t->values);
	return true;
}

/* ---- computing ---- */

static size_t begin_of(const struct embed_task *t, size_t input)
{
	return input ? t->ends[input - 1] : 0;
}

static void put(struct engine *g, int32_t token, size_t place, int seq, bool is_wanted)
{
	struct llama_batch *b = &g->batch;
	int at = b->n_tokens++;
	b->token[at] = token;
	b->pos[at] = (llama_pos)place;
	b->n_seq_id[at] = 1;
	b->seq_id[at][0] = seq;
	b->logits[at] = is_wanted;
}

/* Computes the batch, which is empty then. */
static bool compute(struct engine *g, struct err *e)
{
	char said[LIBRARY_LINE_BYTES];
	bool is_encoder = !llama_get_memory(g->context);
	library_log_mark();
	int code = is_encoder ? llama_encode(g->context, g->batch)
			      : llama_decode(g->context, g->batch);
	int tokens = g->batch.n_tokens;
	g->batch.n_tokens = 0;
	if (code == 0) {
		llama_synchronize(g->context);
		return true;
	}
	library_first_error(said);
	fail(e, ERR_BROKEN, LAYER_ENGINE, "libllama could not compute %d tokens (%d)%s%s", tokens,
		code, said[0] ? ": " : "", said);
	return false;
}

/* The vector of one sequence, brought to length one. */
static bool take_vector(struct engine *g, int seq, float *out, struct err *e)
{
	size_t width = (size_t)g->facts.embedding_width;
	const float *in = llama_get_embeddings_seq(g->context, seq);
	double sum = 0;
	for (size_t i = 0; in && i < width; i++)
		sum += (double)in[i] * (double)in[i];
	if (!in || !(sum > 0) || !isfinite(sum))
		return fail(e, ERR_BROKEN, LAYER_ENGINE,
			"the model computed no usable vector of a text");
	for (size_t i = 0; i < width; i++)
		out[i] = (float)((double)in[i] / sqrt(sum));
	return true;
}

static void forget(struct engine *g)
{
	g->batch.n_tokens = 0;
	if (llama_get_memory(g->context))
		llama_memory_clear(llama_get_memory(g->context), true);
}

/* How many of the next texts go well together, at least one. */
static size_t choose(const struct engine *g, const struct embed_task *t)
{
	size_t most = g->batch_room < BATCH_TOKENS ? g->batch_room : BATCH_TOKENS;
	size_t from = begin_of(t, t->done), seqs = 1;
	while (t->done + seqs < t->job.count && seqs < (size_t)g->facts.sequences &&
		t->ends[t->done + seqs] - from <= most)
		seqs++;
	return seqs;
}

/* All of the texts but their last tokens, in as many batches as that takes; no vector and no logits
 * are asked for. */
static bool read_all_but_last(struct engine *g, struct embed_task *t, size_t seqs, struct err *e)
{
	bool ok = true;
	llama_set_embeddings(g->context, false);
	for (size_t seq = 0; ok && seq < seqs; seq++) {
		size_t from = begin_of(t, t->done + seq), last = t->ends[t->done + seq] - 1;
		for (size_t at = from; ok && at < last; at++) {
			put(g, t->ids[at], at - from, (int)seq, false);
			if ((size_t)g->batch.n_tokens == g->batch_room)
				ok = compute(g, e);
		}
	}
	ok = ok && (!g->batch.n_tokens || compute(g, e));
	llama_set_embeddings(g->context, true);
	return ok;
}

/* Where vectors are asked for, libllama computes logits for every token, too, which nobody needs:
 * a quarter of the work with small models and large vocabularies. So where only the last token's
 * vector counts, the others are read before, unless they are few. */
static bool compute_some(struct engine *g, struct embed_task *t, struct err *e)
{
	size_t seqs = choose(g, t), first = begin_of(t, t->done);
	bool is_split = g->reads_in_pieces &&
			t->ends[t->done + seqs - 1] - first > (size_t)g->facts.sequences;
	forget(g);
	if (is_split && !read_all_but_last(g, t, seqs, e))
		return false;
	for (size_t seq = 0; seq < seqs; seq++) {
		size_t from = begin_of(t, t->done + seq), to = t->ends[t->done + seq];
		for (size_t at = is_split ? to - 1 : from; at < to; at++)
			put(g, t->ids[at], at - from, (int)seq, true);
	}
	if (!compute(g, e))
		return false;
	for (size_t seq = 0; seq < seqs; seq++)
		if (!take_vector(g, (int)seq, t->values + t->done++ * t->out.width, e))
			return false;
	return true;
}

static bool step(struct engine *g, struct embed_task *t, struct err *e)
{
	if (!t->ids && !prepare(g, t, e))
		return false;
	return t->done == t->job.count || compute_some(g, t, e);
}

/* ---- the thread ---- */

static void enqueue(struct queue *q, struct embed_task *t)
{
	t->next = NULL;
	*q->last = t;
	q->last = &t->next;
}

static struct embed_task *dequeue(struct queue *q)
{
	struct embed_task *t = q->first;
	q->first = t->next;
	if (!q->first)
		q->last = &q->first;
	return t;
}

static void cancel(struct queue *q, uint64_t id)
{
	struct queue rest = { .last = &rest.first };
	struct err e = { 0 };
	fail(&e, ERR_CANCELLED, LAYER_ENGINE, "the texts are not wanted any more");
	while (q->first) {
		struct embed_task *t = dequeue(q);
		if (t->id == id)
			finish(t, &e);
		else
			enqueue(&rest, t);
	}
	while (rest.first)
		enqueue(q, dequeue(&rest));
}

static void refuse_answer(struct task *t)
{
	struct err e = { 0 };
	fail(&e, ERR_USAGE, LAYER_ENGINE, "the model makes vectors of texts, it does not answer");
	task_finish(t, ENGINE_END_ERROR, STR(""), &e);
	task_free(t);
}

/* As for an engine that answers. */
static bool take_messages(struct engine *g, struct queue *q)
{
	struct engine_message m;
	bool got = q->first ? mailbox_take(g->inbox, &m) : mailbox_receive(g->inbox, &m);
	while (got) {
		if (m.embed)
			enqueue(q, m.embed);
		else if (m.task)
			refuse_answer(m.task);
		else
			cancel(q, m.cancel);
		got = mailbox_take(g->inbox, &m);
	}
	return !mailbox_is_closed(g->inbox);
}

void *engine_embed_work(void *engine)
{
	struct engine *g = engine;
	struct queue q = { .last = &q.first };
	while (take_messages(g, &q)) {
		struct err e = { 0 };
		if (!q.first)
			continue;
		struct embed_task *t = dequeue(&q);
		if (!step(g, t, &e))
			finish(t, &e);
		else if (t->done == t->job.count)
			finish(t, NULL);
		else
			enqueue(&q, t);
	}
	while (q.first)
		cancel(&q, q.first->id);
	return NULL;
}

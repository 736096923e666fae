/*
 * script_vectors.c - vectors of texts without a model; see script_vectors.h.
 */
#include "route/script_vectors.h"

#include <math.h>
#include <stdlib.h>

#include "base/must.h"

struct script_vectors {
	struct backend_call base;
	struct loop_timer *timer;
	const struct embed_request *request;
	struct embed_sink sink;
	size_t width;
	bool is_busy, is_ended; /* inside the sink; to be freed */
};

/* ---- one vector ---- */

static void count_word(struct str word, float *vector, size_t width)
{
	if (word.n)
		vector[str_hash(word) % width] += 1.0F;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t count_words(struct str text, float *vector, size_t width)
{
	size_t from = 0, words = 0;
	for (size_t i = 0; i <= text.n; i++) {
		if (i < text.n && !is_space(text.p[i]))
			continue;
		count_word(str_sub(text, from, i), vector, width);
		words += i > from;
		from = i + 1;
	}
	return words;
}

static size_t count_tokens(const struct embed_input *in, float *vector, size_t width)
{
	for (size_t i = 0; i < in->token_count; i++)
		vector[(uint32_t)in->tokens[i] % width] += 1.0F;
	return in->token_count;
}

/* A text without words points along the first place. */
static size_t make_vector(const struct embed_input *in, float *vector, size_t width)
{
	double sum = 0;
	size_t counted =
		in->tokens ? count_tokens(in, vector, width) : count_words(in->text, vector, width);
	if (!counted)
		vector[0] = 1.0F;
	for (size_t i = 0; i < width; i++)
		sum += (double)vector[i] * (double)vector[i];
	for (size_t i = 0; i < width; i++)
		vector[i] = (float)((double)vector[i] / sqrt(sum));
	return counted ? counted : 1;
}

/* ---- the call ---- */

static void call_free(struct script_vectors *c)
{
	loop_timer_free(c->timer);
	free(c);
}

static void tell(void *ctx)
{
	struct script_vectors *c = ctx;
	size_t count = c->request->count, words = 0;
	float *values = must_calloc(count * c->width, sizeof *values);
	for (size_t i = 0; i < count; i++)
		words += make_vector(&c->request->inputs[i], values + i * c->width, c->width);
	struct embed_answer answer = {
		.values = values, .count = count, .width = c->width, .prompt_tokens = (int64_t)words
	};
	c->is_busy = true;
	c->sink.take(c->sink.owner, &answer, NULL);
	c->is_busy = false;
	free(values);
	if (c->is_ended)
		call_free(c);
}

static void end(struct backend_call *call)
{
	struct script_vectors *c = (struct script_vectors *)call;
	c->is_ended = true;
	if (!c->is_busy)
		call_free(c);
}

static const struct backend_ops ops = { .kind = "script", .end = end };

struct backend_call *script_vectors_start(struct loop *loop, size_t width,
	const struct embed_request *request, struct trace *t, struct embed_sink sink)
{
	struct script_vectors *c = must_calloc(1, sizeof *c);
	*c = (struct script_vectors){
		.base = { &ops }, .request = request, .sink = sink, .width = width
	};
	c->timer = loop_timer_new(loop, tell, c);
	loop_timer_start(c->timer, 0);
	trace_note(t, LAYER_ROUTE, "script", "vectors of %zu numbers, by the words of the texts",
		width);
	return &c->base;
}

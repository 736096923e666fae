/*
 * sampler.h - chooses a token from the logits of one position.
 *
 * Our own, in the order of llama.cpp's usual chain: penalties and biases, top_k, top_p, min_p,
 * temperature, the draw. A choice that somebody refuses is struck out and drawn again, which is the
 * same as drawing from the rest. Same seed, same logits, same choices. Owned by one job; the logits
 * are changed in place.
 */
#ifndef OFFGRID_ENGINE_SAMPLER_H
#define OFFGRID_ENGINE_SAMPLER_H

#include "engine/engine.h"

struct sampler_candidate {
	int32_t token;
	float logit;
};

struct sampler {
	struct engine_sampling how; /* its biases are a copy of our own */
	int vocabulary;
	uint64_t random[4];
	int32_t *recent; /* a ring of the tokens that penalties look at */
	size_t recent_count, recent_at;
	struct sampler_candidate *candidates; /* room for the vocabulary */
	float *weights;
};

void sampler_init(struct sampler *s, const struct engine_sampling *how, int vocabulary);
void sampler_clear(struct sampler *s);

/* Notes a token of the prompt or the answer, for the penalties. */
void sampler_note(struct sampler *s, int32_t token);

/* Applies penalties and biases, once for each position. */
void sampler_prepare(struct sampler *s, float *logits);

/* A token, or -1 if every one is struck out (minus infinity). */
int32_t sampler_draw(struct sampler *s, const float *logits);

/* log(sum(exp(logits))): a logit minus this is a log probability. */
double sampler_log_sum(const float *logits, int vocabulary);

/* The `count` largest logits, best first; returns how many there are. */
size_t sampler_top(
	const float *logits, int vocabulary, size_t count, struct sampler_candidate *out);

#endif

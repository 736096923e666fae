/*
 * sampler.c - chooses a token from the logits of one position; see sampler.h.
 *
 * A vocabulary has up to 260,000 tokens and this runs once a token, so whatever looks at all of
 * them is a plain loop without branches that a compiler can vectorise.
 */
#include "engine/sampler.h"

#include <math.h>
#include <time.h>

#include "base/must.h"

/* A ban, in the words of OpenAI's API. */
#define BIAS_BAN (-100.0F)
/* What is so far under the best is never drawn: e to the -30 of a 260,000th is 10 to the -19. */
#define NEVER_UNDER 30.0F

/* ---- chance: xoshiro256**, seeded by splitmix64 (Blackman and Vigna) ---- */

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint64_t turn(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static double chance(struct sampler *s)
{
	uint64_t *r = s->random, result = turn(r[1] * 5, 7) * 9, t = r[1] << 17;
	r[2] ^= r[0];
	r[3] ^= r[1];
	r[1] ^= r[2];
	r[0] ^= r[3];
	r[2] ^= t;
	r[3] = turn(r[3], 45);
	return (double)(result >> 11) * 0x1p-53;
}

static void seed(struct sampler *s)
{
	uint64_t state = s->how.seed;
	if (!state) {
		struct timespec now;
		timespec_get(&now, TIME_UTC);
		state = (uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec << 30 ^ (uint64_t)(uintptr_t)s;
	}
	for (int i = 0; i < 4; i++)
		s->random[i] = splitmix(&state);
}

/* ---- life ---- */

static bool has_penalties(const struct engine_sampling *how)
{
	return how->penalty_tokens > 0 &&
	       (how->repeat_penalty != 1.0F || how->presence_penalty != 0 ||
		       how->frequency_penalty != 0);
}

void sampler_init(struct sampler *s, const struct engine_sampling *how, int vocabulary)
{
	*s = (struct sampler){ .how = *how, .vocabulary = vocabulary };
	size_t n = (size_t)vocabulary;
	struct engine_bias *biases = must_calloc(how->bias_count + 1, sizeof *biases);
	if (how->bias_count)
		memcpy(biases, how->biases, how->bias_count * sizeof *biases);
	s->how.biases = biases;
	s->candidates = must_calloc(n, sizeof *s->candidates);
	s->weights = must_calloc(n, sizeof *s->weights);
	if (has_penalties(how))
		s->recent = must_calloc((size_t)how->penalty_tokens, sizeof *s->recent);
	seed(s);
}

void sampler_clear(struct sampler *s)
{
	free((void *)s->how.biases);
	free(s->recent);
	free(s->candidates);
	free(s->weights);
	*s = (struct sampler){ 0 };
}

/* ---- penalties and biases ---- */

void sampler_note(struct sampler *s, int32_t token)
{
	if (!s->recent)
		return;
	size_t room = (size_t)s->how.penalty_tokens;
	s->recent[s->recent_at] = token;
	s->recent_at = (s->recent_at + 1) % room;
	if (s->recent_count < room)
		s->recent_count++;
}

static int by_value(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return (x > y) - (x < y);
}

static void punish(const struct sampler *s, float *logit, size_t times)
{
	*logit = *logit > 0 ? *logit / s->how.repeat_penalty : *logit * s->how.repeat_penalty;
	*logit -= s->how.presence_penalty + s->how.frequency_penalty * (float)times;
}

static void apply_penalties(struct sampler *s, float *logits)
{
	if (!s->recent_count)
		return;
	int32_t *sorted = must_alloc(s->recent_count * sizeof *sorted);
	memcpy(sorted, s->recent, s->recent_count * sizeof *sorted);
	qsort(sorted, s->recent_count, sizeof *sorted, by_value);
	for (size_t i = 0, end; i < s->recent_count; i = end) {
		for (end = i + 1; end < s->recent_count && sorted[end] == sorted[i];)
			end++;
		punish(s, &logits[sorted[i]], end - i);
	}
	free(sorted);
}

void sampler_prepare(struct sampler *s, float *logits)
{
	apply_penalties(s, logits);
	for (size_t i = 0; i < s->how.bias_count; i++) {
		struct engine_bias b = s->how.biases[i];
		if (b.token < 0 || b.token >= s->vocabulary)
			continue;
		logits[b.token] = b.bias <= BIAS_BAN ? -INFINITY : logits[b.token] + b.bias;
	}
}

/* ---- loops over the whole vocabulary ---- */

/* e to the x for x <= 0, to about 2e-7 relative: 2 to the whole part by its bits, the rest by a
 * polynomial. Without branches, so that loops over it vectorise; under -87 it is as good as 0. */
static inline float small_exp(float x)
{
	float y = fmaxf(x, -87.0F) * 1.44269504F;
	int32_t whole = (int32_t)(y - 0.5F);
	float f = y - (float)whole;
	float p = 1.0F +
		  f * (0.69314718F +
			      f * (0.24022651F +
					  f * (0.05550411F +
						      f * (0.00961813F +
								  f * (0.00133336F +
									      f * 0.00015403F)))));
	union {
		int32_t i;
		float f;
	} power = { .i = (whole + 127) << 23 };
	return p * power.f;
}

static float largest(const float *logits, int n)
{
	float best[8];
	for (int j = 0; j < 8; j++)
		best[j] = -INFINITY;
	int i = 0;
	for (; i + 8 <= n; i += 8)
		for (int j = 0; j < 8; j++)
			best[j] = logits[i + j] > best[j] ? logits[i + j] : best[j];
	for (; i < n; i++)
		best[0] = logits[i] > best[0] ? logits[i] : best[0];
	for (int j = 1; j < 8; j++)
		best[0] = best[j] > best[0] ? best[j] : best[0];
	return best[0];
}

static int32_t index_of(const float *logits, int n, float value)
{
	for (int32_t i = 0; i < n; i++)
		if (logits[i] == value)
			return i;
	return -1;
}

/* Sum of e to the (logit - top) / temperature, into weights too if they are wanted. */
static double sum_of(const float *logits, int n, float top, float temperature, float *weights)
{
	double sum = 0;
	float scale = 1.0F / temperature;
	for (int i = 0; i < n;) {
		float part[8] = { 0 };
		int block = n - i < 4096 ? n - i : 4096, j = 0;
		for (; j + 8 <= block; j += 8)
			for (int k = 0; k < 8; k++) {
				float w = small_exp((logits[i + j + k] - top) * scale);
				part[k] += w;
				if (weights)
					weights[i + j + k] = w;
			}
		for (; j < block; j++) {
			float w = small_exp((logits[i + j] - top) * scale);
			part[0] += w;
			if (weights)
				weights[i + j] = w;
		}
		for (int k = 0; k < 8; k++)
			sum += (double)part[k];
		i += block;
	}
	return sum;
}

double sampler_log_sum(const float *logits, int vocabulary)
{
	float top = largest(logits, vocabulary);
	return (double)top + log(sum_of(logits, vocabulary, top, 1.0F, NULL));
}

/* ---- the candidates ---- */

static bool is_better(struct sampler_candidate a, struct sampler_candidate b)
{
	return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

static int best_first(const void *a, const void *b)
{
	return is_better(*(const struct sampler_candidate *)a, *(const struct sampler_candidate *)b)
		       ? -1
		       : 1;
}

/* Lets the worst of a heap sink to its place; the worst stands on top. */
static void sink(struct sampler_candidate *heap, size_t n, size_t at)
{
	for (;;) {
		size_t worst = at, left = 2 * at + 1;
		for (size_t child = left; child < left + 2 && child < n; child++)
			if (is_better(heap[worst], heap[child]))
				worst = child;
		if (worst == at)
			return;
		struct sampler_candidate swap = heap[at];
		heap[at] = heap[worst];
		heap[worst] = swap;
		at = worst;
	}
}

size_t sampler_top(const float *logits, int vocabulary, size_t count, struct sampler_candidate *out)
{
	size_t n = 0;
	if (!count)
		return 0;
	for (int32_t i = 0; i < vocabulary; i++) {
		if (n == count && logits[i] <= out[0].logit)
			continue;
		if (logits[i] == -INFINITY)
			continue;
		struct sampler_candidate c = { i, logits[i] };
		if (n < count) {
			out[n++] = c;
			if (n == count)
				for (size_t k = n / 2; k-- > 0;)
					sink(out, n, k);
		} else {
			out[0] = c;
			sink(out, n, 0);
		}
	}
	qsort(out, n, sizeof *out, best_first);
	return n;
}

/* All tokens at least as likely as `floor`, unsorted. */
static size_t above(const struct sampler *s, const float *logits, float floor)
{
	size_t n = 0;
	for (int32_t i = 0; i < s->vocabulary; i++) {
		s->candidates[n] = (struct sampler_candidate){ i, logits[i] };
		n += logits[i] >= floor && logits[i] > -INFINITY;
	}
	return n;
}

/* Cuts sorted candidates behind the one with which their share of `sum` reaches top_p. */
static size_t cut_top_p(const struct sampler *s, size_t n, float top, double sum)
{
	double reached = 0;
	for (size_t i = 0; i < n; i++) {
		reached += (double)small_exp(s->candidates[i].logit - top);
		if (reached >= (double)s->how.top_p * sum)
			return i + 1;
	}
	return n;
}

/* The candidates of top_p where top_k is off: those over a floor, which sinks until they have
 * the share. */
static size_t nucleus(struct sampler *s, const float *logits, float top)
{
	double sum = sum_of(logits, s->vocabulary, top, 1.0F, NULL);
	for (float depth = 4;; depth *= 2) {
		size_t n = above(s, logits, depth < NEVER_UNDER ? top - depth : -INFINITY);
		qsort(s->candidates, n, sizeof *s->candidates, best_first);
		size_t kept = cut_top_p(s, n, top, sum);
		if (kept < n || depth >= NEVER_UNDER)
			return kept;
	}
}

static double sum_candidates(const struct sampler *s, size_t n, float top)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (double)small_exp(s->candidates[i].logit - top);
	return sum;
}

/* Draws among the first n candidates. */
static int32_t draw_candidate(struct sampler *s, size_t n, float top)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		s->weights[i] = small_exp((s->candidates[i].logit - top) / s->how.temperature);
		sum += (double)s->weights[i];
	}
	double left = chance(s) * sum;
	for (size_t i = 0; i + 1 < n; i++) {
		left -= (double)s->weights[i];
		if (left < 0)
			return s->candidates[i].token;
	}
	return s->candidates[n - 1].token;
}

/* Draws among all tokens. */
static int32_t draw_any(struct sampler *s, const float *logits, float top)
{
	double left =
		chance(s) * sum_of(logits, s->vocabulary, top, s->how.temperature, s->weights);
	for (int32_t i = 0; i < s->vocabulary; i++) {
		left -= (double)s->weights[i];
		if (left < 0 && logits[i] > -INFINITY)
			return i;
	}
	return index_of(logits, s->vocabulary, top);
}

int32_t sampler_draw(struct sampler *s, const float *logits)
{
	float top = largest(logits, s->vocabulary);
	if (!(top > -INFINITY))
		return -1;
	if (s->how.temperature <= 0 || s->how.top_k == 1)
		return index_of(logits, s->vocabulary, top);
	bool has_k = s->how.top_k > 0 && s->how.top_k < s->vocabulary;
	bool has_p = s->how.top_p < 1.0F;
	size_t n;
	if (has_k)
		n = sampler_top(logits, s->vocabulary, (size_t)s->how.top_k, s->candidates);
	else if (has_p)
		n = nucleus(s, logits, top);
	else if (s->how.min_p > 0)
		n = above(s, logits, top + logf(s->how.min_p));
	else
		return draw_any(s, logits, top);
	if (has_k && has_p)
		n = cut_top_p(s, n, top, sum_candidates(s, n, top));
	if (s->how.min_p > 0 && (has_k || has_p))
		while (n > 1 && s->candidates[n - 1].logit < top + logf(s->how.min_p))
			n--;
	return draw_candidate(s, n, top);
}

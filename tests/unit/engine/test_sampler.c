/*
 * test_sampler.c - engine/sampler.c: what each parameter does, on distributions worked out by hand.
 */
#include "engine/sampler.h"

#include <math.h>

#include "../unit.h"

enum { VOCABULARY = 5, DRAWS = 20000 };

/* Probabilities 0.5, 0.25, 0.15, 0.07, 0.03. */
static const double chances[VOCABULARY] = { 0.25, 0.5, 0.03, 0.15, 0.07 };

static void fill(float *logits)
{
	for (int i = 0; i < VOCABULARY; i++)
		logits[i] = (float)log(chances[i]) + 3.0F;
}

static struct engine_sampling plain(void)
{
	struct engine_sampling how = engine_sampling();
	how.temperature = 1;
	how.top_k = 0;
	how.top_p = 1;
	how.min_p = 0;
	how.seed = 42;
	return how;
}

/* How often each token is drawn. */
static void draw_many(const struct engine_sampling *how, double shares[VOCABULARY])
{
	struct sampler s;
	float logits[VOCABULARY];
	sampler_init(&s, how, VOCABULARY);
	for (int i = 0; i < VOCABULARY; i++)
		shares[i] = 0;
	fill(logits);
	sampler_prepare(&s, logits);
	for (int i = 0; i < DRAWS; i++) {
		int32_t token = sampler_draw(&s, logits);
		assert_in_range(token, 0, VOCABULARY - 1);
		shares[token] += 1.0 / DRAWS;
	}
	sampler_clear(&s);
}

static void assert_shares(const struct engine_sampling *how, const double wanted[VOCABULARY])
{
	double shares[VOCABULARY];
	draw_many(how, shares);
	for (int i = 0; i < VOCABULARY; i++) {
		bool ok = fabs(shares[i] - wanted[i]) < 0.015 && (wanted[i] > 0 || shares[i] == 0);
		if (!ok)
			print_error("token %d: %.3f of the draws, expected %.3f\n", i, shares[i],
				wanted[i]);
		assert_true(ok);
	}
}

static void temperature_zero_takes_the_likeliest(void **state)
{
	(void)state;
	struct engine_sampling how = plain();
	how.temperature = 0;
	assert_shares(&how, (const double[]){ 0, 1, 0, 0, 0 });
}

static void temperature_one_draws_by_chance(void **state)
{
	(void)state;
	struct engine_sampling how = plain();
	assert_shares(&how, chances);
}

static void a_higher_temperature_flattens(void **state)
{
	(void)state;
	struct engine_sampling how = plain();
	double wanted[VOCABULARY], sum = 0;
	how.temperature = 2;
	for (int i = 0; i < VOCABULARY; i++)
		sum += sqrt(chances[i]);
	for (int i = 0; i < VOCABULARY; i++)
		wanted[i] = sqrt(chances[i]) / sum;
	assert_shares(&how, wanted);
}

static void top_k_keeps_the_best(void **state)
{
	(void)state;
	struct engine_sampling how = plain();
	how.top_k = 2;
	assert_shares(&how, (const double[]){ 1.0 / 3, 2.0 / 3, 0, 0, 0 });
}

static void top_p_keeps_the_share(void **state)
{
	(void)state;
	struct engine_sampling how = plain();
	how.top_p = 0.8F; /* 0.5 + 0.25 + 0.15 reach it */
	assert_shares(&how, (const double[]){ 0.25 / 0.9, 0.5 / 0.9, 0, 0.15 / 0.9, 0 });
	how.top_k = 2;
	how.top_p = 0.6F; /* of what top_k left: two thirds reach it */
	assert_shares(&how, (const double[]){ 0, 1, 0, 0, 0 });
}

static void min_p_drops_the_unlikely(void **state)
{
	(void)state;
	struct engine_sampling how = plain();
	how.min_p = 0.2F; /* of 0.5: at least 0.1 */
	assert_shares(&how, (const double[]){ 0.25 / 0.9, 0.5 / 0.9, 0, 0.15 / 0.9, 0 });
}

static void a_bias_lifts_and_bans(void **state)
{
	(void)state;
	struct engine_sampling how = plain();
	const struct engine_bias biases[] = { { 1, -100 }, { 0, (float)log(2.0) }, { 99, 5 } };
	how.biases = biases;
	how.bias_count = 3;
	double sum = 0.5 + 0.03 + 0.15 + 0.07;
	assert_shares(&how, (const double[]){ 0.5 / sum, 0, 0.03 / sum, 0.15 / sum, 0.07 / sum });
}

static void penalties_count_what_was_said(void **state)
{
	(void)state;
	struct engine_sampling how = plain();
	struct sampler s;
	float logits[VOCABULARY] = { 2, -2, 1, 0, 0 };
	how.repeat_penalty = 2;
	how.presence_penalty = 0.25F;
	how.frequency_penalty = 0.5F;
	how.penalty_tokens = 3;
	sampler_init(&s, &how, VOCABULARY);
	const int32_t said[] = { 2, 0, 1, 0 }; /* the 2 has left the window */
	for (size_t i = 0; i < 4; i++)
		sampler_note(&s, said[i]);
	sampler_prepare(&s, logits);
	assert_true(fabsf(logits[0] - (1 - 0.25F - 1)) < 1e-5F);
	assert_true(fabsf(logits[1] - (-4 - 0.25F - 0.5F)) < 1e-5F);
	assert_true(logits[2] == 1 && logits[3] == 0);
	sampler_clear(&s);
}

static void the_same_seed_draws_the_same(void **state)
{
	(void)state;
	struct engine_sampling how = plain();
	struct sampler a, b, c;
	float logits[VOCABULARY];
	int differ = 0;
	fill(logits);
	sampler_init(&a, &how, VOCABULARY);
	sampler_init(&b, &how, VOCABULARY);
	how.seed = 43;
	sampler_init(&c, &how, VOCABULARY);
	for (int i = 0; i < 200; i++) {
		int32_t x = sampler_draw(&a, logits);
		assert_int_equal(x, sampler_draw(&b, logits));
		differ += x != sampler_draw(&c, logits);
	}
	assert_true(differ > 50);
	sampler_clear(&a);
	sampler_clear(&b);
	sampler_clear(&c);
}

static void nothing_left_is_told(void **state)
{
	(void)state;
	struct engine_sampling how = plain();
	struct sampler s;
	float none[VOCABULARY], nan[VOCABULARY];
	for (int i = 0; i < VOCABULARY; i++) {
		none[i] = -INFINITY;
		nan[i] = NAN;
	}
	sampler_init(&s, &how, VOCABULARY);
	assert_int_equal(sampler_draw(&s, none), -1);
	assert_int_equal(sampler_draw(&s, nan), -1);
	sampler_clear(&s);
}

static void log_sum_is_right_over_a_large_vocabulary(void **state)
{
	(void)state;
	enum { N = 50003 };
	static float logits[N];
	double sum = 0;
	for (int i = 0; i < N; i++) {
		logits[i] = (float)((i * 7919) % 1000) / 40.0F - 12.0F;
		sum += exp((double)logits[i]);
	}
	assert_true(fabs(sampler_log_sum(logits, N) - log(sum)) < 1e-4);
}

static void top_gives_the_best_in_order(void **state)
{
	(void)state;
	enum { N = 1000, K = 7 };
	float logits[N];
	struct sampler_candidate top[K];
	for (int i = 0; i < N; i++)
		logits[i] = (float)((i * 337) % N);
	assert_int_equal(sampler_top(logits, N, K, top), K);
	for (int i = 0; i < K; i++) {
		assert_true(top[i].logit == (float)(N - 1 - i));
		assert_true(logits[top[i].token] == top[i].logit);
	}
	assert_int_equal(sampler_top(logits, 3, K, top), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(temperature_zero_takes_the_likeliest),
		cmocka_unit_test(temperature_one_draws_by_chance),
		cmocka_unit_test(a_higher_temperature_flattens),
		cmocka_unit_test(top_k_keeps_the_best),
		cmocka_unit_test(top_p_keeps_the_share),
		cmocka_unit_test(min_p_drops_the_unlikely),
		cmocka_unit_test(a_bias_lifts_and_bans),
		cmocka_unit_test(penalties_count_what_was_said),
		cmocka_unit_test(the_same_seed_draws_the_same),
		cmocka_unit_test(nothing_left_is_told),
		cmocka_unit_test(log_sum_is_right_over_a_large_vocabulary),
		cmocka_unit_test(top_gives_the_best_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

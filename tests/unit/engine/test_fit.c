/*
 * test_fit.c - engine/fit.c: whether a model fits, with how much context, and how it says no.
 */
#include "engine/fit.h"

#include "../unit.h"

#define MB ((uint64_t)1000 * 1000)

/* Weights of 1000 MB; 10 kB of cache a token; computing 100 MB, and 1 kB a token. */
static const struct fit_need need = {
	.weight_bytes = 1000 * MB,
	.trained_context_tokens = 102400,
	.layers = 20,
	.low = { 1024, 1024 * 10000, 100 * MB + 1024 * 1000 },
	.high = { 102400, 102400ULL * 10000, 100 * MB + 102400 * 1000 },
};

static uint64_t whole(int tokens)
{
	struct fit_point p = fit_point_at(&need, tokens);
	return need.weight_bytes + p.kv_bytes + p.compute_bytes;
}

static void the_line_goes_through_both_points(void **state)
{
	(void)state;
	assert_int_equal(fit_point_at(&need, 1024).kv_bytes, need.low.kv_bytes);
	assert_int_equal(fit_point_at(&need, 102400).compute_bytes, need.high.compute_bytes);
	assert_int_equal(fit_point_at(&need, 51200).kv_bytes, 51200ULL * 10000);
}

static void with_room_enough_the_model_gets_its_own_context(void **state)
{
	(void)state;
	struct fit_room room = { .host_bytes = whole(102400) };
	struct fit_plan plan;
	assert_true(fit_plan(&need, &room, 0, &plan, NULL));
	assert_int_equal(plan.context_tokens, 102400);
	assert_false(plan.is_shortened);
	assert_int_equal(plan.device_layers, -1);
}

static void without_a_wish_the_context_is_what_fits(void **state)
{
	(void)state;
	struct fit_room room = { .host_bytes = 1500 * MB };
	struct fit_plan plan;
	assert_true(fit_plan(&need, &room, 0, &plan, NULL));
	assert_true(plan.is_shortened);
	assert_int_equal(plan.context_tokens % 256, 0);
	assert_true(whole(plan.context_tokens) <= room.host_bytes);
	assert_true(whole(plan.context_tokens + 256) > room.host_bytes);
}

static void a_wish_is_given_or_refused_but_never_cut(void **state)
{
	(void)state;
	struct fit_room room = { .host_bytes = 1500 * MB };
	struct fit_plan plan = { .context_tokens = 7 };
	struct err e = { 0 };
	assert_true(fit_plan(&need, &room, 20000, &plan, NULL));
	assert_int_equal(plan.context_tokens, 20000);
	plan.context_tokens = 7;
	assert_false(fit_plan(&need, &room, 60000, &plan, &e));
	assert_int_equal(plan.context_tokens, 7);
	assert_err(e, ERR_NO_ROOM, LAYER_ENGINE);
	assert_non_null(strstr(e.what, "60000 tokens"));
	assert_non_null(strstr(e.what, "1.40 GiB are free"));
	assert_non_null(strstr(e.mend, "at most 36352 tokens"));
}

static void what_is_too_large_altogether_says_so(void **state)
{
	(void)state;
	struct fit_room room = { .host_bytes = 900 * MB };
	struct fit_plan plan;
	struct err e = { 0 };
	assert_false(fit_plan(&need, &room, 0, &plan, &e));
	assert_err(e, ERR_NO_ROOM, LAYER_ENGINE);
	assert_non_null(strstr(e.mend, "smaller model"));
	struct err f = { 0 };
	assert_false(fit_plan(&need, &room, -5, &plan, &f));
	assert_err(f, ERR_USAGE, LAYER_ENGINE);
}

static void layers_go_to_the_cards_as_far_as_they_fit(void **state)
{
	(void)state;
	struct fit_plan plan;
	struct fit_room all = { 100 * MB, whole(102400) };
	assert_true(fit_plan(&need, &all, 0, &plan, NULL));
	assert_int_equal(plan.device_layers, -1);
	struct fit_room half = { 4000 * MB, need.high.compute_bytes + (1000 + 1024) * MB / 2 };
	assert_true(fit_plan(&need, &half, 0, &plan, NULL));
	assert_int_equal(plan.device_layers, 10);
	struct fit_room none = { 4000 * MB, 50 * MB };
	assert_true(fit_plan(&need, &none, 0, &plan, NULL));
	assert_int_equal(plan.device_layers, 0);
}

static void a_cache_that_does_not_grow_is_fine(void **state)
{
	(void)state;
	struct fit_need flat = { .weight_bytes = 10 * MB,
		.trained_context_tokens = 512,
		.low = { 512, MB, MB },
		.high = { 512, MB, MB } };
	struct fit_room room = { .host_bytes = 12 * MB };
	struct fit_plan plan;
	assert_true(fit_plan(&flat, &room, 0, &plan, NULL));
	assert_int_equal(plan.context_tokens, 512);
	assert_true(fit_plan(&flat, &room, 4096, &plan, NULL));
	assert_int_equal(plan.context_tokens, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_goes_through_both_points),
		cmocka_unit_test(with_room_enough_the_model_gets_its_own_context),
		cmocka_unit_test(without_a_wish_the_context_is_what_fits),
		cmocka_unit_test(a_wish_is_given_or_refused_but_never_cut),
		cmocka_unit_test(what_is_too_large_altogether_says_so),
		cmocka_unit_test(layers_go_to_the_cards_as_far_as_they_fit),
		cmocka_unit_test(a_cache_that_does_not_grow_is_fine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

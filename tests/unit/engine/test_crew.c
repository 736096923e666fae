/*
 * test_crew.c - how many threads compute, told by how much of the processor they got.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/crew.h"

enum { BATCH_US = 10 * 1000, SECOND = 1000 * 1000 };

/* So much computing of which the threads got `share` of a processor each. */
static int compute(struct crew *c, int64_t wall_us, double share)
{
	int now = c->now;
	for (int64_t at = 0; at < wall_us; at += BATCH_US)
		now = crew_note(c, BATCH_US, (int64_t)(share * BATCH_US * now));
	return now;
}

static void all_compute_while_nobody_else_does(void **state)
{
	(void)state;
	struct crew c;
	crew_init(&c, 8);
	assert_int_equal(compute(&c, 100 * SECOND, 0.97), 8);
}

static void a_short_disturbance_changes_nothing(void **state)
{
	(void)state;
	struct crew c;
	crew_init(&c, 2);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(compute(&c, BATCH_US, 0.1), 2);
		assert_int_equal(compute(&c, SECOND - BATCH_US, 0.99), 2);
	}
}

static void as_many_compute_as_there_are_processors_left(void **state)
{
	(void)state;
	struct crew c;
	crew_init(&c, 8);
	assert_int_equal(compute(&c, SECOND / 10, 0.5), 4);
	assert_int_equal(compute(&c, SECOND / 2, 0.97), 4);
	crew_init(&c, 2);
	assert_int_equal(compute(&c, SECOND / 10, 0.4), 1);
	assert_int_equal(compute(&c, SECOND / 2, 0.2), 1);
}

static void all_are_tried_again_and_stay_if_it_is_quiet(void **state)
{
	(void)state;
	struct crew c;
	crew_init(&c, 2);
	compute(&c, SECOND / 10, 0.4);
	assert_int_equal(compute(&c, 5 * SECOND, 0.97), 2);
}

static void vain_trials_grow_rare(void **state)
{
	(void)state;
	struct crew c;
	crew_init(&c, 2);
	int trials = 0;
	for (int i = 0; i < 1000; i++) { /* 100 seconds */
		int before = c.now;
		trials += compute(&c, SECOND / 10, 0.5) > before;
	}
	assert_in_range(trials, 4, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_compute_while_nobody_else_does),
		cmocka_unit_test(a_short_disturbance_changes_nothing),
		cmocka_unit_test(as_many_compute_as_there_are_processors_left),
		cmocka_unit_test(all_are_tried_again_and_stay_if_it_is_quiet),
		cmocka_unit_test(vain_trials_grow_rare),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

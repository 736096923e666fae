#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "chat/number.h"
#include "walk.h"

enum { BOUNDS = 400, TEXTS_EACH = 60 };

static struct number_bound bound_of(double value, bool is_exclusive)
{
	struct number_bound b = { .is_exclusive = is_exclusive };
	assert_true(decimal_of_double(value, &b.value));
	return b;
}

/* Thousandths, so that every number has few digits. */
static double invent_number(struct walk_random *r)
{
	static const double scales[] = { 1, 10, 1000 };
	double value = (double)walk_below(r, 4000) - 2000;
	return value / scales[walk_below(r, 3)];
}

static void exactly_what_lies_between_is_taken(void **state)
{
	(void)state;
	size_t inside = 0, outside = 0;
	for (uint64_t seed = 1; seed <= BOUNDS; seed++) {
		struct walk_random r = { seed, NULL };
		struct arena *mem = arena_new();
		double from = invent_number(&r), to = from + (double)walk_below(&r, 300) / 10;
		struct number_bound lo = bound_of(from, seed & 1), hi = bound_of(to, seed & 2);
		const struct dfa *d = number_between(mem, NUMBER_ANY, &lo, &hi);
		for (int i = 0; i < TEXTS_EACH && d; i++) {
			char text[32];
			double near = i % 3 == 0   ? from
				      : i % 3 == 1 ? to
						   : from + (double)walk_below(&r, 400) / 10 - 5;
			snprintf(text, sizeof text, "%.*f", (int)walk_below(&r, 4), near);
			double value = strtod(text, NULL);
			bool fits = (value > from || (value == from && !lo.is_exclusive)) &&
				    (value < to || (value == to && !hi.is_exclusive));
			/* There is no minus zero. */
			fits = fits && !(value == 0 && text[0] == '-');
			if (dfa_takes(d, str_z(text)) != fits)
				print_error("%s in %g to %g\n", text, from, to);
			assert_int_equal(dfa_takes(d, str_z(text)), fits);
			inside += fits;
			outside += !fits;
		}
		arena_free(mem);
	}
	assert_true(inside > 2000 && outside > 2000);
}

static void whole_numbers_have_no_point(void **state)
{
	(void)state;
	struct arena *mem = arena_new();
	struct number_bound lo = bound_of(-3.5, false), hi = bound_of(12.25, false);
	const struct dfa *d = number_between(mem, NUMBER_INTEGER, &lo, &hi);
	for (int i = -100; i <= 100; i++) {
		char text[32];
		snprintf(text, sizeof text, "%d", i);
		assert_int_equal(dfa_takes(d, str_z(text)), i >= -3 && i <= 12);
	}
	assert_false(dfa_takes(d, STR("1.0")));
	assert_false(dfa_takes(d, STR("1e0")));
	assert_false(dfa_takes(d, STR("007")));
	arena_free(mem);
}

static void nothing_between_gives_nothing(void **state)
{
	(void)state;
	struct arena *mem = arena_new();
	struct number_bound two = bound_of(2, false), over = bound_of(2, true),
			    third = bound_of(2.5, false);
	assert_null(number_between(mem, NUMBER_ANY, &third, &two));
	assert_null(number_between(mem, NUMBER_ANY, &over, &two));
	assert_null(number_between(mem, NUMBER_INTEGER, &over, &third));
	assert_non_null(number_between(mem, NUMBER_ANY, &two, &two));
	struct decimal d;
	assert_false(decimal_of_double(1e40, &d));
	arena_free(mem);
}

static void multiples_of_a_step_and_nothing_else(void **state)
{
	(void)state;
	/* The step and what is tried, in hundredths. */
	static const int steps[] = { 1, 5, 25, 100, 700, 1200, 150 };
	struct arena *mem = arena_new();
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct decimal step;
		assert_true(decimal_of_double(steps[i] / 100.0, &step));
		const struct dfa *d = number_multiple(mem, &step);
		assert_non_null(d);
		for (int n = 0; n < 5000; n++) {
			char text[40];
			snprintf(text, sizeof text, "-%d.%02d", n / 100, n % 100);
			bool is_multiple = n % steps[i] == 0;
			assert_int_equal(dfa_takes(d, str_z(text)), is_multiple);
			assert_int_equal(dfa_takes(d, str_z(text + 1)), is_multiple);
			snprintf(text, sizeof text, "%d.%02d000", n / 100, n % 100);
			assert_int_equal(dfa_takes(d, str_z(text)), is_multiple);
			snprintf(text, sizeof text, "%d", n);
			assert_int_equal(dfa_takes(d, str_z(text)), n * 100 % steps[i] == 0);
		}
	}
	struct decimal odd;
	assert_true(decimal_of_int(0, &odd));
	assert_null(number_multiple(mem, &odd));
	assert_true(decimal_of_int(1001, &odd));
	assert_null(number_multiple(mem, &odd));
	arena_free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exactly_what_lies_between_is_taken),
		cmocka_unit_test(whole_numbers_have_no_point),
		cmocka_unit_test(nothing_between_gives_nothing),
		cmocka_unit_test(multiples_of_a_step_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

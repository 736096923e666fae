#include "../unit.h"

#include "chat/repeat.h"

/* Adds one call for each letter, its result being the letter too; the index at which a circle
 * closed, or -1. */
static int closes(const char *letters)
{
	struct repeat r;
	repeat_init(&r);
	for (int i = 0; letters[i]; i++)
		if (repeat_add(&r, STR("tool"), STR("{}"), str_n(letters + i, 1)))
			return i;
	return -1;
}

static void the_same_three_times_is_a_circle(void **state)
{
	(void)state;
	assert_int_equal(closes("aaa"), 2);
	assert_int_equal(closes("xyaaa"), 4);
	assert_int_equal(closes("aabaa"), -1);
}

static void two_or_three_in_turn_for_three_rounds_are_a_circle(void **state)
{
	(void)state;
	assert_int_equal(closes("ababab"), 5);
	assert_int_equal(closes("abcabcabc"), 8);
	assert_int_equal(closes("zzabcabcabc"), 10);
	assert_int_equal(closes("ababa"), -1);
	assert_int_equal(closes("abcdabcdabcd"), -1);
}

static void name_arguments_and_result_all_count(void **state)
{
	(void)state;
	struct repeat r;
	repeat_init(&r);
	assert_false(repeat_add(&r, STR("a"), STR("1"), STR("x")));
	assert_false(repeat_add(&r, STR("a"), STR("1"), STR("y")));
	assert_false(repeat_add(&r, STR("a"), STR("2"), STR("x")));
	assert_false(repeat_add(&r, STR("b"), STR("1"), STR("x")));
	assert_false(repeat_add(&r, STR("b"), STR("1"), STR("x")));
	assert_true(repeat_add(&r, STR("b"), STR("1"), STR("x")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_three_times_is_a_circle),
		cmocka_unit_test(two_or_three_in_turn_for_three_rounds_are_a_circle),
		cmocka_unit_test(name_arguments_and_result_all_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

static void cutting_visits_every_line_and_the_empty_last_one(void **state)
{
	(void)state;
	struct str rest = STR("a\n\nb\n"), line;
	assert_true(str_cut(&rest, '\n', &line));
	assert_str(line, "a");
	assert_true(str_cut(&rest, '\n', &line));
	assert_str(line, "");
	assert_true(str_cut(&rest, '\n', &line));
	assert_str(line, "b");
	assert_true(str_cut(&rest, '\n', &line));
	assert_str(line, "");
	assert_false(str_cut(&rest, '\n', &line));
}

static void searching_finds_first_and_last(void **state)
{
	(void)state;
	assert_int_equal(str_find(STR("abcabc"), STR("bc")), 1);
	assert_int_equal(str_find_last(STR("abcabc"), STR("bc")), 4);
	assert_true(str_find(STR("abc"), STR("x")) == SIZE_MAX);
	assert_true(str_find_last(STR("a"), STR("abc")) == SIZE_MAX);
	assert_int_equal(str_find(STR(""), STR("")), 0);
	assert_int_equal(str_find_last(STR("abc"), STR("")), 3);
}

static void numbers_refuse_rubbish_and_overflow(void **state)
{
	(void)state;
	uint64_t u = 7;
	int64_t i = 7;
	double d = 7;
	assert_true(str_to_u64(STR("18446744073709551615"), &u));
	assert_true(u == UINT64_MAX);
	assert_false(str_to_u64(STR("18446744073709551616"), &u));
	assert_false(str_to_u64(STR(""), &u));
	assert_false(str_to_u64(STR("1x"), &u));
	assert_true(str_to_i64(STR("-9223372036854775808"), &i));
	assert_true(i == INT64_MIN);
	assert_false(str_to_i64(STR("9223372036854775808"), &i));
	assert_false(str_to_i64(STR("-"), &i));
	assert_true(str_to_double(STR("-1.5e3"), &d));
	assert_true(d == -1500.0);
	assert_false(str_to_double(STR("1e999"), &d));
	assert_false(str_to_double(STR(" 1"), &d));
	assert_false(str_to_double(STR("nan"), &d));
}

static void slices_are_clamped(void **state)
{
	(void)state;
	assert_str(str_sub(STR("hello"), 1, 3), "el");
	assert_str(str_sub(STR("hello"), 3, 99), "lo");
	assert_str(str_sub(STR("hello"), 9, 12), "");
	assert_str(str_trim(STR(" \t a b\n")), "a b");
	assert_str(str_trim(STR(" \n ")), "");
}

static void comparing_is_bytewise(void **state)
{
	(void)state;
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_true(str_cmp(STR("b"), STR("ab")) > 0);
	assert_int_equal(str_cmp(STR("ab"), STR("ab")), 0);
	assert_true(str_eq_nocase(STR("Write"), STR("wRITE")));
	assert_false(str_eq(STR("Write"), STR("write")));
	assert_true(str_starts(STR("abc"), STR("ab")));
	assert_true(str_ends(STR("abc"), STR("bc")));
	assert_false(str_ends(STR("c"), STR("bc")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cutting_visits_every_line_and_the_empty_last_one),
		cmocka_unit_test(searching_finds_first_and_last),
		cmocka_unit_test(numbers_refuse_rubbish_and_overflow),
		cmocka_unit_test(slices_are_clamped),
		cmocka_unit_test(comparing_is_bytewise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

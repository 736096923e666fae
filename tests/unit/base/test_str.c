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

static void a_sum_does_not_depend_on_how_a_text_is_cut(void **state)
{
	(void)state;
	struct str text = STR("0123456789abcdefghijklmnopqrstuvw\xff");
	const uint64_t whole = str_sum_on(STR_HASH_BASIS, text);
	for (size_t i = 0; i <= text.n; i++)
		for (size_t k = i; k <= text.n; k++) {
			uint64_t sum = str_sum_on(STR_HASH_BASIS, str_sub(text, 0, i));
			sum = str_sum_on(sum, str_sub(text, i, k));
			assert_true(str_sum_on(sum, str_from(text, k)) == whole);
		}
}

static uint64_t sum_of(const char *p, size_t n)
{
	return str_sum_on(STR_HASH_BASIS, str_n(p, n));
}

static void a_sum_tells_one_byte_and_its_place(void **state)
{
	(void)state;
	char text[40] = "";
	const uint64_t none = sum_of(text, sizeof text);
	for (size_t i = 0; i < sizeof text; i++)
		for (size_t k = 0; k < sizeof text; k++) {
			text[i]++;
			text[k]--;
			assert_true((sum_of(text, sizeof text) == none) == (i == k));
			text[i]--;
			text[k]++;
		}
	assert_true(sum_of(text, 3) != sum_of(text, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cutting_visits_every_line_and_the_empty_last_one),
		cmocka_unit_test(searching_finds_first_and_last),
		cmocka_unit_test(numbers_refuse_rubbish_and_overflow),
		cmocka_unit_test(slices_are_clamped),
		cmocka_unit_test(comparing_is_bytewise),
		cmocka_unit_test(a_sum_does_not_depend_on_how_a_text_is_cut),
		cmocka_unit_test(a_sum_tells_one_byte_and_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

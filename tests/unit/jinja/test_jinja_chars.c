#include "../unit.h"

#include "jinja/jinja_chars.h"

static void white_space_of_every_script_is_measured(void **state)
{
	(void)state;
	assert_int_equal(jchars_space_left(STR(" \t\n\xC2\xA0\xE3\x80\x80x ")), 8);
	assert_int_equal(jchars_space_right(STR(" x\xE2\x80\xA8 ")), 4);
	assert_int_equal(jchars_space_left(STR("x")), 0);
	assert_int_equal(jchars_space_right(STR(" \n ")), 3);
	assert_int_equal(jchars_space_right(STR("")), 0);
	assert_false(jchar_is_space(0x200B));
}

static void cases_may_take_several_characters(void **state)
{
	(void)state;
	uint32_t out[JCHAR_MAPPED_MAX];
	assert_int_equal(jchar_map(0xDF, JCASE_UPPER, out), 2);
	assert_int_equal(out[0], 'S');
	assert_int_equal(out[1], 'S');
	assert_int_equal(jchar_map(0xDF, JCASE_TITLE, out), 2);
	assert_int_equal(out[1], 's');
	assert_int_equal(jchar_map(0xFB03, JCASE_UPPER, out), 3);
	assert_int_equal(out[2], 'I');
	assert_int_equal(jchar_map(0x1C6, JCASE_TITLE, out), 1);
	assert_int_equal(out[0], 0x1C5);
	assert_int_equal(jchar_map('x', JCASE_LOWER, out), 1);
	assert_int_equal(out[0], 'x');
	assert_int_equal(jchar_map(0x10428, JCASE_UPPER, out), 1);
	assert_int_equal(out[0], 0x10400);
}

static void classes_follow_unicode(void **state)
{
	(void)state;
	assert_true(jchar_is_alpha(0x4F60));
	assert_false(jchar_is_alpha(0x2460));
	assert_true(jchar_is_decimal(0x663));
	assert_false(jchar_is_decimal(0xB2));
	assert_true(jchar_is_digit(0xB2));
	assert_true(jchar_is_numeric(0xBD));
	assert_true(jchar_is_printable(0x1F642));
	assert_false(jchar_is_printable(0x200B));
	assert_false(jchar_is_printable(0xAD));
	assert_false(jchar_is_printable(0x7F));
	assert_true(jchars_have_case(STR("a1-"), JCASE_LOWER));
	assert_false(jchars_have_case(STR("aB"), JCASE_LOWER));
	assert_false(jchars_have_case(STR("1"), JCASE_LOWER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(white_space_of_every_script_is_measured),
		cmocka_unit_test(cases_may_take_several_characters),
		cmocka_unit_test(classes_follow_unicode),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

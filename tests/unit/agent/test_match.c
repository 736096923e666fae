#include "../unit.h"

#include "agent/match.h"

/* Finds, expects `how`, replaces, and compares the whole text. */
static void replaces(const char *text, const char *old, const char *new, enum match_how how,
	const char *expected)
{
	struct match m = match_find(str_z(text), str_z(old));
	struct buf out;
	buf_init(&out, 1000);
	assert_int_equal(m.count, 1);
	assert_int_equal(m.how, how);
	match_replace(str_z(text), &m, str_z(old), str_z(new), &out);
	assert_string_equal(buf_z(&out), expected);
	buf_clear(&out);
}

static void exact_text_is_replaced_and_nothing_else(void **state)
{
	(void)state;
	replaces("port = 80\n", "port = 80", "port = 8080", MATCH_EXACT, "port = 8080\n");
	replaces("abc", "b", "", MATCH_EXACT, "ac");
	replaces("a\n  b\nc\n", "a\n  b\n", "x\n", MATCH_EXACT, "x\nc\n");
}

static void white_space_at_line_ends_does_not_matter(void **state)
{
	(void)state;
	replaces("int a;  \nint b;\t\nint c;\n", "int a;\nint b;", "int x;", MATCH_LINE_ENDS,
		"int x;\nint c;\n");
	replaces("one\ntwo\n", "one  \ntwo", "three", MATCH_LINE_ENDS, "three\n");
	replaces("one\ntwo", "one \ntwo\n", "three\n", MATCH_LINE_ENDS, "three\n");
}

static void line_endings_of_the_file_are_kept(void **state)
{
	(void)state;
	replaces("a\r\nb\r\nc\r\n", "a\nb", "x\ny", MATCH_LINE_ENDS, "x\r\ny\r\nc\r\n");
	replaces("a\r\nb\r\nc\r\n", "a\nb\n", "x\n", MATCH_LINE_ENDS, "x\r\nc\r\n");
}

static void indentation_is_taken_from_the_file(void **state)
{
	(void)state;
	replaces("if x:\n    if y:\n        go()\n        stop()\n", "if y:\n    go()\n",
		"if z:\n    run()\n", MATCH_INDENT,
		"if x:\n    if z:\n        run()\n        stop()\n");
	replaces("\tint a;\n\tint b;\n", "        int a;\n        int b;",
		"        int c;\n\n        int d;", MATCH_INDENT, "\tint c;\n\n\tint d;\n");
}

static void what_is_there_twice_is_counted(void **state)
{
	(void)state;
	assert_int_equal(match_find(STR("a b a b a"), STR("a")).count, 3);
	assert_int_equal(match_find(STR("aaaa"), STR("aa")).count, 2);
	assert_int_equal(match_find(STR(" x\n\tx\n"), STR("x  ")).count, 2);
}

static void what_is_not_there_is_not_found(void **state)
{
	(void)state;
	assert_int_equal(match_find(STR("one\ntwo\n"), STR("three")).count, 0);
	assert_int_equal(match_find(STR(""), STR("x")).count, 0);
	assert_int_equal(match_find(STR("a\n\n\nb"), STR(" \n")).count, 0);
	assert_int_equal(match_find(STR("one two"), STR("two one")).count, 0);
}

static void the_nearest_lines_are_named(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, 1000);
	assert_true(match_nearest(STR("alpha\ndef gretting(name):\n    return 1\n"),
		STR("def greeting(name):\n    pass"), &out));
	assert_string_equal(buf_z(&out), "2: def gretting(name):");
	buf_reset(&out);
	assert_false(match_nearest(STR("alpha\nbeta\n"), STR("zzzz qqqq"), &out));
	assert_int_equal(out.n, 0);
	buf_clear(&out);
}

static void lines_are_counted_from_one(void **state)
{
	(void)state;
	assert_int_equal(match_line(STR("a\nb\nc"), 0), 1);
	assert_int_equal(match_line(STR("a\nb\nc"), 4), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_text_is_replaced_and_nothing_else),
		cmocka_unit_test(white_space_at_line_ends_does_not_matter),
		cmocka_unit_test(line_endings_of_the_file_are_kept),
		cmocka_unit_test(indentation_is_taken_from_the_file),
		cmocka_unit_test(what_is_there_twice_is_counted),
		cmocka_unit_test(what_is_not_there_is_not_found),
		cmocka_unit_test(the_nearest_lines_are_named),
		cmocka_unit_test(lines_are_counted_from_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

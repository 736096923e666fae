#include "../unit.h"

#include "jinja_gives.h"

static void tests_tell_kinds(void **state)
{
	(void)state;
	gives("{{ [1 is number, true is number, true is integer, 1.0 is float, 'a' is string, {} "
	      "is mapping, [] is sequence, {} is sequence, 'a' is iterable, 5 is iterable, none is "
	      "none, nope is defined, nope is undefined, range is callable, true is boolean, 1 is "
	      "true, false is false] }}",
		"[True, True, False, True, True, True, True, True, True, False, True, False, True, "
		"True, True, False, True]");
}

static void tests_compare(void **state)
{
	(void)state;
	gives("{{ [3 is odd, 4 is even, 9 is divisibleby 3, 'a' is in 'abc', 1 is eq 1.0, 2 is gt "
	      "1, 2 is not lt 1, 'A' is upper, 'a' is lower, 'a' is sameas 'a', 1 is sameas true] "
	      "}}",
		"[True, True, True, True, True, True, True, True, True, True, False]");
	gives("{{ 'a' is divisibleby 2 }}",
		"template line 1: not all arguments converted during string formatting");
	gives("{{ 1 is divisibleby 0 }}", "template line 1: integer division or modulo by zero");
	gives("{{ nope is odd }}", "template line 1: 'nope' is undefined");
	gives("{{ 1 is odd is even }}",
		"template line 1, column 13: You cannot chain multiple tests with is");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tests_tell_kinds),
		cmocka_unit_test(tests_compare),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

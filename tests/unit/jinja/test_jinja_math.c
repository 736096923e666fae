#include "../unit.h"

#include "jinja_gives.h"

static void numbers_add_up_as_in_python(void **state)
{
	(void)state;
	gives("{{ 7 // -2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ "
	      "7.5 // -2 }} {{ -7.5 % 2 }} {{ true + 1 }} {{ 1 - 0.5 }} {{ 3 * 1.5 }}",
		"-4 2 3.5 3.0 1024 0.5 -4.0 0.5 2 0.5 4.5");
}

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	gives("{{ 4611686018427387904 + 4611686018427387903 }}", "9223372036854775807");
}

static void zero_divides_nothing(void **state)
{
	(void)state;
	gives("{{ 1 / 0 }}", "template line 1: division by zero");
	gives("{{ 1 // 0 }}", "template line 1: integer division or modulo by zero");
	gives("{{ 1 % 0 }}", "template line 1: integer division or modulo by zero");
	gives("{{ 1.0 / 0 }}", "template line 1: float division by zero");
	gives("{{ 0 ** -1 }}", "template line 1: 0.0 cannot be raised to a negative power");
}

static void texts_and_lists_join_and_repeat(void **state)
{
	(void)state;
	gives("{{ 'a' + 'b' }} {{ [1] + [2] }} {{ (1,) + (2,) }} {{ 'ab' * 2 }} {{ 2 * [0] }} {{ "
	      "'x' * -1 }}|",
		"ab [1, 2] (1, 2) abab [0, 0] |");
}

static void other_pairs_are_refused(void **state)
{
	(void)state;
	gives("{{ 'a' + 1 }}", "template line 1: can only concatenate str (not \"int\") to str");
	gives("{{ 1 + 'a' }}",
		"template line 1: unsupported operand type(s) for +: 'int' and 'str'");
	gives("{{ [1] + (2,) }}",
		"template line 1: can only concatenate list (not \"tuple\") to list");
	gives("{{ none + 1 }}",
		"template line 1: unsupported operand type(s) for +: 'NoneType' and 'int'");
	gives("{{ 'a' * 1.5 }}",
		"template line 1: can't multiply sequence by non-int of type 'float'");
	gives("{{ 'a' - 'b' }}",
		"template line 1: unsupported operand type(s) for -: 'str' and 'str'");
	gives("{{ -'a' }}", "template line 1: bad operand type for unary -: 'str'");
	gives("{{ nope + 1 }}", "template line 1: 'nope' is undefined");
	gives("{{ {} + {} }}",
		"template line 1: unsupported operand type(s) for +: 'dict' and 'dict'");
}

static void comparisons_chain_and_order(void **state)
{
	(void)state;
	gives("{{ 1 < 2 <= 2 < 3 }} {{ 'a' < 'é' }} {{ [1, 2] < [1, 3] }} {{ 1 == 1.0 == true }} "
	      "{{ {'a': 1} == {'a': 1.0} }} {{ (1,) == [1] }} {{ nope == nope2 }}",
		"True True True True True False True");
	gives("{{ 1 < 'a' }}",
		"template line 1: '<' not supported between instances of 'int' and 'str'");
	gives("{{ none < 1 }}",
		"template line 1: '<' not supported between instances of 'NoneType' and 'int'");
	gives("{{ nope < 1 }}", "template line 1: 'nope' is undefined");
	gives("{{ 1 in 5 }}", "template line 1: argument of type 'int' is not iterable");
	gives("{{ 1 in 'a' }}",
		"template line 1: 'in <string>' requires string as left operand, not int");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_add_up_as_in_python),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(zero_divides_nothing),
		cmocka_unit_test(texts_and_lists_join_and_repeat),
		cmocka_unit_test(other_pairs_are_refused),
		cmocka_unit_test(comparisons_chain_and_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

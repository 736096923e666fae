#include "../unit.h"

#include "jinja_gives.h"

static void macros_take_arguments_as_functions_do(void **state)
{
	(void)state;
	gives("{% macro m(a, b='x', c=none) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }} {{ "
	      "m(1, c=3) }} {{ m(b=2, a=1) }} {{ m(*[1, 2], **{'c': 3}) }} {{ m() }}",
		"1xNone 1x3 12None 123 xNone");
	gives("{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 2) }}", "1112");
	gives("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}",
		"template line 1: macro 'm' takes not more than 1 argument(s)");
	gives("{% macro m(a) %}{% endmacro %}{{ m(b=2) }}",
		"template line 1: macro 'm' takes no keyword argument 'b'");
	gives("{% macro m(a) %}{{ a.x }}{% endmacro %}{{ m() }}",
		"template line 1: parameter 'a' was not provided");
}

static void what_is_left_over_goes_to_varargs_and_kwargs(void **state)
{
	(void)state;
	gives("{% macro m(a) %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, x=4) }}",
		"(2, 3){'x': 4}");
}

static void a_call_block_is_the_caller(void **state)
{
	(void)state;
	gives("{% macro m() %}<{{ caller('x', 1) }}>{% endmacro %}{% call(v, w=2) m() %}{{ v }}{{ "
	      "w }}{% endcall %}",
		"<x1>");
	gives("{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}{% call m() %}{% "
	      "endcall %}",
		"FalseTrue");
	gives("{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}",
		"template line 1: No caller defined");
	gives("{% macro m() %}{% endmacro %}{% call m() %}{% endcall %}",
		"template line 1: macro 'm' takes no keyword argument 'caller'");
}

static void macros_see_where_they_were_written(void **state)
{
	(void)state;
	gives("{% macro f(n) %}{{ n }}{% if n %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
		"3210");
	gives("{% set g = 1 %}{% macro r() %}{{ g }}{% endmacro %}{% set g = 2 %}{{ r() }}", "2");
	gives("{% for i in [1, 2] %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}{{ m "
	      "is defined }}",
		"12False");
	gives("{% macro m() %}{% set x = 1 %}{% endmacro %}{{ m() }}{{ x is defined }}", "False");
}

static void only_what_can_be_called_is(void **state)
{
	(void)state;
	gives("{{ 'a'() }}", "template line 1: 'str' object is not callable");
	gives("{{ nope() }}", "template line 1: 'nope' is undefined");
	gives("{{ none() }}", "template line 1: 'NoneType' object is not callable");
	gives("{{ 'a'.nope() }}", "template line 1: 'str object' has no attribute 'nope'");
	gives("{{ 'a'.upper(1) }}", "template line 1: upper() takes at most 0 arguments (1 given)");
	gives("{{ {}.get('a', default=1) }}", "template line 1: get() takes no keyword arguments");
	gives("{{ 'a' | replace('b') }}",
		"template line 1: replace() missing required argument 'new'");
}

static void macros_tell_about_themselves(void **state)
{
	(void)state;
	gives("{% macro m(a, b=1) %}{{ kwargs }}{% endmacro %}{{ m.name }} {{ m.arguments }} {{ "
	      "m.catch_kwargs }} {{ m.catch_varargs }} {{ m.caller }} {{ m }}",
		"m ('a', 'b') True False False <Macro 'm'>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(macros_take_arguments_as_functions_do),
		cmocka_unit_test(what_is_left_over_goes_to_varargs_and_kwargs),
		cmocka_unit_test(a_call_block_is_the_caller),
		cmocka_unit_test(macros_see_where_they_were_written),
		cmocka_unit_test(only_what_can_be_called_is),
		cmocka_unit_test(macros_tell_about_themselves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include "jinja_gives.h"

static void operators_bind_as_in_python(void **state)
{
	(void)state;
	gives("{{ 1 + 2 * 3 }} {{ (1 + 2) * 3 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 1 ~ 2 + 3 }} "
	      "{{ 'a' ~ 'b' * 2 }}",
		"template line 1: can only concatenate str (not \"int\") to str");
	gives("{{ not 1 == 2 }} {{ 1 or 0 and 0 }} {{ 1 < 2 == true }} {{ 1 in [1] and 2 not in "
	      "[1] }}",
		"True 1 False True");
	gives("{{ 'a' | upper ~ 'b' }} {{ -1 | abs }} {{ 'x' is string and 1 is not none }}",
		"Ab 1 True");
	gives("{{ 1 if 0 else 2 if 0 else 3 }} {{ ('a' if false) is defined }}", "3 False");
}

static void literals_nest_and_may_end_in_a_comma(void **state)
{
	(void)state;
	gives("{{ [1, (2,), {'a': [3,],},] }} {{ () }} {{ (1) }} {{ 1, 2 }}",
		"[1, (2,), {'a': [3]}] () 1 (1, 2)");
	gives("{{ 'a' \"b\" 'c' }} {{ True }} {{ none }} {{ None }}", "abc True None None");
}

static void calls_take_every_kind_of_argument(void **state)
{
	(void)state;
	gives("{{ dict(*[[('a', 1)]], **{'b': 2}) }} {{ dict(c=3,) }}",
		"{'a': 1, 'b': 2} {'c': 3}");
	gives("{{ f(a=1, 2) }}",
		"template line 1, column 11: invalid syntax for function call expression");
	gives("{{ f(**a, b) }}",
		"template line 1, column 11: invalid syntax for function call expression");
	gives("{{ f(a b) }}", "template line 1, column 8: expected token ',', got 'b'");
}

static void subscripts_and_attributes_chain(void **state)
{
	(void)state;
	gives("{{ {'a': [{'b': 'xyz'}]}.a[0]['b'][1:].upper() }} {{ [[1, 2]].0.1 }} {{ {(1, 2): "
	      "3}[1, 2] }}",
		"YZ 2 3");
}

static void statements_close_with_their_word(void **state)
{
	(void)state;
	gives("a\n{% if x %}", "template line 2, column 11: the template ends before 'endif'");
	gives("{% for x in y %}{% else %}",
		"template line 1, column 27: the template ends before 'endfor'");
	gives("{% set x %}a", "template line 1, column 13: the template ends before 'endset'");
	gives("{% macro m() %}", "template line 1, column 16: the template ends before 'endmacro'");
	gives("{% endfor %}", "template line 1, column 4: Encountered unknown tag 'endfor'.");
	gives("{% else %}", "template line 1, column 4: Encountered unknown tag 'else'.");
	gives("{% frob %}", "template line 1, column 4: Encountered unknown tag 'frob'.");
	gives("{% 5 %}", "template line 1, column 4: tag name expected");
}

static void only_names_can_be_assigned(void **state)
{
	(void)state;
	gives("{% set 1 = 2 %}", "template line 1, column 10: can't assign to this expression");
	gives("{% for 'a' in b %}{% endfor %}",
		"template line 1, column 12: can't assign to this expression");
	gives("{% set a.b = 1 %}",
		"template line 1: cannot assign attribute on non-namespace object");
	gives("{% for loop in [] %}{% endfor %}", "template line 1, column 13: Can't assign to "
						  "special loop variable in for-loop target");
}

static void break_needs_a_loop_of_its_own_function(void **state)
{
	(void)state;
	gives("{% break %}", "template line 1, column 4: 'break' outside loop");
	gives("{% for x in [1] %}{% macro m() %}{% continue %}{% endmacro %}{% endfor %}",
		"template line 1, column 37: 'continue' outside loop");
}

static void faults_tell_line_and_column(void **state)
{
	(void)state;
	gives("äö{{ 1 + }}", "template line 1, column 10: unexpected 'end of print statement'");
	gives("\n\n  {{ (1] }}", "template line 3, column 8: unexpected ']', expected ')'");
	gives("{{ }}",
		"template line 1, column 4: Expected an expression, got 'end of print statement'");
	gives("{{ a. }}", "template line 1, column 7: expected name or number");
	gives("{{ a[ }}", "template line 1, column 7: unexpected '}', expected ']'");
	gives("{% if %}",
		"template line 1, column 7: Expected an expression, got 'end of statement block'");
	gives("{{ 1 2 }}", "template line 1, column 6: expected token 'end of print statement', "
			   "got 'integer'");
	gives("{% macro m(a=1, b) %}{% endmacro %}",
		"template line 1, column 18: non-default argument follows default argument");
}

static void other_templates_are_out_of_reach(void **state)
{
	(void)state;
	gives("{% include 'x' %}", "template line 1, column 4: 'include' is not possible here: a "
				   "chat template is one text");
	gives("{% extends 'x' %}", "template line 1, column 4: 'extends' is not possible here: a "
				   "chat template is one text");
	gives("{% import 'x' as y %}", "template line 1, column 4: 'import' is not possible here: "
				       "a chat template is one text");
	gives("{% from 'x' import y %}", "template line 1, column 4: 'from' is not possible here: "
					 "a chat template is one text");
}

static void an_unknown_filter_waits_inside_a_condition(void **state)
{
	(void)state;
	gives("{{ 'a' | nope }}", "template line 1, column 15: No filter named 'nope'.");
	gives("{{ 1 is nope }}", "template line 1, column 14: No test named 'nope'.");
	gives("{% if false %}{{ 1 | nope }}{% endif %}ok", "ok");
	gives("{{ 1 | nope if false else 2 }}", "2");
	gives("{% if true %}{{ 1 | nope }}{% endif %}",
		"template line 1: No filter named 'nope' found.");
	gives("{% if false %}{% for x in [] %}{{ x | nope }}{% endfor %}{% endif %}",
		"template line 1, column 44: No filter named 'nope'.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_bind_as_in_python),
		cmocka_unit_test(literals_nest_and_may_end_in_a_comma),
		cmocka_unit_test(calls_take_every_kind_of_argument),
		cmocka_unit_test(subscripts_and_attributes_chain),
		cmocka_unit_test(statements_close_with_their_word),
		cmocka_unit_test(only_names_can_be_assigned),
		cmocka_unit_test(break_needs_a_loop_of_its_own_function),
		cmocka_unit_test(faults_tell_line_and_column),
		cmocka_unit_test(other_templates_are_out_of_reach),
		cmocka_unit_test(an_unknown_filter_waits_inside_a_condition),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include "jinja_gives.h"

static void set_stays_in_its_scope(void **state)
{
	(void)state;
	gives("{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = 5 %}{{ x }}{% endfor %}{{ x "
	      "}}",
		"15151");
	gives("{% if true %}{% set x = 9 %}{% endif %}{{ x }}", "9");
	gives("{% set y %}{% set x = 1 %}{{ x }}{% endset %}{{ y }}{{ x is defined }}", "1False");
	gives("{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a is defined }}", "3False");
}

static void set_takes_apart(void **state)
{
	(void)state;
	gives("{% set a, (b, c) = 1, 'xy' %}{{ a }}{{ b }}{{ c }}", "1xy");
	gives("{% set a, b = [1] %}",
		"template line 1: not enough values to unpack (expected 2, got 1)");
	gives("{% set a, b = 'xyz' %}", "template line 1: too many values to unpack (expected 2)");
	gives("{% set a, b = 5 %}", "template line 1: cannot unpack non-iterable int object");
}

static void blocks_catch_what_is_printed(void **state)
{
	(void)state;
	gives("{% set x %}a{{ 1 }}{% endset %}[{{ x }}]", "[a1]");
	gives("{% set x | upper | replace('A', 'b') %}aX{% endset %}{{ x }}", "bX");
	gives("{% filter upper %}abc{% endfilter %}", "ABC");
	gives("{% generation %}a{% set q = 1 %}{% endgeneration %}{{ q is defined }}", "aFalse");
	gives("{% print 1, 'a' %}", "1a");
}

static void namespaces_carry_values_out_of_loops(void **state)
{
	(void)state;
	gives("{% set ns = namespace(n=0) %}{% for i in [1, 2] %}{% set ns.n = ns.n + i %}{% "
	      "endfor %}{{ ns.n }} {{ ns.x is defined }}",
		"3 False");
	gives("{% set d = {} %}{% set d.x = 1 %}",
		"template line 1: cannot assign attribute on non-namespace object");
}

static void if_takes_the_first_true_branch(void **state)
{
	(void)state;
	gives("{% if '' %}a{% elif [] %}b{% elif 0.5 %}c{% else %}d{% endif %}", "c");
	gives("{% if none or {} %}a{% endif %}b", "b");
}

static void the_line_of_a_fault_is_told(void **state)
{
	(void)state;
	gives("a\n{% if true %}\n{{ 1 + none }}\n{% endif %}",
		"template line 3: unsupported operand type(s) for +: 'int' and 'NoneType'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_stays_in_its_scope),
		cmocka_unit_test(set_takes_apart),
		cmocka_unit_test(blocks_catch_what_is_printed),
		cmocka_unit_test(namespaces_carry_values_out_of_loops),
		cmocka_unit_test(if_takes_the_first_true_branch),
		cmocka_unit_test(the_line_of_a_fault_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

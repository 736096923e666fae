#include "../unit.h"

#include "jinja_gives.h"

static void loops_have_their_variables(void **state)
{
	(void)state;
	gives("{% for x in 'abc' %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ "
	      "loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}",
		"1032TrueFalse3 2121FalseFalse3 3210FalseTrue3 ");
	gives("{% for x in 'ab' %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {{ "
	      "loop.cycle('x', 'y') }}{{ loop.changed(x) }} {% endfor %}",
		"<a>b xTrue a<b> yTrue ");
	gives("{% for x in [1] %}{{ loop }}{% endfor %}{{ loop is defined }}",
		"<LoopContext 1/1>False");
}

static void else_is_for_loops_without_a_whole_turn(void **state)
{
	(void)state;
	gives("{% for x in [] %}a{% else %}none{% endfor %}", "none");
	gives("{% for x in [1] %}a{% else %}none{% endfor %}", "a");
	gives("{% for x in [1] %}{% break %}{% else %}none{% endfor %}", "none");
}

static void a_filtered_loop_counts_what_is_left(void **state)
{
	(void)state;
	gives("{% for x in range(9) if x % 2 %}{{ x }}/{{ loop.length }} {% endfor %}",
		"1/4 3/4 5/4 7/4 ");
	gives("{% for a, b in [(1, 2), (3, 0)] if b %}{{ a }}{% endfor %}", "1");
}

static void break_and_continue(void **state)
{
	(void)state;
	gives("{% for x in range(9) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 4 %}{% "
	      "break %}{% endif %}{{ x }}{% endfor %}",
		"013");
	gives("{% for x in [1, 2] %}{% for y in [1, 2] %}{% if y == 2 %}{% break %}{% endif %}{{ x "
	      "}}{{ y }} {% endfor %}{% endfor %}",
		"11 21 ");
}

static void a_recursive_loop_calls_itself(void **state)
{
	(void)state;
	gives("{% for x in [1, [2, [3]]] recursive %}{% if x is iterable %}({{ loop(x) }}){% else "
	      "%}{{ x }}@{{ loop.depth }}{% endif %}{% endfor %}",
		"1@1(2@2(3@3))");
	gives("{% for x in [1] %}{{ loop([]) }}{% endfor %}",
		"template line 1: The loop must have the 'recursive' marker to be called "
		"recursively.");
}

static void every_kind_of_value_is_walked(void **state)
{
	(void)state;
	gives("{% for c in 'añ' %}{{ c }}.{% endfor %}{% for k in {'a': 1} %}{{ k }}{% endfor %}{% "
	      "for k, v in {'a': 1}.items() %}{{ k }}{{ v }}{% endfor %}{% for x in nope %}x{% "
	      "endfor %}{% for x in (1, 2) %}{{ x }}{% endfor %}",
		"a.ñ.aa112");
	gives("{% for x in 5 %}{% endfor %}", "template line 1: 'int' object is not iterable");
	gives("{% for x in none %}{% endfor %}",
		"template line 1: 'NoneType' object is not iterable");
	gives("{% set l = [1] %}{% for x in l %}{% if x < 3 %}{% set _ = l.append(x + 1) %}{% "
	      "endif %}{{ x }}{% endfor %}",
		"123");
	gives("{% set d = {'a': 1} %}{% for k in d %}{% set _ = d.update({k ~ 'x': 1}) %}{% endfor "
	      "%}",
		"template line 1: dictionary changed size during iteration");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loops_have_their_variables),
		cmocka_unit_test(else_is_for_loops_without_a_whole_turn),
		cmocka_unit_test(a_filtered_loop_counts_what_is_left),
		cmocka_unit_test(break_and_continue),
		cmocka_unit_test(a_recursive_loop_calls_itself),
		cmocka_unit_test(every_kind_of_value_is_walked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

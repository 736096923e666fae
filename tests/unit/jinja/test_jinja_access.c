#include "../unit.h"

#include "jinja_gives.h"

static void attributes_come_before_elements_and_the_other_way(void **state)
{
	(void)state;
	gives("{{ {'items': 1}.items is callable }} {{ {'items': 1}['items'] }} {{ {'a': 1}.a }} "
	      "{{ {'a': 1}['get'] is callable }} {{ 'abc'['upper']() }}",
		"True 1 1 True ABC");
}

static void what_is_not_there_is_undefined(void **state)
{
	(void)state;
	gives("{{ {}.x }}|{{ [1][5] }}|{{ [1]['x'] }}|{{ none.x }}|{{ 5.5.x }}|{{ 'a'[9] }}|{{ "
	      "{}[[1]] }}|{{ [1][1.5] }}",
		"|||||||");
	gives("{{ {}.x.y }}", "template line 1: 'dict object' has no attribute 'x'");
	gives("{{ [][3].x }}", "template line 1: list object has no element 3");
	gives("{{ none.a.b }}", "template line 1: 'None' has no attribute 'a'");
	gives("{{ nope.x }}", "template line 1: 'nope' is undefined");
	gives("{{ nope['x'] }}", "template line 1: 'nope' is undefined");
	gives("{{ {1: 2}[3].x }}", "template line 1: dict object has no element 3");
}

static void indexes_count_characters_and_from_the_end(void **state)
{
	(void)state;
	gives("{{ 'aé🙂z'[2] }}{{ 'aé🙂z'[-1] }}{{ [1, 2][-2] }}{{ [1, 2][true] }}{{ "
	      "range(5)[-1] }}",
		"🙂z124");
}

static void slices_cut_as_in_python(void **state)
{
	(void)state;
	gives("{{ 'aé🙂z'[1:3] }} {{ 'aé🙂z'[::-1] }} {{ 'abcdef'[4:0:-2] }} {{ 'abc'[5:] "
	      "}}|{{ 'abc'[-2:] }} {{ [1, 2, 3][:-1] }} {{ (1, 2, 3)[::2] }} {{ range(9)[2:8:3] }} "
	      "{{ [1, 2][none:1] }} {{ [1, 2, 3][-9:9] }}",
		"é🙂 z🙂éa ec |bc [1, 2] (1, 3) range(2, 8, 3) [1] [1, 2, 3]");
	gives("{{ [1][::0] }}", "template line 1: slice step cannot be zero");
	gives("{% set l = [1] %}{{ l['a':] }}", "template line 1: slice indices must be integers "
						"or None or have an __index__ method");
	gives("{% set d = {} %}{{ d[1:] }}", "template line 1: unhashable type: 'slice'");
	gives("{% set n = none %}{{ n[1:] }}",
		"template line 1: 'NoneType' object is not subscriptable");
	gives("{{ nope[1:] }}", "template line 1: 'nope' is undefined");
}

static void the_insides_of_python_are_not_shown(void **state)
{
	(void)state;
	gives("{{ ''.__class__ is defined }}{{ [].__len__ }}", "False");
	gives("{{ ''.__class__.__mro__ }}",
		"template line 1: access to attribute '__class__' of 'str' object is unsafe.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_come_before_elements_and_the_other_way),
		cmocka_unit_test(what_is_not_there_is_undefined),
		cmocka_unit_test(indexes_count_characters_and_from_the_end),
		cmocka_unit_test(slices_cut_as_in_python),
		cmocka_unit_test(the_insides_of_python_are_not_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

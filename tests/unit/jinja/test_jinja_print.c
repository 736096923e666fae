#include "../unit.h"

#include "jinja_gives.h"

static void values_print_as_in_python(void **state)
{
	(void)state;
	gives("{{ [1, 'a', \"it's\", none, true, 1.5, (1,), {'k': []}] }} {{ ('a\\n\\t\\\\',) }} "
	      "{{ range(3) }} {{ {1: 2}.items() }} {{ namespace(a=1) }}",
		"[1, 'a', \"it's\", None, True, 1.5, (1,), {'k': []}] ('a\\n\\t\\\\',) range(0, 3) "
		"dict_items([(1, 2)]) <Namespace {'a': 1}>");
	gives("{{ ['\\u200b\\x7fé🙂', 'it\\'s \"q\"'] }}",
		"['\\u200b\\x7fé🙂', 'it\\'s \"q\"']");
}

static void floats_print_the_shortest_way(void **state)
{
	(void)state;
	gives("{{ 1e16 }} {{ 1e15 }} {{ 0.1 + 0.2 }} {{ 1.0 }} {{ 1e-5 }} {{ 0.0001 }} {{ "
	      "123456789.125 }} {{ 5e-324 }} {{ 1e22 }} {{ -0.0 }} {{ 1.7976931348623157e308 }}",
		"1e+16 1000000000000000.0 0.30000000000000004 1.0 1e-05 0.0001 123456789.125 "
		"5e-324 1e+22 -0.0 1.7976931348623157e+308");
}

static void undefined_prints_nothing_but_in_a_list(void **state)
{
	(void)state;
	gives("[{{ nope }}] {{ [nope] }} {{ nope ~ 'x' }}", "[] [Undefined] x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_print_as_in_python),
		cmocka_unit_test(floats_print_the_shortest_way),
		cmocka_unit_test(undefined_prints_nothing_but_in_a_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

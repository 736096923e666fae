#include "../unit.h"

#include "jinja_gives.h"

static void range_counts_and_is_bounded(void **state)
{
	(void)state;
	gives("{{ range(3) | list }}{{ range(5, 0, -2) | list }}{{ range(0) | list }}",
		"[0, 1, 2][5, 3, 1][]");
	gives("{{ range(100001) }}", "template line 1: Range too big. The sandbox blocks ranges "
				     "larger than MAX_RANGE (100000).");
	gives("{{ range(1, 2, 0) }}", "template line 1: range() arg 3 must not be zero");
	gives("{{ range('a') }}",
		"template line 1: 'str' object cannot be interpreted as an integer");
	gives("{{ range() }}", "template line 1: range expected 1 to 3 arguments, got 0");
}

static void dict_takes_pairs_and_names(void **state)
{
	(void)state;
	gives("{{ dict([('a', 1)], b=2) }}{{ dict({'a': 1}) }}", "{'a': 1, 'b': 2}{'a': 1}");
	gives("{{ dict(['abc']) }}", "template line 1: dictionary update sequence element #0 has "
				     "length 3; 2 is required");
}

static void cycler_and_joiner_remember(void **state)
{
	(void)state;
	gives("{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ "
	      "c.current }}{% set j = joiner('|') %}{{ j() }}x{{ j() }}y",
		"ababx|y");
}

static void the_time_is_the_callers(void **state)
{
	(void)state;
	gives("{{ strftime_now('%d %b %Y %H:%M:%S') }}", "22 Nov 2026 13:05:09");
}

static void a_template_refuses_in_its_own_words(void **state)
{
	(void)state;
	gives("a\n{{ raise_exception('No ' ~ 5) }}", "template line 2: No 5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(range_counts_and_is_bounded),
		cmocka_unit_test(dict_takes_pairs_and_names),
		cmocka_unit_test(cycler_and_joiner_remember),
		cmocka_unit_test(the_time_is_the_callers),
		cmocka_unit_test(a_template_refuses_in_its_own_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include "jinja_gives.h"

static void what_is_no_text_becomes_one_first(void **state)
{
	(void)state;
	gives("{{ none | trim }}{{ 5 | upper }}{{ nope | lower }}{{ 'foo-bar (baz)' | title }}{{ "
	      "15 | replace(5, 'x') }}",
		"None5Foo-Bar (Baz)1x");
}

static void indent_leaves_the_first_and_empty_lines(void **state)
{
	(void)state;
	gives("{{ 'a\\nb\\n\\nc' | indent(2) }}|{{ 'a\\nb' | indent('> ', true) }}|{{ 'a\\n\\nb' | "
	      "indent(1, blank=true) }}",
		"a\n  b\n\n  c|> a\n> b|a\n \n b");
	gives("{{ none | indent }}",
		"template line 1: unsupported operand type(s) for +=: 'NoneType' and 'str'");
}

static void default_stands_for_what_is_undefined(void **state)
{
	(void)state;
	gives("{{ nope | default('x') }}{{ '' | d('y') }}{{ '' | d('z', true) }}{{ none | d(1) }}",
		"xzNone");
}

static void sequences_are_picked_from(void **state)
{
	(void)state;
	gives_with(
		"{{ users | selectattr('age', '>', 25) | map(attribute='name') | join(', ') }} {{ "
		"users | rejectattr('on', 'defined') | list | length }} {{ [1, 2, 3] | "
		"select('odd') | list }} {{ [0, 1, ''] | reject | list }} {{ users | map('attr', "
		"'name') | list }} {{ users | map(attribute='x', default='-') | join }}",
		"{\"users\": [{\"name\": \"Ann\", \"age\": 30, \"on\": true}, {\"name\": \"bob\", "
		"\"age\": 25}, {\"name\": \"Cid\", \"age\": 30}]}",
		"Ann, Cid 2 [1, 3] [0, ''] [Undefined, Undefined, Undefined] ---");
	gives("{{ [1] | select('nope') | list }}", "template line 1: No test named 'nope'.");
	gives("{{ 5 | map('upper') | list }}", "template line 1: 'int' object is not iterable");
}

static void sequences_are_ordered(void **state)
{
	(void)state;
	gives_with("{{ [3, 1, 2] | sort(reverse=true) }} {{ ['b', 'A', 'a'] | sort }} {{ users | "
		   "sort(attribute='age,name') | map(attribute='name') | list }} {{ {'B': 1, 'a': "
		   "2} | dictsort }} {{ {'x': 2, 'y': 1} | dictsort(by='value') }} {{ 'abc' | "
		   "reverse }} {{ [1, 2] | reverse | list }} {{ ['a', 'A', 'b'] | unique | list }}",
		"{\"users\": [{\"name\": \"Ann\", \"age\": 30, \"on\": true}, {\"name\": \"bob\", "
		"\"age\": 25}, {\"name\": \"Cid\", \"age\": 30}]}",
		"[3, 2, 1] ['A', 'a', 'b'] ['bob', 'Ann', 'Cid'] [('a', 2), ('B', 1)] [('y', 1), "
		"('x', 2)] cba [2, 1] ['a', 'b']");
	gives("{{ [1, 'a'] | sort }}",
		"template line 1: '<' not supported between instances of 'str' and 'int'");
}

static void sequences_are_grouped_and_cut(void **state)
{
	(void)state;
	gives_with("{% for g in users | groupby('age') %}{{ g.grouper }}={{ g.list | "
		   "map(attribute='name') | join('+') }} {% endfor %}{{ [1, 2, 3] | batch(2, 0) | "
		   "list }} {{ range(7) | slice(3) | list }}",
		"{\"users\": [{\"name\": \"Ann\", \"age\": 30, \"on\": true}, {\"name\": \"bob\", "
		"\"age\": 25}, {\"name\": \"Cid\", \"age\": 30}]}",
		"25=bob 30=Ann+Cid [[1, 2], [3, 0]] [[0, 1, 2], [3, 4], [5, 6]]");
}

static void sequences_are_summed_up(void **state)
{
	(void)state;
	gives("{{ [1, 2.5] | sum }} {{ [3, 1] | min }} {{ ['a', 'B'] | max }} {{ [] | first is "
	      "defined }} {{ 'abc' | last }} {{ [1, 2] | length }} {{ [[1], [2]] | sum(start=[]) "
	      "}}",
		"3.5 1 B False c 2 [1, 2]");
	gives("{{ 5 | length }}", "template line 1: object of type 'int' has no len()");
	gives("{{ ([] | max).x }}", "template line 1: No aggregated item, sequence was empty.");
}

static void numbers_are_read_and_rounded(void **state)
{
	(void)state;
	gives("{{ '42.9' | int }} {{ 'x' | int(7) }} {{ '0x1A' | int(0, 16) }} {{ '1e3' | float }} "
	      "{{ '0x10' | float }} {{ 2.5 | round }} {{ 2.675 | round(2) }} {{ 2.1 | round(0, "
	      "'ceil') }} {{ 1234 | round(-2) }} {{ -5 | abs }}",
		"42 7 26 1000.0 0.0 2.0 2.67 3.0 1200 5");
}

static void a_generator_is_read_once_and_only_as_far_as_needed(void **state)
{
	(void)state;
	gives("{% set g = [1, 2, 3] | map('string') %}{{ g | first }}{{ g | list }}{{ g | list }}",
		"1['2', '3'][]");
	gives("{{ [1, none] | map('abs') | first }}", "1");
}

static void safe_texts_escape_what_is_added(void **state)
{
	(void)state;
	gives("{{ ('<' | safe) + '<' }} {{ '<' + ('<' | safe) }} {{ ('<' | safe) ~ '<' }} {{ '<' | "
	      "e }} {{ ('%s' | safe) % '<' }} {{ ('<' | safe) | escape }} {{ ('<' | safe) | "
	      "forceescape }}",
		"<&lt; &lt;< << &lt; &lt; < &lt;");
}

static void items_of_dicts(void **state)
{
	(void)state;
	gives("{{ {'a': 1} | items | list }}{{ nope | items | list }}", "[('a', 1)][]");
	gives("{{ 5 | items | list }}", "template line 1: Can only get item pairs from a mapping.");
}

static void texts_are_shortened_and_encoded(void **state)
{
	(void)state;
	gives("{{ 'hello world foo' | truncate(8) }} {{ 'hello world foo' | truncate(8, true) }} "
	      "{{ 'a b c' | wordcount }} {{ 'a b/é' | urlencode }} {{ 'a' | center(5) }}|",
		"hello... hello... 3 a%20b/%C3%A9   a  |");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_text_becomes_one_first),
		cmocka_unit_test(indent_leaves_the_first_and_empty_lines),
		cmocka_unit_test(default_stands_for_what_is_undefined),
		cmocka_unit_test(sequences_are_picked_from),
		cmocka_unit_test(sequences_are_ordered),
		cmocka_unit_test(sequences_are_grouped_and_cut),
		cmocka_unit_test(sequences_are_summed_up),
		cmocka_unit_test(numbers_are_read_and_rounded),
		cmocka_unit_test(a_generator_is_read_once_and_only_as_far_as_needed),
		cmocka_unit_test(safe_texts_escape_what_is_added),
		cmocka_unit_test(items_of_dicts),
		cmocka_unit_test(texts_are_shortened_and_encoded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

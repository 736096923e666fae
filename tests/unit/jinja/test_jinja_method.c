#include "../unit.h"

#include "jinja_gives.h"

static void texts_are_cut_and_joined(void **state)
{
	(void)state;
	gives("{{ ' a,b,,c '.strip().split(',') }} {{ 'a b  c'.split() }} {{ 'a,b,c'.rsplit(',', "
	      "1) }} {{ 'a\\nb\\r\\nc'.splitlines() }} {{ ', '.join(['x', 'y']) }} {{ "
	      "'xxaxx'.strip('x') }} {{ 'a=b=c'.partition('=') }} {{ 'abc'.removeprefix('a') }}",
		"['a', 'b', '', 'c'] ['a', 'b', 'c'] ['a,b', 'c'] ['a', 'b', 'c'] x, y a ('a', "
		"'=', 'b=c') bc");
	gives("{{ 'a'.split('') }}", "template line 1: empty separator");
	gives("{{ ','.join([1]) }}",
		"template line 1: sequence item 0: expected str instance, int found");
}

static void texts_are_replaced_and_justified(void **state)
{
	(void)state;
	gives("{{ 'aXbX'.replace('X', '-', 1) }} {{ 'ab'.replace('', '.') }} {{ 'a'.center(4, '*') "
	      "}} {{ '-4'.zfill(4) }} {{ 'a\\tb'.expandtabs(4) }} {{ 'a'.ljust(3) }}|",
		"a-bX .a.b. *a** -004 a   b a  |");
}

static void texts_change_case(void **state)
{
	(void)state;
	gives("{{ 'straße ﬁ'.upper() }} {{ 'ΑΣ Σ'.lower() }} {{ \"they're\".title() }} {{ "
	      "'aBC'.capitalize() }} {{ 'aBC'.swapcase() }}",
		"STRASSE FI ας σ They'Re Abc Abc");
}

static void texts_answer_questions(void **state)
{
	(void)state;
	gives("{{ 'abc'.startswith(('x', 'a')) }} {{ 'abc'.endswith('b', 0, 2) }} {{ "
	      "'ünü'.find('ü', 1) }} {{ 'aXbX'.rfind('X') }} {{ 'aaa'.count('a') }} {{ "
	      "'12'.isdigit() }} {{ 'Ab'.istitle() }} {{ ''.isalpha() }} {{ 'é'.isalpha() }} {{ "
	      "'½'.isnumeric() }}",
		"True True 2 3 3 True True False True True");
	gives("{{ 'a'.index('x') }}", "template line 1: substring not found");
	gives("{{ 'a'.startswith(1) }}",
		"template line 1: startswith first arg must be str or a tuple of str, not int");
}

static void lists_change_in_place(void **state)
{
	(void)state;
	gives("{% set l = [3, 1] %}{{ l.append(2) }}{{ l.insert(0, 9) }}{{ l.extend('a') }}{{ "
	      "l.pop() }}{{ l.pop(0) }}{{ l.sort() }}{{ l }}{{ l.index(2) }}{{ l.remove(1) }}{{ "
	      "l.reverse() }}{{ l }}{{ l.count(3) }}{{ l.clear() }}{{ l }}",
		"NoneNoneNonea9None[1, 2, 3]1NoneNone[3, 2]1None[]");
	gives("{{ [].pop() }}", "template line 1: pop from empty list");
	gives("{{ [1].remove(2) }}", "template line 1: list.remove(x): x not in list");
}

static void dicts_change_in_place(void **state)
{
	(void)state;
	gives("{% set d = {'a': 1, 'b': 2} %}{{ d.get('x', 5) }}{{ d.pop('a') }}{{ d.update({'c': "
	      "3}, e=4) }}{{ d.setdefault('f', 6) }}{{ d.keys() | list }}{{ d.values() | list }}{{ "
	      "d.popitem() }}{{ d }}",
		"51None6['b', 'c', 'e', 'f'][2, 3, 4, 6]('f', 6){'b': 2, 'c': 3, 'e': 4}");
	gives("{{ {}.pop('x') }}", "template line 1: 'x'");
	gives("{{ {[1]: 2} }}", "template line 1: unhashable type: 'list'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_cut_and_joined),
		cmocka_unit_test(texts_are_replaced_and_justified),
		cmocka_unit_test(texts_change_case),
		cmocka_unit_test(texts_answer_questions),
		cmocka_unit_test(lists_change_in_place),
		cmocka_unit_test(dicts_change_in_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

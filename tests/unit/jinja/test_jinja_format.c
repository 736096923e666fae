#include "../unit.h"

#include "jinja_gives.h"

static void braces_take_values_by_place_and_name(void **state)
{
	(void)state;
	gives("{{ '{} {}'.format(1, 'a') }} {{ '{1}{0}{1}'.format('a', 'b') }} {{ "
	      "'{x}'.format(x=5) }} {{ '{{}}'.format() }} {{ '{0[a]}{1.b}'.format({'a': 1}, {'b': "
	      "2}) }} {{ '{!r}'.format('a') }}",
		"1 a bab 5 {} 12 'a'");
	gives("{{ '{}'.format() }}",
		"template line 1: Replacement index 0 out of range for positional args tuple");
	gives("{{ '{x}'.format(1) }}", "template line 1: 'x'");
	gives("{{ '{'.format(1) }}", "template line 1: Single '{' encountered in format string");
	gives("{{ '}'.format(1) }}", "template line 1: Single '}' encountered in format string");
	gives("{{ '{} {0}'.format(1) }}", "template line 1: cannot switch between manual field "
					  "specification and automatic field numbering");
}

static void specifications_write_numbers_and_texts(void **state)
{
	(void)state;
	gives("{{ '{:>5}|{:<5}|{:^5}|{:*^7}|{:05d}|{:+d}|{:x}|{:#b}|{:,}|{:_}'.format('a', 'b', "
	      "'c', 'd', 42, 5, 255, 5, 1234567, 1234567) }}",
		"    a|b    |  c  |***d***|00042|+5|ff|0b101|1,234,567|1_234_567");
	gives("{{ '{:.2f}|{:8.3f}|{:e}|{:g}|{:%}|{:.3}|{:.3}|{:10}|{:<05}'.format(3.14159, 2.5, "
	      "12345.678, 0.0001, 0.25, 1234.5, 'abcdef', 2.5, 3) }}",
		"3.14|   2.500|1.234568e+04|0.0001|25.000000%|1.23e+03|abc|       2.5|30000");
	gives("{{ '{:{}}'.format('a', 4) }}|", "a   |");
	gives("{{ '{:d}'.format('a') }}",
		"template line 1: Invalid format specifier for a value of type str");
	gives("{{ '{:s}'.format(5) }}",
		"template line 1: Invalid format specifier for a value of type float");
}

static void percent_takes_values_in_order(void **state)
{
	(void)state;
	gives("{{ '%s %d %5.2f %x %r %%' % ('a', 5, 3.14159, 255, 'b') }} {{ '%(a)s' % {'a': 1} }} "
	      "{{ '%5s|%-5s|%05d|%+d|%c|%.2s|%*d' % ('a', 'b', 42, 5, 65, 'abc', 3, 7) }}",
		"a 5  3.14 ff 'b' % 1     a|b    |00042|+5|A|ab|  7");
	gives("{{ '%s %s' % 'a' }}", "template line 1: not enough arguments for format string");
	gives("{{ '%s' % ('a', 'b') }}",
		"template line 1: not all arguments converted during string formatting");
	gives("{{ '%d' % 'a' }}", "template line 1: %d format: a real number is required, not str");
	gives("{{ '%z' % 1 }}", "template line 1: unsupported format character 'z'");
	gives("{{ '%(a)s' % 5 }}", "template line 1: format requires a mapping");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(braces_take_values_by_place_and_name),
		cmocka_unit_test(specifications_write_numbers_and_texts),
		cmocka_unit_test(percent_takes_values_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

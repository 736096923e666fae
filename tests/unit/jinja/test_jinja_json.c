#include "../unit.h"

#include "jinja_gives.h"

static void json_is_written_as_json_dumps_does(void **state)
{
	(void)state;
	gives_with("{{ x | tojson }}",
		"{\"x\": {\"a\": [1, 2.0, null, true, \"é\\\"\\\\\\n\342\200\250\\u0001\"], \"b\": "
		"{}, \"c\": []}}",
		"{\"a\": [1, 2.0, null, true, \"é\\\"\\\\\\n\342\200\250\\u0001\"], \"b\": {}, "
		"\"c\": []}");
	gives_with("{{ x | tojson(indent=2) }}", "{\"x\": {\"a\": [1, {\"b\": []}], \"c\": {}}}",
		"{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}");
	gives("{{ {'b': 1, 'a': [1, 2]} | tojson(separators=(',', ':'), sort_keys=true) }}",
		"{\"a\":[1,2],\"b\":1}");
	gives("{{ ['é🙂'] | tojson(ensure_ascii=true) }}", "[\"\\u00e9\\ud83d\\ude42\"]");
	gives("{{ {1: 2, none: 3, true: 4, 1.5: 5} | tojson }} {{ (1, 'a') | tojson }} {{ [1] | "
	      "tojson(indent='--') }}",
		"{\"1\": 4, \"null\": 3, \"1.5\": 5} [1, \"a\"] [\n--1\n]");
}

static void what_json_has_not_is_refused(void **state)
{
	(void)state;
	gives("{{ nope | tojson }}",
		"template line 1: Object of type Undefined is not JSON serializable");
	gives("{{ range(3) | tojson }}",
		"template line 1: Object of type range is not JSON serializable");
	gives("{{ [1] | map('string') | tojson }}",
		"template line 1: Object of type generator is not JSON serializable");
	gives("{{ {(1, 2): 3} | tojson }}",
		"template line 1: keys must be str, int, float, bool or None, not tuple");
	gives("{{ {'a': 1}.items() | tojson }}",
		"template line 1: Object of type dict_items is not JSON serializable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_written_as_json_dumps_does),
		cmocka_unit_test(what_json_has_not_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

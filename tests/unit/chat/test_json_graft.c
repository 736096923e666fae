#include "../unit.h"

#include "base/json.h"
#include "chat/json_graft.h"

static void grafts(const char *text, const char *to_text, const char *wanted)
{
	struct buf out;
	json_t *from = json_loads(text, JSON_DECODE_ANY, NULL),
	       *to = json_loads(to_text, JSON_DECODE_ANY, NULL);
	assert_true(from && to);
	buf_init(&out, 1 << 16);
	json_graft(str_z(text), from, to, &out);
	assert_string_equal(buf_z(&out), wanted);
	json_t *again = json_loads(buf_z(&out), JSON_DECODE_ANY, NULL);
	assert_true(json_equal(again, to));
	json_decref(again);
	json_decref(from);
	json_decref(to);
	buf_clear(&out);
}

static void an_equal_value_keeps_every_byte(void **state)
{
	(void)state;
	grafts(" { \"a\" : 1e2, \"b\":[ ] } ", "{\"a\":100.0,\"b\":[]}",
		" { \"a\" : 1e2, \"b\":[ ] } ");
}

static void only_what_differs_is_written_anew(void **state)
{
	(void)state;
	grafts("{ \"a\": \"\\u0041\\\"]\" , \"n\": \"5\",\"l\":[ 1, \"2\" ] }",
		"{\"a\":\"A\\\"]\",\"n\":5,\"l\":[1,2]}",
		"{ \"a\": \"\\u0041\\\"]\" , \"n\": 5,\"l\":[ 1, 2 ] }");
}

static void a_key_may_be_renamed(void **state)
{
	(void)state;
	grafts("{\"filePath\" : {\"x\": [1]}, \"b\": 2}", "{\"file_path\":{\"x\":[1]},\"b\":2}",
		"{\"file_path\" : {\"x\": [1]}, \"b\": 2}");
}

static void what_lost_a_member_is_written_anew(void **state)
{
	(void)state;
	grafts("{\"a\": 1, \"o\": { \"b\": null, \"c\": 2 }}", "{\"a\":1,\"o\":{\"c\":2}}",
		"{\"a\": 1, \"o\": { \"c\": 2 }}");
	grafts("{\"a\": null, \"b\" : null}", "{}", "{}");
	grafts("{\"a\": 1, \"b\": null, \"c\": null , \"d\":2}", "{\"a\":1,\"d\":2}",
		"{\"a\": 1 , \"d\":2}");
	grafts("{\"a\": 1, \"c\": 2}", "{\"c\":2}", "{\"c\":2}");
	grafts("{\"o\": { }}", "{\"o\":{\"c\":2}}", "{\"o\": {\"c\":2}}");
	grafts("[true]", "null", "null");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_equal_value_keeps_every_byte),
		cmocka_unit_test(only_what_differs_is_written_anew),
		cmocka_unit_test(a_key_may_be_renamed),
		cmocka_unit_test(what_lost_a_member_is_written_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

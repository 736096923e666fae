#include "../unit.h"

#include "chat/call_args.h"

static const char schema_text[] =
	"{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},"
	"\"count\":{\"type\":\"integer\"}},\"required\":[\"path\"],\"additionalProperties\":false}";

static void settles(
	const char *text, enum call_args_verdict verdict, const char *wanted, const char *words)
{
	struct call_args a;
	json_t *schema = json_loads(schema_text, 0, NULL);
	call_args_init(&a);
	call_args_settle(&a, str_z(text), schema);
	assert_string_equal(buf_z(&a.text), wanted);
	assert_string_equal(verdict == CALL_ARGS_RIGHT ? buf_z(&a.did) : buf_z(&a.why), words);
	assert_int_equal(a.verdict, verdict);
	call_args_clear(&a);
	json_decref(schema);
}

static void what_is_right_keeps_every_byte(void **state)
{
	(void)state;
	settles("{ \"path\":\"\\u0061\" }", CALL_ARGS_RIGHT, "{ \"path\":\"\\u0061\" }", "");
}

static void slips_are_mended_and_told(void **state)
{
	(void)state;
	settles("{'path': 'a', 'count': 2,}", CALL_ARGS_RIGHT, "{\"path\": \"a\", \"count\": 2}",
		"single quotes were made double; a comma before a closing "
		"bracket was left out");
	settles("\"{\\\"path\\\": \\\"a\\\"}\"", CALL_ARGS_RIGHT, "{\"path\": \"a\"}",
		"arguments written as a string were unpacked");
	settles("{\"path\": \"a\", \"count\": \"2\"}", CALL_ARGS_RIGHT,
		"{\"path\": \"a\", \"count\": 2}",
		"the argument count: a string was read as the value it spells");
}

static void what_stays_wrong_is_told_in_the_schemas_words(void **state)
{
	(void)state;
	settles("{\"path\": [], \"count\": \"2\"}", CALL_ARGS_WRONG, "{\"path\": [], \"count\": 2}",
		"the argument path should be a string, is an array");
	settles("", CALL_ARGS_WRONG, "{}", "the argument path is missing");
	settles("null", CALL_ARGS_WRONG, "{}", "the argument path is missing");
}

static void what_is_no_object_cannot_be_read(void **state)
{
	(void)state;
	settles("[1]", CALL_ARGS_UNREADABLE, "[1]",
		"the arguments are no JSON object: they are of another type");
	settles("{\"path\": \"a", CALL_ARGS_UNREADABLE, "{\"path\": \"a",
		"the arguments are no JSON object: it is cut off");
}

static void without_a_schema_any_object_will_do(void **state)
{
	(void)state;
	struct call_args a;
	call_args_init(&a);
	call_args_settle(&a, STR("{\"x\": [1,]}"), NULL);
	assert_int_equal(a.verdict, CALL_ARGS_RIGHT);
	assert_string_equal(buf_z(&a.text), "{\"x\": [1]}");
	call_args_clear(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right_keeps_every_byte),
		cmocka_unit_test(slips_are_mended_and_told),
		cmocka_unit_test(what_stays_wrong_is_told_in_the_schemas_words),
		cmocka_unit_test(what_is_no_object_cannot_be_read),
		cmocka_unit_test(without_a_schema_any_object_will_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

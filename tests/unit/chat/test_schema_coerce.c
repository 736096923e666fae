#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "chat/schema_check.h"
#include "chat/schema_coerce.h"

enum { SHOWN_BYTES = 2000 };

/* The value as it is after coercion, and what was done: "{"n":5} | the argument n: …". */
static const char *coerced(const char *schema_text, const char *value_text)
{
	static char shown[SHOWN_BYTES];
	json_t *schema = json_loads(schema_text, JSON_DECODE_ANY, NULL),
	       *value = json_loads(value_text, JSON_DECODE_ANY, NULL);
	struct buf did;
	assert_true(schema && value);
	buf_init(&did, SHOWN_BYTES);
	json_t *better = schema_coerce(NULL, schema, value, &did);
	char *text = json_dumps(better, JSON_COMPACT | JSON_ENCODE_ANY);
	snprintf(shown, sizeof shown, "%s%s%s", text, did.n ? " | " : "", buf_z(&did));
	assert_int_equal(did.n > 0, !json_equal(better, value));
	free(text);
	buf_clear(&did);
	json_decref(better);
	json_decref(value);
	json_decref(schema);
	return shown;
}

#define ONE(type) "{\"type\":\"object\",\"properties\":{\"x\":" type "}}"

static void what_fits_is_left_alone(void **state)
{
	(void)state;
	assert_string_equal(
		coerced(ONE("{\"type\":\"string\"}"), "{\"x\":\"5\"}"), "{\"x\":\"5\"}");
	assert_string_equal(coerced(ONE("{}"), "{\"x\":\"5\"}"), "{\"x\":\"5\"}");
	assert_string_equal(coerced(ONE("{\"type\":[\"string\",\"integer\"]}"), "{\"x\":\"5\"}"),
		"{\"x\":\"5\"}");
}

static void a_string_becomes_the_value_it_spells(void **state)
{
	(void)state;
	static const char did[] = " | the argument x: a string was read as the value it spells";
	static const char *const rows[][3] = {
		{ "{\"type\":\"integer\"}", "{\"x\":\"5\"}", "{\"x\":5}" },
		{ "{\"type\":\"integer\"}", "{\"x\":\" -7 \"}", "{\"x\":-7}" },
		{ "{\"type\":\"number\"}", "{\"x\":\"0.5\"}", "{\"x\":0.5}" },
		{ "{\"type\":\"boolean\"}", "{\"x\":\"true\"}", "{\"x\":true}" },
		{ "{\"type\":\"boolean\"}", "{\"x\":\"False\"}", "{\"x\":false}" },
		{ "{\"type\":[\"integer\",\"null\"]}", "{\"x\":\"null\"}", "{\"x\":null}" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char schema[200], wanted[SHOWN_BYTES];
		snprintf(schema, sizeof schema, ONE("%s"), rows[i][0]);
		snprintf(wanted, sizeof wanted, "%s%s", rows[i][2], did);
		assert_string_equal(coerced(schema, rows[i][1]), wanted);
	}
}

static void what_is_not_certain_is_left_wrong(void **state)
{
	(void)state;
	assert_string_equal(
		coerced(ONE("{\"type\":\"integer\"}"), "{\"x\":\"five\"}"), "{\"x\":\"five\"}");
	assert_string_equal(
		coerced(ONE("{\"type\":\"integer\"}"), "{\"x\":\"5.5\"}"), "{\"x\":\"5.5\"}");
	assert_string_equal(coerced(ONE("{\"type\":\"boolean\"}"), "{\"x\":1}"), "{\"x\":1}");
	assert_string_equal(coerced(ONE("{\"type\":\"integer\",\"maximum\":3}"), "{\"x\":\"5\"}"),
		"{\"x\":\"5\"}");
	assert_string_equal(
		coerced(ONE("{\"type\":\"string\"}"), "{\"x\":[\"a\"]}"), "{\"x\":[\"a\"]}");
}

static void a_number_becomes_text_where_only_text_will_do(void **state)
{
	(void)state;
	assert_string_equal(coerced(ONE("{\"type\":\"string\"}"), "{\"x\":5}"),
		"{\"x\":\"5\"} | the argument x: a value was written as a string");
	assert_string_equal(coerced(ONE("{\"type\":\"string\"}"), "{\"x\":true}"),
		"{\"x\":\"true\"} | the argument x: a value was written as a string");
}

static void json_in_a_string_is_unpacked(void **state)
{
	(void)state;
	assert_string_equal(coerced(ONE("{\"type\":\"object\",\"properties\":{\"n\":{\"type\":"
					"\"integer\"}}}"),
				    "{\"x\":\"{\\\"n\\\": \\\"5\\\"}\"}"),
		"{\"x\":{\"n\":5}} | the argument n: a string was read as the value it spells; "
		"the argument x: JSON written as a string was unpacked");
	assert_string_equal(coerced(ONE("{\"type\":\"array\"}"), "{\"x\":\"[1, 2]\"}"),
		"{\"x\":[1,2]} | the argument x: JSON written as a string was unpacked");
}

static void a_single_value_becomes_an_array_of_one(void **state)
{
	(void)state;
	static const char strings[] = ONE("{\"type\":\"array\",\"items\":{\"type\":\"string\"}}");
	assert_string_equal(coerced(strings, "{\"x\":\"a\"}"),
		"{\"x\":[\"a\"]} | the argument x: a single value became an array of one");
	assert_string_equal(
		coerced(strings, "{\"x\":null}"), "{} | the argument x: null was left out");
}

static void an_enum_is_met_in_any_case_if_one_is_meant(void **state)
{
	(void)state;
	assert_string_equal(
		coerced(ONE("{\"enum\":[\"celsius\",\"kelvin\"]}"), "{\"x\":\"Celsius\"}"),
		"{\"x\":\"celsius\"} | the argument x: its case was put right");
	assert_string_equal(coerced(ONE("{\"enum\":[\"A\",\"a \",\"a\"]}"), "{\"x\":\" A\"}"),
		"{\"x\":\" A\"}");
}

#define WRITE                                                                                      \
	"{\"type\":\"object\",\"properties\":{\"file_path\":{\"type\":\"string\"},"                \
	"\"content\":{\"type\":\"string\"}},\"required\":[\"file_path\",\"content\"]}"

static void a_key_is_renamed_where_only_one_can_be_meant(void **state)
{
	(void)state;
	assert_string_equal(coerced(WRITE, "{\"filePath\":\"a\",\"content\":\"b\"}"),
		"{\"file_path\":\"a\",\"content\":\"b\"} | the argument file_path: its name was "
		"put right");
	assert_string_equal(coerced(WRITE, "{\"file_path\":\"a\",\"text\":\"b\"}"),
		"{\"file_path\":\"a\",\"content\":\"b\"} | the argument content: its name was put "
		"right");
	assert_string_equal(coerced(WRITE, "{\"file_path\":\"a\",\"text\":5}"),
		"{\"file_path\":\"a\",\"text\":5}");
	assert_string_equal(coerced(WRITE, "{\"name\":\"a\",\"text\":\"b\"}"),
		"{\"name\":\"a\",\"text\":\"b\"}");
}

static void the_only_form_that_can_be_reached_is_taken(void **state)
{
	(void)state;
	assert_string_equal(coerced(ONE("{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"null\"}]}"),
				    "{\"x\":\"5\"}"),
		"{\"x\":5} | the argument x: it was brought into the form that it may have");
}

static void references_and_arrays_are_looked_into(void **state)
{
	(void)state;
	assert_string_equal(coerced("{\"properties\":{\"l\":{\"items\":{\"$ref\":\"#/$defs/n\"}}},"
				    "\"$defs\":{\"n\":{\"type\":\"integer\"}}}",
				    "{\"l\":[1,\"2\"]}"),
		"{\"l\":[1,2]} | the argument l: a string was read as the value it spells");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_left_alone),
		cmocka_unit_test(a_string_becomes_the_value_it_spells),
		cmocka_unit_test(what_is_not_certain_is_left_wrong),
		cmocka_unit_test(a_number_becomes_text_where_only_text_will_do),
		cmocka_unit_test(json_in_a_string_is_unpacked),
		cmocka_unit_test(a_single_value_becomes_an_array_of_one),
		cmocka_unit_test(an_enum_is_met_in_any_case_if_one_is_meant),
		cmocka_unit_test(a_key_is_renamed_where_only_one_can_be_meant),
		cmocka_unit_test(the_only_form_that_can_be_reached_is_taken),
		cmocka_unit_test(references_and_arrays_are_looked_into),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include <stdio.h>

#include "base/json.h"
#include "chat/schema_check.h"
#include "invent.h"
#include "validate.h"

static json_t *json(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	assert_non_null(value);
	return value;
}

/* The words for this value under this schema; empty if it fits. */
static const char *words(const char *schema_text, const char *value_text)
{
	static char shown[SCHEMA_CHECK_WHY_BYTES + 1];
	json_t *schema = json(schema_text), *value = json(value_text);
	struct buf why;
	buf_init(&why, SCHEMA_CHECK_WHY_BYTES);
	bool ok = schema_check(NULL, schema, value, &why);
	assert_int_equal(ok, why.n == 0);
	assert_int_equal(ok, schema_check(NULL, schema, value, NULL));
	snprintf(shown, sizeof shown, "%s", buf_z(&why));
	buf_clear(&why);
	json_decref(schema);
	json_decref(value);
	return shown;
}

#define PATH_AND_COUNT                                                                             \
	"{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},"                     \
	"\"count\":{\"type\":\"integer\",\"minimum\":1}},\"required\":[\"path\"],"                 \
	"\"additionalProperties\":false}"

static void what_fits_is_not_talked_about(void **state)
{
	(void)state;
	assert_string_equal(words(PATH_AND_COUNT, "{\"path\":\"a\"}"), "");
	assert_string_equal(words(PATH_AND_COUNT, "{\"path\":\"a\",\"count\":2.0}"), "");
	assert_true(schema_check(NULL, NULL, json_null(), NULL));
}

static void a_fault_names_the_argument_what_it_should_be_and_what_it_is(void **state)
{
	(void)state;
	assert_string_equal(words(PATH_AND_COUNT, "{}"), "the argument path is missing");
	assert_string_equal(words(PATH_AND_COUNT, "{\"path\":5}"),
		"the argument path should be a string, is the number 5");
	assert_string_equal(words(PATH_AND_COUNT, "{\"path\":\"a\",\"count\":\"five\"}"),
		"the argument count should be an integer, is the string \"five\"");
	assert_string_equal(words(PATH_AND_COUNT, "{\"path\":\"a\",\"count\":0}"),
		"the argument count should be at least 1, is the number 0");
	assert_string_equal(
		words(PATH_AND_COUNT, "{\"path\":\"a\",\"mode\":1}"), "it has no argument mode");
	assert_string_equal(
		words(PATH_AND_COUNT, "[]"), "the arguments should be an object, is an array");
	assert_string_equal(words(PATH_AND_COUNT, "{\"count\":null}"),
		"the argument path is missing; the argument count should be an integer, is null");
}

static void the_way_into_a_value_is_told(void **state)
{
	(void)state;
	assert_string_equal(
		words("{\"properties\":{\"files\":{\"items\":{\"required\":[\"path\"]}}}}",
			"{\"files\":[{\"path\":1},{}]}"),
		"the argument files[1].path is missing");
}

static void values_that_are_given_are_listed(void **state)
{
	(void)state;
	assert_string_equal(
		words("{\"properties\":{\"unit\":{\"enum\":[\"c\",\"f\"]}}}", "{\"unit\":\"k\"}"),
		"the argument unit should be one of \"c\", \"f\", is the string \"k\"");
	assert_string_equal(
		words("{\"const\":1}", "2"), "the arguments should be 1, is the number 2");
}

static void strings_arrays_and_objects_have_bounds(void **state)
{
	(void)state;
	assert_string_equal(words("{\"minLength\":3}", "\"äö\""),
		"the arguments should have at least 3 characters, is the string \"äö\"");
	assert_string_equal(words("{\"pattern\":\"^[a-z]+$\"}", "\"A\""),
		"the arguments should match ^[a-z]+$, is the string \"A\"");
	assert_string_equal(words("{\"pattern\":\"b\"}", "\"abc\""), "");
	assert_string_equal(words("{\"maxItems\":1}", "[1,2]"),
		"the arguments should have at most 1 items, is an array");
	assert_string_equal(words("{\"uniqueItems\":true}", "[1,1.0]"),
		"the arguments should not hold the same item twice");
	assert_string_equal(words("{\"minProperties\":1}", "{}"),
		"the arguments should have at least 1 members, is an object");
	assert_string_equal(words("{\"multipleOf\":0.1}", "0.3"), "");
}

static void of_several_forms_the_one_of_this_type_speaks(void **state)
{
	(void)state;
	const char *schema = "{\"properties\":{\"x\":{\"anyOf\":[{\"type\":\"string\"},"
			     "{\"type\":\"integer\",\"maximum\":3}]}}}";
	assert_string_equal(words(schema, "{\"x\":3}"), "");
	assert_string_equal(
		words(schema, "{\"x\":4}"), "the argument x should be at most 3, is the number 4");
	assert_string_equal(words(schema, "{\"x\":[]}"),
		"the argument x fits none of the forms that it may have, is an array");
	assert_string_equal(words("{\"not\":{\"type\":\"null\"}}", "null"),
		"the arguments is what it must not be, is null");
}

static void references_are_followed_and_circles_are_left(void **state)
{
	(void)state;
	const char *tree = "{\"$ref\":\"#/$defs/n\",\"$defs\":{\"n\":{\"type\":\"object\","
			   "\"properties\":{\"next\":{\"$ref\":\"#/$defs/n\"}}}}}";
	assert_string_equal(words(tree, "{\"next\":{\"next\":{}}}"), "");
	assert_string_equal(words(tree, "{\"next\":{\"next\":1}}"),
		"the argument next.next should be an object, is the number 1");
	assert_string_equal(words("{\"$ref\":\"#\"}", "1"), "");
	assert_string_equal(words("{\"allOf\":[{\"$ref\":\"#\"}]}", "1"), "");
	assert_string_equal(words("{\"$ref\":\"#/nowhere\"}", "1"), "");
}

static void what_cannot_be_judged_is_never_wrong(void **state)
{
	(void)state;
	assert_string_equal(words("{\"pattern\":\"(?=a)b\"}", "\"x\""), "");
	assert_string_equal(words("{\"format\":\"date\",\"type\":\"mystery\"}", "\"x\""), "");
	assert_string_equal(words("{\"type\":7,\"enum\":3,\"required\":\"a\"}", "{}"), "");
}

static void only_the_first_faults_are_told(void **state)
{
	(void)state;
	assert_string_equal(words("{\"items\":{\"type\":\"null\"}}", "[1,2,3,4,5,6]"),
		"the argument [0] should be a null, is the number 1; "
		"the argument [1] should be a null, is the number 2; "
		"the argument [2] should be a null, is the number 3; "
		"the argument [3] should be a null, is the number 4; and 2 more");
}

static void a_signature_says_what_may_be_left_out(void **state)
{
	(void)state;
	struct buf out;
	json_t *schema = json(PATH_AND_COUNT);
	buf_init(&out, 1000);
	schema_signature(schema, &out);
	assert_string_equal(buf_z(&out), "path (string), count (integer, may be left out)");
	json_decref(schema);
	buf_clear(&out);
}

/* Against the tests' own validator, which shares nothing with it. */
static void judges_as_the_yardstick_does(void **state)
{
	(void)state;
	enum { SCHEMAS = 300, VALUES_EACH = 15, VALUE_DEPTH = 6 };
	size_t fitting = 0, refused = 0;
	for (uint64_t seed = 1; seed <= SCHEMAS; seed++) {
		struct walk_random r = { seed, NULL };
		json_t *schema = invent_schema(&r);
		for (int i = 0; i < VALUES_EACH; i++) {
			json_t *value = invent_value(&r, schema, schema, VALUE_DEPTH);
			bool is_valid = validate(schema, schema, value);
			fitting += is_valid;
			refused += !is_valid;
			bool is_taken = schema_check(NULL, schema, value, NULL);
			assert_int_equal(is_taken, is_valid);
			json_decref(value);
		}
		json_decref(schema);
	}
	assert_true(fitting > SCHEMAS * VALUES_EACH / 8);
	assert_true(refused > SCHEMAS * VALUES_EACH / 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_not_talked_about),
		cmocka_unit_test(a_fault_names_the_argument_what_it_should_be_and_what_it_is),
		cmocka_unit_test(the_way_into_a_value_is_told),
		cmocka_unit_test(values_that_are_given_are_listed),
		cmocka_unit_test(strings_arrays_and_objects_have_bounds),
		cmocka_unit_test(of_several_forms_the_one_of_this_type_speaks),
		cmocka_unit_test(references_are_followed_and_circles_are_left),
		cmocka_unit_test(what_cannot_be_judged_is_never_wrong),
		cmocka_unit_test(only_the_first_faults_are_told),
		cmocka_unit_test(judges_as_the_yardstick_does),
		cmocka_unit_test(a_signature_says_what_may_be_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include "base/limits.h"
#include "chat/template_schema.h"

static const struct {
	const char *schema, *plain;
} cases[] = {
	{ "{}", "{\"type\":\"object\",\"description\":\"\",\"properties\":{},\"required\":[]}" },
	{ "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"description\":\"A\"}},"
	  "\"required\":[\"a\"]}",
		"{\"type\":\"object\",\"description\":\"\",\"properties\":{\"a\":{\"type\":"
		"\"string\","
		"\"description\":\"A\"}},\"required\":[\"a\"]}" },
	{ "{\"properties\":{\"a\":{\"type\":[\"null\",\"integer\"]}}}",
		"{\"type\":\"object\",\"description\":\"\",\"properties\":{\"a\":{\"type\":"
		"\"integer\","
		"\"description\":\"\"}},\"required\":[]}" },
	{ "{\"properties\":{\"a\":{\"anyOf\":[{\"type\":\"null\"},{\"items\":{\"enum\":[1]}}]}}}",
		"{\"type\":\"object\",\"description\":\"\",\"properties\":{\"a\":{\"type\":"
		"\"array\","
		"\"description\":\"\",\"items\":{\"type\":\"string\",\"description\":\"\",\"enum\":"
		"[1]}"
		"}},\"required\":[]}" },
	{ "true", "{\"type\":\"object\",\"description\":\"\",\"properties\":{},\"required\":[]}" },
};

static void a_plain_schema_has_a_type_and_a_description_everywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *schema = js_parse(str_z(cases[i].schema), LAYER_CLIENT, NULL);
		json_t *should = js_parse(str_z(cases[i].plain), LAYER_CLIENT, NULL);
		json_t *plain = template_plain_schema(schema);
		assert_non_null(should);
		assert_true(json_equal(plain, should));
		json_decref(plain);
		json_decref(should);
		json_decref(schema);
	}
}

static void the_schema_itself_stays_as_it_was(void **state)
{
	(void)state;
	const char text[] = "{\"properties\":{\"a\":{\"oneOf\":[{\"type\":\"number\"}]}}}";
	json_t *schema = js_parse(str_z(text), LAYER_CLIENT, NULL), *kept = json_deep_copy(schema);
	json_decref(template_plain_schema(schema));
	assert_true(json_equal(schema, kept));
	json_decref(kept);
	json_decref(schema);
}

/* Properties in properties, far deeper than the limit: it ends. */
static void depth_is_bounded(void **state)
{
	(void)state;
	enum { DEPTH = 200 };
	json_t *schema = json_object();
	for (int i = 0; i < DEPTH; i++)
		schema = json_pack("{s:{s:o}}", "properties", "p", schema);
	json_t *plain = template_plain_schema(schema);
	const json_t *at = plain;
	int depth = 0;
	for (; json_object_get(at, "type"); depth++)
		at = json_object_get(json_object_get(at, "properties"), "p");
	assert_in_range(depth, LIMIT_PLAIN_SCHEMA_DEPTH - 1, LIMIT_PLAIN_SCHEMA_DEPTH + 1);
	json_decref(plain);
	json_decref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_schema_has_a_type_and_a_description_everywhere),
		cmocka_unit_test(the_schema_itself_stays_as_it_was),
		cmocka_unit_test(depth_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

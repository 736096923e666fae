#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "chat/schema.h"
#include "walk.h"

enum { TEXTS_MAX = 14 };

static const struct schema_options free_options = {
	.order = SCHEMA_ANY_ORDER, .spacing = SCHEMA_SPACES_FREE, .unsaid = SCHEMA_UNSAID_OPEN
};
static const struct schema_options own_options = {
	.order = SCHEMA_OWN_ORDER, .spacing = SCHEMA_SPACES_COMMON, .unsaid = SCHEMA_UNSAID_CLOSED
};

/* A sealed schema over one document and the guide of its root. */
struct fixture {
	json_t *document;
	struct schema *schema;
	struct schema_grammar grammar;
	struct guide guide;
};

static struct fixture *fixture_new(const char *text, const struct schema_options *options)
{
	struct err e = { 0 };
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	f->document = js_parse(str_z(text), LAYER_CLIENT, &e);
	if (!f->document)
		print_error("%s: %s\n", text, e.what);
	assert_non_null(f->document);
	f->schema = schema_new(options);
	f->grammar.root = schema_add(f->schema, f->document, STR("tool"), SCHEMA_TOP_ANY);
	f->grammar.schema = f->schema;
	schema_seal(f->schema);
	f->guide = schema_guide(&f->grammar);
	return f;
}

static void fixture_free(struct fixture *f)
{
	schema_free(f->schema);
	json_decref(f->document);
	free(f);
}

struct example {
	const char *schema;
	const char *taken[TEXTS_MAX];
	const char *refused[TEXTS_MAX];
	bool is_relaxed; /* at least one note */
};

static void check_examples(
	const struct example *examples, size_t n, const struct schema_options *options)
{
	for (size_t i = 0; i < n; i++) {
		const struct example *x = &examples[i];
		struct fixture *f = fixture_new(x->schema, options);
		const struct schema_note *notes;
		size_t n_notes = schema_notes(f->schema, &notes);
		if ((n_notes > 0) != x->is_relaxed)
			print_error("%s: %zu notes, first %s\n", x->schema, n_notes,
				n_notes ? notes[0].keyword : "-");
		assert_int_equal(n_notes > 0, x->is_relaxed);
		for (size_t k = 0; k < TEXTS_MAX && x->taken[k]; k++) {
			bool is_taken = walk_takes(&f->guide, str_z(x->taken[k]));
			if (!is_taken)
				print_error("%s should take %s, stops after %zu bytes\n", x->schema,
					x->taken[k], walk_prefix(&f->guide, str_z(x->taken[k])));
			assert_true(is_taken);
		}
		for (size_t k = 0; k < TEXTS_MAX && x->refused[k]; k++) {
			bool is_taken = walk_takes(&f->guide, str_z(x->refused[k]));
			if (is_taken)
				print_error("%s should refuse %s\n", x->schema, x->refused[k]);
			assert_false(is_taken);
		}
		fixture_free(f);
	}
}

#define CHECK(examples, options)                                                                   \
	check_examples(examples, sizeof examples / sizeof *examples, options)

static void scalars_are_held_to_their_types(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{ "{\"type\":\"boolean\"}", { "true", "false" }, { "null", "0", "tru", "True" },
			0 },
		{ "{\"type\":\"null\"}", { "null" }, { "nul", "true" }, 0 },
		{ "{\"type\":[\"string\",\"null\"]}", { "\"a\"", "null", "\"\"" }, { "1", "" }, 0 },
		{ "{\"type\":\"integer\"}", { "0", "-1", "9223372036854775807", "12" },
			{ "1.5", "01", "-0", "1e3", "9223372036854775808", "-", "" }, 0 },
		{ "{\"type\":\"number\"}", { "0", "-1.5", "1e10", "1.25E-3", "123456789012345678" },
			{ ".5", "1.", "1e", "1e400", "+1", "0x1", "--1" }, 0 },
		{ "{\"type\":\"string\",\"nullable\":true}", { "null", "\"\"" }, { "1" }, 0 },
		{ "{\"type\":\"STRING\"}", { "\"a\"" }, { "1" }, 0 },
		{ "true", { "1", "[]", "{\"a\":[null]}", "\"x\"" }, { "", "x", "{a:1}" }, 0 },
		{ "{}", { "1", "[1,[2]]" }, { "[1" }, 0 },
	};
	CHECK(examples, &free_options);
}

static void strings_are_valid_json_and_utf8(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{ "{\"type\":\"string\"}",
			{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u00e9\\ud83d\\ude00\"",
				"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", "\"\x7f\"" },
			{ "\"\n\"", "\"\\x\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83d\\u0041\"",
				"\"\xc3\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"",
				"\"\xf4\x90\x80\x80\"", "\"\\u0000\"", "\"\x01\"", "\"abc" },
			0 },
		{ "{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}",
			{ "\"ab\"", "\"\xc3\xa9\xc3\xa9\xc3\xa9\"", "\"\\u00e9\\n\"",
				"\"\\ud83d\\ude00a\"" },
			{ "\"a\"", "\"abcd\"", "\"\\ud83d\\ude00\"" }, 0 },
		{ "{\"type\":\"string\",\"maxLength\":0}", { "\"\"" }, { "\"a\"" }, 0 },
	};
	CHECK(examples, &free_options);
}

static void numbers_stay_in_range(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{ "{\"type\":\"integer\",\"minimum\":-12,\"maximum\":105}",
			{ "-12", "-9", "0", "9", "10", "99", "100", "105" },
			{ "-13", "-20", "106", "200", "1000", "-100", "-0" }, 0 },
		{ "{\"type\":\"integer\",\"exclusiveMinimum\":0,\"exclusiveMaximum\":3}",
			{ "1", "2" }, { "0", "3", "-1" }, 0 },
		{ "{\"type\":\"integer\",\"minimum\":0.5,\"maximum\":2.5}", { "1", "2" },
			{ "0", "3" }, 0 },
		{ "{\"type\":\"number\",\"minimum\":0.25,\"maximum\":1}",
			{ "0.25", "0.5", "1", "1.0", "0.250001" },
			{ "0.2", "0.24999", "1.01", "0", "2", "-0.5" }, 0 },
		{ "{\"type\":\"number\",\"exclusiveMinimum\":-1.5,\"maximum\":0}",
			{ "-1.4", "0", "-0.001", "-1" }, { "-1.5", "-1.51", "0.1", "-0", "-2" },
			0 },
		{ "{\"type\":\"integer\",\"minimum\":3,\"exclusiveMinimum\":true}", { "4" },
			{ "3" }, 0 },
		{ "{\"type\":\"number\",\"multipleOf\":1}", { "4" }, { "4.5" }, 0 },
		{ "{\"type\":\"number\",\"multipleOf\":0.5}", { "4", "0.5", "-1.50", "0" },
			{ "0.3", "4.25", "\"a\"" }, 0 },
		{ "{\"allOf\":[{\"type\":\"integer\",\"multipleOf\":4},{\"multipleOf\":6}],"
		  "\"maximum\":40}",
			{ "0", "12", "36", "-24" }, { "4", "6", "48" }, 0 },
		{ "{\"enum\":[1,2,3,4],\"multipleOf\":2}", { "2", "4" }, { "1", "3" }, 0 },
		{ "{\"type\":\"integer\",\"minimum\":9223372036854775807}",
			{ "9223372036854775807" }, { "9223372036854775806" }, 0 },
	};
	CHECK(examples, &free_options);
}

static void enum_and_const_leave_only_their_values(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{ "{\"enum\":[\"ab\",\"abc\",1,1.5,true,null,\"a\\\"b\",\"\\n\"]}",
			{ "\"ab\"", "\"abc\"", "1", "1.5", "true", "null", "\"a\\\"b\"",
				"\"\\n\"" },
			{ "\"a\"", "2", "false", "\"abcd\"", "1." }, 0 },
		{ "{\"const\":{\"a\":[1,{\"b\":null}]}}", { "{\"a\":[1,{\"b\":null}]}" },
			{ "{}", "{\"a\":[1]}", "{\"a\":[1,{\"b\":null}],\"c\":1}",
				"{\"a\":[1,{\"b\":null},2]}" },
			0 },
		{ "{\"type\":\"string\",\"enum\":[\"x\",5]}", { "\"x\"" }, { "5" }, 0 },
		{ "{\"enum\":[1,2,3],\"minimum\":2}", { "2", "3" }, { "1" }, 0 },
		{ "{\"enum\":[\"a\",\"bb\"],\"pattern\":\"^b\"}", { "\"bb\"" }, { "\"a\"" }, 0 },
		{ "{\"allOf\":[{\"enum\":[1,2]},{\"enum\":[2,3]}]}", { "2" }, { "1", "3" }, 0 },
	};
	CHECK(examples, &free_options);
}

static void objects_have_their_keys_once_in_any_order(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{ "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"ab\":{"
		  "\"type\":"
		  "\"integer\"},\"c\":{\"type\":\"string\"}},\"required\":[\"a\",\"c\"],"
		  "\"additionalProperties\":false}",
			{ "{\"a\":1,\"c\":\"x\"}", "{\"c\":\"x\",\"a\":1}",
				"{\"ab\":2,\"c\":\"x\",\"a\":1}",
				"{ \"a\" : 1 ,\n\t\"c\" : \"x\" }" },
			{ "{\"a\":1}", "{\"a\":1,\"c\":\"x\",\"a\":2}", "{}", "{\"d\":1}",
				"{\"a\":1,\"c\":\"x\",}", "{,\"a\":1,\"c\":\"\"}", "{\"a\" 1}",
				"{\"ab\":2,\"a\":1}" },
			0 },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},"
		  "\"additionalProperties\":{\"type\":\"boolean\"}}",
			{ "{}", "{\"a\":1}", "{\"b\":true,\"a\":1}", "{\"aa\":true}",
				"{\"\":true}" },
			{ "{\"a\":true}", "{\"b\":1}", "{\"b\":true,\"b\":true}",
				"{\"b\":true,\"\\u0062\":true}" },
			0 },
		{ "{\"type\":\"object\",\"required\":[\"z\"]}",
			{ "{\"z\":1}", "{\"y\":0,\"z\":1}" }, { "{}", "{\"y\":0}" }, 0 },
		{ "{\"type\":\"object\",\"minProperties\":1,\"maxProperties\":2,\"properties\":{"
		  "\"a\":"
		  "{}},\"required\":[\"a\"]}",
			{ "{\"a\":1}", "{\"b\":1,\"a\":1}" },
			{ "{}", "{\"b\":1}", "{\"b\":1,\"c\":1}", "{\"a\":1,\"b\":1,\"c\":1}" },
			0 },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{},\"b\":{}},"
		  "\"additionalProperties\":"
		  "false,\"minProperties\":2}",
			{ "{\"b\":1,\"a\":1}", "{\"a\":1,\"b\":1}" }, { "{\"a\":1}", "{}" }, 0 },
		{ "{\"type\":\"object\",\"propertyNames\":{\"enum\":[\"x\",\"y\"]},"
		  "\"additionalProperties\":{\"type\":\"integer\"}}",
			{ "{}", "{\"y\":1,\"x\":2}" }, { "{\"z\":1}", "{\"x\":1,\"x\":1}" }, 0 },
		{ "{\"type\":\"object\",\"patternProperties\":{\"^x[0-9]$\":{\"type\":\"integer\"}}"
		  ","
		  "\"additionalProperties\":false}",
			{ "{}", "{\"x1\":1,\"x2\":2}" },
			{ "{\"y\":1}", "{\"x1\":\"a\"}", "{\"x\":1}" }, 0 },
		{ "{\"type\":\"object\",\"properties\":{\"k\\\"\\n\xc3\xa4\":{\"const\":1}},"
		  "\"additionalProperties\":false}",
			{ "{\"k\\\"\\n\xc3\xa4\":1}" }, { "{\"k\":1}" }, 0 },
		{ "{\"type\":\"object\",\"properties\":{\"a\":false,\"b\":{}},"
		  "\"additionalProperties\":"
		  "false}",
			{ "{}", "{\"b\":1}" }, { "{\"a\":1}" }, 0 },
	};
	CHECK(examples, &free_options);
}

static void own_order_and_common_spacing_leave_no_choice(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{ "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},\"mode\":{"
		  "\"type\":\"integer\"},\"text\":{\"type\":\"string\"}},\"required\":[\"path\","
		  "\"text\"]}",
			{ "{\"path\": \"x\", \"text\": \"\"}",
				"{\"path\": \"x\", \"mode\": 1, \"text\": \"\"}" },
			{ "{\"text\": \"\", \"path\": \"x\"}", "{\"path\":\"x\", \"text\": \"\"}",
				"{\"path\": \"x\",\"text\": \"\"}",
				"{ \"path\": \"x\", \"text\": \"\"}",
				"{\"path\": \"x\", \"text\": \"\" }",
				"{\"path\": \"x\", \"text\": \"\", \"mode\": 1}",
				"{\"path\": \"x\", \"text\": \"\", \"other\": 1}" },
			0 },
		{ "{\"type\":\"object\",\"properties\":{}}", { "{}" }, { "{\"a\": 1}" }, 0 },
		{ "{\"type\":\"object\"}", { "{}", "{\"a\": 1}" }, { "[]" }, 0 },
		{ "{\"type\":\"array\"}", { "[]", "[1, 2]", "[{\"a\": 1}, []]" },
			{ "[1,2]", "[ 1]", "[1 ]" }, 0 },
	};
	CHECK(examples, &own_options);
	struct fixture *f = fixture_new(examples[0].schema, &own_options);
	struct buf out;
	buf_init(&out, 100000);
	assert_str(walk_forced(&f->guide, STR(""), &out), "{\"path\": \"");
	assert_str(walk_forced(&f->guide, STR("{\"path\": \"x\""), &out), ", \"");
	assert_str(walk_forced(&f->guide, STR("{\"path\": \"x\", \"t"), &out), "ext\": \"");
	assert_str(walk_forced(&f->guide, STR("{\"path\": \"x\", \"mode\": 1"), &out), "");
	assert_str(walk_forced(&f->guide, STR("{\"path\": \"x\", \"text\": \"\""), &out), "}");
	buf_clear(&out);
	fixture_free(f);
}

static void arrays_keep_their_lengths_and_items(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{ "{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"minItems\":1,"
		  "\"maxItems\":"
		  "2}",
			{ "[1]", "[1,2]", "[ 1 , 2 ]" }, { "[]", "[1,2,3]", "[\"a\"]", "[1,]" },
			0 },
		{ "{\"type\":\"array\",\"prefixItems\":[{\"type\":\"integer\"},{\"type\":"
		  "\"string\"}],"
		  "\"items\":false,\"minItems\":2}",
			{ "[1,\"a\"]" }, { "[1]", "[1,\"a\",2]", "[\"a\",1]" }, 0 },
		{ "{\"type\":\"array\",\"items\":[{\"type\":\"integer\"}],\"additionalItems\":{"
		  "\"type\":\"null\"}}",
			{ "[]", "[1]", "[1,null,null]" }, { "[null]", "[1,2]" }, 0 },
		{ "{\"type\":\"array\",\"maxItems\":0}", { "[]" }, { "[1]" }, 0 },
		{ "{\"type\":\"array\",\"items\":false}", { "[]" }, { "[1]" }, 0 },
		{ "{\"type\":\"array\",\"uniqueItems\":true}", { "[1,1]" }, { "{}" }, 1 },
	};
	CHECK(examples, &free_options);
}

static void alternatives_are_followed_until_decided(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{ "{\"anyOf\":[{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"a\"},"
		  "\"x\":"
		  "{\"type\":\"integer\"}},\"required\":[\"kind\",\"x\"],\"additionalProperties\":"
		  "false},{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"b\"},\"y\":{"
		  "\"type\":\"string\"}},\"required\":[\"kind\",\"y\"],\"additionalProperties\":"
		  "false}"
		  "]}",
			{ "{\"kind\":\"a\",\"x\":1}", "{\"x\":1,\"kind\":\"a\"}",
				"{\"kind\":\"b\",\"y\":\"\"}" },
			{ "{\"kind\":\"a\",\"y\":\"\"}", "{\"x\":1,\"kind\":\"b\"}",
				"{\"x\":1,\"y\":\"\"}", "{\"kind\":\"c\"}" },
			0 },
		{ "{\"anyOf\":[{\"type\":\"array\",\"items\":{\"type\":\"integer\"}},{\"type\":"
		  "\"array\",\"items\":{\"type\":\"string\"}},{\"type\":\"string\"}]}",
			{ "[]", "[1,2]", "[\"a\",\"b\"]", "\"x\"" }, { "[1,\"a\"]", "1" }, 0 },
		{ "{\"anyOf\":[{\"type\":\"integer\",\"maximum\":5},{\"type\":\"number\","
		  "\"minimum\":"
		  "7.5}]}",
			{ "5", "7.5", "8", "80" }, { "6", "7", "7.4", "5.5" }, 0 },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{"
		  "\"type\":"
		  "\"integer\"}},\"additionalProperties\":false,\"anyOf\":[{\"required\":[\"a\"]},{"
		  "\"required\":[\"b\"]}]}",
			{ "{\"a\":1}", "{\"b\":1}", "{\"b\":1,\"a\":1}" }, { "{}", "{\"c\":1}" },
			0 },
		{ "{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}", { "1", "\"a\"" },
			{ "null" }, 0 },
		{ "{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"number\"}]}", { "1", "1.5" },
			{ "null" }, 1 },
		{ "{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},"
		  "\"required\":[\"a\"]},{\"properties\":{\"a\":{\"minimum\":3},\"b\":{\"type\":"
		  "\"null\"}},\"required\":[\"b\"]}]}",
			{ "{\"a\":3,\"b\":null}", "{\"b\":null,\"a\":4,\"c\":1}" },
			{ "{\"a\":2,\"b\":null}", "{\"a\":3}" }, 0 },
	};
	CHECK(examples, &free_options);
}

static void references_and_recursion_are_followed(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{ "{\"$ref\":\"#/$defs/"
		  "tree\",\"$defs\":{\"tree\":{\"type\":\"object\",\"properties\":"
		  "{\"v\":{\"type\":\"integer\"},\"kids\":{\"type\":\"array\",\"items\":{\"$ref\":"
		  "\"#/$defs/tree\"}}},\"required\":[\"v\"],\"additionalProperties\":false}}}",
			{ "{\"v\":1}", "{\"v\":1,\"kids\":[{\"v\":2,\"kids\":[]},{\"v\":3}]}" },
			{ "{\"v\":1,\"kids\":[{}]}", "{\"kids\":[]}" }, 0 },
		{ "{\"type\":\"object\",\"properties\":{\"next\":{\"anyOf\":[{\"$ref\":\"#\"},{"
		  "\"type\":\"null\"}]}},\"required\":[\"next\"],\"additionalProperties\":false}",
			{ "{\"next\":null}", "{\"next\":{\"next\":null}}" },
			{ "{}", "{\"next\":1}" }, 0 },
		{ "{\"$ref\":\"#/definitions/a~1b%25\",\"definitions\":{\"a/b%\":{\"const\":1}}}",
			{ "1" }, { "2" }, 0 },
		{ "{\"$ref\":\"#here\",\"$defs\":{\"x\":{\"$anchor\":\"here\",\"const\":1}}}",
			{ "1" }, { "2" }, 0 },
		{ "{\"$ref\":\"http://elsewhere/x\"}", { "1", "{}" }, { "x" }, 1 },
		{ "{\"$ref\":\"#/nowhere\"}", { "1" }, { "x" }, 1 },
		{ "{\"$ref\":\"#\"}", { "1" }, { "x" }, 0 },
		/* Without an end there is no value: any is taken, and that is noted. */
		{ "{\"type\":\"object\",\"properties\":{\"self\":{\"$ref\":\"#\"}},\"required\":["
		  "\"self\"]}",
			{ "{}", "1" }, { "x" }, 1 },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"object\",\"properties\":{"
		  "\"b\":{\"$ref\":\"#/properties/a\"}},\"required\":[\"b\"]}},"
		  "\"additionalProperties\":false}",
			{ "{}" }, { "{\"a\":{}}", "{\"a\":1}" }, 0 },
	};
	CHECK(examples, &free_options);
}

static void patterns_and_formats_are_enforced(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{ "{\"type\":\"string\",\"pattern\":\"^[a-z]+-\\\\d{2,3}$\"}",
			{ "\"ab-12\"", "\"z-123\"" }, { "\"ab-1\"", "\"-12\"", "\"ab-1234\"" }, 0 },
		{ "{\"type\":\"string\",\"pattern\":\"b\"}", { "\"abc\"", "\"b\"", "\"\\nb\\\"\"" },
			{ "\"ac\"", "\"\"" }, 0 },
		{ "{\"type\":\"string\",\"pattern\":\"^a+$\",\"minLength\":2,\"maxLength\":3}",
			{ "\"aa\"", "\"aaa\"" }, { "\"a\"", "\"aaaa\"" }, 0 },
		{ "{\"type\":\"string\",\"format\":\"date\"}",
			{ "\"2024-02-29\"", "\"1999-12-31\"", "\"2000-02-29\"" },
			{ "\"2023-02-29\"", "\"1900-02-29\"", "\"2024-04-31\"", "\"2024-13-01\"" },
			0 },
		{ "{\"type\":\"string\",\"format\":\"date-time\"}",
			{ "\"2024-02-29T23:59:59Z\"", "\"2024-01-01T00:00:00.123+02:00\"" },
			{ "\"2024-01-01\"", "\"2024-01-01T24:00:00Z\"" }, 0 },
		{ "{\"type\":\"string\",\"format\":\"uuid\"}",
			{ "\"123e4567-e89b-12d3-a456-426614174000\"" }, { "\"123e4567\"" }, 0 },
		{ "{\"type\":\"string\",\"format\":\"email\"}", { "\"a.b+c@example.org\"" },
			{ "\"a\"", "\"@b\"", "\"a@\"", "\"a..b@c\"" }, 0 },
		{ "{\"type\":\"string\",\"format\":\"ipv4\"}", { "\"255.0.10.1\"" },
			{ "\"256.0.0.1\"", "\"1.2.3\"" }, 0 },
		{ "{\"type\":\"string\",\"format\":\"ipv6\"}",
			{ "\"::1\"", "\"fe80::1:2\"", "\"1:2:3:4:5:6:7:8\"", "\"::ffff:1.2.3.4\"",
				"\"::\"" },
			{ "\"1::2::3\"", "\"12345::\"", "\"1:2:3\"" }, 0 },
		{ "{\"type\":\"string\",\"format\":\"uri\"}", { "\"https://a.b/c?d=e#f\"" },
			{ "\"no scheme\"", "\"\"" }, 0 },
		{ "{\"type\":\"string\",\"format\":\"mood\"}", { "\"any\"" }, { "1" }, 1 },
		{ "{\"type\":\"string\",\"pattern\":\"(?=a)b\"}", { "\"any\"" }, { "1" }, 1 },
		{ "{\"type\":\"string\",\"pattern\":\"(\"}", { "\"any\"" }, { "1" }, 1 },
		{ "{\"type\":\"string\",\"pattern\":\"^\\\\u00e9|[\xc3\xa0-\xe2\x82\xac]x$\"}",
			{ "\"\xc3\xa9 more\"", "\"say \xe1\x80\x80x\"" }, { "\"e\"" }, 0 },
	};
	CHECK(examples, &free_options);
}

static void what_is_not_enforced_is_noted_with_its_path(void **state)
{
	(void)state;
	struct fixture *f = fixture_new("{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
					"\"string\",\"pattern\":\"\\\\bx\"},\"b\":{\"not\":{}}}}",
		&free_options);
	const struct schema_note *notes;
	assert_int_equal(schema_notes(f->schema, &notes), 2);
	assert_str(notes[0].root, "tool");
	assert_str(notes[0].path, "#/properties/a/pattern");
	assert_string_equal(notes[0].keyword, "pattern");
	assert_string_equal(notes[0].why, "word borders are not taken");
	assert_str(notes[1].path, "#/properties/b");
	assert_string_equal(notes[1].keyword, "not");
	fixture_free(f);
}

static void arguments_are_always_an_object(void **state)
{
	(void)state;
	struct schema *s = schema_new(&own_options);
	json_t *number = json_pack("{s:s}", "type", "number");
	struct schema_grammar absent = { s, schema_add(s, NULL, STR("a"), SCHEMA_TOP_OBJECT) };
	struct schema_grammar wrong = { s, schema_add(s, number, STR("b"), SCHEMA_TOP_OBJECT) };
	schema_seal(s);
	struct guide g = schema_guide(&absent), h = schema_guide(&wrong);
	assert_true(walk_takes(&g, STR("{}")));
	assert_false(walk_takes(&g, STR("[]")));
	assert_true(walk_takes(&h, STR("{\"x\": 1}")));
	assert_false(walk_takes(&h, STR("1")));
	const struct schema_note *notes;
	assert_int_equal(schema_notes(s, &notes), 1);
	assert_str(notes[0].root, "b");
	schema_free(s);
	json_decref(number);
}

static void nesting_and_blanks_come_to_an_end(void **state)
{
	(void)state;
	struct fixture *f = fixture_new("true", &free_options);
	struct buf deep;
	buf_init(&deep, 10000);
	buf_add_fill(&deep, '[', 1000);
	size_t depth = walk_prefix(&f->guide, buf_str(&deep));
	assert_in_range(depth, 64, LIMIT_JSON_DEPTH);
	buf_truncate(&deep, depth);
	buf_add_fill(&deep, ']', depth);
	assert_true(walk_takes(&f->guide, buf_str(&deep)));
	buf_reset(&deep);
	buf_add_char(&deep, '[');
	buf_add_fill(&deep, ' ', 1000);
	assert_int_equal(walk_prefix(&f->guide, buf_str(&deep)), 1 + LIMIT_SCHEMA_BLANKS);
	buf_clear(&deep);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_are_held_to_their_types),
		cmocka_unit_test(strings_are_valid_json_and_utf8),
		cmocka_unit_test(numbers_stay_in_range),
		cmocka_unit_test(enum_and_const_leave_only_their_values),
		cmocka_unit_test(objects_have_their_keys_once_in_any_order),
		cmocka_unit_test(own_order_and_common_spacing_leave_no_choice),
		cmocka_unit_test(arrays_keep_their_lengths_and_items),
		cmocka_unit_test(alternatives_are_followed_until_decided),
		cmocka_unit_test(references_and_recursion_are_followed),
		cmocka_unit_test(patterns_and_formats_are_enforced),
		cmocka_unit_test(what_is_not_enforced_is_noted_with_its_path),
		cmocka_unit_test(arguments_are_always_an_object),
		cmocka_unit_test(nesting_and_blanks_come_to_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

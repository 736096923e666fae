#include "../unit.h"

#include <string.h>

#include "base/json_int.h"
#include "base/limits.h"

static void a_wrong_type_names_its_path(void **state)
{
	(void)state;
	struct err e = { 0 };
	json_t *doc = js_parse(
		STR("{\"messages\":[{\"role\":\"user\"},{\"content\":5}]}"), LAYER_WIRE, &e);
	assert_non_null(doc);
	struct js_at root = js_root(doc, LAYER_CLIENT), messages = js_key(&root, "messages");
	struct js_at second = js_item(&messages, 1), content = js_key(&second, "content"),
		     role = js_key(&second, "role");
	struct str text = STR("before");
	assert_false(js_get_str(&content, &text, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_CLIENT);
	assert_string_equal(e.what, "messages[1].content: should be a string, is a number");
	assert_str(text, "before");
	err_clear(&e);
	assert_true(js_opt_str(&role, &text, &e));
	assert_str(text, "before");
	assert_false(js_get_str(&role, &text, &e));
	assert_string_equal(e.what, "messages[1].role: should be a string, is missing");
	json_decref(doc);
}

static void hostile_documents_are_refused(void **state)
{
	(void)state;
	struct buf deep;
	buf_init(&deep, 100000);
	buf_add_fill(&deep, '[', LIMIT_JSON_DEPTH + 1);
	buf_add_fill(&deep, ']', LIMIT_JSON_DEPTH + 1);
	const struct str bad[] = { buf_str(&deep), STR(""), STR("{\"a\":1,\"a\":2}"),
		STR("{\"a\":"), STR("\"\xff\""), STR("[1] x"), STR("\"\\u0000\"") };
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct err e = { 0 };
		assert_null(js_parse(bad[i], LAYER_WIRE, &e));
		assert_err(e, ERR_BAD_DATA, LAYER_WIRE);
	}
	buf_clear(&deep);
}

static void messages_may_hold_any_character(void **state)
{
	(void)state;
	struct err e = { 0 };
	json_t *value = js_parse_message(STR("\"a\\u0000b\""), LAYER_CLIENT, &e);
	assert_true(str_eq(js_text(value), str_n("a\0b", 3)));
	struct buf out;
	buf_init(&out, 100);
	assert_true(js_write(value, &out));
	assert_string_equal(buf_z(&out), "\"a\\u0000b\"");
	buf_clear(&out);
	json_decref(value);
	assert_null(js_parse_message(STR("{\"a\\u0000b\":1}"), LAYER_CLIENT, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_CLIENT);
}

static void slips_of_programs_are_read_as_they_were_meant(void **state)
{
	(void)state;
	static const struct {
		const char *text, *as, *mended;
	} cases[] = {
		{ "[\"a\\ud83d\"]", "[\"a\xef\xbf\xbd\"]", "half of a character" },
		{ "[\"\\udE00b\"]",
			"[\"\xef\xbf\xbd"
			"b\"]",
			"half of a character" },
		{ "[\"\\ud83d\\ud83d\\ude00\"]", "[\"\xef\xbf\xbd\xf0\x9f\x98\x80\"]",
			"half of a character" },
		{ "{\"\\ud83d\":\"\\\\ud83d\"}", "{\"\xef\xbf\xbd\":\"\\\\ud83d\"}",
			"half of a character" },
		{ "{\"maximum\":18446744073709552000}", "{\"maximum\":1.8446744073709552e19}",
			"a whole number of more than 64 bits" },
		{ "[-18446744073709551615,1,-1.5e3]", "[-1.8446744073709552e19,1,-1500.0]",
			"a whole number of more than 64 bits" },
		{ "\xef\xbb\xbf{\"a\":1}", "{\"a\":1}", "a byte order mark" },
		{ "[\"18446744073709552000\", 1.25, \"\\ud83d\\ude00\"]",
			"[\"18446744073709552000\",1.25,\"\xf0\x9f\x98\x80\"]", NULL },
	};
	struct buf out;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err e = { 0 };
		const char *mended;
		json_t *value = js_parse_mended(str_z(cases[i].text), LAYER_CLIENT, &mended, &e);
		assert_non_null(value);
		assert_false(err_is_set(&e));
		buf_reset(&out);
		assert_true(js_write(value, &out));
		assert_string_equal(buf_z(&out), cases[i].as);
		json_decref(value);
		if (cases[i].mended)
			assert_string_equal(mended, cases[i].mended);
		else
			assert_null(mended);
	}
	buf_clear(&out);
}

static void what_was_meant_otherwise_stays_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "[\"\\ud8\"]", "[\"\\uZZZZ\"]", "[NaN]", "[1e999]",
		"[01]", "[\"\\ud83d]", "[1 2]", "{\"a\":1,\"a\":2}", "{\"a\":\"\\ud83d\",}", "-",
		"\xef\xbb\xbf", "[\"\xed\xa0\x80\"]", "[18446744073709552000" };
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct err e = { 0 };
		const char *mended;
		assert_null(js_parse_mended(str_z(bad[i]), LAYER_CLIENT, &mended, &e));
		assert_err(e, ERR_BAD_DATA, LAYER_CLIENT);
		assert_null(mended);
	}
	struct err e = { 0 };
	assert_null(js_parse(str_n("\xff\xfe{\0}\0", 6), LAYER_CLIENT, &e));
	assert_non_null(strstr(e.mend, "UTF-16"));
	err_clear(&e);
	assert_null(js_parse(str_n("{\0}\0", 4), LAYER_CLIENT, &e));
	assert_non_null(strstr(e.mend, "UTF-16"));
}

static void writing_gives_back_what_was_read(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct str text = STR("{\"b\":[1,2.5,null,true],\"a\":\"\xc3\xa4\\n\"}");
	json_t *doc = js_parse(text, LAYER_WIRE, &e);
	struct buf out;
	buf_init(&out, 1000);
	assert_true(js_write(doc, &out));
	assert_true(str_eq(buf_str(&out), text));
	buf_clear(&out);
	buf_init(&out, 3);
	assert_false(js_write(doc, &out));
	buf_clear(&out);
	json_decref(doc);
}

static void invalid_text_is_mended_into_a_string(void **state)
{
	(void)state;
	json_t *text = js_new_text(STR("a\xff"));
	assert_str(js_text(text), "a\xef\xbf\xbd");
	json_decref(text);
}

static void a_quoted_string_reads_back(void **state)
{
	(void)state;
	const struct str texts[] = { STR(""), STR("plain"), STR("a\"b\\c\n\r\t\x01\x1f/"),
		STR("\xc3\xa4\xf0\x9f\x98\x80") };
	struct buf out;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct err e = { 0 };
		buf_reset(&out);
		assert_true(js_quote(texts[i], &out));
		json_t *value = js_parse(buf_str(&out), LAYER_WIRE, &e);
		assert_true(str_eq(js_text(value), texts[i]));
		json_decref(value);
	}
	buf_reset(&out);
	assert_true(js_quote(STR("a\xff"), &out));
	assert_str(buf_str(&out), "\"a\xef\xbf\xbd\"");
	buf_clear(&out);
	buf_init(&out, 4);
	assert_false(js_quote(STR("four"), &out));
	buf_clear(&out);
}

/* Whatever stands at whatever place of a word of the machine. */
static void every_byte_is_quoted_at_every_place(void **state)
{
	(void)state;
	char text[20];
	struct buf out;
	struct err e = { 0 };
	buf_init(&out, 1000);
	for (int c = 1; c < 0x80; c++)
		for (size_t at = 0; at < sizeof text; at++) {
			memset(text, 'x', sizeof text);
			text[at] = (char)c;
			buf_reset(&out);
			assert_true(js_quote(str_n(text, sizeof text), &out));
			json_t *back = js_parse(buf_str(&out), LAYER_NONE, &e);
			assert_true(str_eq(js_text(back), str_n(text, sizeof text)));
			json_decref(back);
		}
	buf_clear(&out);
}

static void members_are_written_one_after_the_other(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, 1000);
	buf_add_char(&out, '{');
	js_member_text(&out, "a", STR("\"x\""));
	js_member_i64(&out, "b", -7);
	js_member_double(&out, "c", 0.5);
	js_member(&out, "d");
	buf_add_char(&out, '[');
	for (int i = 0; i < 2; i++) {
		js_next(&out);
		buf_add(&out, STR("{}"));
	}
	buf_add_char(&out, ']');
	js_member_bool(&out, "e", true);
	buf_add_char(&out, '}');
	assert_str(
		buf_str(&out), "{\"a\":\"\\\"x\\\"\",\"b\":-7,\"c\":0.5,\"d\":[{},{}],\"e\":true}");
	buf_clear(&out);
}

/* Both readers of one text: what the quick one reads is what jansson reads. */
static void is_read_alike(struct str text, bool is_plain)
{
	json_t *slow = json_loadb(
		text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &(json_error_t){ 0 });
	json_t *quick = js_read_plain(text);
	if (quick)
		assert_true(slow && json_equal(quick, slow));
	assert_int_equal(quick != NULL, is_plain);
	json_decref(quick);
	json_decref(slow);
}

static void usual_texts_are_read_without_jansson(void **state)
{
	(void)state;
	static const char *const plain[] = { "{}", " [ ] ", "0", "-0", "-12", "1.5e-3", "1E5",
		"true", "null", "\"\"", "\"a\\n\\\"\\/b\"", "\"\xc3\xa4\"",
		"{\"a\":[1,{\"b\":false}],\"c\":\"d\"}\n" };
	static const char *const unusual[] = { "", " ", "{\"a\":1,\"a\":2}", "[1,]", "{\"a\"}",
		"01", "1.", "-", "1e", "truex", "[1 2]", "\"\n\"", "\"\\x\"", "\"\\u00e4\"",
		"\"\xff\"", "12345678901234567890", "1e999", "{\"a\\n\":1}", "{\"\":1}", "[1]]",
		"\"open", "\"open\\" };
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		is_read_alike(str_z(plain[i]), true);
	for (size_t i = 0; i < sizeof unusual / sizeof unusual[0]; i++)
		is_read_alike(str_z(unusual[i]), false);
}

static void every_character_is_escaped_at_every_length(void **state)
{
	(void)state;
	struct buf text, out;
	buf_init(&text, 4000);
	buf_init(&out, 40000);
	for (size_t i = 0; i < 1300; i++) {
		char c = (char)(i % 7 ? i % 128 : '"');
		if (i % 11)
			buf_add_char(&text, c);
		else
			buf_add(&text, STR("\xc3\xa4"));
		buf_reset(&out);
		assert_true(js_quote(buf_str(&text), &out));
		struct err e = { 0 };
		json_t *read = js_parse_message(buf_str(&out), LAYER_WIRE, &e);
		assert_non_null(read);
		assert_true(str_eq(js_text(read), buf_str(&text)));
		json_decref(read);
	}
	out.max = out.n - 1;
	buf_reset(&out);
	assert_false(js_quote(buf_str(&text), &out));
	buf_clear(&text);
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual_texts_are_read_without_jansson),
		cmocka_unit_test(a_wrong_type_names_its_path),
		cmocka_unit_test(hostile_documents_are_refused),
		cmocka_unit_test(messages_may_hold_any_character),
		cmocka_unit_test(slips_of_programs_are_read_as_they_were_meant),
		cmocka_unit_test(what_was_meant_otherwise_stays_refused),
		cmocka_unit_test(writing_gives_back_what_was_read),
		cmocka_unit_test(a_quoted_string_reads_back),
		cmocka_unit_test(every_byte_is_quoted_at_every_place),
		cmocka_unit_test(members_are_written_one_after_the_other),
		cmocka_unit_test(invalid_text_is_mended_into_a_string),
		cmocka_unit_test(every_character_is_escaped_at_every_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "chat/json_mend.h"
#include "invent.h"

/* Everything the machine gives; false if it refuses or is not done at the end. */
static bool mend(struct str text, struct buf *out, unsigned *mended)
{
	struct json_mend m;
	const char *why = NULL;
	json_mend_init(&m);
	buf_reset(out);
	bool ok = true;
	for (size_t i = 0; i < text.n && ok; i++) {
		ok = json_mend_feed(&m, text.p[i], out, &why);
		assert_int_equal(utf8_whole(buf_str(out)), out->n);
	}
	assert_true(ok || why);
	*mended = m.mended;
	return ok && json_mend_is_done(&m);
}

static void what_is_valid_passes_as_it_came(void **state)
{
	(void)state;
	static const char *const valid[] = {
		"{}",
		"{ }",
		"{\"a\" : [ ] , \"b\":\t{\"c\":null}\n}",
		"{\"a\":[1,-0,0.5,-12.75e+3,1E-2,true,false,null,\"\"]}",
		"{\"\\u00e9\\n\\\"\\\\\\/"
		"\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\\ud83d\\ude00\"}",
	};
	struct buf out;
	unsigned mended;
	buf_init(&out, 100000);
	for (size_t i = 0; i < sizeof valid / sizeof *valid; i++) {
		assert_true(mend(str_z(valid[i]), &out, &mended));
		assert_string_equal(buf_z(&out), valid[i]);
		assert_int_equal(mended, 0);
	}
	for (uint64_t seed = 1; seed < 300; seed++) {
		struct walk_random r = { seed, NULL };
		json_t *document = invent_schema(&r);
		struct buf text;
		buf_init(&text, 1 << 20);
		js_write_pretty(document, &text);
		assert_true(mend(buf_str(&text), &out, &mended));
		assert_true(str_eq(buf_str(&out), buf_str(&text)));
		assert_int_equal(mended, 0);
		buf_clear(&text);
		json_decref(document);
	}
	buf_clear(&out);
}

static void what_models_do_wrong_is_mended_and_told(void **state)
{
	(void)state;
	static const struct {
		const char *said, *mended;
		unsigned kinds;
	} rows[] = {
		{ "{\"a\":\"x\ny\tz\x01\"}", "{\"a\":\"x\\ny\\tz\\u0001\"}",
			1u << JSON_MEND_CONTROL },
		{ "{\"a\":\"\\d+\\.\"}", "{\"a\":\"\\\\d+\\\\.\"}", 1u << JSON_MEND_ESCAPE },
		{ "{\"a\":\"\\u12x\"}", "{\"a\":\"\\\\u12x\"}", 1u << JSON_MEND_ESCAPE },
		{ "{\"a\":\"\\ud83dx\"}", "{\"a\":\"\xef\xbf\xbdx\"}", 1u << JSON_MEND_UNICODE },
		{ "{\"a\":\"\\ude00\"}", "{\"a\":\"\xef\xbf\xbd\"}", 1u << JSON_MEND_UNICODE },
		{ "{\"a\":\"\\ud83d\\n\"}", "{\"a\":\"\xef\xbf\xbd\\n\"}",
			1u << JSON_MEND_UNICODE },
		{ "{\"a\":\"\\ud83d\\u0041\"}", "{\"a\":\"\xef\xbf\xbd\\u0041\"}",
			1u << JSON_MEND_UNICODE },
		{ "{\"a\":\"\\u0000\"}", "{\"a\":\"\xef\xbf\xbd\"}", 1u << JSON_MEND_UNICODE },
		{ "{\"a\":\"\xff\xc3x\"}", "{\"a\":\"\xef\xbf\xbd\xef\xbf\xbdx\"}",
			1u << JSON_MEND_UNICODE },
		{ "{'a': 'it\\'s \"b\"'}", "{\"a\": \"it's \\\"b\\\"\"}",
			1u << JSON_MEND_QUOTES | 1u << JSON_MEND_ESCAPE },
		{ "{\"a\":[True,False,None]}", "{\"a\":[true,false,null]}", 1u << JSON_MEND_WORD },
		{ "{\"a\":[1, ],\"b\":2,\n}", "{\"a\":[1],\"b\":2}", 1u << JSON_MEND_COMMA },
	};
	struct buf out;
	unsigned mended;
	buf_init(&out, 100000);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(mend(str_z(rows[i].said), &out, &mended));
		assert_string_equal(buf_z(&out), rows[i].mended);
		assert_int_equal(mended, rows[i].kinds);
		json_t *value = js_parse(buf_str(&out), LAYER_PARSE, NULL);
		assert_non_null(value);
		json_decref(value);
	}
	buf_clear(&out);
}

static void nothing_is_invented(void **state)
{
	(void)state;
	static const char *const broken[] = { "[]", "{\"a\"}", "{\"a\":}", "{\"a\" 1}",
		"{\"a\":1 2}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":-}", "{\"a\":tru}",
		"{\"a\":nothing}", "{a:1}", "{\"a\":[1}", "{,}", "{\"a\":1,,\"b\":2}", "{\"a\":\"x",
		"{\"a\":1" };
	struct buf out;
	unsigned mended;
	buf_init(&out, 100000);
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
		assert_false(mend(str_z(broken[i]), &out, &mended));
	struct buf deep;
	buf_init(&deep, 10000);
	buf_add_z(&deep, "{\"a\":");
	buf_add_fill(&deep, '[', 2 * LIMIT_JSON_DEPTH);
	assert_false(mend(buf_str(&deep), &out, &mended));
	buf_clear(&deep);
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_valid_passes_as_it_came),
		cmocka_unit_test(what_models_do_wrong_is_mended_and_told),
		cmocka_unit_test(nothing_is_invented),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include "base/json.h"
#include "chat/mold.h"

#define CHUNK(text)                                                                                \
	"{\"id\":\"1\",\"choices\":[{\"delta\":{\"content\": \"" text "\"},\"index\":0}]}"

static struct mold mold;

static int set_up(void **state)
{
	(void)state;
	mold_init(&mold);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mold_clear(&mold);
	return 0;
}

static void learn(const char *document, const char *text)
{
	mold_learn(&mold, str_z(document), "\"content\"", str_z(text));
}

static bool fits(const char *document)
{
	struct str text;
	return mold_fits(&mold, str_z(document), &text);
}

static void expect(const char *document, const char *wanted)
{
	struct str text = { 0 };
	assert_true(mold_fits(&mold, str_z(document), &text));
	assert_true(str_eq(text, str_z(wanted)));
}

static void another_text_in_the_same_document_is_read(void **state)
{
	(void)state;
	assert_false(fits(CHUNK("a")));
	learn(CHUNK("a"), "a");
	expect(CHUNK("a"), "a");
	expect(CHUNK(" longer"), " longer");
	expect(CHUNK(""), "");
	expect(CHUNK("\xc3\xa4"), "\xc3\xa4");
	expect(CHUNK("a\\n\\\"b\\\" \\\\ \\/ \\t\\r\\b\\f"), "a\n\"b\" \\ / \t\r\b\f");
}

/* All of these are for a reader of JSON, if for anybody. */
static void nothing_else_fits(void **state)
{
	(void)state;
	static const char *const others[] = {
		"",
		"{",
		CHUNK("a") " ",
		" " CHUNK("a"),
		CHUNK("a\",\"x\":\"b"),
		CHUNK("\\"),
		CHUNK("\\u0041"),
		CHUNK("\\x"),
		CHUNK("\n"),
		CHUNK("\xff"),
		CHUNK("\xc3"),
		"{\"id\":\"2\",\"choices\":[{\"delta\":{\"content\": \"a\"},\"index\":0}]}",
		"{\"id\":\"1\",\"choices\":[{\"delta\":{\"content\": \"a\"},\"index\":1}]}",
		"{\"id\":\"1\",\"choices\":[{\"delta\":{\"content\": \"a",
	};
	learn(CHUNK("a"), "a");
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(fits(others[i]));
	expect(CHUNK("b"), "b");
}

static void what_is_no_mold_is_not_learned(void **state)
{
	(void)state;
	static const struct {
		const char *document, *text;
	} rows[] = {
		{ CHUNK("a"), "b" },
		{ "{\"content\":5}", "5" },
		{ "{\"content\":\"a\",\"content\":\"a\"}", "a" },
		{ "{\"text\":\"a\"}", "a" },
		{ CHUNK("\\u0041"), "A" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		learn(CHUNK("a"), "a");
		learn(rows[i].document, rows[i].text);
		assert_false(fits(CHUNK("a")));
		assert_false(fits(rows[i].document));
	}
}

/* A text that fits is what a reader of JSON finds there. */
static void a_fitting_text_is_the_jsons(void **state)
{
	(void)state;
	struct buf document;
	struct err e = { 0 };
	char text[6] = { 0 };
	static const char letters[] = "a\"\\nu0{\x01\xc3\xa4";
	buf_init(&document, 1000);
	learn("{\"content\":\"a\"}", "a");
	for (size_t n = 0, all = 10 * 10 * 10 * 10; n < all; n++) {
		for (size_t i = 0, rest = n; i < 4; i++, rest /= 10)
			text[i] = letters[rest % 10];
		buf_reset(&document);
		buf_printf(&document, "{\"content\":\"%s\"}", text);
		struct str found;
		if (!mold_fits(&mold, buf_str(&document), &found))
			continue;
		json_t *value = js_parse(buf_str(&document), LAYER_WIRE, &e);
		assert_non_null(value);
		assert_true(str_eq(found, js_text(json_object_get(value, "content"))));
		json_decref(value);
	}
	buf_clear(&document);
}

#define with_mold(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_mold(another_text_in_the_same_document_is_read),
		with_mold(nothing_else_fits),
		with_mold(what_is_no_mold_is_not_learned),
		with_mold(a_fitting_text_is_the_jsons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include "base/limits.h"
#include "chat/unescape.h"

static void escapes_are_taken_back(void **state)
{
	static const struct {
		const char *text, *plain;
	} rows[] = {
		{ "plain", "plain" },
		{ "a\\\"b\\'c\\/d\\\\e", "a\"b'c/d\\e" },
		{ "w\\u00e4hle w\\u00E4hle", "wähle wähle" },
		{ "\\ud83d\\ude00", "😀" },
		{ "\\ud83d alone", "\xef\xbf\xbd alone" },
		{ "a&amp;b&lt;c&gt;d&quot;e&#39;f&#34;g", "a&b<c>d\"e'f\"g" },
		{ "&ampersand; \\u12 \\n \\", "&ampersand; \\u12 \\n \\" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf out;
		buf_init(&out, KIB);
		unescape(str_z(rows[i].text), &out);
		assert_string_equal(buf_z(&out), rows[i].plain);
		buf_clear(&out);
	}
}

static void a_name_is_found_however_it_stands(void **state)
{
	(void)state;
	assert_true(holds_escaped(STR("{\"name\": \"wähle\"}"), STR("wähle")));
	assert_true(holds_escaped(STR("{\"name\": \"w\\u00e4hle\"}"), STR("wähle")));
	assert_true(holds_escaped(STR("{\"name\": \"say \\\"hi\\\"\"}"), STR("say \"hi\"")));
	assert_true(holds_escaped(STR("<name>a&lt;b</name>"), STR("a<b")));
	assert_false(holds_escaped(STR("{\"name\": \"w\\u00e5hle\"}"), STR("wähle")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_are_taken_back),
		cmocka_unit_test(a_name_is_found_however_it_stands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include "base/utf8.h"

static void valid_and_invalid_forms_are_told_apart(void **state)
{
	(void)state;
	assert_true(utf8_is_valid(STR("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")));
	assert_false(utf8_is_valid(STR("\xc0\xaf")));         /* overlong */
	assert_false(utf8_is_valid(STR("\xed\xa0\x80")));     /* surrogate */
	assert_false(utf8_is_valid(STR("\xf4\x90\x80\x80"))); /* above U+10FFFF */
	assert_false(utf8_is_valid(STR("\xe2\x82")));         /* cut */
	assert_int_equal(utf8_count(STR("a\xc3\xa4\xff")), 3);
}

static void kinds_of_characters_are_counted_at_every_place(void **state)
{
	(void)state;
	struct str text = STR("ab\xc3\xa4 cd \xe2\x82\xac\xf0\x9f\x98\x80 efgh\xc3\xa4");
	for (size_t i = 0; i <= text.n; i++) {
		size_t ascii = 0, longer = 0;
		for (size_t k = i; k < text.n; k++) {
			unsigned char c = (unsigned char)text.p[k];
			ascii += c < 0x80;
			longer += c >= 0xc0;
		}
		struct utf8_kinds n = utf8_kinds(str_from(text, i));
		assert_int_equal(n.ascii, ascii);
		assert_int_equal(n.longer, longer);
	}
}

static void a_bad_byte_is_seen_at_every_place(void **state)
{
	(void)state;
	for (size_t at = 0; at < 20; at++) {
		char text[20] = "xxxxxxxxxxxxxxxxxxx";
		assert_true(utf8_is_valid(str_n(text, sizeof text)));
		text[at] = '\xff';
		assert_false(utf8_is_valid(str_n(text, sizeof text)));
	}
}

static void an_unfinished_tail_is_held_back(void **state)
{
	(void)state;
	struct str euro = STR("x\xe2\x82\xac");
	assert_int_equal(utf8_whole(str_sub(euro, 0, 1)), 1);
	assert_int_equal(utf8_whole(str_sub(euro, 0, 2)), 1);
	assert_int_equal(utf8_whole(str_sub(euro, 0, 3)), 1);
	assert_int_equal(utf8_whole(euro), 4);
	assert_int_equal(utf8_whole(STR("x\xff")), 2);
	assert_int_equal(utf8_whole(STR("")), 0);
}

static void every_character_survives_writing_and_reading(void **state)
{
	(void)state;
	const uint32_t codes[] = { 0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000,
		0x10ffff };
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		struct buf b;
		uint32_t back = 1;
		buf_init(&b, 8);
		assert_true(utf8_add(&b, codes[i]));
		assert_int_equal(utf8_next(buf_str(&b), &back), b.n);
		assert_int_equal(back, codes[i]);
		buf_clear(&b);
	}
}

static void bad_bytes_become_replacement_characters(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 100);
	assert_true(utf8_mend(STR("a\xff"
				  "b\xe2\x82"),
		&b));
	assert_str(buf_str(&b), "a\xef\xbf\xbd"
				"b\xef\xbf\xbd\xef\xbf\xbd");
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_and_invalid_forms_are_told_apart),
		cmocka_unit_test(kinds_of_characters_are_counted_at_every_place),
		cmocka_unit_test(a_bad_byte_is_seen_at_every_place),
		cmocka_unit_test(an_unfinished_tail_is_held_back),
		cmocka_unit_test(every_character_survives_writing_and_reading),
		cmocka_unit_test(bad_bytes_become_replacement_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

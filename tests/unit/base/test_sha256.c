#include "../unit.h"

#include "base/sha256.h"

static void the_standards_examples_come_out(void **state)
{
	(void)state;
	const struct {
		struct str text;
		const char *hash;
	} rows[] = {
		{ STR(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ STR("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t cut = 0; cut <= rows[i].text.n; cut++) {
			struct sha256 h;
			char out[SHA256_TEXT_BYTES];
			sha256_start(&h);
			sha256_feed(&h, str_sub(rows[i].text, 0, cut));
			sha256_feed(&h, str_from(rows[i].text, cut));
			sha256_end(&h, out);
			assert_string_equal(out, rows[i].hash);
		}
}

static void texts_of_hashes_are_told_from_others(void **state)
{
	(void)state;
	struct str low = STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	struct str high = STR("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
	assert_true(sha256_is_text(low));
	assert_true(sha256_same(low, high));
	assert_false(sha256_is_text(str_sub(low, 0, 63)));
	assert_false(sha256_is_text(
		STR("xa7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")));
	assert_false(sha256_same(STR(""), STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_standards_examples_come_out),
		cmocka_unit_test(texts_of_hashes_are_told_from_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

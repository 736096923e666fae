#include "../unit.h"

#include "model/split.h"

static void parts_are_told_from_whole_files(void **state)
{
	(void)state;
	static const char *const whole[] = { "model.gguf", "model-00001-of-00003.bin",
		"model-1-of-3.gguf", "model-00004-of-00003.gguf", "model-00000-of-00003.gguf",
		"-00001-of-00003.gguf", "model-00001-of-0000x.gguf", "model-00001of-00003.gguf",
		"00001-of-00003.gguf", ".gguf", "", "model-00001-of-000003.gguf" };
	struct split s;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		assert_false(split_of(str_z(whole[i]), &s));
	assert_true(split_of(STR("/m/big-Q4-00002-of-00013.gguf"), &s));
	assert_str(s.stem, "/m/big-Q4");
	assert_int_equal(s.part, 2);
	assert_int_equal(s.parts, 13);
}

static void a_part_leads_to_its_siblings(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct split s;
	assert_true(split_of(STR("big-00001-of-00002.gguf"), &s));
	assert_str(split_path(a, &s, 1), "big-00001-of-00002.gguf");
	assert_str(split_path(a, &s, 2), "big-00002-of-00002.gguf");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_told_from_whole_files),
		cmocka_unit_test(a_part_leads_to_its_siblings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

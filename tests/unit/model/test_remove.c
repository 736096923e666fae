#include "../unit.h"
#include "home.h"

#include <string.h>

#include "base/fs.h"
#include "model/remove.h"

static const struct model_file *the_only_one(void)
{
	struct model_files files;
	files_scan(home_arena(), &files);
	assert_int_equal(files.count, 1);
	return &files.items[0];
}

static void ours_goes_with_all_that_belongs_to_it(void **state)
{
	(void)state;
	struct err e = { 0 };
	home_put_model("data/models/o/r/m.gguf", "llama");
	home_put("data/models/o/r/m.gguf.sha256", STR("x"));
	home_put("data/models/o/other.txt", STR("stays"));
	assert_true(remove_model(home_arena(), the_only_one(), &e));
	assert_false(fs_exists(home_path("data/models/o/r")));
	assert_true(fs_exists(home_path("data/models/o/other.txt")));
}

static void every_part_goes(void **state)
{
	(void)state;
	struct err e = { 0 };
	home_put_model("data/models/m-00001-of-00003.gguf", "llama");
	home_put_model("data/models/m-00003-of-00003.gguf", "llama");
	home_put("data/models/m-00002-of-00003.gguf.part", STR("x"));
	assert_true(remove_model(home_arena(), the_only_one(), &e));
	assert_false(fs_exists(home_path("data/models/m-00001-of-00003.gguf")));
	assert_false(fs_exists(home_path("data/models/m-00003-of-00003.gguf")));
	assert_false(fs_exists(home_path("data/models/m-00002-of-00003.gguf.part")));
	assert_true(fs_exists(home_path("data/models")));
}

static void what_others_own_stays(void **state)
{
	(void)state;
	struct err e = { 0 };
	const char *path = home_put_model(".lmstudio/models/p/r/m.gguf", "llama");
	assert_false(remove_model(home_arena(), the_only_one(), &e));
	assert_err(e, ERR_DENIED, LAYER_DISK);
	assert_non_null(strstr(e.mend, "LM Studio"));
	assert_true(fs_exists(path));
}

#define IN_A_HOME(test) cmocka_unit_test_setup_teardown(test, home_make, home_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_HOME(ours_goes_with_all_that_belongs_to_it),
		IN_A_HOME(every_part_goes),
		IN_A_HOME(what_others_own_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

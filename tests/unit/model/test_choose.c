#include "../unit.h"
#include "home.h"

#include <stdlib.h>
#include <string.h>

#include "model/choose.h"
#include "model/hash.h"

static bool choose(const char *wanted, struct model_choice *c, struct err *e)
{
	err_clear(e);
	return choose_model(home_arena(), str_z(wanted), c, e);
}

static void without_the_starter_it_says_how_to_get_it(void **state)
{
	(void)state;
	struct model_choice c;
	struct err e = { 0 };
	assert_false(choose("", &c, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_ENGINE);
	assert_non_null(strstr(e.mend, "make model"));
	assert_false(choose("qwen3-8b", &c, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_ENGINE);
	assert_string_equal(e.mend, "offgrid pull qwen3-8b");
}

static void a_file_that_only_bears_the_starters_name_is_refused(void **state)
{
	(void)state;
	struct model_choice c;
	struct err e = { 0 };
	home_put_model("data/models/SmolLM2-135M-Instruct-Q4_1.gguf", "llama");
	assert_false(choose("", &c, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_ENGINE);
	assert_non_null(strstr(e.what, "b179c9523d0e6a0f"));
}

static void a_name_or_a_path_gives_the_file(void **state)
{
	(void)state;
	struct model_choice c;
	struct err e = { 0 };
	const char *path = home_put_model("data/models/own.gguf", "llama");
	assert_true(choose("own", &c, &e));
	assert_string_equal(c.path.p, path);
	assert_string_equal(c.name.p, "own");
	assert_int_equal(c.adapter.n, 0);
	assert_true(c.bytes > 0);
	assert_int_equal(c.file->source, MODEL_OWN);
	assert_true(choose(path, &c, &e));
	assert_string_equal(c.path.p, path);
}

static void a_file_may_bear_a_catalog_name_of_its_own(void **state)
{
	(void)state;
	struct model_choice c;
	struct err e = { 0 };
	const char *path = home_put_model("data/models/qwen3-8b.gguf", "qwen3");
	home_put_model("data/models/qwen3-4b-other.gguf", "qwen3");
	assert_true(choose("qwen3-8b", &c, &e));
	assert_string_equal(c.path.p, path);
	assert_false(choose("qwen3-4b", &c, &e)); /* never another one in its place */
	assert_err(e, ERR_NOT_FOUND, LAYER_ENGINE);
}

static void a_catalog_model_is_found_wherever_it_was_downloaded(void **state)
{
	(void)state;
	struct model_choice c;
	struct err e = { 0 };
	home_put_model(".lmstudio/models/Qwen/Qwen3-8B-GGUF/Qwen3-8B-Q4_K_M.gguf", "qwen3");
	assert_true(choose("qwen3-8b", &c, &e));
	assert_str(c.name, "qwen3-8b");
	home_put_model("data/models/gpt-oss-120b-mxfp4-00001-of-00001.gguf", "llama");
	assert_true(choose("gpt-oss-120b", &c, &e));
}

static void a_mistyped_catalog_name_is_guessed(void **state)
{
	(void)state;
	struct model_choice c;
	struct err e = { 0 };
	assert_false(choose("gpt-os-20b", &c, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_ENGINE);
	assert_non_null(strstr(e.mend, "gpt-oss-20b"));
}

#define IN_A_HOME(test) cmocka_unit_test_setup_teardown(test, home_make, home_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_HOME(without_the_starter_it_says_how_to_get_it),
		IN_A_HOME(a_file_that_only_bears_the_starters_name_is_refused),
		IN_A_HOME(a_name_or_a_path_gives_the_file),
		IN_A_HOME(a_file_may_bear_a_catalog_name_of_its_own),
		IN_A_HOME(a_catalog_model_is_found_wherever_it_was_downloaded),
		IN_A_HOME(a_mistyped_catalog_name_is_guessed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

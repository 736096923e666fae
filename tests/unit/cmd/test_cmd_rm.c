#include "../model/home.h"
#include "../unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "cmd/command.h"

/* Runs `offgrid rm` with nobody at the terminal. */
static int rm(const char *const *argv, int argc, struct err *e)
{
	int none = open("/dev/null", O_RDWR), old_in = dup(STDIN_FILENO),
	    old_out = dup(STDOUT_FILENO);
	err_clear(e);
	dup2(none, STDIN_FILENO);
	dup2(none, STDOUT_FILENO);
	int code = command_run(command_find(STR("rm")), argc, argv, home_arena(), e);
	fflush(stdout);
	dup2(old_in, STDIN_FILENO);
	dup2(old_out, STDOUT_FILENO);
	close(none);
	close(old_in);
	close(old_out);
	return code;
}

static void without_a_terminal_it_takes_a_yes(void **state)
{
	(void)state;
	struct err e = { 0 };
	const char *path = home_put_model("data/models/mine.gguf", "llama");
	const char *const ask[] = { "mine" }, *const yes[] = { "mine", "--yes" };
	rm(ask, 1, &e);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_string_equal(e.mend, "offgrid rm --yes mine");
	assert_true(fs_exists(path));
	assert_int_equal(rm(yes, 2, &e), 0);
	assert_false(err_is_set(&e));
	assert_false(fs_exists(path));
}

static void what_others_own_is_refused_whatever_is_said(void **state)
{
	(void)state;
	struct err e = { 0 };
	const char *path = home_put_model(".cache/llama.cpp/theirs.gguf", "llama");
	const char *const yes[] = { "theirs", "--yes" };
	rm(yes, 2, &e);
	assert_err(e, ERR_DENIED, LAYER_DISK);
	assert_true(fs_exists(path));
}

#define IN_A_HOME(test) cmocka_unit_test_setup_teardown(test, home_make, home_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_HOME(without_a_terminal_it_takes_a_yes),
		IN_A_HOME(what_others_own_is_refused_whatever_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "scratch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/cage.h"
#include "base/fs.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

enum { DEADLINE_MS = 20000 };

static struct paths *paths;
static struct cage *cage;

/* False where this system has no such cage: then the choice must have said why. */
static bool open_cage(const char *name)
{
	struct err e = { 0 };
	paths = paths_new(scratch_dir(), &e);
	cage = cage_new(paths, name, &e);
	if (cage)
		return true;
	assert_true(e.what[0] != 0);
	paths_free(paths);
	return false;
}

static void close_cage(void)
{
	cage_free(cage);
	paths_free(paths);
}

/* The exit code of a command in the cage; what it said lies in the arena. */
static int run(const char *command, const char **said)
{
	struct err e = { 0 };
	struct proc_spec spec = { .io = PROC_MERGED, .deadline_ms = DEADLINE_MS };
	struct proc_result r;
	cage_wrap(cage, scratch_arena(), str_z(command), &spec);
	assert_true(proc_run(&spec, &r, &e));
	if (said)
		*said = arena_z(scratch_arena(), str_trim(buf_str(&r.out[PROC_OUT].head)));
	int code = r.exit_code;
	proc_result_clear(&r);
	return code;
}

static void confines(const char *name)
{
	const char *said;
	assert_string_equal(cage_name(cage), name);
	assert_true(cage_is_closed(cage));
	assert_int_equal(run("echo in > in.txt && mkdir d && mv in.txt d/ && rm -r d", NULL), 0);
	assert_int_equal(run("echo x > kept.txt", NULL), 0);
	assert_true(scratch_has("kept.txt"));
	run("echo x > ../out.txt; rm -f ../victim.txt", NULL);
	assert_false(scratch_has("../out.txt"));
	assert_true(scratch_has("../victim.txt"));
	assert_int_not_equal(run("echo x > /etc/offgrid-test", NULL), 0);
	assert_int_equal(run("cat /etc/passwd > /dev/null", NULL), 0);
	assert_int_equal(run("f=$(mktemp) && echo x > $f && rm $f", NULL), 0);
	run("exec 3<>/dev/tcp/127.0.0.1/1", &said);
	assert_true(str_find(str_z(said), STR("refused")) != SIZE_MAX ||
		    str_find(str_z(said), STR("ermission")) != SIZE_MAX ||
		    str_find(str_z(said), STR("unreachable")) != SIZE_MAX);
	setenv("OFFGRID_TEST_TOKEN", "hunter2", 1);
	run("env", &said);
	assert_int_equal(str_find(str_z(said), STR("hunter2")), SIZE_MAX);
	unsetenv("OFFGRID_TEST_TOKEN");
}

static void a_cage_confines_or_says_why_not(const char *name)
{
	scratch_write("../victim.txt", "x");
	if (!open_cage(name))
		skip();
	confines(name);
	close_cage();
}

static void bubblewrap_confines(void **state)
{
	(void)state;
	a_cage_confines_or_says_why_not("bubblewrap");
}

static void landlock_confines(void **state)
{
	(void)state;
	a_cage_confines_or_says_why_not("landlock");
}

static void bubblewrap_protects_hooks_and_hides_keys(void **state)
{
	(void)state;
	const char *home = getenv("HOME"), *said;
	char *kept = home ? strdup(home) : NULL;
	setenv("HOME", scratch_top(), 1);
	scratch_write("../.ssh/id", "hunter2");
	scratch_write("../.netrc", "hunter2");
	scratch_write(".git/hooks/x", "x");
	bool is_here = open_cage("bubblewrap");
	if (is_here) {
		run("cat ../.ssh/id ../.netrc", &said);
		assert_int_equal(str_find(str_z(said), STR("hunter2")), SIZE_MAX);
		assert_int_not_equal(run("echo y > .git/hooks/x", NULL), 0);
		assert_int_equal(run("echo y > .git/index", NULL), 0);
		close_cage();
	}
	setenv("HOME", kept ? kept : "/", 1);
	free(kept);
	if (!is_here)
		skip();
}

static void the_private_folder_goes_with_the_cage(void **state)
{
	(void)state;
	const char *said;
	assert_true(open_cage("none"));
	assert_false(cage_is_closed(cage));
	assert_string_equal(cage_name(cage), "none");
	assert_true(cage_why_open(cage)[0] != 0);
	assert_int_equal(run("echo $TMPDIR && touch $TMPDIR/x", &said), 0);
	assert_true(fs_is_dir(said));
	close_cage();
	assert_false(fs_exists(said));
}

static void a_cage_that_is_none_is_an_error(void **state)
{
	(void)state;
	struct err e = { 0 };
	paths = paths_new(scratch_dir(), &e);
	assert_null(cage_new(paths, "chicken", &e));
	assert_err(e, ERR_USAGE, LAYER_ACT);
	paths_free(paths);
}

static void auto_takes_the_first_that_works(void **state)
{
	(void)state;
	assert_true(open_cage("auto"));
	assert_true(cage_is_closed(cage) == (cage_why_open(cage)[0] == 0));
	close_cage();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bubblewrap_confines),
		TEST(landlock_confines),
		TEST(bubblewrap_protects_hooks_and_hides_keys),
		TEST(the_private_folder_goes_with_the_cage),
		TEST(a_cage_that_is_none_is_an_error),
		TEST(auto_takes_the_first_that_works),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

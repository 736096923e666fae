#include "scratch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/paths.h"
#include "base/fs.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

static struct paths *open_paths(void)
{
	struct err e = { 0 };
	struct paths *p = paths_new(scratch_dir(), &e);
	assert_non_null(p);
	return p;
}

static bool finds(const struct paths *p, const char *given, struct place *at, struct err *e)
{
	*e = (struct err){ 0 };
	return paths_find(p, scratch_arena(), str_z(given), at, e);
}

static void refuses(const struct paths *p, const char *given, enum err_kind kind)
{
	struct place at;
	struct err e;
	assert_false(finds(p, given, &at, &e));
	assert_err(e, kind, LAYER_ACT);
}

static void what_is_inside_is_found_however_it_is_spelt(void **state)
{
	(void)state;
	struct paths *p = open_paths();
	struct place at;
	struct err e;
	scratch_write("sub/a.txt", "x");
	const char *spellings[] = { "sub/a.txt", "./sub/a.txt", "sub/../sub/./a.txt", "sub//a.txt",
		scratch_path("sub/a.txt") };
	for (size_t i = 0; i < 5; i++) {
		assert_true(finds(p, spellings[i], &at, &e));
		assert_str(at.shown, "sub/a.txt");
	}
	assert_true(finds(p, ".", &at, &e));
	assert_str(at.shown, ".");
	assert_true(finds(p, "new/deep/b.txt", &at, &e));
	assert_str(at.shown, "new/deep/b.txt");
	assert_true(finds(p, "..name", &at, &e));
	paths_free(p);
}

static void what_climbs_out_is_refused(void **state)
{
	(void)state;
	struct paths *p = open_paths();
	assert_int_equal(
		mkdir(arena_printf(scratch_arena(), "%s/work2", scratch_top()).p, 0755), 0);
	refuses(p, "..", ERR_DENIED);
	refuses(p, "../x", ERR_DENIED);
	refuses(p, "../work2/x", ERR_DENIED);
	refuses(p, "/etc/passwd", ERR_DENIED);
	refuses(p, "missing/../../x", ERR_DENIED);
	refuses(p, "~/x", ERR_DENIED);
	refuses(p, "", ERR_USAGE);
	scratch_write("file", "x");
	refuses(p, "file/x", ERR_NOT_FOUND);
	paths_free(p);
}

static void a_link_that_climbs_out_is_refused_one_that_stays_is_followed(void **state)
{
	(void)state;
	struct paths *p = open_paths();
	struct place at;
	struct err e;
	scratch_write("sub/a.txt", "x");
	assert_int_equal(symlink(scratch_top(), scratch_path("out")), 0);
	assert_int_equal(symlink("/etc/hostname", scratch_path("file_out")), 0);
	assert_int_equal(symlink("sub", scratch_path("in")), 0);
	assert_int_equal(symlink("nowhere", scratch_path("dangling")), 0);
	assert_int_equal(symlink("loop", scratch_path("loop")), 0);
	refuses(p, "out", ERR_DENIED);
	refuses(p, "out/x", ERR_DENIED);
	refuses(p, "file_out", ERR_DENIED);
	refuses(p, "dangling", ERR_DENIED);
	refuses(p, "loop", ERR_DENIED);
	assert_true(finds(p, "in/a.txt", &at, &e));
	assert_str(at.shown, "sub/a.txt");
	paths_free(p);
}

static void a_link_put_there_after_the_look_is_not_followed(void **state)
{
	(void)state;
	struct paths *p = open_paths();
	struct place file, below;
	struct err e;
	struct buf b;
	buf_init(&b, 100);
	scratch_write("sub/a.txt", "inside");
	assert_true(finds(p, "sub/a.txt", &below, &e));
	assert_true(finds(p, "new.txt", &file, &e));
	assert_int_equal(rename(scratch_path("sub"), scratch_path("moved")), 0);
	assert_int_equal(symlink(scratch_top(), scratch_path("sub")), 0);
	assert_false(place_read(p, &below, &b, &e));
	err_clear(&e);
	assert_false(place_write(p, &below, STR("x"), &e));
	err_clear(&e);
	assert_int_equal(symlink("../stolen", scratch_path("new.txt")), 0);
	assert_false(place_write(p, &file, STR("x"), &e));
	assert_false(scratch_has("../stolen"));
	assert_false(scratch_has("../a.txt"));
	buf_clear(&b);
	paths_free(p);
}

static void another_folder_may_be_allowed(void **state)
{
	(void)state;
	struct paths *p = open_paths();
	struct place at;
	struct err e = { 0 };
	const char *other = arena_printf(scratch_arena(), "%s/other", scratch_top()).p;
	assert_false(paths_allow(p, other, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_ACT);
	err_clear(&e);
	assert_int_equal(mkdir(other, 0755), 0);
	refuses(p, "../other/x", ERR_DENIED);
	assert_true(paths_allow(p, other, &e));
	assert_true(finds(p, "../other/x", &at, &e));
	assert_true(str_eq(at.shown, arena_printf(scratch_arena(), "%s/x", other)));
	assert_true(place_write(p, &at, STR("y"), &e));
	assert_true(scratch_has("../other/x"));
	paths_free(p);
}

static void writing_makes_folders_and_keeps_the_mode(void **state)
{
	(void)state;
	struct paths *p = open_paths();
	struct place at;
	struct err e;
	struct stat st;
	assert_true(finds(p, "a/b/c.txt", &at, &e));
	assert_true(place_write(p, &at, STR("one"), &e));
	assert_true(str_eq_z(scratch_read("a/b/c.txt"), "one"));
	assert_int_equal(chmod(scratch_path("a/b/c.txt"), 0750), 0);
	assert_true(place_write(p, &at, STR("two"), &e));
	assert_true(str_eq_z(scratch_read("a/b/c.txt"), "two"));
	assert_int_equal(stat(scratch_path("a/b/c.txt"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
	assert_true(finds(p, "a/b", &at, &e));
	assert_false(place_write(p, &at, STR("x"), &e));
	assert_err(e, ERR_BAD_DATA, LAYER_ACT);
	paths_free(p);
}

static void the_insides_of_git_may_be_read_but_not_written(void **state)
{
	(void)state;
	struct paths *p = open_paths();
	struct place at;
	struct err e;
	struct buf b;
	buf_init(&b, 100);
	scratch_write(".git/config", "x");
	assert_true(finds(p, ".git/config", &at, &e));
	assert_true(place_read(p, &at, &b, &e));
	assert_false(place_write(p, &at, STR("y"), &e));
	assert_err(e, ERR_DENIED, LAYER_ACT);
	assert_true(finds(p, ".GIT/hooks/pre-commit", &at, &e));
	assert_false(place_write(p, &at, STR("y"), &(struct err){ 0 }));
	buf_clear(&b);
	paths_free(p);
}

static void a_pipe_is_not_waited_for(void **state)
{
	(void)state;
	struct paths *p = open_paths();
	struct place at;
	struct err e;
	struct buf b;
	buf_init(&b, 100);
	assert_int_equal(mkfifo(scratch_path("pipe"), 0600), 0);
	assert_true(finds(p, "pipe", &at, &e));
	assert_false(place_read(p, &at, &b, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_ACT);
	buf_clear(&b);
	paths_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_inside_is_found_however_it_is_spelt),
		TEST(what_climbs_out_is_refused),
		TEST(a_link_that_climbs_out_is_refused_one_that_stays_is_followed),
		TEST(a_link_put_there_after_the_look_is_not_followed),
		TEST(another_folder_may_be_allowed),
		TEST(writing_makes_folders_and_keeps_the_mode),
		TEST(the_insides_of_git_may_be_read_but_not_written),
		TEST(a_pipe_is_not_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

static struct arena *arena;
static struct str dir;

static int make_dir(void **state)
{
	(void)state;
	struct err e = { 0 };
	arena = arena_new();
	return fs_temp_dir(arena, "offgrid-test", &dir, &e) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	struct err e = { 0 };
	bool ok = fs_remove_tree(dir.p, &e);
	arena_free(arena);
	return ok ? 0 : -1;
}

static const char *in_dir(const char *name)
{
	return fs_join(arena, dir, str_z(name)).p;
}

static void what_was_written_is_read(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct buf b;
	buf_init(&b, 5);
	assert_true(fs_write(in_dir("f"), STR("hello"), 0640, &e));
	assert_true(fs_read(in_dir("f"), &b, &e));
	assert_str(buf_str(&b), "hello");
	struct stat st;
	assert_int_equal(stat(in_dir("f"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_true(fs_write(in_dir("f"), STR("hello!"), 0600, &e));
	assert_int_equal(stat(in_dir("f"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	buf_reset(&b);
	assert_false(fs_read(in_dir("f"), &b, &e));
	assert_err(e, ERR_TOO_BIG, LAYER_DISK);
	buf_clear(&b);
}

/* Only root can give a file away, so only root can be asked. */
static void what_root_writes_for_another_stays_the_others(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct stat st;
	enum { ANOTHER = 12345 };
	if (geteuid() != 0)
		skip();
	assert_true(fs_write(in_dir("theirs"), STR("1"), 0640, &e));
	assert_int_equal(chown(in_dir("theirs"), ANOTHER, ANOTHER), 0);
	assert_true(fs_write(in_dir("theirs"), STR("2"), 0600, &e));
	assert_int_equal(stat(in_dir("theirs"), &st), 0);
	assert_int_equal(st.st_uid, ANOTHER);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void writing_through_a_symlink_keeps_the_link(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_true(fs_write(in_dir("target"), STR("old"), 0644, &e));
	assert_int_equal(symlink("target", in_dir("link")), 0);
	assert_true(fs_write(in_dir("link"), STR("new"), 0644, &e));
	struct buf b;
	buf_init(&b, 100);
	assert_true(fs_read(in_dir("target"), &b, &e));
	assert_str(buf_str(&b), "new");
	buf_clear(&b);
}

static void missing_and_wrong_things_are_named(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 100);
	struct err e = { 0 };
	assert_false(fs_read(in_dir("absent"), &b, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_DISK);
	err_clear(&e);
	assert_false(fs_read(dir.p, &b, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_DISK);
	err_clear(&e);
	assert_false(fs_write(in_dir("no/such/dir"), STR("x"), 0644, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_DISK);
	buf_clear(&b);
}

static void directories_are_made_and_removed_whole(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_true(fs_make_dirs(in_dir("a/b/c"), true, &e));
	assert_true(fs_make_dirs(in_dir("a/b/c"), true, &e));
	assert_true(fs_is_dir(in_dir("a/b/c")));
	assert_true(fs_write(in_dir("a/b/c/f"), STR("x"), 0600, &e));
	assert_false(fs_make_dirs(in_dir("a/b/c/f/d"), true, &e));
	err_clear(&e);
	assert_true(fs_remove_tree(in_dir("a"), &e));
	assert_false(fs_exists(in_dir("a")));
	assert_true(fs_remove_tree(in_dir("a"), &e));
}

static void paths_are_taken_apart_and_joined(void **state)
{
	(void)state;
	assert_str(fs_join(arena, STR("a/"), STR("b")), "a/b");
	assert_str(fs_join(arena, STR("a"), STR("/b")), "/b");
	assert_str(fs_base(STR("/x/y.txt")), "y.txt");
	assert_str(fs_base(STR("x/")), "x");
	assert_str(fs_parent(STR("/x/y")), "/x");
	assert_str(fs_parent(STR("/x")), "/");
	assert_str(fs_parent(STR("x")), ".");
}

static void a_variable_moves_a_place(void **state)
{
	(void)state;
	setenv("OFFGRID_DATA_DIR", "/somewhere/else", 1);
	assert_str(fs_place(arena, FS_DATA), "/somewhere/else");
	unsetenv("OFFGRID_DATA_DIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(what_root_writes_for_another_stays_the_others),
		cmocka_unit_test(writing_through_a_symlink_keeps_the_link),
		cmocka_unit_test(missing_and_wrong_things_are_named),
		cmocka_unit_test(directories_are_made_and_removed_whole),
		cmocka_unit_test(paths_are_taken_apart_and_joined),
		cmocka_unit_test(a_variable_moves_a_place),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

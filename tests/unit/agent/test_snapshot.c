#include "scratch.h"

#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "agent/snapshot.h"
#include "base/fs.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

static struct paths *paths;
static struct snapshot *before;

static void look(void)
{
	struct err e = { 0 };
	paths = paths_new(scratch_dir(), &e);
	before = snapshot_take(paths);
}

static struct changes *look_again(void)
{
	struct snapshot *after = snapshot_take(paths);
	struct changes *c = snapshot_compare(before, after);
	snapshot_free(after);
	snapshot_free(before);
	paths_free(paths);
	return c;
}

static void created_changed_and_deleted_files_are_told_apart(void **state)
{
	(void)state;
	scratch_write("same.txt", "same");
	scratch_write("changed.txt", "one\ntwo\n");
	scratch_write("gone.txt", "bye\n");
	look();
	scratch_write("changed.txt", "one\nTWO\n");
	scratch_write("sub/new.txt", "hello\n");
	assert_int_equal(unlink(scratch_path("gone.txt")), 0);
	struct changes *c = look_again();
	assert_int_equal(c->count, 4);
	assert_str(c->items[0].path, "changed.txt");
	assert_int_equal(c->items[0].kind, CHANGE_CHANGED);
	assert_int_equal(c->items[0].lines_added, 1);
	assert_int_equal(c->items[0].lines_removed, 1);
	assert_str(c->items[0].diff, "@@ -1,2 +1,2 @@\n one\n-two\n+TWO\n");
	assert_str(c->items[1].path, "gone.txt");
	assert_int_equal(c->items[1].kind, CHANGE_DELETED);
	assert_int_equal(c->items[1].bytes_before, 4);
	assert_str(c->items[2].path, "sub");
	assert_true(c->items[2].is_folder);
	assert_str(c->items[3].path, "sub/new.txt");
	assert_int_equal(c->items[3].kind, CHANGE_CREATED);
	assert_int_equal(c->items[3].bytes_after, 6);
	assert_non_null(changes_find(c, STR("new.txt")));
	assert_null(changes_find(c, STR("same.txt")));
	changes_free(c);
}

static void a_change_of_the_same_length_at_once_is_seen(void **state)
{
	(void)state;
	scratch_write("a.txt", "one");
	struct utimbuf times = { 1000, 1000 };
	assert_int_equal(utime(scratch_path("a.txt"), &times), 0);
	look();
	scratch_write("a.txt", "two");
	assert_int_equal(utime(scratch_path("a.txt"), &times), 0);
	struct changes *c = look_again();
	assert_int_equal(c->count, 1);
	changes_free(c);
}

static void touched_and_rewritten_files_did_not_change(void **state)
{
	(void)state;
	scratch_write("a.txt", "one");
	scratch_write("b.txt", "two");
	look();
	scratch_write("a.txt", "one");
	assert_int_equal(utime(scratch_path("b.txt"), NULL), 0);
	struct changes *c = look_again();
	assert_int_equal(c->count, 0);
	changes_free(c);
}

static void permissions_and_binary_files_have_no_diff_and_say_so(void **state)
{
	(void)state;
	scratch_write("a.sh", "echo");
	assert_int_equal(chmod(scratch_path("a.sh"), 0644), 0);
	look();
	struct err e = { 0 };
	assert_int_equal(chmod(scratch_path("a.sh"), 0755), 0);
	assert_true(fs_write(scratch_path("b.bin"), STR("\0\1\2"), 0644, &e));
	struct changes *c = look_again();
	assert_int_equal(c->count, 2);
	assert_string_equal(c->items[0].no_diff, "permissions only");
	assert_string_equal(c->items[1].no_diff, "binary");
	changes_free(c);
}

static void links_are_looked_at_not_through(void **state)
{
	(void)state;
	assert_int_equal(symlink(scratch_top(), scratch_path("up")), 0);
	assert_int_equal(symlink("a", scratch_path("link")), 0);
	look();
	assert_int_equal(unlink(scratch_path("link")), 0);
	assert_int_equal(symlink("b", scratch_path("link")), 0);
	struct changes *c = look_again();
	assert_int_equal(c->count, 1);
	assert_str(c->items[0].path, "link");
	changes_free(c);
}

static void what_is_not_looked_at_is_said(void **state)
{
	(void)state;
	scratch_write(".git/config", "x");
	look();
	assert_true(snapshot_is_blind(before, STR(".git/config")));
	assert_false(snapshot_is_blind(before, STR(".gitignore")));
	assert_false(snapshot_has(before, STR(".git/config")));
	scratch_write(".git/config", "y");
	struct changes *c = look_again();
	assert_int_equal(c->count, 0);
	changes_free(c);
}

static void every_allowed_folder_is_looked_at(void **state)
{
	(void)state;
	struct err e = { 0 };
	const char *other = arena_printf(scratch_arena(), "%s/other", scratch_top()).p;
	assert_int_equal(mkdir(other, 0755), 0);
	paths = paths_new(scratch_dir(), &e);
	assert_true(paths_allow(paths, other, &e));
	before = snapshot_take(paths);
	scratch_write("../other/x.txt", "x");
	struct changes *c = look_again();
	assert_int_equal(c->count, 1);
	assert_true(str_eq(c->items[0].path, arena_printf(scratch_arena(), "%s/x.txt", other)));
	changes_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(created_changed_and_deleted_files_are_told_apart),
		TEST(a_change_of_the_same_length_at_once_is_seen),
		TEST(touched_and_rewritten_files_did_not_change),
		TEST(permissions_and_binary_files_have_no_diff_and_say_so),
		TEST(links_are_looked_at_not_through),
		TEST(what_is_not_looked_at_is_said),
		TEST(every_allowed_folder_is_looked_at),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "scratch.h"

#include <fcntl.h>
#include <unistd.h>

#include "agent/walk.h"
#include "base/buf.h"

static struct buf seen;

static int set_up(void **state)
{
	buf_init(&seen, 4096);
	return scratch_make(state);
}

static int tear_down(void **state)
{
	buf_clear(&seen);
	return scratch_remove(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static bool visit(void *owner, const struct walk_entry *entry)
{
	(void)owner;
	buf_printf(&seen, "%.*s ", STR_ARG(entry->path));
	return !str_eq_z(entry->path, "stop");
}

static void skipped(void *owner, struct str path, const char *why)
{
	(void)owner;
	buf_printf(&seen, "[%.*s: %s] ", STR_ARG(path), why);
}

static const char *walk_from(const char *start, size_t max_entries)
{
	int fd = open(scratch_dir(), O_RDONLY | O_DIRECTORY);
	struct walk walk = { .root_fd = fd,
		.start = str_z(start),
		.max_entries = max_entries,
		.visit = visit,
		.skipped = skipped };
	buf_reset(&seen);
	assert_true(walk_run(&walk));
	close(fd);
	return buf_z(&seen);
}

static void near_levels_come_first_each_sorted(void **state)
{
	(void)state;
	scratch_write("b/deep/x", "");
	scratch_write("b/y", "");
	scratch_write("a", "");
	scratch_write("c", "");
	assert_string_equal(walk_from(".", 100), "a b c b/deep b/y b/deep/x ");
	assert_string_equal(walk_from("b", 100), "b/deep b/y b/deep/x ");
}

static void what_is_over_the_cap_is_named_and_the_rest_is_seen(void **state)
{
	(void)state;
	scratch_write("big/1", "");
	scratch_write("big/2", "");
	scratch_write("big/3", "");
	scratch_write("small/1", "");
	assert_string_equal(walk_from(".", 4), "big small [big: too many files] small/1 ");
}

static void links_and_version_control_are_not_entered(void **state)
{
	(void)state;
	scratch_write(".git/config", "");
	assert_int_equal(symlink(scratch_top(), scratch_path("up")), 0);
	assert_string_equal(walk_from(".", 100), "[.git: version control] up ");
}

static void a_visitor_can_end_it(void **state)
{
	(void)state;
	scratch_write("stop", "");
	scratch_write("unseen", "");
	assert_string_equal(walk_from(".", 100), "stop ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(near_levels_come_first_each_sorted),
		TEST(what_is_over_the_cap_is_named_and_the_rest_is_seen),
		TEST(links_and_version_control_are_not_entered),
		TEST(a_visitor_can_end_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

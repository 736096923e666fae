#include "scratch.h"

#include <stdlib.h>
#include <string.h>

#include "agent/context.h"
#include "base/buf.h"
#include "base/limits.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

static struct context read_in(const char *name)
{
	return context_read(scratch_arena(), str_z(scratch_path(name)), SIZE_MAX);
}

static void the_nearest_file_comes_last(void **state)
{
	(void)state;
	scratch_write(".git/config", "");
	scratch_write("AGENTS.md", "from the top");
	scratch_write("a/b/AGENTS.md", "from below");
	scratch_write("a/b/CLAUDE.md", "other words");
	scratch_write("../AGENTS.md", "outside the repository");
	struct context c = read_in("a/b");
	assert_int_equal(c.count, 3);
	assert_true(str_ends(c.files[0].path, STR("work/AGENTS.md")));
	size_t top = str_find(c.text, STR("from the top")),
	       near = str_find(c.text, STR("from below"));
	assert_true(top < near && near != SIZE_MAX);
	assert_int_equal(str_find(c.text, STR("outside")), SIZE_MAX);
}

static void outside_of_repository_and_home_only_the_folder_itself_speaks(void **state)
{
	(void)state;
	const char *home = getenv("HOME");
	char *kept = home ? strdup(home) : NULL;
	setenv("HOME", "/nowhere", 1);
	scratch_write("AGENTS.md", "above");
	scratch_write("a/AGENTS.md", "here");
	struct context c = read_in("a");
	assert_int_equal(c.count, 1);
	setenv("HOME", scratch_top(), 1);
	assert_int_equal(read_in("a").count, 2);
	if (kept)
		setenv("HOME", kept, 1);
	free(kept);
}

static void twice_the_same_text_is_taken_once(void **state)
{
	(void)state;
	scratch_write(".git/config", "");
	scratch_write("AGENTS.md", "same");
	scratch_write("CLAUDE.md", "same");
	assert_int_equal(read_in(".").count, 1);
}

static void too_much_is_cut_and_says_so(void **state)
{
	(void)state;
	struct buf big;
	buf_init(&big, LIMIT_CONTEXT_FILE_BYTES * 2);
	buf_add_fill(&big, 'x', LIMIT_CONTEXT_FILE_BYTES + 100);
	scratch_write(".git/config", "");
	scratch_write("AGENTS.md", buf_z(&big));
	buf_clear(&big);
	struct context c = read_in(".");
	assert_int_equal(c.files[0].taken, LIMIT_CONTEXT_FILE_BYTES);
	assert_int_equal(c.files[0].bytes, LIMIT_CONTEXT_FILE_BYTES + 100);
	assert_true(str_ends(c.text, STR("[cut: 32768 of 32868 bytes]")));
}

static void without_files_there_is_no_text(void **state)
{
	(void)state;
	scratch_write(".git/config", "");
	assert_int_equal(read_in(".").text.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_nearest_file_comes_last),
		TEST(outside_of_repository_and_home_only_the_folder_itself_speaks),
		TEST(twice_the_same_text_is_taken_once),
		TEST(too_much_is_cut_and_says_so),
		TEST(without_files_there_is_no_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

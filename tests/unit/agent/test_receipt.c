#include "scratch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/receipt.h"
#include "base/utf8.h"

static struct paths *paths;
static struct snapshot *before, *after;
static struct receipt *receipt;
static struct truth truth;

static int set_up(void **state)
{
	return scratch_make(state);
}

static int tear_down(void **state)
{
	snapshot_free(before);
	snapshot_free(after);
	receipt_free(receipt);
	paths_free(paths);
	return scratch_remove(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static void look(void)
{
	struct err e = { 0 };
	paths = paths_new(scratch_dir(), &e);
	before = snapshot_take(paths);
	after = NULL;
	receipt = receipt_new();
}

static void look_again(void)
{
	after = snapshot_take(paths);
	receipt->changes = snapshot_compare(before, after);
	truth = (struct truth){ .paths = paths, .before = before, .after = after };
}

static void ran(const char *command, int exit_code)
{
	receipt_add_deed(receipt, &(struct deed){ .tool = STR("shell"),
					  .subject = str_z(command),
					  .is_command = true,
					  .exit_code = exit_code });
}

/* The claims of the text that are not so, why. */
static const char *untrue(const char *text)
{
	struct buf out;
	buf_init(&out, 4096);
	receipt_judge(receipt, &truth, str_z(text));
	for (size_t i = 0; i < receipt->untruth_count; i++)
		buf_printf(&out, "%s%.*s", i ? "; " : "", STR_ARG(receipt->untruths[i].why));
	const char *why = arena_z(scratch_arena(), buf_str(&out));
	buf_clear(&out);
	return why;
}

static void claims_about_files_are_held_against_the_disk(void **state)
{
	(void)state;
	scratch_write("old.txt", "x");
	scratch_write("kept.txt", "x");
	scratch_write("gone.txt", "x");
	look();
	scratch_write("new.txt", "y");
	scratch_write("src/deep.c", "y");
	scratch_write("old.txt", "y");
	assert_int_equal(unlink(scratch_path("gone.txt")), 0);
	look_again();
	assert_string_equal(untrue("I created new.txt and updated old.txt."), "");
	assert_string_equal(untrue("I created deep.c."), "");
	assert_string_equal(untrue("I deleted gone.txt."), "");
	assert_string_equal(untrue("I created missing.txt."), "missing.txt does not exist");
	assert_string_equal(
		untrue("Changed x to y in kept.txt."), "kept.txt is there, but did not change");
	assert_string_equal(untrue("I deleted kept.txt."), "kept.txt is still there");
	assert_string_equal(untrue("I deleted never.txt."), "never.txt was not there before");
	assert_string_equal(untrue("gone.txt is written."), "gone.txt does not exist");
	assert_string_equal(untrue("I created /etc/offgrid.txt."), "");
}

static void what_was_written_though_equal_is_no_lie(void **state)
{
	(void)state;
	scratch_write("same.txt", "x");
	look();
	look_again();
	assert_string_equal(
		untrue("same.txt is written."), "same.txt is there, but did not change");
	receipt_add_deed(receipt, &(struct deed){ .tool = STR("write"), .wrote = STR("same.txt") });
	assert_string_equal(untrue("same.txt is written."), "");
}

static void what_earlier_runs_did_may_be_spoken_of(void **state)
{
	(void)state;
	scratch_write("past.txt", "x");
	look();
	look_again();
	truth.has_past = true;
	assert_string_equal(untrue("I created past.txt and ran the tests."), "");
	assert_string_equal(untrue("I created missing.txt."), "missing.txt does not exist");
}

static void a_description_is_false_only_if_the_file_is_missing(void **state)
{
	(void)state;
	scratch_write("out.log", "x");
	look();
	look_again();
	assert_string_equal(untrue("The result is saved to out.log."), "");
	assert_string_equal(untrue("The result is saved to none.log."), "none.log does not exist");
}

static void claims_about_commands_are_held_against_the_record(void **state)
{
	(void)state;
	look();
	look_again();
	assert_string_equal(untrue("All tests pass."), "no command was run");
	assert_string_equal(untrue("I ran `make test`."), "no command was run");
	assert_string_equal(untrue("make ended with exit code 0."), "no command was run");
	ran("make test", 2);
	assert_string_equal(untrue("All tests pass."), "every command that was run failed");
	assert_string_equal(untrue("make test ended with exit code 0."),
		"no command ended with 0, the last one with 2");
	assert_string_equal(untrue("make test failed with exit code 2: no rule."), "");
	assert_string_equal(untrue("I ran `make test`."), "");
	assert_string_equal(untrue("I ran `make install`."), "make install was not run");
	ran("make test", 0);
	assert_string_equal(untrue("All tests pass."), "");
}

static void the_exit_code_follows_the_end_the_claims_and_the_check(void **state)
{
	(void)state;
	look();
	look_again();
	receipt->end = END_DONE;
	assert_int_equal(receipt_exit_code(receipt), 0);
	assert_string_equal(receipt_verdict(receipt), "nothing");
	untrue("I created missing.txt.");
	assert_int_equal(receipt_exit_code(receipt), 1);
	assert_string_equal(receipt_verdict(receipt), "claimed");
	receipt->check = STR("true");
	assert_int_equal(receipt_exit_code(receipt), 0);
	assert_string_equal(receipt_verdict(receipt), "delivered");
	receipt->check_exit = 3;
	assert_int_equal(receipt_exit_code(receipt), 1);
	untrue("");
	receipt->check = STR("");
	for (enum run_end end = END_LENGTH; end <= END_REFUSED; end++) {
		receipt->end = end;
		assert_int_equal(receipt_exit_code(receipt), 1);
	}
	receipt->end = END_CANCELLED;
	assert_int_equal(receipt_exit_code(receipt), 130);
	receipt->end = END_FAILED;
	fail(&receipt->err, ERR_UNREACHABLE, LAYER_WIRE, "gone");
	assert_int_equal(receipt_exit_code(receipt), 7);
}

static void fits_eighty_columns(const char *text)
{
	struct str rest = str_z(text), line;
	while (str_cut(&rest, '\n', &line))
		assert_true(utf8_count(line) <= 80);
}

static void it_is_shown_in_eighty_columns(void **state)
{
	(void)state;
	struct buf out, name;
	buf_init(&out, 65536);
	buf_init(&name, 4096);
	scratch_write("old.txt", "one\n");
	look();
	scratch_write("hello.txt", "hello\n");
	scratch_write("old.txt", "two\n");
	buf_add_fill(&name, 'x', 120);
	buf_add_z(&name, ".txt");
	scratch_write(buf_z(&name), "");
	scratch_write("dir/empty/f", "");
	assert_int_equal(unlink(scratch_path("dir/empty/f")), 0);
	look_again();
	ran("make test && echo a very long command that goes on and on and on and on and on and on",
		2);
	receipt_add_deed(receipt,
		&(struct deed){ .tool = STR("shell"),
			.subject = STR("rm -rf /"),
			.refused = STR("refused: running a command without a cage needs consent, "
				       "and nobody is there to ask") });
	untrue("I created missing.txt in the folder, which is long enough to be wrapped over "
	       "lines.");
	receipt->turns = 2;
	receipt->usage.prompt_tokens = 1200;
	receipt->usage.answer_tokens = 34;
	receipt->upstream = STR("local");
	receipt->model = STR("a-model-with-a-name");
	receipt_show(receipt, false, &out);
	const char *text = buf_z(&out);
	fits_eighty_columns(text);
	assert_non_null(strstr(text, "\n created  hello.txt "));
	assert_non_null(strstr(text, " 6 bytes +1\n"));
	assert_non_null(strstr(text, "\n changed  old.txt "));
	assert_non_null(strstr(text, " 4 → 4 bytes +1 -1\n"));
	assert_non_null(strstr(text, "\n created  dir/empty/\n"));
	assert_non_null(strstr(text, "exit 2"));
	assert_non_null(strstr(text, "\n refused  shell rm -rf /\n"));
	assert_non_null(strstr(text, "\n not so   it says \"I created missing.txt in the folder"));
	assert_non_null(strstr(text, "but missing.txt does not exist\n"));
	assert_non_null(strstr(text, "\n tokens   1200 read, 34 said; 2 turns, 2 calls\n"));
	assert_non_null(strstr(text, "\n end      done, but claimed in vain; exit 1\n"));
	buf_clear(&out);
	buf_clear(&name);
}

static void as_json_it_has_files_folders_and_commands_apart(void **state)
{
	(void)state;
	look();
	scratch_write("dir/a.txt", "hello\n");
	look_again();
	ran("true", 0);
	receipt->final = STR("dir/a.txt is written.");
	json_t *o = receipt_json(receipt);
	json_t *created = json_object_get(o, "created");
	assert_int_equal(json_array_size(created), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(created, 0), "path")),
		"dir/a.txt");
	assert_int_equal(json_array_size(json_object_get(o, "folders_created")), 1);
	assert_int_equal(json_array_size(json_object_get(o, "commands")), 1);
	assert_string_equal(
		json_string_value(json_object_get(o, "final")), "dir/a.txt is written.");
	assert_int_equal(json_integer_value(json_object_get(o, "exit_code")), 0);
	assert_true(json_is_null(json_object_get(o, "error")));
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(claims_about_files_are_held_against_the_disk),
		TEST(what_was_written_though_equal_is_no_lie),
		TEST(what_earlier_runs_did_may_be_spoken_of),
		TEST(a_description_is_false_only_if_the_file_is_missing),
		TEST(claims_about_commands_are_held_against_the_record),
		TEST(the_exit_code_follows_the_end_the_claims_and_the_check),
		TEST(it_is_shown_in_eighty_columns),
		TEST(as_json_it_has_files_folders_and_commands_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

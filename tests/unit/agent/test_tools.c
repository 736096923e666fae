#include "scratch.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/cage.h"
#include "agent/tool_job.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/must.h"

enum { TEXT_BYTES = 8192, DEADLINE_MS = 20000 };

static struct paths *paths;
static struct cage *cage;
static struct loop *loop;
static struct worker *worker;
static struct tool_job *job;

static int set_up(void **state)
{
	struct err e = { 0 };
	if (scratch_make(state) != 0)
		return -1;
	paths = paths_new(scratch_dir(), &e);
	cage = cage_new(paths, "none", &e);
	loop = loop_new();
	worker = worker_new(loop);
	return cage ? 0 : -1;
}

static int tear_down(void **state)
{
	tool_job_free(job);
	job = NULL;
	worker_free(worker);
	loop_free(loop);
	cage_free(cage);
	paths_free(paths);
	return scratch_remove(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static void is_done(void *owner, struct tool_job *done)
{
	(void)owner;
	(void)done;
	loop_stop(loop);
}

static void start(const char *name, const char *args, int64_t command_ms)
{
	struct err e = { 0 };
	const struct agent_tool *tool = tool_find(str_z(name));
	assert_non_null(tool);
	json_t *value = tool_arguments(tool, str_z(args), NULL, &e);
	assert_non_null(value);
	struct tool_call call = {
		.tool = tool,
		.context = { paths, cage, TEXT_BYTES, command_ms, NULL },
		.args = value,
	};
	tool_job_free(job);
	job = tool_job_new(loop, worker, &call, is_done, NULL);
	json_decref(value);
}

/* Runs the tool to its end and gives the text that the model sees. */
static const char *run(const char *name, const char *args)
{
	start(name, args, DEADLINE_MS);
	loop_run(loop);
	return buf_z(&tool_job_result(job)->text);
}

static const struct tool_result *result(void)
{
	return tool_job_result(job);
}

static bool has(const char *text, const char *part)
{
	return str_find(str_z(text), str_z(part)) != SIZE_MAX;
}

/* As little of one as git recognises. */
static void make_repository(void)
{
	struct err e = { 0 };
	scratch_write(".git/HEAD", "ref: refs/heads/main\n");
	assert_true(fs_make_dirs(scratch_path(".git/objects"), false, &e));
	assert_true(fs_make_dirs(scratch_path(".git/refs"), false, &e));
}

static void read_returns_the_bytes_of_a_file(void **state)
{
	(void)state;
	scratch_write("a.txt", "one\ntwo\n");
	assert_string_equal(run("read", "{\"path\":\"a.txt\"}"), "one\ntwo\n");
	scratch_write("empty", "");
	assert_string_equal(run("read", "{\"path\":\"empty\"}"), "(empty is empty)");
	assert_string_equal(run("read", "{\"path\":\"no.txt\"}"), "error: no.txt: no such file");
	assert_true(result()->is_error);
	assert_err(*tool_job_err(job), ERR_NOT_FOUND, LAYER_ACT);
	assert_string_equal(run("read", "{\"path\":\".\"}"), "error: .: is a folder, not a file");
	assert_string_equal(
		run("read", "{\"path\":\"../x\"}"), "error: ../x: outside the working directory");
}

static void read_cuts_what_is_long_and_refuses_what_is_no_text(void **state)
{
	(void)state;
	struct buf big;
	struct err e = { 0 };
	buf_init(&big, MIB);
	for (int i = 0; i < 2000; i++)
		buf_printf(&big, "line %d\n", i);
	scratch_write("big.txt", buf_z(&big));
	const char *text = run("read", "{\"path\":\"big.txt\"}");
	assert_true(strlen(text) <= TEXT_BYTES);
	assert_true(has(text, "\n[cut: "));
	assert_true(has(text, arena_printf(scratch_arena(), "of %zu bytes", big.n).p));
	buf_clear(&big);
	assert_true(fs_write(scratch_path("b.bin"), STR("a\0b"), 0644, &e));
	assert_string_equal(
		run("read", "{\"path\":\"b.bin\"}"), "error: b.bin: is no text file (3 bytes)");
}

static void write_creates_and_replaces(void **state)
{
	(void)state;
	assert_string_equal(run("write", "{\"path\":\"sub/a.txt\",\"content\":\"héllo\\n\"}"),
		"ok: sub/a.txt created, 7 bytes");
	assert_str(scratch_read("sub/a.txt"), "héllo\n");
	assert_str(buf_str(&result()->diff), "@@ -0,0 +1 @@\n+héllo\n");
	assert_str(result()->wrote, "sub/a.txt");
	assert_string_equal(run("write", "{\"path\":\"sub/a.txt\",\"content\":\"bye\"}"),
		"ok: sub/a.txt replaced, 3 bytes");
	assert_str(scratch_read("sub/a.txt"), "bye");
	assert_true(
		has(run("write", "{\"path\":\"/etc/x\",\"content\":\"\"}"), "error: /etc/x: out"));
	assert_int_equal(result()->wrote.n, 0);
}

static void edit_replaces_exactly_one_text(void **state)
{
	(void)state;
	scratch_write("a.ini", "port = 80\nhost = x\nport = 81\n");
	assert_string_equal(
		run("edit", "{\"path\":\"a.ini\",\"old\":\"port = 80\",\"new\":\"port = 8080\"}"),
		"ok: 1 replacement in a.ini");
	assert_str(scratch_read("a.ini"), "port = 8080\nhost = x\nport = 81\n");
	assert_true(has(buf_z(&result()->diff), "\n-port = 80\n+port = 8080\n"));
	assert_string_equal(run("edit", "{\"path\":\"a.ini\",\"old\":\"port\",\"new\":\"p\"}"),
		"error: a.ini: the old text is there 2 times, first in line 1; "
		"give more of the text around it");
	assert_string_equal(run("edit", "{\"path\":\"a.ini\",\"old\":\"hast = x\",\"new\":\"p\"}"),
		"error: a.ini: the old text is not there; nearest lines:\n2: host = x");
	assert_string_equal(run("edit", "{\"path\":\"b.ini\",\"old\":\"a\",\"new\":\"p\"}"),
		"error: b.ini: no such file");
	assert_str(scratch_read("a.ini"), "port = 8080\nhost = x\nport = 81\n");
}

static void edit_says_when_it_was_tolerant(void **state)
{
	(void)state;
	scratch_write("a.py", "def f():\n\treturn 1\n");
	assert_string_equal(
		run("edit",
			"{\"path\":\"a.py\",\"old\":\"    return 1\",\"new\":\"    return 2\"}"),
		"ok: 1 replacement in a.py (indentation ignored)");
	assert_str(scratch_read("a.py"), "def f():\n\treturn 2\n");
}

/* A limit on file size stands for a full disk. What stood in the file is what must still stand. */
static void a_full_disk_during_an_edit_leaves_the_file_whole(void **state)
{
	(void)state;
	enum { BYTES = 20000, ROOM = 16384 };
	struct rlimit old, tight;
	char *text = must_alloc(BYTES + 1);
	memset(text, 'a', BYTES);
	memcpy(text, "first", 5);
	text[BYTES] = 0;
	scratch_write("a.txt", text);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	tight = (struct rlimit){ ROOM, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	const char *said = run("edit", "{\"path\":\"a.txt\",\"old\":\"first\",\"new\":\"second\"}");
	setrlimit(RLIMIT_FSIZE, &old);
	assert_non_null(strstr(said, "a.txt"));
	assert_null(strstr(said, "ok:"));
	struct str kept = scratch_read("a.txt");
	assert_int_equal(kept.n, BYTES);
	assert_memory_equal(kept.p, text, BYTES);
	free(text);
}

static void list_gives_sorted_names(void **state)
{
	(void)state;
	struct err e = { 0 };
	scratch_write("b.txt", "");
	scratch_write(".hidden", "");
	assert_true(fs_make_dirs(scratch_path("a/empty"), false, &e));
	assert_string_equal(run("list", "{\"path\":\".\"}"), ".hidden\na/empty/\nb.txt");
	assert_string_equal(run("list", "{\"path\":\"a/empty\"}"), "(the folder is empty)");
	assert_string_equal(
		run("list", "{\"path\":\"b.txt\"}"), "error: b.txt: is a file, not a folder");
	assert_string_equal(run("list", "{\"path\":\"no\"}"), "error: no: no such file");
}

static void list_opens_up_small_folders_but_not_big_or_ignored_ones(void **state)
{
	(void)state;
	make_repository();
	scratch_write(".gitignore", "out/\n");
	scratch_write("src/deep/main.c", "");
	scratch_write("src/a.h", "");
	scratch_write("out/x.o", "");
	for (int i = 0; i < 150; i++)
		scratch_write(arena_printf(scratch_arena(), "many/%d", i).p, "");
	assert_string_equal(run("list", "{\"path\":\".\"}"),
		".git/\n.gitignore\nmany/\nout/\nsrc/a.h\nsrc/deep/main.c");
	assert_string_equal(run("list", "{\"path\":\"src\"}"), "a.h\ndeep/main.c");
}

static void search_gives_file_line_and_text(void **state)
{
	(void)state;
	scratch_write("a.txt", "one\ntwo fish\n");
	scratch_write("sub/b.txt", "red fish\n");
	assert_string_equal(run("search", "{\"pattern\":\"f[aeiou]sh\",\"path\":\".\"}"),
		"a.txt:2: two fish\nsub/b.txt:1: red fish");
	assert_string_equal(
		run("search", "{\"pattern\":\"fish\",\"path\":\"sub\"}"), "sub/b.txt:1: red fish");
	assert_string_equal(
		run("search", "{\"pattern\":\"fish\",\"path\":\"a.txt\"}"), "a.txt:2: two fish");
	assert_string_equal(run("search", "{\"pattern\":\"bird\",\"path\":\".\"}"), "no matches");
	assert_string_equal(
		run("search", "{\"pattern\":\"x\",\"path\":\"no\"}"), "error: no: no such file");
}

static void search_takes_a_broken_pattern_as_plain_text(void **state)
{
	(void)state;
	scratch_write("a.c", "main(\n");
	const char *text = run("search", "{\"pattern\":\"main(\",\"path\":\".\"}");
	assert_true(has(text, "searched as plain text]\na.c:1: main("));
}

static void search_obeys_ignore_rules_and_skips_binary_files(void **state)
{
	(void)state;
	struct err e = { 0 };
	make_repository();
	scratch_write(".gitignore", "build/\n*.log\n");
	scratch_write("build/a.txt", "fish\n");
	scratch_write("a.log", "fish\n");
	scratch_write("a.txt", "fish\n");
	assert_true(fs_write(scratch_path("b.bin"), STR("fish\0"), 0644, &e));
	assert_string_equal(
		run("search", "{\"pattern\":\"fish\",\"path\":\".\"}"), "a.txt:1: fish");
}

static void search_is_bounded(void **state)
{
	(void)state;
	struct buf big;
	buf_init(&big, MIB);
	for (int i = 0; i < 3000; i++)
		buf_add_z(&big, "fish and more fish\n");
	scratch_write("a.txt", buf_z(&big));
	buf_reset(&big);
	buf_add_fill(&big, 'a', 40);
	buf_add_char(&big, '\n');
	scratch_write("b.txt", buf_z(&big));
	buf_clear(&big);
	const char *text = run("search", "{\"pattern\":\"fish\",\"path\":\".\"}");
	assert_true(has(text, "[cut: the first 200 matches are shown]"));
	text = run("search", "{\"pattern\":\"(a+)+$x\",\"path\":\"b.txt\"}");
	assert_true(has(text, "too costly") || has(text, "no matches"));
}

static void shell_gives_exit_code_and_output(void **state)
{
	(void)state;
	assert_string_equal(run("shell", "{\"command\":\"echo hi; pwd >&2\"}"),
		arena_printf(scratch_arena(), "exit 0\nhi\n%s", scratch_dir()).p);
	assert_string_equal(run("shell", "{\"command\":\"true\"}"), "exit 0");
	assert_string_equal(run("shell", "{\"command\":\"echo no; exit 3\"}"), "exit 3\nno");
	assert_true(result()->is_error);
	assert_int_equal(result()->exit_code, 3);
	assert_string_equal(run("shell", "{\"command\":\"kill -9 $$\"}"), "exit 137");
	assert_string_equal(run("shell", "{\"command\":\" \"}"), "error: the command is empty");
	assert_string_equal(run("shell", "{\"command\":\"printf 'a\\\\000b\\\\377'\"}"),
		"exit 0\na?b\xef\xbf\xbd");
}

static void shell_keeps_head_and_tail_of_a_flood(void **state)
{
	(void)state;
	const char *text =
		run("shell", "{\"command\":\"echo first; yes x | head -c 3000000; echo last\"}");
	assert_true(strlen(text) <= TEXT_BYTES);
	assert_true(str_starts(str_z(text), STR("exit 0\nfirst\nx\n")));
	assert_true(str_ends(str_z(text), STR("x\nlast")));
}

/* Dead, if perhaps not buried yet by whoever inherited it. */
static bool is_dead_now(int pid)
{
	struct buf stat;
	struct err e = { 0 };
	if (kill(pid, 0) != 0)
		return true;
	buf_init(&stat, KIB);
	bool is_zombie =
		fs_read(arena_printf(scratch_arena(), "/proc/%d/stat", pid).p, &stat, &e) &&
		has(buf_z(&stat), ") Z");
	buf_clear(&stat);
	return is_zombie;
}

static bool is_gone(int pid)
{
	for (int i = 0; i < 200; i++) {
		if (is_dead_now(pid))
			return true;
		poll(NULL, 0, 10);
	}
	return false;
}

static void shell_stops_a_command_that_hangs_with_all_its_children(void **state)
{
	(void)state;
	start("shell", "{\"command\":\"echo begun; sleep 1000 & echo $! > pid; wait\"}", 300);
	loop_run(loop);
	assert_string_equal(
		buf_z(&result()->text), "error: stopped, because it did not end in 0 s\nbegun");
	assert_true(result()->is_timed_out);
	int pid = (int)strtol(scratch_read("pid").p, NULL, 10);
	assert_true(pid > 1);
	assert_true(is_gone(pid));
}

static void shell_can_be_stopped(void **state)
{
	(void)state;
	start("shell", "{\"command\":\"sleep 1000\"}", DEADLINE_MS);
	tool_job_stop(job);
	loop_run(loop);
	assert_string_equal(buf_z(&result()->text), "error: stopped by the user");
}

static void shell_cannot_reach_our_terminal_or_group(void **state)
{
	(void)state;
	assert_string_equal(run("shell", "{\"command\":\"kill -TERM 0; sleep 1000\"}"), "exit 143");
	const char *text = run("shell", "{\"command\":\"echo x > /dev/tty\"}");
	assert_true(str_starts(str_z(text), STR("exit 1\n")));
}

static void shell_sees_no_secrets(void **state)
{
	(void)state;
	setenv("SOME_API_KEY", "hunter2", 1);
	setenv("MY_PASSWORD", "hunter2", 1);
	setenv("GH_TOKEN", "hunter2", 1);
	const char *text = run("shell", "{\"command\":\"env\"}");
	assert_false(has(text, "hunter2"));
	assert_true(has(text, "PATH="));
	unsetenv("SOME_API_KEY");
	unsetenv("MY_PASSWORD");
	unsetenv("GH_TOKEN");
}

static void a_job_may_be_freed_while_it_runs(void **state)
{
	(void)state;
	scratch_write("a.txt", "x");
	start("search", "{\"pattern\":\"x\",\"path\":\".\"}", 0);
	tool_job_free(job);
	job = NULL;
	start("shell", "{\"command\":\"sleep 1000\"}", 0);
	tool_job_free(job);
	job = NULL;
	assert_true(scratch_has("a.txt"));
}

static void is_refused(const char *tool, const char *args, const char *what)
{
	struct err e = { 0 };
	assert_null(tool_arguments(tool_find(str_z(tool)), str_z(args), NULL, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_MODEL);
	assert_string_equal(e.what, what);
}

static void arguments_are_held_against_the_schema(void **state)
{
	(void)state;
	is_refused("write", "{\"content\":\"x\"}",
		"write: the argument path is missing; it takes path (string), content (string)");
	is_refused("read", "{\"path\":[]}",
		"read: the argument path should be a string, is an array; it takes path (string)");
	is_refused("read", "{\"path\":\"a\",\"lines\":3}",
		"read: it has no argument lines; it takes path (string)");
	is_refused("read", "[]",
		"read: the arguments are no JSON object: they are of another type; it takes path "
		"(string)");
	struct err e = { 0 };
	assert_null(tool_arguments(tool_find(STR("read")), STR("{\"path\":"), NULL, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_MODEL);
	assert_null(tool_find(STR("rm")));
}

static void slips_in_arguments_are_mended_and_told(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct buf did;
	buf_init(&did, 1000);
	json_t *args = tool_arguments(tool_find(STR("read")), STR("{'file': 7,}"), &did, &e);
	assert_null(args);
	args = tool_arguments(tool_find(STR("read")), STR("{'file': 'a.txt',}"), &did, &e);
	assert_str(tool_arg(args, "path"), "a.txt");
	assert_non_null(strstr(buf_z(&did), "the argument path: its name was put right"));
	json_decref(args);
	buf_clear(&did);
}

static void the_table_names_every_tool_once_with_a_readable_schema(void **state)
{
	(void)state;
	for (size_t i = 0; i < TOOL_COUNT; i++) {
		json_t *schema = json_loads(agent_tools[i]->schema, 0, NULL);
		assert_non_null(schema);
		assert_int_equal(json_object_size(json_object_get(schema, "properties")),
			json_array_size(json_object_get(schema, "required")));
		assert_true(!agent_tools[i]->run != !agent_tools[i]->plan);
		json_decref(schema);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(read_returns_the_bytes_of_a_file),
		TEST(read_cuts_what_is_long_and_refuses_what_is_no_text),
		TEST(write_creates_and_replaces),
		TEST(edit_replaces_exactly_one_text),
		TEST(edit_says_when_it_was_tolerant),
		TEST(a_full_disk_during_an_edit_leaves_the_file_whole),
		TEST(list_gives_sorted_names),
		TEST(list_opens_up_small_folders_but_not_big_or_ignored_ones),
		TEST(search_gives_file_line_and_text),
		TEST(search_takes_a_broken_pattern_as_plain_text),
		TEST(search_obeys_ignore_rules_and_skips_binary_files),
		TEST(search_is_bounded),
		TEST(shell_gives_exit_code_and_output),
		TEST(shell_keeps_head_and_tail_of_a_flood),
		TEST(shell_stops_a_command_that_hangs_with_all_its_children),
		TEST(shell_can_be_stopped),
		TEST(shell_cannot_reach_our_terminal_or_group),
		TEST(shell_sees_no_secrets),
		TEST(a_job_may_be_freed_while_it_runs),
		TEST(arguments_are_held_against_the_schema),
		TEST(slips_in_arguments_are_mended_and_told),
		TEST(the_table_names_every_tool_once_with_a_readable_schema),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

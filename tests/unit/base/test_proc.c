#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/env.h"
#include "base/fs.h"
#include "base/loop.h"
#include "base/proc.h"

/* Far above what any of these take; only a hang reaches it. */
enum { LONG_MS = 20000, SHORT_MS = 50, TEXT_BYTES = 1 << 20 };

static struct proc_result result;
static struct buf text;

static int set_up(void **state)
{
	(void)state;
	result = (struct proc_result){ 0 };
	buf_init(&text, TEXT_BYTES);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	proc_result_clear(&result);
	buf_clear(&text);
	return 0;
}

static struct proc_spec shell(const char *const argv[static 4])
{
	return (struct proc_spec){ .argv = argv, .deadline_ms = LONG_MS };
}

#define SH(script) shell((const char *const[4]){ "sh", "-c", script, NULL })

static struct str output(enum proc_stream stream)
{
	buf_reset(&text);
	assert_true(capture_write(&result.out[stream], &text));
	return buf_str(&text);
}

static void run(struct proc_spec spec)
{
	struct err e = { 0 };
	bool ok = proc_run(&spec, &result, &e);
	assert_string_equal(e.what, "");
	assert_true(ok);
}

static int number(struct str s)
{
	uint64_t n = 0;
	return str_to_u64(str_trim(s), &n) ? (int)n : -1;
}

/* A process killed a moment ago may still wait to be reaped by its new parent. */
static bool is_gone(int pid)
{
	int64_t give_up = clock_ms() + LONG_MS;
	struct buf stat;
	buf_init(&stat, TEXT_BYTES);
	bool is_zombie = false;
	while (kill(pid, 0) == 0 && !is_zombie && clock_ms() < give_up) {
		struct err e = { 0 };
		char path[64];
		snprintf(path, sizeof path, "/proc/%d/stat", pid);
		buf_reset(&stat);
		fs_read(path, &stat, &e);
		is_zombie = str_find(buf_str(&stat), STR(") Z ")) != SIZE_MAX;
	}
	buf_clear(&stat);
	return is_zombie || kill(pid, 0) != 0;
}

static void output_and_exit_code_are_told_apart(void **state)
{
	(void)state;
	run(SH("echo out; echo err >&2; exit 7"));
	assert_int_equal(result.exit_code, 7);
	assert_int_equal(result.signal, 0);
	assert_false(result.timed_out);
	assert_str(output(PROC_OUT), "out\n");
	assert_str(output(PROC_ERR), "err\n");
	assert_true(result.peak_rss_bytes > 0);
}

static void merged_output_keeps_its_order(void **state)
{
	(void)state;
	struct proc_spec spec = SH("echo 1; echo 2 >&2; echo 3");
	spec.io = PROC_MERGED;
	run(spec);
	assert_str(output(PROC_OUT), "1\n2\n3\n");
}

static void input_is_given_and_ends(void **state)
{
	(void)state;
	struct proc_spec spec = SH("cat");
	spec.input = STR("some\ninput");
	run(spec);
	assert_str(output(PROC_OUT), "some\ninput");
}

static void input_beyond_a_pipe_is_fed_as_it_is_read(void **state)
{
	(void)state;
	enum { BIG = 1 << 20 };
	char *big = malloc(BIG);
	memset(big, 'x', BIG);
	struct proc_spec spec = SH("wc -c");
	spec.input = str_n(big, BIG);
	run(spec);
	assert_str(str_trim(output(PROC_OUT)), "1048576");
	spec = SH("exit 0"); /* does not read at all */
	spec.input = str_n(big, BIG);
	proc_result_clear(&result);
	run(spec);
	assert_int_equal(result.exit_code, 0);
	free(big);
}

static void without_input_reading_gives_the_end(void **state)
{
	(void)state;
	run(SH("cat; echo end"));
	assert_str(output(PROC_OUT), "end\n");
}

static void a_missing_program_is_named(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct proc_spec spec = { .argv = (const char *const[]){ "no-such-program-here", NULL } };
	assert_false(proc_run(&spec, &result, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_ACT);
	assert_string_equal(e.what, "command not found: no-such-program-here");
	assert_true(e.mend[0] != 0);
	err_clear(&e);
	spec.argv = (const char *const[]){ "/no/such/program", NULL };
	assert_false(proc_run(&spec, &result, &e));
	assert_string_equal(e.what, "command not found: /no/such/program");
}

static void what_is_no_program_is_told_apart_from_what_is_missing(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct str dir;
	assert_true(fs_temp_dir(a, "offgrid-test", &dir, &e));
	const char *file = fs_join(a, dir, STR("f")).p;
	struct proc_spec spec = { .argv = (const char *const[]){ file, NULL } };
	assert_true(fs_write(file, STR("#!/no/such/interpreter\n"), 0755, &e));
	assert_false(proc_run(&spec, &result, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_ACT);
	assert_non_null(strstr(e.what, "interpreter"));
	err_clear(&e);
	assert_true(fs_write(file, STR("\x01\x02\x03"), 0755, &e));
	assert_false(proc_run(&spec, &result, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_ACT);
	err_clear(&e);
	assert_int_equal(chmod(file, 0644), 0);
	assert_false(proc_run(&spec, &result, &e));
	assert_err(e, ERR_DENIED, LAYER_ACT);
	err_clear(&e);
	assert_true(fs_remove_tree(dir.p, &e));
	arena_free(a);
}

static void the_directory_is_the_one_asked_for(void **state)
{
	(void)state;
	struct proc_spec spec = SH("pwd");
	spec.dir = "/";
	run(spec);
	assert_str(output(PROC_OUT), "/\n");
	struct err e = { 0 };
	spec.dir = "/no/such/dir";
	assert_false(proc_run(&spec, &result, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_ACT);
	assert_non_null(strstr(e.what, "/no/such/dir"));
}

static void secrets_stay_with_us(void **state)
{
	(void)state;
	setenv("OFFGRID_TEST_API_KEY", "hush", 1);
	setenv("OFFGRID_TEST_PLAIN", "open", 1);
	run(SH("echo \"$OFFGRID_TEST_API_KEY.$OFFGRID_TEST_PLAIN\""));
	assert_str(output(PROC_OUT), ".open\n");
	proc_result_clear(&result);
	struct proc_spec spec = SH("echo \"$A.$OFFGRID_TEST_PLAIN\"");
	spec.env = (const char *const[]){ "A=b", NULL };
	run(spec);
	assert_str(output(PROC_OUT), "b.\n");
}

static void a_hanging_child_is_ended_with_all_its_children(void **state)
{
	(void)state;
	struct proc_spec spec = SH("sleep 1000 & echo $!; wait");
	spec.deadline_ms = SHORT_MS;
	run(spec);
	assert_true(result.timed_out);
	assert_int_equal(result.signal, SIGTERM);
	int grandchild = number(output(PROC_OUT));
	assert_true(grandchild > 0);
	assert_true(is_gone(grandchild));
}

static void a_child_that_ignores_term_is_killed(void **state)
{
	(void)state;
	struct proc_spec spec = SH("trap '' TERM; while :; do sleep 1000; done");
	spec.deadline_ms = SHORT_MS;
	spec.grace_ms = SHORT_MS;
	run(spec);
	assert_true(result.timed_out);
	assert_int_equal(result.signal, SIGKILL);
}

static void a_flood_costs_bounded_memory(void **state)
{
	(void)state;
	struct proc_spec spec = SH("echo begin; yes | head -c 5000000; echo end");
	spec.max_output_bytes = 1000;
	run(spec);
	struct str out = output(PROC_OUT);
	assert_true(out.n < 1100);
	assert_true(str_starts(out, STR("begin\n")));
	assert_true(str_ends(out, STR("end\n")));
	assert_int_equal(capture_dropped(&result.out[PROC_OUT]), 5000000 + 10 - 1000);
	assert_true(str_find(out, STR("\n[4999010 bytes left out]\n")) != SIZE_MAX);
}

static void a_daemon_that_keeps_the_pipe_is_not_waited_for(void **state)
{
	(void)state;
	int64_t start = clock_ms();
	run(SH("setsid sleep 1000 & echo $!"));
	assert_int_equal(result.exit_code, 0);
	assert_true(result.left_open);
	assert_true(clock_ms() - start < LONG_MS / 2);
	int daemon = number(output(PROC_OUT));
	assert_true(daemon > 0);
	kill(daemon, SIGKILL);
}

static void a_background_job_of_its_group_goes_with_it(void **state)
{
	(void)state;
	run(SH("sleep 1000 & echo $!"));
	assert_int_equal(result.exit_code, 0);
	assert_true(is_gone(number(output(PROC_OUT))));
}

static void a_child_has_no_way_to_our_terminal(void **state)
{
	(void)state;
	run(SH("(: </dev/tty) 2>/dev/null && echo has || echo none"));
	assert_str(output(PROC_OUT), "none\n");
}

static void a_child_holds_none_of_our_descriptors(void **state)
{
	(void)state;
	int leak = open("/dev/null", O_RDONLY); /* not close-on-exec, on purpose */
	int high = fcntl(leak, F_DUPFD, 200);
	run(SH("ls /proc/self/fd /dev/fd/ 2>/dev/null | sort -n | tail -1"));
	close(leak);
	close(high);
	int last = number(output(PROC_OUT));
	assert_true(last >= 2 && last < 10);
}

static void a_terminal_is_a_terminal(void **state)
{
	(void)state;
	struct proc_spec spec =
		SH("test -t 0 && test -t 1 && test -t 2 && echo tty; stty size; cat");
	spec.io = PROC_PTY;
	spec.input = STR("line");
	run(spec);
	assert_str(output(PROC_OUT), "tty\n24 80\nline");
	assert_int_equal(result.exit_code, 0);
}

static int refuse(void *ctx)
{
	(void)ctx;
	return EPERM;
}

static int make_small(void *ctx)
{
	return chdir(ctx) == 0 ? 0 : errno;
}

static void the_hook_runs_in_the_child_and_may_refuse(void **state)
{
	(void)state;
	struct proc_spec spec = SH("pwd");
	spec.before_exec = make_small;
	spec.ctx = "/usr";
	run(spec);
	assert_str(output(PROC_OUT), "/usr\n");
	struct err e = { 0 };
	spec.before_exec = refuse;
	assert_false(proc_run(&spec, &result, &e));
	assert_err(e, ERR_DENIED, LAYER_ACT);
}

struct watcher {
	struct loop *loop;
	struct proc *proc;
	size_t bytes;
	int ended;
};

static void count_and_stop(void *ctx, enum proc_stream stream, struct str bytes)
{
	struct watcher *w = ctx;
	assert_int_equal(stream, PROC_OUT);
	w->bytes += bytes.n;
	proc_stop(w->proc);
}

static void ended(void *ctx, const struct proc_result *r)
{
	struct watcher *w = ctx;
	w->ended++;
	assert_true(r->was_stopped);
	assert_int_equal(r->signal, SIGTERM);
	proc_free(w->proc);
	w->proc = NULL;
	loop_stop(w->loop);
}

static void on_a_loop_output_is_seen_as_it_comes_and_it_can_be_stopped(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct watcher w = { .loop = loop_new() };
	struct proc_spec spec = SH("echo hello; exec sleep 1000");
	spec.on_output = count_and_stop;
	spec.ctx = &w;
	w.proc = proc_start(w.loop, &spec, ended, &w, &e);
	assert_non_null(w.proc);
	loop_run(w.loop);
	assert_int_equal(w.ended, 1);
	assert_int_equal(w.bytes, 6);
	loop_free(w.loop);
}

static void a_freed_proc_is_dead_and_silent(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct watcher w = { .loop = loop_new() };
	struct proc_spec spec = SH("exec sleep 1000");
	w.proc = proc_start(w.loop, &spec, ended, &w, &e);
	assert_non_null(w.proc);
	int pid = proc_pid(w.proc);
	proc_free(w.proc);
	assert_true(is_gone(pid));
	loop_run(w.loop); /* nothing is waited for */
	assert_int_equal(w.ended, 0);
	loop_free(w.loop);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(output_and_exit_code_are_told_apart),
		TEST(merged_output_keeps_its_order),
		TEST(input_is_given_and_ends),
		TEST(input_beyond_a_pipe_is_fed_as_it_is_read),
		TEST(without_input_reading_gives_the_end),
		TEST(a_missing_program_is_named),
		TEST(what_is_no_program_is_told_apart_from_what_is_missing),
		TEST(the_directory_is_the_one_asked_for),
		TEST(secrets_stay_with_us),
		TEST(a_hanging_child_is_ended_with_all_its_children),
		TEST(a_child_that_ignores_term_is_killed),
		TEST(a_flood_costs_bounded_memory),
		TEST(a_daemon_that_keeps_the_pipe_is_not_waited_for),
		TEST(a_background_job_of_its_group_goes_with_it),
		TEST(a_child_has_no_way_to_our_terminal),
		TEST(a_child_holds_none_of_our_descriptors),
		TEST(a_terminal_is_a_terminal),
		TEST(the_hook_runs_in_the_child_and_may_refuse),
		TEST(on_a_loop_output_is_seen_as_it_comes_and_it_can_be_stopped),
		TEST(a_freed_proc_is_dead_and_silent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

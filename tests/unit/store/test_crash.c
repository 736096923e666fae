#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "scratch.h"
#include "store/writer.h"

/* Writes messages for ever, telling the number of each one that store_session_add said was kept. */
static _Noreturn void write_until_killed(const char *path, const char *id, int tell)
{
	struct err e = { 0 };
	struct store *s = store_open(path, &e);
	for (int32_t n = 0; s && n < 1000000; n++) {
		char json[32];
		snprintf(json, sizeof json, "{\"n\":%d}", n);
		if (!store_session_add(s, id, str_z(json), &e) ||
			write(tell, &n, sizeof n) != sizeof n)
			break;
	}
	_exit(1);
}

static void killing_loses_at_most_the_message_being_written(void **state)
{
	(void)state;
	struct err e = { 0 };
	const char *path = fs_join(arena, dir, STR("killed.db")).p;
	for (int round = 0; round < 8; round++) {
		struct store *s = store_open(path, &e);
		struct store_session session = {
			.cwd = STR("/"), .model = STR("m"), .title = STR("t")
		};
		assert_true(store_session_new(s, &session, &e));
		store_close(s);
		int pipe_ends[2];
		assert_int_equal(pipe(pipe_ends), 0);
		pid_t child = fork();
		if (child == 0)
			write_until_killed(path, session.id, pipe_ends[1]);
		close(pipe_ends[1]);
		int32_t last = -1, n;
		int told = 0, wanted = 3 + round * 7;
		while (told < wanted && read(pipe_ends[0], &n, sizeof n) == sizeof n) {
			last = n;
			told++;
		}
		kill(child, SIGKILL);
		while (read(pipe_ends[0], &n, sizeof n) == sizeof n)
			last = n;
		waitpid(child, NULL, 0);
		close(pipe_ends[0]);
		s = store_open(path, &e);
		assert_non_null(s);
		struct str *messages;
		size_t count;
		assert_true(store_session_messages(s, arena, session.id, &messages, &count, &e));
		assert_true(count >= (size_t)last + 1);
		assert_true(count <= (size_t)last + 2);
		for (size_t i = 0; i < count; i++)
			assert_true(str_eq(messages[i], arena_printf(arena, "{\"n\":%zu}", i)));
		store_close(s);
	}
}

/* Hands requests over for ever, telling how many. */
static _Noreturn void hand_over_until_killed(const char *path, int tell)
{
	struct err e = { 0 };
	struct store_writer *w = store_writer_new(store_open(path, &e));
	for (int32_t n = 0; n < 1000000; n++) {
		struct trace *t = trace_new();
		trace_note(t, LAYER_ROUTE, "decision", "request %d", n);
		struct store_ledger_row row = { .trace_id = str_z(trace_id(t)),
			.outcome = STR("ok"),
			.began_unix_ms = n,
			.prompt_tokens = 1 };
		store_writer_put(w, t, &row);
		if (write(tell, &n, sizeof n) != sizeof n)
			break;
	}
	_exit(1);
}

/* Those that were not written yet may be lost, but none in the middle and no part of one. */
static void killing_the_writer_leaves_whole_requests(void **state)
{
	(void)state;
	struct err e = { 0 };
	for (int round = 0; round < 6; round++) {
		const char *path = arena_printf(arena, "%s/writer%d.db", dir.p, round).p;
		int pipe_ends[2];
		assert_int_equal(pipe(pipe_ends), 0);
		pid_t child = fork();
		if (child == 0)
			hand_over_until_killed(path, pipe_ends[1]);
		close(pipe_ends[1]);
		int32_t n = 0;
		while (n < round * 40 && read(pipe_ends[0], &n, sizeof n) == sizeof n)
			;
		kill(child, SIGKILL);
		while (read(pipe_ends[0], &n, sizeof n) == sizeof n)
			;
		waitpid(child, NULL, 0);
		close(pipe_ends[0]);
		struct store *s = store_open(path, &e);
		struct store_ledger_sum sum;
		struct store_trace_line *lines;
		size_t count;
		assert_true(store_ledger_total(s, 0, &sum, &e));
		assert_true(store_trace_list(s, arena, 100000, &lines, &count, &e));
		assert_int_equal(sum.requests, sum.prompt_tokens);
		assert_true(sum.requests <= n + 2);
		assert_int_equal(
			count, sum.requests < LIMIT_TRACES_KEPT ? sum.requests : LIMIT_TRACES_KEPT);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(lines[i].began_unix_ms, sum.requests - 1 - (int64_t)i);
		store_close(s);
	}
}

/* A limit on file size stands for a full disk: SQLite gets the same kind of refusal when it writes.
 */
static void a_full_disk_is_told_and_loses_nothing(void **state)
{
	(void)state;
	struct err e = { 0 };
	const char *path = fs_join(arena, dir, STR("full.db")).p;
	struct store *s = store_open(path, &e);
	struct store_session session = { .cwd = STR("/"), .model = STR("m"), .title = STR("t") };
	assert_true(store_session_new(s, &session, &e));
	assert_true(store_session_add(s, session.id, STR("{\"kept\":1}"), &e));
	signal(SIGXFSZ, SIG_IGN);
	struct rlimit old, tight = { 64 * 1024, 64 * 1024 };
	getrlimit(RLIMIT_FSIZE, &old);
	tight.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	struct str large = arena_printf(arena, "{\"big\":\"%0200000d\"}", 1);
	bool is_written = store_session_add(s, session.id, large, &e);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_false(is_written);
	assert_int_equal(e.layer, LAYER_DISK);
	assert_true(e.kind == ERR_NO_ROOM || e.kind == ERR_IO);
	assert_true(e.mend[0] != 0);
	err_clear(&e);
	struct str *messages;
	size_t count;
	assert_true(store_session_messages(s, arena, session.id, &messages, &count, &e));
	assert_int_equal(count, 1);
	assert_str(messages[0], "{\"kept\":1}");
	assert_true(store_session_add(s, session.id, STR("{\"again\":1}"), &e));
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killing_loses_at_most_the_message_being_written),
		cmocka_unit_test(killing_the_writer_leaves_whole_requests),
		cmocka_unit_test(a_full_disk_is_told_and_loses_nothing),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

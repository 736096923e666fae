#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "scratch.h"

static void messages_come_back_in_order_after_reopening(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct store *s = open_store("a.db");
	struct store_session session = {
		.cwd = STR("/home/x"), .model = STR("m"), .title = STR("t")
	};
	assert_true(store_session_new(s, &session, &e));
	for (int i = 0; i < 30; i++)
		assert_true(
			store_session_add(s, session.id, arena_printf(arena, "{\"n\":%d}", i), &e));
	store_close(s);
	s = open_store("a.db");
	struct store_session found;
	assert_true(store_session_latest(s, arena, STR("/home/x"), &found, &e));
	assert_string_equal(found.id, session.id);
	assert_int_equal(found.messages, 30);
	struct str *messages;
	size_t count;
	assert_true(store_session_messages(s, arena, found.id, &messages, &count, &e));
	assert_int_equal(count, 30);
	assert_str(messages[0], "{\"n\":0}");
	assert_str(messages[29], "{\"n\":29}");
	char part[5];
	snprintf(part, sizeof part, "%.4s", session.id);
	assert_true(store_session_get(s, arena, part, &found, &e));
	assert_false(store_session_get(s, arena, "nope", &found, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_DISK);
	err_clear(&e);
	assert_false(store_session_latest(s, arena, STR("/elsewhere"), &found, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_DISK);
	err_clear(&e);
	assert_false(store_session_add(s, "absent", STR("{}"), &e));
	assert_true(err_is_set(&e));
	store_close(s);
}

static void two_programs_write_into_one_file(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct store *one = open_store("two.db"), *two = open_store("two.db");
	struct store_session session = { .cwd = STR("/"), .model = STR("m"), .title = STR("t") },
			     seen;
	assert_true(store_session_new(one, &session, &e));
	for (int i = 0; i < 10; i++)
		assert_true(store_session_add(i % 2 ? one : two, session.id, STR("{}"), &e));
	assert_true(store_session_get(two, arena, session.id, &seen, &e));
	assert_int_equal(seen.messages, 10);
	store_close(one);
	store_close(two);
}

static void the_ledger_adds_up(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct store *s = open_store("ledger.db");
	struct store_ledger_row row = {
		.outcome = STR("ok"), .began_unix_ms = 1000, .prompt_tokens = 10, .answer_tokens = 3
	};
	assert_true(store_put_requests(s, &(struct store_request){ row, NULL }, 1, &e));
	row.outcome = STR("wire");
	row.began_unix_ms = 2000;
	assert_true(store_put_requests(s, &(struct store_request){ row, NULL }, 1, &e));
	struct store_ledger_sum sum;
	assert_true(store_ledger_total(s, 0, &sum, &e));
	assert_int_equal(sum.requests, 2);
	assert_int_equal(sum.failures, 1);
	assert_int_equal(sum.prompt_tokens, 20);
	assert_true(store_ledger_total(s, 1500, &sum, &e));
	assert_int_equal(sum.requests, 1);
	assert_int_equal(sum.answer_tokens, 3);
	store_close(s);
}

static void traces_are_found_by_the_beginning_of_their_id(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct store *s = open_store("trace.db");
	assert_null(store_trace_get(s, "last", &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_DISK);
	err_clear(&e);
	struct trace *t = trace_new();
	trace_note(t, LAYER_ROUTE, "decision", "goes to local");
	struct store_ledger_row row = { .model = STR("m"), .outcome = STR("ok"), .took_ms = 12 };
	assert_true(store_put_requests(s, &(struct store_request){ row, t }, 1, &e));
	char part[7];
	snprintf(part, sizeof part, "%.6s", trace_id(t));
	struct trace *back = store_trace_get(s, part, &e), *last = store_trace_get(s, "last", &e);
	assert_non_null(back);
	assert_string_equal(trace_id(back), trace_id(t));
	assert_string_equal(trace_id(last), trace_id(t));
	assert_str(trace_get(back, 0)->text, "goes to local");
	struct store_trace_line *lines;
	size_t count;
	assert_true(store_trace_list(s, arena, 10, &lines, &count, &e));
	assert_int_equal(count, 1);
	assert_int_equal(lines[0].took_ms, 12);
	assert_str(lines[0].model, "m");
	trace_free(t);
	trace_free(back);
	trace_free(last);
	store_close(s);
}

static void what_is_no_database_is_refused_and_left_alone(void **state)
{
	(void)state;
	struct err e = { 0 };
	const char *path = fs_join(arena, dir, STR("text.db")).p;
	assert_true(fs_write(path,
		STR("this is a text, not a database, and it is long enough to look at"), 0600, &e));
	assert_null(store_open(path, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_DISK);
	assert_true(e.mend[0] != 0);
	struct buf b;
	buf_init(&b, 1000);
	err_clear(&e);
	assert_true(fs_read(path, &b, &e));
	assert_true(str_starts(buf_str(&b), STR("this is a text")));
	buf_clear(&b);
}

static void the_file_is_private(void **state)
{
	(void)state;
	store_close(open_store("private.db"));
	struct stat st;
	assert_int_equal(stat(fs_join(arena, dir, STR("private.db")).p, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_back_in_order_after_reopening),
		cmocka_unit_test(two_programs_write_into_one_file),
		cmocka_unit_test(the_ledger_adds_up),
		cmocka_unit_test(traces_are_found_by_the_beginning_of_their_id),
		cmocka_unit_test(what_is_no_database_is_refused_and_left_alone),
		cmocka_unit_test(the_file_is_private),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

#include <signal.h>
#include <sys/resource.h>

#include "scratch.h"
#include "store/writer.h"

enum { REQUESTS = 500 };

/* Hands over a request whose words do not outlive the call. */
static void put(struct store_writer *w, int number)
{
	char model[32];
	struct trace *t = trace_new();
	snprintf(model, sizeof model, "m%d", number);
	trace_note(t, LAYER_ROUTE, "decision", "request %d", number);
	struct store_ledger_row row = { .trace_id = str_z(trace_id(t)),
		.client = STR("test"),
		.model = str_z(model),
		.upstream = STR("up"),
		.outcome = STR("ok"),
		.began_unix_ms = number,
		.prompt_tokens = 1 };
	store_writer_put(w, t, &row);
	snprintf(model, sizeof model, "gone");
}

static void all_that_was_handed_over_is_there_in_its_order(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct store_writer *w = store_writer_new(open_store("order.db"));
	for (int i = 0; i < REQUESTS; i++)
		put(w, i);
	assert_int_equal(store_writer_lost(w, &e), 0);
	store_writer_free(w);
	struct store *s = open_store("order.db");
	struct store_ledger_sum sum;
	assert_true(store_ledger_total(s, 0, &sum, &e));
	assert_int_equal(sum.requests, REQUESTS);
	assert_int_equal(sum.prompt_tokens, REQUESTS);
	struct store_trace_line *lines;
	size_t count;
	assert_true(store_trace_list(s, arena, REQUESTS, &lines, &count, &e));
	assert_int_equal(count, REQUESTS);
	for (int i = 0; i < REQUESTS; i++) {
		assert_int_equal(lines[i].began_unix_ms, REQUESTS - 1 - i);
		assert_true(str_eq(lines[i].model, arena_printf(arena, "m%d", REQUESTS - 1 - i)));
	}
	store_close(s);
}

/* A limit on file size stands for a full disk. */
static void what_cannot_be_written_is_counted(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct store *s = open_store("full.db");
	signal(SIGXFSZ, SIG_IGN);
	struct rlimit old, tight = { 1, 1 };
	getrlimit(RLIMIT_FSIZE, &old);
	tight.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	struct store_writer *w = store_writer_new(s);
	for (int i = 0; i < 3; i++)
		put(w, i);
	while (store_writer_lost(w, &e) < 3)
		;
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(e.layer, LAYER_DISK);
	assert_true(e.mend[0] != 0);
	put(w, 3);
	store_writer_free(w);
	s = open_store("full.db");
	struct store_ledger_sum sum;
	err_clear(&e);
	assert_true(store_ledger_total(s, 0, &sum, &e));
	assert_int_equal(sum.requests, 1);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_was_handed_over_is_there_in_its_order),
		cmocka_unit_test(what_cannot_be_written_is_counted),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

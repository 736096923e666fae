#include <signal.h>
#include <sys/resource.h>

#include "base/limits.h"
#include "base/loop.h"
#include "scratch.h"
#include "store/answers.h"
#include "store/writer.h"

static void put(struct store *s, const char *owner, const char *id, const char *previous)
{
	struct err e = { 0 };
	struct store_answer a = {
		.id = str_z(id),
		.owner = str_z(owner),
		.previous = str_z(previous),
		.dialect = STR("responses"),
		.asked = arena_printf(arena, "[\"asked %s\"]", id),
		.answered = arena_printf(arena, "{\"answered\":\"%s\"}", id),
		.began_unix_ms = 7,
	};
	assert_true(store_answer_put(s, &a, &e));
}

static void a_chain_comes_back_oldest_first_after_reopening(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct store *s = open_store("chain.db");
	put(s, "", "a", "");
	put(s, "", "b", "a");
	put(s, "", "other", "a");
	put(s, "", "c", "b");
	store_close(s);
	s = open_store("chain.db");
	struct store_answer *chain;
	size_t count;
	assert_true(store_answer_chain(s, arena, STR(""), STR("c"), &chain, &count, &e));
	assert_int_equal(count, 3);
	assert_str(chain[0].id, "a");
	assert_str(chain[1].id, "b");
	assert_str(chain[2].id, "c");
	assert_str(chain[2].asked, "[\"asked c\"]");
	assert_str(chain[2].answered, "{\"answered\":\"c\"}");
	assert_str(chain[0].dialect, "responses");
	assert_int_equal(chain[0].began_unix_ms, 7);
	assert_true(store_answer_drop(s, STR(""), STR("a"), &e));
	assert_true(store_answer_chain(s, arena, STR(""), STR("c"), &chain, &count, &e));
	assert_int_equal(count, 2);
	assert_str(chain[0].previous, "a");
	store_close(s);
}

static void nobody_sees_what_another_has_asked(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct store *s = open_store("owners.db");
	struct store_answer found, *chain;
	size_t count;
	put(s, "one", "a", "");
	put(s, "two", "b", "a");
	assert_true(store_answer_get(s, arena, STR("one"), STR("a"), &found, &e));
	assert_false(store_answer_get(s, arena, STR("two"), STR("a"), &found, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_DISK);
	err_clear(&e);
	assert_false(store_answer_drop(s, STR("two"), STR("a"), &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_DISK);
	err_clear(&e);
	assert_false(store_answer_chain(s, arena, STR(""), STR("a"), &chain, &count, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_DISK);
	err_clear(&e);
	assert_true(store_answer_chain(s, arena, STR("two"), STR("b"), &chain, &count, &e));
	assert_int_equal(count, 1);
	store_close(s);
}

static void those_not_used_for_longest_go_first(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct store *s = open_store("bounds.db");
	struct store_answer found;
	for (int i = 0; i < LIMIT_ANSWERS_STORED + 3; i++)
		put(s, "", arena_printf(arena, "id%d", i).p, "");
	assert_false(store_answer_get(s, arena, STR(""), STR("id2"), &found, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_DISK);
	err_clear(&e);
	assert_true(store_answer_get(s, arena, STR(""), STR("id3"), &found, &e));
	struct buf large;
	buf_init(&large, LIMIT_ANSWER_STORED_BYTES + 1);
	buf_add_fill(&large, ' ', LIMIT_ANSWER_STORED_BYTES + 1);
	struct store_answer a = { .id = STR("large"), .asked = buf_str(&large) };
	assert_false(store_answer_put(s, &a, &e));
	assert_err(e, ERR_TOO_BIG, LAYER_DISK);
	buf_clear(&large);
	store_close(s);
}

/* A limit on file size stands for a full disk. */
static void a_full_disk_is_told_and_loses_nothing_kept(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct store *s = open_store("full.db");
	struct store_answer found;
	put(s, "", "a", "");
	signal(SIGXFSZ, SIG_IGN);
	struct rlimit old, tight = { 64 * 1024, 64 * 1024 };
	getrlimit(RLIMIT_FSIZE, &old);
	tight.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	struct store_answer large = { .id = STR("b"),
		.asked = arena_printf(arena, "%0200000d", 1) };
	bool is_kept = store_answer_put(s, &large, &e);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_false(is_kept);
	assert_int_equal(e.layer, LAYER_DISK);
	err_clear(&e);
	assert_true(store_answer_get(s, arena, STR(""), STR("a"), &found, &e));
	put(s, "", "b", "a");
	store_close(s);
}

/* ---- jobs ---- */

struct asking {
	struct store_job job;
	struct loop *loop;
	bool is_there;
	int *told;
};

static void run_asking(struct store_job *job, struct store *s)
{
	struct asking *a = (struct asking *)job;
	struct store_ledger_sum sum;
	struct err e = { 0 };
	a->is_there = store_ledger_total(s, 0, &sum, &e) && sum.requests == 1;
}

static void end_asking(struct store_job *job)
{
	struct asking *a = (struct asking *)job;
	(*a->told)++;
	if (a->loop)
		loop_stop(a->loop);
}

static void a_job_finds_what_was_handed_over_before_it(void **state)
{
	(void)state;
	struct err e = { 0 };
	int told = 0;
	struct loop *loop = loop_new();
	struct store_writer *w = store_writer_new(open_store("jobs.db"));
	store_writer_on_loop(w, loop);
	struct store_ledger_row row = { .trace_id = STR("t"), .outcome = STR("ok") };
	store_writer_put(w, trace_new(), &row);
	struct asking first = { { run_asking, end_asking }, loop, false, &told };
	store_writer_do(w, &first.job);
	assert_int_equal(told, 0);
	loop_run(loop);
	assert_int_equal(told, 1);
	assert_true(first.is_there);
	struct asking last = { { run_asking, end_asking }, NULL, false, &told };
	store_writer_do(w, &last.job);
	store_writer_free(w);
	assert_int_equal(told, 2);
	assert_true(last.is_there);
	loop_free(loop);
	assert_false(err_is_set(&e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_comes_back_oldest_first_after_reopening),
		cmocka_unit_test(nobody_sees_what_another_has_asked),
		cmocka_unit_test(those_not_used_for_longest_go_first),
		cmocka_unit_test(a_full_disk_is_told_and_loses_nothing_kept),
		cmocka_unit_test(a_job_finds_what_was_handed_over_before_it),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

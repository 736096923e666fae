/*
 * test_outflow.c - engine/outflow.c: whole characters, no stop text, however the bytes are cut.
 */
#include "../unit.h"
#include "engine/outflow.h"

static const struct str stops[] = { { "STOP", 4 }, { "\n\nUser:", 7 }, { "TOP SECRET", 10 } };

/* Feeds the bytes in pieces of `step`, takes after each; what left, and whether it was stopped. */
static bool flow(struct str bytes, size_t step, size_t stop_count, struct buf *out, size_t *which)
{
	struct outflow o;
	outflow_init(&o, stops, stop_count);
	bool goes_on = true;
	for (size_t at = 0; goes_on && at < bytes.n; at += step) {
		goes_on = outflow_put(&o, str_sub(bytes, at, at + step));
		outflow_take(&o, false, out);
		assert_true(out->n <= bytes.n * 3);
	}
	outflow_take(&o, true, out);
	*which = o.stop;
	outflow_clear(&o);
	return !goes_on;
}

static void assert_flow(struct str bytes, struct str left, size_t which)
{
	for (size_t step = 1; step <= bytes.n; step++) {
		struct buf out;
		size_t stop;
		buf_init(&out, 1000);
		assert_int_equal(flow(bytes, step, 3, &out, &stop), which < 3);
		assert_int_equal(out.n, left.n);
		assert_memory_equal(out.p ? out.p : "", left.p, left.n);
		assert_int_equal(stop, which);
		buf_clear(&out);
	}
}

static void text_without_a_stop_leaves_whole(void **state)
{
	(void)state;
	assert_flow(STR("hello \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80 there"),
		STR("hello \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80 there"), 3);
	assert_flow(STR("STO and ST and S"), STR("STO and ST and S"), 3);
}

static void a_stop_text_ends_it_however_it_is_cut(void **state)
{
	(void)state;
	assert_flow(STR("go STOP now"), STR("go "), 0);
	assert_flow(STR("SSTOSTOP"), STR("SSTO"), 0);
	assert_flow(STR("one\n\n\nUser: two"), STR("one\n"), 1);
}

static void the_stop_that_ends_first_wins(void **state)
{
	(void)state;
	assert_flow(STR("a STOP SECRET b"), STR("a "), 0);
	assert_flow(STR("a TOP SECRET b"), STR("a "), 2);
}

static void what_is_no_character_becomes_a_replacement(void **state)
{
	(void)state;
	assert_flow(STR("a\xff"
			"b\xe2\x82"),
		STR("a\xef\xbf\xbd"
		    "b\xef\xbf\xbd\xef\xbf\xbd"),
		3);
}

static void a_character_is_never_cut(void **state)
{
	(void)state;
	struct outflow o;
	struct buf out;
	buf_init(&out, 100);
	outflow_init(&o, NULL, 0);
	assert_true(outflow_put(&o, STR("x\xe2\x82")));
	outflow_take(&o, false, &out);
	assert_str(buf_str(&out), "x");
	assert_int_equal(o.released, 1);
	assert_true(outflow_put(&o, STR("\xac")));
	outflow_take(&o, false, &out);
	assert_str(buf_str(&out), "x\xe2\x82\xac");
	assert_int_equal(o.released, o.taken_in);
	outflow_clear(&o);
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_without_a_stop_leaves_whole),
		cmocka_unit_test(a_stop_text_ends_it_however_it_is_cut),
		cmocka_unit_test(the_stop_that_ends_first_wins),
		cmocka_unit_test(what_is_no_character_becomes_a_replacement),
		cmocka_unit_test(a_character_is_never_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

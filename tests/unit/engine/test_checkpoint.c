/*
 * test_checkpoint.c - engine/checkpoint.c: which states are kept, found and dropped.
 */
#include "engine/checkpoint.h"

#include <stdlib.h>

#include "../unit.h"

enum { PLENTY = 1000000, SIZE = 100 };

static void add(struct checkpoints *c, size_t tokens, size_t most_bytes)
{
	checkpoints_add(c, (struct checkpoint){ tokens, calloc(1, SIZE), SIZE }, most_bytes);
}

static size_t found(const struct checkpoints *c, size_t tokens)
{
	const struct checkpoint *p = checkpoints_find(c, tokens);
	return p ? p->tokens : 0;
}

static void the_last_within_the_tokens_is_found(void **state)
{
	(void)state;
	struct checkpoints c = { 0 };
	assert_int_equal(found(&c, 1000), 0);
	add(&c, 100, PLENTY);
	add(&c, 300, PLENTY);
	assert_int_equal(found(&c, 99), 0);
	assert_int_equal(found(&c, 100), 100);
	assert_int_equal(found(&c, 299), 100);
	assert_int_equal(found(&c, 5000), 300);
	checkpoints_clear(&c);
	assert_int_equal(c.n, 0);
}

static void those_behind_a_change_are_dropped(void **state)
{
	(void)state;
	struct checkpoints c = { 0 };
	add(&c, 100, PLENTY);
	add(&c, 200, PLENTY);
	checkpoints_truncate(&c, 200);
	assert_int_equal(c.n, 2);
	checkpoints_truncate(&c, 199);
	assert_int_equal(found(&c, 1000), 100);
	checkpoints_clear(&c);
}

static void the_one_between_the_nearest_gives_way(void **state)
{
	(void)state;
	struct checkpoints c = { 0 };
	add(&c, 1000, PLENTY);
	add(&c, 1100, PLENTY);
	add(&c, 1200, PLENTY);
	add(&c, 5000, PLENTY);
	add(&c, 9000, PLENTY);
	assert_int_equal(c.n, CHECKPOINTS);
	assert_int_equal(found(&c, 1199), 1000);
	assert_int_equal(found(&c, 4999), 1200);
	assert_int_equal(found(&c, 9000), 9000);
	checkpoints_clear(&c);
}

static void memory_is_bounded(void **state)
{
	(void)state;
	struct checkpoints c = { 0 };
	add(&c, 100, 2 * SIZE);
	add(&c, 200, 2 * SIZE);
	add(&c, 300, 2 * SIZE);
	assert_int_equal(c.n, 2);
	assert_int_equal(found(&c, 300), 300);
	add(&c, 400, SIZE - 1); /* too big by itself: nothing changes */
	assert_int_equal(c.n, 2);
	assert_int_equal(found(&c, 400), 300);
	checkpoints_clear(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_within_the_tokens_is_found),
		cmocka_unit_test(those_behind_a_change_are_dropped),
		cmocka_unit_test(the_one_between_the_nearest_gives_way),
		cmocka_unit_test(memory_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

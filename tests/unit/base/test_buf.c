#include "../unit.h"

#include <stdlib.h>

#include "base/buf.h"

static void overflow_adds_nothing_and_stays(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 5);
	assert_true(buf_add_z(&b, "abc"));
	assert_false(buf_add_z(&b, "def"));
	assert_str(buf_str(&b), "abc");
	assert_true(buf_add_z(&b, "de"));
	assert_true(b.overflow);
	buf_reset(&b);
	assert_false(b.overflow);
	assert_int_equal(b.n, 0);
	buf_clear(&b);
}

static void bytes_are_always_terminated(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 1000);
	assert_string_equal(buf_z(&b), "");
	for (int i = 0; i < 200; i++)
		buf_printf(&b, "%d,", i % 10);
	assert_int_equal(b.n, 400);
	assert_int_equal(b.p[400], 0);
	buf_drop_front(&b, 396);
	assert_string_equal(buf_z(&b), "8,9,");
	char *taken = buf_take(&b);
	assert_string_equal(taken, "8,9,");
	free(taken);
	assert_int_equal(b.n, 0);
	assert_null(b.p);
	taken = buf_take(&b);
	assert_string_equal(taken, "");
	free(taken);
}

static void room_is_given_by_hand(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 10);
	char *to = buf_room(&b, 10);
	assert_non_null(to);
	to[0] = 'x';
	buf_grew(&b, 1);
	assert_str(buf_str(&b), "x");
	assert_null(buf_room(&b, 10));
	assert_true(b.overflow);
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overflow_adds_nothing_and_stays),
		cmocka_unit_test(bytes_are_always_terminated),
		cmocka_unit_test(room_is_given_by_hand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

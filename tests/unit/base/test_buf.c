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

static void printing_over_the_cap_leaves_what_there_was(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 20);
	for (size_t i = 0; i < 10; i++)
		assert_true(buf_printf(&b, "%zu", i));
	assert_false(buf_printf(&b, "%s", "over the cap"));
	assert_true(b.overflow);
	assert_string_equal(buf_z(&b), "0123456789");
	assert_true(buf_printf(&b, "%010d", 7));
	assert_string_equal(buf_z(&b), "01234567890000000007");
	buf_clear(&b);
}

static void printing_grows_at_every_length(void **state)
{
	(void)state;
	for (int n = 0; n < 200; n++) {
		struct buf b;
		buf_init(&b, 1000);
		assert_true(buf_printf(&b, "<%*d", n, 1) && buf_printf(&b, "%*d>", n, 2));
		assert_int_equal(b.n, 2 * (n > 1 ? n : 1) + 2);
		assert_int_equal(b.p[b.n - 1], '>');
		assert_int_equal(b.p[b.n], 0);
		buf_clear(&b);
	}
}

static void numbers_are_added_up_to_both_ends(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 100);
	buf_add_i64(&b, INT64_MIN);
	buf_add_char(&b, ' ');
	buf_add_i64(&b, 0);
	buf_add_char(&b, ' ');
	buf_add_i64(&b, INT64_MAX);
	assert_string_equal(buf_z(&b), "-9223372036854775808 0 9223372036854775807");
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
		cmocka_unit_test(printing_over_the_cap_leaves_what_there_was),
		cmocka_unit_test(printing_grows_at_every_length),
		cmocka_unit_test(numbers_are_added_up_to_both_ends),
		cmocka_unit_test(bytes_are_always_terminated),
		cmocka_unit_test(room_is_given_by_hand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

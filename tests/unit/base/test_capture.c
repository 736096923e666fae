#include "../unit.h"

#include "base/capture.h"

static struct capture c;
static struct buf out;

static struct str written(void)
{
	buf_init(&out, 1000);
	assert_true(capture_write(&c, &out));
	return buf_str(&out);
}

static void done(void)
{
	buf_clear(&out);
	capture_clear(&c);
}

static void what_fits_is_kept_whole(void **state)
{
	(void)state;
	capture_init(&c, 8);
	capture_add(&c, STR("abcd"));
	capture_add(&c, STR("efg"));
	assert_str(written(), "abcdefg");
	assert_int_equal(capture_dropped(&c), 0);
	done();
	capture_add(&c, STR("abcdefgh"));
	assert_str(written(), "abcdefgh");
	done();
}

static void head_and_tail_are_kept_however_the_flood_is_cut(void **state)
{
	(void)state;
	const struct str flood = STR("0123456789abcdefghijklmnop");
	for (size_t piece = 1; piece <= flood.n; piece++) {
		capture_init(&c, 7);
		for (size_t at = 0; at < flood.n; at += piece)
			capture_add(&c, str_sub(flood, at, at + piece));
		assert_str(written(), "012\n[19 bytes left out]\nmnop");
		done();
	}
}

static void a_limit_of_nothing_keeps_nothing(void **state)
{
	(void)state;
	capture_init(&c, 0);
	capture_add(&c, STR("abc"));
	assert_str(written(), "\n[3 bytes left out]\n");
	done();
	assert_str(written(), "");
	done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_kept_whole),
		cmocka_unit_test(head_and_tail_are_kept_however_the_flood_is_cut),
		cmocka_unit_test(a_limit_of_nothing_keeps_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

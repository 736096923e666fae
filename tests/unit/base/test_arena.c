#include "../unit.h"

#include <string.h>

#include "base/arena.h"

static void pieces_keep_their_bytes_and_are_zeroed(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	unsigned char *pieces[300];
	for (size_t i = 0; i < 300; i++) {
		size_t size = i * 37 % 9000 + 1;
		pieces[i] = arena_alloc(a, size);
		assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
		assert_int_equal(pieces[i][0], 0);
		assert_int_equal(pieces[i][size - 1], 0);
		memset(pieces[i], (int)(i & 0xff), size);
	}
	for (size_t i = 0; i < 300; i++) {
		assert_int_equal(pieces[i][0], i & 0xff);
		assert_int_equal(pieces[i][i * 37 % 9000], i & 0xff);
	}
	arena_free(a);
}

static void reset_forgets_and_reuses(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	assert_str(arena_printf(a, "%s-%d", "x", 5), "x-5");
	for (int n = 0; n < 20000; n += 37) { /* so that some do not fit what is left of a block */
		struct str s = arena_printf(a, "<%*d>", n, 1);
		assert_int_equal(s.n, (n > 1 ? n : 1) + 2);
		assert_true(s.p[0] == '<' && str_ends(s, STR("1>")) && s.p[s.n] == 0);
	}
	arena_alloc(a, 100000);
	assert_true(arena_bytes(a) >= 100000);
	arena_reset(a);
	assert_int_equal(arena_bytes(a), 0);
	assert_string_equal(arena_z(a, STR("again")), "again");
	arena_free(a);
	arena_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_keep_their_bytes_and_are_zeroed),
		cmocka_unit_test(reset_forgets_and_reuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include "base/lazy.h"

static double (*cosine)(double);

static const struct lazy_function known[] = { { "cos", (void **)&cosine } };
static const struct lazy_function unknown[] = { { "no_such_function", (void **)&cosine } };

static void a_library_is_opened_and_its_functions_work(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct lazy_library math = { "libm.so.6", known, 1, false };
	assert_true(lazy_open(&math, &e));
	assert_true(lazy_open(&math, &e));
	assert_true(cosine(0) == 1.0);
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct lazy_library none = { "libno-such-library.so.9", known, 1, false };
	assert_false(lazy_open(&none, &e));
	assert_err(e, ERR_BROKEN, LAYER_NONE);
	assert_non_null(strstr(e.what, "libno-such-library.so.9"));
	err_clear(&e);
	struct lazy_library math = { "libm.so.6", unknown, 1, false };
	assert_false(lazy_open(&math, &e));
	assert_non_null(strstr(e.what, "no_such_function"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library_is_opened_and_its_functions_work),
		cmocka_unit_test(what_is_missing_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

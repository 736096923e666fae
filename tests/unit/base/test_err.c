#include "../unit.h"

#include <errno.h>
#include <string.h>

static void the_first_cause_wins_and_context_goes_in_front(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_false(fail(&e, ERR_TOO_BIG, LAYER_WIRE, "body of %d bytes", 9));
	assert_false(fail(&e, ERR_IO, LAYER_DISK, "something later"));
	err_context(&e, "request %d", 7);
	err_mend(&e, "send less");
	err_mend(&e, "another mend");
	assert_err(e, ERR_TOO_BIG, LAYER_WIRE);
	assert_string_equal(e.what, "request 7: body of 9 bytes");
	assert_string_equal(e.mend, "send less");
	assert_int_equal(err_http_status(&e), 413);
	assert_int_equal(err_exit_code(&e), 5);
}

static void errno_chooses_the_kind(void **state)
{
	(void)state;
	struct err e = { 0 };
	fail_errno(&e, LAYER_DISK, ENOSPC, "cannot write %s", "f");
	assert_err(e, ERR_NO_ROOM, LAYER_DISK);
	assert_non_null(strstr(e.what, "cannot write f: "));
	assert_int_equal(e.code, ENOSPC);
}

static void nobody_to_tell_is_fine(void **state)
{
	(void)state;
	assert_false(fail(NULL, ERR_IO, LAYER_DISK, "x"));
	assert_false(err_context(NULL, "x"));
	assert_false(err_mend(NULL, "x"));
}

static void every_kind_and_layer_has_a_name(void **state)
{
	(void)state;
	for (int k = 0; k < ERR_KIND_COUNT; k++)
		assert_non_null(err_kinds[k].name);
	for (int l = 0; l < LAYER_COUNT; l++)
		assert_non_null(layers[l].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_cause_wins_and_context_goes_in_front),
		cmocka_unit_test(errno_chooses_the_kind),
		cmocka_unit_test(nobody_to_tell_is_fine),
		cmocka_unit_test(every_kind_and_layer_has_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "serve/keys.h"

static void without_keys_everybody_fits(void **state)
{
	(void)state;
	struct keys *k = keys_new();
	assert_true(keys_fit(k, STR("")));
	assert_true(keys_fit(k, STR("anything")));
	assert_int_equal(keys_count(k), 0);
	keys_free(k);
}

static void only_a_known_key_fits(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct keys *k = keys_new();
	assert_true(keys_add(k, STR("secret-one"), &e));
	assert_true(keys_add(k, STR("secret-two"), &e));
	assert_true(keys_fit(k, STR("secret-one")));
	assert_true(keys_fit(k, STR("secret-two")));
	assert_false(keys_fit(k, STR("secret-on")));
	assert_false(keys_fit(k, STR("secret-three")));
	assert_false(keys_fit(k, STR("")));
	keys_free(k);
}

static void a_short_key_is_refused(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct keys *k = keys_new();
	assert_false(keys_add(k, STR("1234567"), &e));
	assert_err(e, ERR_USAGE, LAYER_CLIENT);
	assert_null(strstr(e.what, "1234567"));
	keys_free(k);
}

static void a_file_must_be_private(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct arena *a = arena_new();
	struct keys *k = keys_new();
	struct str dir;
	assert_true(fs_temp_dir(a, "keys", &dir, &e));
	const char *path = fs_join(a, dir, STR("keys")).p;
	assert_true(fs_write(path, STR("# mine\n\n  secret-one \nsecret-two\n"), 0600, &e));
	assert_true(keys_add_file(k, path, &e));
	assert_int_equal(keys_count(k), 2);
	assert_true(keys_fit(k, STR("secret-one")));
	assert_int_equal(chmod(path, 0640), 0);
	assert_false(keys_add_file(k, path, &e));
	assert_err(e, ERR_DENIED, LAYER_CLIENT);
	err_clear(&e);
	const char *empty = fs_join(a, dir, STR("empty")).p;
	assert_true(fs_write(empty, STR("# none\n"), 0600, &e));
	assert_false(keys_add_file(k, empty, &e));
	assert_err(e, ERR_USAGE, LAYER_CLIENT);
	err_clear(&e);
	assert_false(keys_add_file(k, "/nonexistent/keys", &e));
	assert_true(err_is_set(&e));
	assert_true(fs_remove_tree(dir.p, NULL));
	keys_free(k);
	arena_free(a);
}

static void a_variable_may_hold_several(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct keys *k = keys_new();
	assert_int_equal(setenv("OFFGRID_TEST_KEYS", "secret-one, secret-two", 1), 0);
	assert_true(keys_add_env(k, "OFFGRID_TEST_KEYS", &e));
	assert_int_equal(keys_count(k), 2);
	assert_true(keys_fit(k, STR("secret-two")));
	assert_int_equal(unsetenv("OFFGRID_TEST_KEYS"), 0);
	assert_false(keys_add_env(k, "OFFGRID_TEST_KEYS", &e));
	assert_err(e, ERR_DENIED, LAYER_CLIENT);
	keys_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_keys_everybody_fits),
		cmocka_unit_test(only_a_known_key_fits),
		cmocka_unit_test(a_short_key_is_refused),
		cmocka_unit_test(a_file_must_be_private),
		cmocka_unit_test(a_variable_may_hold_several),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include <stdlib.h>

#include "base/env.h"

static void names_tell_secrets(void **state)
{
	(void)state;
	static const char *const secret[] = { "OPENAI_API_KEY", "AWS_ACCESS_KEY_ID", "APIKEY",
		"GITHUB_TOKEN", "github_token", "DB_PASSWORD", "SSH_AUTH_SOCK", "MYSQL_PWD",
		"GOOGLE_APPLICATION_CREDENTIALS", "CLIENT_SECRET" };
	static const char *const plain[] = { "PATH", "HOME", "PWD", "OLDPWD", "KEYBOARD", "LANG",
		"XAUTHORITY", "GIT_AUTHOR_NAME", "TERM" };
	for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
		assert_true(env_is_secret(str_z(secret[i]), STR("x")));
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		assert_false(env_is_secret(str_z(plain[i]), STR("x")));
}

static void a_url_with_a_password_is_a_secret(void **state)
{
	(void)state;
	assert_true(env_is_secret(STR("DATABASE_URL"), STR("postgres://me:pw@host/db")));
	assert_false(env_is_secret(STR("DATABASE_URL"), STR("postgres://host:5432/a@b")));
	assert_false(env_is_secret(STR("HTTP_PROXY"), STR("http://localhost:3128")));
}

static void additions_win_over_ours(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	setenv("OFFGRID_TEST_X", "ours", 1);
	setenv("OFFGRID_TEST_TOKEN", "hush", 1);
	const char *const more[] = { "OFFGRID_TEST_X=theirs", "OFFGRID_TEST_Y=", NULL };
	const char *const *env = env_for_child(a, more);
	assert_str(env_get(env, "OFFGRID_TEST_X"), "theirs");
	assert_str(env_get(env, "OFFGRID_TEST_Y"), "");
	assert_str(env_get(env, "OFFGRID_TEST_TOKEN"), "");
	assert_int_equal(str_cmp(env_get(env, "PATH"), str_z(getenv("PATH"))), 0);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_tell_secrets),
		cmocka_unit_test(a_url_with_a_password_is_a_secret),
		cmocka_unit_test(additions_win_over_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include "base/nearest.h"

static struct str nearest_of(const char *word)
{
	static const char *const candidates[] = { "serve", "show", "switch", "max-tokens", "rm",
		"port" };
	struct nearest n = nearest_to(str_z(word));
	for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
		nearest_try(&n, str_z(candidates[i]));
	return n.best;
}

static void one_slip_is_understood(void **state)
{
	(void)state;
	assert_str(nearest_of("sevre"), "serve");
	assert_str(nearest_of("Serve"), "serve");
	assert_str(nearest_of("shwo"), "show");
	assert_str(nearest_of("max_tokens"), "max-tokens");
	assert_str(nearest_of("prt"), "port");
}

static void a_beginning_is_understood(void **state)
{
	(void)state;
	assert_str(nearest_of("max"), "max-tokens");
	assert_str(nearest_of("swi"), "switch");
}

static void what_is_far_from_all_is_nothing(void **state)
{
	(void)state;
	assert_str(nearest_of("bananas"), "");
	assert_str(nearest_of("x"), "");
	assert_str(nearest_of("xy"), "");
	assert_str(nearest_of(""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_slip_is_understood),
		cmocka_unit_test(a_beginning_is_understood),
		cmocka_unit_test(what_is_far_from_all_is_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include "agent/policy.h"

struct row {
	enum policy policy;
	enum tool_risk risk;
	bool is_closed;
	enum verdict verdict;
};

static const struct row rows[] = {
	{ POLICY_EDITS, TOOL_READS, false, VERDICT_ALLOW },
	{ POLICY_EDITS, TOOL_EDITS, false, VERDICT_ALLOW },
	{ POLICY_EDITS, TOOL_RUNS, false, VERDICT_ASK },
	{ POLICY_EDITS, TOOL_RUNS, true, VERDICT_ALLOW },
	{ POLICY_ASK, TOOL_READS, true, VERDICT_ALLOW },
	{ POLICY_ASK, TOOL_EDITS, true, VERDICT_ASK },
	{ POLICY_ASK, TOOL_RUNS, true, VERDICT_ASK },
	{ POLICY_AUTO, TOOL_EDITS, false, VERDICT_ALLOW },
	{ POLICY_AUTO, TOOL_RUNS, false, VERDICT_ALLOW },
	{ POLICY_READ_ONLY, TOOL_READS, true, VERDICT_ALLOW },
	{ POLICY_READ_ONLY, TOOL_EDITS, true, VERDICT_REFUSE },
	{ POLICY_READ_ONLY, TOOL_RUNS, true, VERDICT_REFUSE },
};

static void each_policy_decides_by_risk_and_cage(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(policy_decide(rows[i].policy, rows[i].risk, rows[i].is_closed),
			rows[i].verdict);
}

static void a_refusal_says_why(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	assert_str(policy_why(a, POLICY_READ_ONLY, TOOL_EDITS, VERDICT_REFUSE),
		"refused: the policy \"read-only\" forbids changing a file");
	assert_str(policy_why(a, POLICY_EDITS, TOOL_RUNS, VERDICT_ASK),
		"refused: running a command without a cage needs consent, and nobody is there to "
		"ask");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_policy_decides_by_risk_and_cage),
		cmocka_unit_test(a_refusal_says_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * policy.c - see policy.h.
 *
 * Layer: act
 */
#include "agent/policy.h"

const char *const policy_names[] = {
	[POLICY_EDITS] = "edits",
	[POLICY_ASK] = "ask",
	[POLICY_AUTO] = "auto",
	[POLICY_READ_ONLY] = "read-only",
	[POLICY_COUNT] = NULL,
};

const char *const policy_about[] = {
	[POLICY_EDITS] = "accept edits in the working directory, and commands in the cage",
	[POLICY_ASK] = "ask before every edit and every command",
	[POLICY_AUTO] = "accept everything",
	[POLICY_READ_ONLY] = "change nothing, run nothing",
};

_Static_assert(sizeof policy_about / sizeof policy_about[0] == POLICY_COUNT, "words for each");

static const enum verdict verdicts[POLICY_COUNT][TOOL_RISK_COUNT] = {
	[POLICY_EDITS] = { VERDICT_ALLOW, VERDICT_ALLOW, VERDICT_ASK },
	[POLICY_ASK] = { VERDICT_ALLOW, VERDICT_ASK, VERDICT_ASK },
	[POLICY_AUTO] = { VERDICT_ALLOW, VERDICT_ALLOW, VERDICT_ALLOW },
	[POLICY_READ_ONLY] = { VERDICT_ALLOW, VERDICT_REFUSE, VERDICT_REFUSE },
};

enum verdict policy_decide(enum policy p, enum tool_risk risk, bool is_cage_closed)
{
	if (p == POLICY_EDITS && risk == TOOL_RUNS && is_cage_closed)
		return VERDICT_ALLOW;
	return verdicts[p][risk];
}

struct str policy_why(struct arena *a, enum policy p, enum tool_risk risk, enum verdict v)
{
	const char *what = risk == TOOL_RUNS ? "running a command" : "changing a file";
	if (v == VERDICT_REFUSE)
		return arena_printf(
			a, "refused: the policy \"%s\" forbids %s", policy_names[p], what);
	if (p == POLICY_EDITS)
		return arena_printf(a,
			"refused: %s without a cage needs consent, and nobody is there to ask",
			what);
	return arena_printf(a, "refused: %s needs consent, and nobody is there to ask", what);
}

/*
 * policy.h - what may be done without asking.
 *
 * One table: a tool's risk against the policy a person chose, for commands also whether the cage is
 * closed. Nothing that a model, a file or a web page says comes into it.
 */
#ifndef OFFGRID_AGENT_POLICY_H
#define OFFGRID_AGENT_POLICY_H

#include "agent/tool.h"

enum policy {
	POLICY_EDITS,     /* edits are accepted; commands run in a closed cage, else one is asked */
	POLICY_ASK,       /* every edit and every command is asked about */
	POLICY_AUTO,      /* everything is accepted, in the cage if there is one */
	POLICY_READ_ONLY, /* nothing is changed and nothing run */
	POLICY_COUNT
};

extern const char *const policy_names[POLICY_COUNT + 1]; /* "edits", "ask", ...; NULL at the end */
extern const char *const policy_about[POLICY_COUNT];

enum verdict { VERDICT_ALLOW, VERDICT_ASK, VERDICT_REFUSE };

enum verdict policy_decide(enum policy p, enum tool_risk risk, bool is_cage_closed);

/* Why it was refused, for the model and the receipt: what the policy says, or that there was nobody
 * to ask. */
struct str policy_why(struct arena *a, enum policy p, enum tool_risk risk, enum verdict v);

#endif

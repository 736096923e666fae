/*
 * claims.h - what a final text says was done.
 *
 * A lexical reader, no model: it looks for English sentences of the form "I created a.txt", "a.txt
 * and b.txt are written", "Changed x to y in a.txt", "deleted a.txt", "all tests pass", "ended with
 * exit code 0", and for lists under "I created:". It is conservative: questions, negations,
 * conditions, plans, quotations, code and things that only look like files give no claim. So a
 * claim that is missed is possible, a sentence turned into a claim that it does not make should not
 * be; the tests hold both with examples.
 *
 * Whether a claim is so is not decided here: see receipt.h. Pure.
 */
#ifndef OFFGRID_AGENT_CLAIMS_H
#define OFFGRID_AGENT_CLAIMS_H

#include "base/arena.h"

enum claim_kind {
	CLAIM_MADE,    /* subject: a file that was created, written or changed */
	CLAIM_DELETED, /* subject: a file that is gone */
	CLAIM_TESTED,  /* tests or checks were run and passed */
	CLAIM_RAN,     /* subject: a command that was run */
	CLAIM_EXITED,  /* code: a command ended with it */
	CLAIM_KIND_COUNT
};

struct claim {
	enum claim_kind kind;
	struct str subject;
	int code;
	bool is_weak;        /* it may only describe what a program does: false only if the file is
				missing */
	struct str sentence; /* in which it stands */
};

struct claims {
	struct claim *items;
	size_t count;
};

/* At most LIMIT_CLAIMS. All in the arena, the text copied. */
struct claims claims_find(struct arena *a, struct str text);

#endif

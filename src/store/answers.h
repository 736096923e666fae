/*
 * answers.h - answers kept so that a later request may go on from them by naming their id.
 *
 * An answer holds what was asked in its own request, what was said, and the id of the answer it
 * went on from; a conversation is the chain of these. Its text is its dialect's, not read here. An
 * answer belongs to whoever asked (`owner`): for anybody else it is not there.
 *
 * How many are kept, how old they get without being used and how many bytes they take is bounded
 * (LIMIT_ANSWERS_STORED, STORE_ANSWER_DAYS, LIMIT_ANSWERS_STORED_BYTES): those not used for the
 * longest time go first, and reading a chain is a use of all of it. One that goes takes no other
 * with it: a chain that has lost a link is told as one that begins behind the gap.
 *
 * On the thread of the store.
 *
 * Layer: disk.
 */
#ifndef OFFGRID_STORE_ANSWERS_H
#define OFFGRID_STORE_ANSWERS_H

#include "store/store.h"

enum { STORE_ANSWER_DAYS = 30 }; /* since it was last used */

struct store_answer {
	struct str id;
	struct str owner;
	struct str previous;        /* id of the answer it went on from; empty: of none */
	struct str dialect;         /* whose words the two texts are in */
	struct str asked, answered; /* JSON */
	int64_t began_unix_ms;
};

/* Keeps one; those over the bounds go. ERR_TOO_BIG if it alone is over LIMIT_ANSWER_STORED_BYTES.
 * All or nothing. */
bool store_answer_put(struct store *s, const struct store_answer *answer, struct err *e);

/* The answer `id` of this owner into the arena; ERR_NOT_FOUND. */
bool store_answer_get(struct store *s, struct arena *a, struct str owner, struct str id,
	struct store_answer *out, struct err *e);

/* The answer `id` and those it went on from, the oldest first, as far as they are kept: the
 * `previous` of the first is empty, or an answer that is not here. ERR_NOT_FOUND if `id` itself is
 * not, ERR_TOO_BIG over LIMIT_JSON_BYTES in all. */
bool store_answer_chain(struct store *s, struct arena *a, struct str owner, struct str id,
	struct store_answer **out, size_t *count, struct err *e);

/* False with ERR_NOT_FOUND if there was none. */
bool store_answer_drop(struct store *s, struct str owner, struct str id, struct err *e);

#endif

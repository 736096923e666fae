/*
 * thought_calls.h - calls that stood in a thought which was not over, and whether one behind it is
 * the same again.
 *
 * A call in an unfinished thought is told at once, since most such thoughts never end. If this one
 * does, some models write the same call where it belongs: that is not meant twice. So a call behind
 * the end is held against those that stood in the thought, each of which excuses one; the first
 * that is another ends this. Equal calls on one side of the border are legal and are all told.
 */
#ifndef OFFGRID_CHAT_THOUGHT_CALLS_H
#define OFFGRID_CHAT_THOUGHT_CALLS_H

#include "base/json.h"

struct thought_calls {
	json_t *list; /* [name, arguments] each; NULL: none */
	bool is_over; /* the thought is */
};

void thought_calls_init(struct thought_calls *t);
void thought_calls_clear(struct thought_calls *t);

void thought_calls_add(struct thought_calls *t, struct str name, json_t *args); /* borrowed */
void thought_calls_end(struct thought_calls *t); /* of the thought they stood in */

/* Whether the next call may be one of them again: it is to be held until it is complete. */
bool thought_calls_wait(const struct thought_calls *t);
/* Whether this complete one is. If not, none will be any more. */
bool thought_calls_again(struct thought_calls *t, struct str name, const json_t *args);

#endif

/*
 * check.h - the order that event.h promises, checked event by event.
 *
 * For tests, fuzzers and whoever does not trust a maker of events. The checker takes the events of
 * one answer and refuses the first one that must not stand where it stands. Embedded; of one owner.
 */
#ifndef OFFGRID_CHAT_CHECK_H
#define OFFGRID_CHAT_CHECK_H

#include "base/buf.h"
#include "chat/event.h"

struct chat_check {
	bool is_in_call, has_usage, is_over, is_wrong;
	unsigned calls; /* that were begun */
	struct buf args;
};

void chat_check_init(struct chat_check *c);
void chat_check_clear(struct chat_check *c);

/* False with ERR_BROKEN, layer parse, for the first event out of order, and for every one after it.
 */
bool chat_check_event(struct chat_check *c, const struct chat_event *event, struct err *e);

/* The answer has ended: by STOP or FAIL, and a call is open only if it was cut by the limit or a
 * failure. */
bool chat_check_end(struct chat_check *c, struct err *e);

#endif

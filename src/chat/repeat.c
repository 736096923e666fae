/*
 * repeat.c - see repeat.h.
 */
#include "chat/repeat.h"

#include <string.h>

enum { MIX = 31 };

void repeat_init(struct repeat *r)
{
	*r = (struct repeat){ .count = 0 };
}

static bool is_circle(const struct repeat *r, size_t period)
{
	size_t length = period * REPEAT_ROUNDS;
	if (r->count < length)
		return false;
	const uint64_t *last = r->calls + r->count - length;
	for (size_t i = period; i < length; i++)
		if (last[i] != last[i - period])
			return false;
	return true;
}

bool repeat_add(struct repeat *r, struct str name, struct str args, struct str result)
{
	if (r->count == REPEAT_KEPT) {
		memmove(r->calls, r->calls + 1, (REPEAT_KEPT - 1) * sizeof r->calls[0]);
		r->count--;
	}
	r->calls[r->count++] = (str_hash(name) * MIX + str_hash(args)) * MIX + str_hash(result);
	for (size_t period = 1; period <= REPEAT_PERIOD_MAX; period++)
		if (is_circle(r, period))
			return true;
	return false;
}

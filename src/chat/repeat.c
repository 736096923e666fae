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

uint64_t repeat_hash(struct str name, struct str args, struct str result)
{
	return (str_hash(name) * MIX + str_hash(args)) * MIX + str_hash(result);
}

static size_t rounds_of(const uint64_t *calls, size_t count, size_t period)
{
	size_t same = 0;
	while (same + period < count && calls[count - 1 - same] == calls[count - 1 - same - period])
		same++;
	return count < period ? 0 : same / period + 1;
}

size_t repeat_rounds(const uint64_t *calls, size_t count)
{
	size_t most = 0;
	for (size_t period = 1; period <= REPEAT_PERIOD_MAX; period++) {
		size_t rounds = rounds_of(calls, count, period);
		most = rounds > most ? rounds : most;
	}
	return most;
}

bool repeat_add(struct repeat *r, struct str name, struct str args, struct str result)
{
	if (r->count == REPEAT_KEPT) {
		memmove(r->calls, r->calls + 1, (REPEAT_KEPT - 1) * sizeof r->calls[0]);
		r->count--;
	}
	r->calls[r->count++] = repeat_hash(name, args, result);
	return repeat_rounds(r->calls, r->count) >= REPEAT_ROUNDS;
}

/*
 * outflow.c - what of the sampled bytes may leave; see outflow.h.
 */
#include "engine/outflow.h"

#include "base/limits.h"
#include "base/utf8.h"

void outflow_init(struct outflow *o, const struct str *stops, size_t stop_count)
{
	*o = (struct outflow){ .stops = stops, .stop_count = stop_count, .stop = stop_count };
	buf_init(&o->held, LIMIT_ANSWER_BYTES);
}

void outflow_clear(struct outflow *o)
{
	buf_clear(&o->held);
}

/* Which stop text ends with the held bytes [0, n): the longest, which began first. */
static size_t stop_at(const struct outflow *o, size_t n)
{
	size_t best = o->stop_count;
	for (size_t i = 0; i < o->stop_count; i++)
		if (o->stops[i].n && str_ends(str_n(o->held.p, n), o->stops[i]) &&
			(best == o->stop_count || o->stops[i].n > o->stops[best].n))
			best = i;
	return best;
}

bool outflow_put(struct outflow *o, struct str bytes)
{
	if (outflow_is_stopped(o))
		return false;
	o->taken_in += bytes.n;
	size_t before = o->held.n;
	buf_add(&o->held, bytes);
	for (size_t n = before + 1; o->stop_count && n <= o->held.n; n++) {
		o->stop = stop_at(o, n);
		if (outflow_is_stopped(o)) {
			buf_truncate(&o->held, n - o->stops[o->stop].n);
			return false;
		}
	}
	return true;
}

/* Bytes at the end that a stop text may begin with. */
static size_t maybe_stop(const struct outflow *o)
{
	size_t longest = 0;
	for (size_t i = 0; i < o->stop_count; i++) {
		struct str stop = o->stops[i];
		size_t n = stop.n ? stop.n - 1 : 0;
		if (n > o->held.n)
			n = o->held.n;
		while (n > longest && !str_ends(buf_str(&o->held), str_sub(stop, 0, n)))
			n--;
		if (n > longest)
			longest = n;
	}
	return longest;
}

void outflow_take(struct outflow *o, bool is_end, struct buf *out)
{
	bool all = is_end || outflow_is_stopped(o);
	size_t n = o->held.n - (all ? 0 : maybe_stop(o));
	if (!all)
		n = utf8_whole(str_n(o->held.p, n));
	utf8_mend(str_n(o->held.p, n), out);
	buf_drop_front(&o->held, n);
	o->released = all ? o->taken_in : o->released + n;
}

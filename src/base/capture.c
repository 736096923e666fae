/*
 * capture.c - the beginning and the end of a flood; see capture.h.
 */
#include "base/capture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

static size_t tail_cap(const struct capture *c)
{
	return c->max - c->head.max;
}

void capture_init(struct capture *c, size_t max_bytes)
{
	*c = (struct capture){ .max = max_bytes };
	buf_init(&c->head, max_bytes / 2);
}

void capture_clear(struct capture *c)
{
	buf_clear(&c->head);
	free(c->tail);
	capture_init(c, c->max);
}

void capture_add(struct capture *c, struct str bytes)
{
	c->total += bytes.n;
	struct str first = str_sub(bytes, 0, c->head.max - c->head.n);
	buf_add(&c->head, first);
	struct str rest = str_from(bytes, first.n);
	size_t cap = tail_cap(c);
	if (rest.n == 0 || cap == 0)
		return;
	if (!c->tail)
		c->tail = must_alloc(cap);
	if (rest.n > cap)
		rest = str_from(rest, rest.n - cap);
	struct str until_end = str_sub(rest, 0, cap - c->tail_at);
	struct str wrapped = str_from(rest, until_end.n);
	memcpy(c->tail + c->tail_at, until_end.p, until_end.n);
	if (wrapped.n)
		memcpy(c->tail, wrapped.p, wrapped.n);
	c->tail_at = (c->tail_at + rest.n) % cap;
}

uint64_t capture_dropped(const struct capture *c)
{
	return c->total > c->max ? c->total - c->max : 0;
}

bool capture_write(const struct capture *c, struct buf *out)
{
	uint64_t dropped = capture_dropped(c);
	bool ok = buf_add(out, buf_str(&c->head));
	if (c->total <= c->head.n)
		return ok;
	if (!dropped)
		return buf_add(out, str_n(c->tail, (size_t)(c->total - c->head.n))) && ok;
	size_t cap = tail_cap(c);
	ok = buf_printf(out, "\n[%" PRIu64 " bytes left out]\n", dropped) && ok;
	ok = buf_add(out, str_n(c->tail + c->tail_at, cap ? cap - c->tail_at : 0)) && ok;
	return buf_add(out, str_n(c->tail, c->tail_at)) && ok;
}

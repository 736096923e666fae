/*
 * jinja_iter.c - walking lists, dicts, texts, ranges and generators; see jinja_run.h.
 *
 * A list is walked by index, so what is appended while it is walked is visited too, as in Python.
 */
#include <string.h>

#include "base/must.h"
#include "jinja/jinja_run.h"

static bool next_in_list(struct jrun *r, struct jiter *it, struct jval *out, bool *more)
{
	(void)r;
	const struct jlist *l = it->over.u.list;
	*more = it->at < l->n;
	if (*more)
		*out = l->items[it->at++];
	return true;
}

static bool next_in_dict(struct jrun *r, struct jiter *it, struct jval *out, bool *more)
{
	const struct jdict *d = it->over.u.dict;
	if (d->n != it->size)
		return jrun_raise(r, "dictionary changed size during iteration");
	*more = it->at < d->n;
	if (*more)
		*out = d->entries[it->at++].key;
	return true;
}

static bool next_in_text(struct jrun *r, struct jiter *it, struct jval *out, bool *more)
{
	const struct jtext *t = it->over.u.text;
	*more = it->at < t->n;
	if (!*more)
		return true;
	size_t end = it->at + 1;
	while (end < t->n && ((unsigned char)t->p[end] & 0xC0) == 0x80)
		end++;
	*out = jval_text(jtext_slice(r, t, it->at, end));
	it->at = end;
	return true;
}

static bool next_in_range(struct jrun *r, struct jiter *it, struct jval *out, bool *more)
{
	(void)r;
	const struct jrange *range = it->over.u.range;
	*more = it->at < range->n;
	if (*more)
		*out = jval_int(range->start + range->step * (int64_t)it->at++);
	return true;
}

static bool next_in_view(struct jrun *r, struct jiter *it, struct jval *out, bool *more)
{
	(void)r;
	const struct jlist *l = it->over.u.view->items;
	*more = it->at < l->n;
	if (*more)
		*out = l->items[it->at++];
	return true;
}

/* A generator goes on where it was left. */
static bool next_of_source(struct jrun *r, struct jiter *it, struct jval *out, bool *more)
{
	return jiter_next(r, it->source, out, more);
}

static bool next_of_nothing(struct jrun *r, struct jiter *it, struct jval *out, bool *more)
{
	(void)r, (void)it, (void)out;
	*more = false;
	return true;
}

typedef bool next_fn(struct jrun *, struct jiter *, struct jval *, bool *);

static next_fn *next_of_kind(enum jkind kind)
{
	switch (kind) {
	case J_LIST:
	case J_TUPLE: return next_in_list;
	case J_DICT: return next_in_dict;
	case J_TEXT: return next_in_text;
	case J_RANGE: return next_in_range;
	case J_VIEW: return next_in_view;
	case J_ITER: return next_of_source;
	case J_UNDEFINED: return next_of_nothing;
	default: return NULL;
	}
}

bool jval_is_iterable(struct jval v)
{
	return next_of_kind(v.kind) != NULL;
}

bool jiter_begin(struct jrun *r, struct jval v, struct jiter *it)
{
	*it = (struct jiter){ .next = next_of_kind(v.kind), .type = "iterator", .over = v };
	if (!it->next)
		return jrun_raise(r, "'%s' object is not iterable", jval_type(v));
	if (v.kind == J_ITER)
		it->source = v.u.iter;
	if (v.kind == J_DICT)
		it->size = v.u.dict->n;
	return true;
}

bool jiter_next(struct jrun *r, struct jiter *it, struct jval *out, bool *more)
{
	if (!jrun_charge(r, 1) || !jrun_enter(r))
		return false;
	MUST(it->next);
	bool ok = it->next(r, it, out, more);
	jrun_leave(r);
	return ok;
}

struct jval jval_iter(struct jrun *r, struct jiter it)
{
	struct jiter *kept = jrun_alloc(r, sizeof *kept);
	*kept = it;
	return (struct jval){ .kind = J_ITER, .u.iter = kept };
}

bool jval_to_list(struct jrun *r, struct jval v, struct jlist **out)
{
	struct jiter it;
	struct jval item;
	bool more;
	if (!jiter_begin(r, v, &it))
		return false;
	struct jlist *l = jlist_new(r, v.kind == J_LIST ? v.u.list->n : 0);
	for (;;) {
		if (!jiter_next(r, &it, &item, &more))
			return false;
		if (!more)
			break;
		jlist_add(r, l, item);
	}
	*out = l;
	return true;
}

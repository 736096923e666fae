/*
 * jinja_compare.c - equality, identity, order, hash and membership, as Python has them; see
 * jinja_value.h.
 */
#include "jinja/jinja_value.h"

#include <string.h>

#include "jinja/jinja_run.h"

static bool int_equals_float(int64_t i, double f)
{
	return (double)i == f && f >= -0x1p63 && f < 0x1p63 && (int64_t)f == i;
}

static bool numbers_equal(struct jval a, struct jval b)
{
	int64_t i, j;
	bool a_whole = jval_is_index(a, &i), b_whole = jval_is_index(b, &j);
	if (a_whole && b_whole)
		return i == j;
	if (a_whole)
		return int_equals_float(i, b.u.f);
	if (b_whole)
		return int_equals_float(j, a.u.f);
	return a.u.f == b.u.f;
}

static bool lists_equal(struct jrun *r, const struct jlist *a, const struct jlist *b, bool *out)
{
	*out = a->n == b->n;
	for (size_t i = 0; *out && i < a->n; i++)
		if (!jval_equal(r, a->items[i], b->items[i], out))
			return false;
	return true;
}

static bool dicts_equal(struct jrun *r, const struct jdict *a, const struct jdict *b, bool *out)
{
	*out = a->n == b->n;
	for (size_t i = 0; *out && i < a->n; i++) {
		struct jentry *other;
		if (!jdict_find(r, b, a->entries[i].key, &other))
			return false;
		*out = other != NULL;
		if (other && !jval_equal(r, a->entries[i].value, other->value, out))
			return false;
	}
	return true;
}

static bool ranges_equal(const struct jrange *a, const struct jrange *b)
{
	return a->n == b->n && (a->n == 0 || a->start == b->start) &&
	       (a->n < 2 || a->step == b->step);
}

static bool equal(struct jrun *r, struct jval a, struct jval b, bool *out)
{
	*out = false;
	if (jval_is_number(a) && jval_is_number(b))
		*out = numbers_equal(a, b);
	else if (a.kind != b.kind)
		return true;
	else if (a.kind == J_TEXT)
		*out = str_eq(jval_str(a), jval_str(b));
	else if (a.kind == J_UNDEFINED || a.kind == J_NONE)
		*out = true;
	else if (a.kind == J_LIST || a.kind == J_TUPLE)
		return lists_equal(r, a.u.list, b.u.list, out);
	else if (a.kind == J_DICT)
		return dicts_equal(r, a.u.dict, b.u.dict, out);
	else if (a.kind == J_RANGE)
		*out = ranges_equal(a.u.range, b.u.range);
	else
		*out = jval_same(a, b);
	return true;
}

bool jval_equal(struct jrun *r, struct jval a, struct jval b, bool *out)
{
	size_t work = a.kind == J_TEXT ? a.u.text->n / JRUN_BYTES_A_STEP : 0;
	if (!jrun_charge(r, 1 + work) || !jrun_enter(r))
		return false;
	bool ok = equal(r, a, b, out);
	jrun_leave(r);
	return ok;
}

bool jval_same(struct jval a, struct jval b)
{
	if (a.kind != b.kind)
		return false;
	switch (a.kind) {
	case J_NONE: return true;
	case J_BOOL: return a.u.b == b.u.b;
	case J_INT: return a.u.i == b.u.i;
	case J_FLOAT: return a.u.f == b.u.f;
	case J_TEXT: return a.u.text == b.u.text || str_eq(jval_str(a), jval_str(b));
	default: return a.u.list == b.u.list; /* any pointer: they share the place */
	}
}

static int sign(double d)
{
	return (d > 0) - (d < 0);
}

static int order_numbers(struct jval a, struct jval b)
{
	int64_t i, j;
	if (jval_is_index(a, &i) && jval_is_index(b, &j))
		return (i > j) - (i < j);
	return sign(jval_as_double(a) - jval_as_double(b));
}

static bool order_lists(
	struct jrun *r, const struct jlist *a, const struct jlist *b, const char *op, int *out)
{
	for (size_t i = 0; i < a->n && i < b->n; i++) {
		bool same;
		if (!jval_equal(r, a->items[i], b->items[i], &same))
			return false;
		if (!same)
			return jval_order(r, a->items[i], b->items[i], op, out);
	}
	*out = (a->n > b->n) - (a->n < b->n);
	return true;
}

static bool order(struct jrun *r, struct jval a, struct jval b, const char *op, int *out)
{
	if (a.kind == J_UNDEFINED)
		return jrun_raise_undefined(r, a);
	if (b.kind == J_UNDEFINED)
		return jrun_raise_undefined(r, b);
	if (jval_is_number(a) && jval_is_number(b))
		*out = order_numbers(a, b);
	else if (a.kind == J_TEXT && b.kind == J_TEXT)
		*out = str_cmp(jval_str(a), jval_str(b)); /* UTF-8 sorts as its characters do */
	else if (a.kind == b.kind && (a.kind == J_LIST || a.kind == J_TUPLE))
		return order_lists(r, a.u.list, b.u.list, op, out);
	else
		return jrun_raise(r, "'%s' not supported between instances of '%s' and '%s'", op,
			jval_type(a), jval_type(b));
	return true;
}

bool jval_order(struct jrun *r, struct jval a, struct jval b, const char *op, int *out)
{
	size_t work = a.kind == J_TEXT ? a.u.text->n / JRUN_BYTES_A_STEP : 0;
	if (!jrun_charge(r, 1 + work) || !jrun_enter(r))
		return false;
	bool ok = order(r, a, b, op, out);
	jrun_leave(r);
	return ok;
}

static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	return h ^ h >> 33;
}

static uint64_t hash_float(double f)
{
	if (f >= -0x1p63 && f < 0x1p63 && (double)(int64_t)f == f)
		return mix((uint64_t)(int64_t)f);
	uint64_t bits;
	memcpy(&bits, &f, sizeof bits);
	return mix(bits);
}

static bool hash_tuple(struct jrun *r, const struct jlist *l, uint64_t *out)
{
	if (!jrun_enter(r))
		return false;
	uint64_t all = l->n;
	bool ok = true;
	for (size_t i = 0; ok && i < l->n; i++) {
		uint64_t one = 0;
		ok = jval_hash(r, l->items[i], &one);
		all = mix(all + one);
	}
	jrun_leave(r);
	*out = all;
	return ok;
}

bool jval_hash(struct jrun *r, struct jval v, uint64_t *out)
{
	if (!jrun_charge(r, v.kind == J_TEXT ? v.u.text->n / JRUN_BYTES_A_STEP : 0))
		return false;
	switch (v.kind) {
	case J_LIST:
	case J_DICT: return jrun_raise(r, "unhashable type: '%s'", jval_type(v));
	case J_TEXT: *out = str_hash(jval_str(v)); return true;
	case J_TUPLE: return hash_tuple(r, v.u.list, out);
	case J_BOOL: *out = mix((uint64_t)v.u.b); return true;
	case J_INT: *out = mix((uint64_t)v.u.i); return true;
	case J_FLOAT: *out = hash_float(v.u.f); return true;
	default: *out = mix((uint64_t)v.kind << 32); return true;
	}
}

static bool contains_in_iterable(struct jrun *r, struct jval hay, struct jval needle, bool *out)
{
	struct jiter it;
	bool more;
	*out = false;
	if (!jval_is_iterable(hay))
		return jrun_raise(r, "argument of type '%s' is not iterable", jval_type(hay));
	if (!jiter_begin(r, hay, &it))
		return false;
	while (!*out) {
		struct jval item;
		if (!jiter_next(r, &it, &item, &more))
			return false;
		if (!more)
			return true;
		if (!jval_equal(r, item, needle, out))
			return false;
	}
	return true;
}

bool jval_contains(struct jrun *r, struct jval hay, struct jval needle, bool *out)
{
	if (hay.kind == J_DICT) {
		struct jentry *entry;
		if (!jdict_find(r, hay.u.dict, needle, &entry))
			return false;
		*out = entry != NULL;
		return true;
	}
	if (hay.kind != J_TEXT)
		return contains_in_iterable(r, hay, needle, out);
	if (needle.kind != J_TEXT)
		return jrun_raise(r, "'in <string>' requires string as left operand, not %s",
			jval_type(needle));
	*out = str_find(jval_str(hay), jval_str(needle)) != SIZE_MAX;
	return jrun_charge(r, hay.u.text->n / JRUN_BYTES_A_STEP);
}

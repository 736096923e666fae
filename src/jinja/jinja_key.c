/*
 * jinja_key.c - keys of values, and sorting by them; see jinja_key.h.
 *
 * Layer: prompt
 */
#include "jinja/jinja_key.h"

#include <string.h>

#include "jinja/jinja_run.h"
#include "jinja/jinja_textop.h"

/* One step of "a.b.0". */
static bool step(
	struct jrun *r, struct jval of, struct str part, struct jval fallback, struct jval *out)
{
	int64_t number;
	bool is_number = part.n && part.p[0] != '-' && str_to_i64(part, &number);
	struct jval index = is_number ? jval_int(number) : jval_text(jtext_own(r, part));
	if (!jval_item(r, of, index, out))
		return false;
	if (out->kind == J_UNDEFINED && fallback.kind != J_MISSING && fallback.kind != J_NONE)
		*out = fallback;
	return true;
}

static bool get_path(
	struct jrun *r, struct jval of, struct str path, struct jval fallback, struct jval *out)
{
	struct str part;
	*out = of;
	if (!path.n) /* one part, the empty name */
		return step(r, of, path, fallback, out);
	while (str_cut(&path, '.', &part))
		if (!step(r, *out, part, fallback, out))
			return false;
	return true;
}

bool jkey_get(struct jrun *r, struct jval of, struct jval attribute, struct jval fallback,
	struct jval *out)
{
	*out = of;
	if (attribute.kind == J_MISSING || attribute.kind == J_NONE)
		return true;
	if (attribute.kind == J_TEXT)
		return get_path(r, of, jval_str(attribute), fallback, out);
	if (!jval_item(r, of, attribute, out))
		return false;
	if (out->kind == J_UNDEFINED && fallback.kind != J_MISSING && fallback.kind != J_NONE)
		*out = fallback;
	return true;
}

struct jval jkey_without_case(struct jrun *r, struct jval v)
{
	return v.kind == J_TEXT ? jval_text(jtext_cased(r, v.u.text, JCASING_LOWER)) : v;
}

bool jkey_list(struct jrun *r, const struct jlist *items, struct jval attribute,
	struct jval fallback, bool case_sensitive, struct jlist **out)
{
	*out = jlist_new(r, items->n);
	for (size_t i = 0; i < items->n; i++) {
		struct jval key;
		if (!jkey_get(r, items->items[i], attribute, fallback, &key))
			return false;
		jlist_add(r, *out, case_sensitive ? key : jkey_without_case(r, key));
	}
	return jrun_charge(r, 1);
}

static bool key_many(struct jrun *r, struct jval of, struct str attributes, bool case_sensitive,
	struct jval *out)
{
	struct jlist *keys = jlist_new(r, 0);
	struct str one;
	while (str_cut(&attributes, ',', &one)) {
		struct jval key;
		if (!get_path(r, of, one, jval_missing(), &key))
			return false;
		jlist_add(r, keys, case_sensitive ? key : jkey_without_case(r, key));
	}
	*out = jval_list(keys);
	return true;
}

bool jkey_list_many(struct jrun *r, const struct jlist *items, struct jval attributes,
	bool case_sensitive, struct jlist **out)
{
	if (attributes.kind != J_TEXT || !jval_str(attributes).n)
		return jkey_list(r, items, attributes, jval_missing(), case_sensitive, out);
	*out = jlist_new(r, items->n);
	for (size_t i = 0; i < items->n; i++) {
		struct jval key;
		if (!key_many(r, items->items[i], jval_str(attributes), case_sensitive, &key))
			return false;
		jlist_add(r, *out, key);
	}
	return jrun_charge(r, 1);
}

struct sorting {
	struct jrun *run;
	const struct jval *keys;
	size_t *at, *spare; /* places in `keys`, being sorted */
	bool reverse;
};

/* Merges [from, mid) and [mid, to); equal ones keep their order, also backwards. */
static bool merge(struct sorting *s, size_t from, size_t mid, size_t to)
{
	size_t left = from, right = mid;
	for (size_t i = from; i < to; i++) {
		int order = 0;
		if (left < mid && right < to &&
			!jval_order(
				s->run, s->keys[s->at[right]], s->keys[s->at[left]], "<", &order))
			return false;
		bool take_right =
			left == mid || (right < to && (s->reverse ? order > 0 : order < 0));
		s->spare[i] = s->at[take_right ? right++ : left++];
	}
	memcpy(s->at + from, s->spare + from, (to - from) * sizeof *s->at);
	return true;
}

static bool sort_range(struct sorting *s, size_t from, size_t to)
{
	if (to - from < 2)
		return true;
	size_t mid = from + (to - from) / 2;
	return sort_range(s, from, mid) && sort_range(s, mid, to) && merge(s, from, mid, to);
}

static void reorder(struct jlist *l, const size_t *at, struct jval *spare)
{
	memcpy(spare, l->items, l->n * sizeof *spare);
	for (size_t i = 0; i < l->n; i++)
		l->items[i] = spare[at[i]];
}

bool jlist_sort(struct jrun *r, struct jlist *items, struct jlist *keys, bool reverse)
{
	size_t n = items->n;
	if (keys->n != n || n < 2)
		return jrun_charge(r, 1); /* other lengths: the memory limit has struck */
	struct sorting s = { .run = r, .keys = keys->items, .reverse = reverse };
	s.at = jrun_array(r, n, sizeof *s.at);
	s.spare = jrun_array(r, n, sizeof *s.spare);
	struct jval *spare = jrun_array(r, n, sizeof *spare);
	if (!s.at || !s.spare || !spare)
		return jrun_charge(r, 1);
	for (size_t i = 0; i < n; i++)
		s.at[i] = i;
	if (!sort_range(&s, 0, n))
		return false;
	reorder(items, s.at, spare);
	if (keys != items)
		reorder(keys, s.at, spare);
	return true;
}

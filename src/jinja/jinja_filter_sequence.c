/*
 * jinja_filter_sequence.c - filters on whole sequences; those that pick or change one by one are in
 * jinja_filter_lazy.c; see jinja_run.h.
 *
 * Layer: prompt
 */
#include "jinja/jinja_key.h"
#include "jinja/jinja_run.h"
#include "jinja/jinja_textop.h"

static bool given(struct jval v)
{
	return v.kind != J_MISSING;
}

static bool filter_length(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	size_t n;
	if (v.kind == J_LOOP) {
		struct jval name = jval_text(jtext_z(r, "length"));
		return jval_attribute(r, v, name.u.text, out);
	}
	if (!jval_length(v, &n))
		return jrun_raise(r, "object of type '%s' has no len()", jval_type(v));
	*out = jval_int((int64_t)n);
	return true;
}

static bool filter_list(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	struct jlist *l;
	if (!jval_to_list(r, v, &l))
		return false;
	*out = jval_list(l);
	return true;
}

static bool filter_first(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	struct jiter it;
	bool more;
	if (!jiter_begin(r, v, &it) || !jiter_next(r, &it, out, &more))
		return false;
	if (!more)
		*out = jval_undefined_hint(r, "No first item, sequence was empty.");
	return true;
}

static bool filter_last(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	struct jlist *l;
	if (v.kind == J_ITER || !jval_is_iterable(v))
		return jrun_raise(r, "'%s' object is not reversible", jval_type(v));
	if ((v.kind == J_LIST || v.kind == J_TUPLE) && v.u.list->n) {
		*out = v.u.list->items[v.u.list->n - 1];
		return true;
	}
	if (!jval_to_list(r, v, &l))
		return false;
	*out = l->n ? l->items[l->n - 1]
		    : jval_undefined_hint(r, "No last item, sequence was empty.");
	return true;
}

static bool filter_join(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct jiter it;
	struct jbuild b;
	const struct jtext *separator = jtext_z(r, "");
	bool more;
	if (given(args->pos[0]) && !jval_to_text(r, args->pos[0], &separator))
		return false;
	if (!jiter_begin(r, v, &it))
		return false;
	jbuild_init(&b, r);
	for (size_t i = 0;; i++) {
		struct jval item;
		if (!jiter_next(r, &it, &item, &more))
			return false;
		if (!more)
			break;
		if (given(args->pos[1]) && args->pos[1].kind != J_NONE &&
			!jkey_get(r, item, args->pos[1], jval_missing(), &item))
			return false;
		if (i)
			jbuild_text(&b, separator);
		if (!jprint_str(r, item, &b))
			return false;
	}
	*out = jval_text(jbuild_done(&b));
	return true;
}

static bool reverse_text(struct jrun *r, const struct jtext *t, struct jval *out)
{
	struct jval all[3] = { jval_none(), jval_none(), jval_int(-1) };
	return jval_slice(r, jval_text(t), all, out);
}

static bool filter_reverse(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	struct jlist *l;
	if (v.kind == J_TEXT)
		return reverse_text(r, v.u.text, out);
	if (!jval_is_iterable(v))
		return jrun_raise(r, "argument must be iterable");
	if (!jval_to_list(r, v, &l))
		return false;
	for (size_t i = 0; i + 1 < l->n - i; i++) {
		struct jval swapped = l->items[i];
		l->items[i] = l->items[l->n - 1 - i];
		l->items[l->n - 1 - i] = swapped;
	}
	*out = jval_list(l);
	if (v.kind == J_ITER)
		return true; /* only what cannot be walked backwards becomes a list */
	struct jiter it;
	if (!jiter_begin(r, *out, &it))
		return false;
	it.type = v.kind == J_LIST ? "list_reverseiterator" : "reversed";
	*out = jval_iter(r, it);
	return true;
}

static bool filter_sort(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct jlist *items, *keys;
	bool reverse = jval_truth(args->pos[0]), case_sensitive = jval_truth(args->pos[1]);
	if (!jval_to_list(r, v, &items) ||
		!jkey_list_many(r, items, args->pos[2], case_sensitive, &keys) ||
		!jlist_sort(r, items, keys, reverse))
		return false;
	*out = jval_list(items);
	return true;
}

static bool filter_dictsort(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct str by = args->pos[1].kind == J_TEXT ? jval_str(args->pos[1]) : STR("key");
	bool by_value = str_eq(by, STR("value")), case_sensitive = jval_truth(args->pos[0]);
	if (!by_value && !str_eq(by, STR("key")))
		return jrun_raise(r, "You can only sort by either \"key\" or \"value\"");
	if (v.kind == J_UNDEFINED)
		return jrun_raise_undefined(r, v);
	if (v.kind != J_DICT)
		return jrun_raise(r, "'%s' object has no attribute 'items'", jval_type(v));
	const struct jdict *d = v.u.dict;
	struct jlist *pairs = jlist_new(r, d->n), *keys = jlist_new(r, d->n);
	for (size_t i = 0; i < d->n; i++) {
		const struct jentry *e = &d->entries[i];
		struct jval key = by_value ? e->value : e->key;
		jlist_add(r, pairs, jval_pair(r, e->key, e->value));
		jlist_add(r, keys, case_sensitive ? key : jkey_without_case(r, key));
	}
	if (!jlist_sort(r, pairs, keys, jval_truth(args->pos[2])))
		return false;
	*out = jval_list(pairs);
	return true;
}

/* The smallest, or with wanted > 0 the largest, by its key. */
static bool extreme(
	struct jrun *r, struct jval v, const struct jargs *args, int wanted, struct jval *out)
{
	struct jlist *items, *keys;
	size_t best = 0;
	if (!jval_to_list(r, v, &items) ||
		!jkey_list(r, items, args->pos[1], jval_missing(), jval_truth(args->pos[0]), &keys))
		return false;
	for (size_t i = 1; i < items->n; i++) {
		int order;
		if (!jval_order(
			    r, keys->items[i], keys->items[best], wanted > 0 ? ">" : "<", &order))
			return false;
		if (order * wanted > 0)
			best = i;
	}
	*out = items->n ? items->items[best]
			: jval_undefined_hint(r, "No aggregated item, sequence was empty.");
	return true;
}

static bool filter_min(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return extreme(r, v, args, -1, out);
}

static bool filter_max(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return extreme(r, v, args, 1, out);
}

static bool filter_sum(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct jiter it;
	bool more;
	*out = given(args->pos[1]) ? args->pos[1] : jval_int(0);
	if (out->kind == J_TEXT)
		return jrun_raise(r, "sum() can't sum strings [use ''.join(seq) instead]");
	if (!jiter_begin(r, v, &it))
		return false;
	for (;;) {
		struct jval item;
		if (!jiter_next(r, &it, &item, &more))
			return false;
		if (!more)
			return true;
		if (given(args->pos[0]) && args->pos[0].kind != J_NONE &&
			!jkey_get(r, item, args->pos[0], jval_missing(), &item))
			return false;
		if (!jval_binary(r, JOP_ADD, *out, item, out))
			return false;
	}
}

/* What a generator would yield, worked out already. */
static bool as_generator(struct jrun *r, struct jlist *l, struct jval *out)
{
	struct jiter it;
	if (!jiter_begin(r, jval_list(l), &it))
		return false;
	it.type = "generator";
	*out = jval_iter(r, it);
	return true;
}

static bool filter_batch(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct jlist *items, *batches = jlist_new(r, 0), *batch = NULL;
	int64_t size;
	if (!jval_is_index(args->pos[0], &size))
		return jrun_raise(r, "batch needs a number");
	if (!jval_to_list(r, v, &items))
		return false;
	for (size_t i = 0; i < items->n; i++) {
		if (!batch || (size >= 0 && batch->n == (size_t)size)) {
			if (size == 0 && !batch) /* Python yields one empty batch first */
				jlist_add(r, batches, jval_list(jlist_new(r, 0)));
			batch = jlist_new(r, 0);
			jlist_add(r, batches, jval_list(batch));
		}
		jlist_add(r, batch, items->items[i]);
		if (size == 0)
			size = 1;
	}
	bool fill = given(args->pos[1]) && args->pos[1].kind != J_NONE;
	while (fill && batch && size > 0 && batch->n < (size_t)size && !r->over_memory)
		jlist_add(r, batch, args->pos[1]);
	return jrun_charge(r, 1) && as_generator(r, batches, out);
}

static bool filter_slice(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct jlist *items, *slices = jlist_new(r, 0);
	int64_t count;
	if (!jval_is_index(args->pos[0], &count) || count == 0)
		return jrun_raise(r, "slice needs a number that is not zero");
	if (!jval_to_list(r, v, &items) || !jrun_charge(r, count > 0 ? (size_t)count : 0))
		return false;
	bool fill = given(args->pos[1]) && args->pos[1].kind != J_NONE;
	size_t at = 0, n = count > 0 ? (size_t)count : 0;
	for (size_t i = 0; i < n; i++) {
		struct jlist *slice = jlist_new(r, 0);
		bool longer = i < items->n % n;
		for (size_t k = items->n / n + longer; k; k--)
			jlist_add(r, slice, items->items[at++]);
		if (fill && !longer)
			jlist_add(r, slice, args->pos[1]);
		jlist_add(r, slices, jval_list(slice));
	}
	return as_generator(r, slices, out);
}

static bool filter_groupby(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct jlist *items, *keys, *groups = jlist_new(r, 0), *group = NULL;
	bool case_sensitive = jval_truth(args->pos[2]);
	struct jval attribute = args->pos[0], fallback = args->pos[1], last_key = jval_none();
	if (!jval_to_list(r, v, &items) ||
		!jkey_list(r, items, attribute, fallback, case_sensitive, &keys) ||
		!jlist_sort(r, items, keys, false))
		return false;
	for (size_t i = 0; i < items->n; i++) {
		struct jval shown = keys->items[i];
		bool same = false;
		if (group && !jval_equal(r, last_key, keys->items[i], &same))
			return false;
		if (!same) {
			if (!jkey_get(r, items->items[i], attribute, fallback, &shown))
				return false;
			group = jlist_new(r, 0);
			struct jval pair = jval_pair(r, shown, jval_list(group));
			pair.u.list->is_group = true;
			jlist_add(r, groups, pair);
		}
		last_key = keys->items[i];
		jlist_add(r, group, items->items[i]);
	}
	*out = jval_list(groups);
	return true;
}

static bool filter_attr(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	if (args->pos[0].kind != J_TEXT)
		return jrun_raise(r, "attribute name must be string");
	if (v.kind != J_DICT || jmethod_find(v.kind, jval_str(args->pos[0])))
		return jval_attribute(r, v, args->pos[0].u.text, out);
	*out = jval_undefined_of(r, v, args->pos[0]);
	return true;
}

const struct jbuiltin jfilters_sequence[] = {
	{ "length", "", filter_length },
	{ "count", "", filter_length },
	{ "list", "", filter_list },
	{ "first", "", filter_first },
	{ "last", "", filter_last },
	{ "join", "d? attribute?", filter_join },
	{ "reverse", "", filter_reverse },
	{ "sort", "reverse? case_sensitive? attribute?", filter_sort },
	{ "dictsort", "case_sensitive? by? reverse?", filter_dictsort },
	{ "min", "case_sensitive? attribute?", filter_min },
	{ "max", "case_sensitive? attribute?", filter_max },
	{ "sum", "attribute? start?", filter_sum },
	{ "batch", "linecount fill_with?", filter_batch },
	{ "slice", "slices fill_with?", filter_slice },
	{ "groupby", "attribute default? case_sensitive?", filter_groupby },
	{ "attr", "name", filter_attr },
	{ NULL, NULL, NULL },
};

/*
 * jinja_method_data.c - methods of lists, tuples, dicts and the like; see jinja_run.h.
 *
 * Layer: prompt
 */
#include <string.h>

#include "jinja/jinja_key.h"
#include "jinja/jinja_run.h"

static bool none(struct jval *out)
{
	*out = jval_none();
	return true;
}

static bool given(struct jval v)
{
	return v.kind != J_MISSING;
}

/* --- dict --- */

static bool dict_get(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct jentry *entry;
	if (!jdict_find(r, v.u.dict, args->pos[0], &entry))
		return false;
	*out = entry ? entry->value : given(args->pos[1]) ? args->pos[1] : jval_none();
	return true;
}

static struct jval view(struct jrun *r, const char *type, struct jlist *items)
{
	struct jview *made = jrun_alloc(r, sizeof *made);
	*made = (struct jview){ type, items };
	return (struct jval){ .kind = J_VIEW, .u.view = made };
}

static bool dict_keys(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	struct jlist *l = jlist_new(r, v.u.dict->n);
	for (size_t i = 0; i < v.u.dict->n; i++)
		jlist_add(r, l, v.u.dict->entries[i].key);
	*out = view(r, "dict_keys", l);
	return jrun_charge(r, l->n / 8);
}

static bool dict_values(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	struct jlist *l = jlist_new(r, v.u.dict->n);
	for (size_t i = 0; i < v.u.dict->n; i++)
		jlist_add(r, l, v.u.dict->entries[i].value);
	*out = view(r, "dict_values", l);
	return jrun_charge(r, l->n / 8);
}

static bool dict_items(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	struct jlist *l = jlist_new(r, v.u.dict->n);
	for (size_t i = 0; i < v.u.dict->n; i++)
		jlist_add(r, l, jval_pair(r, v.u.dict->entries[i].key, v.u.dict->entries[i].value));
	*out = view(r, "dict_items", l);
	return jrun_charge(r, l->n / 8);
}

static bool dict_copy(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	struct jdict *d = jdict_new(r);
	*out = jval_dict(d);
	return jdict_update(r, d, v);
}

static bool raise_key(struct jrun *r, struct jval key)
{
	struct jbuild b;
	jbuild_init(&b, r);
	return jprint_repr(r, key, &b) &&
	       jrun_raise(r, "%.*s", STR_ARG(((struct str){ b.p, b.n })));
}

static bool dict_pop(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct jentry *entry;
	if (!jdict_find(r, v.u.dict, args->pos[0], &entry))
		return false;
	if (!entry && !given(args->pos[1]))
		return raise_key(r, args->pos[0]);
	*out = entry ? entry->value : args->pos[1];
	if (entry)
		jdict_remove(v.u.dict, entry);
	return jrun_charge(r, v.u.dict->n / 8);
}

static bool dict_popitem(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	struct jdict *d = v.u.dict;
	if (d->n == 0)
		return jrun_raise(r, "popitem(): dictionary is empty");
	struct jentry *last = &d->entries[d->n - 1];
	*out = jval_pair(r, last->key, last->value);
	jdict_remove(d, last);
	return jrun_charge(r, d->n / 8);
}

static bool dict_setdefault(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct jentry *entry;
	if (!jdict_find(r, v.u.dict, args->pos[0], &entry))
		return false;
	*out = entry ? entry->value : given(args->pos[1]) ? args->pos[1] : jval_none();
	return entry || jdict_set(r, v.u.dict, args->pos[0], *out);
}

static bool dict_update(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	if (args->pos_count > 1)
		return jrun_raise(
			r, "update expected at most 1 argument, got %zu", args->pos_count);
	if (args->pos_count == 1 && !jdict_update(r, v.u.dict, args->pos[0]))
		return false;
	for (size_t i = 0; i < args->named_count; i++)
		if (!jdict_set(r, v.u.dict, jval_text(args->named[i].name), args->named[i].value))
			return false;
	return none(out);
}

static bool dict_clear(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	*v.u.dict = (struct jdict){ 0 };
	return none(out);
}

static const struct jbuiltin dict_methods[] = {
	{ "get", "/ key default?", dict_get },
	{ "keys", "", dict_keys },
	{ "values", "", dict_values },
	{ "items", "", dict_items },
	{ "copy", "", dict_copy },
	{ "pop", "/ key default?", dict_pop },
	{ "popitem", "", dict_popitem },
	{ "setdefault", "/ key default?", dict_setdefault },
	{ "update", "*", dict_update },
	{ "clear", "", dict_clear },
	{ NULL, NULL, NULL },
};

/* --- list and tuple --- */

static bool list_append(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	jlist_add(r, v.u.list, args->pos[0]);
	return none(out);
}

static bool list_extend(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct jlist *more;
	if (!jval_to_list(r, args->pos[0], &more))
		return false;
	for (size_t i = 0; i < more->n; i++)
		jlist_add(r, v.u.list, more->items[i]);
	return none(out);
}

/* Takes out the element at `at`, which is there. */
static void take_out(struct jlist *l, size_t at)
{
	l->n--;
	memmove(&l->items[at], &l->items[at + 1], (l->n - at) * sizeof *l->items);
}

static bool list_insert(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct jlist *l = v.u.list;
	int64_t at;
	size_t n = l->n;
	if (!jval_is_index(args->pos[0], &at))
		return jrun_raise(r, "'%s' object cannot be interpreted as an integer",
			jval_type(args->pos[0]));
	at = at < 0 ? at + (int64_t)n : at;
	size_t to = at < 0 ? 0 : (uint64_t)at > n ? n : (size_t)at;
	jlist_add(r, l, args->pos[1]);
	if (l->n == n + 1) {
		memmove(&l->items[to + 1], &l->items[to], (n - to) * sizeof *l->items);
		l->items[to] = args->pos[1];
	}
	*out = jval_none();
	return jrun_charge(r, n / 8);
}

static bool list_pop(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct jlist *l = v.u.list;
	int64_t at = -1;
	if (given(args->pos[0]) && !jval_is_index(args->pos[0], &at))
		return jrun_raise(r, "'%s' object cannot be interpreted as an integer",
			jval_type(args->pos[0]));
	if (l->n == 0)
		return jrun_raise(r, "pop from empty list");
	at = at < 0 ? at + (int64_t)l->n : at;
	if (at < 0 || (uint64_t)at >= l->n)
		return jrun_raise(r, "pop index out of range");
	*out = l->items[at];
	take_out(l, (size_t)at);
	return jrun_charge(r, l->n / 8);
}

static bool find_in_list(
	struct jrun *r, const struct jlist *l, struct jval wanted, size_t *at, size_t *count)
{
	*count = 0;
	for (size_t i = l->n; i-- > 0;) {
		bool equal;
		if (!jval_equal(r, l->items[i], wanted, &equal))
			return false;
		if (equal) {
			*at = i;
			++*count;
		}
	}
	return true;
}

static bool list_remove(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	size_t at, count;
	if (!find_in_list(r, v.u.list, args->pos[0], &at, &count))
		return false;
	if (count == 0)
		return jrun_raise(r, "list.remove(x): x not in list");
	take_out(v.u.list, at);
	return none(out);
}

static bool list_index(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	size_t at, count;
	if (!find_in_list(r, v.u.list, args->pos[0], &at, &count))
		return false;
	if (count == 0)
		return jrun_raise(r, "%s.index(x): x not in %s", jval_type(v), jval_type(v));
	*out = jval_int((int64_t)at);
	return true;
}

static bool list_count(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	size_t at, count;
	if (!find_in_list(r, v.u.list, args->pos[0], &at, &count))
		return false;
	*out = jval_int((int64_t)count);
	return true;
}

static bool list_copy(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	struct jlist *l;
	if (!jval_to_list(r, v, &l))
		return false;
	*out = jval_list(l);
	return true;
}

static bool list_clear(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	v.u.list->n = 0;
	return none(out);
}

static bool list_reverse(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	struct jlist *l = v.u.list;
	for (size_t i = 0; i + 1 < l->n - i; i++) {
		struct jval swapped = l->items[i];
		l->items[i] = l->items[l->n - 1 - i];
		l->items[l->n - 1 - i] = swapped;
	}
	return jrun_charge(r, l->n / 8) && none(out);
}

static bool list_sort(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return jlist_sort(r, v.u.list, v.u.list, jval_truth(args->pos[0])) && none(out);
}

static const struct jbuiltin list_methods[] = {
	{ "append", "/ object", list_append },
	{ "extend", "/ iterable", list_extend },
	{ "insert", "/ index object", list_insert },
	{ "pop", "/ index?", list_pop },
	{ "remove", "/ value", list_remove },
	{ "index", "/ value", list_index },
	{ "count", "/ value", list_count },
	{ "copy", "", list_copy },
	{ "clear", "", list_clear },
	{ "reverse", "", list_reverse },
	{ "sort", "reverse?", list_sort },
	{ NULL, NULL, NULL },
};

static const struct jbuiltin tuple_methods[] = {
	{ "index", "/ value", list_index },
	{ "count", "/ value", list_count },
	{ NULL, NULL, NULL },
};

/* --- cycler --- */

static bool cycler_next(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	struct jcycler *c = v.u.cycler;
	*out = c->items->items[c->at];
	c->at = (c->at + 1) % c->items->n;
	return true;
}

static bool cycler_reset(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	v.u.cycler->at = 0;
	return none(out);
}

static const struct jbuiltin cycler_methods[] = {
	{ "next", "", cycler_next },
	{ "reset", "", cycler_reset },
	{ NULL, NULL, NULL },
};

const struct jbuiltin *jmethod_find(enum jkind kind, struct str name)
{
	const struct jbuiltin *row;
	switch (kind) {
	case J_TEXT:
		row = jbuiltin_find(jmethods_text, name);
		return row ? row : jbuiltin_find(jmethods_text_more, name);
	case J_DICT: return jbuiltin_find(dict_methods, name);
	case J_LIST: return jbuiltin_find(list_methods, name);
	case J_TUPLE: return jbuiltin_find(tuple_methods, name);
	case J_CYCLER: return jbuiltin_find(cycler_methods, name);
	default: return NULL;
	}
}

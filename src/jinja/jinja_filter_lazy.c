/*
 * jinja_filter_lazy.c - filters that give a generator: map, select and their kin, unique, items;
 * see jinja_run.h.
 *
 * Nothing is worked out before somebody asks for the next value, so faults show where Python shows
 * them, and what `first` does not need is never touched.
 *
 * Layer: prompt
 */
#include <string.h>

#include "jinja/jinja_key.h"
#include "jinja/jinja_run.h"

/* What is done to each value. */
struct lazy {
	const struct jbuiltin *row; /* a filter or test, NULL for none */
	struct jargs args;          /* for it */
	struct jval attribute, fallback;
	bool wanted; /* select: the answer to keep on */
	bool case_sensitive;
	struct jdict *seen; /* unique */
	bool begun;
};

static struct jval generator(struct jrun *r, struct jval over,
	bool (*next)(struct jrun *, struct jiter *, struct jval *, bool *), struct lazy lazy)
{
	struct lazy *kept = jrun_alloc(r, sizeof *kept);
	*kept = lazy;
	return jval_iter(r,
		(struct jiter){ .next = next, .type = "generator", .over = over, .state = kept });
}

/* Walks `over`, which is first asked for when the first value is. Something false has no values. */
static bool next_source(struct jrun *r, struct jiter *it, struct jval *out, bool *more)
{
	struct lazy *lazy = it->state;
	if (!lazy->begun) {
		lazy->begun = true;
		if (jval_truth(it->over)) {
			it->source = jrun_alloc(r, sizeof *it->source);
			if (!jiter_begin(r, it->over, it->source))
				return false;
		}
	}
	*more = false;
	return !it->source || jiter_next(r, it->source, out, more);
}

static bool next_mapped(struct jrun *r, struct jiter *it, struct jval *out, bool *more)
{
	const struct lazy *lazy = it->state;
	struct jval item;
	if (!next_source(r, it, &item, more))
		return false;
	if (!*more)
		return true;
	if (lazy->row)
		return jbuiltin_call(r, lazy->row, item, &lazy->args, out);
	return jkey_get(r, item, lazy->attribute, lazy->fallback, out);
}

static bool is_picked(struct jrun *r, const struct lazy *lazy, struct jval item, bool *out)
{
	struct jval v;
	if (!jkey_get(r, item, lazy->attribute, jval_missing(), &v))
		return false;
	if (lazy->row && !jbuiltin_call(r, lazy->row, v, &lazy->args, &v))
		return false;
	*out = jval_truth(v) == lazy->wanted;
	return true;
}

static bool next_picked(struct jrun *r, struct jiter *it, struct jval *out, bool *more)
{
	bool picked = false;
	while (!picked) {
		if (!next_source(r, it, out, more))
			return false;
		if (!*more)
			return true;
		if (!is_picked(r, it->state, *out, &picked))
			return false;
	}
	return true;
}

static bool next_unique(struct jrun *r, struct jiter *it, struct jval *out, bool *more)
{
	struct lazy *lazy = it->state;
	for (;;) {
		struct jval key;
		struct jentry *entry;
		if (!next_source(r, it, out, more))
			return false;
		if (!*more)
			return true;
		if (!jkey_get(r, *out, lazy->attribute, jval_missing(), &key))
			return false;
		if (!lazy->case_sensitive)
			key = jkey_without_case(r, key);
		if (!jdict_find(r, lazy->seen, key, &entry))
			return false;
		if (!entry)
			return jdict_set(r, lazy->seen, key, jval_none());
	}
}

static bool next_pair(struct jrun *r, struct jiter *it, struct jval *out, bool *more)
{
	*more = false;
	if (it->over.kind == J_UNDEFINED)
		return true;
	if (it->over.kind != J_DICT)
		return jrun_raise(r, "Can only get item pairs from a mapping.");
	const struct jdict *d = it->over.u.dict;
	if (it->at >= d->n)
		return true;
	*more = true;
	*out = jval_pair(r, d->entries[it->at].key, d->entries[it->at].value);
	it->at++;
	return true;
}

/* The arguments behind the first `taken`, kept for later. */
static struct jargs rest_of(struct jrun *r, const struct jargs *args, size_t taken)
{
	size_t count = args->pos_count - taken;
	struct jval *pos = jrun_array(r, count + 1, sizeof *pos);
	struct jnamed *named = jrun_array(r, args->named_count + 1, sizeof *named);
	if (!pos || !named)
		return (struct jargs){ 0 };
	memcpy(pos, args->pos + taken, count * sizeof *pos);
	if (args->named_count)
		memcpy(named, args->named, args->named_count * sizeof *named);
	return (struct jargs){ pos, count, named, args->named_count };
}

static struct jval named_arg(const struct jargs *args, const char *name)
{
	for (size_t i = 0; i < args->named_count; i++)
		if (str_eq_z(jtext_str(args->named[i].name), name))
			return args->named[i].value;
	return jval_missing();
}

static bool row_by_name(struct jrun *r, struct jval name,
	const struct jbuiltin *(*find)(struct str), const char *what, const struct jbuiltin **out)
{
	*out = name.kind == J_TEXT ? find(jval_str(name)) : NULL;
	if (*out)
		return true;
	struct jbuild b;
	jbuild_init(&b, r);
	if (!jprint_repr(r, name, &b))
		return false;
	return jrun_raise(r, "No %s named %.*s.", what, STR_ARG(((struct str){ b.p, b.n })));
}

static bool filter_map(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct lazy lazy = { .attribute = named_arg(args, "attribute"),
		.fallback = named_arg(args, "default") };
	if (args->pos_count == 0 && lazy.attribute.kind == J_MISSING)
		return jrun_raise(r, "map requires a filter argument");
	if (args->pos_count > 0) {
		if (!row_by_name(r, args->pos[0], jfilter_find, "filter", &lazy.row))
			return false;
		lazy.args = rest_of(r, args, 1);
	} else {
		for (size_t i = 0; i < args->named_count; i++) {
			struct str name = jtext_str(args->named[i].name);
			if (!str_eq_z(name, "attribute") && !str_eq_z(name, "default"))
				return jrun_raise(
					r, "Unexpected keyword argument '%.*s'", STR_ARG(name));
		}
	}
	*out = generator(r, v, next_mapped, lazy);
	return true;
}

/* select, reject and, with an attribute first, selectattr, rejectattr. */
static bool pick(struct jrun *r, struct jval v, const struct jargs *args, struct lazy lazy,
	size_t attributes, struct jval *out)
{
	lazy.attribute = jval_missing();
	if (args->pos_count < attributes)
		return jrun_raise(r, "Missing parameter for attribute name");
	if (attributes)
		lazy.attribute = args->pos[0];
	if (args->pos_count > attributes) {
		if (!row_by_name(r, args->pos[attributes], jtest_find, "test", &lazy.row))
			return false;
		lazy.args = rest_of(r, args, attributes + 1);
	}
	*out = generator(r, v, next_picked, lazy);
	return true;
}

static bool filter_select(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return pick(r, v, args, (struct lazy){ .wanted = true }, 0, out);
}

static bool filter_reject(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return pick(r, v, args, (struct lazy){ .wanted = false }, 0, out);
}

static bool filter_selectattr(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return pick(r, v, args, (struct lazy){ .wanted = true }, 1, out);
}

static bool filter_rejectattr(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return pick(r, v, args, (struct lazy){ .wanted = false }, 1, out);
}

static bool filter_unique(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct lazy lazy = { .case_sensitive = jval_truth(args->pos[0]),
		.attribute = args->pos[1],
		.seen = jdict_new(r) };
	*out = generator(r, v, next_unique, lazy);
	return true;
}

static bool filter_items(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	*out = generator(r, v, next_pair, (struct lazy){ 0 });
	return true;
}

static const struct jbuiltin filters_lazy[] = {
	{ "map", "*", filter_map },
	{ "select", "*", filter_select },
	{ "reject", "*", filter_reject },
	{ "selectattr", "*", filter_selectattr },
	{ "rejectattr", "*", filter_rejectattr },
	{ "unique", "case_sensitive? attribute?", filter_unique },
	{ "items", "", filter_items },
	{ NULL, NULL, NULL },
};

const struct jbuiltin *jfilter_find(struct str name)
{
	static const struct jbuiltin *const tables[] = { jfilters_text, jfilters_sequence,
		jfilters_number, filters_lazy };
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		const struct jbuiltin *row = jbuiltin_find(tables[i], name);
		if (row)
			return row;
	}
	return NULL;
}

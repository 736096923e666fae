/*
 * jinja_access.c - a.b, a[b] and a[b:c:d]; see jinja_run.h.
 *
 * As in Jinja2 both ways lead to both places: a.b is the attribute or else the element "b", a["b"]
 * the element or else the attribute. So `schema.items` of a dict is its method, and
 * `schema["items"]` its element. What is in neither place is undefined.
 *
 * Layer: prompt
 */
#include "jinja/jinja_exec.h"

static bool method_of(struct jrun *r, struct jval of, struct str name, struct jval *out)
{
	const struct jbuiltin *row = jmethod_find(of.kind, name);
	if (!row)
		return false;
	struct jmethod *m = jrun_alloc(r, sizeof *m);
	*m = (struct jmethod){ row, of };
	*out = (struct jval){ .kind = J_METHOD, .u.method = m };
	return true;
}

static struct jval macro_attribute(struct jrun *r, const struct jmacro *m, struct str name)
{
	const struct jmacro_body *body = m->body;
	if (str_eq(name, STR("name")))
		return body->name ? jval_text(body->name) : jval_none();
	if (str_eq(name, STR("caller")))
		return jval_bool(body->uses_caller);
	if (str_eq(name, STR("catch_kwargs")))
		return jval_bool(body->uses_kwargs);
	if (str_eq(name, STR("catch_varargs")))
		return jval_bool(body->uses_varargs);
	if (!str_eq(name, STR("arguments")))
		return jval_missing();
	struct jlist *names = jlist_new(r, body->params.n);
	for (const struct jnode *param = body->params.first; param; param = param->next)
		jlist_add(r, names, jval_text(r->program->names[param->u.name]));
	return jval_tuple(names);
}

static struct jval group_attribute(const struct jlist *group, struct str name)
{
	if (str_eq(name, STR("grouper")))
		return group->items[0];
	return str_eq(name, STR("list")) ? group->items[1] : jval_missing();
}

static struct jval cycler_attribute(const struct jcycler *c, struct str name)
{
	return str_eq(name, STR("current")) ? c->items->items[c->at] : jval_missing();
}

/* What Python's getattr finds; J_MISSING if nothing. */
static bool attribute(struct jrun *r, struct jval of, struct str name, struct jval *out)
{
	*out = jval_missing();
	if (of.kind == J_LOOP)
		return jloop_attribute(r, of.u.loop, name, out);
	if (of.kind == J_NAMESPACE) {
		const struct jentry *entry = jdict_find_text(of.u.dict, name);
		if (entry)
			*out = entry->value;
	} else if (of.kind == J_MACRO) {
		*out = macro_attribute(r, of.u.macro, name);
	} else if (of.kind == J_TUPLE && of.u.list->is_group) {
		*out = group_attribute(of.u.list, name);
	} else if (of.kind == J_CYCLER) {
		*out = cycler_attribute(of.u.cycler, name);
	}
	if (out->kind == J_MISSING)
		method_of(r, of, name, out);
	return true;
}

/* Every Python object has attributes of this shape, and the sandbox shows none. */
static bool is_python_internal(struct str name)
{
	return name.n > 4 && str_starts(name, STR("__")) && str_ends(name, STR("__"));
}

bool jval_attribute(struct jrun *r, struct jval of, const struct jtext *name, struct jval *out)
{
	struct str s = jtext_str(name);
	if (of.kind == J_UNDEFINED)
		return jrun_raise_undefined(r, of);
	if (is_python_internal(s)) {
		const char *hint = arena_printf(r->arena,
			"access to attribute '%.*s' of '%s' object is unsafe.", STR_ARG(s),
			jval_type(of))
					   .p;
		*out = jval_undefined_hint(r, hint);
		return true;
	}
	if (!attribute(r, of, s, out))
		return false;
	if (out->kind != J_MISSING)
		return true;
	const struct jentry *entry = of.kind == J_DICT ? jdict_find_text(of.u.dict, s) : NULL;
	*out = entry ? entry->value : jval_undefined_of(r, of, jval_text(name));
	return true;
}

/* The element at an index, from the end if negative; J_MISSING if there is none. */
static struct jval element(struct jrun *r, struct jval of, int64_t index)
{
	size_t n;
	if (!jval_length(of, &n))
		return jval_missing();
	if (index < 0)
		index += (int64_t)n;
	if (index < 0 || (uint64_t)index >= n)
		return jval_missing();
	size_t at = (size_t)index;
	if (of.kind == J_LIST || of.kind == J_TUPLE)
		return of.u.list->items[at];
	if (of.kind == J_RANGE)
		return jval_int(of.u.range->start + of.u.range->step * index);
	if (of.kind != J_TEXT)
		return jval_missing();
	size_t from = jtext_offset(of.u.text, at);
	struct jtext rest = { .p = of.u.text->p + from, .n = of.u.text->n - from };
	return jval_text(jtext_slice(r, of.u.text, from, from + jtext_offset(&rest, 1)));
}

static bool dict_item(struct jrun *r, const struct jdict *d, struct jval key, struct jval *out)
{
	struct jentry *entry = NULL;
	*out = jval_missing();
	if (key.kind == J_LIST || key.kind == J_DICT)
		return true; /* unhashable: not in it */
	if (!jdict_find(r, d, key, &entry))
		return false;
	if (entry)
		*out = entry->value;
	return true;
}

bool jval_item(struct jrun *r, struct jval of, struct jval index, struct jval *out)
{
	int64_t number;
	*out = jval_missing();
	if (of.kind == J_UNDEFINED)
		return jrun_raise_undefined(r, of);
	if (of.kind == J_DICT && !dict_item(r, of.u.dict, index, out))
		return false;
	if (of.kind != J_DICT && jval_is_index(index, &number))
		*out = element(r, of, number);
	if (out->kind == J_MISSING && index.kind == J_TEXT &&
		!attribute(r, of, jval_str(index), out))
		return false;
	if (out->kind == J_MISSING)
		*out = jval_undefined_of(r, of, index);
	return jrun_charge(r, of.kind == J_TEXT ? of.u.text->n / JRUN_BYTES_A_STEP : 0);
}

static bool bound(struct jrun *r, struct jval v, int64_t *out, bool *given)
{
	*given = v.kind != J_NONE;
	if (!*given || jval_is_index(v, out))
		return true;
	return jrun_raise(r, "slice indices must be integers or None or have an __index__ method");
}

/* Into [low, high], counting from the end if negative. */
static int64_t clamp_bound(int64_t at, int64_t n, int64_t low, int64_t high)
{
	if (at < 0)
		at += n;
	return at < low ? low : at > high ? high : at;
}

/* The first index and the number of elements that from:to:step takes out of n. */
static bool slice_range(struct jrun *r, const struct jval bounds[3], int64_t n, int64_t *first,
	int64_t *count, int64_t *step)
{
	int64_t from = 0, to = 0;
	bool has_from, has_to, has_step;
	*step = 1;
	if (!bound(r, bounds[0], &from, &has_from) || !bound(r, bounds[1], &to, &has_to) ||
		!bound(r, bounds[2], step, &has_step))
		return false;
	if (*step == 0)
		return jrun_raise(r, "slice step cannot be zero");
	if (*step < -n - 1)
		*step = -n - 1;
	else if (*step > n + 1)
		*step = n + 1;
	bool forward = *step > 0;
	int64_t low = forward ? 0 : -1, high = forward ? n : n - 1;
	from = has_from ? clamp_bound(from, n, low, high) : forward ? low : high;
	to = has_to ? clamp_bound(to, n, low, high) : forward ? high : low;
	*first = from;
	int64_t span = forward ? to - from : from - to;
	int64_t stride = forward ? *step : -*step;
	*count = span > 0 ? (span + stride - 1) / stride : 0;
	return true;
}

static bool slice_text(
	struct jrun *r, const struct jtext *t, const struct jval bounds[3], struct jval *out)
{
	int64_t first, count, step;
	size_t chars = jtext_chars(t);
	if (!slice_range(r, bounds, (int64_t)chars, &first, &count, &step))
		return false;
	if (step == 1 || count == 0) {
		size_t from = jtext_offset(t, count ? (size_t)first : 0);
		struct jtext rest = { .p = t->p + from, .n = t->n - from };
		size_t bytes = jtext_offset(&rest, (size_t)count);
		*out = jval_text(jtext_slice(r, t, from, from + bytes));
		return true;
	}
	size_t *offsets = jrun_array(r, chars + 1, sizeof *offsets);
	if (!offsets)
		return jrun_charge(r, 1);
	for (size_t i = 0, at = 0; at < t->n; at++)
		if (((unsigned char)t->p[at] & 0xC0) != 0x80)
			offsets[i++] = at;
	offsets[chars] = t->n;
	struct jbuild b;
	jbuild_init(&b, r);
	b.markup = t->markup;
	for (int64_t i = 0; i < count; i++) {
		int64_t at = first + i * step;
		jbuild_slice(&b, t, offsets[at], offsets[at + 1]);
	}
	*out = jval_text(jbuild_done(&b));
	return true;
}

bool jval_slice(struct jrun *r, struct jval of, const struct jval bounds[3], struct jval *out)
{
	int64_t first, count, step;
	size_t n;
	if (of.kind == J_UNDEFINED)
		return jrun_raise_undefined(r, of);
	if (of.kind == J_TEXT)
		return jrun_charge(r, of.u.text->n / JRUN_BYTES_A_STEP) &&
		       slice_text(r, of.u.text, bounds, out);
	if (of.kind == J_DICT)
		return jrun_raise(r, "unhashable type: 'slice'");
	if ((of.kind != J_LIST && of.kind != J_TUPLE && of.kind != J_RANGE) || !jval_length(of, &n))
		return jrun_raise(r, "'%s' object is not subscriptable", jval_type(of));
	if (!slice_range(r, bounds, (int64_t)n, &first, &count, &step) ||
		!jrun_charge(r, (size_t)count / 8))
		return false;
	if (of.kind == J_RANGE) {
		struct jrange *range = jrun_alloc(r, sizeof *range);
		int64_t start = of.u.range->start + of.u.range->step * first;
		int64_t stride = of.u.range->step * step;
		*range = (struct jrange){ start, start + stride * count, stride, (size_t)count };
		*out = (struct jval){ .kind = J_RANGE, .u.range = range };
		return true;
	}
	struct jlist *l = jlist_new(r, (size_t)count);
	for (int64_t i = 0; i < count; i++)
		jlist_add(r, l, of.u.list->items[first + i * step]);
	*out = of.kind == J_LIST ? jval_list(l) : jval_tuple(l);
	return true;
}

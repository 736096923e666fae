/*
 * jinja_value.c - making values and asking them; see jinja_value.h.
 *
 * Dicts are in jinja_dict.c, equality and order in jinja_compare.c.
 */
#include "jinja/jinja_value.h"

#include <string.h>

#include "base/must.h"
#include "jinja/jinja_run.h"

static struct jval undefined(struct jrun *r, struct jundefined why)
{
	struct jundefined *u = jrun_alloc(r, sizeof *u);
	*u = why;
	return (struct jval){ .kind = J_UNDEFINED, .u.undefined = u };
}

struct jval jval_undefined_name(struct jrun *r, struct jval name)
{
	return undefined(r, (struct jundefined){ .name = name });
}

struct jval jval_undefined_hint(struct jrun *r, const char *hint)
{
	return undefined(r, (struct jundefined){ .hint = hint, .name = jval_none() });
}

/* Where Jinja2's messages say a type comes from. */
static const char *module_of(struct jval v)
{
	switch (v.kind) {
	case J_NAMESPACE:
	case J_CYCLER:
	case J_JOINER: return "jinja2.utils.";
	case J_MACRO:
	case J_LOOP: return "jinja2.runtime.";
	default: return v.kind == J_TEXT && v.u.text->markup ? "markupsafe." : "";
	}
}

struct jval jval_undefined_of(struct jrun *r, struct jval of, struct jval name)
{
	return undefined(r, (struct jundefined){ .module = module_of(of),
				    .type = of.kind == J_NONE ? NULL : jval_type(of),
				    .name = name });
}

const char *jval_type(struct jval v)
{
	static const char *const names[J_KIND_COUNT] = {
		[J_MISSING] = "missing",
		[J_UNDEFINED] = "Undefined",
		[J_NONE] = "NoneType",
		[J_BOOL] = "bool",
		[J_INT] = "int",
		[J_FLOAT] = "float",
		[J_TEXT] = "str",
		[J_LIST] = "list",
		[J_TUPLE] = "tuple",
		[J_DICT] = "dict",
		[J_RANGE] = "range",
		[J_NAMESPACE] = "Namespace",
		[J_FUNCTION] = "function",
		[J_METHOD] = "builtin_function_or_method",
		[J_MACRO] = "Macro",
		[J_LOOP] = "LoopContext",
		[J_CYCLER] = "Cycler",
		[J_JOINER] = "Joiner",
	};
	MUST(v.kind < J_KIND_COUNT);
	if (v.kind == J_VIEW)
		return v.u.view->type;
	if (v.kind == J_ITER)
		return v.u.iter->type;
	if (v.kind == J_TEXT && v.u.text->markup)
		return "Markup";
	return names[v.kind];
}

struct str jval_str(struct jval text)
{
	MUST(text.kind == J_TEXT);
	return jtext_str(text.u.text);
}

double jval_as_double(struct jval v)
{
	return v.kind == J_FLOAT ? v.u.f : v.kind == J_INT ? (double)v.u.i : v.u.b;
}

bool jval_truth(struct jval v)
{
	size_t n;
	switch (v.kind) {
	case J_MISSING:
	case J_UNDEFINED:
	case J_NONE: return false;
	case J_BOOL: return v.u.b;
	case J_INT: return v.u.i != 0;
	case J_FLOAT: return v.u.f != 0;
	case J_TEXT: return v.u.text->n != 0;
	case J_LOOP: return true; /* a loop that runs is not empty */
	default: return !jval_length(v, &n) || n != 0;
	}
}

bool jval_length(struct jval v, size_t *out)
{
	switch (v.kind) {
	case J_UNDEFINED: *out = 0; return true;
	case J_TEXT: *out = jtext_chars(v.u.text); return true;
	case J_LIST:
	case J_TUPLE: *out = v.u.list->n; return true;
	case J_DICT: *out = v.u.dict->n; return true;
	case J_RANGE: *out = v.u.range->n; return true;
	case J_VIEW: *out = v.u.view->items->n; return true;
	default: return false;
	}
}

struct jlist *jlist_new(struct jrun *r, size_t room)
{
	struct jlist *l = jrun_alloc(r, sizeof *l);
	if (room && (l->items = jrun_array(r, room, sizeof *l->items)))
		l->cap = room;
	return l;
}

void jlist_add(struct jrun *r, struct jlist *l, struct jval v)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 4;
		struct jval *items = jrun_array(r, cap, sizeof *items);
		if (!items)
			return;
		if (l->n)
			memcpy(items, l->items, l->n * sizeof *items);
		l->items = items;
		l->cap = cap;
	}
	l->items[l->n++] = v;
}

struct jval jval_pair(struct jrun *r, struct jval a, struct jval b)
{
	struct jlist *l = jlist_new(r, 2);
	jlist_add(r, l, a);
	jlist_add(r, l, b);
	return jval_tuple(l);
}

static bool list_from_json(struct jrun *r, const json_t *json, bool is_input, struct jval *out)
{
	struct jlist *l = jlist_new(r, json_array_size(json));
	for (size_t i = 0; i < json_array_size(json); i++) {
		struct jval item;
		if (!jval_from_json(r, json_array_get(json, i), is_input, &item))
			return false;
		jlist_add(r, l, item);
	}
	*out = jval_list(l);
	return true;
}

static const struct jtext *text_from(struct jrun *r, const char *p, size_t n, bool is_input)
{
	return is_input ? jtext_input(r, str_n(p, n)) : jtext_own(r, str_n(p, n));
}

static bool dict_from_json(struct jrun *r, const json_t *json, bool is_input, struct jval *out)
{
	struct jdict *d = jdict_new(r);
	json_t *object =
		(json_t *)json; /* jansson's iterators do not take const; nothing changes */
	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
		const char *key = json_object_iter_key(at);
		struct jval value, name = jval_text(text_from(r, key, strlen(key), is_input));
		if (!jval_from_json(r, json_object_iter_value(at), is_input, &value) ||
			!jdict_set(r, d, name, value))
			return false;
	}
	*out = jval_dict(d);
	return true;
}

static bool from_json(struct jrun *r, const json_t *json, bool is_input, struct jval *out)
{
	switch (json_typeof(json)) {
	case JSON_OBJECT: return dict_from_json(r, json, is_input, out);
	case JSON_ARRAY: return list_from_json(r, json, is_input, out);
	case JSON_STRING:
		*out = jval_text(
			text_from(r, json_string_value(json), json_string_length(json), is_input));
		return true;
	case JSON_INTEGER: *out = jval_int(json_integer_value(json)); return true;
	case JSON_REAL: *out = jval_float(json_real_value(json)); return true;
	case JSON_TRUE:
	case JSON_FALSE: *out = jval_bool(json_is_true(json)); return true;
	default: *out = jval_none(); return true;
	}
}

bool jval_from_json(struct jrun *r, const json_t *json, bool is_input, struct jval *out)
{
	if (!jrun_charge(r, 1) || !jrun_enter(r))
		return false;
	bool ok = from_json(r, json, is_input, out);
	jrun_leave(r);
	return ok;
}

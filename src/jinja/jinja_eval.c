/*
 * jinja_eval.c - what an expression is worth; see jinja_exec.h.
 *
 * Layer: prompt
 */
#include <string.h>

#include "base/must.h"
#include "jinja/jinja_exec.h"

static bool eval_name(struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	*out = jscope_get(s, n->u.name);
	if (out->kind == J_MISSING)
		*out = jval_undefined_name(r, jval_text(r->program->names[n->u.name]));
	return true;
}

static bool eval_items(
	struct jrun *r, struct jscope *s, const struct jnodes *items, struct jlist **out)
{
	*out = jlist_new(r, items->n);
	for (const struct jnode *item = items->first; item; item = item->next) {
		struct jval v;
		if (!jeval(r, s, item, &v))
			return false;
		jlist_add(r, *out, v);
	}
	return true;
}

static bool eval_sequence(struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	struct jlist *l;
	if (!eval_items(r, s, &n->u.items, &l))
		return false;
	*out = n->kind == JN_LIST ? jval_list(l) : jval_tuple(l);
	return true;
}

static bool eval_dict(struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	struct jdict *d = jdict_new(r);
	for (const struct jnode *key = n->u.items.first; key; key = key->next->next) {
		struct jval k, v;
		if (!jeval(r, s, key, &k) || !jeval(r, s, key->next, &v) || !jdict_set(r, d, k, v))
			return false;
	}
	*out = jval_dict(d);
	return true;
}

static bool eval_and_or(struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	if (!jeval(r, s, n->u.two.a, out))
		return false;
	return jval_truth(*out) == (n->kind == JN_OR) || jeval(r, s, n->u.two.b, out);
}

static bool eval_not(struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	struct jval v;
	if (!jeval(r, s, n->u.two.a, &v))
		return false;
	*out = jval_bool(!jval_truth(v));
	return true;
}

static bool eval_signed(struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	struct jval v;
	if (!jeval(r, s, n->u.two.a, &v))
		return false;
	if (n->kind == JN_NEGATE)
		return jval_negate(r, v, out);
	return jval_binary(r, JOP_ADD, jval_int(0), v, out);
}

static bool eval_binary(struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	struct jval a, b;
	return jeval(r, s, n->u.two.a, &a) && jeval(r, s, n->u.two.b, &b) &&
	       jval_binary(r, n->u.two.op, a, b, out);
}

static bool eval_condition(
	struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	struct jval test;
	if (!jeval(r, s, n->u.condition.test, &test))
		return false;
	if (jval_truth(test))
		return jeval(r, s, n->u.condition.then, out);
	if (n->u.condition.otherwise)
		return jeval(r, s, n->u.condition.otherwise, out);
	*out = jval_undefined_hint(
		r, arena_printf(r->arena,
			   "the inline if-expression on line %u evaluated to false and no else "
			   "section was defined.",
			   n->line)
			   .p);
	return true;
}

static bool compare(struct jrun *r, enum jcompare op, struct jval a, struct jval b, bool *out)
{
	static const char *const names[JC_COUNT] = { "==", "!=", "<", "<=", ">", ">=", "in",
		"not in" };
	int order = 0;
	bool ok;
	switch (op) {
	case JC_EQ:
	case JC_NE: ok = jval_equal(r, a, b, out); break;
	case JC_IN:
	case JC_NOT_IN: ok = jval_contains(r, b, a, out); break;
	default: ok = jval_order(r, a, b, names[op], &order); break;
	}
	switch (op) {
	case JC_NE:
	case JC_NOT_IN: *out = !*out; break;
	case JC_LT: *out = order < 0; break;
	case JC_LE: *out = order <= 0; break;
	case JC_GT: *out = order > 0; break;
	case JC_GE: *out = order >= 0; break;
	default: break;
	}
	return ok;
}

/* a < b < c: each pair, until one does not hold. */
static bool eval_compare(struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	struct jval left, right;
	bool holds = true;
	if (!jeval(r, s, n->u.compare.left, &left))
		return false;
	for (const struct jcomparison *c = n->u.compare.first; c && holds; c = c->next) {
		if (!jeval(r, s, c->right, &right) || !compare(r, c->op, left, right, &holds))
			return false;
		left = right;
	}
	*out = jval_bool(holds);
	return true;
}

static bool eval_concat(struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	const struct jtext *all = NULL, *one;
	for (const struct jnode *item = n->u.items.first; item; item = item->next) {
		struct jval v;
		if (!jeval(r, s, item, &v) || !jval_to_text(r, v, &one))
			return false;
		all = all ? jtext_join(r, all, one) : one;
	}
	*out = jval_text(jtext_markup(r, all, false));
	return true;
}

static bool eval_attribute(
	struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	struct jval of;
	return jeval(r, s, n->u.attribute.of, &of) &&
	       jval_attribute(r, of, n->u.attribute.name, out);
}

static bool eval_slice(
	struct jrun *r, struct jscope *s, struct jval of, const struct jnode *n, struct jval *out)
{
	struct jval bounds[3];
	for (int i = 0; i < 3; i++) {
		bounds[i] = jval_none();
		if (n->u.slice.bound[i] && !jeval(r, s, n->u.slice.bound[i], &bounds[i]))
			return false;
	}
	return jval_slice(r, of, bounds, out);
}

static bool eval_item(struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	struct jval of, index;
	if (!jeval(r, s, n->u.two.a, &of))
		return false;
	if (n->u.two.b->kind == JN_SLICE)
		return eval_slice(r, s, of, n->u.two.b, out);
	return jeval(r, s, n->u.two.b, &index) && jval_item(r, of, index, out);
}

/* The values of a list of nodes, in `room` or in new memory if that is too small. */
static bool eval_named(struct jrun *r, struct jscope *s, const struct jnodes *nodes,
	struct jnamed *room, struct jargs *out)
{
	size_t count = nodes->n + 1; /* for the caller */
	struct jnamed *named = count <= JARGS_MAX ? room : jrun_array(r, count, sizeof *named);
	if (!named)
		return jrun_charge(r, 1);
	out->named = named;
	for (const struct jnode *n = nodes->first; n; n = n->next) {
		struct jnamed *to = &named[out->named_count++];
		to->name = n->key;
		if (!jeval(r, s, n, &to->value))
			return false;
	}
	return true;
}

static bool eval_positional(struct jrun *r, struct jscope *s, const struct jnodes *nodes,
	struct jval *room, struct jargs *out)
{
	struct jval *pos = nodes->n <= JARGS_MAX ? room : jrun_array(r, nodes->n, sizeof *pos);
	if (!pos)
		return jrun_charge(r, 1);
	out->pos = pos;
	for (const struct jnode *n = nodes->first; n; n = n->next)
		if (!jeval(r, s, n, &pos[out->pos_count++]))
			return false;
	return true;
}

/* *values behind the positional ones. */
static bool add_spread(struct jrun *r, struct jval values, struct jargs *args)
{
	struct jlist *more;
	if (!jval_to_list(r, values, &more))
		return false;
	struct jval *all = jrun_array(r, args->pos_count + more->n + 1, sizeof *all);
	if (!all)
		return jrun_charge(r, 1);
	if (args->pos_count)
		memcpy(all, args->pos, args->pos_count * sizeof *all);
	if (more->n)
		memcpy(all + args->pos_count, more->items, more->n * sizeof *all);
	args->pos = all;
	args->pos_count += more->n;
	return true;
}

/* **values behind the named ones. */
static bool add_spread_named(struct jrun *r, struct jval values, struct jargs *args)
{
	if (values.kind != J_DICT)
		return jrun_raise(
			r, "argument after ** must be a mapping, not %s", jval_type(values));
	const struct jdict *d = values.u.dict;
	struct jnamed *all = jrun_array(r, args->named_count + d->n + 1, sizeof *all);
	if (!all)
		return jrun_charge(r, 1);
	if (args->named_count)
		memcpy(all, args->named, args->named_count * sizeof *all);
	args->named = all;
	for (size_t i = 0; i < d->n; i++) {
		if (d->entries[i].key.kind != J_TEXT)
			return jrun_raise(r, "keywords must be strings");
		all[args->named_count++] =
			(struct jnamed){ d->entries[i].key.u.text, d->entries[i].value };
	}
	return true;
}

bool jargs_eval(struct jrun *r, struct jscope *s, const struct jcall_args *written,
	struct jval caller, struct jargs_room *room, struct jargs *out)
{
	struct jval spread;
	*out = (struct jargs){ 0 };
	if (!eval_positional(r, s, &written->positional, room->pos, out) ||
		!eval_named(r, s, &written->named, room->named, out))
		return false;
	if (caller.kind != J_MISSING) {
		struct jnamed *named = (struct jnamed *)out->named; /* has a place for it */
		named[out->named_count++] =
			(struct jnamed){ r->program->names[JNAME_CALLER], caller };
	}
	if (written->spread &&
		(!jeval(r, s, written->spread, &spread) || !add_spread(r, spread, out)))
		return false;
	return !written->spread_named ||
	       (jeval(r, s, written->spread_named, &spread) && add_spread_named(r, spread, out));
}

static bool eval_call(struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	struct jval callee;
	struct jargs_room room;
	struct jargs args;
	return jeval(r, s, n->u.call.callee, &callee) &&
	       jargs_eval(r, s, &n->u.call.args, jval_missing(), &room, &args) &&
	       jval_call(r, callee, &args, out);
}

static bool apply_row(struct jrun *r, struct jscope *s, const struct jnode *n, struct jval given,
	struct jval *out)
{
	struct jargs_room room;
	struct jargs args;
	if (!n->u.call.row)
		return jrun_raise(r, "No %s named '%.*s' found.",
			n->kind == JN_FILTER ? "filter" : "test",
			STR_ARG(jtext_str(n->u.call.name)));
	return jargs_eval(r, s, &n->u.call.args, jval_missing(), &room, &args) &&
	       jbuiltin_call(r, n->u.call.row, given, &args, out);
}

static bool eval_filter_or_test(
	struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	struct jval given;
	return jeval(r, s, n->u.call.callee, &given) && apply_row(r, s, n, given, out);
}

bool jfilter_apply(struct jrun *r, struct jscope *s, const struct jnode *filter,
	const struct jtext *given, struct jval *out)
{
	struct jval v = jval_text(given);
	if (!jrun_enter(r))
		return false;
	bool ok =
		(!filter->u.call.callee || jfilter_apply(r, s, filter->u.call.callee, given, &v)) &&
		apply_row(r, s, filter, v, out);
	jrun_leave(r);
	return ok;
}

static bool eval(struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	switch (n->kind) {
	case JN_CONST: *out = n->u.constant; return true;
	case JN_NAME: return eval_name(r, s, n, out);
	case JN_TUPLE:
	case JN_LIST: return eval_sequence(r, s, n, out);
	case JN_DICT: return eval_dict(r, s, n, out);
	case JN_NOT: return eval_not(r, s, n, out);
	case JN_NEGATE:
	case JN_PLUS: return eval_signed(r, s, n, out);
	case JN_BINARY: return eval_binary(r, s, n, out);
	case JN_AND:
	case JN_OR: return eval_and_or(r, s, n, out);
	case JN_CONDITION: return eval_condition(r, s, n, out);
	case JN_COMPARE: return eval_compare(r, s, n, out);
	case JN_CONCAT: return eval_concat(r, s, n, out);
	case JN_ATTRIBUTE: return eval_attribute(r, s, n, out);
	case JN_ITEM: return eval_item(r, s, n, out);
	case JN_SLICE: return jrun_raise(r, "a slice is no value of its own");
	case JN_CALL: return eval_call(r, s, n, out);
	case JN_FILTER:
	case JN_TEST: return eval_filter_or_test(r, s, n, out);
	default: break;
	}
	MUST(!"an expression");
	return false;
}

bool jeval(struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out)
{
	if (!jrun_charge(r, 1) || !jrun_enter(r))
		return false;
	uint32_t line = r->line;
	r->line = n->line;
	bool ok = eval(r, s, n, out);
	if (ok)
		r->line = line;
	jrun_leave(r);
	return ok;
}

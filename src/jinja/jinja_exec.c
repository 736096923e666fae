/*
 * jinja_exec.c - what statements do; see jinja_exec.h.
 *
 * Layer: prompt
 */
#include "jinja/jinja_exec.h"

#include "base/must.h"

static enum jflow flow_of(bool ok)
{
	return ok ? JF_NEXT : JF_FAILED;
}

static bool assign_items(
	struct jrun *r, struct jscope *s, const struct jnodes *targets, struct jval v)
{
	struct jlist *items;
	if (!jval_is_iterable(v))
		return jrun_raise(r, "cannot unpack non-iterable %s object", jval_type(v));
	if (!jval_to_list(r, v, &items))
		return false;
	if (items->n > targets->n)
		return jrun_raise(r, "too many values to unpack (expected %zu)", targets->n);
	if (items->n < targets->n)
		return jrun_raise(r, "not enough values to unpack (expected %zu, got %zu)",
			targets->n, items->n);
	size_t i = 0;
	for (const struct jnode *target = targets->first; target; target = target->next)
		if (!jassign(r, s, target, items->items[i++]))
			return false;
	return true;
}

static bool assign_attribute(
	struct jrun *r, struct jscope *s, const struct jnode *target, struct jval v)
{
	struct jval object;
	if (!jeval(r, s, target->u.attribute.of, &object))
		return false;
	if (object.kind != J_NAMESPACE)
		return jrun_raise(r, "cannot assign attribute on non-namespace object");
	return jdict_set(r, object.u.dict, jval_text(target->u.attribute.name), v);
}

bool jassign(struct jrun *r, struct jscope *s, const struct jnode *target, struct jval v)
{
	if (target->kind == JN_TUPLE)
		return assign_items(r, s, &target->u.items, v);
	if (target->kind == JN_ATTRIBUTE)
		return assign_attribute(r, s, target, v);
	jscope_set(r, s, target->u.name, v);
	return true;
}

static bool exec_print(struct jrun *r, struct jscope *s, const struct jnode *n)
{
	for (const struct jnode *item = n->u.items.first; item; item = item->next) {
		struct jval v;
		if (!jeval(r, s, item, &v) || !jprint_str(r, v, r->out))
			return false;
	}
	return true;
}

static bool exec_set(struct jrun *r, struct jscope *s, const struct jnode *n)
{
	struct jval v;
	return jeval(r, s, n->u.set.value, &v) && jassign(r, s, n->u.set.target, v);
}

enum jflow jexec_caught(
	struct jrun *r, struct jscope *s, const struct jnodes *body, const struct jtext **out)
{
	struct jbuild caught, *around = r->out;
	jbuild_init(&caught, r);
	r->out = &caught;
	enum jflow flow = jexec_inner(r, s, body);
	r->out = around;
	*out = jbuild_done(&caught);
	return flow;
}

static enum jflow exec_set_block(struct jrun *r, struct jscope *s, const struct jnode *n)
{
	const struct jtext *text;
	enum jflow flow = jexec_caught(r, s, &n->u.set.body, &text);
	if (flow != JF_NEXT)
		return flow;
	struct jval v = jval_text(text);
	if (n->u.set.value && !jfilter_apply(r, s, n->u.set.value, text, &v))
		return JF_FAILED;
	return flow_of(jassign(r, s, n->u.set.target, v));
}

static enum jflow exec_filter_block(struct jrun *r, struct jscope *s, const struct jnode *n)
{
	const struct jtext *text;
	struct jval v;
	enum jflow flow = jexec_caught(r, s, &n->u.filter_block.body, &text);
	if (flow != JF_NEXT)
		return flow;
	return flow_of(jfilter_apply(r, s, n->u.filter_block.filter, text, &v) &&
		       jprint_str(r, v, r->out));
}

static enum jflow exec_if(struct jrun *r, struct jscope *s, const struct jnode *n)
{
	for (; n; n = n->u.branch.otherwise) {
		struct jval test = jval_bool(true);
		r->line = n->line;
		if (n->u.branch.test && !jeval(r, s, n->u.branch.test, &test))
			return JF_FAILED;
		if (jval_truth(test))
			return jexec(r, s, &n->u.branch.body);
	}
	return JF_NEXT;
}

static bool exec_call_block(struct jrun *r, struct jscope *s, const struct jnode *n)
{
	struct jval callee, caller = jmacro_new(r, s, n->u.macro.body), v;
	struct jargs_room room;
	struct jargs args;
	const struct jnode *call = n->u.macro.call;
	return jeval(r, s, call->u.call.callee, &callee) &&
	       jargs_eval(r, s, &call->u.call.args, caller, &room, &args) &&
	       jval_call(r, callee, &args, &v) && jprint_str(r, v, r->out);
}

static enum jflow exec_with(struct jrun *r, struct jscope *s, const struct jnode *n)
{
	struct jscope *inner = jrun_alloc(r, sizeof *inner);
	jscope_init(inner, s);
	const struct jnode *value = n->u.with.values.first;
	for (const struct jnode *target = n->u.with.targets.first; target; target = target->next) {
		struct jval v;
		if (!jeval(r, s, value, &v) || !jassign(r, inner, target, v))
			return JF_FAILED;
		value = value->next;
	}
	return jexec(r, inner, &n->u.with.body);
}

enum jflow jexec_inner(struct jrun *r, struct jscope *s, const struct jnodes *body)
{
	struct jscope *inner = jrun_alloc(r, sizeof *inner);
	jscope_init(inner, s);
	return jexec(r, inner, body);
}

static enum jflow exec_one(struct jrun *r, struct jscope *s, const struct jnode *n)
{
	switch (n->kind) {
	case JN_DATA: jbuild_text(r->out, n->u.data); return JF_NEXT;
	case JN_PRINT: return flow_of(exec_print(r, s, n));
	case JN_SET: return flow_of(exec_set(r, s, n));
	case JN_SET_BLOCK: return exec_set_block(r, s, n);
	case JN_IF: return exec_if(r, s, n);
	case JN_FOR: return jloop_run(r, s, n);
	case JN_MACRO: jscope_set(r, s, n->u.macro.name, jmacro_new(r, s, n->u.macro.body)); break;
	case JN_CALL_BLOCK: return flow_of(exec_call_block(r, s, n));
	case JN_FILTER_BLOCK: return exec_filter_block(r, s, n);
	case JN_WITH: return exec_with(r, s, n);
	case JN_SCOPE: return jexec_inner(r, s, &n->u.body);
	case JN_BREAK: return JF_BREAK;
	case JN_CONTINUE: return JF_CONTINUE;
	default: MUST(!"a statement");
	}
	return JF_NEXT;
}

enum jflow jexec(struct jrun *r, struct jscope *s, const struct jnodes *body)
{
	enum jflow flow = JF_NEXT;
	if (!jrun_enter(r))
		return JF_FAILED;
	for (const struct jnode *n = body->first; n && flow == JF_NEXT; n = n->next) {
		r->line = n->line;
		flow = jrun_charge(r, 1) ? exec_one(r, s, n) : JF_FAILED;
	}
	jrun_leave(r);
	return flow;
}

/*
 * jinja_call.c - calling things: macros, bodies of call blocks, functions; see jinja_exec.h.
 *
 * Layer: prompt
 */
#include "jinja/jinja_exec.h"

struct jval jmacro_new(struct jrun *r, struct jscope *s, const struct jmacro_body *body)
{
	struct jmacro *m = jrun_alloc(r, sizeof *m);
	*m = (struct jmacro){ body, s };
	for (; s; s = s->up)
		s->kept = true;
	return (struct jval){ .kind = J_MACRO, .u.macro = m };
}

static const char *macro_name(const struct jmacro *m)
{
	return m->body->name ? m->body->name->p : "caller";
}

/* The named argument of this parameter, marked as used. */
static struct jval take_named(struct jrun *r, const struct jargs *args, bool used[], uint32_t name)
{
	for (size_t i = 0; i < args->named_count; i++)
		if (str_eq(jtext_str(args->named[i].name), jtext_str(r->program->names[name]))) {
			used[i] = true;
			return args->named[i].value;
		}
	return jval_missing();
}

/* Parameters from the arguments, the rest from the defaults, which may use earlier parameters. */
static bool bind_params(struct jrun *r, const struct jmacro *m, const struct jargs *args,
	bool used[], struct jscope *scope)
{
	const struct jmacro_body *body = m->body;
	const struct jnode *value = body->defaults.first;
	size_t i = 0;
	for (const struct jnode *param = body->params.first; param; param = param->next, i++) {
		bool has_default = i >= body->params.n - body->defaults.n;
		struct jval v = i < args->pos_count ? args->pos[i]
						    : take_named(r, args, used, param->u.name);
		if (v.kind == J_MISSING && has_default && !jeval(r, scope, value, &v))
			return false;
		if (v.kind == J_MISSING)
			v = jval_undefined_hint(
				r, arena_printf(r->arena, "parameter '%.*s' was not provided",
					   STR_ARG(jtext_str(r->program->names[param->u.name])))
					   .p);
		if (has_default)
			value = value->next;
		jscope_set(r, scope, param->u.name, v);
	}
	return true;
}

static bool has_param(const struct jmacro_body *body, uint32_t name)
{
	for (const struct jnode *param = body->params.first; param; param = param->next)
		if (param->u.name == name)
			return true;
	return false;
}

static void bind_caller(struct jrun *r, const struct jmacro *m, const struct jargs *args,
	bool used[], struct jscope *scope)
{
	if (!m->body->uses_caller || has_param(m->body, JNAME_CALLER))
		return;
	struct jval caller = take_named(r, args, used, JNAME_CALLER);
	if (caller.kind == J_MISSING)
		caller = jval_undefined_hint(r, "No caller defined");
	jscope_set(r, scope, JNAME_CALLER, caller);
}

static bool bind_kwargs(struct jrun *r, const struct jmacro *m, const struct jargs *args,
	const bool used[], struct jscope *scope)
{
	struct jdict *rest = jdict_new(r);
	for (size_t i = 0; i < args->named_count; i++) {
		if (used[i])
			continue;
		if (!m->body->uses_kwargs)
			return jrun_raise(r, "macro '%s' takes no keyword argument '%.*s'",
				macro_name(m), STR_ARG(jtext_str(args->named[i].name)));
		if (!jdict_set(r, rest, jval_text(args->named[i].name), args->named[i].value))
			return false;
	}
	if (m->body->uses_kwargs)
		jscope_set(r, scope, JNAME_KWARGS, jval_dict(rest));
	return true;
}

static bool bind_varargs(
	struct jrun *r, const struct jmacro *m, const struct jargs *args, struct jscope *scope)
{
	size_t taken = m->body->params.n;
	if (!m->body->uses_varargs && args->pos_count > taken)
		return jrun_raise(
			r, "macro '%s' takes not more than %zu argument(s)", macro_name(m), taken);
	struct jlist *rest = jlist_new(r, 0);
	for (size_t i = taken; i < args->pos_count; i++)
		jlist_add(r, rest, args->pos[i]);
	if (m->body->uses_varargs)
		jscope_set(r, scope, JNAME_VARARGS, jval_tuple(rest));
	return true;
}

bool jmacro_call(struct jrun *r, struct jmacro *m, const struct jargs *args, struct jval *out)
{
	struct jscope *scope = jrun_alloc(r, sizeof *scope);
	bool *used = jrun_array(r, args->named_count + 1, sizeof *used);
	if (!used)
		return jrun_charge(r, 1);
	jscope_init(scope, m->scope);
	bind_caller(r, m, args, used, scope);
	if (!bind_params(r, m, args, used, scope) || !bind_kwargs(r, m, args, used, scope) ||
		!bind_varargs(r, m, args, scope))
		return false;
	struct jbuild caught, *around = r->out;
	uint32_t line = r->line;
	jbuild_init(&caught, r);
	r->out = &caught;
	enum jflow flow = jexec(r, scope, &m->body->body);
	r->out = around;
	*out = jval_text(jbuild_done(&caught));
	if (flow != JF_FAILED)
		r->line = line;
	return flow != JF_FAILED;
}

static bool call_joiner(struct jrun *r, struct jjoiner *joiner, struct jval *out)
{
	*out = jval_text(joiner->used ? joiner->separator : jtext_z(r, ""));
	joiner->used = true;
	return true;
}

bool jval_call(struct jrun *r, struct jval callee, const struct jargs *args, struct jval *out)
{
	switch (callee.kind) {
	case J_UNDEFINED: return jrun_raise_undefined(r, callee);
	case J_FUNCTION: return jbuiltin_call(r, callee.u.function, jval_none(), args, out);
	case J_METHOD:
		return jbuiltin_call(r, callee.u.method->row, callee.u.method->self, args, out);
	case J_MACRO: return jmacro_call(r, callee.u.macro, args, out);
	case J_LOOP: return jloop_call(r, callee.u.loop, args, out);
	case J_JOINER: return call_joiner(r, callee.u.joiner, out);
	default: return jrun_raise(r, "'%s' object is not callable", jval_type(callee));
	}
}

/*
 * jinja_run.c - one render: memory, limits, scopes, calls of builtins; see jinja_run.h.
 *
 * Layer: prompt
 */
#include "jinja/jinja_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

bool(jrun_raise)(struct jrun *r, const char *format, ...)
{
	char what[ERR_WHAT_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	return fail(r->e, ERR_BAD_DATA, LAYER_PROMPT, "template line %u: %s", r->line, what);
}

bool(jrun_raise_undefined)(struct jrun *r, struct jval v)
{
	const struct jundefined *u = v.u.undefined;
	if (u->hint)
		return jrun_raise(r, "%s", u->hint);
	struct jbuild b;
	jbuild_init(&b, r);
	if (!jprint_repr(r, u->name, &b))
		return false;
	struct str name = { b.p, b.n };
	if (!u->module)
		return jrun_raise(r, "%.*s is undefined", STR_ARG(name));
	const char *type = u->type ? u->type : "None", *object = u->type ? " object" : "";
	if (u->name.kind != J_TEXT)
		return jrun_raise(
			r, "%s%s%s has no element %.*s", u->module, type, object, STR_ARG(name));
	return jrun_raise(
		r, "'%s%s%s' has no attribute %.*s", u->module, type, object, STR_ARG(name));
}

bool jrun_charge(struct jrun *r, size_t work)
{
	if (r->over_memory)
		return fail(r->e, ERR_TOO_BIG, LAYER_PROMPT,
			"template line %u: rendering needs more than %zu KiB", r->line,
			r->max_bytes / KIB);
	if (work > r->max_steps - r->steps)
		return fail(r->e, ERR_TOO_BIG, LAYER_PROMPT,
			"template line %u: rendering takes more than %zu steps", r->line,
			r->max_steps);
	r->steps += work;
	return true;
}

bool jrun_enter(struct jrun *r)
{
	if (r->depth >= LIMIT_JINJA_DEPTH)
		return fail(r->e, ERR_TOO_BIG, LAYER_PROMPT,
			"template line %u: nested deeper than %d", r->line, LIMIT_JINJA_DEPTH);
	r->depth++;
	return true;
}

void jrun_leave(struct jrun *r)
{
	r->depth--;
}

void *jrun_alloc(struct jrun *r, size_t bytes)
{
	if (arena_bytes(r->arena) > r->max_bytes)
		r->over_memory = true;
	return arena_alloc(r->arena, bytes);
}

void *jrun_array(struct jrun *r, size_t count, size_t bytes)
{
	size_t used = arena_bytes(r->arena);
	if (used > r->max_bytes || count > (r->max_bytes - used) / bytes) {
		r->over_memory = true;
		return NULL;
	}
	return arena_alloc(r->arena, count * bytes);
}

void jscope_init(struct jscope *s, struct jscope *up)
{
	*s = (struct jscope){ .up = up };
}

void jscope_reset(struct jscope *s)
{
	s->n = 0;
}

static struct jbind *find_bind(const struct jscope *s, uint32_t name)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->binds[i].name == name)
			return &s->binds[i];
	return NULL;
}

void jscope_set(struct jrun *r, struct jscope *s, uint32_t name, struct jval v)
{
	if (s->slots) {
		s->slots[name] = v;
		return;
	}
	struct jbind *bind = find_bind(s, name);
	if (bind) {
		bind->value = v;
		return;
	}
	if (s->n == s->cap) {
		uint32_t cap = s->cap ? s->cap * 2 : 4;
		struct jbind *binds = jrun_array(r, cap, sizeof *binds);
		if (!binds)
			return;
		if (s->n)
			memcpy(binds, s->binds, s->n * sizeof *binds);
		s->binds = binds;
		s->cap = cap;
	}
	s->binds[s->n++] = (struct jbind){ name, v };
}

struct jval jscope_get(const struct jscope *s, uint32_t name)
{
	for (; s; s = s->up) {
		if (s->slots)
			return s->slots[name];
		const struct jbind *bind = find_bind(s, name);
		if (bind)
			return bind->value;
	}
	return jval_missing();
}

const struct jbuiltin *jbuiltin_find(const struct jbuiltin *table, struct str name)
{
	for (; table->name; table++)
		if (str_eq_z(name, table->name))
			return table;
	return NULL;
}

/* One parameter of a row: its name, and whether it may be left out. */
static bool next_param(struct str *params, struct str *name, bool *optional)
{
	if (!params->n || !str_cut(params, ' ', name))
		return false;
	*optional = str_ends(*name, STR("?"));
	if (*optional)
		name->n--;
	return true;
}

static const struct jnamed *find_named(const struct jargs *args, struct str name, size_t *used)
{
	for (size_t i = 0; i < args->named_count; i++)
		if (str_eq(jtext_str(args->named[i].name), name)) {
			++*used;
			return &args->named[i];
		}
	return NULL;
}

/* Puts arguments, by position and by name, in the order of the row's parameters. */
static bool bind_args(struct jrun *r, const struct jbuiltin *row, const struct jargs *args,
	struct jval bound[JARGS_MAX])
{
	struct str params = str_z(row->params), name;
	size_t count = 0, used = 0;
	bool optional;
	if (str_starts(params, STR("/"))) {
		if (args->named_count)
			return jrun_raise(r, "%s() takes no keyword arguments", row->name);
		params = str_from(params, 2);
	}
	for (; next_param(&params, &name, &optional); count++) {
		const struct jnamed *named = find_named(args, name, &used);
		if (count < args->pos_count && named)
			return jrun_raise(r, "%s() got multiple values for argument '%.*s'",
				row->name, STR_ARG(name));
		if (count < args->pos_count)
			bound[count] = args->pos[count];
		else if (named)
			bound[count] = named->value;
		else if (optional)
			bound[count] = jval_missing();
		else
			return jrun_raise(r, "%s() missing required argument '%.*s'", row->name,
				STR_ARG(name));
	}
	if (args->pos_count > count)
		return jrun_raise(r, "%s() takes at most %zu arguments (%zu given)", row->name,
			count, args->pos_count);
	if (used < args->named_count)
		return jrun_raise(r, "%s() got an unexpected keyword argument", row->name);
	return true;
}

bool jbuiltin_call(struct jrun *r, const struct jbuiltin *row, struct jval self,
	const struct jargs *args, struct jval *out)
{
	size_t work = self.kind == J_TEXT ? self.u.text->n / JRUN_BYTES_A_STEP : 0;
	if (!jrun_charge(r, 1 + work))
		return false;
	if (strcmp(row->params, "*") == 0)
		return row->call(r, self, args, out);
	struct jval bound[JARGS_MAX];
	if (!bind_args(r, row, args, bound))
		return false;
	struct jargs all = { .pos = bound, .pos_count = JARGS_MAX };
	return row->call(r, self, &all, out);
}

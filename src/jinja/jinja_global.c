/*
 * jinja_global.c - functions every template can call by name; see jinja_run.h.
 *
 * Layer: prompt
 */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "jinja/jinja_run.h"

enum { TIME_BYTES = 256, RANGE_MAX = 100000 };

static bool whole(struct jrun *r, struct jval v, int64_t *out)
{
	if (v.kind == J_UNDEFINED)
		return jrun_raise_undefined(r, v);
	return jval_is_index(v, out) ||
	       jrun_raise(r, "'%s' object cannot be interpreted as an integer", jval_type(v));
}

static bool call_range(struct jrun *r, struct jval self, const struct jargs *args, struct jval *out)
{
	(void)self;
	int64_t bounds[3] = { 0, 0, 1 };
	if (args->named_count || args->pos_count < 1 || args->pos_count > 3)
		return jrun_raise(r, "range expected 1 to 3 arguments, got %zu", args->pos_count);
	for (size_t i = 0; i < args->pos_count; i++)
		if (!whole(r, args->pos[i], &bounds[args->pos_count == 1 ? 1 : i]))
			return false;
	int64_t from = bounds[0], to = bounds[1], step = bounds[2];
	if (step == 0)
		return jrun_raise(r, "range() arg 3 must not be zero");
	bool any = step > 0 ? from < to : from > to;
	uint64_t span = step > 0 ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
	uint64_t stride = step > 0 ? (uint64_t)step : -(uint64_t)step;
	uint64_t n = any ? (span - 1) / stride + 1 : 0;
	if (n > RANGE_MAX)
		return jrun_raise(r,
			"Range too big. The sandbox blocks ranges larger than MAX_RANGE (%d).",
			RANGE_MAX);
	struct jrange *range = jrun_alloc(r, sizeof *range);
	*range = (struct jrange){ from, to, step, (size_t)n };
	*out = (struct jval){ .kind = J_RANGE, .u.range = range };
	return true;
}

/* dict(mapping or pairs, **named), for dict and namespace. */
static bool make_dict(
	struct jrun *r, const char *name, const struct jargs *args, struct jdict **out)
{
	struct jdict *d = jdict_new(r);
	if (args->pos_count > 1)
		return jrun_raise(
			r, "%s expected at most 1 argument, got %zu", name, args->pos_count);
	if (args->pos_count == 1 && !jdict_update(r, d, args->pos[0]))
		return false;
	for (size_t i = 0; i < args->named_count; i++)
		if (!jdict_set(r, d, jval_text(args->named[i].name), args->named[i].value))
			return false;
	*out = d;
	return true;
}

static bool call_dict(struct jrun *r, struct jval self, const struct jargs *args, struct jval *out)
{
	(void)self;
	struct jdict *d;
	if (!make_dict(r, "dict", args, &d))
		return false;
	*out = jval_dict(d);
	return true;
}

static bool call_namespace(
	struct jrun *r, struct jval self, const struct jargs *args, struct jval *out)
{
	(void)self;
	struct jdict *d;
	if (!make_dict(r, "namespace", args, &d))
		return false;
	*out = (struct jval){ .kind = J_NAMESPACE, .u.dict = d };
	return true;
}

static bool call_cycler(
	struct jrun *r, struct jval self, const struct jargs *args, struct jval *out)
{
	(void)self;
	struct jcycler *c = jrun_alloc(r, sizeof *c);
	c->items = jlist_new(r, args->pos_count);
	for (size_t i = 0; i < args->pos_count; i++)
		jlist_add(r, c->items, args->pos[i]);
	if (args->pos_count == 0 || args->named_count)
		return jrun_raise(r, "at least one item has to be provided");
	*out = (struct jval){ .kind = J_CYCLER, .u.cycler = c };
	return jrun_charge(r, 1);
}

static bool call_joiner(
	struct jrun *r, struct jval self, const struct jargs *args, struct jval *out)
{
	(void)self;
	struct jjoiner *j = jrun_alloc(r, sizeof *j);
	j->separator = jtext_z(r, ", ");
	if (args->pos[0].kind != J_MISSING && !jval_to_text(r, args->pos[0], &j->separator))
		return false;
	*out = (struct jval){ .kind = J_JOINER, .u.joiner = j };
	return true;
}

static bool call_raise(struct jrun *r, struct jval self, const struct jargs *args, struct jval *out)
{
	(void)self, (void)out;
	const struct jtext *message;
	if (!jval_to_text(r, args->pos[0], &message))
		return false;
	return jrun_raise(r, "%.*s", STR_ARG(jtext_str(message)));
}

static bool call_strftime(
	struct jrun *r, struct jval self, const struct jargs *args, struct jval *out)
{
	(void)self;
	char text[TIME_BYTES];
	if (args->pos[0].kind != J_TEXT)
		return jrun_raise(
			r, "strftime() argument 1 must be str, not %s", jval_type(args->pos[0]));
	char *format = arena_z(r->arena, jval_str(args->pos[0]));
	struct tm now = r->input->now;
	if (strlen(format) == 0) {
		*out = jval_text(jtext_z(r, ""));
		return true;
	}
	/* The template's format, not the user's: what is odd in it comes out odd. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	size_t n = strftime(text, sizeof text, format, &now);
#pragma GCC diagnostic pop
	if (n == 0)
		return jrun_raise(r, "the time does not fit %d bytes in this format", TIME_BYTES);
	*out = jval_text(jtext_own(r, arena_str(r->arena, str_n(text, n))));
	return true;
}

const struct jbuiltin jglobals[] = {
	{ "range", "*", call_range },
	{ "dict", "*", call_dict },
	{ "namespace", "*", call_namespace },
	{ "cycler", "*", call_cycler },
	{ "joiner", "sep?", call_joiner },
	{ "raise_exception", "message", call_raise },
	{ "strftime_now", "format", call_strftime },
	{ NULL, NULL, NULL },
};

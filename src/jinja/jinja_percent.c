/*
 * jinja_percent.c - "..." % values, as C's printf with Python's extensions; see jinja_run.h.
 *
 * Layer: prompt
 */
#include <math.h>
#include <string.h>

#include "jinja/jinja_spec.h"

struct percent {
	struct jrun *run;
	const struct jlist *values; /* of a tuple, or the one value */
	size_t next;
	struct jval given;
	bool markup;
};

static bool next_value(struct percent *p, struct jval *out)
{
	if (p->next >= p->values->n)
		return jrun_raise(p->run, "not enough arguments for format string");
	*out = p->values->items[p->next++];
	return true;
}

/* A number, or * for the next value. */
static bool percent_number(struct percent *p, struct str s, size_t *at, int64_t *out)
{
	struct jval v;
	if (!jspec_take(s, at, '*')) {
		*out = jspec_number(s, at);
		return true;
	}
	if (!next_value(p, &v))
		return false;
	return jval_is_index(v, out) || jrun_raise(p->run, "* wants int");
}

static bool percent_write(
	struct percent *p, struct jspec *spec, char type, struct jval v, struct jbuild *out)
{
	struct jrun *r = p->run;
	struct jbuild b;
	int64_t i;
	if (memchr("diuxXoc", type, 7) && v.kind == J_FLOAT && type != 'c') {
		if (!isfinite(v.u.f) || fabs(v.u.f) >= 0x1p63)
			return jrun_raise(r, "cannot convert float to integer");
		v = jval_int((int64_t)v.u.f);
	}
	spec->type = memchr("iu", type, 2) ? 'd' : type;
	jbuild_init(&b, r);
	switch (type) {
	case 's':
	case 'r':
	case 'a':
		spec->type = 0;
		spec->sign = 0;
		spec->fill = STR(" ");
		if (!(type == 's' ? jprint_str(r, v, &b) : jprint_repr(r, v, &b)))
			return false;
		const struct jtext *t = jbuild_done(&b);
		if (p->markup && !(v.kind == J_TEXT && v.u.text->markup)) {
			struct jbuild escaped;
			jbuild_init(&escaped, r);
			jbuild_escaped(&escaped, t);
			t = jbuild_done(&escaped);
		}
		if (!spec->align)
			spec->align = '>';
		return jspec_write_text(r, spec, t, out);
	case 'e':
	case 'E':
	case 'f':
	case 'F':
	case 'g':
	case 'G':
		if (!jval_is_number(v))
			return jrun_raise(r, "must be real number, not %s", jval_type(v));
		return jspec_write_float(r, spec, jval_as_double(v), out);
	case 'c':
		if (v.kind == J_TEXT && jtext_chars(v.u.text) == 1) {
			spec->type = 0;
			return jspec_write_text(r, spec, v.u.text, out);
		}
		break;
	default: break;
	}
	if (!memchr("diuxXoc", type, 7))
		return jrun_raise(r, "unsupported format character '%c'", type);
	if (!jval_is_index(v, &i))
		return jrun_raise(
			r, "%%%c format: a real number is required, not %s", type, jval_type(v));
	spec->precision = -1;
	return jspec_write_int(r, spec, i, out);
}

static void percent_flags(struct str s, size_t *at, struct jspec *spec)
{
	for (; *at < s.n && memchr("-+ #0", s.p[*at], 5); ++*at) {
		switch (s.p[*at]) {
		case '-': spec->align = '<'; break;
		case '#': spec->alternate = true; break;
		case '0': spec->zero = true; break;
		default: spec->sign = spec->sign == '+' ? '+' : s.p[*at]; break;
		}
	}
	spec->zero = spec->zero && !spec->align;
	if (spec->zero)
		spec->fill = STR("0");
}

/* One conversion behind its '%'; *at is moved behind it. */
static bool percent_field(struct percent *p, const struct jtext *t, size_t *at, struct jbuild *out)
{
	struct jrun *r = p->run;
	struct str s = jtext_str(t);
	struct jspec spec = jspec_plain();
	struct jval v = jval_missing();
	if (jspec_take(s, at, '(')) {
		size_t end = *at;
		while (end < s.n && s.p[end] != ')')
			end++;
		struct jval key = jval_text(jtext_slice(r, t, *at, end));
		if (p->given.kind != J_DICT)
			return jrun_raise(r, "format requires a mapping");
		struct jentry *entry = jdict_find_text(p->given.u.dict, jval_str(key));
		if (!entry)
			return jrun_raise(r, "'%.*s'", STR_ARG(jval_str(key)));
		v = entry->value;
		*at = end < s.n ? end + 1 : end;
	}
	percent_flags(s, at, &spec);
	if (!percent_number(p, s, at, &spec.width))
		return false;
	if (spec.width < -1) {
		spec.align = '<';
		spec.width = spec.width == INT64_MIN ? INT64_MAX : -spec.width;
	}
	if (jspec_take(s, at, '.')) {
		if (!percent_number(p, s, at, &spec.precision))
			return false;
		if (spec.precision < 0)
			spec.precision = 0;
	}
	while (jspec_take(s, at, 'l') || jspec_take(s, at, 'h') || jspec_take(s, at, 'L'))
		;
	if (*at >= s.n)
		return jrun_raise(r, "incomplete format");
	char type = s.p[(*at)++];
	if (type == '%') {
		jbuild_char(out, '%');
		return true;
	}
	return (v.kind != J_MISSING || next_value(p, &v)) && percent_write(p, &spec, type, v, out);
}

bool jformat_percent(struct jrun *r, const struct jtext *t, struct jval value, struct jval *out)
{
	struct jlist one = { .items = &value, .n = 1 };
	struct percent p = { .run = r, .given = value, .markup = t->markup };
	p.values = value.kind == J_TUPLE ? value.u.list : &one;
	struct jbuild b;
	jbuild_init(&b, r);
	b.markup = t->markup;
	for (size_t at = 0; at < t->n;) {
		if (t->p[at] != '%') {
			jbuild_slice(&b, t, at, at + 1);
			at++;
			continue;
		}
		at++;
		if (!jrun_charge(r, 1) || !percent_field(&p, t, &at, &b))
			return false;
	}
	bool may_be_left = value.kind == J_DICT || value.kind == J_LIST;
	if (p.next < p.values->n && !may_be_left)
		return jrun_raise(r, "not all arguments converted during string formatting");
	*out = jval_text(jbuild_done(&b));
	return true;
}

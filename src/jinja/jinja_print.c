/*
 * jinja_print.c - str() and repr() of every value, as Python writes them; see jinja_run.h.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "jinja/jinja_chars.h"
#include "jinja/jinja_exec.h"

/* The shortest digits that read back as the same number. */
static void shortest_digits(double f, char digits[JFLOAT_BYTES], int *exponent)
{
	char text[JFLOAT_BYTES];
	for (int precision = 0; precision <= 16; precision++) {
		snprintf(text, sizeof text, "%.*e", precision, f);
		if (strtod(text, NULL) == f)
			break;
	}
	size_t n = 0;
	const char *p = text;
	for (; *p && *p != 'e'; p++)
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	*exponent = (int)strtol(p + 1, NULL, 10);
	while (n > 1 && digits[n - 1] == '0')
		n--;
	digits[n] = 0;
}

int jfloat_print(double f, char out[JFLOAT_BYTES])
{
	if (isnan(f))
		return snprintf(out, JFLOAT_BYTES, "nan");
	const char *minus = signbit(f) ? "-" : "";
	if (isinf(f))
		return snprintf(out, JFLOAT_BYTES, "%sinf", minus);
	char digits[JFLOAT_BYTES];
	int exponent;
	shortest_digits(fabs(f), digits, &exponent);
	int n = (int)strlen(digits);
	if (exponent < -4 || exponent >= 16)
		return snprintf(out, JFLOAT_BYTES, "%s%c%s%se%c%02d", minus, digits[0],
			n > 1 ? "." : "", digits + 1, exponent < 0 ? '-' : '+', abs(exponent));
	if (exponent < 0)
		return snprintf(
			out, JFLOAT_BYTES, "%s0.%.*s%s", minus, -exponent - 1, "000", digits);
	if (n <= exponent + 1)
		return snprintf(out, JFLOAT_BYTES, "%s%s%.*s.0", minus, digits, exponent + 1 - n,
			"0000000000000000");
	return snprintf(
		out, JFLOAT_BYTES, "%s%.*s.%s", minus, exponent + 1, digits, digits + exponent + 1);
}

static void repr_char(
	struct jbuild *out, const struct jtext *t, size_t at, int bytes, uint32_t code)
{
	char escape[12];
	int n = 0;
	if (code == '\n' || code == '\r' || code == '\t')
		n = snprintf(escape, sizeof escape, "\\%c",
			code == '\n'   ? 'n'
			: code == '\r' ? 'r'
				       : 't');
	else if (jchar_is_printable(code))
		jbuild_slice(out, t, at, at + (size_t)bytes);
	else if (code < 0x100)
		n = snprintf(escape, sizeof escape, "\\x%02x", code);
	else if (code < 0x10000)
		n = snprintf(escape, sizeof escape, "\\u%04x", code);
	else
		n = snprintf(escape, sizeof escape, "\\U%08x", code);
	if (n > 0)
		jbuild_as(out, t, at, str_n(escape, (size_t)n));
}

static void repr_text(const struct jtext *t, struct jbuild *out)
{
	struct str s = jtext_str(t);
	char quote = str_find_char(s, '\'') != SIZE_MAX && str_find_char(s, '"') == SIZE_MAX ? '"'
											     : '\'';
	if (t->markup)
		jbuild_own(out, STR("Markup("));
	jbuild_char(out, quote);
	for (size_t i = 0; i < s.n;) {
		uint32_t code = 0;
		int bytes = utf8_next(str_from(s, i), &code);
		if (bytes < 1)
			break; /* texts are valid UTF-8 */
		if (s.p[i] == quote || s.p[i] == '\\')
			jbuild_as(out, t, i, s.p[i] == '\\' ? STR("\\\\") : STR("\\'"));
		else
			repr_char(out, t, i, bytes, code);
		i += (size_t)bytes;
	}
	jbuild_char(out, quote);
	if (t->markup)
		jbuild_char(out, ')');
}

static bool repr_items(
	struct jrun *r, const struct jlist *l, char open, char close, struct jbuild *out)
{
	jbuild_char(out, open);
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			jbuild_own(out, STR(", "));
		if (!jprint_repr(r, l->items[i], out))
			return false;
	}
	if (open == '(' && l->n == 1)
		jbuild_char(out, ',');
	jbuild_char(out, close);
	return true;
}

static bool repr_dict(struct jrun *r, const struct jdict *d, struct jbuild *out)
{
	jbuild_char(out, '{');
	for (size_t i = 0; i < d->n; i++) {
		if (i)
			jbuild_own(out, STR(", "));
		if (!jprint_repr(r, d->entries[i].key, out))
			return false;
		jbuild_own(out, STR(": "));
		if (!jprint_repr(r, d->entries[i].value, out))
			return false;
	}
	jbuild_char(out, '}');
	return true;
}

static void repr_float(double f, struct jbuild *out)
{
	char text[JFLOAT_BYTES];
	int n = jfloat_print(f, text);
	jbuild_own(out, str_n(text, (size_t)n));
}

static void repr_range(const struct jrange *range, struct jbuild *out)
{
	long long start = range->start, step = range->step;
	jbuild_printf(out, "range(%lld, %lld", start, (long long)range->stop);
	if (step != 1)
		jbuild_printf(out, ", %lld", step);
	jbuild_char(out, ')');
}

static bool repr_wrapped(struct jrun *r, const char *type, struct jval inner, struct jbuild *out)
{
	const char *closing = inner.kind == J_DICT ? ">" : ")";
	jbuild_printf(out, inner.kind == J_DICT ? "<%s " : "%s(", type);
	if (!jprint_repr(r, inner, out))
		return false;
	jbuild_own(out, str_z(closing));
	return true;
}

static bool repr_loop(struct jrun *r, struct jloop *l, struct jbuild *out)
{
	size_t length;
	if (!jloop_length(r, l, &length))
		return false;
	jbuild_printf(out, "<LoopContext %zu/%zu>", l->index0 + 1, length);
	return true;
}

static void repr_macro(const struct jmacro *m, struct jbuild *out)
{
	if (!m->body->name) {
		jbuild_own(out, STR("<Macro anonymous>"));
		return;
	}
	jbuild_own(out, STR("<Macro "));
	repr_text(m->body->name, out);
	jbuild_char(out, '>');
}

static bool repr(struct jrun *r, struct jval v, struct jbuild *out)
{
	switch (v.kind) {
	case J_MISSING:
	case J_UNDEFINED: jbuild_own(out, STR("Undefined")); return true;
	case J_NONE: jbuild_own(out, STR("None")); return true;
	case J_BOOL: jbuild_own(out, v.u.b ? STR("True") : STR("False")); return true;
	case J_INT: jbuild_printf(out, "%lld", (long long)v.u.i); return true;
	case J_FLOAT: repr_float(v.u.f, out); return true;
	case J_TEXT: repr_text(v.u.text, out); return true;
	case J_LIST: return repr_items(r, v.u.list, '[', ']', out);
	case J_TUPLE: return repr_items(r, v.u.list, '(', ')', out);
	case J_DICT: return repr_dict(r, v.u.dict, out);
	case J_RANGE: repr_range(v.u.range, out); return true;
	case J_VIEW: return repr_wrapped(r, v.u.view->type, jval_list(v.u.view->items), out);
	case J_NAMESPACE: return repr_wrapped(r, "Namespace", jval_dict(v.u.dict), out);
	case J_LOOP: return repr_loop(r, v.u.loop, out);
	case J_MACRO: repr_macro(v.u.macro, out); return true;
	default: jbuild_printf(out, "<%s object>", jval_type(v)); return true;
	}
}

bool jprint_repr(struct jrun *r, struct jval v, struct jbuild *out)
{
	if (!jrun_charge(r, 1) || !jrun_enter(r))
		return false;
	bool ok = repr(r, v, out);
	jrun_leave(r);
	return ok;
}

bool jprint_str(struct jrun *r, struct jval v, struct jbuild *out)
{
	if (v.kind == J_TEXT) {
		jbuild_text(out, v.u.text);
		return jrun_charge(r, 1);
	}
	return v.kind == J_UNDEFINED || jprint_repr(r, v, out);
}

bool jval_to_text(struct jrun *r, struct jval v, const struct jtext **out)
{
	if (v.kind == J_TEXT) {
		*out = v.u.text;
		return true;
	}
	struct jbuild b;
	jbuild_init(&b, r);
	if (!jprint_str(r, v, &b))
		return false;
	*out = jbuild_done(&b);
	return true;
}

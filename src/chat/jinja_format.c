/*
 * jinja_format.c - "..." % values and "...".format(values); see jinja_run.h.
 *
 * Both read a template of their own into fields, and share how a value is written by a format
 * specification: [[fill]align][sign][#][0][width][,][.precision][type].
 *
 * Layer: prompt
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "chat/jinja_run.h"
#include "chat/jinja_textop.h"

enum { PRECISION_MAX = 300, NUMBER_BYTES = 1024 };

struct spec {
	struct str fill; /* one character */
	char align;      /* < > = ^ or 0 */
	char sign;       /* + - blank or 0 */
	bool alternate, zero, grouped;
	int64_t width, precision; /* -1: not given */
	char type;                /* 0: not given */
};

static bool bad_spec(struct jrun *r, struct jval v)
{
	return jrun_raise(r, "Invalid format specifier for a value of type %s", jval_type(v));
}

/* Digits at *at; -1 if there are none, PRECISION_MAX... is checked where it matters. */
static int64_t read_number(struct str s, size_t *at)
{
	int64_t n = -1;
	for (; *at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9'; ++*at) {
		n = (n < 0 ? 0 : n) * 10 + (s.p[*at] - '0');
		if (n > (int64_t)LIMIT_JINJA_BYTES)
			n = (int64_t)LIMIT_JINJA_BYTES;
	}
	return n;
}

static bool is_align(struct str s, size_t at)
{
	return at < s.n && memchr("<>=^", s.p[at], 4);
}

static bool take(struct str s, size_t *at, char c)
{
	bool there = *at < s.n && s.p[*at] == c;
	*at += there;
	return there;
}

/* False if something is left that is no specification. */
static bool read_spec(struct str s, struct spec *out)
{
	size_t at = 0;
	*out = (struct spec){ .fill = STR(" "), .width = -1, .precision = -1 };
	int first = utf8_next(s, &(uint32_t){ 0 });
	if (first > 0 && is_align(s, (size_t)first)) {
		out->fill = str_sub(s, 0, (size_t)first);
		at = (size_t)first;
	}
	if (is_align(s, at))
		out->align = s.p[at++];
	if (at < s.n && memchr("+- ", s.p[at], 3))
		out->sign = s.p[at++];
	out->alternate = take(s, &at, '#');
	out->zero = take(s, &at, '0');
	out->width = read_number(s, &at);
	out->grouped = take(s, &at, ',');
	if (take(s, &at, '.') && (out->precision = read_number(s, &at)) < 0)
		return false;
	if (at < s.n)
		out->type = s.p[at++];
	return at == s.n;
}

/* `body` filled up to the width; `sign_bytes` at its front stay in front of fill by '='. */
static void pad(struct jbuild *out, const struct spec *spec, const struct jtext *body,
	size_t sign_bytes, char default_align)
{
	char align = spec->align ? spec->align : spec->zero ? '=' : default_align;
	struct str fill = spec->zero && !spec->align ? STR("0") : spec->fill;
	size_t chars = jtext_chars(body);
	size_t missing =
		spec->width > 0 && (size_t)spec->width > chars ? (size_t)spec->width - chars : 0;
	size_t left = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
	size_t split = align == '=' ? sign_bytes : 0;
	jbuild_slice(out, body, 0, split);
	for (size_t i = 0; i < left && !out->run->over_memory; i++)
		jbuild_own(out, fill);
	jbuild_slice(out, body, split, body->n);
	for (size_t i = left; i < missing && !out->run->over_memory; i++)
		jbuild_own(out, fill);
}

static bool write_text(
	struct jrun *r, const struct spec *spec, const struct jtext *t, struct jbuild *out)
{
	if ((spec->type && spec->type != 's') || spec->sign || spec->grouped || spec->align == '=')
		return bad_spec(r, jval_text(t));
	if (spec->precision >= 0)
		t = jtext_slice(r, t, 0, jtext_offset(t, (size_t)spec->precision));
	struct spec plain = *spec;
	if (plain.zero && !plain.align) {
		plain.fill = STR("0");
		plain.zero = false;
	}
	pad(out, &plain, t, 0, '<');
	return true;
}

/* Digits of a whole number, last first written from the end of `text`. */
static const char *digits_of(uint64_t n, unsigned base, bool upper, char text[72])
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char *p = text + 71;
	*p = 0;
	do
		*--p = digits[n % base];
	while (n /= base);
	return p;
}

static void add_sign(struct jbuild *b, const struct spec *spec, bool negative)
{
	if (negative)
		jbuild_char(b, '-');
	else if (spec->sign == '+' || spec->sign == ' ')
		jbuild_char(b, spec->sign);
}

/* A comma before every third digit from the right of the whole part. */
static void add_grouped(struct jbuild *b, struct str number)
{
	size_t whole = 0;
	while (whole < number.n && number.p[whole] >= '0' && number.p[whole] <= '9')
		whole++;
	for (size_t i = 0; i < number.n; i++) {
		if (i && i < whole && (whole - i) % 3 == 0)
			jbuild_char(b, ',');
		jbuild_char(b, number.p[i]);
	}
}

static void finish_number(struct jbuild *out, const struct spec *spec, bool negative,
	const char *prefix, const char *digits)
{
	struct jbuild b;
	jbuild_init(&b, out->run);
	add_sign(&b, spec, negative);
	jbuild_own(&b, str_z(prefix));
	size_t sign_bytes = b.n;
	if (spec->grouped)
		add_grouped(&b, str_z(digits));
	else
		jbuild_own(&b, str_z(digits));
	pad(out, spec, jbuild_done(&b), sign_bytes, '>');
}

static bool write_float(struct jrun *r, const struct spec *spec, double f, struct jbuild *out)
{
	char text[NUMBER_BYTES], format[8];
	char type = spec->type;
	int precision = spec->precision < 0 ? 6 : (int)spec->precision;
	double value = fabs(type == '%' ? f * 100 : f);
	if (spec->precision > PRECISION_MAX || (type && !memchr("eEfFgG%", type, 7)))
		return bad_spec(r, jval_float(f));
	if (!isfinite(value)) {
		snprintf(text, sizeof text, "%s", isnan(value) ? "nan" : "inf");
	} else if (!type && spec->precision < 0) {
		jfloat_print(value, text);
	} else {
		snprintf(format, sizeof format, "%%%s.*%c", spec->alternate ? "#" : "",
			type == '%' ? 'f'
			: type      ? type
				    : 'g');
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof text - 1, format, precision, value);
#pragma GCC diagnostic pop
	}
	if (type == '%')
		strncat(text, "%", sizeof text - strlen(text) - 1);
	finish_number(out, spec, signbit(f) && !isnan(f), "", text);
	return true;
}

static bool write_int(struct jrun *r, const struct spec *spec, int64_t i, struct jbuild *out)
{
	char text[72];
	unsigned base = 10;
	const char *prefix = "";
	switch (spec->type) {
	case 0:
	case 'd':
	case 'n': break;
	case 'x': base = 16, prefix = "0x"; break;
	case 'X': base = 16, prefix = "0X"; break;
	case 'o': base = 8, prefix = "0o"; break;
	case 'b': base = 2, prefix = "0b"; break;
	case 'c':
		if (i < 0 || i > 0x10FFFF || (i >= 0xD800 && i < 0xE000))
			return jrun_raise(r, "%%c arg not in range(0x110000)");
		struct buf utf8 = { .p = text, .cap = sizeof text, .max = sizeof text - 1 };
		utf8_add(&utf8, (uint32_t)i);
		pad(out, spec, jtext_own(r, arena_str(r->arena, buf_str(&utf8))), 0, '<');
		return true;
	default: return write_float(r, spec, (double)i, out);
	}
	if (spec->precision >= 0)
		return jrun_raise(r, "Precision not allowed in integer format specifier");
	uint64_t size = i < 0 ? -(uint64_t)i : (uint64_t)i;
	finish_number(out, spec, i < 0, spec->alternate ? prefix : "",
		digits_of(size, base, spec->type == 'X', text));
	return true;
}

static bool write_by_spec(struct jrun *r, struct str text, struct jval v, struct jbuild *out)
{
	struct spec spec;
	int64_t i;
	if (text.n == 0)
		return jprint_str(r, v, out);
	if (!read_spec(text, &spec))
		return bad_spec(r, v);
	if (v.kind == J_TEXT)
		return write_text(r, &spec, v.u.text, out);
	if (v.kind == J_FLOAT)
		return write_float(r, &spec, v.u.f, out);
	if (jval_is_index(v, &i))
		return write_int(r, &spec, i, out);
	return jrun_raise(r, "unsupported format string passed to %s.__format__", jval_type(v));
}

/* --- "...".format() --- */

struct fields {
	struct jrun *run;
	const struct jargs *args;
	size_t next; /* number of the next {} */
	enum { NUMBERING_NONE, NUMBERING_AUTO, NUMBERING_MANUAL } numbering;
	unsigned depth;
};

static bool format_fields(struct fields *f, const struct jtext *t, struct jbuild *out);

static bool first_value(struct fields *f, struct str name, struct jval *out)
{
	struct jrun *r = f->run;
	uint64_t number;
	bool is_number = str_to_u64(name, &number);
	if (name.n == 0 || is_number) {
		int numbering = name.n ? NUMBERING_MANUAL : NUMBERING_AUTO;
		if (f->numbering != NUMBERING_NONE && (int)f->numbering != numbering)
			return jrun_raise(r, "cannot switch between manual field "
					     "specification and automatic field numbering");
		f->numbering = numbering;
		if (name.n == 0)
			number = f->next++;
		if (number >= f->args->pos_count)
			return jrun_raise(r,
				"Replacement index %llu out of range for positional args tuple",
				(unsigned long long)number);
		*out = f->args->pos[number];
		return true;
	}
	for (size_t i = 0; i < f->args->named_count; i++)
		if (str_eq(jtext_str(f->args->named[i].name), name)) {
			*out = f->args->named[i].value;
			return true;
		}
	return jrun_raise(r, "'%.*s'", STR_ARG(name));
}

/* name.attribute[element]... */
static bool field_value(struct fields *f, struct str path, struct jval *out)
{
	struct jrun *r = f->run;
	size_t at = 0;
	while (at < path.n && path.p[at] != '.' && path.p[at] != '[')
		at++;
	if (!first_value(f, str_sub(path, 0, at), out))
		return false;
	while (at < path.n) {
		bool brackets = path.p[at] == '[';
		size_t from = ++at;
		while (at < path.n &&
			(brackets ? path.p[at] != ']' : path.p[at] != '.' && path.p[at] != '['))
			at++;
		struct str part = str_sub(path, from, at);
		if (part.n == 0 || (brackets && at == path.n))
			return jrun_raise(r, "Empty attribute in format string");
		at += brackets;
		uint64_t number;
		const struct jtext *name = jtext_own(r, part);
		bool ok = !brackets ? jval_attribute(r, *out, name, out)
			  : str_to_u64(part, &number)
				  ? jval_item(r, *out, jval_int((int64_t)(number & INT64_MAX)), out)
				  : jval_item(r, *out, jval_text(name), out);
		if (!ok)
			return false;
	}
	return true;
}

/* The end of the field that begins at `at`, behind its '{': its closing brace. SIZE_MAX if none. */
static size_t field_end(struct str s, size_t at)
{
	for (unsigned open = 1; at < s.n; at++) {
		open += s.p[at] == '{';
		open -= s.p[at] == '}';
		if (open == 0)
			return at;
	}
	return SIZE_MAX;
}

/* One field between its braces: path!conversion:specification */
static bool format_field(
	struct fields *f, const struct jtext *t, size_t from, size_t to, struct jbuild *out)
{
	struct jrun *r = f->run;
	struct str s = jtext_str(t);
	size_t colon = from;
	bool in_brackets = false;
	for (; colon < to && (in_brackets || (s.p[colon] != ':' && s.p[colon] != '!')); colon++)
		in_brackets = s.p[colon] == '[' || (in_brackets && s.p[colon] != ']');
	struct jval v;
	if (!field_value(f, str_sub(s, from, colon), &v))
		return false;
	if (colon < to && s.p[colon] == '!') {
		char conversion = colon + 1 < to ? s.p[colon + 1] : 0;
		struct jbuild b;
		jbuild_init(&b, r);
		if ((conversion != 'r' && conversion != 's') ||
			(colon + 2 < to && s.p[colon + 2] != ':'))
			return jrun_raise(r, "Unknown conversion specifier");
		if (!(conversion == 'r' ? jprint_repr(r, v, &b) : jprint_str(r, v, &b)))
			return false;
		v = jval_text(jbuild_done(&b));
		colon += 2;
	}
	struct jbuild spec, field;
	jbuild_init(&spec, r);
	jbuild_init(&field, r);
	const struct jtext *written = jtext_slice(r, t, colon < to ? colon + 1 : to, to);
	if (!format_fields(f, written, &spec) ||
		!write_by_spec(r, (struct str){ spec.p, spec.n }, v, &field))
		return false;
	const struct jtext *done = jbuild_done(&field);
	if (!out->markup)
		jbuild_text(out, done);
	else
		jbuild_escaped(out, jtext_markup(r, done, v.kind == J_TEXT && v.u.text->markup));
	return true;
}

static bool format_fields(struct fields *f, const struct jtext *t, struct jbuild *out)
{
	struct jrun *r = f->run;
	struct str s = jtext_str(t);
	if (f->depth++ > 2)
		return jrun_raise(r, "Max string recursion exceeded");
	for (size_t i = 0; i < s.n; i++) {
		bool doubled = i + 1 < s.n && s.p[i + 1] == s.p[i];
		if (s.p[i] != '{' && s.p[i] != '}') {
			jbuild_slice(out, t, i, i + 1);
		} else if (doubled) {
			jbuild_slice(out, t, i, i + 1);
			i++;
		} else if (s.p[i] == '}') {
			return jrun_raise(r, "Single '}' encountered in format string");
		} else {
			size_t end = field_end(s, i + 1);
			if (end == SIZE_MAX)
				return jrun_raise(r, "Single '{' encountered in format string");
			if (!format_field(f, t, i + 1, end, out))
				return false;
			i = end;
		}
	}
	f->depth--;
	return true;
}

bool jformat_braces(
	struct jrun *r, const struct jtext *t, const struct jargs *args, struct jval *out)
{
	struct fields f = { .run = r, .args = args };
	struct jbuild b;
	jbuild_init(&b, r);
	b.markup = t->markup;
	if (!format_fields(&f, t, &b))
		return false;
	*out = jval_text(jbuild_done(&b));
	return true;
}

/* --- "..." % --- */

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
	if (!take(s, at, '*')) {
		*out = read_number(s, at);
		return true;
	}
	if (!next_value(p, &v))
		return false;
	return jval_is_index(v, out) || jrun_raise(p->run, "* wants int");
}

static bool percent_write(
	struct percent *p, struct spec *spec, char type, struct jval v, struct jbuild *out)
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
		spec->zero = false;
		spec->sign = 0;
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
		return write_text(r, spec, t, out);
	case 'e':
	case 'E':
	case 'f':
	case 'F':
	case 'g':
	case 'G':
		if (!jval_is_number(v))
			return jrun_raise(r, "must be real number, not %s", jval_type(v));
		return write_float(r, spec, jval_as_double(v), out);
	case 'c':
		if (v.kind == J_TEXT && jtext_chars(v.u.text) == 1) {
			spec->type = 0;
			return write_text(r, spec, v.u.text, out);
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
	return write_int(r, spec, i, out);
}

static bool percent_flags(struct str s, size_t *at, struct spec *spec)
{
	for (; *at < s.n && memchr("-+ #0", s.p[*at], 5); ++*at) {
		switch (s.p[*at]) {
		case '-': spec->align = '<'; break;
		case '#': spec->alternate = true; break;
		case '0': spec->zero = true; break;
		default: spec->sign = spec->sign == '+' ? '+' : s.p[*at]; break;
		}
	}
	return true;
}

/* One conversion behind its '%'; *at is moved behind it. */
static bool percent_field(struct percent *p, const struct jtext *t, size_t *at, struct jbuild *out)
{
	struct jrun *r = p->run;
	struct str s = jtext_str(t);
	struct spec spec = { .fill = STR(" "), .width = -1, .precision = -1 };
	struct jval v = jval_missing();
	if (take(s, at, '(')) {
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
	if (take(s, at, '.')) {
		if (!percent_number(p, s, at, &spec.precision))
			return false;
		if (spec.precision < 0)
			spec.precision = 0;
	}
	while (take(s, at, 'l') || take(s, at, 'h') || take(s, at, 'L'))
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

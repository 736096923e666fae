/*
 * jinja_spec.c - how one value is written; see jinja_spec.h.
 *
 * Layer: prompt
 */
#include "jinja/jinja_spec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "jinja/jinja_text.h"

enum { PRECISION_MAX = 300, NUMBER_BYTES = 1024 };

static bool bad_spec(struct jrun *r, struct jval v)
{
	return jrun_raise(r, "Invalid format specifier for a value of type %s", jval_type(v));
}

int64_t jspec_number(struct str s, size_t *at)
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

bool jspec_take(struct str s, size_t *at, char c)
{
	bool there = *at < s.n && s.p[*at] == c;
	*at += there;
	return there;
}

struct jspec jspec_plain(void)
{
	return (struct jspec){ .fill = STR(" "), .width = -1, .precision = -1 };
}

/* False if something is left that is no specification. */
static bool read_spec(struct str s, struct jspec *out)
{
	size_t at = 0;
	*out = jspec_plain();
	int first = utf8_next(s, &(uint32_t){ 0 });
	bool has_fill = first > 0 && is_align(s, (size_t)first);
	if (has_fill) {
		out->fill = str_sub(s, 0, (size_t)first);
		at = (size_t)first;
	}
	if (is_align(s, at))
		out->align = s.p[at++];
	if (at < s.n && memchr("+- ", s.p[at], 3))
		out->sign = s.p[at++];
	out->alternate = jspec_take(s, &at, '#');
	out->zero = jspec_take(s, &at, '0');
	if (out->zero && !has_fill)
		out->fill = STR("0");
	out->width = jspec_number(s, &at);
	if (at < s.n && (s.p[at] == ',' || s.p[at] == '_'))
		out->group = s.p[at++];
	if (jspec_take(s, &at, '.') && (out->precision = jspec_number(s, &at)) < 0)
		return false;
	if (at < s.n)
		out->type = s.p[at++];
	return at == s.n;
}

/* `body` filled up to the width; `sign_bytes` at its front stay in front of fill by '='. */
static void pad(struct jbuild *out, const struct jspec *spec, const struct jtext *body,
	size_t sign_bytes, char default_align)
{
	char align = spec->align ? spec->align : spec->zero ? '=' : default_align;

	size_t chars = jtext_chars(body);
	size_t missing =
		spec->width > 0 && (size_t)spec->width > chars ? (size_t)spec->width - chars : 0;
	size_t left = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
	size_t split = align == '=' ? sign_bytes : 0;
	jbuild_slice(out, body, 0, split);
	for (size_t i = 0; i < left && !out->run->over_memory; i++)
		jbuild_own(out, spec->fill);
	jbuild_slice(out, body, split, body->n);
	for (size_t i = left; i < missing && !out->run->over_memory; i++)
		jbuild_own(out, spec->fill);
}

bool jspec_write_text(
	struct jrun *r, const struct jspec *spec, const struct jtext *t, struct jbuild *out)
{
	if ((spec->type && spec->type != 's') || spec->sign || spec->group || spec->align == '=')
		return bad_spec(r, jval_text(t));
	if (spec->precision >= 0)
		t = jtext_slice(r, t, 0, jtext_offset(t, (size_t)spec->precision));
	struct jspec plain = *spec;
	plain.zero = false; /* zeros fill it, but go behind it */
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

static void add_sign(struct jbuild *b, const struct jspec *spec, bool negative)
{
	if (negative)
		jbuild_char(b, '-');
	else if (spec->sign == '+' || spec->sign == ' ')
		jbuild_char(b, spec->sign);
}

/* The sign of grouping before every third digit from the right of the whole part. */
static void add_grouped(struct jbuild *b, struct str number, char group)
{
	size_t whole = 0;
	while (whole < number.n && number.p[whole] >= '0' && number.p[whole] <= '9')
		whole++;
	for (size_t i = 0; i < number.n; i++) {
		if (i && i < whole && (whole - i) % 3 == 0)
			jbuild_char(b, group);
		jbuild_char(b, number.p[i]);
	}
}

static void finish_number(struct jbuild *out, const struct jspec *spec, bool negative,
	const char *prefix, const char *digits)
{
	struct jbuild b;
	jbuild_init(&b, out->run);
	add_sign(&b, spec, negative);
	jbuild_own(&b, str_z(prefix));
	size_t sign_bytes = b.n;
	if (spec->group)
		add_grouped(&b, str_z(digits), spec->group);
	else
		jbuild_own(&b, str_z(digits));
	pad(out, spec, jbuild_done(&b), sign_bytes, '>');
}

/* C's printf of a number that is finite and not negative. */
static void print_c(char text[NUMBER_BYTES], bool alternate, char type, int precision, double f)
{
	char format[8];
	snprintf(format, sizeof format, "%%%s.*%c", alternate ? "#" : "", type);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, NUMBER_BYTES, format, precision, f);
#pragma GCC diagnostic pop
}

/* Without the zeros that end the digits behind the point; one stays if `keep_one`. */
static void drop_zeros(char text[NUMBER_BYTES], bool keep_one)
{
	char *exponent = strchr(text, 'e'), *end = exponent ? exponent : text + strlen(text);
	char *point = strchr(text, '.'), *keep = end;
	if (!point)
		return;
	while (keep > point + 1 && keep[-1] == '0')
		keep--;
	if (keep == point + 1)
		keep = keep_one ? keep + 1 : point;
	memmove(keep, end, strlen(end) + 1);
}

/* A precision without a type: that many digits, as repr would write them. */
static void print_digits(char text[NUMBER_BYTES], int digits, double f)
{
	if (digits == 0)
		digits = 1;
	print_c(text, false, 'e', digits - 1, f);
	int point = (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
	bool exponent = point <= -4 || point > digits - 1;
	if (!exponent)
		print_c(text, false, 'f', digits - point, f);
	drop_zeros(text, !exponent);
}

bool jspec_write_float(struct jrun *r, const struct jspec *spec, double f, struct jbuild *out)
{
	char text[NUMBER_BYTES];
	char type = spec->type == 'n' ? 'g' : spec->type;
	int precision = spec->precision < 0 ? 6 : (int)spec->precision;
	double value = fabs(type == '%' ? f * 100 : f);
	if (precision > PRECISION_MAX || (type && !memchr("eEfFgG%", type, 7)))
		return bad_spec(r, jval_float(f));
	if (!isfinite(value))
		snprintf(text, sizeof text, "%s", isnan(value) ? "nan" : "inf");
	else if (type)
		print_c(text, spec->alternate, type == '%' ? 'f' : type, precision, value);
	else if (spec->precision < 0)
		jfloat_print(value, text);
	else
		print_digits(text, precision, value);
	size_t n = strlen(text);
	if (type == '%')
		snprintf(text + n, sizeof text - n, "%%");
	finish_number(out, spec, signbit(f) && !isnan(f), "", text);
	return true;
}

bool jspec_write_int(struct jrun *r, const struct jspec *spec, int64_t i, struct jbuild *out)
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
	default: return jspec_write_float(r, spec, (double)i, out);
	}
	if (spec->precision >= 0)
		return jrun_raise(r, "Precision not allowed in integer format specifier");
	uint64_t size = i < 0 ? -(uint64_t)i : (uint64_t)i;
	finish_number(out, spec, i < 0, spec->alternate ? prefix : "",
		digits_of(size, base, spec->type == 'X', text));
	return true;
}

bool jspec_write(struct jrun *r, struct str text, struct jval v, struct jbuild *out)
{
	struct jspec spec;
	int64_t i;
	if (text.n == 0)
		return jprint_str(r, v, out);
	if (!read_spec(text, &spec))
		return bad_spec(r, v);
	if (v.kind == J_TEXT)
		return jspec_write_text(r, &spec, v.u.text, out);
	if (v.kind == J_FLOAT)
		return jspec_write_float(r, &spec, v.u.f, out);
	if (jval_is_index(v, &i))
		return jspec_write_int(r, &spec, i, out);
	return jrun_raise(r, "unsupported format string passed to %s.__format__", jval_type(v));
}

/*
 * jinja_filter_number.c - filters that make numbers, and `default`; see jinja_run.h.
 *
 * Layer: prompt
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "jinja/jinja_run.h"
#include "jinja/jinja_textop.h"

static bool whole_float(struct jrun *r, double f, struct jval *out)
{
	if (!isfinite(f))
		return jrun_raise(
			r, "cannot convert float %s to integer", isnan(f) ? "NaN" : "infinity");
	if (f < -0x1p63 || f >= 0x1p63)
		return jrun_raise(r, "integer result does not fit 64 bits");
	*out = jval_int((int64_t)f);
	return true;
}

/* Digits of `base` with a sign, white space around, single underscores between. */
static bool parse_int(struct str s, int64_t base, int64_t *out)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	s = str_sub(s, jchars_space_left(s), s.n - jchars_space_right(s));
	bool minus = s.n && s.p[0] == '-';
	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_from(s, 1);
	if (s.n > 1 && s.p[0] == '0') {
		char c = (char)(s.p[1] | 0x20);
		int64_t prefix = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;
		if (prefix && (base == prefix || base == 0)) {
			base = prefix;
			s = str_from(s, s.n > 2 && s.p[2] == '_' ? 3 : 2);
		}
	}
	if (base == 0)
		base = 10;
	int64_t value = 0;
	bool after_digit = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 0x20) : s.p[i];
		size_t digit = str_find_char(str_z(digits), c);
		if (c == '_' && after_digit && i + 1 < s.n) {
			after_digit = false;
			continue;
		}
		if (digit >= (size_t)base || __builtin_mul_overflow(value, base, &value) ||
			__builtin_sub_overflow(value, (int64_t)digit, &value))
			return false; /* counted downwards: the smallest number has no positive */
		after_digit = true;
	}
	if (!after_digit || (!minus && value == INT64_MIN))
		return false;
	*out = minus ? value : -value;
	return true;
}

/* Digits, single underscores between them. */
static size_t skip_digits(struct str s, size_t at, struct buf *out)
{
	size_t from = at;
	while (at < s.n &&
		((s.p[at] >= '0' && s.p[at] <= '9') ||
			(s.p[at] == '_' && at > from && at + 1 < s.n && s.p[at - 1] != '_' &&
				s.p[at + 1] >= '0' && s.p[at + 1] <= '9'))) {
		if (s.p[at] != '_')
			buf_add_char(out, s.p[at]);
		at++;
	}
	return at;
}

/* A decimal number without its sign, for strtod: C reads hexadecimal too, Python does not. */
static bool plain_decimal(struct str s, struct buf *out)
{
	size_t at = skip_digits(s, 0, out), digits = out->n;
	if (at < s.n && s.p[at] == '.') {
		buf_add_char(out, '.');
		at = skip_digits(s, at + 1, out);
		digits += out->n - digits - 1;
	}
	if (digits == 0)
		return false;
	if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E')) {
		buf_add_char(out, 'e');
		if (++at < s.n && (s.p[at] == '-' || s.p[at] == '+'))
			buf_add_char(out, s.p[at++]);
		size_t before = out->n;
		at = skip_digits(s, at, out);
		if (out->n == before)
			return false;
	}
	return at == s.n;
}

/* Python's float(): also "inf" and "nan". What is too large is infinite. */
static bool parse_float(struct str s, double *out)
{
	s = str_sub(s, jchars_space_left(s), s.n - jchars_space_right(s));
	bool minus = s.n && s.p[0] == '-';
	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_from(s, 1);
	struct buf plain;
	buf_init(&plain, s.n);
	bool ok = true;
	if (str_eq_nocase(s, STR("inf")) || str_eq_nocase(s, STR("infinity")))
		*out = INFINITY;
	else if (str_eq_nocase(s, STR("nan")))
		*out = NAN;
	else if ((ok = plain_decimal(s, &plain)))
		*out = strtod(buf_z(&plain), NULL);
	buf_clear(&plain);
	if (ok && minus)
		*out = -*out;
	return ok;
}

static bool filter_int(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	int64_t i, base = 10;
	double f;
	struct jval fallback = args->pos[0].kind == J_MISSING ? jval_int(0) : args->pos[0];
	if (args->pos[1].kind != J_MISSING && !jval_is_index(args->pos[1], &base))
		return jrun_raise(r, "'%s' object cannot be interpreted as an integer",
			jval_type(args->pos[1]));
	if (v.kind == J_UNDEFINED)
		return jrun_raise_undefined(r, v);
	if (v.kind == J_FLOAT)
		return isnan(v.u.f) ? (*out = fallback, true) : whole_float(r, v.u.f, out);
	*out = fallback;
	if (jval_is_index(v, &i))
		*out = jval_int(i);
	else if (v.kind == J_TEXT && parse_int(jval_str(v), base, &i))
		*out = jval_int(i);
	else if (v.kind == J_TEXT && parse_float(jval_str(v), &f) && !isnan(f))
		return whole_float(r, f, out);
	return true;
}

static bool filter_float(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	double f;
	if (v.kind == J_UNDEFINED)
		return jrun_raise_undefined(r, v);
	*out = args->pos[0].kind == J_MISSING ? jval_float(0) : args->pos[0];
	if (jval_is_number(v))
		*out = jval_float(jval_as_double(v));
	else if (v.kind == J_TEXT && parse_float(jval_str(v), &f))
		*out = jval_float(f);
	return true;
}

static bool filter_abs(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	int64_t i;
	*out = jval_is_index(v, &i) ? jval_int(i) : v;
	if (v.kind == J_FLOAT)
		*out = jval_float(fabs(v.u.f));
	else if (!jval_is_number(v))
		return v.kind == J_UNDEFINED
			       ? jrun_raise_undefined(r, v)
			       : jrun_raise(r, "bad operand type for abs(): '%s'", jval_type(v));
	else if (i < 0)
		return jval_negate(r, v, out);
	return true;
}

/* To this many decimals, halves to even, by way of the shortest correct digits as Python does. */
static double round_decimals(double f, int64_t precision)
{
	char text[400];
	if (!isfinite(f) || precision > 308)
		return f;
	if (precision < -308)
		return copysign(0.0, f);
	if (precision >= 0) {
		snprintf(text, sizeof text, "%.*f", (int)precision, f);
		return strtod(text, NULL);
	}
	double unit = pow(10, (double)-precision);
	return nearbyint(f / unit) * unit;
}

static bool filter_round(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	int64_t precision = 0, i;
	struct str method = STR("common");
	if (args->pos[1].kind == J_TEXT)
		method = jval_str(args->pos[1]);
	if (args->pos[0].kind != J_MISSING && !jval_is_index(args->pos[0], &precision))
		return jrun_raise(r, "'%s' object cannot be interpreted as an integer",
			jval_type(args->pos[0]));
	if (!jval_is_number(v))
		return v.kind == J_UNDEFINED
			       ? jrun_raise_undefined(r, v)
			       : jrun_raise(r, "type %s doesn't define __round__ method",
					 jval_type(v));
	bool up = str_eq(method, STR("ceil")), down = str_eq(method, STR("floor"));
	if (!up && !down && !str_eq(method, STR("common")))
		return jrun_raise(r, "method must be common, ceil or floor");
	double f = jval_as_double(v), unit = pow(10, (double)precision);
	if (up || down)
		*out = jval_float((up ? ceil(f * unit) : floor(f * unit)) / unit);
	else if (jval_is_index(v, &i) && precision >= 0)
		*out = jval_int(i);
	else if (jval_is_index(v, &i))
		return whole_float(r, round_decimals(f, precision), out);
	else
		*out = jval_float(round_decimals(f, precision));
	return true;
}

static bool filter_default(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	bool replace = v.kind == J_UNDEFINED || (jval_truth(args->pos[1]) && !jval_truth(v));
	*out = !replace                         ? v
	       : args->pos[0].kind == J_MISSING ? jval_text(jtext_z(r, ""))
						: args->pos[0];
	return true;
}

const struct jbuiltin jfilters_number[] = {
	{ "default", "default_value? boolean?", filter_default },
	{ "d", "default_value? boolean?", filter_default },
	{ "int", "default? base?", filter_int },
	{ "float", "default?", filter_float },
	{ "abs", "", filter_abs },
	{ "round", "precision? method?", filter_round },
	{ NULL, NULL, NULL },
};

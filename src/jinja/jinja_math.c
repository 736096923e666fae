/*
 * jinja_math.c - + - * / // % ** on numbers, texts and lists; see jinja_run.h.
 *
 * Integers are checked: a result beyond 64 bits raises. Division and remainder round as Python's
 * do, towards minus infinity.
 *
 * Layer: prompt
 */
#include <math.h>

#include "jinja/jinja_run.h"

static const char *const op_names[JOP_COUNT] = {
	[JOP_ADD] = "+",
	[JOP_SUB] = "-",
	[JOP_MUL] = "*",
	[JOP_DIV] = "/",
	[JOP_FLOORDIV] = "//",
	[JOP_MOD] = "%",
	[JOP_POW] = "** or pow()",
};

static bool too_large(struct jrun *r)
{
	return jrun_raise(r, "integer result does not fit 64 bits");
}

static bool int_floordiv(struct jrun *r, int64_t a, int64_t b, int64_t *out)
{
	if (b == 0)
		return jrun_raise(r, "integer division or modulo by zero");
	if (a == INT64_MIN && b == -1)
		return too_large(r);
	*out = a / b - (a % b != 0 && (a < 0) != (b < 0));
	return true;
}

static bool int_mod(struct jrun *r, int64_t a, int64_t b, int64_t *out)
{
	if (b == 0)
		return jrun_raise(r, "integer division or modulo by zero");
	*out = b == -1 ? 0 : a % b;
	if (*out != 0 && (*out < 0) != (b < 0))
		*out += b;
	return true;
}

static bool int_pow(struct jrun *r, int64_t a, int64_t b, struct jval *out)
{
	if (b < 0) {
		if (a == 0)
			return jrun_raise(r, "0.0 cannot be raised to a negative power");
		*out = jval_float(pow((double)a, (double)b));
		return true;
	}
	int64_t result = 1;
	while (b > 0) {
		if ((b & 1) && __builtin_mul_overflow(result, a, &result))
			return too_large(r);
		b >>= 1;
		if (b > 0 && __builtin_mul_overflow(a, a, &a))
			return too_large(r);
	}
	*out = jval_int(result);
	return true;
}

static bool int_binary(struct jrun *r, enum jop op, int64_t a, int64_t b, struct jval *out)
{
	int64_t result = 0;
	bool overflow = false;
	switch (op) {
	case JOP_ADD: overflow = __builtin_add_overflow(a, b, &result); break;
	case JOP_SUB: overflow = __builtin_sub_overflow(a, b, &result); break;
	case JOP_MUL: overflow = __builtin_mul_overflow(a, b, &result); break;
	case JOP_POW: return int_pow(r, a, b, out);
	case JOP_DIV:
		if (b == 0)
			return jrun_raise(r, "division by zero");
		*out = jval_float((double)a / (double)b);
		return true;
	case JOP_FLOORDIV:
		if (!int_floordiv(r, a, b, &result))
			return false;
		break;
	default:
		if (!int_mod(r, a, b, &result))
			return false;
		break;
	}
	if (overflow)
		return too_large(r);
	*out = jval_int(result);
	return true;
}

static double float_mod(double a, double b)
{
	double m = fmod(a, b);
	if (m != 0 && (m < 0) != (b < 0))
		return m + b;
	return m != 0 ? m : copysign(0.0, b);
}

static double float_floordiv(double a, double b)
{
	double div = (a - float_mod(a, b)) / b;
	double floored = floor(div);
	if (div == 0)
		return copysign(0.0, a / b);
	return div - floored > 0.5 ? floored + 1 : floored;
}

static bool float_binary(struct jrun *r, enum jop op, double a, double b, struct jval *out)
{
	if (b == 0 && op >= JOP_DIV && op <= JOP_MOD)
		return jrun_raise(r, op == JOP_DIV   ? "float division by zero"
				     : op == JOP_MOD ? "float modulo"
						     : "float floor division by zero");
	double result;
	switch (op) {
	case JOP_ADD: result = a + b; break;
	case JOP_SUB: result = a - b; break;
	case JOP_MUL: result = a * b; break;
	case JOP_DIV: result = a / b; break;
	case JOP_FLOORDIV: result = float_floordiv(a, b); break;
	case JOP_MOD: result = float_mod(a, b); break;
	default: result = pow(a, b); break;
	}
	if (op == JOP_POW && ((a == 0 && b < 0) || isnan(result) || isinf(result)) && isfinite(a) &&
		isfinite(b))
		return jrun_raise(r, "result of ** is no finite number");
	*out = jval_float(result);
	return true;
}

static bool number_binary(
	struct jrun *r, enum jop op, struct jval a, struct jval b, struct jval *out)
{
	int64_t i, j;
	if (jval_is_index(a, &i) && jval_is_index(b, &j))
		return int_binary(r, op, i, j, out);
	return float_binary(r, op, jval_as_double(a), jval_as_double(b), out);
}

/* If one side is markup the other is escaped, and the sum is markup. */
static struct jval add_texts(struct jrun *r, const struct jtext *a, const struct jtext *b)
{
	if (!a->markup && !b->markup)
		return jval_text(jtext_join(r, a, b));
	struct jbuild sum;
	jbuild_init(&sum, r);
	sum.markup = true;
	jbuild_escaped(&sum, a);
	jbuild_escaped(&sum, b);
	return jval_text(jbuild_done(&sum));
}

static struct jval add_lists(struct jrun *r, struct jval a, struct jval b)
{
	struct jlist *sum = jlist_new(r, a.u.list->n + b.u.list->n);
	for (size_t i = 0; i < a.u.list->n; i++)
		jlist_add(r, sum, a.u.list->items[i]);
	for (size_t i = 0; i < b.u.list->n; i++)
		jlist_add(r, sum, b.u.list->items[i]);
	return a.kind == J_LIST ? jval_list(sum) : jval_tuple(sum);
}

static struct jval repeat_text(struct jrun *r, const struct jtext *t, int64_t times)
{
	struct jbuild b;
	jbuild_init(&b, r);
	b.markup = t->markup;
	for (int64_t i = 0; t->n && i < times && !r->over_memory; i++)
		jbuild_text(&b, t);
	return jval_text(jbuild_done(&b));
}

static struct jval repeat_list(struct jrun *r, struct jval v, int64_t times)
{
	const struct jlist *l = v.u.list;
	struct jlist *all = jlist_new(r, 0);
	for (int64_t i = 0; l->n && i < times && !r->over_memory; i++)
		for (size_t j = 0; j < l->n; j++)
			jlist_add(r, all, l->items[j]);
	return v.kind == J_LIST ? jval_list(all) : jval_tuple(all);
}

static bool is_sequence(struct jval v)
{
	return v.kind == J_TEXT || v.kind == J_LIST || v.kind == J_TUPLE;
}

static bool unsupported(struct jrun *r, enum jop op, struct jval a, struct jval b)
{
	if (op == JOP_ADD && is_sequence(a))
		return jrun_raise(r, "can only concatenate %s (not \"%s\") to %s", jval_type(a),
			jval_type(b), jval_type(a));
	if (op == JOP_MUL && (is_sequence(a) || is_sequence(b)))
		return jrun_raise(r, "can't multiply sequence by non-int of type '%s'",
			jval_type(is_sequence(a) ? b : a));
	return jrun_raise(r, "unsupported operand type(s) for %s: '%s' and '%s'", op_names[op],
		jval_type(a), jval_type(b));
}

bool jval_binary(struct jrun *r, enum jop op, struct jval a, struct jval b, struct jval *out)
{
	int64_t times;
	if (op == JOP_MOD && a.kind == J_TEXT)
		return jformat_percent(r, a.u.text, b, out);
	if (a.kind == J_UNDEFINED || b.kind == J_UNDEFINED)
		return jrun_raise_undefined(r, a.kind == J_UNDEFINED ? a : b);
	if (jval_is_number(a) && jval_is_number(b))
		return number_binary(r, op, a, b, out);
	if (op == JOP_ADD && a.kind == J_TEXT && b.kind == J_TEXT)
		*out = add_texts(r, a.u.text, b.u.text);
	else if (op == JOP_ADD && a.kind == b.kind && is_sequence(a))
		*out = add_lists(r, a, b);
	else if (op == JOP_MUL && is_sequence(a) && jval_is_index(b, &times))
		*out = a.kind == J_TEXT ? repeat_text(r, a.u.text, times)
					: repeat_list(r, a, times);
	else if (op == JOP_MUL && is_sequence(b) && jval_is_index(a, &times))
		*out = b.kind == J_TEXT ? repeat_text(r, b.u.text, times)
					: repeat_list(r, b, times);
	else
		return unsupported(r, op, a, b);
	return true;
}

bool jval_negate(struct jrun *r, struct jval v, struct jval *out)
{
	int64_t i;
	if (v.kind == J_UNDEFINED)
		return jrun_raise_undefined(r, v);
	if (v.kind == J_FLOAT) {
		*out = jval_float(-v.u.f);
		return true;
	}
	if (!jval_is_index(v, &i))
		return jrun_raise(r, "bad operand type for unary -: '%s'", jval_type(v));
	if (i == INT64_MIN)
		return too_large(r);
	*out = jval_int(-i);
	return true;
}

/*
 * jinja_check.c - the tests: what may stand behind `is`; see jinja_run.h.
 *
 * Layer: prompt
 */
#include "jinja/jinja_chars.h"
#include "jinja/jinja_run.h"

static bool answer(struct jval *out, bool b)
{
	*out = jval_bool(b);
	return true;
}

static bool test_defined(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return answer(out, v.kind != J_UNDEFINED);
}

static bool test_undefined(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return answer(out, v.kind == J_UNDEFINED);
}

static bool test_none(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return answer(out, v.kind == J_NONE);
}

static bool test_boolean(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return answer(out, v.kind == J_BOOL);
}

static bool test_true(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return answer(out, v.kind == J_BOOL && v.u.b);
}

static bool test_false(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return answer(out, v.kind == J_BOOL && !v.u.b);
}

static bool test_integer(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return answer(out, v.kind == J_INT);
}

static bool test_float(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return answer(out, v.kind == J_FLOAT);
}

static bool test_number(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return answer(out, jval_is_number(v));
}

static bool test_string(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return answer(out, v.kind == J_TEXT);
}

static bool test_mapping(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return answer(out, v.kind == J_DICT);
}

static bool test_iterable(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return answer(out, jval_is_iterable(v) || v.kind == J_LOOP);
}

/* Has a length and can be asked for elements: a dict too, a view or a generator not. */
static bool test_sequence(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	switch (v.kind) {
	case J_TEXT:
	case J_LIST:
	case J_TUPLE:
	case J_DICT:
	case J_RANGE:
	case J_UNDEFINED: return answer(out, true);
	default: return answer(out, false);
	}
}

static bool test_callable(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	switch (v.kind) {
	case J_FUNCTION:
	case J_METHOD:
	case J_MACRO:
	case J_LOOP:
	case J_JOINER:
	case J_UNDEFINED: return answer(out, true); /* Undefined can be called, and then raises */
	default: return answer(out, false);
	}
}

static bool test_escaped(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return answer(out, v.kind == J_TEXT && v.u.text->markup);
}

static bool test_sameas(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r;
	return answer(out, jval_same(v, args->pos[0]));
}

static bool test_in(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	bool found;
	return jval_contains(r, args->pos[0], v, &found) && answer(out, found);
}

static bool remainder_is(
	struct jrun *r, struct jval v, struct jval divisor, int64_t wanted, struct jval *out)
{
	struct jval rest;
	bool equal;
	return jval_binary(r, JOP_MOD, v, divisor, &rest) &&
	       jval_equal(r, rest, jval_int(wanted), &equal) && answer(out, equal);
}

static bool test_odd(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	return remainder_is(r, v, jval_int(2), 1, out);
}

static bool test_even(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	return remainder_is(r, v, jval_int(2), 0, out);
}

static bool test_divisibleby(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return remainder_is(r, v, args->pos[0], 0, out);
}

static bool case_is(struct jrun *r, struct jval v, enum jcase wanted, struct jval *out)
{
	const struct jtext *t;
	return jval_to_text(r, v, &t) && answer(out, jchars_have_case(jtext_str(t), wanted));
}

static bool test_lower(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	return case_is(r, v, JCASE_LOWER, out);
}

static bool test_upper(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	return case_is(r, v, JCASE_UPPER, out);
}

static bool test_filter(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return answer(out, v.kind == J_TEXT && jfilter_find(jval_str(v)));
}

static bool test_test(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return answer(out, v.kind == J_TEXT && jtest_find(jval_str(v)));
}

static bool test_eq(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	bool equal;
	return jval_equal(r, v, args->pos[0], &equal) && answer(out, equal);
}

static bool test_ne(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	bool equal;
	return jval_equal(r, v, args->pos[0], &equal) && answer(out, !equal);
}

static bool test_gt(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	int order;
	return jval_order(r, v, args->pos[0], ">", &order) && answer(out, order > 0);
}

static bool test_ge(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	int order;
	return jval_order(r, v, args->pos[0], ">=", &order) && answer(out, order >= 0);
}

static bool test_lt(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	int order;
	return jval_order(r, v, args->pos[0], "<", &order) && answer(out, order < 0);
}

static bool test_le(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	int order;
	return jval_order(r, v, args->pos[0], "<=", &order) && answer(out, order <= 0);
}

static const struct jbuiltin tests[] = {
	{ "defined", "", test_defined },
	{ "undefined", "", test_undefined },
	{ "none", "", test_none },
	{ "boolean", "", test_boolean },
	{ "true", "", test_true },
	{ "false", "", test_false },
	{ "integer", "", test_integer },
	{ "float", "", test_float },
	{ "number", "", test_number },
	{ "string", "", test_string },
	{ "mapping", "", test_mapping },
	{ "iterable", "", test_iterable },
	{ "sequence", "", test_sequence },
	{ "callable", "", test_callable },
	{ "escaped", "", test_escaped },
	{ "sameas", "other", test_sameas },
	{ "in", "seq", test_in },
	{ "odd", "", test_odd },
	{ "even", "", test_even },
	{ "divisibleby", "num", test_divisibleby },
	{ "lower", "", test_lower },
	{ "upper", "", test_upper },
	{ "filter", "", test_filter },
	{ "test", "", test_test },
	{ "==", "other", test_eq },
	{ "eq", "other", test_eq },
	{ "equalto", "other", test_eq },
	{ "!=", "other", test_ne },
	{ "ne", "other", test_ne },
	{ ">", "other", test_gt },
	{ "gt", "other", test_gt },
	{ "greaterthan", "other", test_gt },
	{ ">=", "other", test_ge },
	{ "ge", "other", test_ge },
	{ "<", "other", test_lt },
	{ "lt", "other", test_lt },
	{ "lessthan", "other", test_lt },
	{ "<=", "other", test_le },
	{ "le", "other", test_le },
	{ NULL, NULL, NULL },
};

const struct jbuiltin *jtest_find(struct str name)
{
	return jbuiltin_find(tests, name);
}

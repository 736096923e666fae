/*
 * jinja_parse_expr.c - expressions, by descent, one function a level of precedence; see
 * jinja_parse.h.
 *
 * From loosest: a if b else c, or, and, not, comparisons, + -, ~, * / // %, **, unary + -, then
 * postfixes, then filters and tests, which bind to a signed number as to a plain one.
 *
 * Layer: prompt
 */
#include "jinja/jinja_parse.h"

#include <string.h>

#include "base/limits.h"

static struct jnode *parse_unary(struct jparser *p, bool with_filters);

static bool enter(struct jparser *p)
{
	if (p->depth >= LIMIT_JINJA_BRACKETS) {
		jparse_fail(p, "nested deeper than %d", LIMIT_JINJA_BRACKETS);
		return false;
	}
	p->depth++;
	return true;
}

static struct jnode *two(struct jparser *p, enum jnode_kind kind, struct jnode *a, struct jnode *b)
{
	if (!a || !b)
		return NULL;
	struct jnode *n = jparse_node(p, kind);
	n->line = a->line;
	n->u.two.a = a;
	n->u.two.b = b;
	return n;
}

static struct jnode *constant(struct jparser *p, struct jval value)
{
	struct jnode *n = jparse_node(p, JN_CONST);
	n->u.constant = value;
	return n;
}

static struct jnode *parse_name(struct jparser *p)
{
	static const struct {
		const char *word;
		struct jval value;
	} constants[] = {
		{ "true", { .kind = J_BOOL, .u.b = true } },
		{ "True", { .kind = J_BOOL, .u.b = true } },
		{ "false", { .kind = J_BOOL, .u.b = false } },
		{ "False", { .kind = J_BOOL, .u.b = false } },
		{ "none", { .kind = J_NONE } },
		{ "None", { .kind = J_NONE } },
	};
	struct str name = jparse_now(p)->text;
	struct jnode *n = NULL;
	for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
		if (str_eq_z(name, constants[i].word))
			n = constant(p, constants[i].value);
	if (!n)
		n = jparse_name_node(p, name);
	if (n->kind == JN_NAME) {
		p->saw_caller |= n->u.name == JNAME_CALLER;
		p->saw_varargs |= n->u.name == JNAME_VARARGS;
		p->saw_kwargs |= n->u.name == JNAME_KWARGS;
	}
	jparse_skip(p);
	return n;
}

/* Strings side by side are one. */
static struct jnode *parse_string(struct jparser *p)
{
	struct jnode *n = jparse_node(p, JN_CONST);
	struct str all = jparse_now(p)->text;
	for (jparse_skip(p); jparse_is(p, JT_STRING); jparse_skip(p)) {
		struct str more = jparse_now(p)->text;
		char *joined = arena_alloc(p->program->arena, all.n + more.n);
		if (all.n)
			memcpy(joined, all.p, all.n);
		if (more.n)
			memcpy(joined + all.n, more.p, more.n);
		all = str_n(joined, all.n + more.n);
	}
	n->u.constant = jval_text(jparse_text(p, all));
	return n;
}

static struct jnode *parse_number(struct jparser *p)
{
	const struct jtoken *t = jparse_now(p);
	struct jval value = t->kind == JT_INTEGER ? jval_int(t->integer) : jval_float(t->number);
	struct jnode *n = constant(p, value);
	jparse_skip(p);
	return n;
}

static struct jnode *parse_list(struct jparser *p)
{
	struct jnode *n = jparse_node(p, JN_LIST), *last = NULL;
	jparse_skip(p);
	while (!jparse_is(p, JT_RBRACKET)) {
		if (n->u.items.n && !jparse_expect(p, JT_COMMA))
			return NULL;
		if (jparse_is(p, JT_RBRACKET))
			break;
		struct jnode *item = jparse_expression(p);
		if (!item)
			return NULL;
		jnodes_add(&n->u.items, &last, item);
	}
	jparse_skip(p);
	return n;
}

static struct jnode *parse_dict(struct jparser *p)
{
	struct jnode *n = jparse_node(p, JN_DICT), *last = NULL;
	jparse_skip(p);
	while (!jparse_is(p, JT_RBRACE)) {
		if (n->u.items.n && !jparse_expect(p, JT_COMMA))
			return NULL;
		if (jparse_is(p, JT_RBRACE))
			break;
		struct jnode *key = jparse_expression(p);
		if (!key || !jparse_expect(p, JT_COLON))
			return NULL;
		struct jnode *value = jparse_expression(p);
		if (!value)
			return NULL;
		jnodes_add(&n->u.items, &last, key);
		jnodes_add(&n->u.items, &last, value);
	}
	jparse_skip(p);
	return n;
}

static struct jnode *parse_parens(struct jparser *p)
{
	jparse_skip(p);
	struct jnode *n = jparse_tuple(p, JTUPLE_OF_EXPRESSIONS, true);
	return n && jparse_expect(p, JT_RPAREN) ? n : NULL;
}

struct jnode *jparse_primary(struct jparser *p)
{
	switch (jparse_now(p)->kind) {
	case JT_NAME: return parse_name(p);
	case JT_STRING: return parse_string(p);
	case JT_INTEGER:
	case JT_FLOAT: return parse_number(p);
	case JT_LPAREN: return parse_parens(p);
	case JT_LBRACKET: return parse_list(p);
	case JT_LBRACE: return parse_dict(p);
	default: return jparse_fail(p, "unexpected '%s'", jtoken_name(jparse_now(p)->kind));
	}
}

static bool is_tuple_end(const struct jparser *p)
{
	return jparse_is(p, JT_PRINT_END) || jparse_is(p, JT_BLOCK_END) || jparse_is(p, JT_RPAREN);
}

struct jnode *jparse_tuple(struct jparser *p, enum jtuple_of of, bool in_parens)
{
	struct jnode *n = jparse_node(p, JN_TUPLE), *last = NULL;
	bool is_tuple = false;
	for (;;) {
		if (n->u.items.n && !jparse_expect(p, JT_COMMA))
			return NULL;
		if (is_tuple_end(p))
			break;
		struct jnode *item = of == JTUPLE_OF_PRIMARIES     ? jparse_primary(p)
				     : of == JTUPLE_OF_EXPRESSIONS ? jparse_expression(p)
								   : jparse_without_condition(p);
		if (!item)
			return NULL;
		jnodes_add(&n->u.items, &last, item);
		if (!jparse_is(p, JT_COMMA))
			break;
		is_tuple = true;
	}
	if (is_tuple || (n->u.items.n == 0 && in_parens))
		return n;
	if (n->u.items.n == 1)
		return n->u.items.first;
	return jparse_fail(p, "Expected an expression, got '%s'", jtoken_name(jparse_now(p)->kind));
}

/* One argument of a call. */
static bool parse_argument(struct jparser *p, struct jcall_args *args,
	struct jnode **last_positional, struct jnode **last_named)
{
	bool spread = jparse_is(p, JT_MUL), spread_named = jparse_is(p, JT_POW);
	bool named = jparse_is(p, JT_NAME) && jparse_look(p, 1)->kind == JT_ASSIGN;
	bool late = args->spread_named || (!spread_named && !named && args->spread) ||
		    (!spread && !spread_named && !named && args->named.n);
	if (late)
		return jparse_fail(p, "invalid syntax for function call expression") != NULL;
	const struct jtext *key = named ? jparse_text(p, jparse_now(p)->text) : NULL;
	for (int i = 0; i < (spread || spread_named ? 1 : named ? 2 : 0); i++)
		jparse_skip(p);
	struct jnode *value = jparse_expression(p);
	if (!value)
		return false;
	value->key = key;
	if (spread)
		args->spread = value;
	else if (spread_named)
		args->spread_named = value;
	else if (named)
		jnodes_add(&args->named, last_named, value);
	else
		jnodes_add(&args->positional, last_positional, value);
	return true;
}

static bool parse_args(struct jparser *p, struct jcall_args *args)
{
	struct jnode *last_positional = NULL, *last_named = NULL;
	bool first = true;
	for (jparse_skip(p); !jparse_is(p, JT_RPAREN); first = false) {
		if (!first && !jparse_expect(p, JT_COMMA))
			return false;
		if (!first && jparse_is(p, JT_RPAREN))
			break;
		if (!parse_argument(p, args, &last_positional, &last_named))
			return false;
	}
	jparse_skip(p);
	return true;
}

static struct jnode *parse_call(struct jparser *p, struct jnode *callee)
{
	struct jnode *n = jparse_node(p, JN_CALL);
	n->u.call.callee = callee;
	return parse_args(p, &n->u.call.args) ? n : NULL;
}

/* a.name or a.0 */
static struct jnode *parse_dot(struct jparser *p, struct jnode *of)
{
	struct jnode *n = jparse_node(p, JN_ATTRIBUTE);
	jparse_skip(p);
	if (jparse_is(p, JT_INTEGER))
		return two(p, JN_ITEM, of, parse_number(p));
	if (!jparse_is(p, JT_NAME))
		return jparse_fail(p, "expected name or number");
	n->u.attribute.of = of;
	n->u.attribute.name = jparse_text(p, jparse_now(p)->text);
	jparse_skip(p);
	return n;
}

static bool is_bound_end(const struct jparser *p)
{
	return jparse_is(p, JT_COLON) || jparse_is(p, JT_RBRACKET) || jparse_is(p, JT_COMMA);
}

/* An index, or from:to:step. */
static struct jnode *parse_subscript(struct jparser *p)
{
	struct jnode *n = jparse_node(p, JN_SLICE);
	if (!jparse_is(p, JT_COLON)) {
		n->u.slice.bound[0] = jparse_expression(p);
		if (!n->u.slice.bound[0] || !jparse_is(p, JT_COLON))
			return n->u.slice.bound[0];
	}
	for (int i = 1; i < 3 && jparse_take(p, JT_COLON); i++) {
		if (is_bound_end(p))
			continue;
		n->u.slice.bound[i] = jparse_expression(p);
		if (!n->u.slice.bound[i])
			return NULL;
	}
	return n;
}

/* a[b], or a[b, c] as Python's tuple key. */
static struct jnode *parse_brackets(struct jparser *p, struct jnode *of)
{
	struct jnode *keys = jparse_node(p, JN_TUPLE), *last = NULL;
	jparse_skip(p);
	while (!jparse_is(p, JT_RBRACKET)) {
		if (keys->u.items.n && !jparse_expect(p, JT_COMMA))
			return NULL;
		struct jnode *key = parse_subscript(p);
		if (!key)
			return NULL;
		jnodes_add(&keys->u.items, &last, key);
	}
	jparse_skip(p);
	return two(p, JN_ITEM, of, keys->u.items.n == 1 ? keys->u.items.first : keys);
}

static struct jnode *parse_postfixes(struct jparser *p, struct jnode *n)
{
	while (n) {
		if (jparse_is(p, JT_DOT))
			n = parse_dot(p, n);
		else if (jparse_is(p, JT_LBRACKET))
			n = parse_brackets(p, n);
		else if (jparse_is(p, JT_LPAREN))
			n = parse_call(p, n);
		else
			break;
	}
	return n;
}

/* The name of a filter or test, which may have dots. */
static bool parse_dotted_name(struct jparser *p, struct str *name)
{
	if (!jparse_expect_name(p, name))
		return false;
	while (jparse_take(p, JT_DOT)) {
		struct str more;
		if (!jparse_expect_name(p, &more))
			return false;
		*name = arena_printf(p->program->arena, "%.*s.%.*s", STR_ARG(*name), STR_ARG(more));
	}
	return true;
}

struct jnode *jparse_filters(struct jparser *p, struct jnode *given, bool started)
{
	struct jnode *n = given;
	while (started || jparse_is(p, JT_PIPE)) {
		struct str name;
		if (!started)
			jparse_skip(p);
		started = false;
		struct jnode *filter = jparse_node(p, JN_FILTER);
		if (!parse_dotted_name(p, &name))
			return NULL;
		filter->u.call.callee = n;
		filter->u.call.name = jparse_text(p, name);
		filter->u.call.row = jfilter_find(name);
		if (!filter->u.call.row && !p->unknown)
			p->unknown = filter;
		if (jparse_is(p, JT_LPAREN) && !parse_args(p, &filter->u.call.args))
			return NULL;
		n = filter;
	}
	return n;
}

/* Does a test's only argument follow without parentheses, as in `is divisibleby 3`? */
static bool has_bare_argument(const struct jparser *p)
{
	switch (jparse_now(p)->kind) {
	case JT_NAME:
		return !jparse_is_word(p, "else") && !jparse_is_word(p, "or") &&
		       !jparse_is_word(p, "and");
	case JT_STRING:
	case JT_INTEGER:
	case JT_FLOAT:
	case JT_LBRACKET:
	case JT_LBRACE: return true;
	default: return false;
	}
}

static struct jnode *parse_test(struct jparser *p, struct jnode *given)
{
	struct jnode *n = jparse_node(p, JN_TEST), *last = NULL;
	struct str name;
	jparse_skip(p); /* is */
	bool negated = jparse_take_word(p, "not");
	if (!parse_dotted_name(p, &name))
		return NULL;
	n->u.call.callee = given;
	n->u.call.name = jparse_text(p, name);
	n->u.call.row = jtest_find(name);
	if (!n->u.call.row && !p->unknown)
		p->unknown = n;
	if (jparse_is(p, JT_LPAREN)) {
		if (!parse_args(p, &n->u.call.args))
			return NULL;
	} else if (has_bare_argument(p)) {
		if (jparse_is_word(p, "is"))
			return jparse_fail(p, "You cannot chain multiple tests with is");
		struct jnode *argument = parse_postfixes(p, jparse_primary(p));
		if (!argument)
			return NULL;
		jnodes_add(&n->u.call.args.positional, &last, argument);
	}
	return negated ? two(p, JN_NOT, n, n) : n;
}

static struct jnode *parse_filters_and_tests(struct jparser *p, struct jnode *n)
{
	while (n) {
		if (jparse_is(p, JT_PIPE))
			n = jparse_filters(p, n, false);
		else if (jparse_is_word(p, "is"))
			n = parse_test(p, n);
		else if (jparse_is(p, JT_LPAREN))
			n = parse_call(p, n);
		else
			break;
	}
	return n;
}

static struct jnode *parse_signed(struct jparser *p, enum jnode_kind kind)
{
	jparse_skip(p);
	if (!enter(p))
		return NULL;
	struct jnode *inner = parse_unary(p, false);
	p->depth--;
	return two(p, kind, inner, inner);
}

static struct jnode *parse_unary(struct jparser *p, bool with_filters)
{
	struct jnode *n;
	if (jparse_is(p, JT_SUB))
		n = parse_signed(p, JN_NEGATE);
	else if (jparse_is(p, JT_ADD))
		n = parse_signed(p, JN_PLUS);
	else
		n = jparse_primary(p);
	n = parse_postfixes(p, n);
	return with_filters ? parse_filters_and_tests(p, n) : n;
}

static enum jop operator_of(const struct jparser *p, const enum jtoken_kind kinds[JOP_COUNT])
{
	for (int op = 0; op < JOP_COUNT; op++)
		if (kinds[op] != JT_END && jparse_is(p, kinds[op]))
			return (enum jop)op;
	return JOP_COUNT;
}

/* Operands of one level, joined from the left. */
static struct jnode *parse_chain(struct jparser *p, const enum jtoken_kind kinds[JOP_COUNT],
	struct jnode *(*operand)(struct jparser *))
{
	struct jnode *n = operand(p);
	enum jop op;
	while (n && (op = operator_of(p, kinds)) != JOP_COUNT) {
		jparse_skip(p);
		n = two(p, JN_BINARY, n, operand(p));
		if (n)
			n->u.two.op = op;
	}
	return n;
}

static struct jnode *parse_unary_with_filters(struct jparser *p)
{
	return parse_unary(p, true);
}

static struct jnode *parse_power(struct jparser *p)
{
	static const enum jtoken_kind kinds[JOP_COUNT] = { [JOP_POW] = JT_POW };
	return parse_chain(p, kinds, parse_unary_with_filters);
}

static struct jnode *parse_product(struct jparser *p)
{
	static const enum jtoken_kind kinds[JOP_COUNT] = {
		[JOP_MUL] = JT_MUL,
		[JOP_DIV] = JT_DIV,
		[JOP_FLOORDIV] = JT_FLOORDIV,
		[JOP_MOD] = JT_MOD,
	};
	return parse_chain(p, kinds, parse_power);
}

static struct jnode *parse_concat(struct jparser *p)
{
	struct jnode *n = jparse_node(p, JN_CONCAT), *last = NULL;
	do {
		struct jnode *item = parse_product(p);
		if (!item)
			return NULL;
		jnodes_add(&n->u.items, &last, item);
	} while (jparse_take(p, JT_TILDE));
	return n->u.items.n == 1 ? n->u.items.first : n;
}

static struct jnode *parse_sum(struct jparser *p)
{
	static const enum jtoken_kind kinds[JOP_COUNT] = {
		[JOP_ADD] = JT_ADD,
		[JOP_SUB] = JT_SUB,
	};
	return parse_chain(p, kinds, parse_concat);
}

/* The comparison that stands here, taken; JC_COUNT if none does. */
static enum jcompare take_comparison(struct jparser *p)
{
	static const enum jtoken_kind kinds[] = { [JC_EQ] = JT_EQ,
		[JC_NE] = JT_NE,
		[JC_LT] = JT_LT,
		[JC_LE] = JT_LTEQ,
		[JC_GT] = JT_GT,
		[JC_GE] = JT_GTEQ };
	for (int op = 0; op <= JC_GE; op++)
		if (jparse_take(p, kinds[op]))
			return (enum jcompare)op;
	if (jparse_take_word(p, "in"))
		return JC_IN;
	const struct jtoken *next = jparse_look(p, 1);
	if (jparse_is_word(p, "not") && next->kind == JT_NAME && str_eq_z(next->text, "in")) {
		jparse_skip(p);
		jparse_skip(p);
		return JC_NOT_IN;
	}
	return JC_COUNT;
}

static struct jnode *parse_compare(struct jparser *p)
{
	struct jnode *n = NULL, *left = parse_sum(p);
	struct jcomparison **end = NULL;
	enum jcompare op;
	while (left && (op = take_comparison(p)) != JC_COUNT) {
		if (!n) {
			n = jparse_node(p, JN_COMPARE);
			n->line = left->line;
			n->u.compare.left = left;
			end = &n->u.compare.first;
		}
		*end = arena_alloc(p->program->arena, sizeof **end);
		(*end)->op = op;
		(*end)->right = parse_sum(p);
		if (!(*end)->right)
			return NULL;
		end = &(*end)->next;
	}
	return n ? n : left;
}

static struct jnode *parse_not(struct jparser *p)
{
	if (!jparse_take_word(p, "not"))
		return parse_compare(p);
	if (!enter(p))
		return NULL;
	struct jnode *inner = parse_not(p);
	p->depth--;
	return two(p, JN_NOT, inner, inner);
}

static struct jnode *parse_and(struct jparser *p)
{
	struct jnode *n = parse_not(p);
	while (n && jparse_take_word(p, "and"))
		n = two(p, JN_AND, n, parse_not(p));
	return n;
}

static struct jnode *parse_or(struct jparser *p)
{
	struct jnode *n = parse_and(p);
	while (n && jparse_take_word(p, "or"))
		n = two(p, JN_OR, n, parse_and(p));
	return n;
}

static struct jnode *parse_condition(struct jparser *p)
{
	const struct jnode *unknown_before = p->unknown;
	struct jnode *then = parse_or(p);
	while (then && jparse_take_word(p, "if")) {
		struct jnode *n = jparse_node(p, JN_CONDITION);
		n->u.condition.then = then;
		n->u.condition.test = parse_or(p);
		if (!n->u.condition.test)
			return NULL;
		if (jparse_take_word(p, "else")) {
			n->u.condition.otherwise = jparse_expression(p);
			if (!n->u.condition.otherwise)
				return NULL;
		}
		p->unknown = unknown_before;
		then = n;
	}
	return then;
}

struct jnode *jparse_expression(struct jparser *p)
{
	if (!enter(p))
		return NULL;
	struct jnode *n = parse_condition(p);
	p->depth--;
	return n;
}

struct jnode *jparse_without_condition(struct jparser *p)
{
	if (!enter(p))
		return NULL;
	struct jnode *n = parse_or(p);
	p->depth--;
	return n;
}

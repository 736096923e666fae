/*
 * jinja_parse.c - statements, and what both parsers share; see jinja_parse.h.
 *
 * Layer: prompt
 */
#include "jinja/jinja_parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

/* --- tokens --- */

const struct jtoken *jparse_look(const struct jparser *p, size_t ahead)
{
	size_t last = p->tokens.n - 1;
	return &p->tokens.p[p->at + ahead < last ? p->at + ahead : last];
}

const struct jtoken *jparse_now(const struct jparser *p)
{
	return jparse_look(p, 0);
}

void jparse_skip(struct jparser *p)
{
	if (p->at + 1 < p->tokens.n)
		p->at++;
	size_t at = jparse_now(p)->at;
	for (; p->line_at < at; p->line_at++)
		p->line += p->tokens.source.p[p->line_at] == '\n';
}

bool jparse_is(const struct jparser *p, enum jtoken_kind kind)
{
	return jparse_now(p)->kind == kind;
}

bool jparse_is_word(const struct jparser *p, const char *word)
{
	return jparse_is(p, JT_NAME) && str_eq_z(jparse_now(p)->text, word);
}

bool jparse_take(struct jparser *p, enum jtoken_kind kind)
{
	if (!jparse_is(p, kind))
		return false;
	jparse_skip(p);
	return true;
}

bool jparse_take_word(struct jparser *p, const char *word)
{
	if (!jparse_is_word(p, word))
		return false;
	jparse_skip(p);
	return true;
}

/* What stands here, for a message: a name as it is written. */
static struct str describe(const struct jparser *p)
{
	const struct jtoken *t = jparse_now(p);
	return t->kind == JT_NAME ? t->text : str_z(jtoken_name(t->kind));
}

bool jparse_expect(struct jparser *p, enum jtoken_kind kind)
{
	if (jparse_take(p, kind))
		return true;
	if (jparse_is(p, JT_END))
		return jparse_fail(p, "unexpected end of template, expected '%s'.",
			       jtoken_name(kind)) != NULL;
	return jparse_fail(p, "expected token '%s', got '%.*s'", jtoken_name(kind),
		       STR_ARG(describe(p))) != NULL;
}

bool jparse_expect_name(struct jparser *p, struct str *name)
{
	*name = jparse_now(p)->text;
	return jparse_expect(p, JT_NAME);
}

static bool expect_word(struct jparser *p, const char *word)
{
	return jparse_take_word(p, word) || jparse_fail(p, "expected token '%s', got '%.*s'", word,
						    STR_ARG(describe(p))) != NULL;
}

struct jnode *jparse_fail(struct jparser *p, const char *format, ...)
{
	char what[ERR_WHAT_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	jlex_fail(p->tokens.source, jparse_now(p)->at, p->e, "%s", what);
	return NULL;
}

/* --- nodes --- */

struct jnode *jparse_node(struct jparser *p, enum jnode_kind kind)
{
	struct jnode *n = arena_alloc(p->program->arena, sizeof *n);
	n->kind = kind;
	n->line = p->line;
	return n;
}

void jnodes_add(struct jnodes *list, struct jnode **last, struct jnode *node)
{
	node->next = NULL;
	if (*last)
		(*last)->next = node;
	else
		list->first = node;
	*last = node;
	list->n++;
}

const struct jtext *jparse_text(struct jparser *p, struct str s)
{
	struct jtext *t = arena_alloc(p->program->arena, sizeof *t);
	*t = (struct jtext){ .p = s.n ? s.p : "", .n = s.n };
	return t;
}

uint32_t jparse_name(struct jparser *p, struct str name)
{
	struct jparse_name **bucket = &p->names[str_hash(name) % JPARSE_NAME_BUCKETS];
	for (struct jparse_name *known = *bucket; known; known = known->next)
		if (str_eq(known->text, name))
			return known->number;
	struct jparse_name *fresh = arena_alloc(p->program->arena, sizeof *fresh);
	*fresh = (struct jparse_name){ name, p->name_count++, *bucket };
	*bucket = fresh;
	return fresh->number;
}

struct jnode *jparse_name_node(struct jparser *p, struct str name)
{
	struct jnode *n = jparse_node(p, JN_NAME);
	n->u.name = jparse_name(p, name);
	return n;
}

/* --- statements --- */

static bool parse_body(struct jparser *p, const char *const ends[], struct jnodes *body);
static bool parse_until(struct jparser *p, const char *const ends[], struct jnodes *body);

/* An expression of a statement is complete: an unknown filter in it is an error now, unless it may
 * wait. */
static bool settle(struct jparser *p)
{
	const struct jnode *unknown = p->unknown;
	p->unknown = NULL;
	if (!unknown || p->inside_if)
		return true;
	return jlex_fail(p->tokens.source, jparse_now(p)->at, p->e, "No %s named '%.*s'.",
		unknown->kind == JN_FILTER ? "filter" : "test",
		STR_ARG(jtext_str(unknown->u.call.name)));
}

static struct jnode *settled(struct jparser *p, struct jnode *n)
{
	return n && settle(p) ? n : NULL;
}

/* The body of a statement that opens a scope: `if` around it no longer excuses unknown filters. */
static bool parse_scope_body(struct jparser *p, const char *const ends[], struct jnodes *body)
{
	bool inside_if = p->inside_if;
	p->inside_if = false;
	bool ok = parse_body(p, ends, body);
	p->inside_if = inside_if;
	return ok;
}

static bool can_assign(struct jparser *p, const struct jnode *target)
{
	if (target->kind == JN_NAME && target->u.name == JNAME_LOOP && p->all_loops)
		return jparse_fail(p, "Can't assign to special loop variable in for-loop target") !=
		       NULL;
	if (target->kind == JN_NAME)
		return true;
	if (target->kind != JN_TUPLE)
		return jparse_fail(p, "can't assign to this expression") != NULL;
	for (const struct jnode *item = target->u.items.first; item; item = item->next)
		if (!can_assign(p, item))
			return false;
	return true;
}

static struct jnode *parse_target(struct jparser *p)
{
	struct jnode *target = jparse_tuple(p, JTUPLE_OF_PRIMARIES, false);
	return target && can_assign(p, target) ? target : NULL;
}

/* namespace.name, or what parse_target takes */
static struct jnode *parse_set_target(struct jparser *p)
{
	struct str object, name;
	if (jparse_look(p, 1)->kind != JT_DOT)
		return parse_target(p);
	if (!jparse_expect_name(p, &object))
		return NULL;
	jparse_skip(p);
	if (!jparse_expect_name(p, &name))
		return NULL;
	struct jnode *n = jparse_node(p, JN_ATTRIBUTE);
	n->u.attribute.of = jparse_name_node(p, object);
	n->u.attribute.name = jparse_text(p, name);
	return n;
}

static struct jnode *parse_set(struct jparser *p)
{
	static const char *const ends[] = { "endset", NULL };
	struct jnode *n = jparse_node(p, JN_SET);
	jparse_skip(p);
	n->u.set.target = parse_set_target(p);
	if (!n->u.set.target)
		return NULL;
	if (jparse_take(p, JT_ASSIGN)) {
		n->u.set.value = jparse_tuple(p, JTUPLE_OF_EXPRESSIONS, false);
		return n->u.set.value ? settled(p, n) : NULL;
	}
	n->kind = JN_SET_BLOCK;
	if (jparse_is(p, JT_PIPE)) {
		n->u.set.value = jparse_filters(p, NULL, false);
		if (!settled(p, n->u.set.value))
			return NULL;
	}
	return parse_scope_body(p, ends, &n->u.set.body) ? n : NULL;
}

/* The bodies of a loop: what is run for each value, and what if there is none. */
static bool parse_loop_bodies(struct jparser *p, struct jnode *n)
{
	static const char *const ends[] = { "else", "endfor", NULL };
	static const char *const else_ends[] = { "endfor", NULL };
	bool inside_if = p->inside_if;
	p->inside_if = false;
	p->loops++;
	bool ok = parse_until(p, ends, &n->u.loop.body);
	p->loops--;
	if (ok && jparse_take_word(p, "else"))
		ok = parse_until(p, else_ends, &n->u.loop.otherwise);
	p->inside_if = inside_if;
	jparse_skip(p);
	return ok;
}

static bool parse_loop(struct jparser *p, struct jnode *n)
{
	n->u.loop.target = parse_target(p);
	if (!n->u.loop.target || !expect_word(p, "in"))
		return false;
	n->u.loop.over = jparse_tuple(p, JTUPLE_OF_UNCONDITIONAL, false);
	if (!settled(p, n->u.loop.over))
		return false;
	if (jparse_take_word(p, "if")) {
		n->u.loop.test = jparse_expression(p);
		if (!settled(p, n->u.loop.test))
			return false;
	}
	n->u.loop.recursive = jparse_take_word(p, "recursive");
	return parse_loop_bodies(p, n);
}

static struct jnode *parse_for(struct jparser *p)
{
	struct jnode *n = jparse_node(p, JN_FOR);
	jparse_skip(p);
	p->all_loops++;
	bool ok = parse_loop(p, n);
	p->all_loops--;
	return ok ? n : NULL;
}

/* if and elif: the word itself is at hand. */
static struct jnode *parse_if(struct jparser *p)
{
	static const char *const ends[] = { "elif", "else", "endif", NULL };
	static const char *const else_ends[] = { "endif", NULL };
	bool inside_if = p->inside_if;
	p->inside_if = true;
	struct jnode *first = jparse_node(p, JN_IF), *n = first;
	for (;;) {
		jparse_skip(p);
		n->u.branch.test = jparse_tuple(p, JTUPLE_OF_UNCONDITIONAL, false);
		if (!settled(p, n->u.branch.test) || !parse_until(p, ends, &n->u.branch.body))
			return NULL;
		if (jparse_is_word(p, "endif"))
			break;
		n->u.branch.otherwise = jparse_node(p, JN_IF);
		n = n->u.branch.otherwise;
		if (jparse_is_word(p, "elif"))
			continue;
		jparse_skip(p);
		if (!parse_until(p, else_ends, &n->u.branch.body))
			return NULL;
		break;
	}
	jparse_skip(p);
	p->inside_if = inside_if;
	return first;
}

/* (a, b=1) */
static bool parse_signature(struct jparser *p, struct jmacro_body *macro)
{
	struct jnode *last_param = NULL, *last_default = NULL;
	if (!jparse_expect(p, JT_LPAREN))
		return false;
	while (!jparse_is(p, JT_RPAREN)) {
		struct str name;
		if (macro->params.n && !jparse_expect(p, JT_COMMA))
			return false;
		if (!jparse_expect_name(p, &name))
			return false;
		jnodes_add(&macro->params, &last_param, jparse_name_node(p, name));
		if (jparse_take(p, JT_ASSIGN)) {
			struct jnode *value = jparse_expression(p);
			if (!value)
				return false;
			jnodes_add(&macro->defaults, &last_default, value);
		} else if (macro->defaults.n) {
			return jparse_fail(p, "non-default argument follows default argument") !=
			       NULL;
		}
	}
	jparse_skip(p);
	return settle(p);
}

/* The body, and which of the special names it reads. */
static bool parse_macro_body(struct jparser *p, const char *const ends[], struct jmacro_body *macro)
{
	bool caller = p->saw_caller, varargs = p->saw_varargs, kwargs = p->saw_kwargs;
	unsigned loops = p->loops;
	p->saw_caller = p->saw_varargs = p->saw_kwargs = false;
	p->loops = 0;
	bool ok = parse_scope_body(p, ends, &macro->body);
	p->loops = loops;
	macro->uses_caller = p->saw_caller;
	macro->uses_varargs = p->saw_varargs;
	macro->uses_kwargs = p->saw_kwargs;
	p->saw_caller |= caller;
	p->saw_varargs |= varargs;
	p->saw_kwargs |= kwargs;
	return ok;
}

static struct jnode *parse_macro(struct jparser *p)
{
	static const char *const ends[] = { "endmacro", NULL };
	struct jnode *n = jparse_node(p, JN_MACRO);
	struct jmacro_body *macro = arena_alloc(p->program->arena, sizeof *macro);
	struct str name;
	jparse_skip(p);
	if (!jparse_expect_name(p, &name))
		return NULL;
	n->u.macro.name = jparse_name(p, name);
	n->u.macro.body = macro;
	macro->name = jparse_text(p, arena_str(p->program->arena, name));
	return parse_signature(p, macro) && parse_macro_body(p, ends, macro) ? n : NULL;
}

static struct jnode *parse_call_block(struct jparser *p)
{
	static const char *const ends[] = { "endcall", NULL };
	struct jnode *n = jparse_node(p, JN_CALL_BLOCK);
	n->u.macro.body = arena_alloc(p->program->arena, sizeof *n->u.macro.body);
	jparse_skip(p);
	if (jparse_is(p, JT_LPAREN) && !parse_signature(p, n->u.macro.body))
		return NULL;
	n->u.macro.call = jparse_expression(p);
	if (!settled(p, n->u.macro.call))
		return NULL;
	if (n->u.macro.call->kind != JN_CALL)
		return jparse_fail(p, "expected call");
	return parse_macro_body(p, ends, n->u.macro.body) ? n : NULL;
}

static struct jnode *parse_filter_block(struct jparser *p)
{
	static const char *const ends[] = { "endfilter", NULL };
	struct jnode *n = jparse_node(p, JN_FILTER_BLOCK);
	jparse_skip(p);
	n->u.filter_block.filter = jparse_filters(p, NULL, true);
	if (!settled(p, n->u.filter_block.filter))
		return NULL;
	return parse_scope_body(p, ends, &n->u.filter_block.body) ? n : NULL;
}

static struct jnode *parse_with(struct jparser *p)
{
	static const char *const ends[] = { "endwith", NULL };
	struct jnode *n = jparse_node(p, JN_WITH), *last_target = NULL, *last_value = NULL;
	jparse_skip(p);
	while (!jparse_is(p, JT_BLOCK_END)) {
		if (n->u.with.targets.n && !jparse_expect(p, JT_COMMA))
			return NULL;
		struct jnode *target = parse_target(p);
		if (!target || !jparse_expect(p, JT_ASSIGN))
			return NULL;
		struct jnode *value = jparse_expression(p);
		if (!settled(p, value))
			return NULL;
		jnodes_add(&n->u.with.targets, &last_target, target);
		jnodes_add(&n->u.with.values, &last_value, value);
	}
	return parse_scope_body(p, ends, &n->u.with.body) ? n : NULL;
}

static struct jnode *parse_generation(struct jparser *p)
{
	static const char *const ends[] = { "endgeneration", NULL };
	struct jnode *n = jparse_node(p, JN_SCOPE);
	jparse_skip(p);
	return parse_scope_body(p, ends, &n->u.body) ? n : NULL;
}

static struct jnode *parse_print(struct jparser *p)
{
	struct jnode *n = jparse_node(p, JN_PRINT), *last = NULL;
	jparse_skip(p);
	while (!jparse_is(p, JT_BLOCK_END)) {
		if (n->u.items.n && !jparse_expect(p, JT_COMMA))
			return NULL;
		struct jnode *value = jparse_expression(p);
		if (!settled(p, value))
			return NULL;
		jnodes_add(&n->u.items, &last, value);
	}
	return n;
}

static struct jnode *parse_break_or_continue(struct jparser *p)
{
	bool is_break = jparse_is_word(p, "break");
	if (!p->loops)
		return jparse_fail(p, "'%.*s' outside loop", STR_ARG(jparse_now(p)->text));
	jparse_skip(p);
	return jparse_node(p, is_break ? JN_BREAK : JN_CONTINUE);
}

static struct jnode *refuse(struct jparser *p)
{
	return jparse_fail(p, "'%.*s' is not possible here: a chat template is one text",
		STR_ARG(jparse_now(p)->text));
}

static const struct statement_row {
	const char *word;
	struct jnode *(*parse)(struct jparser *p);
} statements[] = {
	{ "for", parse_for },
	{ "if", parse_if },
	{ "set", parse_set },
	{ "macro", parse_macro },
	{ "call", parse_call_block },
	{ "filter", parse_filter_block },
	{ "with", parse_with },
	{ "print", parse_print },
	{ "generation", parse_generation },
	{ "break", parse_break_or_continue },
	{ "continue", parse_break_or_continue },
	{ "block", refuse },
	{ "extends", refuse },
	{ "include", refuse },
	{ "import", refuse },
	{ "from", refuse },
	{ "autoescape", refuse },
};

static struct jnode *parse_statement(struct jparser *p)
{
	if (!jparse_is(p, JT_NAME))
		return jparse_fail(p, "tag name expected");
	for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
		if (!jparse_is_word(p, statements[i].word))
			continue;
		if (p->depth >= LIMIT_JINJA_BRACKETS)
			return jparse_fail(p, "nested deeper than %d", LIMIT_JINJA_BRACKETS);
		p->depth++;
		struct jnode *n = statements[i].parse(p);
		p->depth--;
		return n;
	}
	return jparse_fail(p, "Encountered unknown tag '%.*s'.", STR_ARG(jparse_now(p)->text));
}

static bool at_end_word(const struct jparser *p, const char *const ends[])
{
	for (; ends && *ends; ends++)
		if (jparse_is_word(p, *ends))
			return true;
	return false;
}

/* Data, prints and statements up to a block that begins with one of the words, which is then at
 * hand; without words, up to the end. */
static bool parse_nodes(struct jparser *p, const char *const ends[], struct jnodes *body)
{
	struct jnode *last = NULL, *n;
	while (!jparse_is(p, JT_END)) {
		if (jparse_is(p, JT_DATA)) {
			n = jparse_node(p, JN_DATA);
			n->u.data = jparse_text(p, jparse_now(p)->text);
			jparse_skip(p);
		} else if (jparse_take(p, JT_PRINT_BEGIN)) {
			n = jparse_node(p, JN_PRINT);
			struct jnode *value = jparse_tuple(p, JTUPLE_OF_EXPRESSIONS, false);
			if (!settled(p, value) || !jparse_expect(p, JT_PRINT_END))
				return false;
			n->u.items = (struct jnodes){ value, 1 };
		} else {
			jparse_skip(p); /* the only other token outside of tags: a block begins */
			if (at_end_word(p, ends))
				return true;
			n = parse_statement(p);
			if (!n || !jparse_expect(p, JT_BLOCK_END))
				return false;
		}
		jnodes_add(body, &last, n);
	}
	return true;
}

/* The rest of the opening tag and the body; the ending word is left at hand. */
static bool parse_until(struct jparser *p, const char *const ends[], struct jnodes *body)
{
	jparse_take(p, JT_COLON);
	if (!jparse_expect(p, JT_BLOCK_END) || !parse_nodes(p, ends, body))
		return false;
	if (!jparse_is(p, JT_END))
		return true;
	while (ends[1])
		ends++;
	return jparse_fail(p, "the template ends before '%s'", *ends) != NULL;
}

/* The same, with the ending word taken. */
static bool parse_body(struct jparser *p, const char *const ends[], struct jnodes *body)
{
	if (!parse_until(p, ends, body))
		return false;
	jparse_skip(p);
	return true;
}

static void keep_names(struct jparser *p)
{
	struct jinja *program = p->program;
	program->name_count = p->name_count;
	program->names = arena_calloc(program->arena, p->name_count, sizeof *program->names);
	for (size_t i = 0; i < JPARSE_NAME_BUCKETS; i++)
		for (const struct jparse_name *n = p->names[i]; n; n = n->next)
			program->names[n->number] =
				jparse_text(p, arena_str(program->arena, n->text));
}

bool jparse_template(struct jparser *p)
{
	p->line = 1;
	jparse_name(p, STR("loop")); /* in the order of enum jname */
	jparse_name(p, STR("caller"));
	jparse_name(p, STR("varargs"));
	jparse_name(p, STR("kwargs"));
	if (!parse_nodes(p, NULL, &p->program->body))
		return false;
	keep_names(p);
	return true;
}

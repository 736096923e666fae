/*
 * jinja_parse.h - tokens to tree; between jinja_parse.c (statements) and jinja_parse_expr.c.
 *
 * Layer: prompt
 */
#ifndef OFFGRID_CHAT_JINJA_PARSE_H
#define OFFGRID_CHAT_JINJA_PARSE_H

#include "jinja/jinja_ast.h"
#include "jinja/jinja_lex.h"

enum { JPARSE_NAME_BUCKETS = 256 };

struct jparse_name {
	struct str text;
	uint32_t number;
	struct jparse_name *next;
};

struct jparser {
	struct jinja *program; /* being made */
	struct jtokens tokens;
	size_t at;
	uint32_t line;  /* of the token at hand */
	size_t line_at; /* the byte `line` was counted to */
	unsigned depth;
	struct jparse_name *names[JPARSE_NAME_BUCKETS];
	uint32_t name_count;
	/*
	 * Jinja2 refuses an unknown filter or test when compiling, but inside `if` and conditional
	 * expressions only when it is reached. `unknown` is the first one met and not yet known to
	 * be inside one.
	 */
	const struct jnode *unknown;
	bool inside_if;
	unsigned loops;                           /* open around this place, up to the macro */
	unsigned all_loops;                       /* the same, through macros */
	bool saw_caller, saw_varargs, saw_kwargs; /* read in the macro being parsed */
	struct err *e;
};

/* Tokens. */
const struct jtoken *jparse_now(const struct jparser *p);
const struct jtoken *jparse_look(const struct jparser *p, size_t ahead);
void jparse_skip(struct jparser *p);
bool jparse_is(const struct jparser *p, enum jtoken_kind kind);
bool jparse_is_word(const struct jparser *p, const char *word);
bool jparse_take(struct jparser *p, enum jtoken_kind kind); /* skips it if it is there */
bool jparse_take_word(struct jparser *p, const char *word);
bool jparse_expect(struct jparser *p, enum jtoken_kind kind); /* fails if it is not */
bool jparse_expect_name(struct jparser *p, struct str *name);
/* A syntax error at the token at hand; NULL, as the parsing functions give. */
struct jnode *jparse_fail(struct jparser *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Nodes. */
struct jnode *jparse_node(struct jparser *p, enum jnode_kind kind);
struct jnode *jparse_name_node(struct jparser *p, struct str name);
uint32_t jparse_name(struct jparser *p, struct str name);
const struct jtext *jparse_text(struct jparser *p, struct str s);
void jnodes_add(struct jnodes *list, struct jnode **last, struct jnode *node);

/* Expressions; NULL with the error set. */
struct jnode *jparse_expression(struct jparser *p);
struct jnode *jparse_without_condition(struct jparser *p);
/* One expression, or several with commas as a tuple, which may be empty in parentheses. */
enum jtuple_of { JTUPLE_OF_EXPRESSIONS, JTUPLE_OF_UNCONDITIONAL, JTUPLE_OF_PRIMARIES };
struct jnode *jparse_tuple(struct jparser *p, enum jtuple_of of, bool in_parens);
struct jnode *jparse_primary(struct jparser *p);
/* `| filter | filter` behind `given`, which may be NULL; the bar of the first one is taken
 * already if `started`. */
struct jnode *jparse_filters(struct jparser *p, struct jnode *given, bool started);

/* The whole template. */
bool jparse_template(struct jparser *p);

#endif

/*
 * jinja_ast.h - a compiled template: a tree that never changes.
 *
 * Everything lives in the arena of the program. Names of variables are numbers (places in `names`),
 * filters and tests are rows, constants are values, so rendering compares no names.
 */
#ifndef OFFGRID_CHAT_JINJA_AST_H
#define OFFGRID_CHAT_JINJA_AST_H

#include "base/arena.h"
#include "jinja/jinja_run.h"

enum jnode_kind {
	/* expressions */
	JN_CONST,
	JN_NAME,
	JN_TUPLE,
	JN_LIST,
	JN_DICT,
	JN_NOT,
	JN_NEGATE,
	JN_PLUS,
	JN_BINARY,
	JN_AND,
	JN_OR,
	JN_CONDITION,
	JN_COMPARE,
	JN_CONCAT,
	JN_ATTRIBUTE,
	JN_ITEM,
	JN_SLICE,
	JN_CALL,
	JN_FILTER,
	JN_TEST,
	/* statements */
	JN_DATA,
	JN_PRINT,
	JN_SET,
	JN_SET_BLOCK,
	JN_IF,
	JN_FOR,
	JN_MACRO,
	JN_CALL_BLOCK,
	JN_FILTER_BLOCK,
	JN_WITH,
	JN_SCOPE, /* generation and autoescape blocks: a body in a scope of its own */
	JN_BREAK,
	JN_CONTINUE,
	JN_KIND_COUNT
};

struct jnodes {
	struct jnode *first; /* linked by `next`; a node is in one list */
	size_t n;
};

enum jcompare { JC_EQ, JC_NE, JC_LT, JC_LE, JC_GT, JC_GE, JC_IN, JC_NOT_IN, JC_COUNT };

/* What a call, a filter or a test is given. */
struct jcall_args {
	struct jnodes positional;
	struct jnodes named;        /* each with `key` set */
	struct jnode *spread;       /* *args, or NULL */
	struct jnode *spread_named; /* **kwargs, or NULL */
};

/* A macro, or the body of a call block. */
struct jmacro_body {
	const struct jtext *name; /* NUL-terminated; NULL: a call block */
	struct jnodes params;     /* JN_NAME each */
	struct jnodes defaults;   /* of the last parameters */
	struct jnodes body;
	bool uses_caller, uses_varargs, uses_kwargs;
};

struct jnode {
	enum jnode_kind kind;
	uint32_t line;
	struct jnode *next;
	const struct jtext *key; /* of a named argument */
	union {
		struct jval constant;
		const struct jtext *data;
		uint32_t name;
		struct jnodes items; /* tuple, list, concat; dict: key, value, key, ...; print */
		struct {
			struct jnode *a, *b;
			enum jop op;
		} two; /* not, negate, plus (a); binary, and, or; item: a[b] */
		struct {
			struct jnode *test, *then, *otherwise; /* otherwise may be NULL */
		} condition;
		struct {
			struct jnode *left;
			struct jcomparison *first;
		} compare;
		struct {
			struct jnode *of;
			const struct jtext *name;
		} attribute;
		struct {
			struct jnode *bound[3]; /* NULL where left out */
		} slice;
		struct {
			struct jnode *callee; /* filter, test: what is given first; NULL in a filter
						 block */
			struct jcall_args args;
			const struct jbuiltin
				*row; /* filter, test; NULL: there is none of this name */
			const struct jtext *name; /* filter, test */
		} call;
		struct {
			struct jnode *target; /* name, tuple, or attribute of a namespace's name */
			struct jnode *value;  /* set block: the filters, or NULL */
			struct jnodes body;   /* set block */
		} set;
		struct {
			struct jnode *test; /* NULL: else */
			struct jnodes body;
			struct jnode *otherwise; /* another JN_IF, or NULL */
		} branch;
		struct {
			struct jnode *target, *over, *test; /* test may be NULL */
			struct jnodes body, otherwise;
			bool recursive;
		} loop;
		struct {
			uint32_t name;
			struct jmacro_body *body;
			struct jnode *call; /* call block: what is called */
		} macro;
		struct {
			struct jnode *filter;
			struct jnodes body;
		} filter_block;
		struct {
			struct jnodes targets, values, body;
		} with;
		struct jnodes body; /* JN_SCOPE */
	} u;
};

struct jcomparison {
	enum jcompare op;
	struct jnode *right;
	struct jcomparison *next;
};

/* Names every program has, so that the renderer knows their numbers. */
enum jname { JNAME_LOOP, JNAME_CALLER, JNAME_VARARGS, JNAME_KWARGS, JNAME_FIRST_FREE };

struct jinja {
	struct arena *arena;
	struct jnodes body;
	const struct jtext **names; /* of variables, by number; NUL-terminated */
	uint32_t name_count;
};

#endif

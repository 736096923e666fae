/*
 * jinja_run.h - one render: its memory, its limits, its scopes, and how builtins are called.
 *
 * Functions that can fail return false with the error of the run set; the first one wins. A run
 * belongs to one thread.
 */
#ifndef OFFGRID_CHAT_JINJA_RUN_H
#define OFFGRID_CHAT_JINJA_RUN_H

#include "base/arena.h"
#include "jinja/jinja_text.h"
#include "jinja/jinja_value.h"

struct jrun {
	struct arena *arena; /* of this render */
	const struct jinja *program;
	struct err *e;
	const struct jinja_input *input;
	size_t steps, max_steps, max_bytes;
	bool over_memory;
	unsigned depth; /* nesting of evaluation, of calls and of printed data together */
	uint32_t line;  /* of the node at work, for errors */
	struct jbuild *out;
	struct jbuild joined; /* the text that + and ~ made last: may grow in place */
};

/* Ends the render in the words of the template or of Python; always false. */
bool jrun_raise(struct jrun *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The value is undefined and somebody needed one; always false. */
bool jrun_raise_undefined(struct jrun *r, struct jval v);
/* The same promise for whoever checks the paths of one file without seeing the other. */
#ifdef __clang_analyzer__
#define jrun_raise(...)           (jrun_raise(__VA_ARGS__), false)
#define jrun_raise_undefined(...) (jrun_raise_undefined(__VA_ARGS__), false)
#endif

/* Counts work; false when a limit is passed. A step is about one node, or this many bytes. */
enum { JRUN_BYTES_A_STEP = 128 };
bool jrun_charge(struct jrun *r, size_t work);
/* Goes one level deeper; to be paired with jrun_leave if true. */
bool jrun_enter(struct jrun *r);
void jrun_leave(struct jrun *r);

void *jrun_alloc(struct jrun *r, size_t bytes); /* zeroed; for small things of fixed size */
/* Zeroed, or NULL and the run remembers that its memory is used up. */
void *jrun_array(struct jrun *r, size_t count, size_t bytes);

/* --- scopes --- */

struct jbind {
	uint32_t name;
	struct jval value;
};

struct jscope {
	struct jscope *up;
	struct jbind *binds; /* an inner scope: a short list */
	uint32_t n, cap;
	struct jval *slots; /* the top scope: by name number */
	bool kept;          /* a macro remembers it: not to be reused */
};

void jscope_init(struct jscope *s, struct jscope *up);
void jscope_reset(struct jscope *s); /* empty again, for the next turn of a loop */
void jscope_set(struct jrun *r, struct jscope *s, uint32_t name, struct jval v);
struct jval jscope_get(const struct jscope *s, uint32_t name); /* J_MISSING if unbound */

/* --- calls --- */

struct jnamed {
	const struct jtext *name;
	struct jval value;
};

struct jargs {
	const struct jval *pos;
	size_t pos_count;
	const struct jnamed *named;
	size_t named_count;
};

enum { JARGS_MAX = 6 };

/*
 * A filter, test, function or method. The arguments are gone when it returns. `params` names what
 * it takes, in order, separated by blanks; a `?` after a name: may be left out; "/" first: not to
 * be given by name. The function then finds pos[i] for the i-th, J_MISSING where not given. "*"
 * alone: it takes what comes, as it comes. `self` is what stands before the bar, `is` or the dot.
 */
struct jbuiltin {
	const char *name;
	const char *params;
	bool (*call)(struct jrun *r, struct jval self, const struct jargs *args, struct jval *out);
};

/* Tables end in a row without a name. */
const struct jbuiltin *jbuiltin_find(const struct jbuiltin *table, struct str name);
bool jbuiltin_call(struct jrun *r, const struct jbuiltin *row, struct jval self,
	const struct jargs *args, struct jval *out);

/* Calls any value that can be called. */
bool jval_call(struct jrun *r, struct jval callee, const struct jargs *args, struct jval *out);

/* Filters and tests by name, NULL if there is none. */
const struct jbuiltin *jfilter_find(struct str name);
const struct jbuiltin *jtest_find(struct str name);
/* Global functions: range, namespace, raise_exception, ... */
extern const struct jbuiltin jglobals[];
/* Methods of a kind of value, NULL if it has none of that name. */
const struct jbuiltin *jmethod_find(enum jkind kind, struct str name);

extern const struct jbuiltin jfilters_text[], jfilters_sequence[], jfilters_number[];
extern const struct jbuiltin jmethods_text[], jmethods_text_more[];

/* --- attributes, elements, operators --- */

bool jval_attribute(struct jrun *r, struct jval of, const struct jtext *name, struct jval *out);
bool jval_item(struct jrun *r, struct jval of, struct jval index, struct jval *out);
/* of[from:to:step]; J_NONE where left out. */
bool jval_slice(struct jrun *r, struct jval of, const struct jval bounds[3], struct jval *out);

enum jop { JOP_ADD, JOP_SUB, JOP_MUL, JOP_DIV, JOP_FLOORDIV, JOP_MOD, JOP_POW, JOP_COUNT };
bool jval_binary(struct jrun *r, enum jop op, struct jval a, struct jval b, struct jval *out);
bool jval_negate(struct jrun *r, struct jval v, struct jval *out);

/* --- iteration --- */

/*
 * Something that yields values one by one. `next` sets *more to false at the end. For a generator
 * `source` is what it reads and `state` whatever else it needs; everything lives in the arena.
 */
struct jiter {
	bool (*next)(struct jrun *r, struct jiter *it, struct jval *out, bool *more);
	const char *type; /* "generator", "list_reverseiterator" */
	struct jval over; /* what is walked */
	size_t at, size;
	struct jiter *source;
	void *state;
};

/* Begins to walk `v`; raises if it cannot be iterated. */
bool jiter_begin(struct jrun *r, struct jval v, struct jiter *it);
bool jiter_next(struct jrun *r, struct jiter *it, struct jval *out, bool *more);
bool jval_is_iterable(struct jval v);
struct jval jval_iter(struct jrun *r, struct jiter it); /* as a value */
/* All of it as a new list. */
bool jval_to_list(struct jrun *r, struct jval v, struct jlist **out);

/* --- text forms --- */

/* str(v) and repr(v), appended. */
bool jprint_str(struct jrun *r, struct jval v, struct jbuild *out);
bool jprint_repr(struct jrun *r, struct jval v, struct jbuild *out);
bool jval_to_text(struct jrun *r, struct jval v, const struct jtext **out); /* str(v) */
enum { JFLOAT_BYTES = 32 };
int jfloat_print(double f, char out[JFLOAT_BYTES]); /* Python's repr of a float; length */

/* text % value, and text.format(...). */
bool jformat_percent(struct jrun *r, const struct jtext *f, struct jval value, struct jval *out);
bool jformat_braces(
	struct jrun *r, const struct jtext *f, const struct jargs *args, struct jval *out);

/* json.dumps. */
struct jjson_style {
	const struct jtext *indent; /* NULL: one line */
	const struct jtext *item_separator, *key_separator;
	bool ascii_only, sort_keys;
};
bool jjson_write(
	struct jrun *r, struct jval v, const struct jjson_style *style, struct jbuild *out);

#endif

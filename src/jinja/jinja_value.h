/*
 * jinja_value.h - what a template computes with: Python's values as far as templates use them.
 *
 * A `struct jval` is a small value copied freely; what it points at lives in the arena of the
 * render (or of the program, for constants) and dies with it. Texts, tuples and ranges never
 * change; lists, dicts and namespaces do. Only jinja_*.c include this. The prefix of types and
 * functions here is `j` for jinja.
 */
#ifndef OFFGRID_CHAT_JINJA_VALUE_H
#define OFFGRID_CHAT_JINJA_VALUE_H

#include "base/str.h"
#include "jinja/jinja.h"

struct jrun;
struct jiter;
struct jmacro;
struct jloop;
struct jbuiltin;

enum jkind {
	J_MISSING, /* no value at all: an argument not given, a name not bound */
	J_UNDEFINED,
	J_NONE,
	J_BOOL,
	J_INT,
	J_FLOAT,
	J_TEXT,
	J_LIST,
	J_TUPLE,
	J_DICT,
	J_RANGE,
	J_VIEW, /* dict.keys(), .values(), .items() */
	J_ITER, /* generators and reversed(): consumed by being read */
	J_NAMESPACE,
	J_FUNCTION,
	J_METHOD,
	J_MACRO,
	J_LOOP,
	J_CYCLER,
	J_JOINER,
	J_KIND_COUNT
};

struct jval {
	enum jkind kind;
	union {
		bool b;
		int64_t i;
		double f;
		const struct jtext *text;
		struct jlist *list; /* J_LIST and J_TUPLE */
		struct jdict *dict; /* J_DICT and J_NAMESPACE */
		const struct jrange *range;
		const struct jview *view;
		const struct jundefined *undefined;
		struct jiter *iter;
		const struct jbuiltin *function;
		const struct jmethod *method;
		struct jmacro *macro;
		struct jloop *loop;
		struct jcycler *cycler;
		struct jjoiner *joiner;
	} u;
};

/* UTF-8 with its origins; see jinja_text.h. */
struct jtext {
	const char *p;
	size_t n;
	const struct jinja_span *marks; /* from the conversation; counted from p - mark_base */
	size_t mark_count, mark_base;
	bool markup; /* went through `safe`: Python's Markup, which escapes what is added to it */
};

struct jlist {
	struct jval *items;
	size_t n, cap;
	bool is_group; /* a pair made by groupby: has .grouper and .list too */
};

struct jentry {
	uint64_t hash;
	struct jval key, value;
};

/* In order of insertion. `index` is an open-addressed table into the entries, made when they are
 * many. */
struct jdict {
	struct jentry *entries;
	size_t n, cap;
	uint32_t *index; /* entry number + 1, 0 for a free slot */
	size_t index_cap;
};

struct jrange {
	int64_t start, stop, step;
	size_t n;
};

struct jview {
	const char *type; /* "dict_items" */
	struct jlist *items;
};

/* Why a value is undefined; the sentence is written when somebody stumbles over it. */
struct jundefined {
	const char *hint;   /* the sentence itself, or NULL */
	const char *module; /* of the type of the object that was asked; NULL for a plain name */
	const char *type;   /* its name; NULL for None */
	struct jval name;   /* what was asked for */
};

struct jmethod {
	const struct jbuiltin *row;
	struct jval self;
};

struct jcycler {
	struct jlist *items;
	size_t at;
};

struct jjoiner {
	const struct jtext *separator;
	bool used;
};

/* --- making (none of these can fail except by the memory limit, which the run remembers) --- */

static inline struct jval jval_missing(void)
{
	return (struct jval){ .kind = J_MISSING };
}

static inline struct jval jval_none(void)
{
	return (struct jval){ .kind = J_NONE };
}

static inline struct jval jval_bool(bool b)
{
	return (struct jval){ .kind = J_BOOL, .u.b = b };
}

static inline struct jval jval_int(int64_t i)
{
	return (struct jval){ .kind = J_INT, .u.i = i };
}

static inline struct jval jval_float(double f)
{
	return (struct jval){ .kind = J_FLOAT, .u.f = f };
}

static inline struct jval jval_text(const struct jtext *t)
{
	return (struct jval){ .kind = J_TEXT, .u.text = t };
}

static inline struct jval jval_list(struct jlist *l)
{
	return (struct jval){ .kind = J_LIST, .u.list = l };
}

static inline struct jval jval_tuple(struct jlist *l)
{
	return (struct jval){ .kind = J_TUPLE, .u.list = l };
}

static inline struct jval jval_dict(struct jdict *d)
{
	return (struct jval){ .kind = J_DICT, .u.dict = d };
}

struct jval jval_undefined_name(struct jrun *r, struct jval name);
struct jval jval_undefined_hint(struct jrun *r, const char *hint);
/* `of` was asked for the attribute or element `name`. */
struct jval jval_undefined_of(struct jrun *r, struct jval of, struct jval name);

/* A deep copy of JSON; texts are borrowed from it and marked as input if `is_input`. False only if
 * it is too deep or over the memory limit. */
bool jval_from_json(struct jrun *r, const json_t *json, bool is_input, struct jval *out);

/* --- lists --- */

struct jlist *jlist_new(struct jrun *r, size_t room);
void jlist_add(struct jrun *r, struct jlist *l, struct jval v); /* drops v over the memory limit */
struct jval jval_pair(struct jrun *r, struct jval a, struct jval b); /* a tuple of two */
/* Sorts, stably, the items by their keys (a list of the same length, changed too; may be the same
 * list). */
bool jlist_sort(struct jrun *r, struct jlist *items, struct jlist *keys, bool reverse);

/* --- dicts (a key that cannot be hashed raises) --- */

struct jdict *jdict_new(struct jrun *r);
bool jdict_find(struct jrun *r, const struct jdict *d, struct jval key, struct jentry **out);
bool jdict_set(struct jrun *r, struct jdict *d, struct jval key, struct jval value);
void jdict_set_z(struct jrun *r, struct jdict *d, const char *key, struct jval value);
void jdict_remove(struct jdict *d, struct jentry *entry);
struct jentry *jdict_find_text(const struct jdict *d, struct str key); /* NULL if absent */
bool jdict_update(struct jrun *r, struct jdict *d, struct jval from);

/* --- asking --- */

static inline bool jval_is_number(struct jval v)
{
	return v.kind == J_BOOL || v.kind == J_INT || v.kind == J_FLOAT;
}

/* int or bool, which is an int too; `out` as int. */
static inline bool jval_is_index(struct jval v, int64_t *out)
{
	*out = v.kind == J_BOOL ? v.u.b : v.u.i;
	return v.kind == J_BOOL || v.kind == J_INT;
}

double jval_as_double(struct jval v);         /* of a number */
const char *jval_type(struct jval v);         /* Python's name of the type: "str", "generator" */
bool jval_truth(struct jval v);               /* what `if` sees */
bool jval_length(struct jval v, size_t *out); /* false if it has none */
struct str jval_str(struct jval text);        /* the bytes of a J_TEXT */

/* Python's ==. Raises only when values are nested too deep. */
bool jval_equal(struct jrun *r, struct jval a, struct jval b, bool *out);
/* Python's `is`: the same object. */
bool jval_same(struct jval a, struct jval b);
/* -1, 0, 1 for values that have an order; raises for those that have none. `op` is for the
 * message. */
bool jval_order(struct jrun *r, struct jval a, struct jval b, const char *op, int *out);
/* Raises "unhashable type". Equal values have equal hashes. */
bool jval_hash(struct jrun *r, struct jval v, uint64_t *out);
/* Python's `needle in hay`. */
bool jval_contains(struct jrun *r, struct jval hay, struct jval needle, bool *out);

#endif

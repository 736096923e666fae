/*
 * schema_shape.h - what several schemas say together about one value; for schema_*.c only.
 *
 * A value often has to satisfy more than one schema: through allOf, $ref beside other keywords, or
 * a key that two of them describe. Their parts are collected ("expanded") and read keyword by
 * keyword into one shape; anyOf and oneOf stay open as choices.
 */
#ifndef OFFGRID_CHAT_SCHEMA_SHAPE_H
#define OFFGRID_CHAT_SCHEMA_SHAPE_H

#include "base/json.h"
#include "chat/number.h"
#include "chat/schema_int.h"

/* The way to a schema in its document, for notes. */
struct place {
	const struct place *up; /* NULL: the document */
	const char *key;        /* NULL: `index` counts */
	size_t index;
};

struct part {
	const json_t *schema;
	const struct place *place;
};

struct spot; /* schema_form.h */

struct part_list {
	struct part *p;
	size_t n, cap;
};

enum type_bit {
	TYPE_NULL = 1,
	TYPE_BOOL = 2,
	TYPE_INTEGER = 4,
	TYPE_FRACTION = 8, /* numbers that are no integers */
	TYPE_STRING = 16,
	TYPE_ARRAY = 32,
	TYPE_OBJECT = 64,
	TYPE_NUMBER = TYPE_INTEGER | TYPE_FRACTION,
	TYPE_ALL = 127
};

struct shape {
	unsigned types;
	bool is_impossible;
	struct part_list members; /* the schemas themselves, all of them objects */
	struct part_list choices; /* arrays of schemas of which one must hold */
	bool has_values;          /* enum, const: only these */
	const json_t **values;
	size_t n_values;
	bool has_lo, has_hi;
	struct number_bound lo, hi;
	size_t min_chars, max_chars, min_items, max_items, min_members, max_members;
	struct part_list steps;    /* the schemas that say multipleOf */
	struct part_list patterns; /* strings */
	struct part_list formats;
};

/* The state of building; lives from schema_new to schema_seal. */
struct schema_build {
	struct schema *schema;
	struct arena *scratch;
	struct str root_name;
	const json_t *document; /* in which $ref is looked up */
	json_t *owned;          /* array: schemas made here */
	const void **noted;     /* by note: the schema it is about */
	struct job *jobs;       /* values wanted and not yet built, in the order of being wanted */
	size_t n_jobs, cap_jobs, jobs_done;
	uint32_t *slots; /* hash table over the jobs */
	size_t n_slots;
	struct pattern_memo *patterns;
	const struct dfa *any_string, *any_name, *any_number, *integer;
	const struct dfa *any_single, *any_double, *any_plain, *any_bare, *any_inside, *any_key,
		*no_closing, *any_unwrapped;
	bool is_full; /* too many nodes: said once */
};

void part_add(struct schema_build *b, struct part_list *list, struct part part);
const struct place *place_key(struct schema_build *b, const struct place *up, const char *key);
const struct place *place_item(struct schema_build *b, const struct place *up, size_t index);

/* Notes a keyword of this schema as not enforced; once for each pair. */
void schema_note(
	struct schema_build *b, const struct part *part, const char *keyword, const char *why);

/* Collects the parts and everything they refer to; arrays in `resolved` are not made choices
 * again. */
void shape_read(struct schema_build *b, const struct part_list *parts,
	const json_t *const *resolved, size_t n_resolved, struct shape *out);

/* What `type` says, as bits; 0 if it says nothing that is known. */
unsigned shape_types(const json_t *type);

/* A JSON number as a decimal; false if it is none or has too many digits. */
bool shape_decimal(const json_t *value, struct decimal *out);

/* A member's keyword with its place, or one whose schema is NULL. */
struct part part_key(struct schema_build *b, const struct part *part, const char *key);

/* Builders of single scalars (schema_scalar.c). Each gives NULL if no such value exists. */
const struct dfa *scalar_number(struct schema_build *b, const struct shape *shape);
/* How the letters of a string are spelled: between quotes, or as they are. */
enum scalar_letters { LETTERS_DOUBLE, LETTERS_SINGLE, LETTERS_PLAIN, LETTERS_COUNT };
/* The inside of strings: NULL with *is_free if nothing but the length limits it. */
const struct dfa *scalar_string(struct schema_build *b, const struct shape *shape,
	enum scalar_letters letters, bool *is_free);
const struct dfa *scalar_words(struct schema_build *b, const struct str *words, size_t n);
/* Whether a scalar in enum or const is allowed by the other keywords. */
bool scalar_fits(struct schema_build *b, const struct shape *shape, const json_t *value);
/* The one spelling of a string between such quotes, in scratch memory. */
struct str scalar_quote(struct schema_build *b, struct str text, unsigned char quote);
/* The one spelling of a scalar in JSON, in scratch memory; p NULL if it has none. */
struct str scalar_spell(struct schema_build *b, const json_t *value);
const struct dfa *scalar_pattern(struct schema_build *b, const struct part *part,
	const char *keyword, enum scalar_letters letters);
const struct dfa *scalar_any_string(struct schema_build *b);
const struct dfa *scalar_any_name(struct schema_build *b);

/* Ways of a choice under construction: numbers of nodes. */
struct ways {
	uint32_t *p;
	uint32_t n, cap;
};

/* Builders of nodes (schema_build.c, schema_object.c). */
uint32_t build_new_node(struct schema *s); /* an empty choice */
uint32_t build_scalar(struct schema_build *b, const struct dfa *dfa);
/* The node of a value at a spot that must satisfy all of these; built later if it is new. */
uint32_t build_parts(
	struct schema_build *b, const struct part_list *parts, const struct spot *spot);
void build_way(struct schema_build *b, struct ways *w, uint32_t node);
/* Adds the objects that the shape allows, if there are any. */
void build_object(struct schema_build *b, const struct shape *shape, const struct spot *spot,
	struct ways *out);

/* Seals the nodes: flat choices, needs, first bytes (schema_seal.c). */
void schema_settle(struct schema *s);

#endif

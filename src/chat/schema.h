/*
 * schema.h - JSON Schemas as a grammar that a model's bytes are held to.
 *
 * A `struct schema` is built once (schema_new, schema_add for each document, schema_seal), is then
 * immutable and may be read by several threads. A `struct schema_run` is the place in one value
 * being written: plain memory, copied with schema_run_copy (only the part in use).
 *
 * What is promised. A byte that is taken can always be followed to a complete value: no walk over
 * the allowed bytes gets stuck, and none is endless except inside a string, an array, an open
 * object. A complete value parses, has no key twice, and validates against everything that was not
 * relaxed. What cannot be enforced is relaxed (more is taken than the schema says) and noted with
 * its path and the reason; no schema is refused. Source: JSON Schema 2020-12, and the older
 * spellings that clients send (definitions, tuple `items`, boolean exclusiveMinimum, nullable).
 *
 * Decisions.
 * - Keys: in any order by default, because a model that was taught otherwise must not be bent; in
 *   the order of the schema where the format's models were taught so, which leaves most keys no
 *   choice at all, so that they are fed and not sampled.
 * - A key has one spelling (raw UTF-8, only the escapes that must be), a string value any.
 * - Objects that have properties (none, too) and do not say additionalProperties are closed if the
 *   options say so: a tool's argument that its schema does not know is a mistake, whatever the
 * standard allows.
 * - oneOf is read as anyOf. Numbers within bounds or in steps are spelled without exponent.
 * - Where strings stand as they are, a value that may be a string is one, unless the text before it
 *   tells its type; what cannot be told from the end of its value cannot be written (raw_text.h).
 * - A key that cannot be written in a syntax is left out and noted, even if it is required.
 */
#ifndef OFFGRID_CHAT_SCHEMA_H
#define OFFGRID_CHAT_SCHEMA_H

#include <jansson.h>

#include "base/guide.h"
#include "base/limits.h"

enum schema_order { SCHEMA_ANY_ORDER, SCHEMA_OWN_ORDER };

/* White space between tokens. */
enum schema_spacing {
	SCHEMA_SPACES_FREE,   /* blanks and line ends, LIMIT_SCHEMA_BLANKS in a row */
	SCHEMA_SPACES_SINGLE, /* one blank or none */
	SCHEMA_SPACES_COMMON, /* exactly one after , and : and none elsewhere, as most writers do */
	SCHEMA_SPACES_NONE,
	SCHEMA_SPACING_COUNT
};

/* Objects that have `properties` and say nothing about others. */
enum schema_unsaid { SCHEMA_UNSAID_OPEN, SCHEMA_UNSAID_CLOSED };

/* How single values are written. */
enum schema_literals {
	SCHEMA_JSON,
	SCHEMA_PYTHON, /* strings and keys in either quotes, True, False, None */
	SCHEMA_BARE,   /* keys without quotes, strings as they are between two `quote` texts */
};

/*
 * How an object at the top (SCHEMA_TOP_OBJECT) is written if it is not one in brackets: its members
 * alone, then `close`. Texts are borrowed while the schema is built.
 */
struct schema_members {
	const char *key_open;
	const char *after_key; /* with TOOL_HOLE_TYPE or TOOL_HOLE_IS_STRING if it says the value's
				  type */
	const char *separator;
	const char *close;
	/* A value in tags: strings stand as they are, up to value_close; others are JSON. NULL:
	 * values are literals. */
	const char *value_close; /* with TOOL_HOLE_KEY if it holds the key */
	const char *call_open;   /* begins a call as it could stand inside a value, or NULL */
	const char *marks[2];    /* what else readers know a call by, or NULL */
	/* Around a string in tags that holds one of these bytes; NULL: it stands as it is. */
	const char *wrap_open, *wrap_close, *wrapped_bytes;
	/* Objects and arrays in tags are elements, each tag behind this; NULL: they are JSON. */
	const char *element_mark;
};

struct schema_options {
	enum schema_order order;
	enum schema_spacing spacing;
	enum schema_unsaid unsaid;
	enum schema_literals literals;
	const char *quote;                    /* SCHEMA_BARE */
	const struct schema_members *members; /* NULL: an object at the top is as any other */
};

/* A keyword that is not enforced. */
struct schema_note {
	struct str root; /* the name given to schema_add */
	struct str path; /* "#/properties/a" */
	const char *keyword;
	const char *why;
};

struct schema;

struct schema *schema_new(const struct schema_options *options);
void schema_free(struct schema *s); /* NULL is fine */

/* What stands at the top of a document. */
enum schema_top { SCHEMA_TOP_ANY, SCHEMA_TOP_OBJECT };

/*
 * Adds a document and gives the number of its root. `document` is borrowed until schema_seal, the
 * name is copied. NULL or anything that is no schema counts as `true`. With SCHEMA_TOP_OBJECT the
 * value must be an object, as the arguments of a call must.
 */
uint32_t schema_add(struct schema *s, const json_t *document, struct str name, enum schema_top top);
void schema_seal(struct schema *s);

size_t schema_notes(const struct schema *s, const struct schema_note **out);

/* Bytes of memory the grammar takes. */
size_t schema_bytes(const struct schema *s);

enum { SCHEMA_AREA_WORDS = 4096 };

/* Opaque, but made by its owner wherever he likes. */
struct schema_run {
	uint16_t n_branches, blanks;
	uint16_t start[LIMIT_SCHEMA_BRANCHES + 1]; /* of each branch's stack in words; the end */
	uint16_t top[LIMIT_SCHEMA_BRANCHES];       /* of the uppermost frame in its stack */
	uint64_t words[SCHEMA_AREA_WORDS];
};

/* Before the first byte of a value of this root. */
void schema_run_start(const struct schema *s, uint32_t root, struct schema_run *run);
void schema_run_copy(struct schema_run *to, const struct schema_run *from);

/* Takes the byte, or returns false and leaves the run as it was. */
bool schema_run_accept(const struct schema *s, struct schema_run *run, unsigned char c);
/* Adds the bytes that accept would take to `out`. */
void schema_run_allowed(const struct schema *s, const struct schema_run *run, struct byte_set *out);
/* The hooks of base/guide.h for places of free text; `text` is what such a place lets pass. */
bool schema_run_loop(const struct schema *s, const struct schema_run *run, struct guide_loop *out);
void schema_run_pass(const struct schema *s, struct schema_run *run, struct str text);
/* The value may be complete; it is complete and nothing may follow. */
bool schema_run_may_end(const struct schema *s, const struct schema_run *run);
bool schema_run_is_done(const struct schema_run *run);

/* A guide over one root of a sealed schema: constrained from the first byte, ends with the value.
 * `grammar` holds both and must outlive the guide. */
struct schema_grammar {
	const struct schema *schema;
	uint32_t root;
};

struct guide schema_guide(const struct schema_grammar *grammar);

#endif

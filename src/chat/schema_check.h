/*
 * schema_check.h - a value held against a JSON Schema, and what is wrong told in words that a model
 * understands: which argument, what it should be, what it is.
 *
 * This is the judge of calls that somebody else made; schema.h is the grammar that makes ours
 * right. Known: type (and OpenAPI's nullable), enum, const, the bounds of numbers, multipleOf,
 * lengths, pattern (as far as pattern.h takes it), properties, required, additionalProperties,
 * patternProperties, propertyNames, items, prefixItems and the older tuple items, counts,
 * uniqueItems, allOf, anyOf, oneOf (as anyOf, as the grammar has it), not, and $ref into the
 * document. Any other keyword is passed over, so that what cannot be judged is never called wrong.
 *
 * Bounded: a schema that refers to itself in circles is given up after SCHEMA_CHECK_STEPS and
 * counts as fulfilled. Pure; any thread.
 */
#ifndef OFFGRID_CHAT_SCHEMA_CHECK_H
#define OFFGRID_CHAT_SCHEMA_CHECK_H

#include <jansson.h>

#include "base/buf.h"

enum {
	SCHEMA_CHECK_STEPS = 100000,
	SCHEMA_CHECK_FAULTS = 4, /* so many are told; more help nobody */
	SCHEMA_CHECK_WHY_BYTES = 1024
};

/*
 * True if the value is as the schema wants it. Else the faults are appended to `why` (which may be
 * NULL), separated by "; ": "the argument path is missing", "the argument count should be an
 * integer, is the string "five"". `schema` may be NULL: then anything will do. References are
 * looked up in `document`; NULL: in the schema itself.
 */
bool schema_check(
	const json_t *document, const json_t *schema, const json_t *value, struct buf *why);

/* What an object's schema takes, appended: "path (string), mode (string, may be left out)". */
void schema_signature(const json_t *schema, struct buf *out);

/* The schema that stands behind `$ref`, followed to its end; the schema itself if it has none, NULL
 * if it leads nowhere. */
const json_t *schema_behind_ref(const json_t *document, const json_t *schema);

/* Whether `type` of the schema (or OpenAPI's nullable) lets a value of this type stand here. A
 * schema that says nothing about types lets any. */
bool schema_takes_type(const json_t *schema, const json_t *value);
bool schema_takes_type_named(const json_t *schema, const char *type);

#endif

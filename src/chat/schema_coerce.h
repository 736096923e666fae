/*
 * schema_coerce.h - the slips in a call's arguments whose meaning is certain, put right by the
 * schema.
 *
 * Done, wherever the schema does not take the value as it is:
 *   - a string that spells a number, a boolean or null becomes it, a number or a boolean where only
 *     a string will do becomes its text;
 *   - a string that holds the JSON of an object or array becomes that;
 *   - a single value where an array of such values is wanted becomes an array of one;
 *   - null for a member that may be left out is left out;
 *   - a string of an enum in other case becomes the one it means;
 *   - a member's key that differs in case, dashes or underscores from one that is missing, or that
 *     is the only unknown key where one required key is missing and takes such a value, is renamed.
 * Nothing else is guessed: what remains wrong is for schema_check to tell.
 *
 * Pure; any thread.
 */
#ifndef OFFGRID_CHAT_SCHEMA_COERCE_H
#define OFFGRID_CHAT_SCHEMA_COERCE_H

#include <jansson.h>

#include "base/buf.h"

/*
 * A new reference to the value as the schema wants it, equal to `value` if nothing was to be done;
 * members stay in their order. What was done is appended to `did` (may be NULL), separated by "; ".
 * References are looked up in `document`; NULL: in the schema itself.
 */
json_t *schema_coerce(
	const json_t *document, const json_t *schema, const json_t *value, struct buf *did);

#endif

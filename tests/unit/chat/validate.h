/*
 * validate.h - a small validator of JSON Schema for tests: the yardstick of the decoder.
 *
 * Written straight from the words of JSON Schema 2020-12, value by value, with PCRE2 for patterns;
 * it shares nothing with the decoder. Knows type, enum, const, the bounds and steps of numbers,
 * lengths, pattern, properties, required, additionalProperties, patternProperties, propertyNames,
 * the counts of members and items, items, prefixItems, allOf, anyOf, oneOf (as anyOf, as the
 * decoder has it) and $ref into the document.
 */
#ifndef OFFGRID_TESTS_VALIDATE_H
#define OFFGRID_TESTS_VALIDATE_H

#include <jansson.h>
#include <stdbool.h>

bool validate(const json_t *document, const json_t *schema, const json_t *value);

#endif

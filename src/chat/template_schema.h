/*
 * template_schema.h - tools' schemas in the plain form that every template can print.
 *
 * Official templates take schemas apart and stumble over what is legal and common: a list of types,
 * a property without a type or a description, alternatives. Where one refuses a request for that,
 * it is given this form instead. Only the prompt is told so: calls are still held to the schema as
 * it came.
 */
#ifndef OFFGRID_CHAT_TEMPLATE_SCHEMA_H
#define OFFGRID_CHAT_TEMPLATE_SCHEMA_H

#include "base/json.h"

/* A new reference: each schema inside has one type and a description (which may be empty), objects
 * have properties, arrays items. What else it had is kept, alternatives are not. */
json_t *template_plain_schema(const json_t *schema);

#endif

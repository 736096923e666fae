/*
 * invent.h - random JSON Schemas and random values that more or less fit them, for property tests.
 */
#ifndef OFFGRID_TESTS_INVENT_H
#define OFFGRID_TESTS_INVENT_H

#include <jansson.h>

#include "walk.h"

/* A document with a few definitions that its parts refer to; everything in it is enforced. */
json_t *invent_schema(struct walk_random *r);

/* A value made along the schema, with mistakes here and there. */
json_t *invent_value(
	struct walk_random *r, const json_t *document, const json_t *schema, int depth);

#endif

/*
 * format.h - the `format` names of JSON Schema that are enforced, as one table of patterns.
 */
#ifndef OFFGRID_CHAT_FORMAT_H
#define OFFGRID_CHAT_FORMAT_H

#include "base/str.h"

struct format_row {
	const char *name;
	const char *pattern; /* covers the whole string; NULL: known, and nothing to hold it to */
};

/* NULL if the name is not in the table. */
const struct format_row *format_find(struct str name);

#endif

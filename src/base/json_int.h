/*
 * json_int.h - what the files of base/ that read and write JSON share, and its tests.
 */
#ifndef OFFGRID_BASE_JSON_INT_H
#define OFFGRID_BASE_JSON_INT_H

#include "base/json.h"

/* Bytes at the front that stand in a JSON string as they are. */
size_t js_plain_run(struct str s);

/* The value of a text if nothing about it is unusual; NULL says nothing about its validity. */
json_t *js_read_plain(struct str text);

#endif

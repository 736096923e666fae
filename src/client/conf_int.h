/*
 * conf_int.h - what the formats of conf.h share; for conf*.c only.
 */
#ifndef OFFGRID_CLIENT_CONF_INT_H
#define OFFGRID_CLIENT_CONF_INT_H

#include "client/conf.h"

/* One row a format. */
struct conf_ops {
	json_t *(*get)(struct str text, const struct conf_path *path, struct err *e);
	bool (*set)(
		struct buf *text, const struct conf_path *path, const json_t *value, struct err *e);
};

extern const struct conf_ops conf_json, conf_toml, conf_yaml, conf_env;

/* Bytes [from, to) of a text. */
struct conf_span {
	size_t from, to;
};

/* Replaces them; false with ERR_TOO_BIG if the text would pass its cap. */
bool conf_replace(struct buf *text, struct conf_span at, struct str with, struct err *e);

/* The number of the line at this place, from 1. */
size_t conf_line(struct str text, size_t at);

/* "line 7: WORDS" as the fault of a file that cannot be read or changed there. Always false. */
bool conf_fail(struct str text, size_t at, const char *words, struct err *e);

/* The blanks that the line at this place begins with. */
struct str conf_indent(struct str text, size_t at);

/* JSON5 to JSON: comments and trailing commas go, names and single quotes become double ones. NULL
 * if even that is none. */
json_t *conf_json_value(struct str text, struct err *e);

/* A word without quotes as what it reads as: number, true, false, null, else a string. */
json_t *conf_word(struct str word);

#endif

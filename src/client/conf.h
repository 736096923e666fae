/*
 * conf.h - a program's configuration file, read and changed in place.
 *
 * Comments, order, blanks and everything that is not asked for stay byte for byte: a value is
 * replaced where it stands, or put in where its neighbours are. Four formats: JSON (with the
 * comments, trailing commas, bare keys and single quotes that JSONC and JSON5 allow), TOML, YAML
 * (block style; values may be in flow style), and KEY=value lines.
 *
 * A place is a path of names: "provider/offgrid/options/baseURL"; a name that may hold a slash
 * stands in angle brackets: "models/<org/name>/limit". In a list of objects
 * "[name=offgrid]" is the element with that member, made if there is none; "[]" is the element of a
 * list of plain values that equals the value itself. What stands between is made as needed.
 *
 * Pure: works on text, touches no file. Not thread-safe.
 *
 * Layer: client.
 */
#ifndef OFFGRID_CLIENT_CONF_H
#define OFFGRID_CLIENT_CONF_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

enum conf_format { CONF_JSON, CONF_TOML, CONF_YAML, CONF_ENV, CONF_FORMAT_COUNT };

enum { CONF_PATH_PARTS = 10 };

struct conf_part {
	struct str name;  /* of a member; of the member that tells an element of a list */
	struct str value; /* of that member */
	enum { CONF_MEMBER, CONF_ELEMENT, CONF_ITEM } kind;
};

struct conf_path {
	struct conf_part parts[CONF_PATH_PARTS];
	size_t count;
};

/* Cuts "a/b/[k=v]/c"; borrowed from `text`. A path that is too long or empty is our own mistake. */
struct conf_path conf_path(struct str text);

/* The value at this place as JSON, a new reference. NULL if there is none, or with `e` set if the
 * file cannot be read there. A text that only YAML or KEY=value could type is a string, unless it
 * reads as a number, true, false or null. */
json_t *conf_get(
	enum conf_format format, struct str text, const struct conf_path *path, struct err *e);

/* Puts a value (a scalar or a list of scalars; in JSON any) there. False, with the text as it was,
 * if the file cannot be read or has something else on the way. */
bool conf_set(enum conf_format format, struct buf *text, const struct conf_path *path,
	const json_t *value, struct err *e);

#endif

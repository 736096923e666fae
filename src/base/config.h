/*
 * config.h - the configuration file, with sections as in git's own:
 *
 *   [serve]
 *       port = 11500
 *   [upstream "desk"]
 *       url = http://127.0.0.1:8080/v1   ; a comment
 *
 * This module only splits the file; what a key means is decided by the option rows and by those who
 * own a section. Immutable once loaded. Later entries win.
 */
#ifndef OFFGRID_BASE_CONFIG_H
#define OFFGRID_BASE_CONFIG_H

#include "base/arena.h"
#include "base/err.h"

struct config_entry {
	struct str section, name; /* upstream, desk; name is empty in a plain section */
	struct str key, value;    /* NUL-terminated like the others */
	int line;
};

struct config;

/* A file that is not there gives an empty configuration. NULL on a fault, with its line. */
struct config *config_load(const char *path, struct err *e);
/* The same from memory; `path` only names it in errors. */
struct config *config_parse(struct str text, const char *path, struct err *e);
void config_free(struct config *c); /* NULL is fine */

const char *config_path(const struct config *c);
size_t config_count(const struct config *c); /* 0 for NULL */
const struct config_entry *config_get(const struct config *c, size_t index);
/* The last entry of this place, or NULL; a NULL configuration has none. */
const struct config_entry *config_find(
	const struct config *c, const char *section, const char *name, const char *key);

/* "FILE:LINE: " in front of what was wrong; always false. */
bool config_fail(const struct config *c, const struct config_entry *entry, struct err *e,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif

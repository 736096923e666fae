/*
 * keys.h - the API keys that clients of this server must show.
 *
 * Kept as hashes only, and compared in a time that does not depend on where they differ. A file of
 * keys that others on this machine can read is refused.
 *
 * Layer: client.
 */
#ifndef OFFGRID_SERVE_KEYS_H
#define OFFGRID_SERVE_KEYS_H

#include "base/err.h"
#include "base/str.h"

struct keys;

struct keys *keys_new(void);
void keys_free(struct keys *k); /* NULL is fine */

size_t keys_count(const struct keys *k);
/* False: too short to be a secret (under 8 bytes), or more than LIMIT_CLIENT_KEYS. */
bool keys_add(struct keys *k, struct str key, struct err *e);
/* One key a line; empty lines and those that begin with # do not count. */
bool keys_add_file(struct keys *k, const char *path, struct err *e);
/* The keys in a variable of the environment, separated by blanks or commas. */
bool keys_add_env(struct keys *k, const char *variable, struct err *e);

/* True if it is one of them, or if there are none. */
bool keys_fit(const struct keys *k, struct str shown);

#endif

/*
 * env.h - the environment that a child process is given.
 *
 * Keys, tokens and passwords stay with us: a variable is a secret if its name says so (a word of it
 * ends in KEY, TOKEN, SECRET, PASSWORD, AUTH, ...) or if its value is a URL with a password in it.
 */
#ifndef OFFGRID_BASE_ENV_H
#define OFFGRID_BASE_ENV_H

#include "base/arena.h"

bool env_is_secret(struct str name, struct str value);

/* Our own environment without its secrets, plus `more` ("NAME=value" entries, NULL-terminated,
 * which win over ours; NULL is fine). NULL-terminated, in the arena. */
const char *const *env_for_child(struct arena *a, const char *const *more);

/* The value of a variable in such a list; the empty string if it is not there. */
struct str env_get(const char *const *env, const char *name);

#endif

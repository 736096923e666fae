/*
 * home.h - a home directory of a test's own, in which models can be put where programs keep them.
 */
#ifndef OFFGRID_TESTS_MODEL_HOME_H
#define OFFGRID_TESTS_MODEL_HOME_H

#include "base/arena.h"
#include "base/str.h"

/* Makes it, points HOME and every variable that moves a place at it, or unsets them. cmocka
 * fixtures. */
int home_make(void **state);
int home_remove(void **state);

/* The fixture's arena; a path in the home. */
struct arena *home_arena(void);
const char *home_path(const char *name);

/* A file with these bytes, its folders made; a tiny model there; its SHA-256. */
const char *home_put(const char *name, struct str bytes);
const char *home_put_model(const char *name, const char *arch);
struct str home_sha256(const char *path);

#endif

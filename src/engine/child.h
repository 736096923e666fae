/*
 * child.h - asking a question of libllama in a process that may die of it.
 *
 * The child is this program itself, started with arguments that engine_child knows. It answers on
 * its standard output with one JSON value, or with {"error": ...}; if it dies, its last words on
 * standard error are the answer.
 *
 * Layer: engine.
 */
#ifndef OFFGRID_ENGINE_CHILD_H
#define OFFGRID_ENGINE_CHILD_H

#include "base/err.h"
#include "base/json.h"

/* Runs argv (NULL-terminated; the program, the child's name, its arguments). A new reference, or
 * NULL with the child's error, or with ERR_BAD_DATA that `subject` (a file) ends libllama. */
json_t *child_ask(const char *const *argv, const char *subject, struct err *e);

/* The child's side: prints the value (stolen) or, if it is NULL, the error. The exit code. */
int child_tell(json_t *value, const struct err *e);

#endif

/*
 * look.h - what a model file needs, found out by libllama itself without loading the weights.
 *
 * libllama ends the process on some damaged files, so a file that was not seen before is looked at
 * in a child: this very program, started with arguments that engine_child knows. What was found is
 * remembered in the cache folder with size and date of the file, so the next start asks nobody. The
 * shape's context does not matter here: two contexts are measured, the rest is a straight line.
 *
 * Layer: engine.
 */
#ifndef OFFGRID_ENGINE_LOOK_H
#define OFFGRID_ENGINE_LOOK_H

#include "engine/fit.h"
#include "engine/params.h"

/* In this process: for files that are trusted, and in the child. library_open first. */
bool look_here(
	const char *path, const struct params_shape *shape, struct fit_need *out, struct err *e);

/* In a child, `self` being the path of this program. That the library died is ERR_BAD_DATA with its
 * last words. */
bool look_in_child(const char *self, const char *path, const struct params_shape *shape,
	struct fit_need *out, struct err *e);

/* What was remembered of this file, if neither it nor the library nor the shape has changed. */
bool look_remembered(const char *path, const struct params_shape *shape, struct fit_need *out);
/* A cache that cannot be written is no fault. */
void look_remember(const char *path, const struct params_shape *shape, const struct fit_need *need);

/* The child's side: prints what was found, or the error, as JSON. Returns the exit code. */
#define LOOK_CHILD "engine-look"
int look_child(int argc, char **argv);

#endif

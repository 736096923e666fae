/*
 * look.h - whether libllama takes a model file at all, found out without loading the weights.
 *
 * libllama ends the process on some damaged files, so a file that was not seen before is looked at
 * in a child: this very program, started with arguments that engine_child knows. That it passed is
 * remembered in the cache folder with size and date of the file, so the next start asks nobody.
 *
 * Layer: engine.
 */
#ifndef OFFGRID_ENGINE_LOOK_H
#define OFFGRID_ENGINE_LOOK_H

#include "base/err.h"

/* In this process: its header, vocabulary and the graph of its computation. library_open first. */
bool look_here(const char *path, struct err *e);

/* In a child, `self` being the path of this program. That the library died is ERR_BAD_DATA with its
 * last words. */
bool look_in_child(const char *self, const char *path, struct err *e);

/* Whether it passed before, and neither it nor the library has changed since. */
bool look_is_remembered(const char *path);
/* A cache that cannot be written is no fault. */
void look_remember(const char *path);

/* The child's side; returns the exit code. */
#define LOOK_CHILD "engine-look"
int look_child(int argc, char **argv);

#endif

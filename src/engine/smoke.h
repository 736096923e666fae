/*
 * smoke.h - is libllama itself sound?
 *
 * A tiny random model is made, loaded, computed with, its state saved and restored into a fresh
 * context, which must then compute the same numbers. What works on it and fails on a real model has
 * a broken model; what fails here is a broken library. Takes about a tenth of a second.
 *
 * Layer: engine.
 */
#ifndef OFFGRID_ENGINE_SMOKE_H
#define OFFGRID_ENGINE_SMOKE_H

#include "base/err.h"

/* In a child (see engine_options.self), or with self NULL in this process. ERR_BROKEN says at which
 * step the library failed. Any thread. */
bool engine_smoke(const char *self, struct err *e);

#define SMOKE_CHILD "engine-smoke"
int smoke_child(int argc, char **argv);

#endif

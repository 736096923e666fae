/*
 * share.h - the files that come with the program (data/ in the tree, share/offgrid installed).
 *
 * Looked for in OFFGRID_SHARE_DIR, then beside the program: PREFIX/share/offgrid for
 * PREFIX/bin/offgrid, TREE/data for TREE/build/offgrid.
 */
#ifndef OFFGRID_MODEL_SHARE_H
#define OFFGRID_MODEL_SHARE_H

#include "base/arena.h"
#include "base/err.h"

/* Path of the file of this name; ERR_NOT_FOUND says where it was looked for. */
bool share_find(struct arena *a, struct str name, struct str *path, struct err *e);

/* The path of the running program; empty if the system does not tell. */
struct str share_program(struct arena *a);

#endif

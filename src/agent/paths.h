/*
 * paths.h - the border: which files the tools may touch.
 *
 * A `struct paths` holds the working directory and any extra folders a person allowed. A path that
 * a model names is resolved here first (`..`, symlinks, names that are not there yet) and refused
 * if it ends outside all of them. What was found is a `struct place`: a folder of ours and a path
 * below it that has no `..` and no link left. It is then opened one component at a time without
 * following any link, so that a link swapped in between is refused by the kernel: the same
 * guarantee as openat2 with RESOLVE_BENEATH, on every system and old kernels too.
 *
 * Whatever lies in a folder named `.git` may be read but not written: a hook or a config line put
 * there would run outside the cage later.
 *
 * Layer: act for what is refused, disk for what the system refuses. A `struct paths` is made once
 * and then only read, by any thread. Places live in the arena they were made in.
 */
#ifndef OFFGRID_AGENT_PATHS_H
#define OFFGRID_AGENT_PATHS_H

#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct paths;

/* The working directory; it must exist. */
struct paths *paths_new(const char *dir, struct err *e);
void paths_free(struct paths *p); /* NULL is fine */

/* Allows one more folder; it must exist. */
bool paths_allow(struct paths *p, const char *dir, struct err *e);

/* The folders as absolute paths without links, NUL-terminated; 0 is the working directory. */
size_t paths_count(const struct paths *p);
const char *paths_root(const struct paths *p, size_t root);
int paths_root_fd(const struct paths *p, size_t root); /* still ours */

struct place {
	size_t root;      /* which folder */
	struct str rel;   /* below it, NUL-terminated, links resolved; "." is the folder itself */
	struct str shown; /* for people and models: relative in the working directory, else
			     absolute; NUL-terminated */
};

/* Where `given` (relative to the working directory, or absolute) leads. It need not exist, nor its
 * parents. */
bool paths_find(
	const struct paths *p, struct arena *a, struct str given, struct place *out, struct err *e);

/* Opens what is there, with these open(2) flags (never creates); -1 and `e` if it cannot. */
int place_open(const struct paths *p, const struct place *at, int flags, struct err *e);

/* False without an error if nothing is there. */
bool place_stat(const struct paths *p, const struct place *at, struct stat *out);

/* Appends the whole regular file; ERR_TOO_BIG over the buffer's cap. Pipes, devices and folders are
 * refused. */
bool place_read(const struct paths *p, const struct place *at, struct buf *out, struct err *e);

/* How the names of our own temporary files begin; they are gone when place_write returns. */
#define PLACE_TEMP_PREFIX ".offgrid-"

/* Replaces the file in one step (temporary file, sync, rename), making the folders on its way. A
 * file that is there keeps its mode, and must be writable. */
bool place_write(const struct paths *p, const struct place *at, struct str bytes, struct err *e);

#endif

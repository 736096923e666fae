/*
 * fs.h - files: whole reads, atomic writes, the directories that are ours.
 *
 * Layer: disk. A write either happened whole or not at all: it goes to a temporary file beside the
 * target, is synced, and renamed over it. Nothing here follows a user's permissions policy; that is
 * the agent's business.
 */
#ifndef OFFGRID_BASE_FS_H
#define OFFGRID_BASE_FS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Appends the whole file; ERR_TOO_BIG if it would pass the buffer's cap. A directory is
 * ERR_BAD_DATA. */
bool fs_read(const char *path, struct buf *out, struct err *e);

/* Writes atomically. `mode` is for a new file (an existing one keeps its own, and its
 * owner where the system lets us); symlinks are followed to their target. */
bool fs_write(const char *path, struct str bytes, unsigned mode, struct err *e);

/* Makes the directory and its parents (mode 0700 where `is_private`, else 0755); fine if it is
 * there. */
bool fs_make_dirs(const char *path, bool is_private, struct err *e);

bool fs_exists(const char *path); /* anything of that name, following symlinks */
bool fs_is_dir(const char *path);
bool fs_is_file(const char *path);
bool fs_size(const char *path, uint64_t *bytes, struct err *e);
bool fs_free_bytes(const char *path, uint64_t *bytes,
	struct err *e); /* for an unprivileged user, on that file system */

/* Removes a file, or a directory with all that is in it (symlinks are removed, not followed); fine
 * if it is not there. */
bool fs_remove_tree(const char *path, struct err *e);

/* Makes a fresh directory named PREFIX-XXXXXX under TMPDIR or /tmp, mode 0700; path in the arena.
 */
bool fs_temp_dir(struct arena *a, const char *prefix, struct str *path, struct err *e);
/* The same in a directory that is there. */
bool fs_temp_dir_in(
	struct arena *a, const char *parent, const char *prefix, struct str *path, struct err *e);

/* "a/b" from "a" and "b"; an absolute b wins. */
struct str fs_join(struct arena *a, struct str dir, struct str name);
struct str fs_base(struct str path);   /* last component */
struct str fs_parent(struct str path); /* "." if there is none */

/*
 * The directories of ours: XDG on Linux and BSD, ~/Library on macOS. Each may be moved by its
 * OFFGRID_*_DIR variable (OFFGRID_CONFIG_DIR, OFFGRID_DATA_DIR, OFFGRID_CACHE_DIR,
 * OFFGRID_STATE_DIR). NUL-terminated, not created here.
 */
enum fs_place { FS_CONFIG, FS_DATA, FS_CACHE, FS_STATE, FS_PLACE_COUNT };

struct str fs_place(struct arena *a, enum fs_place place);

#endif

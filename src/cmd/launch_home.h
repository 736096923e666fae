/*
 * launch_home.h - the folder that holds a launched program's configuration: made, taken away, and
 * swept up later where we were killed before that.
 *
 * The folder is locked by a descriptor that the program inherits. One whose lock can be had belongs
 * to nobody who is alive, and is removed at the next start. Makers take turns, so that no folder is
 * swept up between its making and its lock.
 *
 * One thread.
 *
 * Layer: disk.
 */
#ifndef OFFGRID_CMD_LAUNCH_HOME_H
#define OFFGRID_CMD_LAUNCH_HOME_H

#include "base/arena.h"
#include "base/err.h"

struct launch_home {
	struct str path; /* in the arena */
	int fd;          /* the lock; a child is to inherit it */
};

/* Removes what others left behind and makes a folder in our state folder. Not in one for temporary
 * files: Codex refuses to run commands if its home is below such a one. */
bool launch_home_make(struct arena *a, struct launch_home *out, struct err *e);

void launch_home_remove(struct launch_home *h);

#endif

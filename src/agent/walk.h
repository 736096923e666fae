/*
 * walk.h - a folder's whole tree, level by level, each level sorted by name.
 *
 * Level by level, so that a huge folder deep down cannot use up the cap before the near files were
 * seen. Symlinks are shown, never followed. What is not entered is told. Nothing is kept open
 * between calls; one walk belongs to one thread.
 */
#ifndef OFFGRID_AGENT_WALK_H
#define OFFGRID_AGENT_WALK_H

#include <sys/stat.h>

#include "base/str.h"

struct ignore;

struct walk_entry {
	struct str path;  /* below the root, NUL-terminated; gone after the walk */
	const char *name; /* its last component */
	int dir_fd;       /* the folder it is in */
	struct stat st;   /* of itself, not of what it points to */
};

struct walk {
	int root_fd;
	struct str start; /* folder below the root where it begins; "." for all */
	size_t max_entries;
	const struct ignore *ignore; /* entries to pass over in silence; NULL: none */
	void *owner;
	/* One file, folder or link. False ends the walk. */
	bool (*visit)(void *owner, const struct walk_entry *entry);
	/* A folder that is not entered, and why: its name is one we never enter, it may not be
	 * read, the cap is reached. May be NULL. */
	void (*skipped)(void *owner, struct str path, const char *why);
};

/* False if the start cannot be opened. */
bool walk_run(const struct walk *w);

#endif

/*
 * connect.h - a client's files: found, changed with a copy kept, and put back.
 *
 * What was there before the first change is kept under the state directory, with the bytes that we
 * wrote; so undoing gives back the very bytes, as long as nobody changed the file in between. If
 * somebody did, that is said, and only with `is_forced` their change is taken out, too; it is kept
 * beside the record. What the program itself keeps in its file (CLIENT_ONCE) counts as no change.
 *
 * Processes take turns by a lock beside the records; a file that is no longer as it was planned
 * from is not written.
 *
 * Layer: client (what a file holds), disk (what cannot be read or written).
 */
#ifndef OFFGRID_CLIENT_CONNECT_H
#define OFFGRID_CLIENT_CONNECT_H

#include "client/client.h"

/* Where a file of the client is for this user: "~" is `home`, or what HOME says if that is empty;
 * a variable that moves it counts only in the second case. In the arena. */
struct str connect_path(const struct client *c, unsigned file, struct str home, struct arena *a);

/* A file before and after; texts in the arena. */
struct connect_change {
	struct str path, before, after;
	bool is_new; /* there is no such file yet */
};

/* What connecting would do to each file; `changes` has room for CLIENT_FILES. False if one cannot
 * be read or changed: then it is named. */
bool connect_plan(const struct client *c, const struct client_target *t, struct str home,
	struct arena *a, struct connect_change *changes, size_t *count, struct err *e);

/* Writes them, each atomically, after its copy: all of them or none. ERR_BUSY if one is no longer
 * as it was when this was planned. */
bool connect_write(const struct client *c, const struct client_target *t,
	const struct connect_change *changes, size_t count, struct arena *a, struct err *e);

bool connect_is_done(const struct client *c, struct arena *a); /* there is something to undo */

/* What it was connected to the last time; false if it was not. In the arena. */
bool connect_recall(const struct client *c, struct arena *a, struct client_target *out);

/* What is kept of what undoing left behind; empty where nothing was. */
struct connect_undone {
	struct str first;   /* the very first text of a file whose user changed it between two times
			       of connecting: it is as it was before the last one now */
	struct str changed; /* a file as it was, with its user's changes, before it was forced */
};

/* Puts back what was there. ERR_BUSY if a file was changed since, unless forced. */
bool connect_undo(const struct client *c, bool is_forced, struct arena *a,
	struct connect_undone *out, struct err *e);

#endif

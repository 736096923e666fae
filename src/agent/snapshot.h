/*
 * snapshot.h - the working directory before and after: what really changed.
 *
 * A snapshot is a list of every file, folder and link below the allowed folders, with size, times
 * and inode; of small files a hash; of small text files, as long as there is room, the text itself
 * for a diff. Comparing two of them says what was created, changed and deleted, whoever did it and
 * whatever the model says. Not looked at, and said so: the insides of version control, folders that
 * may not be read, and what lies beyond the cap (nearest levels come first).
 *
 * A file whose times moved but whose bytes are equal did not change. Layer: disk. A snapshot
 * belongs to one thread and is immutable once taken.
 */
#ifndef OFFGRID_AGENT_SNAPSHOT_H
#define OFFGRID_AGENT_SNAPSHOT_H

#include "agent/paths.h"

struct snapshot;

/* Looks at everything that `paths` allows. */
struct snapshot *snapshot_take(const struct paths *paths);
void snapshot_free(struct snapshot *s); /* NULL is fine */

size_t snapshot_count(const struct snapshot *s); /* entries looked at */

/* Whether this path (as struct place shows it) was there. */
bool snapshot_has(const struct snapshot *s, struct str path);
/* Whether this path lies in a part that was not looked at. */
bool snapshot_is_blind(const struct snapshot *s, struct str path);

/* A part that was not looked at, and why. */
struct blind {
	struct str path;
	const char *why;
};

enum change_kind { CHANGE_CREATED, CHANGE_CHANGED, CHANGE_DELETED, CHANGE_KIND_COUNT };
extern const char *const change_kind_names[CHANGE_KIND_COUNT]; /* "created", "changed", "deleted" */

struct change {
	enum change_kind kind;
	struct str path; /* as struct place shows it */
	bool is_folder;
	int64_t bytes_before, bytes_after; /* 0 where there is nothing */
	size_t lines_added, lines_removed; /* of the diff */
	struct str diff;                   /* unified; empty if there is none */
	const char *no_diff; /* why: "binary", "too big", "permissions only"; NULL if there is a
				diff or nothing to compare */
};

struct changes {
	struct arena *arena; /* what the items point at */
	struct change *items;
	size_t count;
	struct blind *blind; /* of both snapshots; version control is not listed */
	size_t blind_count;
};

/* From one to the other, sorted by path. Both snapshots may be freed afterwards. */
struct changes *snapshot_compare(const struct snapshot *before, const struct snapshot *after);
void changes_free(struct changes *c); /* NULL is fine */

/* The change of that path, or of the only changed file of that name if `path` has no slash; NULL if
 * there is none. */
const struct change *changes_find(const struct changes *c, struct str path);

#endif

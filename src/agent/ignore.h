/*
 * ignore.h - git's ignore rules for the files of a folder, through libgit2.
 *
 * One thread at a time.
 */
#ifndef OFFGRID_AGENT_IGNORE_H
#define OFFGRID_AGENT_IGNORE_H

#include "base/str.h"

struct ignore;

/* NULL if the folder (absolute, no links) lies in no repository that libgit2 will open. */
struct ignore *ignore_new(const char *folder);
void ignore_free(struct ignore *ig); /* NULL is fine */

/* Whether a path below that folder is ignored. */
bool ignore_has(const struct ignore *ig, struct str path, bool is_folder);

#endif

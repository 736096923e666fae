/*
 * diff.h - what differs between two texts, as a unified diff, through libgit2.
 *
 * Pure: no file is touched. libgit2 is started on first use and never stopped.
 */
#ifndef OFFGRID_AGENT_DIFF_H
#define OFFGRID_AGENT_DIFF_H

#include "base/buf.h"

/* Starts libgit2 once in the program's life; any thread, any number of times. */
void diff_start_library(void);

struct diff_counts {
	size_t added, removed; /* lines */
};

/*
 * Appends the hunks ("@@ -1 +1 @@", then lines that begin with ' ', '+' or '-'), three lines of
 * context, and returns how many lines changed. Equal texts append nothing. A diff that is longer
 * than the buffer has room for is cut at a line, and its last line says so.
 */
struct diff_counts diff_texts(
	struct str name, struct str before, struct str after, struct buf *out);

#endif

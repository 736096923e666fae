/*
 * library.h - libllama itself: the right version, its compute backends, what it says.
 *
 * All of this is of the whole process, because libllama keeps it so: its log and its list of
 * devices exist once. Any thread.
 */
#ifndef OFFGRID_ENGINE_LIBRARY_H
#define OFFGRID_ENGINE_LIBRARY_H

#include "base/buf.h"
#include "base/err.h"

#define LIBRARY_VERSION "0.5.0" /* the only one whose structs we know */

enum { LIBRARY_LINE_BYTES = 256, LIBRARY_LOG_LINES = 200 };

/* Before anything else of libllama that does not compute (files, types): it is in memory from here
 * on. ERR_BROKEN if it is not there or its version is not ours. */
bool library_load(struct err *e);
/* Before all else of libllama; the first call does the work. Loads it, too. ERR_BROKEN also if no
 * device can compute. */
bool library_open(struct err *e);

/* Loads it; "" where it cannot be. */
const char *library_version(void);

/* The place that the log has reached; what was an error before it is forgotten. */
size_t library_log_mark(void);
/* The first line of kind error since then, which says most; or "". */
void library_first_error(char out[LIBRARY_LINE_BYTES]);
/* The lines since then, as far as they are kept, oldest first; 0: all. */
void library_log_since(size_t mark, struct buf *out);

/* "CPU (AMD EPYC ...)", every device by a comma. */
void library_devices(struct buf *out);

#endif

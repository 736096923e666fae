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

/* Before anything else of libllama; the first call does the work. ERR_BROKEN if the version is not
 * ours or no device can compute. */
bool library_open(struct err *e);

const char *library_version(void);

/* The last line of kind error since library_log_mark, or "". */
void library_last_error(char out[LIBRARY_LINE_BYTES]);
void library_log_mark(void);

/* The lines kept, oldest first. */
void library_log(struct buf *out);

/* "CPU (AMD EPYC ...)", every device by a comma. */
void library_devices(struct buf *out);

#endif

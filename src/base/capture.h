/*
 * capture.h - the beginning and the end of a flood.
 *
 * Keeps the first and the last half of a limit and counts what fell out between them, so that
 * output of any size costs bounded memory and still shows how it began and how it ended. Owned by
 * whoever embeds it.
 */
#ifndef OFFGRID_BASE_CAPTURE_H
#define OFFGRID_BASE_CAPTURE_H

#include "base/buf.h"

struct capture {
	size_t max;
	struct buf head;
	char *tail;     /* a ring, made when the head is full */
	size_t tail_at; /* where the next byte goes */
	uint64_t total; /* bytes seen */
};

void capture_init(struct capture *c, size_t max_bytes);
void capture_clear(struct capture *c); /* empty and reusable, same limit */
void capture_add(struct capture *c, struct str bytes);
uint64_t capture_dropped(const struct capture *c); /* bytes seen but not kept */

/* Appends what was kept to `out`; where bytes fell out, a line of its own says how many. */
bool capture_write(const struct capture *c, struct buf *out);

#endif

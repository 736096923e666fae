/*
 * trace_view.h - a trace as a picture in text: each layer a station, what came in, what went out,
 * where it stopped.
 *
 * Pure: writes into a buffer, knows no terminal but its width. The picture reads from top to bottom
 * as time went; a layer that is passed twice is drawn twice.
 */
#ifndef OFFGRID_CMD_TRACE_VIEW_H
#define OFFGRID_CMD_TRACE_VIEW_H

#include "base/buf.h"
#include "base/trace.h"

struct trace_view {
	int columns;    /* width of the page, at least 40 */
	bool is_full;   /* whole texts instead of their first line */
	bool has_color; /* ANSI colours */
};

void trace_view_draw(const struct trace *t, const struct trace_view *view, struct buf *out);

#endif

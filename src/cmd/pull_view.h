/*
 * pull_view.h - a pull as lines of text: what is to come, how far it is, what the catalog offers.
 *
 * Pure: what is shown comes in, text goes out, no line wider than the page.
 */
#ifndef OFFGRID_CMD_PULL_VIEW_H
#define OFFGRID_CMD_PULL_VIEW_H

#include "base/buf.h"
#include "model/catalog.h"
#include "model/pull.h"

/* "Qwen3-8B-Q4_K_M: 4.7 GiB in 1 file from huggingface.co, ..." */
void pull_view_plan(const struct pull_plan *plan, struct buf *out);

/* One line without its end: bar, percent, bytes, rate, time left. */
void pull_view_progress(
	const struct pull_plan *plan, const struct pull_progress *p, struct buf *out);

/* Rows of the catalog; is_here[i]: it is on this machine. */
void pull_view_catalog(const struct catalog *c, const bool *is_here, struct buf *out);

/* "59 s", "1:04", "2:03:09". */
enum { PULL_VIEW_TIME = 24 };
const char *pull_view_time(int64_t ms, char out[PULL_VIEW_TIME]);

#endif

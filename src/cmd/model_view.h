/*
 * model_view.h - models as text for a page of 80 columns, and as JSON.
 *
 * Pure: what is shown comes in, text goes out. Names are never cut, because people copy them; a
 * long one gets a line of its own.
 */
#ifndef OFFGRID_CMD_MODEL_VIEW_H
#define OFFGRID_CMD_MODEL_VIEW_H

#include "base/buf.h"
#include "base/json.h"
#include "model/choose.h"
#include "model/estimate.h"

/* A model of the list with its card; `why` is set if it cannot be used. */
struct model_row {
	const struct model_file *file;
	struct card card;
	struct err why;
	int64_t made_unix_ms;         /* when the file was written; 0: not known */
	const struct model_row *base; /* what it was merged into, and is shown as a note of */
};

/* Finds the base of each merged file among the others: they lie in one folder, and the name of a
 * merged one begins with its base's and a '+'. */
void model_view_link(struct model_row *rows, size_t count);

void model_view_list(const struct model_row *rows, size_t count, struct buf *out);
json_t *model_view_list_json(const struct model_row *rows, size_t count);

/* All that is known about one. */
struct model_page {
	struct model_choice choice;
	struct card card;
	struct estimate need;    /* for `context` tokens */
	uint64_t longest_tokens; /* that fits here; 0: none does */
	uint64_t free_bytes;
	struct err unsafe; /* set: libllama would not survive it, or it cannot be read */
};

void model_view_page(const struct model_page *p, struct buf *out);
json_t *model_view_page_json(const struct model_page *p);

/* 8192 -> "8,192". */
enum { MODEL_VIEW_NUMBER = 32 };
const char *model_view_number(uint64_t n, char out[MODEL_VIEW_NUMBER]);

#endif

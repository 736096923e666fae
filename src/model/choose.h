/*
 * choose.h - from what a person writes to the files that are to be loaded.
 *
 * A name of the catalog, a name from the list, a path, or nothing (the starter model). Where a
 * catalog row brings an adapter, it is checked that the model is the very file it was made for.
 */
#ifndef OFFGRID_MODEL_CHOOSE_H
#define OFFGRID_MODEL_CHOOSE_H

#include "base/arena.h"
#include "base/err.h"
#include "model/files.h"

struct model_choice {
	struct str name;           /* what to call it in lists, requests and receipts */
	struct str path;           /* of the file or its first part */
	struct str sha256;         /* of the file, where it is known; else empty */
	struct str adapter;        /* path; empty: none */
	struct str adapter_sha256; /* of the adapter; empty: none */
	uint64_t bytes;
	const struct model_file *file; /* as it stands in the list */
};

/*
 * ERR_NOT_FOUND says how to get it if the catalog knows it; ERR_BAD_DATA if the model or its
 * adapter is not the file that the catalog pins. `wanted` empty: the starter model, taught.
 */
bool choose_model(struct arena *a, struct str wanted, struct model_choice *out, struct err *e);

#endif

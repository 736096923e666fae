/*
 * store_int.h - what the files of store/ share.
 */
#ifndef OFFGRID_STORE_STORE_INT_H
#define OFFGRID_STORE_STORE_INT_H

#include "store/db.h"
#include "store/store.h"

struct store {
	struct db db;
	struct arena *arena; /* lives as long as the store */
};

/* Inside a transaction: adds the trace of a request, drops the oldest over LIMIT_TRACES_KEPT. */
bool store_add_trace(struct store *s, const struct store_request *request, struct err *e);
bool store_drop_traces(struct store *s, struct err *e);

/* A fresh id: lower-case letters and digits. */
void store_make_id(char id[STORE_ID_BYTES]);

/*
 * The one id in `table` that is or begins with `id`. ERR_NOT_FOUND or ERR_USAGE, in words that name
 * `noun`. `table` is a literal of ours, never input.
 */
bool store_find_id(struct store *s, const char *table, const char *noun, const char *id,
	char out[STORE_ID_BYTES], struct err *e);

#endif

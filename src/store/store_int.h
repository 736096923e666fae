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

/* A fresh id: lower-case letters and digits. */
void store_make_id(char id[STORE_ID_BYTES]);

/*
 * The one id in `table` that is or begins with `id`. ERR_NOT_FOUND or ERR_USAGE, in words that name
 * `noun`. `table` is a literal of ours, never input.
 */
bool store_find_id(struct store *s, const char *table, const char *noun, const char *id,
	char out[STORE_ID_BYTES], struct err *e);

#endif

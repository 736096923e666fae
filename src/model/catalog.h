/*
 * catalog.h - models that have a short name here, from data/catalog.json, embedded in the program.
 *
 * A row says where a model is to be had and what it is called on disk. Its size and hash are given
 * only where they were checked; a row without them is honest about that, and the hub's own hash is
 * used at download. Rows live in the arena they were read into.
 */
#ifndef OFFGRID_MODEL_CATALOG_H
#define OFFGRID_MODEL_CATALOG_H

#include "base/arena.h"
#include "base/err.h"

/* The model that `make model` fetches and everything falls back to. */
#define CATALOG_STARTER "smollm2-135m-pilot"

struct catalog_row {
	struct str name;
	struct str about;
	struct str licence;
	struct str hub;  /* OWNER/REPO; empty: not on the hub, `fetch` says how to get it */
	struct str file; /* its name there and here; of a split model the first part */
	struct str fetch;
	uint64_t bytes;            /* 0: not checked */
	struct str sha256;         /* empty: not checked */
	struct str adapter;        /* a file of the program's own data; empty: none */
	struct str adapter_sha256; /* what it must be */
};

struct catalog {
	const struct catalog_row *rows;
	size_t count;
};

/* The bytes of data/catalog.json. */
extern const struct str catalog_text;

/* ERR_BAD_DATA names the place in the text. */
bool catalog_parse(struct arena *a, struct str text, struct catalog *out, struct err *e);

/* The embedded one; that it parses is a matter of our own tests. */
struct catalog catalog_own(struct arena *a);

/* Whatever the case of the name; or NULL. */
const struct catalog_row *catalog_find(const struct catalog *c, struct str name);

#endif

/*
 * pull.h - fetches a model: finds out what it is, downloads all its parts, checks them, keeps them.
 *
 * What can be pulled: a name of the catalog, a reference to the hub (hub.h), an https address of a
 * GGUF file. Files of the hub land in FS_DATA/models/OWNER/REPO, others in FS_DATA/models. Before
 * anything is written it is known how much is to come and that the disk has room for it. An
 * interrupted pull goes on where it stopped when it is started again (net/download.h). A file is
 * kept only if its hash is the one pinned by the catalog or told by the hub, where there is one,
 * and if it is a whole GGUF; its hash is recorded beside it.
 *
 * Layer: wire, disk, engine, by what went wrong. On the loop's thread; hashing of what was there
 * before happens on a helper thread. A key for the hub comes from HF_TOKEN and goes nowhere else.
 */
#ifndef OFFGRID_MODEL_PULL_H
#define OFFGRID_MODEL_PULL_H

#include "base/arena.h"
#include "base/err.h"

struct loop;
struct http_client;
struct pull;

struct pull_part {
	struct str url, path;
	struct str sha256; /* what it must be; empty: nobody says, it is recorded as it came */
	uint64_t bytes;    /* 0: not known */
	bool is_here;      /* whole already */
};

struct pull_plan {
	struct str name; /* as `offgrid list` will show it */
	struct pull_part *parts;
	size_t count;
	uint64_t all_bytes;     /* 0: not known */
	uint64_t to_come_bytes; /* without what is here, whole or in part */
};

struct pull_progress {
	size_t part;                    /* from 0 */
	uint64_t done_bytes, all_bytes; /* of all parts; 0: not known */
	double bytes_per_s;
	int64_t left_ms;  /* -1: not known */
	bool is_checking; /* all has come and is read once more */
};

struct pull_watcher {
	void (*planned)(void *owner, const struct pull_plan *plan);
	void (*moved)(void *owner, const struct pull_progress *p);
	/* Exactly once, never from within pull_start, unless freed before. `e` is NULL if the model
	 * is there. */
	void (*ended)(void *owner, const struct pull_plan *plan, const struct err *e);
	void *owner;
};

/* NULL with ERR_USAGE or ERR_NOT_FOUND if `what` names nothing that can be fetched. */
struct pull *pull_start(struct loop *l, struct http_client *c, struct str what,
	const struct pull_watcher *w, struct err *e);

/* Stops; what has come so far is kept. Fine in `ended`. NULL is fine. */
void pull_free(struct pull *p);

#endif

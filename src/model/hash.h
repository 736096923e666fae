/*
 * hash.h - the SHA-256 of a model file, read once and remembered.
 *
 * Reading 20 GB takes a minute, so what was found is kept: beside a file that is ours
 * (NAME.gguf.sha256, as sha256sum writes it), in the cache for any other, together with the size
 * and date it was found for. A remembered hash of a file that has changed since is not used.
 */
#ifndef OFFGRID_MODEL_HASH_H
#define OFFGRID_MODEL_HASH_H

#include "base/arena.h"
#include "base/err.h"

/* The hash in the file PATH.sha256, if that is not older than the file; else empty. Reads nothing
 * else. */
struct str hash_beside(struct arena *a, struct str path);

/* Writes PATH.sha256. */
bool hash_write_beside(struct str path, struct str sha256, struct err *e);

struct hash_watcher {
	bool (*tell)(void *owner, uint64_t done_bytes, uint64_t all_bytes); /* false cancels */
	void *owner;
};

/* The hash of the file: remembered, or by reading it (and then remembered). `watcher` may be NULL.
 * Layer disk. */
bool hash_of_file(struct arena *a, struct str path, const struct hash_watcher *watcher,
	struct str *sha256, struct err *e);

#endif

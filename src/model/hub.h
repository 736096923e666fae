/*
 * hub.h - the Hugging Face hub: what people write, its addresses, what it says is in a repository.
 *
 * Layer: wire (what the hub sends). Pure: no I/O, everything in the caller's arena. Follows the
 * hub's HTTP API (api/models/OWNER/REPO/tree/REVISION, OWNER/REPO/resolve/REVISION/FILE); a file
 * kept in large-file storage comes with its SHA-256. HF_ENDPOINT names a mirror, as for the hub's
 * own programs.
 */
#ifndef OFFGRID_MODEL_HUB_H
#define OFFGRID_MODEL_HUB_H

#include "base/arena.h"
#include "base/err.h"

struct hub_ref {
	struct str repo;         /* OWNER/REPO */
	struct str revision;     /* "main" unless it is said */
	struct str file;         /* its path there; empty: not said */
	struct str quantisation; /* "Q4_K_M"; empty: not said */
};

/* Is this meant to be on the hub, rather than any address or name? */
bool hub_is_ref(struct str text);

/*
 * hf:OWNER/REPO, hf:OWNER/REPO:QUANTISATION, hf:OWNER/REPO/FILE, the same after "hf.co/",
 * "huggingface.co/" or "https://huggingface.co/", and the addresses its pages have
 * (OWNER/REPO/resolve/REVISION/FILE, /blob/, /tree/). ERR_USAGE says what is wrong.
 */
bool hub_parse(struct arena *a, struct str text, struct hub_ref *out, struct err *e);

struct str hub_tree_url(struct arena *a, const struct hub_ref *ref);
struct str hub_file_url(struct arena *a, const struct hub_ref *ref, struct str file);

struct hub_file {
	struct str path;
	uint64_t bytes;
	struct str sha256; /* empty if it does not say */
};

struct hub_files {
	const struct hub_file *items;
	size_t count;
};

/* The answer to hub_tree_url: its files. Paths that climb out of the repository are left out. */
bool hub_read_tree(struct arena *a, struct str text, struct hub_files *out, struct err *e);

/*
 * The file that is meant, or all parts of it: by path or name, by quantisation, or, where neither
 * is said, by what suits most machines (about four bits). ERR_NOT_FOUND lists what is there.
 */
bool hub_choose(struct arena *a, const struct hub_ref *ref, const struct hub_files *files,
	struct hub_files *chosen, struct err *e);

#endif

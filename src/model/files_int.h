/*
 * files_int.h - what the scan (files.c) and the places of other programs (places.c) share. It never
 * leaves this folder.
 */
#ifndef OFFGRID_MODEL_FILES_INT_H
#define OFFGRID_MODEL_FILES_INT_H

#include "model/files.h"

/* A list in the making. */
struct scan {
	struct arena *a;
	enum model_source source;
	struct model_file *items;
	struct file_id {
		uint64_t device, inode;
	} * ids; /* one for each item: the same file is listed once */
	size_t count, cap;
	size_t looked_at; /* directory entries, against LIMIT_SCAN_ENTRIES */
};

/* Puts a file on the list, unless it is there or is a later part of one. `item` has names, path and
 * perhaps a hash; the rest is found out here. */
void scan_add(struct scan *s, struct model_file item);

/* Puts something on the list that cannot be used. */
void scan_add_broken(struct scan *s, struct str name, struct str path, const struct err *why);

/* Calls `visit` for every entry in a directory but hidden ones, by name; a directory that is not
 * there has none, one that cannot be read is put on the list as broken. */
typedef void scan_visit(struct scan *s, struct str dir, struct str name, void *ctx);
void scan_directory(struct scan *s, struct str dir, scan_visit *visit, void *ctx);

/* Every *.gguf below a directory; its full name is the prefix and where it stands below. */
void scan_tree(struct scan *s, struct str dir, struct str prefix);

/* The places of one source each. */
void scan_own(struct scan *s);
void scan_ollama(struct scan *s);
void scan_lmstudio(struct scan *s);
void scan_hub(struct scan *s);
void scan_llamacpp(struct scan *s);

#endif

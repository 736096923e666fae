/*
 * gguf_int.h - what gguf.c (look-up) and gguf_read.c (the walk) share. It never leaves this folder.
 */
#ifndef OFFGRID_MODEL_GGUF_INT_H
#define OFFGRID_MODEL_GGUF_INT_H

#include "model/gguf.h"

/* One key: its value, and while walking where its name and its value stand in the header. */
struct gg_entry {
	struct gg_value value;
	size_t name_at, value_at;
};

/* For look-up by name. */
struct gg_named {
	struct str name;
	size_t index;
};

struct gg_file {
	uint32_t version;
	uint64_t file_bytes, data_start, alignment;
	struct buf head; /* the file's front, up to the tensors' data */
	size_t n_keys, n_tensors;
	struct gg_entry *keys;
	size_t *tensor_names; /* where each name stands in head; used while walking */
	struct gg_tensor *tensors;
	struct gg_named *keys_by_name, *tensors_by_name;
};

/* Sorts by name. */
void gg_order(struct gg_named *names, size_t count);

/* `bytes` bytes at p as a little-endian number. */
uint64_t gg_number(const char *p, unsigned bytes);

#endif

/*
 * gguf_types.h - the numbers of the GGUF format: kinds of values, kinds of tensors.
 *
 * Shared by the reader (gguf.h) and the writer (gguf_write.h). Follows the GGUF specification,
 * versions 2 and 3, and the tensor types of ggml 0.25.1. The prefix is `gg_` throughout because
 * ggml owns `gguf_` and both stand in one program.
 */
#ifndef OFFGRID_MODEL_GGUF_TYPES_H
#define OFFGRID_MODEL_GGUF_TYPES_H

#include "base/str.h"

#define GG_MAGIC      "GGUF"
#define GG_VERSION    3
#define GG_ALIGNMENT  32 /* where general.alignment does not say otherwise */
#define GG_DIMS       4
#define GG_NAME_BYTES 64 /* ggml keeps a tensor's name with its NUL in this many bytes */

/* Kinds of metadata values, numbered as in the file. */
enum gg_kind {
	GG_U8,
	GG_I8,
	GG_U16,
	GG_I16,
	GG_U32,
	GG_I32,
	GG_F32,
	GG_BOOL,
	GG_STR,
	GG_ARRAY,
	GG_U64,
	GG_I64,
	GG_F64,
	GG_KIND_COUNT
};

struct gg_kind_row {
	const char *name;
	unsigned bytes; /* 0: not of one size (string, array) */
};

extern const struct gg_kind_row gg_kinds[GG_KIND_COUNT];

/* The tensor types that we name ourselves; every other one is a row of the table only. */
enum {
	GG_TENSOR_F32 = 0,
	GG_TENSOR_F16 = 1,
	GG_TENSOR_Q8_0 = 8,
	GG_TENSOR_BF16 = 30,
	GG_TENSOR_TYPES = 43
};

/* How a tensor's numbers are stored: `block` numbers of one row share `bytes` bytes. */
struct gg_tensor_type {
	const char *name; /* NULL: never used, or removed from the format */
	unsigned block;
	unsigned bytes;
};

/* NULL if the type is unknown to ggml 0.25.1 or was removed from the format. */
const struct gg_tensor_type *gg_tensor_type(uint32_t id);

/* What people call a file of this general.file_type ("Q4_K_M"), or NULL. */
const char *gg_file_type_name(uint32_t file_type);

#endif

/*
 * gguf.h - what a GGUF file says about itself: keys, values, tensors. The weights are not read.
 *
 * Layer: engine. Follows the GGUF specification, versions 2 and 3, little-endian, and is as strict
 * as ggml 0.25.1: what passes here is not refused there for its container. The file is hostile
 * until proven otherwise: every length, count, offset and product is checked against the file's
 * size and limits.h before anything is allocated or followed. The header is read into memory once
 * (strings and arrays are borrowed from it, so a vocabulary of 256 k strings costs its bytes and no
 * more), then the file is closed. After that a gg_file never changes: any thread may read it. The
 * prefix is `gg_` because ggml owns `gguf_`.
 */
#ifndef OFFGRID_MODEL_GGUF_H
#define OFFGRID_MODEL_GGUF_H

#include "base/buf.h"
#include "base/err.h"
#include "model/gguf_types.h"

struct gg_file;

/*
 * Reads the header of the file, and checks that the data of every tensor lies inside the file.
 * NULL on failure: ERR_BAD_DATA says what is wrong and where, ERR_TOO_BIG that a cap of ours was
 * passed, ERR_NOT_FOUND and ERR_IO what the system said. gg_open_fd reads by position, leaves the
 * descriptor open and its offset alone; `name` is for errors.
 */
struct gg_file *gg_open(const char *path, struct err *e);
struct gg_file *gg_open_fd(int fd, const char *name, struct err *e);

/*
 * The same from the first bytes of a file of `file_bytes` bytes (a range read from a server, a test
 * case); they are copied. ERR_CUT if the header is longer than what is given here.
 */
struct gg_file *gg_open_bytes(
	struct str first, uint64_t file_bytes, const char *name, struct err *e);

void gg_free(struct gg_file *f); /* NULL is fine */

uint32_t gg_version(const struct gg_file *f);
uint64_t gg_file_bytes(const struct gg_file *f);
uint64_t gg_data_start(const struct gg_file *f); /* where the tensors' bytes begin */

/* ---- keys ---- */

/* Elements of one kind, as they stand in the file. */
struct gg_array {
	enum gg_kind kind; /* never GG_ARRAY: arrays of arrays are refused, as ggml does */
	uint64_t count;
	struct str bytes;
};

struct gg_value {
	struct str key;
	enum gg_kind kind;
	struct gg_array array; /* an array, or for any other kind an array of the one value */
};

size_t gg_key_count(const struct gg_file *f);
struct gg_value gg_key_at(const struct gg_file *f, size_t index); /* in the file's order */
bool gg_has(const struct gg_file *f, const char *key);

/*
 * One value by its key. The gg_get_ ones fail with ERR_BAD_DATA if it is absent; the gg_opt_ ones
 * leave `out` untouched then and return true; both fail if it is of another kind. Any integer that
 * is not negative does for u64, any number for double. Strings are borrowed from the file and hold
 * whatever bytes it holds.
 */
bool gg_get_str(const struct gg_file *f, const char *key, struct str *out, struct err *e);
bool gg_get_u64(const struct gg_file *f, const char *key, uint64_t *out, struct err *e);
bool gg_get_double(const struct gg_file *f, const char *key, double *out, struct err *e);
bool gg_get_bool(const struct gg_file *f, const char *key, bool *out, struct err *e);
bool gg_get_array(const struct gg_file *f, const char *key, struct gg_array *out, struct err *e);
bool gg_opt_str(const struct gg_file *f, const char *key, struct str *out, struct err *e);
bool gg_opt_u64(const struct gg_file *f, const char *key, uint64_t *out, struct err *e);
bool gg_opt_double(const struct gg_file *f, const char *key, double *out, struct err *e);
bool gg_opt_bool(const struct gg_file *f, const char *key, bool *out, struct err *e);
bool gg_opt_array(const struct gg_file *f, const char *key, struct gg_array *out, struct err *e);

/* Visits an array of strings: `rest` starts as array.bytes; false at its end. */
bool gg_next_str(struct str *rest, struct str *item);

/* One number of an array, by index < count. MUST be of an integer kind (or bool), of any number
 * kind. */
int64_t gg_item_i64(const struct gg_array *a, uint64_t index);
double gg_item_double(const struct gg_array *a, uint64_t index);
bool gg_is_integer(enum gg_kind kind); /* bool counts as one */

/* ---- tensors ---- */

struct gg_tensor {
	struct str name;
	const struct gg_tensor_type *type;
	uint32_t type_id;
	uint32_t n_dims;
	uint64_t dims[GG_DIMS]; /* numbers in a row first; 1 where there is no such dimension */
	uint64_t offset;        /* from the start of the file */
	uint64_t bytes;         /* without the padding that follows */
	uint64_t count;         /* numbers in all */
};

size_t gg_tensor_count(const struct gg_file *f);
const struct gg_tensor *gg_tensor_at(const struct gg_file *f, size_t index);  /* file's order */
const struct gg_tensor *gg_tensor(const struct gg_file *f, const char *name); /* or NULL */

/* ---- for errors and screens ---- */

/* `s` with everything but printable ASCII replaced by '?', cut to fit: names in a file are not to
 * be trusted with a terminal. */
enum { GG_QUOTE_BYTES = 72 };
const char *gg_quote(struct str s, char out[GG_QUOTE_BYTES]);

#endif

/*
 * gguf_write.h - writes small GGUF files (version 3), built in memory and written at once.
 *
 * For generated models, adapters and tests; a file of gigabytes is not its business. Keys and
 * tensors appear in the order they were put; that no name is put twice is the caller's duty. Every
 * put copies what it is given. Owned by one thread.
 */
#ifndef OFFGRID_MODEL_GGUF_WRITE_H
#define OFFGRID_MODEL_GGUF_WRITE_H

#include "base/buf.h"
#include "base/err.h"
#include "model/gguf.h"

struct gg_writer;

struct gg_writer *gg_writer_new(void);
void gg_writer_free(struct gg_writer *w); /* NULL is fine */

void gg_put_u32(struct gg_writer *w, const char *key, uint32_t value);
void gg_put_u64(struct gg_writer *w, const char *key, uint64_t value);
void gg_put_f32(struct gg_writer *w, const char *key, float value);
void gg_put_bool(struct gg_writer *w, const char *key, bool value);
void gg_put_str(struct gg_writer *w, const char *key, struct str value);
void gg_put_strs(struct gg_writer *w, const char *key, const struct str *items, size_t count);
void gg_put_i32s(struct gg_writer *w, const char *key, const int32_t *items, size_t count);
void gg_put_f32s(struct gg_writer *w, const char *key, const float *items, size_t count);

/* A key of another file, as it stands there. */
void gg_put_value(struct gg_writer *w, const struct gg_value *value);

/* A tensor of 32-bit floats with dims[0] numbers a row. `data` holds all of them. */
void gg_put_tensor(struct gg_writer *w, const char *name, const uint64_t *dims, uint32_t n_dims,
	const float *data);

/* The same in half the bytes: the fraction is cut off behind seven bits. */
void gg_put_tensor_bf16(struct gg_writer *w, const char *name, const uint64_t *dims,
	uint32_t n_dims, const float *data);

/* The whole file, appended to `out`; ERR_TOO_BIG if it would pass the buffer's cap. */
bool gg_writer_bytes(const struct gg_writer *w, struct buf *out, struct err *e);

/* The whole file, written atomically. */
bool gg_writer_save(const struct gg_writer *w, const char *path, struct err *e);

#endif

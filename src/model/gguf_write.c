/*
 * gguf_write.c - three growing parts (keys, tensor infos, tensor data) and a header; see
 * gguf_write.h.
 *
 * The format is little-endian; numbers are put byte by byte, so the host's order does not matter.
 */
#include "model/gguf_write.h"

#include <stdlib.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/must.h"

struct gg_writer {
	struct buf keys, infos, data;
	uint64_t n_keys, n_tensors;
};

struct gg_writer *gg_writer_new(void)
{
	struct gg_writer *w = must_calloc(1, sizeof(*w));
	buf_init(&w->keys, LIMIT_GGUF_WRITE_BYTES);
	buf_init(&w->infos, LIMIT_GGUF_WRITE_BYTES);
	buf_init(&w->data, LIMIT_GGUF_WRITE_BYTES);
	return w;
}

void gg_writer_free(struct gg_writer *w)
{
	if (!w)
		return;
	buf_clear(&w->keys);
	buf_clear(&w->infos);
	buf_clear(&w->data);
	free(w);
}

static void add_number(struct buf *b, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buf_add_char(b, (char)(value >> (8 * i) & 0xff));
}

static void add_f32(struct buf *b, float value)
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof(bits));
	add_number(b, bits, sizeof(bits));
}

static void add_text(struct buf *b, struct str s)
{
	add_number(b, s.n, 8);
	buf_add(b, s);
}

static struct buf *begin_key(struct gg_writer *w, const char *key, enum gg_kind kind)
{
	w->n_keys++;
	add_text(&w->keys, str_z(key));
	add_number(&w->keys, kind, 4);
	return &w->keys;
}

static struct buf *begin_array(
	struct gg_writer *w, const char *key, enum gg_kind kind, size_t count)
{
	struct buf *b = begin_key(w, key, GG_ARRAY);
	add_number(b, kind, 4);
	add_number(b, count, 8);
	return b;
}

void gg_put_u32(struct gg_writer *w, const char *key, uint32_t value)
{
	add_number(begin_key(w, key, GG_U32), value, 4);
}

void gg_put_u64(struct gg_writer *w, const char *key, uint64_t value)
{
	add_number(begin_key(w, key, GG_U64), value, 8);
}

void gg_put_f32(struct gg_writer *w, const char *key, float value)
{
	add_f32(begin_key(w, key, GG_F32), value);
}

void gg_put_bool(struct gg_writer *w, const char *key, bool value)
{
	add_number(begin_key(w, key, GG_BOOL), value, 1);
}

void gg_put_str(struct gg_writer *w, const char *key, struct str value)
{
	add_text(begin_key(w, key, GG_STR), value);
}

void gg_put_strs(struct gg_writer *w, const char *key, const struct str *items, size_t count)
{
	struct buf *b = begin_array(w, key, GG_STR, count);
	for (size_t i = 0; i < count; i++)
		add_text(b, items[i]);
}

void gg_put_i32s(struct gg_writer *w, const char *key, const int32_t *items, size_t count)
{
	struct buf *b = begin_array(w, key, GG_I32, count);
	for (size_t i = 0; i < count; i++)
		add_number(b, (uint32_t)items[i], 4);
}

void gg_put_f32s(struct gg_writer *w, const char *key, const float *items, size_t count)
{
	struct buf *b = begin_array(w, key, GG_F32, count);
	for (size_t i = 0; i < count; i++)
		add_f32(b, items[i]);
}

static void pad(struct buf *b, size_t so_far)
{
	buf_add_fill(b, 0, (GG_ALIGNMENT - so_far % GG_ALIGNMENT) % GG_ALIGNMENT);
}

void gg_put_value(struct gg_writer *w, const struct gg_value *value)
{
	char key[GG_QUOTE_BYTES];
	const struct gg_array *a = &value->array;
	struct buf *b =
		value->kind == GG_ARRAY
			? begin_array(w, gg_quote(value->key, key), a->kind, (size_t)a->count)
			: begin_key(w, gg_quote(value->key, key), value->kind);
	buf_add(b, a->bytes);
}

static uint64_t begin_tensor(
	struct gg_writer *w, const char *name, const uint64_t *dims, uint32_t n_dims, uint32_t type)
{
	MUST(n_dims >= 1 && n_dims <= GG_DIMS && str_z(name).n < GG_NAME_BYTES);
	w->n_tensors++;
	add_text(&w->infos, str_z(name));
	add_number(&w->infos, n_dims, 4);
	uint64_t count = 1;
	for (uint32_t i = 0; i < n_dims; i++) {
		add_number(&w->infos, dims[i], 8);
		count *= dims[i];
	}
	add_number(&w->infos, type, 4);
	add_number(&w->infos, w->data.n, 8);
	return count;
}

void gg_put_tensor(struct gg_writer *w, const char *name, const uint64_t *dims, uint32_t n_dims,
	const float *data)
{
	uint64_t count = begin_tensor(w, name, dims, n_dims, GG_TENSOR_F32);
	for (uint64_t i = 0; i < count; i++)
		add_f32(&w->data, data[i]);
	pad(&w->data, w->data.n);
}

void gg_put_tensor_bf16(struct gg_writer *w, const char *name, const uint64_t *dims,
	uint32_t n_dims, const float *data)
{
	const unsigned dropped = 16; /* bits of the fraction */
	uint64_t count = begin_tensor(w, name, dims, n_dims, GG_TENSOR_BF16);
	for (uint64_t i = 0; i < count; i++) {
		uint32_t bits;
		memcpy(&bits, &data[i], sizeof(bits));
		add_number(&w->data, bits >> dropped, 2);
	}
	pad(&w->data, w->data.n);
}

bool gg_writer_bytes(const struct gg_writer *w, struct buf *out, struct err *e)
{
	size_t start = out->n;
	buf_add(out, STR(GG_MAGIC));
	add_number(out, GG_VERSION, 4);
	add_number(out, w->n_tensors, 8);
	add_number(out, w->n_keys, 8);
	buf_add(out, buf_str(&w->keys));
	buf_add(out, buf_str(&w->infos));
	if (w->n_tensors)
		pad(out, out->n - start);
	buf_add(out, buf_str(&w->data));
	if (out->overflow || w->keys.overflow || w->infos.overflow || w->data.overflow)
		return fail(e, ERR_TOO_BIG, LAYER_ENGINE,
			"the model file to be written is over the limit of %zu bytes", out->max);
	return true;
}

bool gg_writer_save(const struct gg_writer *w, const char *path, struct err *e)
{
	struct buf file;
	buf_init(&file, LIMIT_GGUF_WRITE_BYTES);
	bool ok = gg_writer_bytes(w, &file, e) && fs_write(path, buf_str(&file), 0644, e);
	buf_clear(&file);
	return ok;
}

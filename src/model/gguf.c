/*
 * gguf.c - look-up in a header that was read: names to keys and tensors, bytes to values; see
 * gguf.h.
 *
 * Layer: engine. The walk (gguf_read.c) has checked every length, so nothing here can run out of
 * the header.
 */
#include "model/gguf.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/must.h"
#include "model/gguf_int.h"

const char *gg_quote(struct str s, char out[GG_QUOTE_BYTES])
{
	size_t n = s.n < GG_QUOTE_BYTES - 1 ? s.n : GG_QUOTE_BYTES - 1;
	for (size_t i = 0; i < n; i++)
		out[i] = (char)(s.p[i] >= ' ' && s.p[i] <= '~' ? s.p[i] : '?');
	out[n] = 0;
	return out;
}

uint64_t gg_number(const char *p, unsigned bytes)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)(unsigned char)p[i] << (8 * i);
	return value;
}

/* ---- names ---- */

static int compare_names(const void *a, const void *b)
{
	const struct gg_named *left = a, *right = b;
	return str_cmp(left->name, right->name);
}

void gg_order(struct gg_named *names, size_t count)
{
	qsort(names, count, sizeof(*names), compare_names);
}

static size_t find_by_name(const struct gg_named *names, size_t count, const char *wanted)
{
	const struct gg_named key = { str_z(wanted), 0 };
	const struct gg_named *found = bsearch(&key, names, count, sizeof(*names), compare_names);
	return found ? found->index : SIZE_MAX;
}

/* ---- the file ---- */

void gg_free(struct gg_file *f)
{
	if (!f)
		return;
	buf_clear(&f->head);
	free(f->keys);
	free(f->tensors);
	free(f->tensor_names);
	free(f->keys_by_name);
	free(f->tensors_by_name);
	free(f);
}

uint32_t gg_version(const struct gg_file *f)
{
	return f->version;
}

uint64_t gg_file_bytes(const struct gg_file *f)
{
	return f->file_bytes;
}

uint64_t gg_data_start(const struct gg_file *f)
{
	return f->data_start;
}

size_t gg_tensor_count(const struct gg_file *f)
{
	return f->n_tensors;
}

const struct gg_tensor *gg_tensor_at(const struct gg_file *f, size_t index)
{
	MUST(index < f->n_tensors);
	return &f->tensors[index];
}

const struct gg_tensor *gg_tensor(const struct gg_file *f, const char *name)
{
	size_t i = find_by_name(f->tensors_by_name, f->n_tensors, name);
	return i == SIZE_MAX ? NULL : &f->tensors[i];
}

/* ---- values ---- */

size_t gg_key_count(const struct gg_file *f)
{
	return f->n_keys;
}

struct gg_value gg_key_at(const struct gg_file *f, size_t index)
{
	MUST(index < f->n_keys);
	return f->keys[index].value;
}

static bool find_key(const struct gg_file *f, const char *key, struct gg_value *out)
{
	size_t i = find_by_name(f->keys_by_name, f->n_keys, key);
	if (i != SIZE_MAX)
		*out = gg_key_at(f, i);
	return i != SIZE_MAX;
}

bool gg_has(const struct gg_file *f, const char *key)
{
	struct gg_value v;
	return find_key(f, key, &v);
}

static bool absent(const char *key, struct err *e)
{
	return fail(e, ERR_BAD_DATA, LAYER_ENGINE, "the model file has no key '%s'", key);
}

static bool wrong_kind(const char *key, const char *wanted, enum gg_kind kind, struct err *e)
{
	return fail(e, ERR_BAD_DATA, LAYER_ENGINE,
		"key '%s' of the model file should be %s, is of kind %s", key, wanted,
		gg_kinds[kind].name);
}

bool gg_next_str(struct str *rest, struct str *item)
{
	const size_t length_bytes = 8;
	if (rest->n < length_bytes)
		return false;
	uint64_t n = gg_number(rest->p, length_bytes);
	MUST(n <= rest->n - length_bytes); /* walked before */
	*item = str_sub(*rest, length_bytes, length_bytes + (size_t)n);
	*rest = str_from(*rest, length_bytes + (size_t)n);
	return true;
}

bool gg_is_integer(enum gg_kind kind)
{
	return gg_kinds[kind].bytes && kind != GG_F32 && kind != GG_F64;
}

static const char *item_at(const struct gg_array *a, uint64_t index)
{
	MUST(index < a->count && gg_kinds[a->kind].bytes);
	return a->bytes.p + index * gg_kinds[a->kind].bytes;
}

int64_t gg_item_i64(const struct gg_array *a, uint64_t index)
{
	const unsigned bits = 8 * gg_kinds[a->kind].bytes;
	uint64_t raw = gg_number(item_at(a, index), gg_kinds[a->kind].bytes);
	switch (a->kind) {
	case GG_I8:
	case GG_I16:
	case GG_I32: return (int64_t)(raw << (64 - bits)) >> (64 - bits);
	case GG_BOOL: return raw != 0;
	default: MUST(gg_is_integer(a->kind)); return (int64_t)raw;
	}
}

double gg_item_double(const struct gg_array *a, uint64_t index)
{
	uint64_t raw = gg_number(item_at(a, index), gg_kinds[a->kind].bytes);
	uint32_t raw32 = (uint32_t)raw;
	float narrow;
	double wide;
	switch (a->kind) {
	case GG_F32: memcpy(&narrow, &raw32, sizeof(narrow)); return (double)narrow;
	case GG_F64: memcpy(&wide, &raw, sizeof(wide)); return wide;
	case GG_U64: return (double)raw;
	default: return (double)gg_item_i64(a, index);
	}
}

bool gg_opt_str(const struct gg_file *f, const char *key, struct str *out, struct err *e)
{
	struct gg_value v;
	if (!find_key(f, key, &v))
		return true;
	if (v.kind != GG_STR)
		return wrong_kind(key, "a string", v.kind, e);
	return gg_next_str(&v.array.bytes, out);
}

bool gg_opt_u64(const struct gg_file *f, const char *key, uint64_t *out, struct err *e)
{
	struct gg_value v;
	if (!find_key(f, key, &v))
		return true;
	if (v.kind == GG_ARRAY || v.kind == GG_BOOL || !gg_is_integer(v.kind))
		return wrong_kind(key, "an integer", v.kind, e);
	int64_t n = gg_item_i64(&v.array, 0);
	if (n < 0 && v.kind != GG_U64)
		return fail(e, ERR_BAD_DATA, LAYER_ENGINE,
			"key '%s' of the model file is %" PRId64 ", it should not be negative", key,
			n);
	*out = (uint64_t)n;
	return true;
}

bool gg_opt_double(const struct gg_file *f, const char *key, double *out, struct err *e)
{
	struct gg_value v;
	if (!find_key(f, key, &v))
		return true;
	if (!gg_kinds[v.kind].bytes || v.kind == GG_BOOL)
		return wrong_kind(key, "a number", v.kind, e);
	*out = gg_item_double(&v.array, 0);
	return true;
}

bool gg_opt_bool(const struct gg_file *f, const char *key, bool *out, struct err *e)
{
	struct gg_value v;
	if (!find_key(f, key, &v))
		return true;
	if (v.kind != GG_BOOL)
		return wrong_kind(key, "a bool", v.kind, e);
	*out = gg_item_i64(&v.array, 0) != 0;
	return true;
}

bool gg_opt_array(const struct gg_file *f, const char *key, struct gg_array *out, struct err *e)
{
	struct gg_value v;
	if (!find_key(f, key, &v))
		return true;
	if (v.kind != GG_ARRAY)
		return wrong_kind(key, "an array", v.kind, e);
	*out = v.array;
	return true;
}

bool gg_get_str(const struct gg_file *f, const char *key, struct str *out, struct err *e)
{
	return gg_has(f, key) ? gg_opt_str(f, key, out, e) : absent(key, e);
}

bool gg_get_u64(const struct gg_file *f, const char *key, uint64_t *out, struct err *e)
{
	return gg_has(f, key) ? gg_opt_u64(f, key, out, e) : absent(key, e);
}

bool gg_get_double(const struct gg_file *f, const char *key, double *out, struct err *e)
{
	return gg_has(f, key) ? gg_opt_double(f, key, out, e) : absent(key, e);
}

bool gg_get_bool(const struct gg_file *f, const char *key, bool *out, struct err *e)
{
	return gg_has(f, key) ? gg_opt_bool(f, key, out, e) : absent(key, e);
}

bool gg_get_array(const struct gg_file *f, const char *key, struct gg_array *out, struct err *e)
{
	return gg_has(f, key) ? gg_opt_array(f, key, out, e) : absent(key, e);
}

/*
 * merge.c - an adapter built into its base; see merge.h.
 *
 * Works through the file tensor by tensor and, where one is changed, by blocks of rows, so memory
 * stays at some megabytes whatever the model.
 */
#include "engine/merge.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/must.h"
#include "engine/adapter.h"
#include "engine/library.h"
#include "engine/llama_api.h"

enum {
	BLOCK_ROWS = 64,
	COPY_BYTES = 1 << 20,
	KEY_HEX = 8, /* of each hash, in the file's name */
	KEPT_NAME_BYTES = 200,
	MOST_GROWTH = 2 /* times the base: from Q4 to Q8 */
};

/* One merge under way. */
struct merge {
	const struct merge_spec *spec;
	struct gg_file *base, *adapter; /* headers */
	struct gguf_context *out;       /* header of the result */
	struct ggml_context *tensors;   /* of the base, for the header of the result */
	FILE *in, *in_adapter, *file;
	const char *partial;
};

/* ---- names ---- */

static struct str stem_of(const char *path)
{
	struct str name = fs_base(str_z(path));
	return str_ends(name, STR(".gguf")) ? str_sub(name, 0, name.n - 5) : name;
}

const char *merge_path(struct arena *a, const struct merge_spec *spec)
{
	struct str base = str_sub(stem_of(spec->base_path), 0, KEPT_NAME_BYTES);
	struct str adapter = str_sub(stem_of(spec->adapter.path), 0, KEPT_NAME_BYTES);
	struct str name = arena_printf(a, "%.*s+%.*s-%.*s%.*s.gguf", STR_ARG(base),
		STR_ARG(adapter), KEY_HEX, spec->base_sha256, KEY_HEX, spec->adapter_sha256);
	return arena_z(a, fs_join(a, fs_parent(str_z(spec->base_path)), name));
}

static bool says(const struct gg_file *f, const char *key, const char *wanted)
{
	struct str is = STR("");
	return gg_get_str(f, key, &is, NULL) && str_eq_nocase(is, str_z(wanted));
}

bool merge_is_done(const struct merge_spec *spec)
{
	struct arena *a = arena_new();
	struct gg_file *f = gg_open(merge_path(a, spec), NULL);
	uint64_t way = 0;
	bool ok = f && gg_get_u64(f, MERGE_WAY_KEY, &way, NULL) && way == MERGE_WAY &&
		  says(f, MERGE_BASE_KEY, spec->base_sha256) &&
		  says(f, MERGE_ADAPTER_KEY, spec->adapter_sha256);
	gg_free(f);
	arena_free(a);
	return ok;
}

/* ---- numbers ---- */

/* `count` numbers of this type as floats. */
static void to_floats(uint32_t type, const void *from, float *to, size_t count)
{
	const struct ggml_type_traits *traits = ggml_get_type_traits((enum ggml_type)type);
	if (type == GGML_TYPE_F32)
		memcpy(to, from, count * sizeof *to);
	else
		traits->to_float(from, to, (int64_t)count);
}

static bool read_at(FILE *f, uint64_t offset, void *to, size_t bytes, struct err *e)
{
	if (fseeko(f, (off_t)offset, SEEK_SET) == 0 && fread(to, 1, bytes, f) == bytes)
		return true;
	return fail(e, ERR_IO, LAYER_ENGINE, "cannot read %zu bytes at %llu: %s", bytes,
		(unsigned long long)offset, ferror(f) ? strerror(errno) : "the file ends there");
}

/* A whole small tensor as floats, to be freed; NULL with e. */
static float *read_floats(FILE *f, const struct gg_tensor *t, struct err *e)
{
	void *raw = must_alloc((size_t)t->bytes);
	float *floats = NULL;
	if (read_at(f, t->offset, raw, (size_t)t->bytes, e)) {
		floats = must_calloc((size_t)t->count, sizeof *floats);
		to_floats(t->type_id, raw, floats, (size_t)t->count);
	}
	free(raw);
	return floats;
}

/* row += scale * b * a: `b` holds the rank numbers of this row, `a` rank rows. */
static void add_change(
	float *row, const float *a, const float *b, size_t columns, size_t rank, float scale)
{
	for (size_t k = 0; k < rank; k++) {
		float factor = b[k] * scale;
		const float *from = a + k * columns;
		for (size_t i = 0; i < columns; i++)
			row[i] += factor * from[i];
	}
}

/* The type in which a changed tensor is kept; see merge.h. */
static enum ggml_type type_after(const struct gg_tensor *base)
{
	enum ggml_type type = (enum ggml_type)base->type_id;
	return ggml_is_quantized(type) ? GGML_TYPE_Q8_0 : type;
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* ---- one tensor ---- */

static bool write_out(struct merge *m, const void *bytes, size_t n, struct err *e)
{
	if (fwrite(bytes, 1, n, m->file) == n)
		return true;
	return fail_errno(e, LAYER_DISK, errno, "cannot write %s", m->partial);
}

static bool copy_tensor(struct merge *m, const struct gg_tensor *t, struct err *e)
{
	char *block = must_alloc(COPY_BYTES);
	bool ok = true;
	for (uint64_t at = 0; ok && at < t->bytes; at += COPY_BYTES) {
		size_t n = t->bytes - at < COPY_BYTES ? (size_t)(t->bytes - at) : COPY_BYTES;
		ok = read_at(m->in, t->offset + at, block, n, e) && write_out(m, block, n, e);
	}
	free(block);
	return ok;
}

/* Some rows of a tensor on their way from the old bytes to the new. */
struct rows {
	const struct gg_tensor *t;
	enum ggml_type type; /* of the new bytes */
	size_t columns, rank, row_bytes, new_row_bytes;
	float scale, *a, *b, *floats;
	void *raw;
};

static bool change_rows(
	struct merge *m, const struct rows *r, uint64_t first, size_t count, struct err *e)
{
	enum ggml_type type = r->type;
	if (!read_at(m->in, r->t->offset + first * r->row_bytes, r->raw, count * r->row_bytes, e))
		return false;
	to_floats(r->t->type_id, r->raw, r->floats, count * r->columns);
	for (size_t i = 0; i < count; i++)
		add_change(r->floats + i * r->columns, r->a, r->b + (first + i) * r->rank,
			r->columns, r->rank, r->scale);
	size_t n = ggml_quantize_chunk(
		type, r->floats, r->raw, 0, (int64_t)count, (int64_t)r->columns, NULL);
	MUST(n == count * r->new_row_bytes);
	return write_out(m, r->raw, n, e);
}

static bool change_tensor(struct merge *m, const struct adapter_pair *p, struct err *e)
{
	struct rows r = { .t = p->base,
		.columns = (size_t)p->base->dims[0],
		.rank = (size_t)p->b->dims[0],
		.scale = adapter_scale(m->adapter, p) };
	r.scale *= m->spec->adapter.scale > 0 ? m->spec->adapter.scale : 1.0F;
	r.row_bytes = ggml_row_size((enum ggml_type)p->base->type_id, (int64_t)r.columns);
	r.type = type_after(p->base);
	r.new_row_bytes = ggml_row_size(r.type, (int64_t)r.columns);
	r.a = read_floats(m->in_adapter, p->a, e);
	r.b = r.a ? read_floats(m->in_adapter, p->b, e) : NULL;
	r.floats = must_calloc(BLOCK_ROWS * r.columns, sizeof *r.floats);
	r.raw = must_alloc(BLOCK_ROWS * larger(r.row_bytes, r.new_row_bytes));
	bool ok = r.a && r.b;
	for (uint64_t row = 0; ok && row < p->base->dims[1]; row += BLOCK_ROWS) {
		uint64_t left = p->base->dims[1] - row;
		ok = change_rows(m, &r, row, left < BLOCK_ROWS ? (size_t)left : BLOCK_ROWS, e);
	}
	free(r.a);
	free(r.b);
	free(r.floats);
	free(r.raw);
	return ok;
}

/* The adapter's pair for a tensor of the base; false if it has none (or, with e set, a wrong one).
 */
static bool pair_for(
	struct merge *m, const struct gg_tensor *t, struct adapter_pair *out, struct err *e)
{
	char name[GG_NAME_BYTES * 2], quoted[GG_QUOTE_BYTES];
	snprintf(name, sizeof name, "%.*s.lora_a", STR_ARG(t->name));
	for (size_t i = 0; i < gg_tensor_count(m->adapter); i++) {
		if (!str_eq_z(gg_tensor_at(m->adapter, i)->name, name))
			continue;
		if (!adapter_pair(m->adapter, m->base, i, out, e))
			return false;
		if (str_eq_z(t->name, "token_embd.weight") || t->n_dims != 2)
			return fail(e, ERR_USAGE, LAYER_ENGINE,
				"tensor %s cannot be merged: apply the adapter when loading",
				gg_quote(t->name, quoted));
		return true;
	}
	return false;
}

/* ---- the file ---- */

/* Gives the tensors that are to be changed their new types in the header. */
static void set_types(struct merge *m)
{
	struct adapter_pair pair;
	for (size_t i = 0; i < gg_tensor_count(m->adapter); i++) {
		char name[GG_NAME_BYTES];
		if (!adapter_pair(m->adapter, m->base, i, &pair, NULL))
			continue;
		snprintf(name, sizeof name, "%.*s", STR_ARG(pair.base->name));
		gguf_set_tensor_type(m->out, name, type_after(pair.base));
		if (type_after(pair.base) == GGML_TYPE_Q8_0)
			gguf_set_val_u32(m->out, "general.file_type", LLAMA_FTYPE_MOSTLY_Q8_0);
	}
}

static bool open_all(struct merge *m, struct err *e)
{
	const struct merge_spec *s = m->spec;
	m->base = gg_open(s->base_path, e);
	m->adapter = m->base ? gg_open(s->adapter.path, e) : NULL;
	if (!m->adapter)
		return false;
	struct gguf_init_params params = { .no_alloc = true, .ctx = &m->tensors };
	struct gguf_context *in = gguf_init_from_file(s->base_path, params);
	m->in = fopen(s->base_path, "rb");
	m->in_adapter = fopen(s->adapter.path, "rb");
	m->out = gguf_init_empty();
	bool ok = in && m->in && m->in_adapter;
	if (ok) {
		gguf_set_kv(m->out, in);
		gguf_set_val_str(m->out, MERGE_BASE_KEY, s->base_sha256);
		gguf_set_val_str(m->out, MERGE_ADAPTER_KEY, s->adapter_sha256);
		gguf_set_val_u32(m->out, MERGE_WAY_KEY, MERGE_WAY);
		for (int64_t i = 0; i < gguf_get_n_tensors(in); i++)
			gguf_add_tensor(
				m->out, ggml_get_tensor(m->tensors, gguf_get_tensor_name(in, i)));
		set_types(m);
	}
	gguf_free(in);
	return ok || fail(e, ERR_IO, LAYER_ENGINE, "cannot read %s and %s again", s->base_path,
			     s->adapter.path);
}

static void close_all(struct merge *m)
{
	if (m->in)
		fclose(m->in);
	if (m->in_adapter)
		fclose(m->in_adapter);
	if (m->file)
		fclose(m->file);
	gguf_free(m->out);
	if (m->tensors)
		ggml_free(m->tensors);
	gg_free(m->adapter);
	gg_free(m->base);
}

static bool check_room(const struct merge *m, struct err *e)
{
	struct arena *a = arena_new();
	struct str dir = fs_parent(str_z(m->spec->base_path));
	uint64_t needs = gg_file_bytes(m->base) * MOST_GROWTH, has = 0;
	bool ok = fs_free_bytes(arena_z(a, dir), &has, e);
	if (ok && has < needs)
		ok = fail(e, ERR_NO_ROOM, LAYER_DISK,
			"the merged model takes %llu MB, %llu MB are free",
			(unsigned long long)(needs / 1000000), (unsigned long long)(has / 1000000));
	arena_free(a);
	return ok;
}

static bool write_header(struct merge *m, struct err *e)
{
	size_t n = gguf_get_meta_size(m->out);
	void *meta = must_alloc(n);
	gguf_get_meta_data(m->out, meta);
	bool ok = write_out(m, meta, n, e);
	free(meta);
	return ok;
}

static bool write_tensor(struct merge *m, const struct gg_tensor *t, struct err *e)
{
	static const char zeros[GG_ALIGNMENT * 8];
	struct err why = { 0 };
	struct adapter_pair pair;
	bool has_pair = pair_for(m, t, &pair, &why);
	if (err_is_set(&why)) {
		*e = why;
		return false;
	}
	if (!(has_pair ? change_tensor(m, &pair, e) : copy_tensor(m, t, e)))
		return false;
	size_t align = gguf_get_alignment(m->out), over = (size_t)ftello(m->file) % align;
	if (align > sizeof zeros)
		return fail(e, ERR_USAGE, LAYER_ENGINE, "tensors aligned to %zu bytes", align);
	return !over || write_out(m, zeros, align - over, e);
}

static bool tell(const struct merge *m, double done, struct err *e)
{
	const struct engine_watcher *w = &m->spec->watcher;
	return !w->tell || w->tell(w->owner, ENGINE_LOADING, done) ||
	       fail(e, ERR_CANCELLED, LAYER_ENGINE, "merging was stopped");
}

static bool write_file(struct merge *m, struct err *e)
{
	m->file = fopen(m->partial, "wb");
	if (!m->file)
		return fail_errno(e, LAYER_DISK, errno, "cannot write %s", m->partial);
	bool ok = write_header(m, e);
	size_t n = gg_tensor_count(m->base);
	for (size_t i = 0; ok && i < n; i++)
		ok = tell(m, (double)i / (double)n, e) &&
		     write_tensor(m, gg_tensor_at(m->base, i), e);
	if (ok && (fflush(m->file) != 0 || fsync(fileno(m->file)) != 0))
		ok = fail_errno(e, LAYER_DISK, errno, "cannot write %s", m->partial);
	return ok;
}

bool merge_make(const struct merge_spec *spec, struct err *e)
{
	struct merge m = { .spec = spec };
	struct err why = { 0 };
	if (merge_is_done(spec))
		return true;
	struct arena *a = arena_new();
	const char *path = merge_path(a, spec);
	m.partial = arena_z(a, arena_printf(a, "%s.partial-%ld", path, (long)getpid()));
	bool ok = library_load(&why) &&
		  adapter_check(&spec->adapter, spec->base_path, spec->base_sha256, &why) &&
		  open_all(&m, &why) && check_room(&m, &why) && write_file(&m, &why);
	close_all(&m);
	if (ok && rename(m.partial, path) != 0)
		ok = fail_errno(&why, LAYER_DISK, errno, "cannot name %s", path);
	if (!ok)
		unlink(m.partial);
	arena_free(a);
	if (!ok && e && !err_is_set(e))
		*e = why;
	return ok;
}

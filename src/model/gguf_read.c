/*
 * gguf_read.c - the walk through a header: a window over the front of the file that grows as it is
 * read; see gguf.h.
 *
 * Layer: engine. While walking, places are kept as offsets into the window, because it moves when
 * it grows; they become pointers once, at the end. Nothing is read that `need` has not granted, and
 * `need` grants nothing beyond the end of the file or our cap.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/must.h"
#include "model/gguf.h"
#include "model/gguf_int.h"

enum {
	FIRST_READ = 64 * 1024,
	MIN_KEY_BYTES = 8 + 1 + 4 + 1, /* name's length, name, kind, value */
	MIN_TENSOR_BYTES =
		8 + 1 + 4 + 8 + 4 + 8, /* length, name, rank, one dimension, type, place */
	MAX_KEY_NAME = 65535,          /* by the specification */
	KIND_BYTES = 4,
};

struct reader {
	struct gg_file *f;
	int fd; /* -1: what is in head is all there will be */
	const char *name;
	size_t at;
	struct err *e;
};

/* ---- the window ---- */

static bool broken(struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool broken(struct reader *r, const char *format, ...)
{
	char what[ERR_WHAT_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	fail(r->e, ERR_BAD_DATA, LAYER_ENGINE, "%s: %s", r->name, what);
	return err_mend(r->e, "the file is damaged or not what it says: pull it again");
}

/* Reads on until `bytes` of the file are in head; those lie within the file. */
static bool fill(struct reader *r, uint64_t bytes)
{
	struct buf *head = &r->f->head;
	uint64_t want = head->n ? 2 * (uint64_t)head->n : FIRST_READ;
	want = want < bytes ? bytes : want;
	want = want < r->f->file_bytes ? want : r->f->file_bytes;
	want = want < head->max ? want : head->max;
	while (head->n < want) {
		char *to = buf_room(head, (size_t)want - head->n);
		MUST(to);
		ssize_t n = pread(r->fd, to, (size_t)want - head->n, (off_t)head->n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(r->e, LAYER_ENGINE, errno, "cannot read %s", r->name);
		if (n == 0)
			return broken(r, "it became shorter while it was read");
		buf_grew(head, (size_t)n);
	}
	return true;
}

/* Grants the next `bytes` bytes, which are `what`. */
static bool need(struct reader *r, uint64_t bytes, const char *what)
{
	struct gg_file *f = r->f;
	if (bytes <= f->head.n - r->at)
		return true;
	if (bytes > f->file_bytes - r->at) {
		broken(r, "%s at byte %zu needs %" PRIu64 " bytes, the file has %" PRIu64 " more",
			what, r->at, bytes, f->file_bytes - r->at);
		return false;
	}
	if (r->fd < 0)
		return fail(r->e, ERR_CUT, LAYER_ENGINE,
			"%s: its header goes on after the first %zu bytes", r->name, f->head.n);
	if (r->at + bytes > f->head.max)
		return fail(r->e, ERR_TOO_BIG, LAYER_ENGINE,
			"%s: its header is over the limit of %zu bytes (%s at byte %zu)", r->name,
			f->head.max, what, r->at);
	return fill(r, r->at + bytes);
}

static bool take_number(struct reader *r, unsigned bytes, const char *what, uint64_t *out)
{
	if (!need(r, bytes, what))
		return false;
	*out = gg_number(r->f->head.p + r->at, bytes);
	r->at += bytes;
	return true;
}

/* Bytes that were granted, as they stand now: the window may move at the next need. */
static struct str in_head(const struct gg_file *f, size_t at, size_t bytes)
{
	return str_n(f->head.p + at, bytes);
}

/* A length and that many bytes. */
static bool take_text(struct reader *r, const char *what, size_t *at, size_t *bytes)
{
	uint64_t n = 0;
	if (!take_number(r, 8, what, &n) || !need(r, n, what))
		return false;
	*at = r->at;
	*bytes = (size_t)n;
	r->at += (size_t)n;
	return true;
}

/* ---- what the file is ---- */

struct look_alike {
	struct str starts;
	const char *is;
};

/* What people mistake for a GGUF file, by its first bytes. */
static bool fail_not_gguf(struct reader *r)
{
	const struct look_alike rows[] = {
		{ STR("<"), "a web page" },
		{ STR("{\""), "JSON, perhaps an error message" },
		{ STR("version https://git-lfs"), "a Git LFS pointer, not the file itself" },
		{ STR("PK\x03\x04"), "a zip archive (a PyTorch checkpoint?)" },
		{ STR("\x1f\x8b"), "compressed with gzip" },
		{ STR("lmgg"), "in the GGML format of early 2023" },
		{ STR("fmgg"), "in the GGML format of early 2023" },
		{ STR("tjgg"), "in the GGJT format of mid-2023" },
		{ STR("FUGG"), "GGUF with its bytes swapped" },
	};
	char quote[GG_QUOTE_BYTES];
	struct str head = buf_str(&r->f->head);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_starts(head, rows[i].starts))
			return broken(r, "this is not a GGUF file, it is %s", rows[i].is);
	gg_quote(str_sub(head, 0, 4), quote);
	return broken(r, "this is not a GGUF file: it begins with '%s'", quote);
}

static bool check_version(struct reader *r, uint32_t version)
{
	const uint32_t oldest = 2, low_half = 0xffff;
	if (version && (version & low_half) == 0)
		return broken(r, "this GGUF file is big-endian, only little-endian ones are read");
	if (version < oldest) {
		fail(r->e, ERR_BAD_DATA, LAYER_ENGINE,
			"%s: GGUF version %" PRIu32 " is older than any library reads", r->name,
			version);
		return err_mend(r->e, "take a file converted after October 2023");
	}
	if (version > GG_VERSION) {
		fail(r->e, ERR_BAD_DATA, LAYER_ENGINE,
			"%s: GGUF version %" PRIu32 ", the newest we read is %d", r->name, version,
			GG_VERSION);
		return err_mend(r->e, "update offgrid");
	}
	return true;
}

static bool check_count(
	struct reader *r, uint64_t count, const char *what, uint64_t cap, unsigned min_bytes)
{
	uint64_t rest = r->f->file_bytes - r->at;
	if (count > rest / min_bytes)
		return broken(r,
			"it claims %" PRIu64 " %s, in %" PRIu64 " bytes there is room for %" PRIu64,
			count, what, rest, rest / min_bytes);
	if (count > cap)
		return fail(r->e, ERR_TOO_BIG, LAYER_ENGINE,
			"%s: %" PRIu64 " %s, the limit is %" PRIu64, r->name, count, what, cap);
	return true;
}

static bool read_front(struct reader *r)
{
	struct gg_file *f = r->f;
	uint64_t magic, version, n_tensors, n_keys;
	if (f->file_bytes == 0)
		return broken(r, "the file is empty");
	if (!need(r, 1, "the first byte"))
		return false;
	if (!str_starts(buf_str(&f->head), STR(GG_MAGIC)))
		return fail_not_gguf(r);
	if (!take_number(r, 4, "the magic", &magic) ||
		!take_number(r, 4, "the version", &version) ||
		!check_version(r, (uint32_t)version) ||
		!take_number(r, 8, "the number of tensors", &n_tensors) ||
		!take_number(r, 8, "the number of keys", &n_keys))
		return false;
	if (!check_count(r, n_keys, "keys", LIMIT_GGUF_KEYS, MIN_KEY_BYTES) ||
		!check_count(r, n_tensors, "tensors", LIMIT_GGUF_TENSORS, MIN_TENSOR_BYTES))
		return false;
	f->version = (uint32_t)version;
	f->n_keys = (size_t)n_keys;
	f->n_tensors = (size_t)n_tensors;
	f->keys = must_calloc(f->n_keys, sizeof(*f->keys));
	f->tensors = must_calloc(f->n_tensors, sizeof(*f->tensors));
	f->tensor_names = must_calloc(f->n_tensors, sizeof(*f->tensor_names));
	return true;
}

/* ---- keys ---- */

static bool skip_texts(struct reader *r, uint64_t count, const char *what)
{
	size_t at, bytes;
	for (uint64_t i = 0; i < count; i++)
		if (!take_text(r, what, &at, &bytes))
			return false;
	return true;
}

static bool read_items(struct reader *r, struct gg_array *a, const char *what)
{
	size_t start = r->at;
	if (a->kind == GG_STR) {
		if (!skip_texts(r, a->count, what))
			return false;
	} else {
		unsigned each = gg_kinds[a->kind].bytes;
		if (a->count > r->f->file_bytes / each)
			return broken(r,
				"%s claims %" PRIu64 " items in a file of %" PRIu64 " bytes", what,
				a->count, r->f->file_bytes);
		if (!need(r, a->count * each, what))
			return false;
		r->at += (size_t)(a->count * each);
	}
	a->bytes.n = r->at - start;
	return true;
}

static bool read_kind(struct reader *r, const char *what, enum gg_kind *out)
{
	uint64_t kind;
	if (!take_number(r, KIND_BYTES, what, &kind))
		return false;
	if (kind >= GG_KIND_COUNT)
		return broken(r, "%s is of unknown kind %" PRIu64, what, kind);
	*out = (enum gg_kind)kind;
	return true;
}

static bool read_key(struct reader *r, size_t index)
{
	struct gg_entry *k = &r->f->keys[index];
	struct gg_value *v = &k->value;
	char what[GG_QUOTE_BYTES + 32], quote[GG_QUOTE_BYTES];
	snprintf(what, sizeof(what), "key %zu", index);
	if (!take_text(r, what, &k->name_at, &v->key.n))
		return false;
	if (v->key.n == 0 || v->key.n > MAX_KEY_NAME)
		return broken(r, "%s has a name of %zu bytes", what, v->key.n);
	gg_quote(in_head(r->f, k->name_at, v->key.n), quote);
	snprintf(what, sizeof(what), "key %zu '%s'", index, quote);
	if (!read_kind(r, what, &v->kind))
		return false;
	v->array = (struct gg_array){ .kind = v->kind, .count = 1 };
	if (v->kind == GG_ARRAY) {
		if (!read_kind(r, what, &v->array.kind) ||
			!take_number(r, 8, what, &v->array.count))
			return false;
		if (v->array.kind == GG_ARRAY)
			return broken(r, "%s is an array of arrays", what);
	}
	k->value_at = r->at;
	return read_items(r, &v->array, what);
}

/* ---- tensors ---- */

static bool read_dims(struct reader *r, struct gg_tensor *t, const char *what)
{
	uint64_t n_dims;
	if (!take_number(r, 4, what, &n_dims))
		return false;
	if (n_dims > GG_DIMS)
		return broken(r, "%s has %" PRIu64 " dimensions, at most %d are possible", what,
			n_dims, GG_DIMS);
	t->n_dims = (uint32_t)n_dims;
	t->count = 1;
	for (uint32_t i = 0; i < GG_DIMS; i++) {
		t->dims[i] = 1;
		if (i < n_dims && !take_number(r, 8, what, &t->dims[i]))
			return false;
		if (t->dims[i] == 0 || t->dims[i] > (uint64_t)INT64_MAX / t->count)
			return broken(r, "%s has an impossible shape: dimension %u is %" PRIu64,
				what, i, t->dims[i]);
		t->count *= t->dims[i];
	}
	return true;
}

static bool read_type(struct reader *r, struct gg_tensor *t, const char *what)
{
	uint64_t id;
	if (!take_number(r, 4, what, &id))
		return false;
	t->type_id = (uint32_t)id;
	t->type = gg_tensor_type(t->type_id);
	if (!t->type) {
		broken(r, "%s is of type %" PRIu64 ", unknown to this version or removed", what,
			id);
		return false;
	}
	if (t->dims[0] % t->type->block)
		return broken(r, "%s has %" PRIu64 " numbers a row, %s needs a multiple of %u",
			what, t->dims[0], t->type->name, t->type->block);
	uint64_t blocks = t->count / t->type->block;
	if (blocks > (uint64_t)INT64_MAX / t->type->bytes)
		return broken(r, "%s has an impossible size: %" PRIu64 " numbers of %s", what,
			t->count, t->type->name);
	t->bytes = blocks * t->type->bytes;
	return true;
}

static bool read_tensor(struct reader *r, size_t index)
{
	struct gg_tensor *t = &r->f->tensors[index];
	char what[GG_QUOTE_BYTES + 32], quote[GG_QUOTE_BYTES];
	snprintf(what, sizeof(what), "tensor %zu", index);
	if (!take_text(r, what, &r->f->tensor_names[index], &t->name.n))
		return false;
	if (t->name.n == 0 || t->name.n >= GG_NAME_BYTES)
		return broken(r, "%s has a name of %zu bytes, at most %d are possible", what,
			t->name.n, GG_NAME_BYTES - 1);
	gg_quote(in_head(r->f, r->f->tensor_names[index], t->name.n), quote);
	snprintf(what, sizeof(what), "tensor %zu '%s'", index, quote);
	return read_dims(r, t, what) && read_type(r, t, what) &&
	       take_number(r, 8, what, &t->offset);
}

static uint64_t padded(uint64_t bytes, uint64_t alignment)
{
	return (bytes + alignment - 1) & ~(alignment - 1);
}

static bool read_alignment(struct reader *r)
{
	const uint64_t most = (uint64_t)1 << 20;
	uint64_t alignment = GG_ALIGNMENT;
	if (!gg_opt_u64(r->f, "general.alignment", &alignment, r->e))
		return false;
	if (alignment == 0 || alignment > most || (alignment & (alignment - 1)))
		return broken(r,
			"general.alignment is %" PRIu64 ", not a power of two up to %" PRIu64,
			alignment, most);
	r->f->alignment = alignment;
	return true;
}

static bool fail_cut(struct reader *r, size_t index, uint64_t end)
{
	char quote[GG_QUOTE_BYTES];
	const struct gg_file *f = r->f;
	fail(r->e, ERR_BAD_DATA, LAYER_ENGINE,
		"%s: tensor %zu of %zu '%s' ends %" PRIu64 " bytes after the end of the file "
		"(%" PRIu64 " bytes): the download was cut",
		r->name, index, f->n_tensors, gg_quote(f->tensors[index].name, quote),
		end - f->file_bytes, f->file_bytes);
	return err_mend(r->e, "pull it again: what is missing is fetched");
}

/* Tensors follow each other without holes, in the file's order, and end within the file. */
static bool place_tensors(struct reader *r)
{
	struct gg_file *f = r->f;
	uint64_t next = 0;
	f->data_start = f->n_tensors ? padded(r->at, f->alignment) : r->at;
	for (size_t i = 0; i < f->n_tensors; i++) {
		struct gg_tensor *t = &f->tensors[i];
		char quote[GG_QUOTE_BYTES];
		if (t->offset != next)
			return broken(r,
				"tensor %zu '%s' lies at %" PRIu64 " of the data, not at %" PRIu64,
				i, gg_quote(t->name, quote), t->offset, next);
		uint64_t end = f->data_start + t->offset + t->bytes;
		if (end < t->bytes || end > (uint64_t)INT64_MAX)
			return broken(r, "tensor %zu '%s' ends beyond any file", i,
				gg_quote(t->name, quote));
		if (end > f->file_bytes)
			return fail_cut(r, i, end);
		t->offset += f->data_start;
		next += padded(t->bytes, f->alignment);
	}
	return true;
}

/* ---- the whole ---- */

/* The window has stopped moving: places become pointers. */
static void settle(struct gg_file *f)
{
	for (size_t i = 0; i < f->n_keys; i++) {
		f->keys[i].value.key.p = f->head.p + f->keys[i].name_at;
		f->keys[i].value.array.bytes.p = f->head.p + f->keys[i].value_at;
	}
	for (size_t i = 0; i < f->n_tensors; i++)
		f->tensors[i].name.p = f->head.p + f->tensor_names[i];
}

static bool order_names(struct reader *r, struct gg_named *names, size_t count, const char *what)
{
	gg_order(names, count);
	for (size_t i = 1; i < count; i++) {
		char quote[GG_QUOTE_BYTES];
		if (str_eq(names[i - 1].name, names[i].name))
			return broken(r, "%s %zu and %zu have the same name '%s'", what,
				names[i - 1].index, names[i].index, gg_quote(names[i].name, quote));
	}
	return true;
}

static bool index_names(struct reader *r)
{
	struct gg_file *f = r->f;
	f->keys_by_name = must_calloc(f->n_keys, sizeof(*f->keys_by_name));
	f->tensors_by_name = must_calloc(f->n_tensors, sizeof(*f->tensors_by_name));
	for (size_t i = 0; i < f->n_keys; i++)
		f->keys_by_name[i] = (struct gg_named){ f->keys[i].value.key, i };
	for (size_t i = 0; i < f->n_tensors; i++)
		f->tensors_by_name[i] = (struct gg_named){ f->tensors[i].name, i };
	return order_names(r, f->keys_by_name, f->n_keys, "keys") &&
	       order_names(r, f->tensors_by_name, f->n_tensors, "tensors");
}

static bool read_header(struct reader *r)
{
	struct gg_file *f = r->f;
	if (!read_front(r))
		return false;
	for (size_t i = 0; i < f->n_keys; i++)
		if (!read_key(r, i))
			return false;
	for (size_t i = 0; i < f->n_tensors; i++)
		if (!read_tensor(r, i))
			return false;
	settle(f);
	return index_names(r) && read_alignment(r) && place_tensors(r);
}

static struct gg_file *read_file(
	int fd, struct str first, uint64_t file_bytes, const char *name, struct err *e)
{
	struct gg_file *f = must_calloc(1, sizeof(*f));
	struct reader r = { .f = f, .fd = fd, .name = name, .e = e };
	f->file_bytes = file_bytes;
	buf_init(&f->head, fd < 0 ? first.n : LIMIT_GGUF_HEADER_BYTES);
	buf_add(&f->head, first);
	if (read_header(&r))
		return f;
	gg_free(f);
	return NULL;
}

struct gg_file *gg_open_bytes(
	struct str first, uint64_t file_bytes, const char *name, struct err *e)
{
	return read_file(-1, str_sub(first, 0, (size_t)file_bytes), file_bytes, name, e);
}

struct gg_file *gg_open_fd(int fd, const char *name, struct err *e)
{
	struct stat st;
	if (fstat(fd, &st) != 0) {
		fail_errno(e, LAYER_ENGINE, errno, "cannot look at %s", name);
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		fail(e, ERR_BAD_DATA, LAYER_ENGINE, "%s is not a regular file", name);
		return NULL;
	}
	return read_file(fd, STR(""), (uint64_t)st.st_size, name, e);
}

struct gg_file *gg_open(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		fail_errno(e, LAYER_ENGINE, errno, "cannot open %s", path);
		return NULL;
	}
	struct gg_file *f = gg_open_fd(fd, path, e);
	close(fd);
	return f;
}

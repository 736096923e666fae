#include "../unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "model/gguf.h"
#include "model/gguf_write.h"
#include "model/tiny.h"

/* ---- files by hand, byte by byte ---- */

enum { FILE_CAP = 4096, DATA_BYTES = 64 };

static void number(struct buf *b, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buf_add_char(b, (char)(value >> (8 * i) & 0xff));
}

static void text(struct buf *b, const char *z)
{
	number(b, str_z(z).n, 8);
	buf_add_z(b, z);
}

static void front(struct buf *b, uint64_t tensors, uint64_t keys)
{
	buf_add_z(b, "GGUF");
	number(b, 3, 4);
	number(b, tensors, 8);
	number(b, keys, 8);
}

static void key_u32(struct buf *b, const char *name, uint32_t value)
{
	text(b, name);
	number(b, GG_U32, 4);
	number(b, value, 4);
}

static void tensor(struct buf *b, const char *name, uint64_t columns, uint64_t rows, uint32_t type,
	uint64_t offset)
{
	text(b, name);
	number(b, 2, 4);
	number(b, columns, 8);
	number(b, rows, 8);
	number(b, type, 4);
	number(b, offset, 8);
}

static void data(struct buf *b, size_t bytes)
{
	buf_add_fill(b, 0, (GG_ALIGNMENT - b->n % GG_ALIGNMENT) % GG_ALIGNMENT);
	buf_add_fill(b, 'w', bytes);
}

/* Every kind of value, an array of strings, two tensors. */
static void whole_file(struct buf *b)
{
	front(b, 2, 6);
	text(b, "name");
	number(b, GG_STR, 4);
	text(b, "small");
	key_u32(b, "count", 7);
	text(b, "minus");
	number(b, GG_I8, 4);
	number(b, 0xfe, 1);
	text(b, "half");
	number(b, GG_F64, 4);
	number(b, 0x3fe0000000000000, 8);
	text(b, "yes");
	number(b, GG_BOOL, 4);
	number(b, 1, 1);
	text(b, "words");
	number(b, GG_ARRAY, 4);
	number(b, GG_STR, 4);
	number(b, 3, 8);
	text(b, "a");
	text(b, "");
	text(b, "bcd");
	tensor(b, "first", 4, 2, GG_TENSOR_F32, 0);
	tensor(b, "second", 4, 2, GG_TENSOR_F32, 32);
	data(b, DATA_BYTES);
}

static struct gg_file *open_buf(const struct buf *b, struct err *e)
{
	return gg_open_bytes(buf_str(b), b->n, "test", e);
}

/* ---- good files ---- */

static void keys_of_every_kind_are_read(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct buf b;
	buf_init(&b, FILE_CAP);
	whole_file(&b);
	struct gg_file *f = open_buf(&b, &e);
	assert_non_null(f);
	struct str s = STR("");
	uint64_t n = 0;
	double d = 0;
	bool yes = false;
	assert_true(gg_get_str(f, "name", &s, &e));
	assert_str(s, "small");
	assert_true(gg_get_u64(f, "count", &n, &e));
	assert_int_equal(n, 7);
	assert_true(gg_get_double(f, "half", &d, &e) && d * 2 == 1);
	assert_true(gg_get_double(f, "minus", &d, &e) && d == -2);
	assert_true(gg_get_bool(f, "yes", &yes, &e) && yes);
	assert_int_equal(gg_key_count(f), 6);
	assert_str(gg_key_at(f, 2).key, "minus");
	gg_free(f);
	buf_clear(&b);
}

static void arrays_of_strings_are_walked(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct buf b;
	buf_init(&b, FILE_CAP);
	whole_file(&b);
	struct gg_file *f = open_buf(&b, &e);
	struct gg_array a;
	struct str item = STR("");
	assert_true(gg_get_array(f, "words", &a, &e));
	assert_int_equal(a.count, 3);
	assert_true(gg_next_str(&a.bytes, &item));
	assert_str(item, "a");
	assert_true(gg_next_str(&a.bytes, &item));
	assert_str(item, "");
	assert_true(gg_next_str(&a.bytes, &item));
	assert_str(item, "bcd");
	assert_false(gg_next_str(&a.bytes, &item));
	gg_free(f);
	buf_clear(&b);
}

static void tensors_are_placed_in_the_file(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct buf b;
	buf_init(&b, FILE_CAP);
	whole_file(&b);
	struct gg_file *f = open_buf(&b, &e);
	const struct gg_tensor *t = gg_tensor(f, "second");
	assert_non_null(t);
	assert_int_equal(t->bytes, 32);
	assert_int_equal(t->count, 8);
	assert_int_equal(t->offset, b.n - 32);
	assert_int_equal(t->dims[1], 2);
	assert_int_equal(t->dims[3], 1);
	assert_ptr_equal(t, gg_tensor_at(f, 1));
	assert_null(gg_tensor(f, "third"));
	gg_free(f);
	buf_clear(&b);
}

static void a_key_of_another_kind_or_absent_is_said(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct buf b;
	buf_init(&b, FILE_CAP);
	whole_file(&b);
	struct gg_file *f = open_buf(&b, &e);
	uint64_t n = 5;
	assert_true(gg_opt_u64(f, "absent", &n, &e));
	assert_false(gg_get_u64(f, "absent", &n, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_ENGINE);
	err_clear(&e);
	assert_false(gg_opt_u64(f, "name", &n, &e));
	assert_non_null(strstr(e.what, "'name'"));
	err_clear(&e);
	assert_false(gg_opt_u64(f, "minus", &n, &e));
	assert_non_null(strstr(e.what, "-2"));
	assert_int_equal(n, 5);
	gg_free(f);
	buf_clear(&b);
}

static void what_the_writer_wrote_is_read_back(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct tiny_recipe r = { .arch = "qwen3", .seed = 3, .context_tokens = 512 };
	struct gg_writer *w = tiny_model(&r, &e);
	struct buf b;
	buf_init(&b, LIMIT_GGUF_WRITE_BYTES);
	assert_true(gg_writer_bytes(w, &b, &e));
	struct gg_file *f = open_buf(&b, &e);
	assert_non_null(f);
	uint64_t n = 0;
	struct gg_array kinds;
	assert_true(gg_get_u64(f, "qwen3.context_length", &n, &e));
	assert_int_equal(n, 512);
	assert_true(gg_get_array(f, "tokenizer.ggml.token_type", &kinds, &e));
	assert_int_equal(gg_item_i64(&kinds, 0), 3);
	assert_int_equal(gg_item_i64(&kinds, kinds.count - 1), 1);
	const struct gg_tensor *last = gg_tensor_at(f, gg_tensor_count(f) - 1);
	assert_int_equal(last->offset + last->bytes, b.n);
	gg_free(f);
	gg_writer_free(w);
	buf_clear(&b);
}

static void a_file_on_disk_is_read_without_its_weights(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct arena *a = arena_new();
	struct str dir;
	struct buf b;
	buf_init(&b, FILE_CAP);
	whole_file(&b);
	assert_true(fs_temp_dir(a, "offgrid-test", &dir, &e));
	const char *path = fs_join(a, dir, STR("m.gguf")).p;
	assert_true(fs_write(path, buf_str(&b), 0644, &e));
	struct gg_file *f = gg_open(path, &e);
	assert_non_null(f);
	assert_int_equal(gg_file_bytes(f), b.n);
	gg_free(f);
	assert_null(gg_open(dir.p, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_ENGINE);
	err_clear(&e);
	assert_null(gg_open(fs_join(a, dir, STR("absent")).p, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_ENGINE);
	err_clear(&e);
	assert_true(fs_remove_tree(dir.p, &e));
	arena_free(a);
	buf_clear(&b);
}

/* ---- bad files ---- */

static void cut_at_any_byte_it_is_refused(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, FILE_CAP);
	whole_file(&b);
	for (size_t n = 0; n < b.n; n++) {
		struct err e = { 0 };
		assert_null(gg_open_bytes(str_sub(buf_str(&b), 0, n), n, "test", &e));
		assert_err(e, ERR_BAD_DATA, LAYER_ENGINE);
		assert_true(e.mend[0] != 0);
	}
	buf_clear(&b);
}

static void a_first_part_is_told_from_a_cut_file(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, FILE_CAP);
	whole_file(&b);
	size_t header = b.n - DATA_BYTES;
	for (size_t n = 4; n < b.n; n++) {
		struct err e = { 0 };
		struct gg_file *f = gg_open_bytes(str_sub(buf_str(&b), 0, n), b.n, "test", &e);
		if (n >= header) {
			assert_non_null(f);
			gg_free(f);
		} else if (!f) {
			assert_err(e, ERR_CUT, LAYER_ENGINE);
		} else {
			gg_free(f); /* only the padding before the data was missing */
			assert_true(header - n < GG_ALIGNMENT);
		}
	}
	buf_clear(&b);
}

/* Every byte changed to a few others, one at a time: an answer, whichever, and no crash. */
static void with_any_byte_changed_it_is_read_or_refused(void **state)
{
	(void)state;
	static const unsigned char other[] = { 0x00, 0x01, 0x09, 0x7f, 0x80, 0xff };
	struct buf b;
	buf_init(&b, FILE_CAP);
	whole_file(&b);
	size_t refused = 0;
	for (size_t i = 0; i < b.n - DATA_BYTES; i++)
		for (size_t k = 0; k < sizeof(other); k++) {
			struct err e = { 0 };
			char kept = b.p[i];
			b.p[i] = (char)other[k];
			struct gg_file *f = open_buf(&b, &e);
			assert_true((f != NULL) != err_is_set(&e));
			refused += !f;
			gg_free(f);
			b.p[i] = kept;
		}
	assert_true(refused > b.n);
	buf_clear(&b);
}

struct bad_file {
	const char *name;
	void (*make)(struct buf *b);
	const char *says;
	enum err_kind kind;
};

static void make_empty(struct buf *b)
{
	(void)b;
}

static void make_web_page(struct buf *b)
{
	buf_add_z(b, "<!DOCTYPE html><html>Not found</html>");
}

static void make_lfs_pointer(struct buf *b)
{
	buf_add_z(b, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
}

static void make_escapes(struct buf *b)
{
	buf_add_z(b, "\x1b[2J and more");
}

static void make_version(struct buf *b, uint64_t version)
{
	buf_add_z(b, "GGUF");
	number(b, version, 4);
	buf_add_fill(b, 0, 64);
}

static void make_version_1(struct buf *b)
{
	make_version(b, 1);
}

static void make_version_4(struct buf *b)
{
	make_version(b, 4);
}

static void make_big_endian(struct buf *b)
{
	make_version(b, 0x03000000);
}

static void make_many_keys(struct buf *b)
{
	front(b, 0, UINT64_MAX);
}

static void make_many_tensors(struct buf *b)
{
	front(b, UINT64_C(1) << 61, 0);
	buf_add_fill(b, 0, 100);
}

static void make_long_key_name(struct buf *b)
{
	front(b, 0, 1);
	number(b, UINT64_MAX, 8);
	buf_add_fill(b, 'k', 100);
}

static void make_empty_key_name(struct buf *b)
{
	front(b, 0, 1);
	key_u32(b, "", 1);
}

static void make_unknown_kind(struct buf *b)
{
	front(b, 0, 1);
	text(b, "k");
	number(b, 13, 4);
	number(b, 0, 8);
}

static void make_long_string(struct buf *b)
{
	front(b, 0, 1);
	text(b, "k");
	number(b, GG_STR, 4);
	number(b, UINT64_MAX - 7, 8);
}

static void array(struct buf *b, uint32_t kind, uint64_t count)
{
	front(b, 0, 1);
	text(b, "k");
	number(b, GG_ARRAY, 4);
	number(b, kind, 4);
	number(b, count, 8);
	buf_add_fill(b, 0, 64);
}

static void make_nested_array(struct buf *b)
{
	array(b, GG_ARRAY, 1);
}

static void make_long_array(struct buf *b)
{
	array(b, GG_U64, UINT64_MAX / 8 + 2); /* times 8 wraps to 8 */
}

static void make_long_string_array(struct buf *b)
{
	array(b, GG_STR, UINT64_MAX);
}

static void make_key_twice(struct buf *b)
{
	front(b, 0, 3);
	key_u32(b, "same", 1);
	key_u32(b, "other", 1);
	key_u32(b, "same", 2);
}

static void make_tensor_twice(struct buf *b)
{
	front(b, 2, 0);
	tensor(b, "same", 4, 2, GG_TENSOR_F32, 0);
	tensor(b, "same", 4, 2, GG_TENSOR_F32, 32);
	data(b, DATA_BYTES);
}

static void one_tensor(struct buf *b, uint64_t columns, uint64_t rows, uint32_t type, uint64_t at)
{
	front(b, 1, 0);
	tensor(b, "t", columns, rows, type, at);
	data(b, DATA_BYTES);
}

static void make_overflowing_shape(struct buf *b)
{
	one_tensor(b, UINT64_C(1) << 33, UINT64_C(1) << 33, GG_TENSOR_F32, 0);
}

static void make_overflowing_bytes(struct buf *b)
{
	one_tensor(b, UINT64_C(1) << 31, UINT64_C(1) << 31, GG_TENSOR_F32, 0);
}

static void make_zero_dimension(struct buf *b)
{
	one_tensor(b, 0, UINT64_MAX, GG_TENSOR_F32, 0);
}

static void make_removed_type(struct buf *b)
{
	one_tensor(b, 32, 1, 4, 0);
}

static void make_unknown_type(struct buf *b)
{
	one_tensor(b, 32, 1, UINT32_MAX, 0);
}

static void make_odd_row(struct buf *b)
{
	one_tensor(b, 33, 1, GG_TENSOR_Q8_0, 0);
}

static void make_offset_beyond(struct buf *b)
{
	one_tensor(b, 4, 2, GG_TENSOR_F32, UINT64_MAX - 31);
}

static void make_many_dimensions(struct buf *b)
{
	front(b, 1, 0);
	text(b, "t");
	number(b, 5, 4);
	buf_add_fill(b, 1, 100);
}

static void make_long_tensor_name(struct buf *b)
{
	front(b, 1, 0);
	tensor(b, "0123456789012345678901234567890123456789012345678901234567890123", 4, 2,
		GG_TENSOR_F32, 0);
	data(b, DATA_BYTES);
}

static void aligned(struct buf *b, uint32_t alignment)
{
	front(b, 1, 1);
	key_u32(b, "general.alignment", alignment);
	tensor(b, "t", 4, 2, GG_TENSOR_F32, 0);
	data(b, DATA_BYTES);
}

static void make_no_alignment(struct buf *b)
{
	aligned(b, 0);
}

static void make_odd_alignment(struct buf *b)
{
	aligned(b, 48);
}

static void make_cut_data(struct buf *b)
{
	one_tensor(b, 4, 8, GG_TENSOR_F32, 0);
}

static const struct bad_file bad_files[] = {
	{ "empty", make_empty, "is empty", ERR_BAD_DATA },
	{ "web page", make_web_page, "a web page", ERR_BAD_DATA },
	{ "LFS pointer", make_lfs_pointer, "Git LFS pointer", ERR_BAD_DATA },
	{ "escapes", make_escapes, "begins with '?[2J'", ERR_BAD_DATA },
	{ "version 1", make_version_1, "version 1", ERR_BAD_DATA },
	{ "version 4", make_version_4, "version 4", ERR_BAD_DATA },
	{ "big-endian", make_big_endian, "big-endian", ERR_BAD_DATA },
	{ "many keys", make_many_keys, "claims 18446744073709551615 keys", ERR_BAD_DATA },
	{ "many tensors", make_many_tensors, "claims 2305843009213693952 tensors", ERR_BAD_DATA },
	{ "long key name", make_long_key_name, "key 0 at byte", ERR_BAD_DATA },
	{ "empty key name", make_empty_key_name, "a name of 0 bytes", ERR_BAD_DATA },
	{ "unknown kind", make_unknown_kind, "unknown kind 13", ERR_BAD_DATA },
	{ "long string", make_long_string, "'k' at byte", ERR_BAD_DATA },
	{ "nested array", make_nested_array, "array of arrays", ERR_BAD_DATA },
	{ "long array", make_long_array, "claims 2305843009213693953 items", ERR_BAD_DATA },
	{ "long string array", make_long_string_array, "'k' at byte", ERR_BAD_DATA },
	{ "key twice", make_key_twice, "the same name 'same'", ERR_BAD_DATA },
	{ "tensor twice", make_tensor_twice, "the same name 'same'", ERR_BAD_DATA },
	{ "shape overflows", make_overflowing_shape, "impossible shape", ERR_BAD_DATA },
	{ "bytes overflow", make_overflowing_bytes, "impossible size", ERR_BAD_DATA },
	{ "zero dimension", make_zero_dimension, "dimension 0 is 0", ERR_BAD_DATA },
	{ "removed type", make_removed_type, "of type 4, unknown", ERR_BAD_DATA },
	{ "unknown type", make_unknown_type, "of type 4294967295", ERR_BAD_DATA },
	{ "odd row", make_odd_row, "a multiple of 32", ERR_BAD_DATA },
	{ "offset beyond", make_offset_beyond, "lies at 18446744073709551584", ERR_BAD_DATA },
	{ "many dimensions", make_many_dimensions, "5 dimensions", ERR_BAD_DATA },
	{ "long tensor name", make_long_tensor_name, "a name of 64 bytes", ERR_BAD_DATA },
	{ "no alignment", make_no_alignment, "alignment is 0", ERR_BAD_DATA },
	{ "odd alignment", make_odd_alignment, "alignment is 48", ERR_BAD_DATA },
	{ "cut data", make_cut_data, "'t' ends 64 bytes after the end of the file", ERR_BAD_DATA },
};

static void hostile_files_are_refused_with_the_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
		struct err e = { 0 };
		struct buf b;
		buf_init(&b, FILE_CAP);
		bad_files[i].make(&b);
		assert_null(open_buf(&b, &e));
		assert_err(e, bad_files[i].kind, LAYER_ENGINE);
		if (!strstr(e.what, bad_files[i].says))
			print_error("%s: '%s' does not say '%s'\n", bad_files[i].name, e.what,
				bad_files[i].says);
		assert_non_null(strstr(e.what, bad_files[i].says));
		buf_clear(&b);
	}
}

static void an_honest_count_over_our_cap_is_too_big(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct buf b;
	buf_init(&b, MIB);
	front(&b, 0, LIMIT_GGUF_KEYS + 1);
	buf_add_fill(&b, 0, (LIMIT_GGUF_KEYS + 1) * 20);
	assert_null(open_buf(&b, &e));
	assert_err(e, ERR_TOO_BIG, LAYER_ENGINE);
	buf_clear(&b);
}

static void a_header_over_our_cap_is_too_big(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct arena *a = arena_new();
	struct str dir;
	struct buf b;
	buf_init(&b, FILE_CAP);
	front(&b, 0, 1);
	text(&b, "k");
	number(&b, GG_STR, 4);
	number(&b, LIMIT_GGUF_HEADER_BYTES, 8);
	assert_true(fs_temp_dir(a, "offgrid-test", &dir, &e));
	const char *path = fs_join(a, dir, STR("m.gguf")).p;
	assert_true(fs_write(path, buf_str(&b), 0644, &e));
	assert_int_equal(truncate(path, (off_t)(2 * LIMIT_GGUF_HEADER_BYTES)), 0); /* a hole */
	assert_null(gg_open(path, &e));
	assert_err(e, ERR_TOO_BIG, LAYER_ENGINE);
	err_clear(&e);
	assert_true(fs_remove_tree(dir.p, &e));
	arena_free(a);
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_every_kind_are_read),
		cmocka_unit_test(arrays_of_strings_are_walked),
		cmocka_unit_test(tensors_are_placed_in_the_file),
		cmocka_unit_test(a_key_of_another_kind_or_absent_is_said),
		cmocka_unit_test(what_the_writer_wrote_is_read_back),
		cmocka_unit_test(a_file_on_disk_is_read_without_its_weights),
		cmocka_unit_test(cut_at_any_byte_it_is_refused),
		cmocka_unit_test(a_first_part_is_told_from_a_cut_file),
		cmocka_unit_test(with_any_byte_changed_it_is_read_or_refused),
		cmocka_unit_test(hostile_files_are_refused_with_the_reason),
		cmocka_unit_test(an_honest_count_over_our_cap_is_too_big),
		cmocka_unit_test(a_header_over_our_cap_is_too_big),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

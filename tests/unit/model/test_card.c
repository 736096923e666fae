#include "../unit.h"

#include <string.h>

#include "base/limits.h"
#include "model/card.h"
#include "model/tiny.h"

/* A file with these keys after general.architecture = "llama"; `fill` puts them. */
static struct gg_file *file_with(void (*fill)(struct gg_writer *w))
{
	struct err e = { 0 };
	struct buf b;
	struct gg_writer *w = gg_writer_new();
	buf_init(&b, LIMIT_GGUF_WRITE_BYTES);
	gg_put_str(w, "general.architecture", STR("llama"));
	fill(w);
	assert_true(gg_writer_bytes(w, &b, &e));
	struct gg_file *f = gg_open_bytes(buf_str(&b), b.n, "test", &e);
	assert_non_null(f);
	gg_writer_free(w);
	buf_clear(&b);
	return f;
}

static void put_shape(struct gg_writer *w)
{
	const int32_t kv_heads[] = { 2, 0, 8 };
	gg_put_str(w, "general.name", STR("A \x1b[31mred\xff model\n"));
	gg_put_u32(w, "general.file_type", 15);
	gg_put_u32(w, "llama.context_length", 32768);
	gg_put_u32(w, "llama.block_count", 3);
	gg_put_u32(w, "llama.attention.head_count", 8);
	gg_put_i32s(w, "llama.attention.head_count_kv", kv_heads, 3);
	gg_put_str(w, "tokenizer.chat_template", STR("{{ plain }}"));
	gg_put_str(w, "tokenizer.chat_template.tool_use", STR("{{ tools }}"));
}

static void a_card_holds_what_the_file_says(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct arena *a = arena_new();
	struct gg_file *f = file_with(put_shape);
	struct card c;
	assert_true(card_read(f, a, &c, &e));
	assert_int_equal(c.kind, CARD_MODEL);
	assert_str(c.architecture, "llama");
	assert_str(c.quantisation, "Q4_K_M");
	assert_int_equal(c.context_tokens, 32768);
	assert_int_equal(c.kv_heads, 8);
	assert_true(c.has_tool_template);
	assert_str(card_template(f), "{{ tools }}");
	gg_free(f);
	arena_free(a);
}

static void a_name_cannot_write_on_the_terminal(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct arena *a = arena_new();
	struct gg_file *f = file_with(put_shape);
	struct card c;
	assert_true(card_read(f, a, &c, &e));
	assert_str(c.title, "A  [31mred\xef\xbf\xbd model");
	gg_free(f);
	arena_free(a);
}

static void numbers_for_each_layer_are_told_apart(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct gg_file *f = file_with(put_shape);
	uint64_t n = 99;
	assert_true(card_layer_number(f, "attention.head_count_kv", 1, &n, &e));
	assert_int_equal(n, 0);
	assert_true(card_layer_number(f, "attention.head_count", 1, &n, &e));
	assert_int_equal(n, 8);
	assert_false(card_layer_number(f, "attention.head_count_kv", 3, &n, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_ENGINE);
	gg_free(f);
}

static void put_no_file_type(struct gg_writer *w)
{
	const uint64_t row[] = { 4 };
	const float data[] = { 1, 2, 3, 4 };
	gg_put_str(w, "general.type", STR("adapter"));
	gg_put_tensor(w, "t", row, 1, data);
}

static void what_the_file_leaves_out_is_seen_from_its_tensors(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct arena *a = arena_new();
	struct gg_file *f = file_with(put_no_file_type);
	struct card c;
	assert_true(card_read(f, a, &c, &e));
	assert_int_equal(c.kind, CARD_ADAPTER);
	assert_str(c.quantisation, "F32");
	assert_int_equal(c.parameters, 4);
	assert_int_equal(c.template_bytes, 0);
	gg_free(f);
	arena_free(a);
}

static void a_file_without_architecture_has_no_card(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct arena *a = arena_new();
	const char bytes[] = "GGUF\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	struct gg_file *f = gg_open_bytes(str_n(bytes, 24), 24, "test", &e);
	struct card c;
	assert_non_null(f);
	assert_false(card_read(f, a, &c, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_ENGINE);
	gg_free(f);
	arena_free(a);
}

static void counts_are_written_for_people(void **state)
{
	(void)state;
	char out[CARD_COUNT_BYTES];
	assert_string_equal(card_count(0, out), "0");
	assert_string_equal(card_count(999, out), "999");
	assert_string_equal(card_count(112832, out), "113K");
	assert_string_equal(card_count(134515008, out), "135M");
	assert_string_equal(card_count(999960000, out), "1.0B");
	assert_string_equal(card_count(8030261248, out), "8.0B");
	assert_string_equal(card_count(116829156672, out), "117B");
	assert_string_equal(card_count(UINT64_MAX, out), "18446744T");
}

static void bytes_are_written_for_people(void **state)
{
	(void)state;
	char out[CARD_BYTES_TEXT];
	assert_string_equal(card_bytes(0, out), "0.0 MiB");
	assert_string_equal(card_bytes(98362432, out), "94 MiB");
	assert_string_equal(card_bytes(GIB, out), "1.0 GiB");
	assert_string_equal(card_bytes(1023 * MIB + MIB / 2 + MIB / 4, out), "1.0 GiB");
	assert_string_equal(card_bytes(17 * GIB + GIB / 2, out), "17.5 GiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_holds_what_the_file_says),
		cmocka_unit_test(a_name_cannot_write_on_the_terminal),
		cmocka_unit_test(numbers_for_each_layer_are_told_apart),
		cmocka_unit_test(what_the_file_leaves_out_is_seen_from_its_tensors),
		cmocka_unit_test(a_file_without_architecture_has_no_card),
		cmocka_unit_test(counts_are_written_for_people),
		cmocka_unit_test(bytes_are_written_for_people),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

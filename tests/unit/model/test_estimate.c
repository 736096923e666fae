#include "../unit.h"

#include <string.h>

#include "base/limits.h"
#include "model/estimate.h"
#include "model/gguf_write.h"

/* ---- headers with the numbers of real models, and tensors of which only the names matter ---- */

struct number {
	const char *key;
	uint32_t value;
};

enum { MAX_NUMBERS = 16 };

struct shape {
	const char *architecture;
	struct number numbers[MAX_NUMBERS];
	const char *tensors[3]; /* of every layer */
	const char *others[3];  /* of every layer that is not the `every`th, in its place */
	unsigned every;         /* 0: all layers are alike */
	uint64_t cell_bytes, window_cell_bytes, state_bytes;
};

/*
 * What libllama 0.5.0 was seen to allocate for these, with tensors of the right sizes in sparse
 * files, loaded with no_alloc: its log's "KV buffer" by its cells, its "RS buffer" by its
 * sequences.
 */
static const struct shape shapes[] = {
	{ "llama",
		{ { "block_count", 32 }, { "embedding_length", 4096 },
			{ "attention.head_count", 32 }, { "attention.head_count_kv", 8 } },
		{ "attn_k.weight" }, { 0 }, 0, 131072, 0, 0 },
	{ "qwen3moe",
		{ { "block_count", 48 }, { "embedding_length", 2048 },
			{ "attention.head_count", 32 }, { "attention.head_count_kv", 4 },
			{ "attention.key_length", 128 }, { "attention.value_length", 128 } },
		{ "attn_k.weight" }, { 0 }, 0, 98304, 0, 0 },
	{ "gemma3",
		{ { "block_count", 34 }, { "embedding_length", 2560 },
			{ "attention.head_count", 8 }, { "attention.head_count_kv", 4 },
			{ "attention.key_length", 256 }, { "attention.value_length", 256 },
			{ "attention.sliding_window", 1024 } },
		{ "attn_k.weight" }, { 0 }, 0, 20480, 118784, 0 },
	{ "gpt-oss",
		{ { "block_count", 24 }, { "embedding_length", 2880 },
			{ "attention.head_count", 64 }, { "attention.head_count_kv", 8 },
			{ "attention.key_length", 64 }, { "attention.value_length", 64 },
			{ "attention.sliding_window", 128 } },
		{ "attn_k.weight" }, { 0 }, 0, 24576, 24576, 0 },
	{ "deepseek2",
		{ { "block_count", 27 }, { "embedding_length", 2048 },
			{ "attention.head_count", 16 }, { "attention.head_count_kv", 1 },
			{ "attention.key_length", 576 }, { "attention.value_length", 512 },
			{ "attention.key_length_mla", 192 },
			{ "attention.value_length_mla", 128 } },
		{ "attn_kv_a_mqa.weight" }, { 0 }, 0, 31104, 0, 0 },
	{ "qwen3next",
		{ { "block_count", 12 }, { "embedding_length", 2048 },
			{ "attention.head_count", 16 }, { "attention.head_count_kv", 2 },
			{ "attention.key_length", 256 }, { "attention.value_length", 256 },
			{ "ssm.conv_kernel", 4 }, { "ssm.inner_size", 4096 },
			{ "ssm.state_size", 128 }, { "ssm.group_count", 16 } },
		{ "attn_k.weight" }, { "attn_qkv.weight", "ssm_a" }, 4, 6144, 0, 19759104 },
};

static struct gg_file *file_of(struct gg_writer *w)
{
	struct err e = { 0 };
	struct buf b;
	buf_init(&b, LIMIT_GGUF_WRITE_BYTES);
	assert_true(gg_writer_bytes(w, &b, &e));
	struct gg_file *f = gg_open_bytes(buf_str(&b), b.n, "test", &e);
	assert_non_null(f);
	gg_writer_free(w);
	buf_clear(&b);
	return f;
}

static void put_layer(struct gg_writer *w, const struct shape *s, uint32_t layer)
{
	const uint64_t one[] = { 1 };
	const float zero = 0;
	bool is_other = s->every && (layer + 1) % s->every != 0;
	const char *const *names = is_other ? s->others : s->tensors;
	for (size_t i = 0; i < 3 && names[i]; i++) {
		char name[GG_NAME_BYTES];
		snprintf(name, sizeof(name), "blk.%u.%s", layer, names[i]);
		gg_put_tensor(w, name, one, 1, &zero);
	}
}

static struct gg_writer *written(const struct shape *s)
{
	struct gg_writer *w = gg_writer_new();
	gg_put_str(w, "general.architecture", str_z(s->architecture));
	for (size_t i = 0; i < MAX_NUMBERS && s->numbers[i].key; i++) {
		char key[GG_NAME_BYTES];
		snprintf(key, sizeof(key), "%s.%s", s->architecture, s->numbers[i].key);
		gg_put_u32(w, key, s->numbers[i].value);
	}
	for (uint32_t layer = 0; layer < s->numbers[0].value; layer++)
		put_layer(w, s, layer);
	return w;
}

static void caches_are_what_libllama_allocates(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct err e = { 0 };
		struct gg_file *f = file_of(written(&shapes[i]));
		const struct gg_file *parts[] = { f };
		struct estimate_model m;
		assert_true(estimate_read(parts, 1, &m, &e));
		assert_int_equal(m.cell_bytes, shapes[i].cell_bytes);
		assert_int_equal(m.window_cell_bytes, shapes[i].window_cell_bytes);
		assert_int_equal(m.state_bytes, shapes[i].state_bytes);
		gg_free(f);
	}
}

static void the_files_own_pattern_of_windows_wins(void **state)
{
	(void)state;
	const int32_t pattern[] = { 1, 1, 0, 1 };
	const struct shape s = { "gemma2",
		{ { "block_count", 4 }, { "embedding_length", 64 }, { "attention.head_count", 1 },
			{ "attention.sliding_window", 8 } },
		{ "attn_k.weight" }, { 0 }, 0, 0, 0, 0 };
	struct err e = { 0 };
	struct gg_writer *w = written(&s);
	gg_put_i32s(w, "gemma2.attention.sliding_window_pattern", pattern, 4);
	struct gg_file *f = file_of(w);
	const struct gg_file *parts[] = { f };
	struct estimate_model m;
	assert_true(estimate_read(parts, 1, &m, &e));
	assert_int_equal(m.window_cell_bytes, 3 * m.cell_bytes);
	gg_free(f);
}

static void layers_of_every_part_count(void **state)
{
	(void)state;
	const uint64_t one[] = { 1 };
	const float zero = 0;
	struct shape s = { "llama",
		{ { "block_count", 1 }, { "embedding_length", 64 }, { "attention.head_count", 1 } },
		{ "attn_k.weight" }, { 0 }, 0, 0, 0, 0 };
	struct err e = { 0 };
	struct gg_writer *first = gg_writer_new(), *second = gg_writer_new();
	gg_put_str(first, "general.architecture", STR("llama"));
	gg_put_u32(first, "llama.block_count", 2);
	gg_put_u32(first, "llama.embedding_length", 64);
	gg_put_u32(first, "llama.attention.head_count", 1);
	put_layer(first, &s, 0);
	gg_put_tensor(second, "blk.1.attn_k.weight", one, 1, &zero);
	struct gg_file *a = file_of(first), *b = file_of(second);
	const struct gg_file *parts[] = { a, b };
	struct estimate_model m;
	assert_true(estimate_read(parts, 1, &m, &e));
	assert_int_equal(m.cell_bytes, 256);
	assert_true(estimate_read(parts, 2, &m, &e));
	assert_int_equal(m.cell_bytes, 512);
	gg_free(a);
	gg_free(b);
}

static void absurd_numbers_are_refused_or_cut(void **state)
{
	(void)state;
	const struct shape wide = { "llama",
		{ { "block_count", 1024 }, { "embedding_length", UINT32_MAX },
			{ "attention.head_count", UINT32_MAX },
			{ "attention.key_length", UINT32_MAX },
			{ "attention.value_length", UINT32_MAX }, { "context_length", UINT32_MAX },
			{ "ssm.state_size", UINT32_MAX }, { "ssm.inner_size", UINT32_MAX },
			{ "feed_forward_length", UINT32_MAX },
			{ "expert_used_count", UINT32_MAX } },
		{ "attn_k.weight", "ssm_a" }, { 0 }, 0, 0, 0, 0 };
	struct err e = { 0 };
	struct gg_file *f = file_of(written(&wide));
	const struct gg_file *parts[] = { f };
	struct estimate_model m;
	const struct estimate_use use = { 0 };
	assert_true(estimate_read(parts, 1, &m, &e));
	struct estimate n = estimate_of(&m, &use);
	assert_true(n.all_bytes > n.cache_bytes && n.cache_bytes > GIB);
	gg_free(f);
	struct gg_writer *w = gg_writer_new();
	gg_put_str(w, "general.architecture", STR("llama"));
	gg_put_u32(w, "llama.block_count", UINT32_MAX);
	f = file_of(w);
	parts[0] = f;
	assert_false(estimate_read(parts, 1, &m, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_ENGINE);
	gg_free(f);
}

/* ---- the sum ---- */

/* An 8-billion-parameter model in four bits. */
static const struct estimate_model eight = { .weights_bytes = 4517 * MIB,
	.cell_bytes = 131072,
	.trained_tokens = 131072,
	.vocabulary = 128256,
	.width = 4096,
	.step_floats = 59392 };

static void the_sum_is_what_libllama_takes(void **state)
{
	(void)state;
	const struct estimate_use use = { .context_tokens = 8192, .sequences = 4 };
	struct estimate n = estimate_of(&eight, &use);
	assert_int_equal(n.context_tokens, 8192);
	assert_int_equal(n.cache_bytes, 1024 * MIB);
	/* 124.01 MiB and 1.96 MiB for the logits were seen */
	assert_true(n.work_bytes > 125 * MIB && n.work_bytes < 135 * MIB);
	assert_int_equal(
		n.all_bytes, n.weights_bytes + n.cache_bytes + n.state_bytes + n.work_bytes);
}

static void a_context_is_rounded_as_libllama_does(void **state)
{
	(void)state;
	const struct estimate_use use = { .context_tokens = 1000 }, none = { 0 };
	assert_int_equal(estimate_of(&eight, &use).context_tokens, 1024);
	assert_int_equal(estimate_of(&eight, &none).context_tokens, 131072);
}

static void windows_can_be_cut(void **state)
{
	(void)state;
	struct estimate_model m = eight;
	m.window_cell_bytes = 1000;
	m.window_tokens = 1024;
	const struct estimate_use whole = { .context_tokens = 32768 };
	const struct estimate_use cut = { .context_tokens = 32768, .cuts_windows = true };
	uint64_t saved = estimate_of(&m, &whole).cache_bytes - estimate_of(&m, &cut).cache_bytes;
	assert_int_equal(saved, (32768 - 1536) * 1000);
}

static void the_longest_context_just_fits(void **state)
{
	(void)state;
	for (uint64_t have = 5000 * MIB; have < 24000 * MIB; have += 777 * MIB) {
		struct estimate_use use = { .sequences = 2 };
		use.context_tokens = estimate_longest(&eight, &use, have);
		assert_true(use.context_tokens >= 256 && use.context_tokens % 256 == 0);
		assert_true(estimate_of(&eight, &use).all_bytes <= have);
		use.context_tokens += 256;
		if (use.context_tokens <= eight.trained_tokens)
			assert_true(estimate_of(&eight, &use).all_bytes > have);
	}
	const struct estimate_use any = { 0 };
	assert_int_equal(estimate_longest(&eight, &any, 4000 * MIB), 0);
	assert_int_equal(estimate_longest(&eight, &any, UINT64_MAX), 131072);
}

static void what_does_not_fit_is_refused_with_the_sum_and_a_way_out(void **state)
{
	(void)state;
	const struct estimate_use use = { .context_tokens = 32768 };
	struct err e = { 0 };
	assert_true(estimate_check(&eight, &use, 16 * GIB, &e));
	assert_false(estimate_check(&eight, &use, 6 * GIB, &e));
	assert_err(e, ERR_NO_ROOM, LAYER_ENGINE);
	assert_non_null(strstr(e.what, "needs 8.6 GiB"));
	assert_non_null(strstr(e.what, "6.0 GiB are free"));
	assert_non_null(strstr(e.mend, "--context"));
	err_clear(&e);
	assert_false(estimate_check(&eight, &use, 4 * GIB, &e));
	assert_non_null(strstr(e.mend, "a smaller quantisation"));
	err_clear(&e);
	assert_false(estimate_check(&eight, &use, 10 * MIB, &e));
	assert_non_null(strstr(e.mend, "close other programs"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caches_are_what_libllama_allocates),
		cmocka_unit_test(the_files_own_pattern_of_windows_wins),
		cmocka_unit_test(layers_of_every_part_count),
		cmocka_unit_test(absurd_numbers_are_refused_or_cut),
		cmocka_unit_test(the_sum_is_what_libllama_takes),
		cmocka_unit_test(a_context_is_rounded_as_libllama_does),
		cmocka_unit_test(windows_can_be_cut),
		cmocka_unit_test(the_longest_context_just_fits),
		cmocka_unit_test(what_does_not_fit_is_refused_with_the_sum_and_a_way_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

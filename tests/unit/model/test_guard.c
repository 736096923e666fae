#include "../unit.h"

#include <string.h>

#include "base/limits.h"
#include "model/guard.h"
#include "model/tiny.h"

struct metadata {
	const char *key;
	uint32_t value;
};

enum { KEYS = 5 };

struct guard_case {
	struct metadata keys[KEYS];
	const char *says; /* NULL: it passes */
};

static const struct guard_case cases[] = {
	{ { { "llama.block_count", 2 } }, NULL },
	{ { { "llama.block_count", 512 } }, NULL },
	{ { { "llama.block_count", 0 } }, "block_count is 0" },
	{ { { "llama.block_count", 513 } }, "block_count is 513" },
	{ { { "llama.block_count", 2 }, { "llama.nextn_predict_layers", 3 } }, "nextn" },
	{ { { "llama.block_count", 2 }, { "llama.expert_count", 8 } }, "expert_used_count is 0" },
	{ { { "llama.block_count", 2 }, { "llama.expert_used_count", 1 } }, "expert_used" },
	{ { { "llama.block_count", 2 }, { "llama.expert_count", 2000 } }, "expert_count is 2000" },
	{ { { "llama.block_count", 2 }, { "llama.expert_count", 8 },
		  { "llama.expert_used_count", 2 } },
		NULL },
	{ { { "llama.block_count", 2 }, { "llama.expert_count", 8 },
		  { "llama.expert_used_count", 2 }, { "llama.expert_group_count", 8 } },
		"expert_group_count is 8" },
	{ { { "llama.block_count", 2 }, { "llama.expert_count", 8 },
		  { "llama.expert_used_count", 2 }, { "llama.expert_group_count", 3 } },
		"a divisor" },
	{ { { "llama.block_count", 2 }, { "llama.expert_count", 8 },
		  { "llama.expert_used_count", 2 }, { "llama.expert_group_count", 4 } },
		"expert_group_used_count is 0" },
	{ { { "llama.block_count", 2 }, { "llama.expert_count", 8 },
		  { "llama.expert_used_count", 2 }, { "llama.expert_group_count", 4 },
		  { "llama.expert_group_used_count", 2 } },
		NULL },
};

static struct gg_file *opened(struct gg_writer *w)
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

static void what_libllama_asserts_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = { 0 };
		struct gg_writer *w = gg_writer_new();
		gg_put_str(w, "general.architecture", STR("llama"));
		for (size_t k = 0; k < KEYS && cases[i].keys[k].key; k++)
			gg_put_u32(w, cases[i].keys[k].key, cases[i].keys[k].value);
		struct gg_file *f = opened(w);
		assert_int_equal(guard_check(f, &e), cases[i].says == NULL);
		if (cases[i].says) {
			assert_err(e, ERR_BAD_DATA, LAYER_ENGINE);
			assert_non_null(strstr(e.what, cases[i].says));
		}
		gg_free(f);
	}
}

static void a_word_that_stands_twice_is_refused(void **state)
{
	(void)state;
	const struct str words[] = { STR("one"), STR(""), STR("two"), STR(""), STR("one") };
	struct err e = { 0 };
	struct gg_writer *w = gg_writer_new();
	gg_put_str(w, "general.architecture", STR("llama"));
	gg_put_u32(w, "llama.block_count", 1);
	gg_put_strs(w, "tokenizer.ggml.tokens", words, 5);
	struct gg_file *f = opened(w);
	assert_false(guard_check(f, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_ENGINE);
	assert_non_null(strstr(e.what, "'one' twice"));
	gg_free(f);
}

static void an_unknown_rope_scaling_is_refused(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct gg_writer *w = gg_writer_new();
	gg_put_str(w, "general.architecture", STR("llama"));
	gg_put_u32(w, "llama.block_count", 1);
	gg_put_str(w, "llama.rope.scaling.type", STR("spiral"));
	struct gg_file *f = opened(w);
	assert_false(guard_check(f, &e));
	assert_non_null(strstr(e.what, "spiral"));
	gg_free(f);
}

static void tiny_models_and_adapters_pass(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct tiny_recipe r = { .arch = "qwen2", .seed = 1 };
	struct gg_file *f = opened(tiny_model(&r, &e));
	assert_true(guard_check(f, &e));
	gg_free(f);
	f = opened(tiny_adapter(&r, &e));
	assert_true(guard_check(f, &e));
	gg_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_libllama_asserts_is_refused),
		cmocka_unit_test(a_word_that_stands_twice_is_refused),
		cmocka_unit_test(an_unknown_rope_scaling_is_refused),
		cmocka_unit_test(tiny_models_and_adapters_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

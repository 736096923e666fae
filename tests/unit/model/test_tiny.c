#include "../unit.h"

#include <stdlib.h>

#include "base/limits.h"
#include "model/tiny.h"

static struct buf made(const struct tiny_recipe *r)
{
	struct err e = { 0 };
	struct buf b;
	buf_init(&b, LIMIT_GGUF_WRITE_BYTES);
	struct gg_writer *w = tiny_model(r, &e);
	assert_non_null(w);
	assert_true(gg_writer_bytes(w, &b, &e));
	gg_writer_free(w);
	return b;
}

static void the_same_recipe_gives_the_same_bytes(void **state)
{
	(void)state;
	struct tiny_recipe r = { .arch = "llama", .seed = 7 };
	struct buf one = made(&r), two = made(&r);
	r.seed = 8;
	struct buf three = made(&r);
	assert_true(str_eq(buf_str(&one), buf_str(&two)));
	assert_false(str_eq(buf_str(&one), buf_str(&three)));
	assert_int_equal(one.n, three.n);
	assert_true(one.n < 512 * KIB);
	buf_clear(&one);
	buf_clear(&two);
	buf_clear(&three);
}

static struct gg_file *opened(const struct tiny_recipe *r)
{
	struct err e = { 0 };
	struct buf b = made(r);
	struct gg_file *f = gg_open_bytes(buf_str(&b), b.n, "tiny", &e);
	assert_non_null(f);
	buf_clear(&b);
	return f;
}

static void every_architecture_is_made_of_its_own_parts(void **state)
{
	(void)state;
	static const struct {
		const char *arch, *tensor;
	} rows[] = {
		{ "llama", "blk.1.ffn_gate.weight" },
		{ "qwen2", "blk.1.attn_q.bias" },
		{ "qwen3", "blk.1.attn_q_norm.weight" },
		{ "qwen3moe", "blk.1.ffn_gate_exps.weight" },
		{ "gemma4", "rope_freqs.weight" },
		{ "nemotron_h_moe", "blk.0.ssm_in.weight" },
		{ "gpt-oss", "blk.0.attn_sinks.weight" },
		{ "qwen35", "blk.0.ssm_alpha.weight" },
		{ "lfm2", "token_embd_norm.weight" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tiny_recipe r = { .arch = rows[i].arch, .seed = 1 };
		struct gg_file *f = opened(&r);
		assert_non_null(gg_tensor(f, rows[i].tensor));
		assert_non_null(gg_tensor(f, "output.weight"));
		gg_free(f);
	}
}

/* ---- vocabularies ---- */

static struct str token_at(const struct gg_file *f, uint64_t id)
{
	struct err e = { 0 };
	struct gg_array tokens = { 0 };
	assert_true(gg_get_array(f, "tokenizer.ggml.tokens", &tokens, &e));
	assert_true(id < tokens.count);
	struct str rest = tokens.bytes, text = STR("");
	for (uint64_t i = 0; i <= id; i++)
		assert_true(gg_next_str(&rest, &text));
	return text;
}

static int64_t kind_at(const struct gg_file *f, uint64_t id)
{
	struct err e = { 0 };
	struct gg_array kinds = { 0 };
	assert_true(gg_get_array(f, "tokenizer.ggml.token_type", &kinds, &e));
	return gg_item_i64(&kinds, id);
}

static uint64_t count_tokens(const struct gg_file *f)
{
	struct err e = { 0 };
	struct gg_array tokens = { 0 };
	assert_true(gg_get_array(f, "tokenizer.ggml.tokens", &tokens, &e));
	return tokens.count;
}

static void specials_that_are_missing_come_at_the_end(void **state)
{
	(void)state;
	const struct tiny_special specials[] = { { STR("<think>"), true },
		{ STR("<|user|>"), true }, { STR("<arg>"), false } };
	struct tiny_recipe plain = { .arch = "llama" }, r = { .arch = "llama" };
	r.vocabulary = (struct tiny_vocabulary){
		.specials = specials, .special_count = 3, .eos = STR("<|user|>")
	};
	struct gg_file *before = opened(&plain), *f = opened(&r);
	uint64_t n = count_tokens(before), eos = 0;
	assert_int_equal(count_tokens(f), n + 2); /* the first was there */
	assert_str(token_at(f, n), "<|user|>");
	assert_str(token_at(f, n + 1), "<arg>");
	assert_int_equal(kind_at(f, n), 3);
	assert_int_equal(kind_at(f, n + 1), 4);
	assert_true(gg_get_u64(f, "tokenizer.ggml.eos_token_id", &eos, NULL));
	assert_int_equal(eos, n);
	gg_free(before);
	gg_free(f);
}

/* A vocabulary of five words as another file holds it, with its keys. */
static struct gg_file *other_vocabulary(void)
{
	struct err e = { 0 };
	const struct str words[] = { STR("<s>"), STR("a"), STR("[PAD2]"), STR("b"), STR("[PAD4]") };
	const int32_t kinds[] = { 3, 1, 4, 1, 4 };
	struct gg_writer *w = gg_writer_new();
	struct buf b;
	buf_init(&b, LIMIT_GGUF_WRITE_BYTES);
	gg_put_str(w, "general.architecture", STR("elephant"));
	gg_put_str(w, "tokenizer.ggml.model", STR("gpt2"));
	gg_put_strs(w, "tokenizer.ggml.tokens", words, 5);
	gg_put_i32s(w, "tokenizer.ggml.token_type", kinds, 5);
	gg_put_u32(w, "tokenizer.ggml.bos_token_id", 0);
	gg_put_u32(w, "tokenizer.ggml.eos_token_id", 0);
	gg_put_str(w, "tokenizer.chat_template", STR("theirs"));
	assert_true(gg_writer_bytes(w, &b, &e));
	struct gg_file *f = gg_open_bytes(buf_str(&b), b.n, "other", &e);
	assert_non_null(f);
	gg_writer_free(w);
	buf_clear(&b);
	return f;
}

static void a_vocabulary_is_taken_from_a_file(void **state)
{
	(void)state;
	struct gg_file *other = other_vocabulary();
	const struct tiny_special end = { STR("<end>"), true };
	struct tiny_recipe r = { .arch = "qwen3moe", .chat_template = STR("ours") };
	r.vocabulary = (struct tiny_vocabulary){
		.from = other, .specials = &end, .special_count = 1, .eos = STR("<end>")
	};
	struct gg_file *f = opened(&r);
	struct str text;
	uint64_t id = 9;
	assert_int_equal(count_tokens(f), 5);
	assert_str(token_at(f, 2), "<end>"); /* in the place of one that stood for nothing */
	assert_str(token_at(f, 4), "[PAD4]");
	assert_int_equal(kind_at(f, 2), 3);
	assert_int_equal(kind_at(f, 1), 1);
	assert_true(gg_get_u64(f, "tokenizer.ggml.eos_token_id", &id, NULL));
	assert_int_equal(id, 2);
	assert_true(gg_get_u64(f, "tokenizer.ggml.bos_token_id", &id, NULL));
	assert_int_equal(id, 0);
	assert_true(gg_get_str(f, "tokenizer.chat_template", &text, NULL));
	assert_str(text, "ours");
	assert_true(gg_get_str(f, "general.architecture", &text, NULL));
	assert_str(text, "qwen3moe");
	const struct gg_tensor *table = gg_tensor(f, "token_embd.weight");
	assert_int_equal(table->dims[1], 5);
	assert_int_equal(table->type_id, GG_TENSOR_BF16);
	gg_free(f);
	gg_free(other);
}

static void an_unknown_architecture_is_refused(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct tiny_recipe r = { .arch = "elephant" };
	assert_null(tiny_model(&r, &e));
	assert_err(e, ERR_USAGE, LAYER_ENGINE);
	err_clear(&e);
	assert_null(tiny_adapter(&r, &e));
	assert_err(e, ERR_USAGE, LAYER_ENGINE);
}

static void a_file_over_the_buffers_cap_is_refused(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct tiny_recipe r = { .arch = "qwen3" };
	struct gg_writer *w = tiny_model(&r, &e);
	struct buf b;
	buf_init(&b, 1000);
	assert_false(gg_writer_bytes(w, &b, &e));
	assert_err(e, ERR_TOO_BIG, LAYER_ENGINE);
	gg_writer_free(w);
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_recipe_gives_the_same_bytes),
		cmocka_unit_test(every_architecture_is_made_of_its_own_parts),
		cmocka_unit_test(specials_that_are_missing_come_at_the_end),
		cmocka_unit_test(a_vocabulary_is_taken_from_a_file),
		cmocka_unit_test(an_unknown_architecture_is_refused),
		cmocka_unit_test(a_file_over_the_buffers_cap_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include <string.h>

#include "base/limits.h"
#include "cmd/model_view.h"

static const struct model_file good = { .name = { "qwen3-8b-Q4_K_M", 15 },
	.full = { "Qwen/Qwen3-8B-GGUF/qwen3-8b-Q4_K_M", 34 },
	.source = MODEL_OWN,
	.path = { "/models/qwen3-8b-Q4_K_M.gguf", 28 },
	.parts = 2,
	.bytes = 5027783488 };

static const struct card card = { .kind = CARD_MODEL,
	.architecture = { "qwen3", 5 },
	.quantisation = { "Q4_K_M", 6 },
	.parameters = 8190735360,
	.context_tokens = 40960,
	.layers = 36,
	.width = 4096,
	.heads = 32,
	.kv_heads = 8,
	.vocabulary = 151936,
	.tokenizer = { "gpt2", 4 },
	.template_bytes = 4096,
	.has_tool_template = true };

static void assert_fits_a_page(struct str text)
{
	struct str line;
	while (text.n && str_cut(&text, '\n', &line))
		assert_true(line.n <= 80);
}

static void a_row_holds_what_one_chooses_by(void **state)
{
	(void)state;
	const struct model_row row = { .file = &good, .card = card };
	struct buf out;
	buf_init(&out, MIB);
	model_view_list(&row, 1, &out);
	assert_fits_a_page(buf_str(&out));
	assert_non_null(strstr(buf_z(&out), "qwen3-8b-Q4_K_M"));
	assert_non_null(strstr(buf_z(&out), "4.7 GiB   8.2B Q4_K_M      40k yes       own\n"));
	assert_non_null(strstr(buf_z(&out), "1 model, 4.7 GiB on disk, 4.7 GiB of them ours\n"));
	buf_clear(&out);
}

static void a_long_name_is_not_cut(void **state)
{
	(void)state;
	struct model_file m = good;
	m.name = STR("a-name-that-is-much-longer-than-its-column-Q4_K_M");
	const struct model_row row = { .file = &m, .card = card };
	struct buf out;
	buf_init(&out, MIB);
	model_view_list(&row, 1, &out);
	assert_fits_a_page(buf_str(&out));
	assert_non_null(strstr(buf_z(&out), "a-name-that-is-much-longer-than-its-column-Q4_K_M\n"));
	buf_clear(&out);
}

static void a_merged_file_is_a_note_of_its_base(void **state)
{
	(void)state;
	struct model_file base = good, merged = good, other = good;
	base.path = STR("/m/base-Q4_1.gguf");
	merged.path = STR("/m/base-Q4_1+pilot-b179c9529192109d.gguf");
	merged.name = STR("base-Q4_1+pilot-b179c9529192109d");
	merged.bytes = 145 * MIB;
	other.path = STR("/m/base+beyond.gguf");
	other.name = STR("base+beyond");
	struct model_row rows[] = {
		{ .file = &merged, .card = card, .made_unix_ms = 1700000000000 },
		{ .file = &base, .card = card }, { .file = &other, .card = card }
	};
	rows[0].card.is_merged = true;
	struct buf out;
	buf_init(&out, MIB);
	model_view_link(rows, 3);
	model_view_list(rows, 3, &out);
	assert_fits_a_page(buf_str(&out));
	assert_null(strstr(buf_z(&out), "pilot"));
	assert_non_null(strstr(buf_z(&out), "own\n  taught: with its adapter merged, 2023-11-1"));
	assert_non_null(strstr(buf_z(&out), ", 145 MiB, in own\n"));
	assert_non_null(strstr(buf_z(&out), "\nbase+beyond "));
	assert_non_null(strstr(buf_z(&out), "2 models, "));
	json_t *list = model_view_list_json(rows, 3);
	assert_non_null(json_object_get(json_array_get(list, 0), "merged_into"));
	assert_null(json_object_get(json_array_get(list, 1), "merged_into"));
	json_decref(list);
	/* without its base it is a model like any other */
	buf_reset(&out);
	rows[0].base = NULL;
	model_view_link(rows, 1);
	model_view_list(rows, 1, &out);
	assert_non_null(strstr(buf_z(&out), "base-Q4_1+pilot-b179c9529192109d\n"));
	buf_clear(&out);
}

static void a_name_cannot_write_on_the_terminal(void **state)
{
	(void)state;
	struct model_file m = good;
	m.name = STR("evil\x1b[2J\nname");
	const struct model_row row = { .file = &m, .card = card };
	struct buf out;
	buf_init(&out, MIB);
	model_view_list(&row, 1, &out);
	assert_null(strchr(buf_z(&out), 0x1b));
	assert_non_null(strstr(buf_z(&out), "evil?[2J?name"));
	buf_clear(&out);
}

static void a_broken_one_says_why_and_hides_nothing(void **state)
{
	(void)state;
	struct model_row rows[2] = { { .file = &good }, { .file = &good, .card = card } };
	struct buf out;
	buf_init(&out, MIB);
	fail(&rows[0].why, ERR_BAD_DATA, LAYER_ENGINE,
		"/models/qwen3-8b-Q4_K_M.gguf: tensor 17 of 399 'blk.3.ffn_up.weight' ends 4096 "
		"bytes "
		"after the end of the file: the download was cut");
	model_view_list(rows, 2, &out);
	assert_fits_a_page(buf_str(&out));
	assert_non_null(strstr(buf_z(&out), "broken, in own"));
	assert_non_null(strstr(buf_z(&out), "8.2B"));
	json_t *list = model_view_list_json(rows, 2);
	assert_int_equal(json_array_size(list), 2);
	assert_non_null(json_object_get(json_array_get(list, 0), "broken"));
	assert_null(json_object_get(json_array_get(list, 1), "broken"));
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(list, 1), "context_tokens")),
		40960);
	json_decref(list);
	buf_clear(&out);
}

static void with_no_model_it_says_how_to_get_one(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, MIB);
	model_view_list(NULL, 0, &out);
	assert_non_null(strstr(buf_z(&out), "make model"));
	buf_clear(&out);
}

static void the_page_shows_the_sum_and_the_reason_against_it(void **state)
{
	(void)state;
	struct model_page p = {
		.choice = { .name = good.name,
			.path = good.path,
			.bytes = good.bytes,
			.file = &good },
		.card = card,
		.need = { .context_tokens = 40960,
			.weights_bytes = 5027783488,
			.cache_bytes = 6039797760,
			.work_bytes = 300 * MIB,
			.all_bytes = 11382153728 },
		.longest_tokens = 8192,
		.free_bytes = 8 * GIB,
	};
	struct buf out;
	buf_init(&out, MIB);
	fail(&p.unsafe, ERR_BAD_DATA, LAYER_ENGINE, "the vocabulary has a word twice");
	model_view_page(&p, &out);
	assert_fits_a_page(buf_str(&out));
	assert_non_null(strstr(buf_z(&out), "4.7 GiB in 2 parts, ours"));
	assert_non_null(strstr(buf_z(&out), "40,960 tokens trained, 8,192 fit here now"));
	assert_non_null(strstr(buf_z(&out), "10.6 GiB for 40,960 tokens, 8.0 GiB are free"));
	assert_non_null(strstr(buf_z(&out), "knows tools"));
	assert_non_null(strstr(buf_z(&out), "a word twice"));
	json_t *page = model_view_page_json(&p);
	json_t *memory = json_object_get(page, "memory");
	assert_int_equal(json_integer_value(json_object_get(memory, "longest_tokens")), 8192);
	json_decref(page);
	buf_clear(&out);
}

static void numbers_are_grouped(void **state)
{
	(void)state;
	char out[MODEL_VIEW_NUMBER];
	assert_string_equal(model_view_number(0, out), "0");
	assert_string_equal(model_view_number(999, out), "999");
	assert_string_equal(model_view_number(1000, out), "1,000");
	assert_string_equal(model_view_number(UINT64_MAX, out), "18,446,744,073,709,551,615");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_holds_what_one_chooses_by),
		cmocka_unit_test(a_long_name_is_not_cut),
		cmocka_unit_test(a_merged_file_is_a_note_of_its_base),
		cmocka_unit_test(a_name_cannot_write_on_the_terminal),
		cmocka_unit_test(a_broken_one_says_why_and_hides_nothing),
		cmocka_unit_test(with_no_model_it_says_how_to_get_one),
		cmocka_unit_test(the_page_shows_the_sum_and_the_reason_against_it),
		cmocka_unit_test(numbers_are_grouped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_embed.c - chat/embed.c and its three shapes: numbers that are read back exactly, and what a
 * client of one shape gets of an upstream of another.
 */
#include "chat/embed.h"

#include <math.h>
#include <string.h>

#include "../unit.h"
#include "base/limits.h"

enum { RANDOM_NUMBERS = 200000, MIXED = 20 };

static const struct embed_codec *const codecs[] = { &embed_openai, &embed_ollama, &embed_gemini };

enum { CODECS = sizeof codecs / sizeof codecs[0] };

static uint32_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 32);
}

/* Any float but those that are no numbers; every second one as in a vector of length one. */
static float random_float(uint64_t *state)
{
	uint32_t bits = next_random(state);
	float value;
	if (bits & 1)
		return ((float)(next_random(state) >> 8) / (float)(1 << 23) - 1.0F) / 8;
	bits = next_random(state);
	memcpy(&value, &bits, sizeof value);
	return isfinite(value) ? value : 0.0F;
}

/* The vector, written and read again. */
static struct embed_answer again(const float *values, size_t width, bool is_base64, struct arena *a)
{
	struct err e = { 0 };
	struct buf text;
	struct embed_answer out = { 0 };
	buf_init(&text, LIMIT_JSON_BYTES);
	buf_add_char(&text, '[');
	embed_write_vector(values, width, is_base64, &text);
	buf_add_char(&text, ']');
	json_t *list = js_parse(buf_str(&text), LAYER_WIRE, &e);
	struct js_at at = js_root(list, LAYER_WIRE);
	assert_true(embed_read_vectors(&at, NULL, a, &out, &e));
	json_decref(list);
	buf_clear(&text);
	return out;
}

static void numbers_and_base64_are_read_back_exactly(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	float *values = arena_calloc(a, RANDOM_NUMBERS, sizeof *values);
	uint64_t random = 11;
	for (size_t i = 0; i < RANDOM_NUMBERS; i++)
		values[i] = random_float(&random);
	const float special[] = { 0.0F, -0.0F, 1.0F, -1.0F, 0.1F, 0.99999994F, 1e-9F, 1e-10F,
		9.9999994e-2F, 1.17549435e-38F, 3.40282347e+38F, 1e-45F };
	memcpy(values, special, sizeof special);
	for (int is_base64 = 0; is_base64 < 2; is_base64++) {
		struct embed_answer out = again(values, RANDOM_NUMBERS, is_base64, a);
		assert_int_equal(out.count, 1);
		assert_int_equal(out.width, RANDOM_NUMBERS);
		for (size_t i = 0; i < RANDOM_NUMBERS; i++)
			assert_true(out.values[i] >= values[i] && out.values[i] <= values[i]);
	}
	for (size_t width = 0; width < MIXED; width++)
		assert_int_equal(again(values, width, true, a).width, width);
	arena_free(a);
}

static void base64_is_that_of_the_standard(void **state)
{
	(void)state;
	const float values[] = { 1.0F, -2.5F, 0.0F, 3.0F };
	struct buf out;
	buf_init(&out, 4096);
	embed_write_vector(values, 1, true, &out);
	assert_string_equal(buf_z(&out), "\"AACAPw==\"");
	buf_reset(&out);
	embed_write_vector(values, 4, true, &out);
	assert_string_equal(buf_z(&out), "\"AACAPwAAIMAAAAAAAABAQA==\"");
	buf_clear(&out);
}

/* Requests that say the same, in the words of each codec, and its path. */
static const struct {
	const char *path, *body;
} asked[CODECS] = {
	{ "", "{\"model\":\"m\",\"input\":[\"a\",\"\xc3\xa4 \\\"b\\\"\"],\"dimensions\":3}" },
	{ "embed", "{\"model\":\"m\",\"input\":[\"a\",\"\xc3\xa4 \\\"b\\\"\"],\"dimensions\":3}" },
	{ "m", "{\"requests\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},"
	       "\"outputDimensionality\":3},"
	       "{\"content\":{\"parts\":[{\"text\":\"\xc3\xa4 \"},{\"text\":\"\\\"b\\\"\"}]},"
	       "\"output_dimensionality\":3}]}" },
};

static struct embed_request *read(
	const struct embed_codec *c, const char *path, struct str body, struct arena *a)
{
	struct err e = { 0 };
	struct embed_request *r = c->read_request(str_z(path), body, a, NULL, &e);
	if (!r)
		print_error("%s\n", e.what);
	assert_non_null(r);
	return r;
}

static void assert_asks(const struct embed_request *r)
{
	assert_str(r->model, "m");
	assert_int_equal(r->count, 2);
	assert_str(r->inputs[0].text, "a");
	assert_str(r->inputs[1].text, "\xc3\xa4 \"b\"");
	assert_int_equal(r->dimensions, 3);
}

static void every_shape_of_request_is_said_in_every_other(void **state)
{
	(void)state;
	for (size_t from = 0; from < CODECS; from++) {
		for (size_t to = 0; to < CODECS; to++) {
			struct arena *a = arena_new();
			struct err e = { 0 };
			struct buf body;
			struct embed_request *r =
				read(codecs[from], asked[from].path, str_z(asked[from].body), a);
			assert_asks(r);
			buf_init(&body, LIMIT_JSON_BYTES);
			assert_true(codecs[to]->write_request(r, NULL, &body, &e));
			assert_asks(read(codecs[to], asked[to].path, buf_str(&body), a));
			buf_clear(&body);
			arena_free(a);
		}
	}
}

static void every_shape_of_answer_is_read_as_it_was_written(void **state)
{
	(void)state;
	const float values[] = { 0.25F, -0.5F, 1e-7F, 0.125F, 0.75F, -0.0078125F };
	const struct embed_answer answer = {
		.values = values, .count = 2, .width = 3, .prompt_tokens = 7
	};
	for (size_t i = 0; i < CODECS; i++) {
		struct arena *a = arena_new();
		struct err e = { 0 };
		struct embed_answer out = { 0 };
		struct buf body;
		struct embed_request *r = read(codecs[i], asked[i].path, str_z(asked[i].body), a);
		buf_init(&body, LIMIT_JSON_BYTES);
		codecs[i]->write_answer(r, &answer, &body);
		assert_true(codecs[i]->read_answer(buf_str(&body), a, &out, &e));
		assert_int_equal(out.count, 2);
		assert_int_equal(out.width, 3);
		assert_memory_equal(out.values, values, sizeof values);
		assert_int_equal(out.prompt_tokens, 7);
		assert_false(out.is_estimate);
		buf_clear(&body);
		arena_free(a);
	}
}

static void one_text_is_answered_by_one_vector_where_it_was_asked_so(void **state)
{
	(void)state;
	const float values[] = { 1.0F, 0.0F };
	const struct embed_answer answer = {
		.values = values, .count = 1, .width = 2, .prompt_tokens = 4
	};
	const struct {
		const struct embed_codec *codec;
		const char *path, *body, *said;
	} rows[] = {
		{ &embed_ollama, "embeddings", "{\"model\":\"m\",\"prompt\":\"x\"}",
			"{\"embedding\":[1,0]}" },
		{ &embed_gemini, "m", "{\"content\":{\"parts\":[{\"text\":\"x\"}]}}",
			"{\"embedding\":{\"values\":[1,0]},\"usageMetadata\":{"
			"\"promptTokenCount\":4}}" },
		{ &embed_openai, "", "{\"model\":\"m\",\"input\":\"x\"}",
			"{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,"
			"\"embedding\":[1,0]}],\"model\":\"m\",\"usage\":{\"prompt_tokens\":4,"
			"\"total_tokens\":4}}" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *a = arena_new();
		struct buf out;
		buf_init(&out, 4096);
		struct embed_request *r = read(rows[i].codec, rows[i].path, str_z(rows[i].body), a);
		rows[i].codec->write_answer(r, &answer, &out);
		assert_string_equal(buf_z(&out), rows[i].said);
		buf_clear(&out);
		arena_free(a);
	}
}

static void tokens_are_read_alone_and_in_lists(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct embed_request *one = read(&embed_openai, "", STR("{\"input\":[1,2,3]}"), a);
	assert_int_equal(one->count, 1);
	assert_int_equal(one->inputs[0].token_count, 3);
	assert_int_equal(one->inputs[0].tokens[2], 3);
	struct embed_request *two = read(&embed_openai, "", STR("{\"input\":[[1],[2,3]]}"), a);
	assert_int_equal(two->count, 2);
	assert_int_equal(two->inputs[1].tokens[1], 3);
	arena_free(a);
}

static void cutting_keeps_the_first_numbers_and_the_length_of_one(void **state)
{
	(void)state;
	const float values[] = { 0.6F, 0.0F, 0.8F, 0.0F, 0.0F, 1.0F };
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct embed_answer answer = { .values = values, .count = 2, .width = 3 };
	struct embed_request r = { .dimensions = 2 };
	assert_true(embed_cut(&r, a, NULL, &answer, &e));
	assert_int_equal(answer.width, 2);
	assert_true(answer.values[0] > 0.9999F && answer.values[0] < 1.0001F);
	/* nothing is left of the second: no division by zero */
	assert_true(answer.values[2] <= 0 && answer.values[3] <= 0);
	r.dimensions = 4;
	assert_false(embed_cut(&r, a, NULL, &answer, &e));
	assert_int_equal(e.kind, ERR_USAGE);
	assert_non_null(strstr(e.what, "4 dimensions are wanted, the model's vectors have 2"));
	arena_free(a);
}

static void what_is_no_request_is_refused(void **state)
{
	(void)state;
	static const struct {
		size_t codec;
		const char *path, *body, *words;
	} rows[] = {
		{ 0, "", "[]", "should be an object" },
		{ 0, "", "{\"input\":[1,\"a\"]}", "input[1]" },
		{ 0, "", "{\"input\":[-1]}", "-1 is no token" },
		{ 0, "", "{\"input\":[[]],\"dimensions\":-3}", "at least 1" },
		{ 1, "embed", "{\"input\":[[1]]}", "input[0]" },
		{ 1, "embed", "{\"input\":\"a\",\"truncate\":3}", "truncate" },
		{ 1, "embeddings", "{\"input\":\"a\"}", "prompt" },
		{ 2, "m", "{}", "content.parts" },
		{ 2, "m", "{\"requests\":[]}", "should have 1 to" },
		{ 2, "m", "{\"content\":{\"parts\":[{\"inlineData\":{}}]}}", "parts[0].text" },
		{ 2, "m",
			"{\"requests\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},"
			"\"outputDimensionality\":2},"
			"{\"content\":{\"parts\":[{\"text\":\"a\"}]},"
			"\"outputDimensionality\":3}]}",
			"wants 3 dimensions, another one 2" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *a = arena_new();
		struct err e = { 0 };
		assert_null(codecs[rows[i].codec]->read_request(
			str_z(rows[i].path), str_z(rows[i].body), a, NULL, &e));
		assert_int_equal(e.layer, LAYER_CLIENT);
		if (!strstr(e.what, rows[i].words))
			print_error("%s: %s\n", rows[i].body, e.what);
		assert_non_null(strstr(e.what, rows[i].words));
		arena_free(a);
	}
}

static void numbers_that_no_vector_holds_are_refused(void **state)
{
	(void)state;
	static const char *const bodies[] = {
		"{\"data\":[{\"index\":0,\"embedding\":[1,-1e50]}]}",
		"{\"data\":[{\"index\":0,\"embedding\":\"AACAPwAAgH8=\"}]}", /* 1, infinity */
		"{\"data\":[{\"index\":0,\"embedding\":\"AADAfw==\"}]}",     /* none at all */
	};
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		struct arena *a = arena_new();
		struct embed_answer out = { 0 };
		struct err e = { 0 };
		assert_false(embed_openai.read_answer(str_z(bodies[i]), a, &out, &e));
		assert_err(e, ERR_BAD_DATA, LAYER_WIRE);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_and_base64_are_read_back_exactly),
		cmocka_unit_test(base64_is_that_of_the_standard),
		cmocka_unit_test(every_shape_of_request_is_said_in_every_other),
		cmocka_unit_test(every_shape_of_answer_is_read_as_it_was_written),
		cmocka_unit_test(one_text_is_answered_by_one_vector_where_it_was_asked_so),
		cmocka_unit_test(tokens_are_read_alone_and_in_lists),
		cmocka_unit_test(cutting_keeps_the_first_numbers_and_the_length_of_one),
		cmocka_unit_test(what_is_no_request_is_refused),
		cmocka_unit_test(numbers_that_no_vector_holds_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * fuzz_vectors.c - requests for vectors and their answers, in the three shapes of embed.h.
 *
 * The first byte says which shape, the second whether a request or an answer follows it, or an
 * answer that is written as base64 or cut to two numbers. What is read can be written, and what was
 * written reads back as the same: every text, and every number to its last bit.
 */
#include <math.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/embed.h"
#include "fuzz.h"

enum { HEAD = 3, CODECS = 3, SHAPES = 4 };
enum { AS_REQUEST, AS_ANSWER, AS_BASE64, AS_CUT };
enum { FEW = 2 };

static const char *const paths[CODECS] = { "", "embed", "m" };

static bool is_same_input(const struct embed_input *a, const struct embed_input *b)
{
	bool is_same = a->token_count == b->token_count && str_eq(a->text, b->text);
	for (size_t i = 0; is_same && i < a->token_count; i++)
		is_same = a->tokens[i] == b->tokens[i];
	return is_same;
}

static void check_request(
	const struct embed_codec *c, struct str path, struct str body, struct arena *a)
{
	struct err e = { 0 };
	struct buf written;
	struct embed_request *r = c->read_request(path, body, a, NULL, &e), *again;
	MUST(!r == err_is_set(&e));
	if (!r)
		return;
	MUST(r->count && r->count <= LIMIT_EMBED_INPUTS);
	MUST(embed_estimate_tokens(r) >= 0);
	buf_init(&written, LIMIT_JSON_BYTES);
	if (c->write_request(r, NULL, &written, &e)) {
		again = c->read_request(path, buf_str(&written), a, NULL, &e);
		MUST(again && again->count == r->count && again->dimensions == r->dimensions);
		for (size_t i = 0; i < r->count; i++)
			MUST(is_same_input(&r->inputs[i], &again->inputs[i]));
	}
	buf_clear(&written);
}

static bool is_same_number(float a, float b)
{
	return a >= b && a <= b;
}

static void check_answer(
	const struct embed_codec *c, unsigned how, struct str body, struct arena *a)
{
	struct err e = { 0 };
	struct buf written;
	struct embed_answer answer = { 0 }, again = { 0 };
	struct embed_input none = { .text = STR("a") };
	if (!c->read_answer(body, a, &answer, &e)) {
		MUST(err_is_set(&e));
		return;
	}
	for (size_t i = 0; i < answer.count * answer.width; i++)
		MUST(isfinite(answer.values[i]));
	struct embed_request r = { .codec = c,
		.inputs = &none,
		.count = answer.count,
		.dimensions = how == AS_CUT ? FEW : 0,
		.is_base64 = how == AS_BASE64 && c == &embed_openai };
	if (!embed_cut(&r, a, NULL, &answer, &e))
		return;
	buf_init(&written, LIMIT_JSON_BYTES);
	c->write_answer(&r, &answer, &written);
	MUST(c->read_answer(buf_str(&written), a, &again, &e));
	MUST(again.count == answer.count && again.width == answer.width);
	for (size_t i = 0; i < answer.count * answer.width; i++)
		MUST(is_same_number(answer.values[i], again.values[i]));
	buf_clear(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const struct embed_codec *rows[CODECS] = { &embed_openai, &embed_ollama, &embed_gemini };
	if (n < HEAD)
		return 0;
	unsigned row = bytes[0] % 16 % CODECS, how = bytes[1] % 16 % SHAPES;
	struct str body = str_n((const char *)bytes + HEAD, n - HEAD);
	struct arena *a = arena_new();
	if (how == AS_REQUEST)
		check_request(rows[row], str_z(paths[row]), body, a);
	else
		check_answer(rows[row], how, body, a);
	arena_free(a);
	return 0;
}

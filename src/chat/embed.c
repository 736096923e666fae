/*
 * embed.c - what the shapes of embeddings have in common; see embed.h.
 *
 * Layer: client, wire.
 */
#include "chat/embed.h"

#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"

enum {
	CHARS_PER_TOKEN = 4,
	FLOAT_BYTES = 4,
	DIGITS = 9,        /* by which a float is known exactly */
	NUMBER_BYTES = 64, /* most that one number is written as */
	MOST_ZEROS = 30    /* behind the point before the first digit */
};

/* ---- requests ---- */

/* What was mended goes on as it was meant. */
static struct str text_of(const json_t *doc, struct arena *a)
{
	struct buf text;
	buf_init(&text, LIMIT_JSON_BYTES);
	js_write(doc, &text);
	struct str kept = arena_str(a, buf_str(&text));
	buf_clear(&text);
	return kept;
}

struct embed_request *embed_request_new(const struct embed_codec *codec, struct str path,
	struct str body, struct arena *a, json_t **doc, struct err *e)
{
	const char *mended;
	*doc = js_parse_mended(body, LAYER_CLIENT, &mended, e);
	struct js_at root = js_root(*doc, LAYER_CLIENT);
	if (!*doc || !js_get_object(&root, e)) {
		json_decref(*doc);
		*doc = NULL;
		return NULL;
	}
	struct embed_request *r = arena_alloc(a, sizeof *r);
	*r = (struct embed_request){ .codec = codec,
		.path = arena_str(a, path),
		.body = mended ? text_of(*doc, a) : arena_str(a, body) };
	return r;
}

static bool read_tokens(
	struct embed_input *in, const struct js_at *at, struct arena *a, struct err *e)
{
	size_t count;
	if (!js_get_array(at, &count, e))
		return false;
	int32_t *tokens = arena_calloc(a, count + 1, sizeof *tokens);
	for (size_t i = 0; i < count; i++) {
		struct js_at item = js_item(at, i);
		int64_t number;
		if (!js_get_i64(&item, &number, e))
			return false;
		if (number < 0 || number > INT32_MAX)
			return js_fail(&item, e, "%lld is no token", (long long)number);
		tokens[i] = (int32_t)number;
	}
	*in = (struct embed_input){ .tokens = tokens, .token_count = count };
	return true;
}

static bool read_input(struct embed_input *in, const struct js_at *at, struct arena *a,
	bool takes_tokens, struct err *e)
{
	struct str text;
	if (takes_tokens && json_is_array(at->value))
		return read_tokens(in, at, a, e);
	if (!js_get_str(at, &text, e))
		return false;
	in->text = arena_str(a, text);
	return true;
}

bool embed_read_inputs(struct embed_request *r, const struct js_at *at, struct arena *a,
	bool takes_tokens, struct err *e)
{
	size_t count = 1;
	bool is_list = json_is_array(at->value);
	bool is_tokens = takes_tokens && json_is_integer(json_array_get(at->value, 0));
	if (is_list && !is_tokens)
		count = json_array_size(at->value);
	if (count == 0)
		return js_fail(at, e, "is empty: there is nothing to make a vector of");
	if (count > LIMIT_EMBED_INPUTS)
		return js_fail(at, e, "has %zu texts, at most %d are taken at once", count,
			LIMIT_EMBED_INPUTS);
	r->inputs = arena_calloc(a, count, sizeof *r->inputs);
	r->count = count;
	if (!is_list || is_tokens)
		return read_input(r->inputs, at, a, takes_tokens, e);
	for (size_t i = 0; i < count; i++) {
		struct js_at item = js_item(at, i);
		if (!read_input(&r->inputs[i], &item, a, takes_tokens, e))
			return false;
	}
	return true;
}

bool embed_read_dimensions(struct embed_request *r, const struct js_at *at, struct err *e)
{
	if (!js_opt_i64(at, &r->dimensions, e))
		return false;
	return !js_has(at) || r->dimensions > 0 ||
	       js_fail(at, e, "is %lld, should be at least 1", (long long)r->dimensions);
}

bool embed_needs_texts(const struct embed_request *r, const char *who, struct err *e)
{
	for (size_t i = 0; i < r->count; i++) {
		if (!r->inputs[i].tokens)
			continue;
		fail(e, ERR_USAGE, LAYER_ROUTE, "input %zu is a list of tokens, and %s takes texts",
			i, who);
		return err_mend(e, "send texts");
	}
	return true;
}

int64_t embed_estimate_tokens(const struct embed_request *r)
{
	size_t tokens = 0;
	for (size_t i = 0; i < r->count; i++)
		tokens += r->inputs[i].tokens ? r->inputs[i].token_count
					      : r->inputs[i].text.n / CHARS_PER_TOKEN + 1;
	return (int64_t)tokens;
}

/* ---- dimensions ---- */

static void cut_vector(const float *in, size_t width, float *out)
{
	double sum = 0;
	for (size_t i = 0; i < width; i++)
		sum += (double)in[i] * (double)in[i];
	for (size_t i = 0; i < width; i++)
		out[i] = sum > 0 ? (float)((double)in[i] / sqrt(sum)) : 0;
}

bool embed_cut(const struct embed_request *r, struct arena *a, struct trace *t,
	struct embed_answer *answer, struct err *e)
{
	size_t want = (size_t)r->dimensions;
	if (!want || want == answer->width)
		return true;
	if (want > answer->width) {
		fail(e, ERR_USAGE, LAYER_CLIENT,
			"%zu dimensions are wanted, the model's vectors have %zu", want,
			answer->width);
		return err_mend(e, "ask for at most %zu", answer->width);
	}
	float *values = arena_calloc(a, answer->count * want, sizeof *values);
	for (size_t i = 0; i < answer->count; i++)
		cut_vector(answer->values + i * answer->width, want, values + i * want);
	trace_note(t, LAYER_ENGINE, "dimensions",
		"the first %zu of %zu, brought to length one again: only a model that was trained "
		"for it keeps its meaning so",
		want, answer->width);
	answer->values = values;
	answer->width = want;
	return true;
}

/* ---- base64 ---- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_bytes(float value, uint8_t out[FLOAT_BYTES])
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof bits);
	for (int i = 0; i < FLOAT_BYTES; i++)
		out[i] = (uint8_t)(bits >> (8 * i)); /* little-endian, whatever we are */
}

/* Three bytes, of which `count` are there, as four letters. */
static void put_letters(const uint8_t *in, size_t count, struct buf *out)
{
	uint32_t bits = (uint32_t)in[0] << 16;
	if (count > 1)
		bits |= (uint32_t)in[1] << 8;
	if (count > 2)
		bits |= in[2];
	char text[4] = { letters[bits >> 18], letters[bits >> 12 & 63],
		count > 1 ? letters[bits >> 6 & 63] : '=', count > 2 ? letters[bits & 63] : '=' };
	buf_add(out, str_n(text, sizeof text));
}

static void write_base64(const float *values, size_t width, struct buf *out)
{
	enum { GROUP = 3 }; /* floats: twelve bytes are sixteen letters */
	uint8_t bytes[GROUP * FLOAT_BYTES];
	buf_add_char(out, '"');
	for (size_t i = 0; i < width; i += GROUP) {
		size_t count = width - i < GROUP ? width - i : GROUP;
		for (size_t k = 0; k < count; k++)
			put_bytes(values[i + k], bytes + k * FLOAT_BYTES);
		for (size_t at = 0; at < count * FLOAT_BYTES; at += 3)
			put_letters(bytes + at, count * FLOAT_BYTES - at, out);
	}
	buf_add_char(out, '"');
}

/* 0 to 63, or -1. */
static int value_of(char letter)
{
	const char *at = letter ? strchr(letters, letter) : NULL;
	return at ? (int)(at - letters) : -1;
}

/* Floats in base64 into the arena; false if it is none. */
static bool read_base64(struct str text, struct arena *a, float **out, size_t *width)
{
	while (str_ends(text, STR("=")))
		text = str_sub(text, 0, text.n - 1);
	size_t bytes = text.n * 6 / 8, at = 0;
	uint8_t *raw = arena_calloc(a, bytes + 1, 1);
	uint32_t bits = 0;
	int held = 0;
	for (size_t i = 0; i < text.n; i++) {
		int value = value_of(text.p[i]);
		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		raw[at++] = (uint8_t)(bits >> held);
	}
	if (at % FLOAT_BYTES)
		return false;
	*width = at / FLOAT_BYTES;
	*out = arena_calloc(a, *width + 1, sizeof **out);
	for (size_t i = 0; i < *width; i++) {
		uint32_t word = 0;
		for (int k = 0; k < FLOAT_BYTES; k++)
			word |= (uint32_t)raw[i * FLOAT_BYTES + (size_t)k] << (8 * k);
		memcpy(*out + i, &word, sizeof word);
		if (!isfinite((*out)[i]))
			return false;
	}
	return true;
}

/* ---- numbers ---- */

/*
 * The usual numbers of a vector, between one and a billionth billionth, by integers: printf takes
 * thirty times as long, and an answer may have millions of them. Nine digits know every float.
 */
static size_t write_small(double size, char *out)
{
	static const double scales[] = { 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
		1e18 };
	const uint64_t most = 1000000000, least = most / 10;
	enum { SCALES = sizeof scales / sizeof scales[0] };
	size_t zeros = 0, n = 0;
	if (size >= 1)
		return 0;
	while (zeros + 1 < SCALES && size * scales[zeros] < (double)least)
		zeros++;
	uint64_t digits = (uint64_t)(size * scales[zeros] + 0.5);
	if (digits < least || digits >= most)
		return 0;
	out[n++] = '0';
	out[n++] = '.';
	for (size_t i = 0; i < zeros; i++)
		out[n++] = '0';
	for (int i = DIGITS - 1; i >= 0; i--, digits /= 10)
		out[n + (size_t)i] = (char)('0' + digits % 10);
	n += DIGITS;
	while (out[n - 1] == '0')
		n--;
	return n;
}

static void write_number(float value, struct buf *out)
{
	char *p = buf_room(out, NUMBER_BYTES);
	size_t n = 0;
	if (!p)
		return;
	if (value < 0)
		p[n++] = '-';
	size_t digits = write_small(fabs((double)value), p + n);
	n = digits ? n + digits : (size_t)snprintf(p, NUMBER_BYTES, "%.9g", (double)value);
	buf_grew(out, n);
}

void embed_write_vector(const float *values, size_t width, bool is_base64, struct buf *out)
{
	if (is_base64) {
		write_base64(values, width, out);
		return;
	}
	buf_add_char(out, '[');
	for (size_t i = 0; i < width; i++) {
		if (i)
			buf_add_char(out, ',');
		write_number(values[i], out);
	}
	buf_add_char(out, ']');
}

/* ---- an upstream's vectors ---- */

static bool read_numbers(
	const struct js_at *at, struct arena *a, float **out, size_t *width, struct err *e)
{
	if (!js_get_array(at, width, e))
		return false;
	*out = arena_calloc(a, *width + 1, sizeof **out);
	for (size_t i = 0; i < *width; i++) {
		const json_t *number = json_array_get(at->value, i);
		if (!json_is_number(number)) {
			struct js_at item = js_item(at, i);
			return js_fail(&item, e, "is no number");
		}
		(*out)[i] = (float)json_number_value(number);
		if (!isfinite((*out)[i])) {
			struct js_at item = js_item(at, i);
			return js_fail(&item, e, "is too large for a number of a vector");
		}
	}
	return true;
}

static bool read_vector(
	const struct js_at *at, struct arena *a, float **out, size_t *width, struct err *e)
{
	if (!json_is_string(at->value))
		return read_numbers(at, a, out, width, e);
	return read_base64(js_text(at->value), a, out, width) ||
	       js_fail(at, e, "is no base64 of finite numbers");
}

bool embed_read_vectors(const struct js_at *list, const char *member, struct arena *a,
	struct embed_answer *out, struct err *e)
{
	float *values = NULL;
	size_t count;
	if (!js_get_array(list, &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct js_at item = js_item(list, i), at = member ? js_key(&item, member) : item;
		size_t width;
		float *vector = NULL;
		if (!read_vector(&at, a, &vector, &width, e))
			return false;
		if (!i) {
			out->width = width;
			values = arena_calloc(a, count * width + 1, sizeof *values);
		}
		if (width != out->width)
			return js_fail(
				&at, e, "has %zu numbers, the first one %zu", width, out->width);
		for (size_t k = 0; k < width; k++)
			values[i * width + k] = vector[k];
	}
	out->values = values;
	out->count = count;
	return true;
}

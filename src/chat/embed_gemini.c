/*
 * embed_gemini.c - models/NAME:embedContent for one text and :batchEmbedContents for several, of
 * Google's API.
 *
 * Which of the two it is shows in the body: `content` or `requests`. Both spellings of a name
 * (outputDimensionality, output_dimensionality) are read. Kinds of task and titles are kept by an
 * upstream of the same dialect and mean nothing to others.
 *
 * Layer: client, wire.
 */
#include "base/limits.h"
#include "chat/dialect_gemini.h"
#include "chat/embed.h"

static struct js_at either(const struct js_at *at, const char *name, const char *other)
{
	struct js_at first = js_key(at, name);
	return js_has(&first) ? first : js_key(at, other);
}

/* The texts of all parts, joined; what is no text cannot be made a vector of here. */
static bool read_content(
	struct embed_input *in, const struct js_at *at, struct arena *a, struct err *e)
{
	struct js_at parts = js_key(at, "parts");
	struct buf text;
	size_t count = 1;
	bool is_list = !js_has(&parts) || json_is_array(parts.value);
	if (is_list && !js_get_array(&parts, &count, e))
		return false;
	buf_init(&text, LIMIT_PROMPT_BYTES);
	bool ok = true;
	for (size_t i = 0; ok && i < count; i++) {
		struct js_at part = is_list ? js_item(&parts, i) : parts,
			     words = js_key(&part, "text");
		struct str piece;
		ok = js_get_str(&words, &piece, e);
		if (ok && !buf_add(&text, piece))
			ok = js_fail(at, e, "has more than %zu bytes", (size_t)LIMIT_PROMPT_BYTES);
	}
	in->text = arena_str(a, buf_str(&text));
	buf_clear(&text);
	return ok;
}

static bool read_wishes(struct embed_request *r, const struct js_at *at, struct err *e)
{
	struct js_at dimensions = either(at, "outputDimensionality", "output_dimensionality"),
		     config = either(at, "embedContentConfig", "embed_content_config"),
		     truncate = either(at, "autoTruncate", "auto_truncate");
	if (!js_has(&dimensions))
		dimensions = either(&config, "outputDimensionality", "output_dimensionality");
	if (!js_has(&truncate))
		truncate = either(&config, "autoTruncate", "auto_truncate");
	return embed_read_dimensions(r, &dimensions, e) && js_opt_bool(&truncate, &r->truncates, e);
}

static bool read_batch(
	struct embed_request *r, const struct js_at *list, struct arena *a, struct err *e)
{
	if (!js_get_array(list, &r->count, e))
		return false;
	if (!r->count || r->count > LIMIT_EMBED_INPUTS)
		return js_fail(list, e, "has %zu texts, should have 1 to %d", r->count,
			LIMIT_EMBED_INPUTS);
	r->inputs = arena_calloc(a, r->count, sizeof *r->inputs);
	for (size_t i = 0; i < r->count; i++) {
		struct js_at one = js_item(list, i), content = js_key(&one, "content");
		int64_t before = r->dimensions;
		if (!read_content(&r->inputs[i], &content, a, e) || !read_wishes(r, &one, e))
			return false;
		if (i && r->dimensions != before)
			return js_fail(&one, e, "wants %lld dimensions, another one %lld",
				(long long)r->dimensions, (long long)before);
	}
	return true;
}

static bool read_one(
	struct embed_request *r, const struct js_at *root, struct arena *a, struct err *e)
{
	struct js_at content = js_key(root, "content");
	r->inputs = arena_calloc(a, 1, sizeof *r->inputs);
	r->count = 1;
	r->is_single = true;
	return read_content(r->inputs, &content, a, e) && read_wishes(r, root, e);
}

static struct embed_request *read_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e)
{
	json_t *doc;
	struct embed_request *r = embed_request_new(&embed_gemini, path, body, a, &doc, e);
	struct js_at root = js_root(doc, LAYER_CLIENT), list = js_key(&root, "requests");
	(void)t;
	bool ok = r && (js_has(&list) ? read_batch(r, &list, a, e) : read_one(r, &root, a, e));
	if (ok)
		r->model = r->path;
	json_decref(doc);
	return ok ? r : NULL;
}

static void write_path(const struct embed_request *r, struct buf *out)
{
	bool is_single = r->codec == &embed_gemini && r->is_single;
	gemini_write_model_path(r->model, out);
	buf_add(out, is_single ? STR(":embedContent") : STR(":batchEmbedContents"));
}

static void write_one(const struct embed_request *r, size_t input, struct buf *out)
{
	buf_add(out, STR("{\"model\":"));
	struct buf name;
	buf_init(&name, r->model.n + sizeof "models/");
	buf_printf(&name, "models/%.*s", STR_ARG(r->model));
	js_quote(buf_str(&name), out);
	buf_clear(&name);
	buf_add(out, STR(",\"content\":{\"parts\":[{\"text\":"));
	js_quote(r->inputs[input].text, out);
	buf_add(out, STR("}]}"));
	if (r->dimensions)
		js_member_i64(out, "outputDimensionality", r->dimensions);
	buf_add_char(out, '}');
}

static bool write_request(
	const struct embed_request *r, struct trace *t, struct buf *out, struct err *e)
{
	if (!embed_needs_texts(r, "Google's API", e))
		return false;
	buf_add(out, STR("{\"requests\":["));
	for (size_t i = 0; i < r->count; i++) {
		js_next(out);
		write_one(r, i, out);
	}
	buf_add(out, STR("]}"));
	if (r->truncates)
		trace_note(t, LAYER_WIRE, "dialect",
			"Google's API has no word for cutting long texts: left out");
	return true;
}

static bool read_answer(struct str body, struct arena *a, struct embed_answer *out, struct err *e)
{
	json_t *doc = js_parse(body, LAYER_WIRE, e), *one = json_object_get(doc, "embedding");
	json_t *alone = one ? json_pack("[O]", one) : NULL;
	struct js_at root = js_root(doc, LAYER_WIRE), list = js_key(&root, "embeddings"),
		     single = js_root(alone, LAYER_WIRE), usage = js_key(&root, "usageMetadata"),
		     tokens = js_key(&usage, "promptTokenCount");
	bool ok = doc && embed_read_vectors(alone ? &single : &list, "values", a, out, e);
	out->is_estimate = !json_is_integer(tokens.value);
	out->prompt_tokens = json_integer_value(tokens.value);
	json_decref(alone);
	json_decref(doc);
	return ok || err_context(e, "the upstream's answer");
}

static void write_values(const struct embed_answer *answer, size_t row, struct buf *out)
{
	buf_add(out, STR("{\"values\":"));
	embed_write_vector(answer->values + row * answer->width, answer->width, false, out);
	buf_add_char(out, '}');
}

static void write_answer(
	const struct embed_request *r, const struct embed_answer *answer, struct buf *out)
{
	if (r->is_single) {
		buf_add(out, STR("{\"embedding\":"));
		write_values(answer, 0, out);
	} else {
		buf_add(out, STR("{\"embeddings\":["));
		for (size_t i = 0; i < answer->count; i++) {
			js_next(out);
			write_values(answer, i, out);
		}
		buf_add_char(out, ']');
	}
	if (!answer->is_estimate)
		buf_printf(out, ",\"usageMetadata\":{\"promptTokenCount\":%lld}",
			(long long)answer->prompt_tokens);
	buf_add_char(out, '}');
}

const struct embed_codec embed_gemini = {
	.read_request = read_request,
	.path = write_path,
	.write_request = write_request,
	.read_answer = read_answer,
	.write_answer = write_answer,
};

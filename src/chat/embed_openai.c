/*
 * embed_openai.c - POST /embeddings of OpenAI: texts or tokens, numbers or base64.
 *
 * Follows the reference of OpenAI's API. A text that is too long is an error there.
 *
 * Layer: client, wire.
 */
#include "base/limits.h"
#include "chat/embed.h"

static bool read_format(struct embed_request *r, const struct js_at *at, struct err *e)
{
	struct str format = STR("float");
	if (!js_opt_str(at, &format, e))
		return false;
	r->is_base64 = str_eq_z(format, "base64");
	return r->is_base64 || str_eq_z(format, "float") ||
	       js_fail(at, e, "is '%.*s', should be float or base64",
		       STR_ARG(str_sub(format, 0, LIMIT_QUOTE_BYTES)));
}

static bool read_members(struct embed_request *r, const json_t *doc, struct arena *a, struct err *e)
{
	struct js_at root = js_root(doc, LAYER_CLIENT), model = js_key(&root, "model"),
		     input = js_key(&root, "input"), format = js_key(&root, "encoding_format"),
		     dimensions = js_key(&root, "dimensions");
	struct str name = { 0 };
	if (!js_opt_str(&model, &name, e) || !embed_read_inputs(r, &input, a, true, e) ||
		!read_format(r, &format, e) || !embed_read_dimensions(r, &dimensions, e))
		return false;
	r->model = arena_str(a, name);
	return true;
}

static struct embed_request *read_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e)
{
	json_t *doc;
	struct embed_request *r = embed_request_new(&embed_openai, path, body, a, &doc, e);
	(void)t;
	bool ok = r && read_members(r, doc, a, e);
	json_decref(doc);
	return ok ? r : NULL;
}

static void write_path(const struct embed_request *r, struct buf *out)
{
	(void)r;
	buf_add(out, STR("/embeddings"));
}

static void write_input(const struct embed_input *in, struct buf *out)
{
	if (!in->tokens) {
		js_quote(in->text, out);
		return;
	}
	buf_add_char(out, '[');
	for (size_t i = 0; i < in->token_count; i++)
		buf_printf(out, "%s%d", i ? "," : "", (int)in->tokens[i]);
	buf_add_char(out, ']');
}

static bool write_request(
	const struct embed_request *r, struct trace *t, struct buf *out, struct err *e)
{
	(void)e;
	buf_add_char(out, '{');
	js_member_text(out, "model", r->model);
	js_member(out, "input");
	buf_add_char(out, '[');
	for (size_t i = 0; i < r->count; i++) {
		js_next(out);
		write_input(&r->inputs[i], out);
	}
	buf_add_char(out, ']');
	if (r->dimensions)
		js_member_i64(out, "dimensions", r->dimensions);
	buf_add_char(out, '}');
	if (r->truncates)
		trace_note(t, LAYER_WIRE, "dialect",
			"OpenAI's API has no word for cutting long texts: left out");
	return true;
}

/* A list whose elements say their place is put into order; most are. */
static bool is_in_order(const struct js_at *data)
{
	for (size_t i = 0; i < json_array_size(data->value); i++) {
		const json_t *index = json_object_get(json_array_get(data->value, i), "index");
		if (json_is_integer(index) && json_integer_value(index) != (json_int_t)i)
			return false;
	}
	return true;
}

static json_t *in_order(const json_t *data)
{
	size_t count = json_array_size(data);
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_null());
	for (size_t i = 0; i < count; i++) {
		json_t *item = json_array_get(data, i);
		json_array_set(
			list, (size_t)json_integer_value(json_object_get(item, "index")), item);
	}
	return list;
}

static bool read_answer(struct str body, struct arena *a, struct embed_answer *out, struct err *e)
{
	json_t *doc = js_parse(body, LAYER_WIRE, e), *sorted = NULL;
	struct js_at root = js_root(doc, LAYER_WIRE), data = js_key(&root, "data"),
		     usage = js_key(&root, "usage"), tokens = js_key(&usage, "prompt_tokens");
	if (doc && !is_in_order(&data))
		data.value = sorted = in_order(data.value);
	bool ok = doc && embed_read_vectors(&data, "embedding", a, out, e);
	out->is_estimate = !json_is_integer(tokens.value);
	out->prompt_tokens = json_integer_value(tokens.value);
	json_decref(sorted);
	json_decref(doc);
	return ok || err_context(e, "the upstream's answer");
}

static void write_answer(
	const struct embed_request *r, const struct embed_answer *answer, struct buf *out)
{
	buf_add(out, STR("{\"object\":\"list\",\"data\":["));
	for (size_t i = 0; i < answer->count; i++) {
		js_next(out);
		buf_add(out, STR("{\"object\":\"embedding\""));
		js_member_i64(out, "index", (int64_t)i);
		js_member(out, "embedding");
		embed_write_vector(
			answer->values + i * answer->width, answer->width, r->is_base64, out);
		buf_add_char(out, '}');
	}
	buf_add_char(out, ']');
	js_member_text(out, "model", r->model);
	js_member(out, "usage");
	buf_add_char(out, '{');
	js_member_i64(out, "prompt_tokens", answer->prompt_tokens);
	js_member_i64(out, "total_tokens", answer->prompt_tokens);
	if (answer->is_estimate)
		js_member_bool(out, "is_estimate", true);
	buf_add(out, STR("}}"));
}

const struct embed_codec embed_openai = {
	.read_request = read_request,
	.path = write_path,
	.write_request = write_request,
	.read_answer = read_answer,
	.write_answer = write_answer,
};

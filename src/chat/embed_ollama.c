/*
 * embed_ollama.c - POST /embed of Ollama, and the older POST /embeddings for one text.
 *
 * Follows the reference of Ollama's API. A text that is too long is cut unless `truncate` is false.
 * keep_alive and options are passed over: a model's context is chosen when it is loaded, and it
 * stays. The older path's vectors have the length one here, too; an Ollama of old gives them as the
 * model computed them.
 *
 * Layer: client, wire.
 */
#include "chat/dialect_ollama.h"
#include "chat/embed.h"

static bool read_members(struct embed_request *r, const json_t *doc, struct arena *a, struct err *e)
{
	struct js_at root = js_root(doc, LAYER_CLIENT), model = js_key(&root, "model"),
		     input = js_key(&root, r->is_single ? "prompt" : "input"),
		     truncate = js_key(&root, "truncate"), dimensions = js_key(&root, "dimensions");
	struct str name = { 0 };
	r->truncates = true;
	if (!js_opt_str(&model, &name, e) || !embed_read_inputs(r, &input, a, false, e) ||
		!js_opt_bool(&truncate, &r->truncates, e) ||
		!embed_read_dimensions(r, &dimensions, e))
		return false;
	r->model = arena_str(a, name);
	return true;
}

static struct embed_request *read_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e)
{
	json_t *doc;
	struct embed_request *r = embed_request_new(&embed_ollama, path, body, a, &doc, e);
	(void)t;
	if (r)
		r->is_single = str_eq_z(path, OLLAMA_EMBEDDINGS);
	bool ok = r && read_members(r, doc, a, e);
	json_decref(doc);
	return ok ? r : NULL;
}

static void write_path(const struct embed_request *r, struct buf *out)
{
	bool is_older = r->codec == &embed_ollama && r->is_single;
	buf_add(out, is_older ? STR("/embeddings") : STR("/embed"));
}

static bool write_request(
	const struct embed_request *r, struct trace *t, struct buf *out, struct err *e)
{
	(void)t;
	if (!embed_needs_texts(r, "Ollama", e))
		return false;
	buf_add_char(out, '{');
	js_member_text(out, "model", r->model);
	js_member(out, "input");
	buf_add_char(out, '[');
	for (size_t i = 0; i < r->count; i++) {
		js_next(out);
		js_quote(r->inputs[i].text, out);
	}
	buf_add_char(out, ']');
	js_member_bool(out, "truncate", r->truncates);
	if (r->dimensions)
		js_member_i64(out, "dimensions", r->dimensions);
	buf_add_char(out, '}');
	return true;
}

/* One vector where a list of them is expected. */
static bool read_older(const json_t *doc, struct arena *a, struct embed_answer *out, struct err *e)
{
	json_t *list = json_pack("[O]", json_object_get(doc, "embedding"));
	struct js_at at = js_root(list, LAYER_WIRE);
	bool ok = list && embed_read_vectors(&at, NULL, a, out, e);
	json_decref(list);
	return ok;
}

static bool read_answer(struct str body, struct arena *a, struct embed_answer *out, struct err *e)
{
	json_t *doc = js_parse(body, LAYER_WIRE, e);
	struct js_at root = js_root(doc, LAYER_WIRE), list = js_key(&root, "embeddings"),
		     tokens = js_key(&root, "prompt_eval_count");
	bool is_older = json_is_array(json_object_get(doc, "embedding"));
	bool ok = doc && (is_older ? read_older(doc, a, out, e)
				   : embed_read_vectors(&list, NULL, a, out, e));
	out->is_estimate = !json_is_integer(tokens.value);
	out->prompt_tokens = json_integer_value(tokens.value);
	json_decref(doc);
	return ok || err_context(e, "the upstream's answer");
}

static void write_answer(
	const struct embed_request *r, const struct embed_answer *answer, struct buf *out)
{
	const int64_t ns_per_us = 1000;
	buf_add_char(out, '{');
	if (r->is_single) {
		js_member(out, "embedding");
		embed_write_vector(answer->values, answer->width, false, out);
		buf_add_char(out, '}');
		return;
	}
	js_member_text(out, "model", r->model);
	js_member(out, "embeddings");
	buf_add_char(out, '[');
	for (size_t i = 0; i < answer->count; i++) {
		js_next(out);
		embed_write_vector(answer->values + i * answer->width, answer->width, false, out);
	}
	buf_add_char(out, ']');
	js_member_i64(out, "total_duration", answer->compute_us * ns_per_us);
	js_member_i64(out, "load_duration", 0);
	js_member_i64(out, "prompt_eval_count", answer->prompt_tokens);
	if (answer->is_estimate)
		js_member_bool(out, "is_estimate", true);
	buf_add_char(out, '}');
}

const struct embed_codec embed_ollama = {
	.read_request = read_request,
	.path = write_path,
	.write_request = write_request,
	.read_answer = read_answer,
	.write_answer = write_answer,
};

/*
 * dialect_ollama.c - the row of Ollama's own API, its errors and its list of models.
 *
 * Layer: wire.
 */
#include "chat/dialect_ollama.h"

#include "base/limits.h"

static void write_path(const struct chat_request *r, struct buf *out)
{
	(void)r;
	buf_add(out, STR("/chat"));
}

/* ---- errors ---- */

void ollama_write_error(const struct err *e, struct buf *out)
{
	struct buf message;
	buf_init(&message, ERR_WHAT_BYTES + ERR_MEND_BYTES + LIMIT_QUOTE_BYTES);
	buf_printf(&message, "%s: %s%s%s%s", layers[e->layer].name,
		e->kind == ERR_CONTEXT ? "the input exceeds the context length: " : "", e->what,
		e->mend[0] ? "; " : "", e->mend);
	buf_add_char(out, '{');
	js_member_text(out, "error", buf_str(&message));
	dialect_write_error_members(e, out);
	buf_add_char(out, '}');
	buf_clear(&message);
}

/* The words stand beside what another of us says of itself. */
bool ollama_read_error_value(int status, const json_t *value, struct err *e)
{
	json_t *error = json_copy((json_t *)value);
	const json_t *words = json_object_get(value, "error");
	if (json_is_string(words)) {
		json_object_set(error, "message", (json_t *)words);
		json_object_del(error, "error");
	}
	dialect_read_error_value(status, error, e);
	json_decref(error);
	return false;
}

static bool read_error(int status, struct str body, struct err *e)
{
	json_t *value = js_parse(body, LAYER_WIRE, NULL);
	if (json_is_object(value))
		ollama_read_error_value(status, value, e);
	else
		dialect_read_error(status, body, e);
	json_decref(value);
	return false;
}

/* ---- models ---- */

static void write_details(const json_t *model, struct buf *out)
{
	json_int_t context = json_integer_value(json_object_get(model, "context_tokens"));
	js_member(out, "details");
	buf_add(out, STR("{\"parent_model\":\"\",\"format\":\"gguf\",\"family\":\"\","
			 "\"families\":[],\"parameter_size\":\"\",\"quantization_level\":\"\"}"));
	js_member(out, "capabilities");
	buf_add(out, STR("[\"completion\",\"tools\"]"));
	js_member(out, "model_info");
	buf_add_char(out, '{');
	if (context > 0)
		js_member_i64(out, "general.context_length", context);
	buf_add_char(out, '}');
}

static void write_model(const json_t *model, struct buf *out)
{
	struct str id = js_text(json_object_get(model, "id"));
	buf_add_char(out, '{');
	js_member_text(out, "name", id);
	js_member_text(out, "model", id);
	js_member_text(out, "modified_at", STR("1970-01-01T00:00:00Z"));
	js_member_i64(out, "size", 0);
	js_member_text(out, "digest", STR(""));
	write_details(model, out);
	buf_add_char(out, '}');
}

static void write_models(const json_t *models, struct buf *out)
{
	buf_add(out, STR("{\"models\":["));
	for (size_t i = 0; i < json_array_size(models); i++) {
		js_next(out);
		write_model(json_array_get(models, i), out);
	}
	buf_add(out, STR("]}"));
}

static int64_t context_of(const json_t *model)
{
	const char *key;
	json_t *value;
	json_object_foreach(json_object_get(model, "model_info"), key, value)
	{
		if (str_ends(str_z(key), STR(".context_length")))
			return json_integer_value(value);
	}
	return 0;
}

static bool read_models(struct str body, json_t *models, struct err *e)
{
	static const struct dialect_model_list as = {
		.list = "models", .name = "name", .context = context_of
	};
	return dialect_read_models_as(&as, body, models, e);
}

static const struct dialect_route routes[] = {
	{ "POST", "/chat", DIALECT_ANSWER, OLLAMA_CHAT },
	{ "POST", "/generate", DIALECT_ANSWER, OLLAMA_GENERATE },
	{ "POST", "/embed", DIALECT_EMBED, OLLAMA_EMBED },
	{ "POST", "/embeddings", DIALECT_EMBED, OLLAMA_EMBEDDINGS },
	{ "GET", "/tags", DIALECT_MODELS, NULL },
	{ "GET", "/ps", DIALECT_MODELS, NULL },
	{ NULL, NULL, DIALECT_ASK_COUNT, NULL },
};

const struct dialect dialect_ollama = {
	.name = "ollama",
	.about = "Ollama",
	.framing = DIALECT_LINES,
	.routes = routes,
	.version = "/api",
	.id_header = "x-request-id",
	.key_header = "Authorization",
	.key_prefix = "Bearer ",
	.path = write_path,
	.models_path = "/tags",
	.read_request = ollama_read_request,
	.write_request = ollama_write_request,
	.writer_new = ollama_writer_new,
	.write = ollama_write,
	.writer_free = ollama_writer_free,
	.write_error = ollama_write_error,
	.write_models = write_models,
	.write_model = write_model,
	.reader_new = ollama_reader_new,
	.read_piece = ollama_read_piece,
	.read_document = ollama_read_document,
	.read_end = ollama_read_end,
	.reader_free = ollama_reader_free,
	.read_error = read_error,
	.read_models = read_models,
	.embed = &embed_ollama,
};

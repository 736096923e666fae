/*
 * dialect_ollama.c - the row of Ollama's own API, and its errors.
 *
 * Layer: wire.
 */
#include "chat/dialect_ollama.h"

#include "base/limits.h"

static void write_path(const struct chat_request *r, bool is_stream, struct buf *out)
{
	(void)is_stream;
	buf_add(out, r->raw ? STR("/generate") : STR("/chat"));
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

static const struct dialect_route routes[] = {
	{ "POST", "/chat", DIALECT_ANSWER, OLLAMA_CHAT },
	{ "POST", "/generate", DIALECT_ANSWER, OLLAMA_GENERATE },
	{ "POST", "/embed", DIALECT_EMBED, OLLAMA_EMBED },
	{ "POST", "/embeddings", DIALECT_EMBED, OLLAMA_EMBEDDINGS },
	{ "GET", "/tags", DIALECT_MODELS, NULL },
	{ "GET", "/ps", DIALECT_LOADED, NULL },
	{ "POST", "/show", DIALECT_ABOUT, NULL },
	{ "POST", "/pull", DIALECT_PULL, NULL },
	{ "DELETE", "/delete", DIALECT_REFUSED, "remove it with: offgrid rm MODEL" },
	{ "POST", "/copy", DIALECT_REFUSED, "copy its file, and name the copy by its path" },
	{ "POST", "/create", DIALECT_REFUSED,
		"name a GGUF file: offgrid serve --model FILE, with --adapter for an adapter" },
	{ "POST", "/push", DIALECT_REFUSED, "put its file where others can fetch it" },
	{ "HEAD", "/blobs/*", DIALECT_REFUSED, "name a GGUF file: offgrid serve --model FILE" },
	{ "POST", "/blobs/*", DIALECT_REFUSED, "name a GGUF file: offgrid serve --model FILE" },
	{ NULL, NULL, DIALECT_ASK_COUNT, NULL },
};

const struct dialect dialect_ollama = {
	.name = "ollama",
	.about = "Ollama",
	.framing = DIALECT_LINES,
	.has_raw = true,
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
	.adopt = ollama_adopt,
	.writer_free = ollama_writer_free,
	.write_error = ollama_write_error,
	.write_models = ollama_write_models,
	.write_model = ollama_write_model,
	.reader_new = ollama_reader_new,
	.read_piece = ollama_read_piece,
	.read_document = ollama_read_document,
	.read_end = ollama_read_end,
	.reader_free = ollama_reader_free,
	.read_error = read_error,
	.read_models = ollama_read_models,
	.library = &ollama_library,
	.embed = &embed_ollama,
};

/*
 * dialect_openai.c - the row of OpenAI Chat Completions (and the older Completions), its errors and
 * its list of models.
 *
 * The error object has the reference's members (message, type, param, code) and ours (layer, kind,
 * what, mend), so that another of us reads back exactly what happened. The message begins with the
 * layer, since most clients show nothing else.
 *
 * Layer: wire.
 */
#include "chat/dialect_openai.h"

#include "base/limits.h"

static void write_path(const struct chat_request *r, bool is_stream, struct buf *out)
{
	(void)is_stream;
	buf_add_z(out, r->raw ? "/completions" : "/chat/completions");
}

/* ---- errors ---- */

/* The reference's words where it has some; clients look at them. */
static const struct {
	enum err_kind kind;
	const char *type, *code;
} error_words[] = {
	{ ERR_CONTEXT, "exceed_context_size_error", "context_length_exceeded" },
	{ ERR_NOT_FOUND, "invalid_request_error", "model_not_found" },
	{ ERR_DENIED, "permission_error", "permission_denied" },
	{ ERR_BUSY, "rate_limit_error", "server_busy" },
	{ ERR_CUT, "api_error", "stream_incomplete" },
};

static const char *error_type(enum err_kind kind)
{
	for (size_t i = 0; i < sizeof error_words / sizeof error_words[0]; i++)
		if (error_words[i].kind == kind)
			return error_words[i].type;
	return err_kinds[kind].http_status < 500 ? "invalid_request_error" : "api_error";
}

static const char *error_code(enum err_kind kind, enum layer layer)
{
	if (kind == ERR_NOT_FOUND && layer != LAYER_ROUTE)
		return err_kinds[kind].name;
	for (size_t i = 0; i < sizeof error_words / sizeof error_words[0]; i++)
		if (error_words[i].kind == kind)
			return error_words[i].code;
	return err_kinds[kind].name;
}

void openai_write_error_as(
	const struct err *e, const char *param, const char *code, struct buf *out)
{
	/* Words by which clients know a context overflow. */
	const char *known = e->kind == ERR_CONTEXT ? "maximum context length exceeded: " : "";
	buf_add(out, STR("{\"error\":{"));
	dialect_write_message(e, known, out);
	js_member_text(out, "type", str_z(error_type(e->kind)));
	js_member(out, "param");
	if (param)
		js_quote(str_z(param), out);
	else
		buf_add(out, STR("null"));
	js_member_text(out, "code", str_z(code));
	dialect_write_error_members(e, out);
	buf_add(out, STR("}}"));
}

void openai_write_error(const struct err *e, struct buf *out)
{
	openai_write_error_as(e, NULL, error_code(e->kind, e->layer), out);
}

/* ---- models ---- */

static int64_t number_at(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_integer(value) && json_integer_value(value) > 0 ? json_integer_value(value)
								       : 0;
}

/* As llama.cpp's server tells it, and its clients look for it. */
static void write_meta(const json_t *model, struct buf *out)
{
	static const struct {
		const char *name, *from;
	} rows[] = {
		{ "n_ctx", "context_tokens" },
		{ "n_ctx_train", "trained_tokens" },
		{ "n_params", "parameters" },
		{ "n_vocab", "vocabulary" },
		{ "n_embd", "width" },
		{ "size", "bytes" },
	};
	struct buf meta;
	buf_init(&meta, LIMIT_QUOTE_BYTES);
	buf_add_char(&meta, '{');
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (number_at(model, rows[i].from))
			js_member_i64(&meta, rows[i].name, number_at(model, rows[i].from));
	buf_add_char(&meta, '}');
	if (meta.n > sizeof "{}" - 1) {
		js_member(out, "meta");
		buf_add(out, buf_str(&meta));
	}
	buf_clear(&meta);
}

static void write_model(const json_t *model, struct buf *out)
{
	int64_t context = number_at(model, "context_tokens");
	buf_add_char(out, '{');
	js_member_text(out, "id", js_text_of(model, "id"));
	js_member_text(out, "object", STR("model"));
	js_member_i64(out, "created", 0);
	js_member_text(out, "owned_by", js_text_of(model, "upstream"));
	if (context) {
		js_member_i64(out, "context_length", context);
		js_member_i64(out, "max_model_len", context);
	}
	write_meta(model, out);
	buf_add_char(out, '}');
}

static void write_models(const json_t *models, struct buf *out)
{
	buf_add(out, STR("{\"object\":\"list\",\"data\":["));
	for (size_t i = 0; i < json_array_size(models); i++) {
		js_next(out);
		write_model(json_array_get(models, i), out);
	}
	buf_add(out, STR("]}"));
}

static const struct dialect_route routes[] = {
	{ "POST", "/chat/completions", DIALECT_ANSWER, NULL },
	{ "POST", "/completions", DIALECT_ANSWER, OPENAI_TEXT },
	{ "POST", "/embeddings", DIALECT_EMBED, NULL },
	{ "GET", "/models", DIALECT_MODELS, NULL },
	{ "GET", "/models/*", DIALECT_MODEL, NULL },
	{ NULL, NULL, DIALECT_ASK_COUNT, NULL },
};

static const char *const kept_headers[] = { "openai-beta", "x-client-request-id", NULL };

const struct dialect dialect_openai = {
	.name = "openai",
	.about = "OpenAI Chat Completions",
	.has_raw = true,
	.framing = DIALECT_SSE,
	.routes = routes,
	.version = "/v1",
	.id_header = "x-request-id",
	.kept_headers = kept_headers,
	.key_header = "Authorization",
	.key_prefix = "Bearer ",
	.path = write_path,
	.asks_for_usage = true,
	.models_path = "/models",
	.read_request = openai_read_request,
	.write_request = openai_write_request,
	.writer_new = openai_writer_new,
	.write = openai_write,
	.adopt = openai_adopt,
	.writer_free = openai_writer_free,
	.write_error = openai_write_error,
	.write_models = write_models,
	.write_model = write_model,
	.reader_new = openai_reader_new,
	.read_piece = openai_read_piece,
	.read_document = openai_read_document,
	.read_end = openai_read_end,
	.reader_free = openai_reader_free,
	.read_error = dialect_read_error,
	.read_models = dialect_read_models,
	.embed = &embed_openai,
};

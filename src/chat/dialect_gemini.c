/*
 * dialect_gemini.c - the row of Google's Gemini API, its errors and its list of models.
 *
 * Layer: wire.
 */
#include "chat/dialect_gemini.h"

#include <string.h>

#include "base/limits.h"

const struct gemini_budget gemini_budgets[] = {
	{ "none", 0 },
	{ "minimal", 512 },
	{ "low", 2048 },
	{ "medium", 8192 },
	{ "high", 24576 },
	{ NULL, 0 },
};

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~", c));
}

void gemini_write_model_path(struct str model, struct buf *out)
{
	buf_add(out, STR("/models/"));
	for (size_t i = 0; i < model.n; i++) {
		if (is_plain(model.p[i]))
			buf_add_char(out, model.p[i]);
		else
			buf_printf(out, "%%%02X", (unsigned char)model.p[i]);
	}
}

static void write_path(const struct chat_request *r, bool is_stream, struct buf *out)
{
	gemini_write_model_path(r->model, out);
	buf_add(out, is_stream ? STR(":streamGenerateContent?alt=sse") : STR(":generateContent"));
}

/* ---- errors ---- */

enum { STATUS_KEY = 401, STATUS_RATE = 429 };

static const struct {
	int status;
	const char *name;
} statuses[] = {
	{ 400, "INVALID_ARGUMENT" },
	{ 401, "UNAUTHENTICATED" },
	{ 403, "PERMISSION_DENIED" },
	{ 404, "NOT_FOUND" },
	{ 413, "INVALID_ARGUMENT" },
	{ 429, "RESOURCE_EXHAUSTED" },
	{ 499, "CANCELLED" },
	{ 501, "UNIMPLEMENTED" },
	{ 503, "UNAVAILABLE" },
	{ 504, "DEADLINE_EXCEEDED" },
};

static const char *status_name(int status)
{
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
		if (statuses[i].status == status)
			return statuses[i].name;
	return status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
}

/* What the answer has, too: a key that is not ours and a rate limit are no matter of their kind. */
static int status_of(const struct err *e)
{
	bool is_key = e->kind == ERR_DENIED && e->layer == LAYER_CLIENT && e->code == STATUS_KEY;
	bool is_rate = e->kind == ERR_BUSY && e->code == STATUS_RATE;
	return is_key || is_rate ? e->code : err_http_status(e);
}

void gemini_write_error(const struct err *e, struct buf *out)
{
	int status = status_of(e);
	const char *known =
		e->kind == ERR_CONTEXT
			? "The input token count exceeds the maximum number of tokens allowed: "
			: "";
	buf_printf(out, "{\"error\":{\"code\":%d", status);
	dialect_write_message(e, known, out);
	js_member_text(out, "status", str_z(status_name(status)));
	dialect_write_error_members(e, out);
	buf_add(out, STR("}}"));
}

/* ---- models ---- */

static void write_model(const json_t *model, struct buf *out)
{
	struct str id = js_text_of(model, "id");
	json_int_t context = json_integer_value(json_object_get(model, "context_tokens"));
	struct buf name;
	buf_init(&name, id.n + sizeof "models/");
	buf_printf(&name, "models/%.*s", STR_ARG(id));
	buf_add_char(out, '{');
	js_member_text(out, "name", buf_str(&name));
	js_member_text(out, "baseModelId", id);
	js_member_text(out, "version", STR("1"));
	js_member_text(out, "displayName", id);
	if (context > 0) {
		js_member_i64(out, "inputTokenLimit", context);
		js_member_i64(out, "outputTokenLimit", context);
	}
	js_member(out, "supportedGenerationMethods");
	buf_add(out, json_is_true(json_object_get(model, "embeds"))
			     ? STR("[\"embedContent\",\"batchEmbedContents\"]}")
			     : STR("[\"generateContent\",\"streamGenerateContent\","
				   "\"countTokens\"]}"));
	buf_clear(&name);
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
	return json_integer_value(json_object_get(model, "inputTokenLimit"));
}

static bool read_models(struct str body, json_t *models, struct err *e)
{
	static const struct dialect_model_list as = { "models", "name",
		{ "models/", sizeof "models/" - 1 }, context_of };
	return dialect_read_models_as(&as, body, models, e);
}

static void write_tokens(int64_t tokens, bool is_estimate, struct buf *out)
{
	(void)is_estimate;
	buf_printf(out, "{\"totalTokens\":%lld}", (long long)tokens);
}

/* The '*' of an answer holds the question too: "NAME:generateContent". */
static const struct dialect_route routes[] = {
	{ "POST", "/models/*:countTokens", DIALECT_TOKENS, NULL },
	{ "POST", "/models/*:embedContent", DIALECT_EMBED, NULL },
	{ "POST", "/models/*:batchEmbedContents", DIALECT_EMBED, NULL },
	{ "POST", "/models/*", DIALECT_ANSWER, NULL },
	{ "GET", "/models", DIALECT_MODELS, NULL },
	{ "GET", "/models/*", DIALECT_MODEL, NULL },
	{ NULL, NULL, DIALECT_ASK_COUNT, NULL },
};

const struct dialect dialect_gemini = {
	.name = "gemini",
	.about = "Google Gemini",
	.framing = DIALECT_SSE,
	.routes = routes,
	.version = "/v1beta",
	.mark_header = "x-goog-api-client",
	.id_header = "x-request-id",
	.key_header = "x-goog-api-key",
	.key_prefix = "",
	.path = write_path,
	.ends_silently = true,
	.models_path = "/models?pageSize=1000",
	.read_request = gemini_read_request,
	.write_request = gemini_write_request,
	.writer_new = gemini_writer_new,
	.write = gemini_write,
	.adopt = gemini_adopt,
	.writer_free = gemini_writer_free,
	.write_error = gemini_write_error,
	.write_models = write_models,
	.write_model = write_model,
	.write_tokens = write_tokens,
	.embed = &embed_gemini,
	.reader_new = gemini_reader_new,
	.read_piece = gemini_read_piece,
	.read_document = gemini_read_document,
	.read_end = gemini_read_end,
	.reader_free = gemini_reader_free,
	.read_error = dialect_read_error,
	.read_models = read_models,
};

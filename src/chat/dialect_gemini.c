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

static void write_path(const struct chat_request *r, struct buf *out)
{
	buf_add(out, STR("/models/"));
	for (size_t i = 0; i < r->model.n; i++) {
		if (is_plain(r->model.p[i]))
			buf_add_char(out, r->model.p[i]);
		else
			buf_printf(out, "%%%02X", (unsigned char)r->model.p[i]);
	}
	buf_add(out, STR(":streamGenerateContent?alt=sse"));
}

/* ---- errors ---- */

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

void gemini_write_error(const struct err *e, struct buf *out)
{
	int status = err_http_status(e);
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
	struct str id = js_text(json_object_get(model, "id"));
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
	buf_add(out, STR(",\"supportedGenerationMethods\":[\"generateContent\","
			 "\"streamGenerateContent\",\"countTokens\"]}"));
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

static bool read_list(const struct js_at *list, json_t *models, struct err *e)
{
	size_t count;
	if (!js_get_array(list, &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct js_at model = js_item(list, i), at = js_key(&model, "name"),
			     limit = js_key(&model, "inputTokenLimit");
		struct str name;
		if (!js_get_str(&at, &name, e))
			return false;
		if (str_starts(name, STR("models/")))
			name = str_from(name, 7);
		json_t *row = json_object();
		json_object_set_new(row, "id", js_new_text(name));
		json_object_set_new(
			row, "context_tokens", json_integer(json_integer_value(limit.value)));
		json_array_append_new(models, row);
	}
	return true;
}

static bool read_models(struct str body, json_t *models, struct err *e)
{
	json_t *doc = js_parse(body, LAYER_WIRE, e);
	if (!doc)
		return err_context(e, "the upstream's list of models");
	struct js_at root = js_root(doc, LAYER_WIRE), list = js_key(&root, "models");
	bool ok = read_list(&list, models, e);
	json_decref(doc);
	return ok || err_context(e, "the upstream's list of models");
}

static void write_tokens(int64_t tokens, bool is_estimate, struct buf *out)
{
	(void)is_estimate;
	buf_printf(out, "{\"totalTokens\":%lld}", (long long)tokens);
}

/* The '*' of an answer holds the question too: "NAME:generateContent". */
static const struct dialect_route routes[] = {
	{ "POST", "/models/*:countTokens", DIALECT_TOKENS, NULL },
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
	.models_path = "/models?pageSize=1000",
	.read_request = gemini_read_request,
	.write_request = gemini_write_request,
	.writer_new = gemini_writer_new,
	.write = gemini_write,
	.writer_free = gemini_writer_free,
	.write_error = gemini_write_error,
	.write_models = write_models,
	.write_model = write_model,
	.write_tokens = write_tokens,
	.reader_new = gemini_reader_new,
	.read_piece = gemini_read_piece,
	.read_document = gemini_read_document,
	.read_end = gemini_read_end,
	.reader_free = gemini_reader_free,
	.read_error = dialect_read_error,
	.read_models = read_models,
};

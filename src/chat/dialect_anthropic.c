/*
 * dialect_anthropic.c - the row of Anthropic Messages, its errors and its list of models.
 *
 * Clients tell errors apart by `type`, and a context overflow by the words "prompt is too long".
 *
 * Layer: wire.
 */
#include "chat/dialect_anthropic.h"

#include "base/limits.h"

static void write_path(const struct chat_request *r, bool is_stream, struct buf *out)
{
	(void)is_stream;
	(void)r;
	buf_add(out, STR("/messages"));
}

/* ---- errors ---- */

/* The reference's types with the statuses that go with them; an error inside a stream has its type
 * only. */
static const struct error_type {
	int status;
	const char *name;
} error_types[] = {
	{ 400, "invalid_request_error" },
	{ 401, "authentication_error" },
	{ 402, "billing_error" },
	{ 403, "permission_error" },
	{ 404, "not_found_error" },
	{ 413, "request_too_large" },
	{ 429, "rate_limit_error" },
	{ 500, "api_error" },
	{ 503, "overloaded_error" },
	{ 504, "timeout_error" },
	{ 529, "overloaded_error" },
};

enum { ERROR_TYPES = sizeof error_types / sizeof error_types[0] };

static const char *type_of(const struct err *e)
{
	int status = err_http_status(e);
	bool is_own_code = e->code == 401 || e->code == 429;
	if (is_own_code && (e->kind == ERR_DENIED || e->kind == ERR_BUSY))
		status = e->code;
	bool is_rubbish = e->kind == ERR_BAD_DATA || e->kind == ERR_TOO_BIG;
	if (is_rubbish && e->layer != LAYER_CLIENT)
		return "api_error"; /* an upstream's: nothing that the client could mend */
	for (size_t i = 0; i < ERROR_TYPES; i++)
		if (error_types[i].status == status)
			return error_types[i].name;
	return status < 500 ? "invalid_request_error" : "api_error";
}

/* The number that begins there; moves past it. */
static int64_t take_number(struct str *text)
{
	size_t n = 0;
	int64_t number = 0;
	while (n < text->n && text->p[n] >= '0' && text->p[n] <= '9')
		n++;
	bool is_number = n && str_to_i64(str_sub(*text, 0, n), &number);
	*text = str_from(*text, n ? n : 1);
	return is_number ? number : 0;
}

/* The words by which clients know an overflow. With both numbers they know how much to cut: a count
 * of tokens and the number behind it, the larger of which did not fit the other. */
static void write_overflow(struct str what, struct buf *out)
{
	int64_t first = 0, second = 0;
	while (what.n && !second) {
		int64_t number = take_number(&what);
		if (number && first)
			second = number;
		else if (number && str_starts(what, STR(" token")))
			first = number;
	}
	buf_add(out, STR("prompt is too long: "));
	if (second)
		buf_printf(out, "%lld tokens > %lld maximum: ",
			(long long)(first > second ? first : second),
			(long long)(first > second ? second : first));
}

void anthropic_write_error(const struct err *e, struct buf *out)
{
	struct buf known;
	buf_init(&known, LIMIT_QUOTE_BYTES);
	if (e->kind == ERR_CONTEXT)
		write_overflow(str_z(e->what), &known);
	buf_add(out, STR("{\"type\":\"error\",\"error\":{"));
	js_member_text(out, "type", str_z(type_of(e)));
	dialect_write_message(e, buf_z(&known), out);
	buf_clear(&known);
	dialect_write_error_members(e, out);
	if (e->code == ANTHROPIC_NO_THREAD)
		buf_add(out, STR(",\"details\":{\"error_code\":\"thread_unsupported_request\","
				 "\"unsupported\":[\"thread\"]}"));
	buf_add(out, STR("}}"));
}

/* In a stream the type is all there is to tell the kind by. */
bool anthropic_read_error_value(int status, const json_t *value, struct err *e)
{
	const json_t *inner = json_object_get(value, "error");
	struct str type = js_text_of(inner ? inner : value, "type");
	for (size_t i = 0; i < ERROR_TYPES && !status; i++)
		if (str_eq_z(type, error_types[i].name))
			status = error_types[i].status;
	return dialect_read_error_value(status, value, e);
}

/* ---- models ---- */

static void write_model(const json_t *model, struct buf *out)
{
	struct str id = js_text_of(model, "id");
	json_int_t context = json_integer_value(json_object_get(model, "context_tokens"));
	buf_add_char(out, '{');
	js_member_text(out, "type", STR("model"));
	js_member_text(out, "id", id);
	js_member_text(out, "display_name", id);
	js_member_text(out, "created_at", STR("1970-01-01T00:00:00Z"));
	js_member_text(out, "lifecycle", STR("active"));
	if (context > 0)
		js_member_i64(out, "max_input_tokens", context);
	buf_add_char(out, '}');
}

static void write_id_of(const json_t *models, size_t i, const char *name, struct buf *out)
{
	js_member(out, name);
	if (json_array_size(models))
		js_quote(js_text(json_object_get(json_array_get(models, i), "id")), out);
	else
		buf_add(out, STR("null"));
}

static void write_models(const json_t *models, struct buf *out)
{
	size_t count = json_array_size(models);
	buf_add(out, STR("{\"data\":["));
	for (size_t i = 0; i < count; i++) {
		js_next(out);
		write_model(json_array_get(models, i), out);
	}
	buf_add(out, STR("],\"has_more\":false"));
	write_id_of(models, 0, "first_id", out);
	write_id_of(models, count ? count - 1 : 0, "last_id", out);
	buf_add_char(out, '}');
}

static void write_tokens(int64_t tokens, bool is_estimate, struct buf *out)
{
	(void)is_estimate;
	buf_printf(out, "{\"input_tokens\":%lld}", (long long)tokens);
}

static const struct dialect_route routes[] = {
	{ "POST", "/messages", DIALECT_ANSWER, NULL },
	{ "POST", "/messages/count_tokens", DIALECT_TOKENS, NULL },
	{ "GET", "/models", DIALECT_MODELS, NULL },
	{ "GET", "/models/*", DIALECT_MODEL, NULL },
	{ NULL, NULL, DIALECT_ASK_COUNT, NULL },
};

static const char *const kept_headers[] = { "anthropic-beta", NULL };

const struct dialect dialect_anthropic = {
	.name = "anthropic",
	.about = "Anthropic Messages",
	.framing = DIALECT_SSE,
	.routes = routes,
	.version = "/v1",
	.mark_header = "anthropic-version",
	.id_header = "request-id",
	.kept_headers = kept_headers,
	.key_header = "x-api-key",
	.key_prefix = "",
	.extra_header = "anthropic-version: 2023-06-01",
	.path = write_path,
	.sign_of_life = "event: ping\ndata: {\"type\": \"ping\"}\n\n",
	.models_path = "/models?limit=1000",
	.read_request = anthropic_read_request,
	.write_request = anthropic_write_request,
	.writer_new = anthropic_writer_new,
	.write = anthropic_write,
	.adopt = anthropic_adopt,
	.writer_free = anthropic_writer_free,
	.write_error = anthropic_write_error,
	.write_models = write_models,
	.write_model = write_model,
	.write_tokens = write_tokens,
	.reader_new = anthropic_reader_new,
	.read_piece = anthropic_read_piece,
	.read_document = anthropic_read_document,
	.read_end = anthropic_read_end,
	.reader_free = anthropic_reader_free,
	.read_error = dialect_read_error,
	.read_models = dialect_read_models,
};

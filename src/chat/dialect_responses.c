/*
 * dialect_responses.c - the row of OpenAI Responses. Errors and lists of models are those of Chat
 * Completions, and so is the way to them.
 *
 * Layer: wire.
 */
#include "chat/dialect_responses.h"

#include "base/limits.h"
#include "chat/dialect_openai.h"

static void write_path(const struct chat_request *r, bool is_stream, struct buf *out)
{
	(void)is_stream;
	(void)r;
	buf_add(out, STR("/responses"));
}

static struct str extra_text(const struct chat_tool *tool, const char *name)
{
	const json_t *value = json_object_get(tool->extra, name);
	return json_is_string(value) ? js_text(value) : STR("");
}

bool responses_is_custom(const struct chat_tool *tool)
{
	return str_eq_z(extra_text(tool, "type"), "custom");
}

struct str responses_namespace(const struct chat_tool *tool)
{
	return extra_text(tool, "namespace");
}

void responses_custom_input(struct str args, struct buf *out)
{
	json_t *value = js_parse(args, LAYER_WIRE, NULL);
	const json_t *input = json_object_get(value, RESPONSES_INPUT);
	if (json_is_string(input))
		buf_add(out, js_text(input));
	json_decref(value);
}

void responses_custom_args(struct str input, struct buf *out)
{
	buf_add(out, STR("{\"" RESPONSES_INPUT "\": "));
	js_quote(input, out);
	buf_add_char(out, '}');
}

/* Faults for which the reference has words of its own. */
static const struct {
	enum responses_fault fault;
	const char *param, *code;
} own_faults[] = {
	{ RESPONSES_NO_PREVIOUS, "previous_response_id", "previous_response_not_found" },
	{ RESPONSES_NO_ITEM, "input", "item_not_found" },
};

static void write_error(const struct err *e, struct buf *out)
{
	for (size_t i = 0; i < sizeof own_faults / sizeof own_faults[0]; i++) {
		if (e->code == (int)own_faults[i].fault) {
			openai_write_error_as(e, own_faults[i].param, own_faults[i].code, out);
			return;
		}
	}
	openai_write_error(e, out);
}

/* A refusal of an upstream that has such a word keeps it. */
static bool read_error(int status, struct str body, struct err *e)
{
	json_t *doc = js_parse(body, LAYER_WIRE, NULL);
	struct str code = js_text(json_object_get(json_object_get(doc, "error"), "code"));
	dialect_read_error(status, body, e);
	for (size_t i = 0; i < sizeof own_faults / sizeof own_faults[0]; i++)
		if (str_eq_z(code, own_faults[i].code))
			e->code = (int)own_faults[i].fault;
	json_decref(doc);
	return false;
}

static void write_models(const json_t *models, struct buf *out)
{
	dialect_openai.write_models(models, out);
}

static void write_model(const json_t *model, struct buf *out)
{
	dialect_openai.write_model(model, out);
}

static void write_tokens(int64_t tokens, bool is_estimate, struct buf *out)
{
	buf_add_char(out, '{');
	js_member_text(out, "object", STR("response.input_tokens"));
	js_member_i64(out, "input_tokens", tokens);
	if (is_estimate)
		js_member_bool(out, "is_estimate", true);
	buf_add_char(out, '}');
}

static const struct dialect_route routes[] = {
	{ "POST", "/responses", DIALECT_ANSWER, NULL },
	{ "POST", "/responses/input_tokens", DIALECT_TOKENS, NULL },
	{ "POST", "/responses/*/cancel", DIALECT_KEPT_CANCEL, NULL },
	{ "GET", "/responses/*/input_items", DIALECT_KEPT_ASKED, NULL },
	{ "GET", "/responses/*", DIALECT_KEPT, NULL },
	{ "DELETE", "/responses/*", DIALECT_KEPT_DROP, NULL },
	{ NULL, NULL, DIALECT_ASK_COUNT, NULL },
};

static const char *const kept_headers[] = { "openai-beta", "x-client-request-id", NULL };

const struct dialect dialect_responses = {
	.name = "responses",
	.about = "OpenAI Responses",
	.framing = DIALECT_SSE,
	.routes = routes,
	.version = "/v1",
	.id_header = "x-request-id",
	.kept_headers = kept_headers,
	.key_header = "Authorization",
	.key_prefix = "Bearer ",
	.path = write_path,
	.sign_of_life =
		"event: keepalive\ndata: {\"type\":\"keepalive\",\"sequence_number\":0}\n\n",
	.models_path = "/models",
	.read_request = responses_read_request,
	.write_request = responses_write_request,
	.writer_new = responses_writer_new,
	.write = responses_write,
	.adopt = responses_adopt,
	.writer_free = responses_writer_free,
	.write_error = write_error,
	.write_models = write_models,
	.write_model = write_model,
	.write_tokens = write_tokens,
	.keeping = &responses_keeping,
	.reader_new = responses_reader_new,
	.read_piece = responses_read_piece,
	.read_document = responses_read_document,
	.read_end = responses_read_end,
	.reader_free = responses_reader_free,
	.read_error = read_error,
	.read_models = dialect_read_models,
	.embed = &embed_openai,
};

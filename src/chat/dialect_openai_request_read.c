/*
 * dialect_openai_request_read.c - a client's Chat Completions request becomes a chat_request.
 *
 * Every member of the body that we know is one row of a table; what is in no row is kept in
 * `extra`, so that it survives when the upstream speaks the same dialect. Accepted beside the
 * reference are the shapes that real clients send: the older functions and function_call, several
 * names for one thing, numbers written as 4096.0. What would change the meaning if it were ignored
 * (n over 1, a choice that the tools cannot meet) is refused with the place where it stands.
 *
 * Layer: client.
 */
#include "chat/dialect_openai.h"

#include "base/limits.h"
#include "chat/request_read.h"

bool openai_read_n(struct request_reading *g, const struct js_at *at, struct err *e)
{
	(void)g;
	int64_t n = 1;
	if (!request_read_integer(at, 1, INT64_MAX, &n, e))
		return false;
	if (n > 1) {
		js_fail(at, e, "%lld answers to one request are not supported, only 1",
			(long long)n);
		return err_mend(e, "send the request as often as answers are wanted");
	}
	return true;
}

static bool read_logprobs(struct request_reading *g, const struct js_at *at, struct err *e)
{
	bool is_wanted = false;
	if (!js_opt_bool(at, &is_wanted, e))
		return false;
	if (is_wanted && g->r->sampling.top_logprobs == CHAT_UNSET_INT)
		g->r->sampling.top_logprobs = 0;
	return true;
}

static bool read_top_logprobs(struct request_reading *g, const struct js_at *at, struct err *e)
{
	int64_t count = g->r->sampling.top_logprobs;
	if (!request_read_integer(at, 0, CHAT_TOP_LOGPROBS, &count, e))
		return false;
	g->r->sampling.top_logprobs = (int)count;
	return true;
}

bool openai_read_logit_bias(struct request_reading *g, const struct js_at *at, struct err *e)
{
	if (!js_has(at))
		return true;
	if (!js_get_object(at, e))
		return false;
	struct chat_logit_bias *biases =
		arena_calloc(g->r->arena, json_object_size(at->value) + 1, sizeof *biases);
	size_t count = 0;
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)at->value, key, value)
	{
		struct js_at item = js_key(at, key);
		uint64_t token;
		if (!str_to_u64(str_z(key), &token) || token > INT32_MAX)
			return js_fail(&item, e, "is no token number");
		biases[count].token = (int)token;
		if (!js_get_double(&item, &biases[count].bias, e))
			return false;
		count++;
	}
	g->r->sampling.biases = biases;
	g->r->sampling.bias_count = count;
	return true;
}

/* ---- tools ---- */

static bool read_function(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at name = js_key(at, "name"), about = js_key(at, "description"),
		     parameters = js_key(at, "parameters"), strict = js_key(at, "strict");
	struct str name_text, about_text = { 0 };
	bool is_strict = false;
	if (!js_get_object(at, e) || !js_get_str(&name, &name_text, e) ||
		!js_opt_str(&about, &about_text, e) || !js_opt_bool(&strict, &is_strict, e))
		return false;
	if (!name_text.n)
		return js_fail(&name, e, "is empty");
	if (js_has(&parameters) && !js_get_object(&parameters, e))
		return false;
	struct chat_tool *tool = request_offer_tool(
		g, name_text, about_text, json_incref((json_t *)parameters.value));
	if (tool)
		tool->is_strict = is_strict;
	return true;
}

static bool read_tool(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at type = js_key(at, "type"), function = js_key(at, "function");
	struct str kind = STR("function");
	if (!js_get_object(at, e) || !js_opt_str(&type, &kind, e))
		return false;
	if (str_eq_z(kind, "function"))
		return read_function(g, &function, e);
	trace_note(g->t, LAYER_CLIENT, "dialect", "a tool of type '%.*s' was left out",
		STR_ARG(str_sub(kind, 0, LIMIT_QUOTE_BYTES)));
	return true;
}

bool openai_read_tools(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return request_read_tools(g, at, read_tool, e);
}

static bool read_functions(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return request_read_tools(g, at, read_function, e);
}

static const struct {
	const char *name;
	enum chat_tool_choice choice;
} choices[] = {
	{ "auto", CHAT_CHOICE_AUTO },
	{ "none", CHAT_CHOICE_NONE },
	{ "required", CHAT_CHOICE_REQUIRED },
	{ "any", CHAT_CHOICE_REQUIRED },
};

/* A word, {"type": "function", "function": {"name": …}}, or the older {"name": …}. */
static bool read_tool_choice(struct request_reading *g, const struct js_at *at, struct err *e)
{
	if (!js_has(at))
		return true;
	if (json_is_object(at->value)) {
		struct js_at function = js_key(at, "function"),
			     name = js_key(js_has(&function) ? &function : at, "name");
		struct str text;
		if (!js_get_str(&name, &text, e))
			return false;
		g->r->tool_choice = CHAT_CHOICE_NAMED;
		g->r->choice_name = arena_str(g->r->arena, text);
		return true;
	}
	struct str word;
	if (!js_get_str(at, &word, e))
		return false;
	for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
		if (str_eq_z(word, choices[i].name)) {
			g->r->tool_choice = choices[i].choice;
			return true;
		}
	}
	return js_fail(at, e, "is '%.*s', should be auto, none, required or a function",
		STR_ARG(str_sub(word, 0, LIMIT_QUOTE_BYTES)));
}

/* ---- the rest ---- */

static bool read_messages(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return openai_read_messages(g->r, g->t, at, e);
}

static bool read_response_format(struct request_reading *g, const struct js_at *at, struct err *e)
{
	if (!js_has(at))
		return true;
	struct js_at type = js_key(at, "type"), wrapped = js_key(at, "json_schema"),
		     schema = js_key(js_has(&wrapped) ? &wrapped : at, "schema");
	struct str kind;
	if (!js_get_object(at, e) || !js_get_str(&type, &kind, e))
		return false;
	if (str_eq_z(kind, "text"))
		return true;
	if (str_eq_z(kind, "json_object") && !js_has(&schema)) {
		g->r->format = CHAT_FORMAT_JSON;
		return true;
	}
	if (!str_eq_z(kind, "json_schema") && !str_eq_z(kind, "json_object"))
		return js_fail(&type, e, "is '%.*s', should be text, json_object or json_schema",
			STR_ARG(str_sub(kind, 0, LIMIT_QUOTE_BYTES)));
	if (!js_get_object(&schema, e))
		return false;
	g->r->format = CHAT_FORMAT_SCHEMA;
	g->r->format_schema = chat_request_keep(g->r, json_incref((json_t *)schema.value));
	return true;
}

bool openai_read_stream_options(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at usage = js_key(at, "include_usage");
	return js_opt_bool(&usage, &g->r->wants_usage, e);
}

static bool read_continue(struct request_reading *g, const struct js_at *at, struct err *e)
{
	g->has_wish = js_has(at);
	return js_opt_bool(at, &g->r->continues_assistant, e);
}

/* The members of the body in the order in which they are read: of two names for one thing the later
 * one wins. */
static const struct request_member members[] = {
	{ "model", request_read_model, false },
	{ "messages", read_messages, false },
	{ "functions", read_functions, false },
	{ "tools", openai_read_tools, false },
	{ "function_call", read_tool_choice, false },
	{ "tool_choice", read_tool_choice, false },
	{ "parallel_tool_calls", request_read_parallel, false },
	{ "response_format", read_response_format, false },
	{ "reasoning_effort", request_read_effort, false },
	{ "temperature", request_read_temperature, false },
	{ "top_p", request_read_top_p, false },
	{ "min_p", request_read_min_p, false },
	{ "top_k", request_read_top_k, false },
	{ "repetition_penalty", request_read_repeat_penalty, false },
	{ "repeat_penalty", request_read_repeat_penalty, false },
	{ "presence_penalty", request_read_presence_penalty, false },
	{ "frequency_penalty", request_read_frequency_penalty, false },
	{ "logit_bias", openai_read_logit_bias, false },
	{ "logprobs", read_logprobs, false },
	{ "top_logprobs", read_top_logprobs, false },
	{ "seed", request_read_seed, false },
	{ "stop", request_read_stop, false },
	{ "max_tokens", request_read_max_tokens, false },
	{ "max_completion_tokens", request_read_max_tokens, false },
	{ "n", openai_read_n, false },
	{ "stream", request_read_stream, false },
	{ "stream_options", openai_read_stream_options, false },
	{ "continue_final_message", read_continue, false },
	{ NULL, NULL, false },
};

struct chat_request *openai_read_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e)
{
	if (str_eq_z(path, OPENAI_TEXT))
		return openai_read_text_request(path, body, a, t, e);
	return request_read(&dialect_openai, members, path, body, a, t, e);
}

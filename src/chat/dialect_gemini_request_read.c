/*
 * dialect_gemini_request_read.c - a client's generateContent request becomes a chat_request; its
 * contents are read in dialect_gemini_contents_read.c.
 *
 * Member names are taken in camelCase and in snake_case, as the reference does. Parameters of a
 * function come as JSON Schema or in Google's older form, whose types are in capitals.
 *
 * Layer: client.
 */
#include "base/limits.h"
#include "chat/dialect_gemini.h"
#include "chat/quirks.h"

enum { DEPTH_MAX = 64 };

/* ---- schemas ---- */

static json_t *lowered(struct str word)
{
	struct buf text;
	buf_init(&text, word.n + 1);
	for (size_t i = 0; i < word.n; i++) {
		char c = word.p[i];
		buf_add_char(&text, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
	}
	json_t *value = js_new_text(buf_str(&text));
	buf_clear(&text);
	return value;
}

/* A copy in which types are in small letters. */
static json_t *plain_schema(const json_t *schema, size_t depth)
{
	json_t *copy, *value;
	const char *name;
	size_t i;
	if (depth > DEPTH_MAX || (!json_is_object(schema) && !json_is_array(schema)))
		return json_deep_copy(schema);
	copy = json_is_array(schema) ? json_array() : json_object();
	json_array_foreach((json_t *)schema, i, value)
	{
		json_array_append_new(copy, plain_schema(value, depth + 1));
	}
	json_object_foreach((json_t *)schema, name, value)
	{
		bool is_type = str_eq_z(str_z(name), "type") && json_is_string(value);
		json_object_set_new(copy, name,
			is_type ? lowered(js_text(value)) : plain_schema(value, depth + 1));
	}
	return copy;
}

/* ---- tools ---- */

static bool read_function(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at name = js_key(at, "name"), about = js_key(at, "description"),
		     plain = gemini_key(at, "parametersJsonSchema", "parameters_json_schema"),
		     older = js_key(at, "parameters");
	struct str name_text, about_text = { 0 };
	if (!js_get_object(at, e) || !js_get_str(&name, &name_text, e) ||
		!js_opt_str(&about, &about_text, e))
		return false;
	if (!name_text.n)
		return js_fail(&name, e, "is empty");
	const struct js_at *parameters = js_has(&plain) ? &plain : &older;
	if (js_has(parameters) && !js_get_object(parameters, e))
		return false;
	request_offer_tool(g, name_text, about_text,
		js_has(parameters) ? plain_schema(parameters->value, 0) : NULL);
	return true;
}

/* A tool is a list of functions, or something that runs at the provider. */
static bool read_tool(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at list = gemini_key(at, "functionDeclarations", "function_declarations");
	if (!js_get_object(at, e))
		return false;
	if (!js_has(&list)) {
		quirk_note(QUIRK_PROVIDER_TOOLS, g->t,
			"a tool that runs at its provider is offered there only");
		return true;
	}
	list = gemini_list(g, &list);
	return request_read_tools(g, &list, read_function, e);
}

static bool read_tools(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at list = gemini_list(g, at);
	return request_read_tools(g, &list, read_tool, e);
}

/* ANY with one name is that tool; with several it is any tool at all. */
static bool read_tool_config(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at config = gemini_key(at, "functionCallingConfig", "function_calling_config"),
		     mode = js_key(&config, "mode"),
		     names = gemini_key(&config, "allowedFunctionNames", "allowed_function_names");
	struct str word = STR("AUTO");
	if (!js_opt_str(&mode, &word, e))
		return false;
	if (str_eq_nocase(word, STR("NONE")))
		g->r->tool_choice = CHAT_CHOICE_NONE;
	if (!str_eq_nocase(word, STR("ANY")))
		return true;
	g->r->tool_choice = CHAT_CHOICE_REQUIRED;
	if (json_array_size(names.value) == 1) {
		struct js_at name = js_item(&names, 0);
		struct str text;
		if (!js_get_str(&name, &text, e))
			return false;
		g->r->tool_choice = CHAT_CHOICE_NAMED;
		g->r->choice_name = arena_str(g->r->arena, text);
	}
	return true;
}

/* ---- generationConfig ---- */

static bool read_thinking(struct request_reading *g, const struct js_at *config, struct err *e)
{
	struct js_at at = gemini_key(config, "thinkingConfig", "thinking_config"),
		     shows = gemini_key(&at, "includeThoughts", "include_thoughts"),
		     budget = gemini_key(&at, "thinkingBudget", "thinking_budget"),
		     level = gemini_key(&at, "thinkingLevel", "thinking_level");
	bool is_shown = false;
	int64_t tokens = -1;
	struct str word = { 0 };
	if (!js_opt_bool(&shows, &is_shown, e) ||
		!request_read_integer(&budget, -1, INT64_MAX, &tokens, e) ||
		!js_opt_str(&level, &word, e))
		return false;
	g->r->hides_thoughts = !is_shown;
	const struct gemini_budget *b = gemini_budgets;
	for (; tokens >= 0 && b->effort && tokens > b->tokens && b[1].effort; b++)
		;
	if (tokens >= 0)
		g->r->reasoning_effort = str_z(b->effort);
	json_t *effort = word.n ? lowered(word) : NULL;
	if (effort)
		g->r->reasoning_effort = arena_str(g->r->arena, js_text(effort));
	json_decref(effort);
	return true;
}

static bool read_format(struct request_reading *g, const struct js_at *config, struct err *e)
{
	struct js_at type = gemini_key(config, "responseMimeType", "response_mime_type"),
		     plain = gemini_key(config, "responseJsonSchema", "response_json_schema"),
		     older = gemini_key(config, "responseSchema", "response_schema");
	struct str mime = { 0 };
	if (!js_opt_str(&type, &mime, e))
		return false;
	if (!str_eq_z(mime, "application/json"))
		return true;
	const struct js_at *schema = js_has(&plain) ? &plain : &older;
	g->r->format = js_has(schema) ? CHAT_FORMAT_SCHEMA : CHAT_FORMAT_JSON;
	if (!js_has(schema))
		return true;
	if (!js_get_object(schema, e))
		return false;
	g->r->format_schema = chat_request_keep(g->r, plain_schema(schema->value, 0));
	return true;
}

static bool read_candidates(struct request_reading *g, const struct js_at *at, struct err *e)
{
	(void)g;
	int64_t n = 1;
	if (!request_read_integer(at, 1, INT64_MAX, &n, e))
		return false;
	if (n == 1)
		return true;
	js_fail(at, e, "%lld answers to one request are not supported, only 1", (long long)n);
	return err_mend(e, "send the request as often as answers are wanted");
}

static const struct {
	const char *camel, *snake;
	bool (*read)(struct request_reading *g, const struct js_at *at, struct err *e);
} config_rows[] = {
	{ "temperature", "temperature", request_read_temperature },
	{ "topP", "top_p", request_read_top_p },
	{ "topK", "top_k", request_read_top_k },
	{ "seed", "seed", request_read_seed },
	{ "presencePenalty", "presence_penalty", request_read_presence_penalty },
	{ "frequencyPenalty", "frequency_penalty", request_read_frequency_penalty },
	{ "maxOutputTokens", "max_output_tokens", request_read_max_tokens },
	{ "stopSequences", "stop_sequences", request_read_stop },
	{ "candidateCount", "candidate_count", read_candidates },
};

static bool read_config(struct request_reading *g, const struct js_at *at, struct err *e)
{
	if (!js_has(at))
		return true;
	if (!js_get_object(at, e))
		return false;
	for (size_t i = 0; i < sizeof config_rows / sizeof config_rows[0]; i++) {
		struct js_at member = gemini_key(at, config_rows[i].camel, config_rows[i].snake);
		if (!config_rows[i].read(g, &member, e))
			return false;
	}
	return read_thinking(g, at, e) && read_format(g, at, e);
}

/* ---- the whole ---- */

static const struct {
	const char *name;
	bool is_stream;
} questions[] = {
	{ ":generateContent", false },
	{ ":streamGenerateContent", true },
	{ ":countTokens", false },
};

/* Model and question stand in the path; a question about tokens has lost its own on the way. */
static bool read_path(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct str model = g->path;
	size_t colon = str_find_last(model, STR(":"));
	(void)at;
	g->r->hides_thoughts = true; /* unless its configuration asks for them */
	for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
		if (!str_ends(model, str_z(questions[i].name)))
			continue;
		g->r->is_stream = questions[i].is_stream;
		g->r->wants_usage = true;
		g->r->model = arena_str(g->r->arena, str_sub(model, 0, colon));
		return true;
	}
	bool is_question =
		colon != SIZE_MAX && str_find(str_from(model, colon), STR("enerate")) != SIZE_MAX;
	g->r->model = arena_str(g->r->arena, model);
	return !is_question ||
	       fail(e, ERR_USAGE, LAYER_CLIENT, "%.*s is not served here, generateContent is",
		       STR_ARG(str_sub(model, 0, LIMIT_QUOTE_BYTES)));
}

/* A question about tokens may hold the whole request it asks about. */
static bool read_inner(struct request_reading *g, const struct js_at *at, struct err *e);

static const struct request_member members[] = {
	{ "model", read_path, false },
	{ "systemInstruction", gemini_read_system, false },
	{ "system_instruction", gemini_read_system, false },
	{ "generateContentRequest", read_inner, false },
	{ "contents", gemini_read_contents, false },
	{ "tools", read_tools, true },
	{ "toolConfig", read_tool_config, false },
	{ "tool_config", read_tool_config, false },
	{ "generationConfig", read_config, true },
	{ "generation_config", read_config, true },
	{ NULL, NULL, false },
};

static bool read_inner(struct request_reading *g, const struct js_at *at, struct err *e)
{
	if (!js_has(at))
		return true;
	for (const struct request_member *m = members; m->name; m++) {
		struct js_at member = js_key(at, m->name);
		if (m->read != read_inner && m->read != read_path && js_has(&member) &&
			!m->read(g, &member, e))
			return false;
	}
	return true;
}

struct chat_request *gemini_read_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e)
{
	return request_read(&dialect_gemini, members, path, body, a, t, e);
}

/*
 * dialect_anthropic_request_read.c - a client's Messages request becomes a chat_request.
 *
 * Accepted beside the reference: no max_tokens, sampling fields that other servers have. A client
 * that does not ask for thinking gets none: its programs read content[0] as the text.
 *
 * Layer: client.
 */
#include "base/limits.h"
#include "chat/dialect_anthropic.h"
#include "chat/quirks.h"

/* ---- tools ---- */

static bool refers_to(const json_t *content, struct str tool)
{
	for (size_t i = 0; i < json_array_size(content); i++) {
		const json_t *name = json_object_get(json_array_get(content, i), "tool_name");
		if (json_is_string(name) && str_eq(js_text(name), tool))
			return true;
	}
	return false;
}

/* A deferred tool is offered once the result of a search has referred to it. */
static bool is_found(const struct chat_request *r, struct str tool)
{
	for (size_t i = 0; i < r->message_count; i++)
		for (size_t k = 0; k < r->messages[i].block_count; k++)
			if (refers_to(json_object_get(r->messages[i].blocks[k].extra, "content"),
				    tool))
				return true;
	return false;
}

static bool read_function(struct request_reading *g, const struct js_at *at, struct err *e)
{
	static const char *const known[] = { "type", "name", "description", "input_schema",
		"strict", NULL };
	struct js_at name = js_key(at, "name"), about = js_key(at, "description"),
		     schema = js_key(at, "input_schema"), strict = js_key(at, "strict"),
		     deferred = js_key(at, "defer_loading");
	struct str name_text, about_text = { 0 };
	bool is_strict = false, is_deferred = false;
	if (!js_get_str(&name, &name_text, e) || !js_opt_str(&about, &about_text, e) ||
		!js_opt_bool(&strict, &is_strict, e) || !js_opt_bool(&deferred, &is_deferred, e))
		return false;
	if (!name_text.n)
		return js_fail(&name, e, "is empty");
	if (js_has(&schema) && !js_get_object(&schema, e))
		return false;
	if (is_deferred && !is_found(g->r, name_text)) {
		trace_note(g->t, LAYER_CLIENT, "dialect",
			"the tool '%.*s' is offered once a search has found it",
			STR_ARG(str_sub(name_text, 0, LIMIT_QUOTE_BYTES)));
		return true;
	}
	struct chat_tool *tool =
		request_offer_tool(g, name_text, about_text, json_incref((json_t *)schema.value));
	if (!tool)
		return true;
	tool->is_strict = is_strict;
	tool->extra = request_keep_unknown(g->r, at->value, known);
	return true;
}

static bool read_tool(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at type = js_key(at, "type");
	struct str kind = STR("custom");
	if (!js_get_object(at, e) || !js_opt_str(&type, &kind, e))
		return false;
	if (str_eq_z(kind, "custom"))
		return read_function(g, at, e);
	quirk_note(QUIRK_PROVIDER_TOOLS, g->t,
		"a tool of type '%.*s' runs at its provider: it is offered there only",
		STR_ARG(str_sub(kind, 0, LIMIT_QUOTE_BYTES)));
	return true;
}

static bool read_tools(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return request_read_tools(g, at, read_tool, e);
}

static const struct {
	const char *name;
	enum chat_tool_choice choice;
} choices[] = {
	{ "auto", CHAT_CHOICE_AUTO },
	{ "any", CHAT_CHOICE_REQUIRED },
	{ "none", CHAT_CHOICE_NONE },
	{ "tool", CHAT_CHOICE_NAMED },
};

static bool read_tool_choice(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at type = js_key(at, "type"), name = js_key(at, "name"),
		     single = js_key(at, "disable_parallel_tool_use");
	struct str kind, tool = { 0 };
	bool is_single = false;
	if (!js_has(at))
		return true;
	if (!js_get_object(at, e) || !js_get_str(&type, &kind, e) ||
		!js_opt_bool(&single, &is_single, e) || !js_opt_str(&name, &tool, e))
		return false;
	g->r->allows_parallel_calls = !is_single;
	g->r->choice_name = arena_str(g->r->arena, tool);
	for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
		if (str_eq_z(kind, choices[i].name)) {
			g->r->tool_choice = choices[i].choice;
			return true;
		}
	}
	return js_fail(&type, e, "is '%.*s', should be auto, any, tool or none",
		STR_ARG(str_sub(kind, 0, LIMIT_QUOTE_BYTES)));
}

/* ---- thinking ---- */

/* What a budget of thinking tokens is as an effort, up to so many. */
static const struct {
	int64_t most;
	const char *effort;
} budgets[] = {
	{ 2048, "low" },
	{ 8192, "medium" },
	{ INT64_MAX, "high" },
};

static bool read_thinking(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at type = js_key(at, "type"), budget = js_key(at, "budget_tokens");
	struct str kind;
	int64_t tokens = 0;
	g->r->hides_thoughts = !js_has(at);
	if (!js_has(at))
		return true;
	if (!js_get_str(&type, &kind, e) ||
		!request_read_integer(&budget, 0, INT64_MAX, &tokens, e))
		return false;
	if (str_eq_z(kind, "disabled"))
		g->r->reasoning_effort = STR("none");
	if (!str_eq_z(kind, "enabled") || !js_has(&budget))
		return true;
	g->r->thinking_tokens = tokens;
	for (size_t i = 0;; i++) {
		if (tokens > budgets[i].most)
			continue;
		g->r->reasoning_effort = str_z(budgets[i].effort);
		return true;
	}
}

/* The efforts of the reference as those that all know. */
static const struct {
	const char *name, *effort;
} efforts[] = {
	{ "low", "low" },
	{ "medium", "medium" },
	{ "high", "high" },
	{ "xhigh", "high" },
	{ "max", "high" },
};

static bool read_schema(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at type = js_key(at, "type"), schema = js_key(at, "schema");
	struct str kind;
	if (!js_has(at))
		return true;
	if (!js_get_object(at, e) || !js_get_str(&type, &kind, e))
		return false;
	if (!str_eq_z(kind, "json_schema"))
		return js_fail(&type, e, "is '%.*s', should be json_schema",
			STR_ARG(str_sub(kind, 0, LIMIT_QUOTE_BYTES)));
	if (!js_get_object(&schema, e))
		return false;
	g->r->format = CHAT_FORMAT_SCHEMA;
	g->r->format_schema = chat_request_keep(g->r, json_incref((json_t *)schema.value));
	return true;
}

static bool read_output_config(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at effort = js_key(at, "effort"), format = js_key(at, "format");
	struct str name = { 0 };
	if (!js_opt_str(&effort, &name, e) || !read_schema(g, &format, e))
		return false;
	bool is_off = str_eq_z(g->r->reasoning_effort, "none") || g->r->hides_thoughts;
	for (size_t i = 0; i < sizeof efforts / sizeof efforts[0] && !is_off; i++)
		if (str_eq_z(name, efforts[i].name))
			g->r->reasoning_effort = str_z(efforts[i].effort);
	return true;
}

/* ---- the rest ---- */

static bool read_stream(struct request_reading *g, const struct js_at *at, struct err *e)
{
	g->r->wants_usage = true;
	return request_read_stream(g, at, e);
}

/* A thread that begins holds all of it; one that goes on names what only the provider keeps. Told
 * in these words, the official clients send the whole conversation instead. */
static bool read_thread(struct request_reading *g, const struct js_at *at, struct err *e)
{
	(void)g;
	struct js_at type = js_key(at, "type");
	struct str name = { 0 };
	if (!js_opt_str(&type, &name, e))
		return false;
	if (!str_eq_z(name, "continue"))
		return true;
	js_fail(at, e, "goes on from a message, but threads are not kept here");
	if (e)
		e->code = ANTHROPIC_NO_THREAD;
	return err_mend(e, "send the whole conversation, without a thread");
}

/* The members of the body in the order in which they are read: tools after the messages, which may
 * have found them, and the effort after the thinking. */
static const struct request_member members[] = {
	{ "model", request_read_model, false },
	{ "thread", read_thread, true },
	{ "system", anthropic_read_system, false },
	{ "messages", anthropic_read_messages, false },
	{ "tools", read_tools, true },
	{ "tool_choice", read_tool_choice, false },
	{ "thinking", read_thinking, true },
	{ "output_config", read_output_config, true },
	{ "output_format", read_schema, true },
	{ "max_tokens", request_read_max_tokens, false },
	{ "stop_sequences", request_read_stop, false },
	{ "temperature", request_read_temperature, false },
	{ "top_p", request_read_top_p, false },
	{ "top_k", request_read_top_k, false },
	{ "stream", read_stream, false },
	{ NULL, NULL, false },
};

struct chat_request *anthropic_read_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e)
{
	return request_read(&dialect_anthropic, members, path, body, a, t, e);
}

/*
 * dialect_responses_request_read.c - a client's Responses request becomes a chat_request; its
 * `input` is read in dialect_responses_input.c.
 *
 * Layer: client.
 */
#include "base/limits.h"
#include "chat/dialect_responses.h"
#include "chat/quirks.h"

/* ---- what is kept elsewhere ---- */

static struct chat_bound *bind_to(struct request_reading *g, struct str id)
{
	struct chat_bound *bound = arena_alloc(g->r->arena, sizeof *bound);
	bound->id = arena_str(g->r->arena, id);
	g->r->bound = bound;
	return bound;
}

/* What the chain of kept answers went on from and is not kept here, an upstream may know. */
static bool read_previous(struct request_reading *g, const struct js_at *at, struct err *e)
{
	const struct dialect_past *past = g->past;
	struct str id = { 0 };
	if (!js_opt_str(at, &id, e))
		return false;
	if (past && past->chain_count)
		id = past->chain[0].previous;
	if (id.n)
		responses_fail_unknown(id, past, &bind_to(g, id)->why);
	return true;
}

static bool read_background(struct request_reading *g, const struct js_at *at, struct err *e)
{
	bool is_wanted = false;
	(void)g;
	if (!js_opt_bool(at, &is_wanted, e))
		return false;
	if (!is_wanted)
		return true;
	js_fail(at, e, "is true, but this server answers while the client waits");
	return err_mend(e, "leave it out; a stream stays alive however long an answer takes");
}

/* Conversations and prompts are kept by the provider under names of its own. */
static bool read_elsewhere(struct request_reading *g, const struct js_at *at, const char *mend)
{
	if (!js_has(at) || g->r->bound)
		return true;
	struct err *why = &bind_to(g, STR(""))->why;
	js_fail(at, why,
		"names what only its provider keeps, and none of this server's upstreams "
		"speaks Responses");
	err_mend(why, "%s", mend);
	return true;
}

/* ---- tools ---- */

struct offer {
	struct str name, about;
	json_t *parameters; /* a reference, given away */
	const json_t *extra;
	bool is_strict;
};

static void add_offer(struct request_reading *g, const struct offer *o)
{
	struct chat_tool *tool = request_offer_tool(g, o->name, o->about, o->parameters);
	if (!tool)
		return;
	tool->extra = o->extra;
	tool->is_strict = o->is_strict;
}

static bool read_named(const struct js_at *at, struct offer *o, struct err *e)
{
	struct js_at name = js_key(at, "name"), about = js_key(at, "description");
	o->about = STR("");
	if (!js_get_str(&name, &o->name, e) || !js_opt_str(&about, &o->about, e))
		return false;
	return o->name.n || js_fail(&name, e, "is empty");
}

/* A function, of a namespace or of none. */
static bool read_function(
	struct request_reading *g, const struct js_at *at, struct str space, struct err *e)
{
	struct js_at parameters = js_key(at, "parameters"), strict = js_key(at, "strict");
	struct offer o = { 0 };
	if (!read_named(at, &o, e) || !js_opt_bool(&strict, &o.is_strict, e))
		return false;
	if (js_has(&parameters) && !js_get_object(&parameters, e))
		return false;
	if (space.n)
		o.extra = chat_request_keep(
			g->r, json_pack("{s:o}", "namespace", js_new_text(space)));
	o.parameters = json_incref((json_t *)parameters.value);
	add_offer(g, &o);
	return true;
}

/* A regular expression holds the text of a model of this machine as a schema's pattern does. Any
 * other grammar is told to the model, and nothing more. */
static void hold_grammar(
	struct request_reading *g, struct str syntax, struct str rules, const struct offer *o)
{
	json_t *input =
		json_object_get(json_object_get(o->parameters, "properties"), RESPONSES_INPUT);
	if (rules.n && str_eq_z(syntax, "regex"))
		json_object_set_new(input, "pattern",
			js_new_text(arena_printf(g->r->arena, "^(?:%.*s)$", STR_ARG(rules))));
	else if (rules.n)
		trace_note(g->t, LAYER_CLIENT, "dialect",
			"the %.*s grammar of '%.*s' is told to the model and not enforced",
			STR_ARG(str_sub(syntax, 0, LIMIT_QUOTE_BYTES)),
			STR_ARG(str_sub(o->name, 0, LIMIT_QUOTE_BYTES)));
}

/* A tool that takes text. */
static bool read_custom(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at format = js_key(at, "format"), grammar = js_key(&format, "definition"),
		     kind = js_key(&format, "syntax");
	struct offer o = { 0 };
	struct str rules = { 0 }, syntax = STR("unnamed");
	if (!read_named(at, &o, e) || !js_opt_str(&grammar, &rules, e) ||
		!js_opt_str(&kind, &syntax, e))
		return false;
	struct str about =
		rules.n ? arena_printf(g->r->arena, "the whole text, in this grammar:\n%.*s",
				  STR_ARG(rules))
			: STR("the whole text");
	o.parameters = json_pack("{s:s, s:{s:{s:s, s:o}}, s:[s]}", "type", "object", "properties",
		RESPONSES_INPUT, "type", "string", "description", js_new_text(about), "required",
		RESPONSES_INPUT);
	o.extra = chat_request_keep(g->r, json_pack("{s:s}", "type", "custom"));
	hold_grammar(g, syntax, rules, &o);
	add_offer(g, &o);
	return true;
}

static void read_bridged(struct request_reading *g, const struct responses_bridge *b)
{
	struct offer o = { .name = str_z(b->type),
		.about = str_z(b->about),
		.parameters = js_parse(str_z(b->parameters), LAYER_CLIENT, NULL),
		.extra = chat_request_keep(g->r, json_pack("{s:s}", "type", b->type)) };
	add_offer(g, &o);
}

static bool read_namespace(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at name = js_key(at, "name"), tools = js_key(at, "tools");
	struct str space;
	size_t count;
	if (!js_get_str(&name, &space, e) ||
		!request_read_count(&tools, LIMIT_TOOLS, "tools", &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct js_at tool = js_item(&tools, i);
		if (!js_get_object(&tool, e) || !read_function(g, &tool, space, e))
			return false;
	}
	quirk_note(QUIRK_NAMESPACE, g->t, "the %zu functions of %.*s stand beside the others",
		count, STR_ARG(str_sub(space, 0, LIMIT_QUOTE_BYTES)));
	return true;
}

static bool read_tool(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at type = js_key(at, "type");
	struct str kind;
	if (!js_get_object(at, e) || !js_get_str(&type, &kind, e))
		return false;
	if (str_eq_z(kind, "function"))
		return read_function(g, at, STR(""), e);
	if (str_eq_z(kind, "custom"))
		return read_custom(g, at, e);
	if (str_eq_z(kind, "namespace"))
		return read_namespace(g, at, e);
	if (responses_bridge_of_type(kind)) {
		read_bridged(g, responses_bridge_of_type(kind));
		return true;
	}
	quirk_note(QUIRK_PROVIDER_TOOLS, g->t,
		"a tool of type '%.*s' runs at its provider: it is offered there only",
		STR_ARG(str_sub(kind, 0, LIMIT_QUOTE_BYTES)));
	return true;
}

bool responses_read_tools(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return request_read_tools(g, at, read_tool, e);
}

static const struct {
	const char *name;
	enum chat_tool_choice choice;
} choices[] = {
	{ "auto", CHAT_CHOICE_AUTO },
	{ "none", CHAT_CHOICE_NONE },
	{ "required", CHAT_CHOICE_REQUIRED },
};

static bool read_choice_word(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct str word;
	if (!js_get_str(at, &word, e))
		return false;
	for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
		if (str_eq_z(word, choices[i].name)) {
			g->r->tool_choice = choices[i].choice;
			return true;
		}
	}
	return js_fail(at, e, "is '%.*s', should be auto, none, required or a tool",
		STR_ARG(str_sub(word, 0, LIMIT_QUOTE_BYTES)));
}

/* By its name, or by its type if that is all. */
static bool is_meant(const struct chat_tool *tool, const json_t *entry)
{
	const json_t *name = json_object_get(entry, "name");
	return str_eq(tool->name, js_text(name ? name : json_object_get(entry, "type")));
}

/* Only these of the tools may be called: the others are not offered. */
static bool read_allowed(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at mode = js_key(at, "mode"), allowed = js_key(at, "tools");
	size_t count, kept = 0;
	if (!read_choice_word(g, &mode, e) || !js_get_array(&allowed, &count, e))
		return false;
	for (size_t i = 0; i < g->r->tool_count; i++) {
		bool is_allowed = false;
		for (size_t k = 0; k < count && !is_allowed; k++)
			is_allowed = is_meant(&g->r->tools[i], json_array_get(allowed.value, k));
		if (is_allowed)
			g->r->tools[kept++] = g->r->tools[i];
	}
	trace_note(g->t, LAYER_CLIENT, "dialect", "%zu of %zu tools are allowed", kept,
		g->r->tool_count);
	g->r->tool_count = kept;
	return true;
}

/* A word, an object that names the tool, or a list of those allowed. */
static bool read_tool_choice(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at type = js_key(at, "type"), name = js_key(at, "name");
	struct str kind = STR("function"), word;
	if (!js_has(at))
		return true;
	if (!json_is_object(at->value))
		return read_choice_word(g, at, e);
	if (!js_opt_str(&type, &kind, e))
		return false;
	if (str_eq_z(kind, "allowed_tools"))
		return read_allowed(g, at, e);
	if (responses_bridge_of_type(kind)) {
		g->r->tool_choice = CHAT_CHOICE_NAMED;
		g->r->choice_name = arena_str(g->r->arena, kind);
		return true;
	}
	if (!js_has(&name) && !str_eq_z(kind, "function") && !str_eq_z(kind, "custom"))
		return read_elsewhere(g, at, "offer a function, and name it in tool_choice");
	if (!js_get_str(&name, &word, e))
		return false;
	g->r->tool_choice = CHAT_CHOICE_NAMED;
	g->r->choice_name = arena_str(g->r->arena, word);
	return true;
}

/* ---- the rest ---- */

static bool read_instructions(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct str text = { 0 };
	if (!js_opt_str(at, &text, e))
		return false;
	if (text.n)
		chat_add_text(g->r, CHAT_SYSTEM, text);
	return true;
}

static bool read_reasoning(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at effort = js_key(at, "effort");
	return !js_has(at) || (js_get_object(at, e) && request_read_effort(g, &effort, e));
}

static bool read_text(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at format = js_key(at, "format"), type = js_key(&format, "type"),
		     schema = js_key(&format, "schema");
	struct str kind = STR("text");
	if (!js_opt_str(&type, &kind, e))
		return false;
	if (str_eq_z(kind, "text"))
		return true;
	if (str_eq_z(kind, "json_object")) {
		g->r->format = CHAT_FORMAT_JSON;
		return true;
	}
	if (!str_eq_z(kind, "json_schema"))
		return js_fail(&type, e, "is '%.*s', should be text, json_object or json_schema",
			STR_ARG(str_sub(kind, 0, LIMIT_QUOTE_BYTES)));
	if (!js_get_object(&schema, e))
		return false;
	g->r->format = CHAT_FORMAT_SCHEMA;
	g->r->format_schema = chat_request_keep(g->r, json_incref((json_t *)schema.value));
	return true;
}

static bool read_stream(struct request_reading *g, const struct js_at *at, struct err *e)
{
	g->r->wants_usage = true;
	return request_read_stream(g, at, e);
}

static bool read_conversation(struct request_reading *g, const struct js_at *at, struct err *e)
{
	(void)e;
	return read_elsewhere(g, at,
		"go on with previous_response_id, which is kept here, or send the whole "
		"conversation as input");
}

static bool read_prompt(struct request_reading *g, const struct js_at *at, struct err *e)
{
	(void)e;
	return read_elsewhere(g, at, "send its text as instructions");
}

/* Of all that may be included, the one that a model here must be asked for. */
static bool read_include(struct request_reading *g, const struct js_at *at, struct err *e)
{
	size_t count = 0;
	if (js_has(at) && !js_get_array(at, &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct js_at item = js_item(at, i);
		if (str_eq_z(js_text(item.value), RESPONSES_LOGPROBS))
			g->r->sampling.top_logprobs = 0;
	}
	return true;
}

/* How many beside the chosen token; nothing if none were included. */
static bool read_top_logprobs(struct request_reading *g, const struct js_at *at, struct err *e)
{
	int64_t count = 0;
	if (!request_read_integer(at, 0, CHAT_TOP_LOGPROBS, &count, e))
		return false;
	if (g->r->sampling.top_logprobs != CHAT_UNSET_INT)
		g->r->sampling.top_logprobs = (int)count;
	return true;
}

const struct request_member responses_members[] = {
	{ "model", request_read_model, false },
	{ "previous_response_id", read_previous, true },
	{ "conversation", read_conversation, true },
	{ "prompt", read_prompt, true },
	{ "background", read_background, true },
	{ "instructions", read_instructions, true },
	{ "tools", responses_read_tools, true },
	{ "input", responses_read_input, true },
	{ "tool_choice", read_tool_choice, true },
	{ "parallel_tool_calls", request_read_parallel, true },
	{ "reasoning", read_reasoning, true },
	{ "text", read_text, true },
	{ "max_output_tokens", request_read_max_tokens, true },
	{ "include", read_include, true },
	{ "top_logprobs", read_top_logprobs, true },
	{ "temperature", request_read_temperature, true },
	{ "top_p", request_read_top_p, true },
	{ "stream", read_stream, false },
	{ NULL, NULL, false },
};

struct chat_request *responses_read_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e)
{
	return request_read(&dialect_responses, responses_members, path, body, a, t, e);
}

/*
 * dialect_ollama_request_read.c - a client's request to /api/chat or /api/generate becomes a
 * chat_request.
 *
 * A stream is what this API gives unless told otherwise. num_ctx and keep_alive are kept and mean
 * nothing here: a model's context is chosen when it is loaded, and it stays. Without anything to
 * answer a request means that the model is to be loaded.
 *
 * Layer: client.
 */
#include "base/limits.h"
#include "chat/dialect_ollama.h"
#include "chat/dialect_openai.h"
#include "chat/history.h"

/* ---- messages ---- */

/* Base64 tells the kind of an image by how it begins. */
static const struct {
	const char *beginning, *type;
} image_types[] = {
	{ "iVBOR", "image/png" },
	{ "/9j/", "image/jpeg" },
	{ "R0lG", "image/gif" },
	{ "UklG", "image/webp" },
};

static const char *image_type(struct str data)
{
	for (size_t i = 0; i < sizeof image_types / sizeof image_types[0]; i++)
		if (str_starts(data, str_z(image_types[i].beginning)))
			return image_types[i].type;
	return "image/png";
}

bool ollama_read_images(struct request_reading *g, const struct js_at *at, struct err *e)
{
	size_t count;
	if (!js_has(at))
		return true;
	if (!request_read_count(at, LIMIT_MESSAGES, "images", &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct js_at image = js_item(at, i);
		struct str data;
		if (!js_get_str(&image, &data, e))
			return false;
		chat_add_block(
			g->r, (struct chat_block){ .type = CHAT_BLOCK_IMAGE,
				      .text = arena_printf(g->r->arena, "data:%s;base64,%.*s",
					      image_type(data), STR_ARG(data)) });
	}
	return true;
}

static void add_text(struct request_reading *g, enum chat_block_type type, struct str text)
{
	if (text.n)
		chat_add_block(g->r, (struct chat_block){ .type = type, .text = text });
}

static bool read_call(
	struct request_reading *g, const struct js_at *call, size_t number, struct err *e)
{
	struct js_at id = js_key(call, "id"), function = js_key(call, "function"),
		     name = js_key(&function, "name"), args = js_key(&function, "arguments");
	struct chat_block b = { .type = CHAT_BLOCK_CALL };
	char made[DIALECT_CALL_ID_CHARS + 1];
	struct buf text;
	if (!js_opt_str(&id, &b.id, e) || !js_get_str(&name, &b.name, e))
		return false;
	if (!b.id.n)
		b.id = dialect_call_id(STR("ollama"), (unsigned)number, made);
	buf_init(&text, LIMIT_JSON_BYTES);
	if (json_is_string(args.value) && str_trim(js_text(args.value)).n)
		buf_add(&text, js_text(args.value));
	else if (json_is_object(args.value))
		js_write(args.value, &text);
	else
		buf_add(&text, STR("{}"));
	b.text = buf_str(&text);
	chat_add_block(g->r, b);
	buf_clear(&text);
	return true;
}

static bool read_calls(struct request_reading *g, const struct js_at *at, struct err *e)
{
	size_t count;
	if (!js_has(at))
		return true;
	if (!request_read_count(at, LIMIT_CALLS, "tool_calls", &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct js_at call = js_item(at, i);
		if (!read_call(g, &call, g->r->message_count * LIMIT_CALLS + i, e))
			return false;
	}
	return true;
}

static bool read_result(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at content = js_key(at, "content"), id = js_key(at, "tool_call_id"),
		     name = js_key(at, "tool_name"), older = js_key(at, "name");
	struct chat_block b = { .type = CHAT_BLOCK_RESULT };
	if (!js_opt_str(&content, &b.text, e) || !js_opt_str(&id, &b.id, e) ||
		!js_opt_str(js_has(&name) ? &name : &older, &b.name, e))
		return false;
	if (!b.id.n)
		b.id = chat_unanswered_call(g->r, b.name);
	chat_add_message(g->r, CHAT_TOOL);
	chat_add_block(g->r, b);
	return true;
}

static bool read_said(
	struct request_reading *g, const struct js_at *at, enum chat_role role, struct err *e)
{
	struct js_at content = js_key(at, "content"), thought = js_key(at, "thinking"),
		     images = js_key(at, "images"), calls = js_key(at, "tool_calls");
	struct str text = { 0 }, think = { 0 };
	chat_add_message(g->r, role);
	if (!js_opt_str(&thought, &think, e) || !js_opt_str(&content, &text, e))
		return false;
	add_text(g, CHAT_BLOCK_THINK, think);
	add_text(g, CHAT_BLOCK_TEXT, text);
	return ollama_read_images(g, &images, e) && read_calls(g, &calls, e);
}

static bool read_message(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at role = js_key(at, "role");
	struct str name;
	if (!js_get_object(at, e) || !js_get_str(&role, &name, e))
		return false;
	if (str_eq_z(name, chat_role_names[CHAT_TOOL]))
		return read_result(g, at, e);
	for (int i = 0; i < CHAT_TOOL; i++)
		if (str_eq_z(name, chat_role_names[i]))
			return read_said(g, at, (enum chat_role)i, e);
	return js_fail(&role, e, "is '%.*s', should be system, user, assistant or tool",
		STR_ARG(str_sub(name, 0, LIMIT_QUOTE_BYTES)));
}

bool ollama_read_messages(struct request_reading *g, const struct js_at *at, struct err *e)
{
	size_t count;
	g->r->loads_only = !js_has(at) || (json_is_array(at->value) && !json_array_size(at->value));
	if (g->r->loads_only)
		return true;
	if (!request_read_count(at, LIMIT_MESSAGES, "messages", &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct js_at message = js_item(at, i);
		if (!read_message(g, &message, e))
			return false;
	}
	return true;
}

/* ---- options ---- */

static const struct {
	const char *name;
	bool (*read)(struct request_reading *g, const struct js_at *at, struct err *e);
} option_rows[] = {
	{ "temperature", request_read_temperature },
	{ "top_p", request_read_top_p },
	{ "top_k", request_read_top_k },
	{ "min_p", request_read_min_p },
	{ "seed", request_read_seed },
	{ "repeat_penalty", request_read_repeat_penalty },
	{ "presence_penalty", request_read_presence_penalty },
	{ "frequency_penalty", request_read_frequency_penalty },
	{ "stop", request_read_stop },
};

/* Less than one token is this API's way to say that there is no limit. */
static bool read_limit(struct request_reading *g, const struct js_at *at, struct err *e)
{
	bool is_endless = json_is_integer(at->value) && json_integer_value(at->value) < 1;
	return is_endless || request_read_max_tokens(g, at, e);
}

static bool read_options(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at limit = js_key(at, "num_predict");
	if (!js_has(at))
		return true;
	if (!js_get_object(at, e))
		return false;
	for (size_t i = 0; i < sizeof option_rows / sizeof option_rows[0]; i++) {
		struct js_at option = js_key(at, option_rows[i].name);
		if (!option_rows[i].read(g, &option, e))
			return false;
	}
	return read_limit(g, &limit, e);
}

/* "json", or a schema. */
static bool read_format(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct str word = { 0 };
	if (!js_has(at))
		return true;
	if (json_is_object(at->value)) {
		g->r->format = CHAT_FORMAT_SCHEMA;
		g->r->format_schema = chat_request_keep(g->r, json_incref((json_t *)at->value));
		return true;
	}
	if (!js_get_str(at, &word, e))
		return false;
	if (str_eq_z(word, "json"))
		g->r->format = CHAT_FORMAT_JSON;
	return !word.n || str_eq_z(word, "json") ||
	       js_fail(at, e, "is '%.*s', should be json or a schema",
		       STR_ARG(str_sub(word, 0, LIMIT_QUOTE_BYTES)));
}

/* true, false, or an effort. */
static bool read_think(struct request_reading *g, const struct js_at *at, struct err *e)
{
	if (json_is_false(at->value))
		g->r->reasoning_effort = STR("none");
	g->r->wants_thoughts = json_is_true(at->value);
	return !js_has(at) || json_is_boolean(at->value) || request_read_effort(g, at, e);
}

static bool read_stream(struct request_reading *g, const struct js_at *at, struct err *e)
{
	g->r->is_stream = g->r->wants_usage = true;
	return request_read_stream(g, at, e);
}

/* ---- what only another of us says ---- */

static bool read_choice(struct request_reading *g, const struct js_at *at, struct err *e)
{
	static const char *const words[CHAT_CHOICE_COUNT] = { "auto", "none", "required", "named" };
	struct js_at choice = js_key(at, "choice"), name = js_key(at, "name");
	struct str word = STR("auto"), tool = { 0 };
	if (!js_opt_str(&choice, &word, e) || !js_opt_str(&name, &tool, e))
		return false;
	g->r->choice_name = arena_str(g->r->arena, tool);
	for (int i = 0; i < CHAT_CHOICE_COUNT; i++)
		if (str_eq_z(word, words[i]))
			g->r->tool_choice = (enum chat_tool_choice)i;
	return true;
}

/* ---- generate ---- */

static bool read_system(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct str text = { 0 };
	if (!js_opt_str(at, &text, e))
		return false;
	if (text.n)
		chat_add_text(g->r, CHAT_SYSTEM, text);
	return true;
}

static bool read_prompt(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct str text = { 0 };
	if (!js_opt_str(at, &text, e))
		return false;
	chat_add_text(g->r, CHAT_USER, text);
	return true;
}

/* What is not to go through the model's template; the prompt was read before. */
static struct chat_raw *raw_of(struct chat_request *r)
{
	if (!r->raw) {
		struct chat_raw *raw = arena_alloc(r->arena, sizeof *raw);
		raw->prompt = r->messages[r->message_count - 1].blocks[0].text;
		r->raw = raw;
	}
	return (struct chat_raw *)(uintptr_t)r->raw;
}

static bool read_raw(struct request_reading *g, const struct js_at *at, struct err *e)
{
	bool is_raw = false;
	if (!js_opt_bool(at, &is_raw, e))
		return false;
	if (is_raw)
		raw_of(g->r);
	return true;
}

/* What stands behind the gap that is to be filled. */
static bool read_suffix(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct str text = { 0 };
	if (!js_opt_str(at, &text, e))
		return false;
	if (!text.n)
		return true;
	struct chat_raw *raw = raw_of(g->r);
	raw->suffix = arena_str(g->r->arena, text);
	raw->has_suffix = true;
	return true;
}

/* Said behind all that could be answered. */
static bool read_nothing(struct request_reading *g, const struct js_at *at, struct err *e)
{
	const struct chat_message *last = &g->r->messages[g->r->message_count - 1];
	(void)at;
	(void)e;
	bool has_gap = g->r->raw && g->r->raw->has_suffix;
	g->r->loads_only = last->block_count == 1 && !last->blocks[0].text.n && !has_gap;
	if (g->r->loads_only) {
		g->r->message_count = 0;
		g->r->raw = NULL;
	}
	return true;
}

/* What a conversation was in tokens: a thing of the past there, and never given here. */
static bool read_context(struct request_reading *g, const struct js_at *at, struct err *e)
{
	(void)g;
	return json_array_size(at->value) == 0 ||
	       js_fail(at, e, "is of another server: send the conversation to /api/chat");
}

static bool read_template(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct str text = { 0 };
	(void)g;
	if (!js_opt_str(at, &text, e))
		return false;
	return !text.n || js_fail(at, e,
				  "the model's own template is used here: leave it out, "
				  "or send the rendered text with \"raw\": true");
}

/* ---- the whole ---- */

#define COMMON_MEMBERS                                                                             \
	{ "model", request_read_model, false }, { "options", read_options, true },                 \
		{ "format", read_format, false }, { "think", read_think, false },                  \
	{                                                                                          \
		"stream", read_stream, false                                                       \
	}

static const struct request_member chat_members[] = {
	COMMON_MEMBERS,
	{ "messages", ollama_read_messages, false },
	{ "tools", openai_read_tools, false },
	{ "tool_choice", read_choice, false },
	{ "parallel_tool_calls", request_read_parallel, false },
	{ NULL, NULL, false },
};

static const struct request_member generate_members[] = {
	COMMON_MEMBERS,
	{ "system", read_system, false },
	{ "prompt", read_prompt, false },
	{ "raw", read_raw, false },
	{ "suffix", read_suffix, false },
	{ "images", ollama_read_images, false },
	{ "context", read_context, false },
	{ "template", read_template, false },
	{ "prompt", read_nothing, false },
	{ NULL, NULL, false },
};

struct chat_request *ollama_read_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e)
{
	bool is_generate = str_eq_z(path, OLLAMA_GENERATE);
	return request_read(&dialect_ollama, is_generate ? generate_members : chat_members, path,
		body, a, t, e);
}

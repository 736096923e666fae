/*
 * dialect_openai_messages.c - the messages of a client's Chat Completions request become messages
 * of blocks.
 *
 * Content may be a string, a list of parts, or nothing. Accepted beside the reference are arguments
 * as an object, the older function_call and role function, and content parts in tool results. What
 * no model here can take (audio, files) is refused with the place where it stands.
 *
 * Layer: client.
 */
#include "base/limits.h"
#include "chat/dialect_openai.h"
#include "chat/quirks.h"
#include "chat/request_read.h"

static void add_text_block(struct chat_request *r, enum chat_block_type type, struct str text)
{
	if (text.n)
		chat_add_block(r, (struct chat_block){ .type = type, .text = text });
}

static bool read_image(struct chat_request *r, const struct js_at *part, struct err *e)
{
	struct js_at image = js_key(part, "image_url"), url = js_key(&image, "url");
	struct str text;
	if (!js_get_str(json_is_string(image.value) ? &image : &url, &text, e))
		return false;
	if (!text.n)
		return js_fail(&image, e, "has an empty address");
	add_text_block(r, CHAT_BLOCK_IMAGE, text);
	return true;
}

/* The kinds of text part: the type's name and the member that holds the text. */
static const struct {
	const char *type, *member;
	enum chat_block_type block;
} text_parts[] = {
	{ "text", "text", CHAT_BLOCK_TEXT },
	{ "input_text", "text", CHAT_BLOCK_TEXT },
	{ "output_text", "text", CHAT_BLOCK_TEXT },
	{ "refusal", "refusal", CHAT_BLOCK_TEXT },
	{ "thinking", "thinking", CHAT_BLOCK_THINK },
};

static bool read_part(struct chat_request *r, const struct js_at *part, struct err *e)
{
	struct str type, text = { 0 };
	if (json_is_string(part->value)) {
		add_text_block(r, CHAT_BLOCK_TEXT, js_text(part->value));
		return true;
	}
	struct js_at kind = js_key(part, "type");
	if (!js_get_object(part, e) || !js_get_str(&kind, &type, e))
		return false;
	if (str_eq_z(type, "image_url"))
		return read_image(r, part, e);
	for (size_t i = 0; i < sizeof text_parts / sizeof text_parts[0]; i++) {
		if (!str_eq_z(type, text_parts[i].type))
			continue;
		struct js_at member = js_key(part, text_parts[i].member);
		if (!js_get_str(&member, &text, e))
			return false;
		add_text_block(r, text_parts[i].block, text);
		return true;
	}
	js_fail(&kind, e, "parts of type '%.*s' are not supported, text and image_url are",
		STR_ARG(str_sub(type, 0, LIMIT_QUOTE_BYTES)));
	return false;
}

/* A string, a list of parts, or nothing, as blocks of the last message. */
static bool read_content(struct chat_request *r, const struct js_at *at, struct err *e)
{
	if (!js_has(at))
		return true;
	if (json_is_string(at->value)) {
		add_text_block(r, CHAT_BLOCK_TEXT, js_text(at->value));
		return true;
	}
	if (!json_is_array(at->value))
		return js_fail(at, e, "should be a string or a list of parts");
	for (size_t i = 0; i < json_array_size(at->value); i++) {
		struct js_at part = js_item(at, i);
		if (!read_part(r, &part, e))
			return false;
	}
	return true;
}

static bool read_plain(
	struct chat_request *r, const struct js_at *at, enum chat_role role, struct err *e)
{
	struct js_at content = js_key(at, "content");
	chat_add_message(r, role);
	return read_content(r, &content, e);
}

/* Arguments are a string that holds JSON; there are clients that send the object itself. */
static bool read_arguments(
	struct chat_request *r, const struct js_at *at, struct str *out, struct err *e)
{
	*out = STR("{}");
	if (json_is_object(at->value)) {
		struct buf text;
		buf_init(&text, LIMIT_JSON_BYTES);
		js_write(at->value, &text);
		*out = arena_str(r->arena, buf_str(&text));
		buf_clear(&text);
		return true;
	}
	struct str text = { 0 };
	if (!js_opt_str(at, &text, e))
		return false;
	if (str_trim(text).n)
		*out = text;
	return true;
}

static bool read_function_call(
	struct chat_request *r, const struct js_at *function, struct str id, struct err *e)
{
	struct js_at name = js_key(function, "name"), arguments = js_key(function, "arguments");
	struct chat_block call = { .type = CHAT_BLOCK_CALL, .id = id };
	if (!js_get_object(function, e) || !js_get_str(&name, &call.name, e) ||
		!read_arguments(r, &arguments, &call.text, e))
		return false;
	chat_add_block(r, call);
	return true;
}

static bool read_tool_calls(struct chat_request *r, const struct js_at *at, struct err *e)
{
	if (!js_has(at))
		return true;
	size_t count;
	if (!js_get_array(at, &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct js_at item = js_item(at, i), id = js_key(&item, "id"),
			     function = js_key(&item, "function");
		struct str text = { 0 };
		if (!js_opt_str(&id, &text, e) || !read_function_call(r, &function, text, e))
			return false;
	}
	return true;
}

static bool read_assistant(
	struct chat_request *r, const struct js_at *at, enum chat_role role, struct err *e)
{
	struct js_at thought = js_key(at, "reasoning_content"), other = js_key(at, "reasoning"),
		     content = js_key(at, "content"), refusal = js_key(at, "refusal"),
		     calls = js_key(at, "tool_calls"), call = js_key(at, "function_call");
	struct str think = { 0 }, refused = { 0 };
	chat_add_message(r, role);
	if (!js_opt_str(js_has(&thought) ? &thought : &other, &think, e))
		return false;
	add_text_block(r, CHAT_BLOCK_THINK, think);
	if (!read_content(r, &content, e) || !js_opt_str(&refusal, &refused, e))
		return false;
	add_text_block(r, CHAT_BLOCK_TEXT, refused);
	if (!read_tool_calls(r, &calls, e))
		return false;
	return !js_has(&call) || read_function_call(r, &call, (struct str){ 0 }, e);
}

/* Content of a tool's result: its text becomes the result, its images a user's message behind it.
 */
static bool read_result(
	struct chat_request *r, const struct js_at *at, enum chat_role role, struct err *e)
{
	struct js_at id = js_key(at, "tool_call_id"), content = js_key(at, "content");
	struct str answered = { 0 };
	chat_add_message(r, CHAT_USER);
	if (!js_opt_str(&id, &answered, e) || !read_content(r, &content, e))
		return false;
	struct chat_message said = r->messages[--r->message_count];
	chat_add_message(r, role);
	chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_RESULT,
				  .id = answered,
				  .text = chat_message_text(&said, r->arena) });
	bool has_image = false;
	for (size_t i = 0; i < said.block_count; i++) {
		if (said.blocks[i].type != CHAT_BLOCK_IMAGE)
			continue;
		if (!has_image)
			chat_add_message(r, CHAT_USER);
		has_image = true;
		chat_add_block(r, said.blocks[i]);
	}
	return true;
}

static const struct {
	const char *name;
	enum chat_role role;
	bool (*read)(
		struct chat_request *r, const struct js_at *at, enum chat_role role, struct err *e);
} roles[] = {
	{ "system", CHAT_SYSTEM, read_plain },
	{ "developer", CHAT_DEVELOPER, read_plain },
	{ "user", CHAT_USER, read_plain },
	{ "assistant", CHAT_ASSISTANT, read_assistant },
	{ "tool", CHAT_TOOL, read_result },
	{ "function", CHAT_TOOL, read_result },
};

static bool read_message(struct chat_request *r, const struct js_at *at, struct err *e)
{
	struct js_at role = js_key(at, "role");
	struct str name;
	if (!js_get_object(at, e) || !js_get_str(&role, &name, e))
		return false;
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
		if (str_eq_z(name, roles[i].name))
			return roles[i].read(r, at, roles[i].role, e);
	return js_fail(&role, e,
		"is '%.*s', should be system, developer, user, assistant, tool or function",
		STR_ARG(str_sub(name, 0, LIMIT_QUOTE_BYTES)));
}

static bool is_result_in_parts(const struct js_at *message)
{
	struct js_at role = js_key(message, "role"), content = js_key(message, "content");
	return str_eq_z(js_text(role.value), "tool") && json_is_array(content.value);
}

bool openai_read_messages(
	struct chat_request *r, struct trace *t, const struct js_at *at, struct err *e)
{
	size_t count;
	if (!request_read_count(at, LIMIT_MESSAGES, "messages", &count, e))
		return false;
	if (count == 0)
		return js_fail(at, e, "is empty: there is nothing to answer");
	size_t in_parts = 0;
	for (size_t i = 0; i < count; i++) {
		struct js_at message = js_item(at, i);
		if (!read_message(r, &message, e))
			return false;
		in_parts += is_result_in_parts(&message);
	}
	if (in_parts)
		quirk_note(QUIRK_RESULT_PARTS, t, "%zu results are read as their text", in_parts);
	if (r->message_count > count)
		trace_note(t, LAYER_CLIENT, "history",
			"images of %zu tool results were moved into user messages behind them",
			r->message_count - count);
	return true;
}

/*
 * dialect_responses_input.c - the `input` of a client's Responses request becomes messages of
 * blocks.
 *
 * The input is a string or a list of items. Thoughts, words and calls that follow one another are
 * one message of the assistant; each result of a call is a message of its own, and images in it
 * stand in a user's message behind it, marked with the call. Items that only the provider knows
 * (searches, references to what it stores) are kept for an upstream that speaks this dialect.
 *
 * Layer: client.
 */
#include "base/limits.h"
#include "chat/dialect_responses.h"
#include "chat/seal.h"

static void add_text(struct request_reading *g, enum chat_block_type type, struct str text)
{
	if (text.n)
		chat_add_block(g->r, (struct chat_block){ .type = type, .text = text });
}

/* ---- content ---- */

static bool read_image(
	struct request_reading *g, const struct js_at *part, struct str call, struct err *e)
{
	struct js_at url = js_key(part, "image_url");
	struct str address = { 0 };
	if (!js_opt_str(&url, &address, e))
		return false;
	if (!address.n) {
		add_text(g, CHAT_BLOCK_TEXT,
			STR("[an image in the provider's store, which this model cannot see]"));
		return true;
	}
	chat_add_block(
		g->r, (struct chat_block){ .type = CHAT_BLOCK_IMAGE, .text = address, .id = call });
	return true;
}

static void stand_for_file(struct request_reading *g, const struct js_at *part)
{
	struct str name = js_text_of(part->value, "filename");
	add_text(g, CHAT_BLOCK_TEXT,
		arena_printf(g->r->arena, "[a file, %.*s, which this model cannot read]",
			STR_ARG(name.n ? name : STR("in the provider's store"))));
}

/* A string, or a list of parts, as blocks of the last message. */
static bool read_content(struct request_reading *g, const struct js_at *at, struct err *e)
{
	if (json_is_string(at->value)) {
		add_text(g, CHAT_BLOCK_TEXT, js_text(at->value));
		return true;
	}
	if (!json_is_array(at->value))
		return js_fail(at, e, "should be a string or a list of parts");
	for (size_t i = 0; i < json_array_size(at->value); i++) {
		struct js_at part = js_item(at, i);
		struct str type = js_text_of(part.value, "type");
		if (!js_get_object(&part, e))
			return false;
		if (str_eq_z(type, "input_image") && !read_image(g, &part, STR(""), e))
			return false;
		if (str_eq_z(type, "input_file"))
			stand_for_file(g, &part);
		add_text(g, CHAT_BLOCK_TEXT, js_text_of(part.value, "text"));
		add_text(g, CHAT_BLOCK_TEXT, js_text_of(part.value, "refusal"));
	}
	return true;
}

/* ---- items of the assistant ---- */

static void go_on_as_assistant(struct request_reading *g)
{
	size_t count = g->r->message_count;
	if (!count || g->r->messages[count - 1].role != CHAT_ASSISTANT)
		chat_add_message(g->r, CHAT_ASSISTANT);
}

static void add_texts(const json_t *parts, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(parts); i++) {
		struct str text = js_text_of(json_array_get(parts, i), "text");
		if (text.n && out->n)
			buf_add(out, STR("\n\n"));
		buf_add(out, text);
	}
}

static bool read_reasoning(struct request_reading *g, const struct js_at *item, struct err *e)
{
	struct js_at content = js_key(item, "content"), summary = js_key(item, "summary"),
		     sealed = js_key(item, "encrypted_content");
	struct chat_block b = { .type = CHAT_BLOCK_THINK };
	struct str kept = { 0 };
	struct buf text;
	if (!js_opt_str(&sealed, &kept, e))
		return false;
	buf_init(&text, LIMIT_PROMPT_BYTES);
	add_texts(json_array_size(content.value) ? content.value : summary.value, &text);
	seal_read(kept, &b.origin, &b.opaque);
	b.text = buf_str(&text);
	b.is_sealed = !text.n;
	go_on_as_assistant(g);
	if (text.n || kept.n)
		chat_add_block(g->r, b);
	buf_clear(&text);
	return true;
}

static bool read_call(struct request_reading *g, const struct js_at *item, struct err *e)
{
	struct js_at id = js_key(item, "call_id"), name = js_key(item, "name"),
		     args = js_key(item, "arguments");
	struct chat_block b = { .type = CHAT_BLOCK_CALL };
	if (!js_get_str(&id, &b.id, e) || !js_get_str(&name, &b.name, e) ||
		!js_get_str(&args, &b.text, e))
		return false;
	if (!str_trim(b.text).n)
		b.text = STR("{}");
	go_on_as_assistant(g);
	chat_add_block(g->r, b);
	return true;
}

static bool read_custom_call(struct request_reading *g, const struct js_at *item, struct err *e)
{
	struct js_at id = js_key(item, "call_id"), name = js_key(item, "name"),
		     input = js_key(item, "input");
	struct chat_block b = { .type = CHAT_BLOCK_CALL };
	struct str text;
	struct buf args;
	if (!js_get_str(&id, &b.id, e) || !js_get_str(&name, &b.name, e) ||
		!js_get_str(&input, &text, e))
		return false;
	buf_init(&args, LIMIT_JSON_BYTES);
	responses_custom_args(text, &args);
	b.text = buf_str(&args);
	go_on_as_assistant(g);
	chat_add_block(g->r, b);
	buf_clear(&args);
	return true;
}

/* ---- results ---- */

static bool read_result_images(
	struct request_reading *g, const struct js_at *output, struct str call, struct err *e)
{
	bool is_first = true;
	for (size_t i = 0; i < json_array_size(output->value); i++) {
		struct js_at part = js_item(output, i);
		if (!str_eq_z(js_text_of(part.value, "type"), "input_image"))
			continue;
		if (is_first)
			chat_add_message(g->r, CHAT_USER);
		is_first = false;
		if (!read_image(g, &part, call, e))
			return false;
	}
	return true;
}

static bool read_result(struct request_reading *g, const struct js_at *item, struct err *e)
{
	struct js_at id = js_key(item, "call_id"), output = js_key(item, "output");
	struct chat_block b = { .type = CHAT_BLOCK_RESULT };
	struct buf text;
	if (!js_get_str(&id, &b.id, e))
		return false;
	if (!json_is_string(output.value) && !json_is_array(output.value))
		return js_fail(&output, e, "should be a string or a list of parts");
	buf_init(&text, LIMIT_PROMPT_BYTES);
	if (json_is_string(output.value))
		buf_add(&text, js_text(output.value));
	else
		add_texts(output.value, &text);
	b.text = buf_str(&text);
	chat_add_message(g->r, CHAT_TOOL);
	chat_add_block(g->r, b);
	buf_clear(&text);
	return read_result_images(g, &output, b.id, e);
}

/* ---- items ---- */

static const struct {
	const char *name;
	enum chat_role role;
} roles[] = {
	{ "user", CHAT_USER },
	{ "assistant", CHAT_ASSISTANT },
	{ "system", CHAT_SYSTEM },
	{ "developer", CHAT_DEVELOPER },
};

static bool read_message(struct request_reading *g, const struct js_at *item, struct err *e)
{
	struct js_at role = js_key(item, "role"), content = js_key(item, "content");
	struct str name;
	if (!js_get_str(&role, &name, e))
		return false;
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
		if (!str_eq_z(name, roles[i].name))
			continue;
		if (roles[i].role == CHAT_ASSISTANT)
			go_on_as_assistant(g);
		else
			chat_add_message(g->r, roles[i].role);
		return read_content(g, &content, e);
	}
	return js_fail(&role, e, "is '%.*s', should be user, assistant, system or developer",
		STR_ARG(str_sub(name, 0, LIMIT_QUOTE_BYTES)));
}

/* A block that only the provider knows, beside what was said last. */
static void keep_item(struct request_reading *g, const struct js_at *item)
{
	size_t count = g->r->message_count;
	if (!count || g->r->messages[count - 1].role == CHAT_TOOL)
		go_on_as_assistant(g);
	chat_add_block(g->r, (struct chat_block){ .type = CHAT_BLOCK_RAW,
				     .extra = chat_request_keep(g->r,
					     json_incref((json_t *)(uintptr_t)item->value)) });
}

/* One that was not found: its provider may have it. */
static bool read_reference(struct request_reading *g, const struct js_at *item, struct err *e)
{
	struct js_at id = js_key(item, "id");
	struct str name;
	if (!js_get_str(&id, &name, e))
		return false;
	if (!g->r->bound) {
		struct chat_bound *bound = arena_alloc(g->r->arena, sizeof *bound);
		fail(&bound->why, ERR_BAD_DATA, LAYER_CLIENT, "Item with id '%.*s' not found",
			STR_ARG(str_sub(name, 0, LIMIT_QUOTE_BYTES)));
		bound->why.code = RESPONSES_NO_ITEM;
		err_mend(&bound->why, "send the item itself: it is kept only with an answer that "
				      "was asked for with store: true and has not been dropped");
		g->r->bound = bound;
	}
	keep_item(g, item);
	return true;
}

/* ---- the reference's own tools that the client runs ---- */

static bool read_bridged_call(struct request_reading *g, const struct responses_bridge *bridge,
	const struct js_at *item, struct err *e)
{
	struct js_at id = js_key(item, "call_id");
	struct chat_block b = { .type = CHAT_BLOCK_CALL, .name = str_z(bridge->type) };
	struct buf args;
	if (!js_get_str(&id, &b.id, e))
		return false;
	buf_init(&args, LIMIT_JSON_BYTES);
	responses_bridge_args(bridge, item->value, &args);
	b.text = buf_str(&args);
	go_on_as_assistant(g);
	chat_add_block(g->r, b);
	buf_clear(&args);
	return true;
}

/* What came of it: words, or a list of what each command printed, which is told as it is. */
static bool read_bridged_output(struct request_reading *g, const struct js_at *item, struct err *e)
{
	struct js_at call = js_key(item, "call_id"), id = js_key(item, "id"),
		     output = js_key(item, "output");
	struct chat_block b = { .type = CHAT_BLOCK_RESULT };
	struct buf text;
	if (!js_get_str(js_has(&call) ? &call : &id, &b.id, e))
		return false;
	buf_init(&text, LIMIT_PROMPT_BYTES);
	if (json_is_string(output.value))
		buf_add(&text, js_text(output.value));
	else if (js_has(&output))
		js_write(output.value, &text);
	b.is_error = str_eq_z(js_text_of(item->value, "status"), "failed");
	if (!text.n)
		buf_add(&text, b.is_error ? STR("failed") : STR("done"));
	b.text = buf_str(&text);
	chat_add_message(g->r, CHAT_TOOL);
	chat_add_block(g->r, b);
	buf_clear(&text);
	return true;
}

/* Tools that come with the conversation, as what a search has found: offered like all others. */
static bool read_added_tools(struct request_reading *g, const struct js_at *item, struct err *e)
{
	struct js_at tools = js_key(item, "tools");
	keep_item(g, item);
	return responses_read_tools(g, &tools, e);
}

static const struct {
	const char *type;
	bool (*read)(struct request_reading *g, const struct js_at *item, struct err *e);
} item_rows[] = {
	{ "message", read_message },
	{ "reasoning", read_reasoning },
	{ "function_call", read_call },
	{ "custom_tool_call", read_custom_call },
	{ "function_call_output", read_result },
	{ "custom_tool_call_output", read_result },
	{ RESPONSES_REFERENCE, read_reference },
	{ "additional_tools", read_added_tools },
	{ "tool_search_output", read_added_tools },
};

bool responses_read_item(struct request_reading *g, const struct js_at *item, struct err *e)
{
	struct js_at type = js_key(item, "type");
	struct str kind = STR("message");
	if (!js_get_object(item, e) || !js_opt_str(&type, &kind, e))
		return false;
	for (size_t i = 0; i < sizeof item_rows / sizeof item_rows[0]; i++)
		if (str_eq_z(kind, item_rows[i].type))
			return item_rows[i].read(g, item, e);
	bool is_output;
	const struct responses_bridge *bridge = responses_bridge_of_item(kind, &is_output);
	if (bridge)
		return is_output ? read_bridged_output(g, item, e)
				 : read_bridged_call(g, bridge, item, e);
	keep_item(g, item);
	trace_note(g->t, LAYER_CLIENT, "dialect",
		"an item of type '%.*s' is its provider's own: no other upstream is told",
		STR_ARG(str_sub(kind, 0, LIMIT_QUOTE_BYTES)));
	return true;
}

bool responses_read_input(struct request_reading *g, const struct js_at *at, struct err *e)
{
	size_t count;
	if (!responses_read_past(g, e))
		return false;
	bool has_past = g->r->bound || (g->past && g->past->chain_count);
	if (!js_has(at) && has_past)
		return true;
	if (json_is_string(at->value)) {
		chat_add_text(g->r, CHAT_USER, js_text(at->value));
		return true;
	}
	if (!request_read_count(at, LIMIT_MESSAGES, "items of input", &count, e))
		return false;
	if (count == 0 && !has_past)
		return js_fail(at, e, "is empty: there is nothing to answer");
	for (size_t i = 0; i < count; i++) {
		struct js_at item = js_item(at, i);
		if (!responses_read_item(g, &item, e))
			return false;
	}
	return true;
}

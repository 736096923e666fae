/*
 * prompted.c - tools as plain words; see prompted.h.
 */
#include "chat/prompted.h"

#include "base/limits.h"
#include "chat/tool_format.h"

static bool is_required(const json_t *parameters, const char *name)
{
	size_t i;
	const json_t *item;
	json_array_foreach(json_object_get(parameters, "required"), i, item)
	{
		if (json_is_string(item) && str_eq_z(js_text(item), name))
			return true;
	}
	return false;
}

/* ": integer" and the like; nothing for a plain string. */
static void add_type(const json_t *schema, struct buf *out)
{
	const json_t *type = json_object_get(schema, "type"),
		     *choices = json_object_get(schema, "enum");
	if (!choices && json_is_string(type) && str_eq(js_text(type), STR("string")))
		return;
	buf_add_z(out, ": ");
	if (choices) {
		size_t i;
		const json_t *choice;
		json_array_foreach(choices, i, choice)
		{
			buf_add_z(out, i ? "|" : "");
			js_write(choice, out);
		}
	} else if (json_is_string(type) && !json_object_get(schema, "properties") &&
		   !json_object_get(schema, "items")) {
		buf_add(out, js_text(type));
	} else {
		js_write(schema, out);
	}
}

static void add_signature(const struct chat_tool *tool, struct buf *out)
{
	const json_t *properties =
		tool->parameters ? json_object_get(tool->parameters, "properties") : NULL;
	const char *name;
	json_t *schema;
	bool is_first = true;
	buf_printf(out, "\n%.*s(", STR_ARG(tool->name));
	json_object_foreach((json_t *)properties, name, schema)
	{
		buf_printf(out, "%s%s%s", is_first ? "" : ", ", name,
			is_required(tool->parameters, name) ? "" : "?");
		add_type(schema, out);
		is_first = false;
	}
	buf_printf(out, ")%s%.*s", tool->description.n ? ": " : "", STR_ARG(tool->description));
	json_object_foreach((json_t *)properties, name, schema)
	{
		const json_t *about = json_object_get(schema, "description");
		if (json_is_string(about))
			buf_printf(out, "\n  %s: %.*s", name, STR_ARG(js_text(about)));
	}
}

void prompted_system(struct str words, const struct chat_request *r, struct buf *out)
{
	const struct tool_format *f = &tool_format_prompted;
	buf_add(out, words);
	if (r->tool_count == 0)
		return;
	buf_printf(out,
		"%sCall a tool like this: %s{\"name\": NAME, \"arguments\": {...}}%s\nTools:",
		words.n ? "\n" : "", f->mark_open, f->mark_close);
	for (size_t i = 0; i < r->tool_count; i++)
		add_signature(&r->tools[i], out);
}

void prompted_call(const struct chat_block *call, struct buf *out)
{
	const struct tool_format *f = &tool_format_prompted;
	json_t *args = js_parse(call->text, LAYER_CLIENT, NULL);
	buf_printf(out, "%s%s%.*s%s", f->call_open, f->before_name, STR_ARG(call->name),
		f->before_args);
	if (!args || !js_write_spaced(args, out))
		buf_add(out, call->text);
	buf_add_z(out, f->call_close);
	json_decref(args);
}

void prompted_result(const struct chat_block *result, struct buf *out)
{
	buf_printf(out, "<tool_response>%.*s</tool_response>", STR_ARG(result->text));
}

static void add_content(const struct chat_message *m, struct buf *out)
{
	bool has_call = false;
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i];
		switch (b->type) {
		case CHAT_BLOCK_RAW:
		case CHAT_BLOCK_TEXT: buf_add(out, b->text); break;
		case CHAT_BLOCK_CALL:
			if (out->n && !has_call)
				buf_add_char(out, '\n');
			has_call = true;
			prompted_call(b, out);
			break;
		case CHAT_BLOCK_RESULT: prompted_result(b, out); break;
		case CHAT_BLOCK_IMAGE:
			buf_add_z(out, "[an image, which this model cannot see]");
			break;
		case CHAT_BLOCK_THINK: break;
		case CHAT_BLOCK_TYPE_COUNT: break;
		}
	}
}

static void append(json_t *messages, const char *role, struct str content)
{
	json_array_append_new(
		messages, json_pack("{s:s, s:o}", "role", role, "content", js_new_text(content)));
}

/* Every system and developer text of the conversation, in order. */
static void gather_system(const struct chat_request *r, struct buf *out)
{
	for (size_t i = 0; i < r->message_count; i++) {
		enum chat_role role = r->messages[i].role;
		if (role != CHAT_SYSTEM && role != CHAT_DEVELOPER)
			continue;
		if (out->n)
			buf_add_z(out, "\n\n");
		add_content(&r->messages[i], out);
	}
}

static bool is_system(const struct chat_message *m)
{
	return m->role == CHAT_SYSTEM || m->role == CHAT_DEVELOPER;
}

json_t *prompted_messages(const struct chat_request *r)
{
	json_t *messages = json_array();
	struct buf text, words;
	buf_init(&text, LIMIT_PROMPT_BYTES);
	buf_init(&words, LIMIT_PROMPT_BYTES);
	gather_system(r, &words);
	prompted_system(buf_str(&words), r, &text);
	if (text.n)
		append(messages, "system", buf_str(&text));
	buf_reset(&text);
	for (size_t i = 0; i < r->message_count; i++) {
		const struct chat_message *m = &r->messages[i];
		if (is_system(m))
			continue;
		add_content(m, &text);
		bool is_joined = m->role == CHAT_TOOL && i + 1 < r->message_count &&
				 r->messages[i + 1].role == CHAT_TOOL;
		if (is_joined) {
			buf_add_char(&text, '\n');
			continue;
		}
		append(messages, m->role == CHAT_ASSISTANT ? "assistant" : "user", buf_str(&text));
		buf_reset(&text);
	}
	buf_clear(&text);
	buf_clear(&words);
	return messages;
}

/*
 * template_way.c - a request as a template's variables; see template_way.h.
 */
#include "chat/template_way.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/prompted.h"
#include "chat/template_schema.h"
#include "chat/tool_write.h"

static const char image_words[] = "[an image, which this model cannot see]";

/* One conversation on its way. */
struct view {
	const struct template_way *way;
	const struct chat_request *r;
	json_t *messages;
	json_t *ids;     /* sent id -> the one that is shown */
	size_t calls;    /* so far */
	size_t question; /* the last message of a user */
};

bool template_offers_tools(const struct chat_request *r)
{
	return r->tool_count > 0 && r->tool_choice != CHAT_CHOICE_NONE;
}

/* ---- tools ---- */

static json_t *schema_json(const struct template_way *way, const struct chat_tool *tool)
{
	if (way->has_plain_schemas)
		return template_plain_schema(tool->parameters);
	return tool->parameters ? json_deep_copy(tool->parameters)
				: json_pack("{s:s, s:{}}", "type", "object", "properties");
}

static json_t *tools_json(const struct template_way *way, const struct chat_request *r)
{
	json_t *list = json_array();
	for (size_t i = 0; i < r->tool_count; i++) {
		const struct chat_tool *tool = &r->tools[i];
		json_array_append_new(
			list, json_pack("{s:s, s:{s:o, s:o, s:o}}", "type", "function", "function",
				      "name", js_new_text(tool->name), "description",
				      js_new_text(tool->description), "parameters",
				      schema_json(way, tool)));
	}
	return list;
}

static json_t *text_of(json_t *value)
{
	struct buf text;
	buf_init(&text, LIMIT_PROMPT_BYTES);
	MUST(js_write_spaced(value, &text));
	json_t *made = js_new_text(buf_str(&text));
	buf_clear(&text);
	json_decref(value);
	return made;
}

static void set_tools(
	json_t *variables, const struct template_way *way, const struct chat_request *r)
{
	switch (way->tools) {
	case TEMPLATE_TOOLS: json_object_set_new(variables, "tools", tools_json(way, r)); break;
	case TEMPLATE_XML_TOOLS:
		json_object_set_new(variables, "xml_tools", tools_json(way, r));
		break;
	case TEMPLATE_FUNCTIONS:
		json_object_set_new(variables, "functions", text_of(tools_json(way, r)));
		break;
	case TEMPLATE_NO_TOOLS:
	case TEMPLATE_TOOLS_COUNT: break;
	}
}

/* ---- ids ---- */

static bool is_id_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

/* Lower case suits all who count characters; the same id gives the same one. */
static json_t *made_id(struct str sent, size_t chars)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	enum { DIGITS = sizeof digits - 1, ID_MAX = 16 };
	char id[ID_MAX];
	bool fits = sent.n == chars;
	for (size_t i = 0; i < sent.n; i++)
		fits = fits && is_id_char(sent.p[i]);
	MUST(chars <= ID_MAX);
	uint64_t rest = str_hash(sent);
	for (size_t i = 0; i < chars; i++, rest /= DIGITS)
		id[i] = digits[rest % DIGITS];
	return js_new_text(fits ? sent : str_n(id, chars));
}

/* The id of a call that is told now, remembered for its result. */
static json_t *call_id(struct view *v, const struct chat_block *b)
{
	json_t *id = NULL;
	switch (v->way->ids) {
	case TEMPLATE_IDS_AS_SENT: id = js_new_text(b->id); break;
	case TEMPLATE_IDS_MADE: id = made_id(b->id, v->way->id_chars); break;
	case TEMPLATE_IDS_COUNTED: id = json_sprintf("%zu", v->calls); break;
	case TEMPLATE_IDS_NAMED:
		id = json_sprintf("functions.%.*s:%zu", STR_ARG(b->name), v->calls);
		break;
	case TEMPLATE_IDS_COUNT: break;
	}
	MUST(id);
	v->calls++;
	json_object_setn(v->ids, b->id.n ? b->id.p : "", b->id.n, id);
	return id;
}

static json_t *result_id(const struct view *v, const struct chat_block *b)
{
	json_t *id = json_object_getn(v->ids, b->id.n ? b->id.p : "", b->id.n);
	return id ? json_incref(id) : js_new_text(b->id);
}

/* ---- messages ---- */

static json_t *call_json(struct view *v, const struct chat_block *b)
{
	json_t *args = v->way->has_string_arguments ? NULL : js_parse(b->text, LAYER_CLIENT, NULL);
	return json_pack("{s:s, s:o, s:{s:o, s:o}}", "type", "function", "id", call_id(v, b),
		"function", "name", js_new_text(b->name), "arguments",
		args ? args : js_new_text(b->text));
}

static const char *role_name(enum chat_role role)
{
	return role == CHAT_DEVELOPER ? chat_role_names[CHAT_SYSTEM] : chat_role_names[role];
}

static void append_result(struct view *v, const struct chat_block *b)
{
	json_array_append_new(v->messages,
		json_pack("{s:s, s:o, s:o, s:o}", "role", "tool", "content", js_new_text(b->text),
			"tool_call_id", result_id(v, b), "name", js_new_text(b->name)));
}

/* A result is a message of its own in every template. */
static void append_results(struct view *v, const struct chat_message *m)
{
	for (size_t i = 0; i < m->block_count; i++)
		if (m->blocks[i].type == CHAT_BLOCK_RESULT)
			append_result(v, &m->blocks[i]);
}

/* Whether the thoughts of message i are shown. */
static bool shows_thought(const struct view *v, size_t i)
{
	switch (v->way->replay) {
	case FAMILY_REPLAY_NONE: return false;
	case FAMILY_REPLAY_WITHIN_TURN: return i > v->question;
	case FAMILY_REPLAY_TEMPLATE:
	case FAMILY_REPLAY_FULL:
	case FAMILY_REPLAY_COUNT: break;
	}
	return true;
}

static void set_thought(const struct view *v, json_t *message, struct str thought)
{
	json_t *words = js_new_text(thought);
	switch (v->way->thoughts) {
	case TEMPLATE_THOUGHT_KEY: json_object_set(message, v->way->thought_key, words); break;
	case TEMPLATE_THOUGHT_PART:
		json_object_set_new(message, "content",
			json_pack("[{s:s, s:O}, {s:s, s:O}]", "type", "thinking", "thinking", words,
				"type", "text", "text", json_object_get(message, "content")));
		break;
	case TEMPLATE_THOUGHT_NOWHERE:
	case TEMPLATE_THOUGHTS_COUNT: break;
	}
	json_decref(words);
}

/* The words of one message, by kind. */
struct words {
	struct buf text, thought;
	json_t *calls;
};

static void gather(struct view *v, const struct chat_message *m, struct words *w)
{
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i];
		switch (b->type) {
		case CHAT_BLOCK_RAW:
		case CHAT_BLOCK_TEXT: buf_add(&w->text, b->text); break;
		case CHAT_BLOCK_THINK: buf_add(&w->thought, b->text); break;
		case CHAT_BLOCK_IMAGE: buf_add_z(&w->text, image_words); break;
		case CHAT_BLOCK_CALL: json_array_append_new(w->calls, call_json(v, b)); break;
		case CHAT_BLOCK_RESULT:
		case CHAT_BLOCK_TYPE_COUNT: break;
		}
	}
}

/* Calls that the template would drop, behind the text, as the family writes them. */
static void write_calls(struct view *v, const struct chat_message *m, struct words *w)
{
	const struct tool_format *f = v->way->writes_calls;
	struct tool_written *calls = must_calloc(m->block_count + 1, sizeof *calls);
	json_t *kept = json_array();
	size_t n = 0;
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i];
		if (b->type != CHAT_BLOCK_CALL)
			continue;
		json_t *args = js_parse(b->text, LAYER_CLIENT, NULL);
		json_array_append_new(kept, args ? args : json_object());
		calls[n] = (struct tool_written){ b->name, b->id, json_array_get(kept, n) };
		n++;
	}
	size_t before = v->calls - n;
	bool has_lines = str_find_char(str_z(f->call_open), '\n') != SIZE_MAX;
	buf_add_z(&w->text, w->text.n && has_lines ? "\n" : "");
	tool_write_calls(f, calls, n, before, &w->text);
	json_decref(kept);
	free(calls);
}

static void append_message(struct view *v, const struct chat_message *m, bool shows_thought)
{
	struct words w = { .calls = json_array() };
	buf_init(&w.text, LIMIT_PROMPT_BYTES);
	buf_init(&w.thought, LIMIT_PROMPT_BYTES);
	gather(v, m, &w);
	bool has_calls = json_array_size(w.calls) > 0;
	if (!shows_thought)
		buf_reset(&w.thought);
	if (v->way->thinks_text && has_calls && w.thought.n) {
		buf_add(&w.thought, buf_str(&w.text));
		buf_reset(&w.text);
	}
	if (v->way->writes_calls && has_calls) {
		write_calls(v, m, &w);
		has_calls = false;
	}
	json_t *message = json_pack(
		"{s:s, s:o}", "role", role_name(m->role), "content", js_new_text(buf_str(&w.text)));
	if (w.thought.n)
		set_thought(v, message, buf_str(&w.thought));
	if (has_calls)
		json_object_set(message, "tool_calls", w.calls);
	json_array_append_new(v->messages, message);
	json_decref(w.calls);
	buf_clear(&w.text);
	buf_clear(&w.thought);
}

/* ---- one call a turn ---- */

static size_t count_calls(const struct chat_message *m)
{
	size_t n = 0;
	for (size_t i = 0; i < m->block_count; i++)
		n += m->blocks[i].type == CHAT_BLOCK_CALL;
	return n;
}

/* The result of that id in the messages of tools from `at` on; NULL if it has none. */
static const struct chat_block *find_result(const struct chat_request *r, size_t at, struct str id)
{
	for (; at < r->message_count && r->messages[at].role == CHAT_TOOL; at++)
		for (size_t i = 0; i < r->messages[at].block_count; i++) {
			const struct chat_block *b = &r->messages[at].blocks[i];
			if (b->type == CHAT_BLOCK_RESULT && str_eq(b->id, id))
				return b;
		}
	return NULL;
}

/* A turn for each call, with its result behind it; text and thoughts go with the first one. Returns
 * the last message that was used. */
static size_t append_split(struct view *v, size_t at, bool shows_thought)
{
	const struct chat_message *m = &v->r->messages[at];
	struct chat_block *blocks = must_calloc(m->block_count, sizeof *blocks);
	struct chat_message part = { .role = m->role, .blocks = blocks };
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i];
		blocks[part.block_count++] = *b;
		if (b->type != CHAT_BLOCK_CALL)
			continue;
		append_message(v, &part, shows_thought);
		const struct chat_block *result = find_result(v->r, at + 1, b->id);
		if (result)
			append_result(v, result);
		part.block_count = 0;
	}
	if (part.block_count)
		append_message(v, &part, shows_thought);
	free(blocks);
	while (at + 1 < v->r->message_count && v->r->messages[at + 1].role == CHAT_TOOL)
		at++;
	return at;
}

/* ---- turns that may not be as they came ---- */

static bool has_role(const json_t *message, const char *role)
{
	return str_eq_z(js_text_of(message, "role"), role);
}

/* Two texts with a blank line between them; neither needs to have one. */
static json_t *joined_text(struct str a, struct str b)
{
	struct buf text;
	buf_init(&text, LIMIT_PROMPT_BYTES);
	buf_add(&text, a);
	buf_add_z(&text, a.n && b.n ? "\n\n" : "");
	buf_add(&text, b);
	json_t *made = js_new_text(buf_str(&text));
	buf_clear(&text);
	return made;
}

/* Puts the text in front of the first question; makes one if there is none. */
static void add_to_question(json_t *messages, struct str words)
{
	size_t i;
	json_t *message;
	json_array_foreach(messages, i, message)
	{
		if (!has_role(message, "user"))
			continue;
		json_object_set_new(
			message, "content", joined_text(words, js_text_of(message, "content")));
		return;
	}
	json_array_insert_new(messages, 0,
		json_pack("{s:s, s:o}", "role", "user", "content", js_new_text(words)));
}

static void fold_system(json_t *messages)
{
	while (has_role(json_array_get(messages, 0), "system")) {
		json_t *first = json_incref(json_array_get(messages, 0));
		json_array_remove(messages, 0);
		add_to_question(messages, js_text_of(first, "content"));
		json_decref(first);
	}
}

/* Every system text but the first, or one behind another turn, is said by the user. */
static void give_system_to_users(json_t *messages)
{
	size_t i;
	json_t *message;
	json_array_foreach(messages, i, message)
	{
		if (i && has_role(message, "system"))
			json_object_set_new(message, "role", json_string("user"));
	}
}

static bool can_join(const json_t *a, const json_t *b)
{
	struct str role = js_text_of(a, "role");
	return str_eq(role, js_text_of(b, "role")) && !str_eq(role, STR("tool")) &&
	       !json_object_get(a, "tool_calls") && json_is_string(json_object_get(a, "content")) &&
	       json_is_string(json_object_get(b, "content"));
}

/* The later message keeps what else it has (calls, a thought). */
static void join_turns(json_t *messages)
{
	for (size_t i = 1; i < json_array_size(messages);) {
		json_t *a = json_array_get(messages, i - 1), *b = json_array_get(messages, i);
		if (!can_join(a, b)) {
			i++;
			continue;
		}
		json_object_set_new(b, "content",
			joined_text(js_text_of(a, "content"), js_text_of(b, "content")));
		json_array_remove(messages, i - 1);
	}
}

/* ---- the whole ---- */

static size_t last_question(const struct chat_request *r)
{
	for (size_t i = r->message_count; i-- > 0;)
		if (r->messages[i].role == CHAT_USER)
			return i;
	return 0;
}

static json_t *native_messages(const struct template_way *way, const struct chat_request *r)
{
	struct view v = { .way = way,
		.r = r,
		.messages = json_array(),
		.ids = json_object(),
		.question = last_question(r) };
	for (size_t i = 0; i < r->message_count; i++) {
		const struct chat_message *m = &r->messages[i];
		bool is_shown = shows_thought(&v, i);
		if (m->role == CHAT_TOOL)
			append_results(&v, m);
		else if (way->splits_calls && count_calls(m) > 1)
			i = append_split(&v, i, is_shown);
		else
			append_message(&v, m, is_shown);
	}
	json_decref(v.ids);
	return v.messages;
}

/* How hard to think, under the names templates know it by; nobody said: their own default. */
static void set_effort(json_t *variables, const struct template_way *way, struct str effort)
{
	if (!effort.n)
		return;
	bool thinks = !str_eq(effort, STR("none"));
	json_object_set_new(variables, "enable_thinking", json_boolean(thinks));
	json_object_set_new(variables, "thinking", json_boolean(thinks));
	if (!thinks)
		return;
	if (way->has_no_medium && str_eq(effort, STR("medium")))
		effort = STR("high");
	json_object_set_new(variables, "reasoning_effort", js_new_text(effort));
	json_object_set_new(variables, "thinking_effort", js_new_text(effort));
}

/* Templates that drop earlier thoughts unless they are told not to. */
static void set_replay(json_t *variables, enum family_replay replay)
{
	if (replay != FAMILY_REPLAY_FULL)
		return;
	json_object_set_new(variables, "preserve_thinking", json_true());
	json_object_set_new(variables, "keep_past_thinking", json_true());
	json_object_set_new(variables, "clear_thinking", json_false());
	json_object_set_new(variables, "truncate_history_thinking", json_false());
}

/* A word of the system text in place of a variable; one that stays there keeps a prompt's bytes. */
static void say_in_system(json_t *messages, const char *word)
{
	json_t *first = json_array_get(messages, 0);
	if (has_role(first, "system"))
		json_object_set_new(
			first, "content", joined_text(js_text_of(first, "content"), str_z(word)));
	else
		json_array_insert_new(
			messages, 0, json_pack("{s:s, s:s}", "role", "system", "content", word));
}

json_t *template_variables(const struct template_way *way, const struct chat_request *r)
{
	bool is_prompted = way->tools == TEMPLATE_NO_TOOLS;
	struct str effort = r->hides_thoughts ? STR("none") : r->reasoning_effort;
	json_t *messages = is_prompted ? prompted_messages(r) : native_messages(way, r);
	if (way->unthinking && str_eq(effort, STR("none")))
		say_in_system(messages, way->unthinking);
	if (way->folds_system)
		fold_system(messages);
	if (way->folds_system || way->has_one_system)
		give_system_to_users(messages);
	if (way->joins_turns)
		join_turns(messages);
	json_t *all = json_pack("{s:o, s:b}", "messages", messages, "add_generation_prompt",
		!r->continues_assistant);
	if (way->defines_functions)
		json_object_update_new(
			all, json_pack("{s:s, s:s}", "functions", "[]", "datetime", ""));
	if (template_offers_tools(r))
		set_tools(all, way, r);
	set_effort(all, way, effort);
	set_replay(all, way->replay);
	return all;
}

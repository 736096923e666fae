/*
 * dialect_responses_request_write.c - a chat_request becomes a Responses request, for a stream.
 *
 * Nothing is stored at the upstream, and thoughts are asked for in their sealed form, so that the
 * whole conversation can be sent again. A thought goes only to the upstream that sealed it. What
 * the reference has no word for (stop strings, penalties, seeds) is left out and noted.
 *
 * Layer: wire.
 */
#include "base/limits.h"
#include "chat/dialect_responses.h"
#include "chat/request_write.h"
#include "chat/seal.h"

enum { LEAST_OUTPUT = 16 };

struct writing {
	const struct chat_request *r;
	struct str origin;
	struct buf *out;
	bool is_own;
	size_t lost_thoughts;
};

static bool has_own(const struct writing *w, const char *name)
{
	return w->is_own && json_object_get(w->r->extra, name);
}

/* ---- items ---- */

static void begin_item(const struct writing *w, const char *type)
{
	js_next(w->out);
	buf_printf(w->out, "{\"type\":\"%s\"", type);
}

static void write_part(const struct writing *w, const struct chat_block *b, bool is_assistant)
{
	js_next(w->out);
	if (b->type == CHAT_BLOCK_IMAGE) {
		buf_add(w->out, STR("{\"type\":\"input_image\",\"detail\":\"auto\""));
		js_member_text(w->out, "image_url", b->text);
	} else {
		buf_printf(w->out, "{\"type\":\"%s\"", is_assistant ? "output_text" : "input_text");
		js_member_text(w->out, "text", b->text);
	}
	buf_add_char(w->out, '}');
}

static bool is_said(const struct chat_block *b)
{
	return (b->type == CHAT_BLOCK_TEXT || b->type == CHAT_BLOCK_RAW) && b->text.n;
}

/* One message item of the blocks [from, to). */
static void write_message(
	const struct writing *w, const struct chat_message *m, size_t from, size_t to)
{
	begin_item(w, "message");
	js_member_text(w->out, "role", str_z(chat_role_names[m->role]));
	js_member(w->out, "content");
	buf_add_char(w->out, '[');
	for (size_t i = from; i < to; i++) {
		const struct chat_block *b = &m->blocks[i];
		if (is_said(b) || (b->type == CHAT_BLOCK_IMAGE && !b->id.n))
			write_part(w, b, m->role == CHAT_ASSISTANT);
	}
	buf_add(w->out, STR("]}"));
}

static const struct chat_tool *custom_tool(const struct writing *w, struct str name)
{
	const struct chat_tool *tool = w->is_own ? chat_find_tool(w->r, name) : NULL;
	return tool && responses_is_custom(tool) ? tool : NULL;
}

static const struct responses_bridge *bridge_of(const struct writing *w, struct str name)
{
	const struct chat_tool *tool = w->is_own ? chat_find_tool(w->r, name) : NULL;
	return tool ? responses_bridge(tool) : NULL;
}

static void write_bridged_call(
	const struct writing *w, const struct responses_bridge *bridge, const struct chat_block *b)
{
	begin_item(w, bridge->call);
	request_write_call_id(w->out, "call_id", b->id);
	js_member_text(w->out, "status", STR("completed"));
	responses_bridge_write(bridge, b->text, w->out);
	buf_add_char(w->out, '}');
}

/* A list was told as its JSON; the shell's must be one. */
static void write_bridged_output(
	const struct writing *w, const struct responses_bridge *bridge, const struct chat_block *b)
{
	json_t *list = js_parse(b->text, LAYER_CLIENT, NULL);
	begin_item(w, bridge->output);
	request_write_call_id(w->out, "call_id", b->id);
	js_member_text(w->out, "status", b->is_error ? STR("failed") : STR("completed"));
	js_member(w->out, "output");
	if (json_is_array(list))
		js_write(list, w->out);
	else
		js_quote(b->text, w->out);
	buf_add_char(w->out, '}');
	json_decref(list);
}

static void write_call(const struct writing *w, const struct chat_block *b)
{
	const struct responses_bridge *bridge = bridge_of(w, b->name);
	if (bridge) {
		write_bridged_call(w, bridge, b);
		return;
	}
	bool is_custom = custom_tool(w, b->name) != NULL;
	begin_item(w, is_custom ? "custom_tool_call" : "function_call");
	request_write_call_id(w->out, "call_id", b->id);
	js_member_text(w->out, "name", b->name);
	if (is_custom) {
		struct buf input;
		buf_init(&input, LIMIT_JSON_BYTES);
		responses_custom_input(b->text, &input);
		js_member_text(w->out, "input", buf_str(&input));
		buf_clear(&input);
	} else {
		js_member_text(w->out, "arguments", b->text);
	}
	buf_add_char(w->out, '}');
}

static void write_thought(struct writing *w, const struct chat_block *b)
{
	if (!seal_is_for(w->r, b, &dialect_responses, w->origin)) {
		w->lost_thoughts++;
		return;
	}
	begin_item(w, "reasoning");
	js_member(w->out, "summary");
	buf_add_char(w->out, '[');
	if (b->text.n) {
		buf_add(w->out, STR("{\"type\":\"summary_text\""));
		js_member_text(w->out, "text", b->text);
		buf_add_char(w->out, '}');
	}
	buf_add_char(w->out, ']');
	js_member_text(w->out, "encrypted_content", b->opaque);
	buf_add_char(w->out, '}');
}

/* An item that only this dialect knows, as it came. */
static bool write_own_item(const struct writing *w, const struct chat_block *b)
{
	if (b->type != CHAT_BLOCK_RAW || !b->extra || !w->is_own)
		return false;
	js_next(w->out);
	js_write(b->extra, w->out);
	return true;
}

static void write_assistant(struct writing *w, const struct chat_message *m)
{
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i];
		if (b->type == CHAT_BLOCK_THINK)
			write_thought(w, b);
		else if (b->type == CHAT_BLOCK_CALL)
			write_call(w, b);
		else if (!write_own_item(w, b) && is_said(b))
			write_message(w, m, i, i + 1);
	}
}

/* The name of the tool whose result this is decides its shape. */
static void write_result(
	const struct writing *w, const struct chat_block *b, const struct chat_message *user)
{
	struct str id = b->id;
	const struct responses_bridge *bridge = bridge_of(w, b->name);
	if (bridge) {
		write_bridged_output(w, bridge, b);
		return;
	}
	begin_item(w, custom_tool(w, b->name) ? "custom_tool_call_output" : "function_call_output");
	request_write_call_id(w->out, "call_id", id);
	js_member(w->out, "output");
	bool has_image = false;
	for (size_t i = 0; user && i < user->block_count; i++)
		has_image = has_image || (user->blocks[i].type == CHAT_BLOCK_IMAGE &&
						 str_eq(user->blocks[i].id, id));
	bool says_so = str_eq_nocase(str_sub(b->text, 0, 5), STR("error"));
	struct buf text;
	buf_init(&text, LIMIT_PROMPT_BYTES);
	buf_printf(&text, "%s", b->is_error && !says_so ? "error: " : "");
	buf_add(&text, b->text);
	if (has_image) {
		struct chat_block said = { .type = CHAT_BLOCK_TEXT, .text = buf_str(&text) };
		buf_add_char(w->out, '[');
		if (text.n)
			write_part(w, &said, false);
		for (size_t i = 0; i < user->block_count; i++)
			if (str_eq(user->blocks[i].id, id) &&
				user->blocks[i].type == CHAT_BLOCK_IMAGE)
				write_part(w, &user->blocks[i], false);
		buf_add_char(w->out, ']');
	} else {
		js_quote(buf_str(&text), w->out);
	}
	buf_add_char(w->out, '}');
	buf_clear(&text);
}

/* Something in it that is not an image of a result. */
static bool says_something(const struct chat_message *m)
{
	for (size_t i = 0; i < m->block_count; i++)
		if (is_said(&m->blocks[i]) ||
			(m->blocks[i].type == CHAT_BLOCK_IMAGE && !m->blocks[i].id.n))
			return true;
	return false;
}

/* The user's message behind the results that begin at `at`, with their images; or NULL. */
static const struct chat_message *user_behind(const struct chat_request *r, size_t at)
{
	while (at < r->message_count && r->messages[at].role == CHAT_TOOL)
		at++;
	return at < r->message_count && r->messages[at].role == CHAT_USER ? &r->messages[at] : NULL;
}

/* Between two sides of this dialect instructions stay what they are: no part of the conversation.
 */
static bool begins_with_instructions(const struct writing *w)
{
	const struct chat_message *first = w->r->messages;
	struct str text = js_text_of(w->r->extra, "instructions");
	return w->is_own && text.n && w->r->message_count && first->role == CHAT_SYSTEM &&
	       first->block_count == 1 && str_eq(first->blocks[0].text, text);
}

static void write_input(struct writing *w)
{
	js_member(w->out, "input");
	buf_add_char(w->out, '[');
	for (size_t i = begins_with_instructions(w); i < w->r->message_count; i++) {
		const struct chat_message *m = &w->r->messages[i];
		if (m->role == CHAT_ASSISTANT) {
			write_assistant(w, m);
		} else if (m->role == CHAT_TOOL) {
			for (size_t k = 0; k < m->block_count; k++)
				if (m->blocks[k].type == CHAT_BLOCK_RESULT)
					write_result(w, &m->blocks[k], user_behind(w->r, i));
		} else {
			if (says_something(m))
				write_message(w, m, 0, m->block_count);
			for (size_t k = 0; k < m->block_count; k++)
				write_own_item(w, &m->blocks[k]);
		}
	}
	buf_add_char(w->out, ']');
}

/* ---- tools ---- */

static void write_tool(const struct writing *w, const struct chat_tool *tool)
{
	begin_item(w, "function");
	js_member_text(w->out, "name", tool->name);
	if (tool->description.n)
		js_member_text(w->out, "description", tool->description);
	js_member(w->out, "parameters");
	if (tool->parameters)
		js_write(tool->parameters, w->out);
	else
		buf_add(w->out, STR("{\"type\":\"object\",\"properties\":{}}"));
	js_member_bool(w->out, "strict", tool->is_strict);
	buf_add_char(w->out, '}');
}

static void write_choice(const struct writing *w)
{
	if (has_own(w, "tool_choice"))
		return;
	static const char *const words[CHAT_CHOICE_COUNT] = {
		[CHAT_CHOICE_NONE] = "none",
		[CHAT_CHOICE_REQUIRED] = "required",
	};
	if (words[w->r->tool_choice])
		js_member_text(w->out, "tool_choice", str_z(words[w->r->tool_choice]));
	if (w->r->tool_choice != CHAT_CHOICE_NAMED)
		return;
	bool is_custom = custom_tool(w, w->r->choice_name) != NULL;
	js_member(w->out, "tool_choice");
	buf_printf(w->out, "{\"type\":\"%s\"", is_custom ? "custom" : "function");
	js_member_text(w->out, "name", w->r->choice_name);
	buf_add_char(w->out, '}');
}

static void write_tools(const struct writing *w)
{
	if (!has_own(w, "tools") && w->r->tool_count) {
		js_member(w->out, "tools");
		buf_add_char(w->out, '[');
		for (size_t i = 0; i < w->r->tool_count; i++)
			write_tool(w, &w->r->tools[i]);
		buf_add_char(w->out, ']');
	}
	if (!w->r->tool_count)
		return;
	write_choice(w);
	if (!w->r->allows_parallel_calls)
		js_member_bool(w->out, "parallel_tool_calls", false);
}

/* ---- the rest ---- */

static void write_reasoning(const struct writing *w)
{
	if (!w->r->reasoning_effort.n || has_own(w, "reasoning"))
		return;
	js_member(w->out, "reasoning");
	buf_add_char(w->out, '{');
	js_member_text(w->out, "effort", w->r->reasoning_effort);
	buf_add_char(w->out, '}');
}

static void write_format(const struct writing *w)
{
	if (w->r->format == CHAT_FORMAT_TEXT || has_own(w, "text"))
		return;
	js_member(w->out, "text");
	buf_add(w->out, STR("{\"format\":{"));
	if (w->r->format == CHAT_FORMAT_JSON) {
		js_member_text(w->out, "type", STR("json_object"));
	} else {
		js_member_text(w->out, "type", STR("json_schema"));
		js_member_text(w->out, "name", STR("answer"));
		js_member(w->out, "schema");
		js_write(w->r->format_schema, w->out);
	}
	buf_add(w->out, STR("}}"));
}

static void note_lost(const struct writing *w, struct trace *t)
{
	const struct chat_sampling *s = &w->r->sampling;
	const struct {
		bool is_set;
		const char *name;
	} lost[] = {
		{ s->min_p != CHAT_UNSET_DOUBLE, "min_p" },
		{ s->top_k != CHAT_UNSET_INT, "top_k" },
		{ s->repeat_penalty != CHAT_UNSET_DOUBLE, "repeat_penalty" },
		{ s->presence_penalty != CHAT_UNSET_DOUBLE, "presence_penalty" },
		{ s->frequency_penalty != CHAT_UNSET_DOUBLE, "frequency_penalty" },
		{ s->seed != CHAT_UNSET_INT, "seed" },
		{ s->stop_count > 0, "stop" },
		{ s->bias_count > 0, "logit_bias" },
	};
	for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++)
		if (lost[i].is_set)
			trace_note(t, LAYER_WIRE, "dialect",
				"%s was left out: this API has no word for it", lost[i].name);
	if (w->lost_thoughts)
		trace_note(t, LAYER_WIRE, "dialect",
			"%zu thoughts were left out: this upstream has not sealed them",
			w->lost_thoughts);
}

static void write_sampling(const struct writing *w)
{
	const struct chat_sampling *s = &w->r->sampling;
	request_write_double(w->out, "temperature", s->temperature);
	request_write_double(w->out, "top_p", s->top_p);
	if (s->max_tokens > 0)
		js_member_i64(w->out, "max_output_tokens",
			s->max_tokens < LEAST_OUTPUT ? LEAST_OUTPUT : s->max_tokens);
}

/* Members that are written here, or were meant for us. */
static const char *const ours[] = { "input", "include", "parallel_tool_calls", "max_output_tokens",
	"temperature", "top_p", "previous_response_id", "store", NULL };

/* A request that is bound to what its upstream keeps goes there as the client sent it. Else nothing
 * is stored there, and thoughts must come sealed for us to show them again. */
static void write_keeping(const struct writing *w)
{
	const struct chat_bound *bound = w->is_own ? w->r->bound : NULL;
	const json_t *store = json_object_get(w->r->extra, "store");
	if (bound && bound->id.n)
		js_member_text(w->out, "previous_response_id", bound->id);
	if (!bound || json_is_boolean(store))
		js_member_bool(w->out, "store", bound && json_is_true(store));
}

/* What the client wants included, and always what thoughts need to be shown again. */
static void write_include(const struct writing *w)
{
	const json_t *wanted = w->is_own ? json_object_get(w->r->extra, "include") : NULL;
	int top_logprobs = w->is_own ? CHAT_UNSET_INT : w->r->sampling.top_logprobs;
	js_member(w->out, "include");
	buf_add(w->out, STR("[\"" RESPONSES_SEALED "\""));
	for (size_t i = 0; i < json_array_size(wanted); i++) {
		if (str_eq(js_text(json_array_get(wanted, i)), STR(RESPONSES_SEALED)))
			continue;
		js_next(w->out);
		js_write(json_array_get(wanted, i), w->out);
	}
	if (top_logprobs != CHAT_UNSET_INT)
		buf_add(w->out, STR(",\"" RESPONSES_LOGPROBS "\""));
	buf_add_char(w->out, ']');
	if (top_logprobs != CHAT_UNSET_INT)
		js_member_i64(w->out, "top_logprobs", top_logprobs);
}

bool responses_write_request(const struct chat_request *r, struct str origin, struct trace *t,
	struct buf *out, struct err *e)
{
	size_t begin = out->n;
	struct writing w = {
		.r = r, .origin = origin, .out = out, .is_own = r->dialect == &dialect_responses
	};
	buf_add_char(out, '{');
	js_member_text(out, "model", r->model);
	write_input(&w);
	write_tools(&w);
	write_reasoning(&w);
	write_format(&w);
	write_sampling(&w);
	js_member_bool(out, "stream", true);
	write_keeping(&w);
	write_include(&w);
	request_write_extra(out, r, &dialect_responses, ours);
	buf_add_char(out, '}');
	note_lost(&w, t);
	if (!out->overflow)
		return true;
	buf_truncate(out, begin);
	return fail(
		e, ERR_TOO_BIG, LAYER_WIRE, "the request is over the limit of %zu bytes", out->max);
}

/*
 * dialect_openai_request_write.c - a chat_request becomes a Chat Completions request, for a stream.
 *
 * What this dialect cannot carry: the developer role (a third of the hosts refuse it, all take
 * system), the flag of a failed tool (its text says so instead), reasoning that only another
 * upstream may read, and the order of texts and calls inside one message. A wish to continue the
 * last message needs no member: it stands last.
 *
 * Layer: wire.
 */
#include "chat/dialect_openai.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "chat/request_write.h"

/* ---- messages ---- */

static bool has_block(const struct chat_message *m, enum chat_block_type type)
{
	for (size_t i = 0; i < m->block_count; i++)
		if (m->blocks[i].type == type)
			return true;
	return false;
}

/* What becomes a part of the content. What only another dialect knows is told by its stand-in. */
static bool is_said(const struct chat_block *b)
{
	return b->type == CHAT_BLOCK_TEXT || b->type == CHAT_BLOCK_IMAGE ||
	       (b->type == CHAT_BLOCK_RAW && b->text.n);
}

static size_t count_said(const struct chat_message *m)
{
	size_t count = 0;
	for (size_t i = 0; i < m->block_count; i++)
		count += is_said(&m->blocks[i]);
	return count;
}

static void write_part(const struct chat_block *b, struct buf *out)
{
	js_next(out);
	buf_add_char(out, '{');
	if (b->type != CHAT_BLOCK_IMAGE) {
		js_member_text(out, "type", STR("text"));
		js_member_text(out, "text", b->text);
	} else {
		js_member_text(out, "type", STR("image_url"));
		js_member(out, "image_url");
		buf_add_char(out, '{');
		js_member_text(out, "url", b->text);
		buf_add_char(out, '}');
	}
	buf_add_char(out, '}');
}

/* One text as a string, which every host reads; several blocks, or images, as parts. */
static void write_content(const struct chat_message *m, struct buf *out)
{
	js_member(out, "content");
	size_t count = count_said(m);
	if (count == 0) {
		buf_add_z(out, has_block(m, CHAT_BLOCK_CALL) ? "null" : "\"\"");
		return;
	}
	bool is_string = count == 1 && !has_block(m, CHAT_BLOCK_IMAGE);
	if (!is_string)
		buf_add_char(out, '[');
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i];
		if (!is_said(b))
			continue;
		if (is_string)
			js_quote(b->text, out);
		else
			write_part(b, out);
	}
	if (!is_string)
		buf_add_char(out, ']');
}

static void write_calls(const struct chat_message *m, struct buf *out)
{
	if (!has_block(m, CHAT_BLOCK_CALL))
		return;
	js_member(out, "tool_calls");
	buf_add_char(out, '[');
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i];
		if (b->type != CHAT_BLOCK_CALL)
			continue;
		js_next(out);
		buf_add_char(out, '{');
		request_write_call_id(out, "id", b->id);
		js_member_text(out, "type", STR("function"));
		js_member(out, "function");
		buf_add_char(out, '{');
		js_member_text(out, "name", b->name);
		js_member_text(out, "arguments", b->text);
		buf_add(out, STR("}}"));
	}
	buf_add_char(out, ']');
}

/* Some hosts want the reasoning of a turn with calls back; all others ignore it. */
static void write_thoughts(const struct chat_message *m, struct buf *out)
{
	struct buf joined;
	if (m->role != CHAT_ASSISTANT || !has_block(m, CHAT_BLOCK_THINK))
		return;
	buf_init(&joined, LIMIT_PROMPT_BYTES);
	for (size_t i = 0; i < m->block_count; i++)
		if (m->blocks[i].type == CHAT_BLOCK_THINK)
			buf_add(&joined, m->blocks[i].text);
	js_member_text(out, "reasoning_content", buf_str(&joined));
	buf_clear(&joined);
}

static void write_result(const struct chat_block *b, struct buf *out)
{
	js_next(out);
	buf_add_char(out, '{');
	js_member_text(out, "role", STR("tool"));
	request_write_call_id(out, "tool_call_id", b->id);
	js_member(out, "content");
	bool says_so = str_eq_nocase(str_sub(b->text, 0, 5), STR("error"));
	if (b->is_error && !says_so) {
		struct buf marked;
		buf_init(&marked, b->text.n + 16);
		buf_printf(&marked, "error: ");
		buf_add(&marked, b->text);
		js_quote(buf_str(&marked), out);
		buf_clear(&marked);
	} else {
		js_quote(b->text, out);
	}
	buf_add_char(out, '}');
}

static void write_message(const struct chat_message *m, struct buf *out)
{
	if (m->role == CHAT_TOOL) {
		for (size_t i = 0; i < m->block_count; i++)
			if (m->blocks[i].type == CHAT_BLOCK_RESULT)
				write_result(&m->blocks[i], out);
		return;
	}
	enum chat_role role = m->role == CHAT_DEVELOPER ? CHAT_SYSTEM : m->role;
	js_next(out);
	buf_add_char(out, '{');
	js_member_text(out, "role", str_z(chat_role_names[role]));
	write_content(m, out);
	write_thoughts(m, out);
	write_calls(m, out);
	buf_add_char(out, '}');
}

/* ---- tools ---- */

static void write_tool(const struct chat_tool *tool, struct buf *out)
{
	js_next(out);
	buf_add_char(out, '{');
	js_member_text(out, "type", STR("function"));
	js_member(out, "function");
	buf_add_char(out, '{');
	js_member_text(out, "name", tool->name);
	if (tool->description.n)
		js_member_text(out, "description", tool->description);
	if (tool->parameters) {
		js_member(out, "parameters");
		js_write(tool->parameters, out);
	}
	if (tool->is_strict)
		js_member_bool(out, "strict", true);
	buf_add(out, STR("}}"));
}

static void write_tool_choice(const struct chat_request *r, struct buf *out)
{
	static const char *const words[CHAT_CHOICE_COUNT] = {
		[CHAT_CHOICE_NONE] = "none",
		[CHAT_CHOICE_REQUIRED] = "required",
	};
	if (words[r->tool_choice]) {
		js_member_text(out, "tool_choice", str_z(words[r->tool_choice]));
	} else if (r->tool_choice == CHAT_CHOICE_NAMED) {
		js_member(out, "tool_choice");
		buf_add_char(out, '{');
		js_member_text(out, "type", STR("function"));
		js_member(out, "function");
		buf_add_char(out, '{');
		js_member_text(out, "name", r->choice_name);
		buf_add(out, STR("}}"));
	}
}

/* Choice and parallel calls are refused by hosts where there are no tools. */
static void write_tools(const struct chat_request *r, struct buf *out)
{
	if (!r->tool_count)
		return;
	js_member(out, "tools");
	buf_add_char(out, '[');
	for (size_t i = 0; i < r->tool_count; i++)
		write_tool(&r->tools[i], out);
	buf_add_char(out, ']');
	write_tool_choice(r, out);
	if (!r->allows_parallel_calls)
		js_member_bool(out, "parallel_tool_calls", false);
}

/* ---- sampling ---- */

static void write_biases(const struct chat_sampling *s, struct buf *out)
{
	if (!s->bias_count)
		return;
	js_member(out, "logit_bias");
	buf_add_char(out, '{');
	for (size_t i = 0; i < s->bias_count; i++) {
		js_next(out);
		buf_printf(out, "\"%d\":%.17g", s->biases[i].token, s->biases[i].bias);
	}
	buf_add_char(out, '}');
}

void openai_write_sampling(const struct chat_sampling *s, struct buf *out)
{
	request_write_double(out, "temperature", s->temperature);
	request_write_double(out, "top_p", s->top_p);
	request_write_double(out, "min_p", s->min_p);
	request_write_double(out, "repeat_penalty", s->repeat_penalty);
	request_write_double(out, "presence_penalty", s->presence_penalty);
	request_write_double(out, "frequency_penalty", s->frequency_penalty);
	request_write_integer(out, "top_k", s->top_k);
	request_write_integer(out, "seed", s->seed);
	request_write_stops(out, "stop", s);
	write_biases(s, out);
}

static void write_logprobs(const struct chat_sampling *s, struct buf *out)
{
	if (s->top_logprobs == CHAT_UNSET_INT)
		return;
	js_member_bool(out, "logprobs", true);
	if (s->top_logprobs)
		js_member_i64(out, "top_logprobs", s->top_logprobs);
}

/* ---- the rest ---- */

static void write_format(const struct chat_request *r, struct buf *out)
{
	if (r->format == CHAT_FORMAT_TEXT)
		return;
	js_member(out, "response_format");
	buf_add_char(out, '{');
	if (r->format == CHAT_FORMAT_JSON) {
		js_member_text(out, "type", STR("json_object"));
	} else {
		js_member_text(out, "type", STR("json_schema"));
		js_member(out, "json_schema");
		buf_add_char(out, '{');
		js_member_text(out, "name", STR("answer"));
		js_member(out, "schema");
		js_write(r->format_schema, out);
		buf_add_char(out, '}');
	}
	buf_add_char(out, '}');
}

static void note_what_is_lost(const struct chat_request *r, struct trace *t)
{
	for (size_t i = 0; i < r->message_count; i++)
		for (size_t k = 0; k < r->messages[i].block_count; k++)
			if (r->messages[i].blocks[k].opaque.n)
				trace_note(t, LAYER_WIRE, "dialect",
					"messages[%zu]: the sealed reasoning of '%.*s' was left "
					"out",
					i, STR_ARG(r->messages[i].blocks[k].origin));
}

/* The vendor's newer models refuse the older name, which all other hosts know. */
static const char *limit_name(struct str origin)
{
	bool is_vendor =
		str_eq_z(origin, "api.openai.com") || str_ends(origin, STR(".openai.azure.com"));
	return is_vendor ? "max_completion_tokens" : "max_tokens";
}

static void write_conversation(const struct chat_request *r, struct str origin, struct buf *out)
{
	buf_add_char(out, '{');
	js_member_text(out, "model", r->model);
	js_member(out, "messages");
	buf_add_char(out, '[');
	for (size_t i = 0; i < r->message_count; i++)
		write_message(&r->messages[i], out);
	buf_add_char(out, ']');
	write_tools(r, out);
	write_format(r, out);
	if (r->reasoning_effort.n)
		js_member_text(out, "reasoning_effort", r->reasoning_effort);
	openai_write_sampling(&r->sampling, out);
	request_write_integer(out, limit_name(origin), r->sampling.max_tokens);
	write_logprobs(&r->sampling, out);
	js_member_bool(out, "stream", true);
	js_member(out, "stream_options");
	buf_add(out, STR("{\"include_usage\":true}"));
	request_write_extra(out, r, &dialect_openai, NULL);
	buf_add_char(out, '}');
}

bool openai_write_request(const struct chat_request *r, struct str origin, struct trace *t,
	struct buf *out, struct err *e)
{
	size_t begin = out->n;
	note_what_is_lost(r, t);
	if (r->raw)
		openai_write_text_request(r, out);
	else
		write_conversation(r, origin, out);
	if (!out->overflow)
		return true;
	buf_truncate(out, begin);
	return fail(
		e, ERR_TOO_BIG, LAYER_WIRE, "the request is over the limit of %zu bytes", out->max);
}

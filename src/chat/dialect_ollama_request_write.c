/*
 * dialect_ollama_request_write.c - a chat_request becomes a request to /api/chat, or to
 * /api/generate if it is a bare text; for a stream.
 *
 * A message is one text and a list of images here: several texts are joined, and an image that is
 * only an address is told in words. What the reference has no word for is noted.
 *
 * Layer: wire.
 */
#include "base/limits.h"
#include "chat/dialect_ollama.h"
#include "chat/request_write.h"

struct writing {
	const struct chat_request *r;
	struct buf *out;
	size_t lost_images, lost_seals;
};

/* ---- messages ---- */

/* An image that is not here itself: told in words. */
static bool is_address(const struct chat_block *b)
{
	return b->type == CHAT_BLOCK_IMAGE &&
	       (!str_starts(b->text, STR("data:")) ||
		       str_find(b->text, STR(";base64,")) == SIZE_MAX);
}

static void write_joined(const struct writing *w, const struct chat_message *m, const char *name,
	enum chat_block_type type)
{
	struct buf text;
	buf_init(&text, LIMIT_PROMPT_BYTES);
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i];
		bool is_text = type == CHAT_BLOCK_TEXT && b->type == CHAT_BLOCK_RAW;
		if (b->type == type || is_text)
			buf_add(&text, b->text);
		else if (type == CHAT_BLOCK_TEXT && is_address(b))
			buf_printf(&text, "[an image: %.*s]", STR_ARG(b->text));
	}
	if (text.n || type == CHAT_BLOCK_TEXT)
		js_member_text(w->out, name, buf_str(&text));
	buf_clear(&text);
}

static void write_images(struct writing *w, const struct chat_message *m)
{
	size_t count = 0;
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i];
		size_t comma = str_find(b->text, STR(";base64,"));
		if (b->type != CHAT_BLOCK_IMAGE)
			continue;
		w->lost_images += is_address(b);
		if (is_address(b))
			continue;
		if (!count++) {
			js_member(w->out, "images");
			buf_add_char(w->out, '[');
		}
		js_next(w->out);
		js_quote(str_from(b->text, comma + 8), w->out);
	}
	if (count)
		buf_add_char(w->out, ']');
}

static void write_call(const struct writing *w, const struct chat_block *b)
{
	json_t *args = js_parse(b->text, LAYER_WIRE, NULL);
	js_next(w->out);
	buf_add_char(w->out, '{');
	js_member_text(w->out, "id", b->id);
	js_member(w->out, "function");
	buf_add_char(w->out, '{');
	js_member_text(w->out, "name", b->name);
	js_member(w->out, "arguments");
	if (json_is_object(args))
		js_write(args, w->out);
	else
		buf_add(w->out, STR("{}"));
	buf_add(w->out, STR("}}"));
	json_decref(args);
}

static void write_calls(const struct writing *w, const struct chat_message *m)
{
	size_t count = 0;
	for (size_t i = 0; i < m->block_count; i++) {
		if (m->blocks[i].type != CHAT_BLOCK_CALL)
			continue;
		if (!count++) {
			js_member(w->out, "tool_calls");
			buf_add_char(w->out, '[');
		}
		write_call(w, &m->blocks[i]);
	}
	if (count)
		buf_add_char(w->out, ']');
}

static void write_result(const struct writing *w, const struct chat_block *b)
{
	struct buf text;
	bool says_so = str_eq_nocase(str_sub(b->text, 0, 5), STR("error"));
	buf_init(&text, LIMIT_PROMPT_BYTES);
	if (b->is_error && !says_so)
		buf_add(&text, STR("error: "));
	buf_add(&text, b->text);
	js_next(w->out);
	buf_add_char(w->out, '{');
	js_member_text(w->out, "role", STR("tool"));
	js_member_text(w->out, "tool_name", b->name);
	js_member_text(w->out, "tool_call_id", b->id);
	js_member_text(w->out, "content", buf_str(&text));
	buf_add_char(w->out, '}');
	buf_clear(&text);
}

static void write_message(struct writing *w, const struct chat_message *m)
{
	if (m->role == CHAT_TOOL) {
		for (size_t i = 0; i < m->block_count; i++)
			if (m->blocks[i].type == CHAT_BLOCK_RESULT)
				write_result(w, &m->blocks[i]);
		return;
	}
	enum chat_role role = m->role == CHAT_DEVELOPER ? CHAT_SYSTEM : m->role;
	js_next(w->out);
	buf_add_char(w->out, '{');
	js_member_text(w->out, "role", str_z(chat_role_names[role]));
	write_joined(w, m, "content", CHAT_BLOCK_TEXT);
	write_joined(w, m, "thinking", CHAT_BLOCK_THINK);
	write_images(w, m);
	write_calls(w, m);
	buf_add_char(w->out, '}');
	for (size_t i = 0; i < m->block_count; i++)
		w->lost_seals += m->blocks[i].opaque.n > 0;
}

/* ---- tools ---- */

static void write_tool(const struct writing *w, const struct chat_tool *tool)
{
	js_next(w->out);
	buf_add(w->out, STR("{\"type\":\"function\",\"function\":{"));
	js_member_text(w->out, "name", tool->name);
	js_member_text(w->out, "description", tool->description);
	js_member(w->out, "parameters");
	if (tool->parameters)
		js_write(tool->parameters, w->out);
	else
		buf_add(w->out, STR("{\"type\":\"object\",\"properties\":{}}"));
	if (tool->is_strict)
		js_member_bool(w->out, "strict", true);
	buf_add(w->out, STR("}}"));
}

/* Without tools there is nothing to choose. Ollama itself passes the choice over. */
static void write_tools(const struct writing *w)
{
	static const char *const words[CHAT_CHOICE_COUNT] = { "auto", "none", "required", "named" };
	const struct chat_request *r = w->r;
	if (!r->tool_count)
		return;
	js_member(w->out, "tools");
	buf_add_char(w->out, '[');
	for (size_t i = 0; i < r->tool_count; i++)
		write_tool(w, &r->tools[i]);
	buf_add_char(w->out, ']');
	if (r->tool_choice != CHAT_CHOICE_AUTO) {
		js_member(w->out, "tool_choice");
		buf_add_char(w->out, '{');
		js_member_text(w->out, "choice", str_z(words[r->tool_choice]));
		if (r->choice_name.n)
			js_member_text(w->out, "name", r->choice_name);
		buf_add_char(w->out, '}');
	}
	if (!r->allows_parallel_calls)
		js_member_bool(w->out, "parallel_tool_calls", false);
}

/* ---- options ---- */

static void write_options(const struct writing *w)
{
	const struct chat_sampling *s = &w->r->sampling;
	if (w->r->dialect == &dialect_ollama && json_object_get(w->r->extra, "options"))
		return;
	js_member(w->out, "options");
	buf_add_char(w->out, '{');
	request_write_double(w->out, "temperature", s->temperature);
	request_write_double(w->out, "top_p", s->top_p);
	request_write_double(w->out, "min_p", s->min_p);
	request_write_double(w->out, "repeat_penalty", s->repeat_penalty);
	request_write_double(w->out, "presence_penalty", s->presence_penalty);
	request_write_double(w->out, "frequency_penalty", s->frequency_penalty);
	request_write_integer(w->out, "top_k", s->top_k);
	request_write_integer(w->out, "seed", s->seed);
	request_write_integer(w->out, "num_predict", s->max_tokens);
	request_write_stops(w->out, "stop", s);
	buf_add_char(w->out, '}');
}

static void write_format(const struct writing *w)
{
	if (w->r->format == CHAT_FORMAT_JSON)
		js_member_text(w->out, "format", STR("json"));
	if (w->r->format != CHAT_FORMAT_SCHEMA)
		return;
	js_member(w->out, "format");
	js_write(w->r->format_schema, w->out);
}

static void write_think(const struct writing *w)
{
	if (str_eq_z(w->r->reasoning_effort, "none"))
		js_member_bool(w->out, "think", false);
	else if (w->r->reasoning_effort.n)
		js_member_text(w->out, "think", w->r->reasoning_effort);
}

/* ---- the whole ---- */

static void note_lost(const struct writing *w, struct trace *t)
{
	const struct {
		bool is_set;
		const char *name;
	} lost[] = {
		{ w->r->sampling.bias_count > 0, "logit_bias" },
		{ w->r->sampling.top_logprobs != CHAT_UNSET_INT, "logprobs" },
		{ w->r->tool_choice != CHAT_CHOICE_AUTO, "the choice of a tool" },
		{ w->lost_images > 0, "an image that is only an address" },
		{ w->lost_seals > 0, "the seal of a thought" },
	};
	for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++)
		if (lost[i].is_set)
			trace_note(t, LAYER_WIRE, "dialect",
				"%s is lost on an upstream of this API: it has no word for it",
				lost[i].name);
}

static bool write_conversation(struct writing *w)
{
	js_member(w->out, "messages");
	buf_add_char(w->out, '[');
	for (size_t i = 0; i < w->r->message_count; i++)
		write_message(w, &w->r->messages[i]);
	buf_add_char(w->out, ']');
	write_tools(w);
	return true;
}

/* With a suffix it is the other side's template that knows how to ask. */
static bool write_raw(const struct writing *w, struct err *e)
{
	const struct chat_raw *raw = w->r->raw;
	if (raw->token_count) {
		fail(e, ERR_USAGE, LAYER_ROUTE,
			"the prompt is a list of tokens, and Ollama takes texts");
		return err_mend(e, "send it as text");
	}
	js_member_text(w->out, "prompt", raw->prompt);
	if (raw->has_suffix)
		js_member_text(w->out, "suffix", raw->suffix);
	else
		js_member_bool(w->out, "raw", true);
	return true;
}

bool ollama_write_request(const struct chat_request *r, struct str origin, struct trace *t,
	struct buf *out, struct err *e)
{
	size_t begin = out->n;
	struct writing w = { .r = r, .out = out };
	(void)origin;
	buf_add_char(out, '{');
	js_member_text(out, "model", r->model);
	if (!(r->raw ? write_raw(&w, e) : write_conversation(&w))) {
		buf_truncate(out, begin);
		return false;
	}
	write_options(&w);
	write_format(&w);
	write_think(&w);
	js_member_bool(out, "stream", true);
	request_write_extra(out, r, &dialect_ollama, NULL);
	buf_add_char(out, '}');
	note_lost(&w, t);
	if (!out->overflow)
		return true;
	buf_truncate(out, begin);
	return fail(
		e, ERR_TOO_BIG, LAYER_WIRE, "the request is over the limit of %zu bytes", out->max);
}

/*
 * dialect_gemini_request_write.c - a chat_request becomes a streamGenerateContent request; its
 * contents are written in dialect_gemini_contents_write.c.
 *
 * What the reference has no word for is left out and noted.
 *
 * Layer: wire.
 */
#include "base/limits.h"
#include "chat/dialect_gemini.h"

static bool is_own(const struct chat_request *r)
{
	return r->dialect == &dialect_gemini;
}

static bool has_own(const struct chat_request *r, const char *name)
{
	return is_own(r) && json_object_get(r->extra, name);
}

/* ---- tools ---- */

static void write_tool(const struct chat_tool *tool, struct buf *out)
{
	js_next(out);
	buf_add_char(out, '{');
	js_member_text(out, "name", tool->name);
	if (tool->description.n)
		js_member_text(out, "description", tool->description);
	if (tool->parameters) {
		js_member(out, "parametersJsonSchema");
		js_write(tool->parameters, out);
	}
	buf_add_char(out, '}');
}

static void write_choice(const struct chat_request *r, struct buf *out)
{
	if (r->tool_choice == CHAT_CHOICE_AUTO)
		return;
	js_member(out, "toolConfig");
	buf_printf(out, "{\"functionCallingConfig\":{\"mode\":\"%s\"",
		r->tool_choice == CHAT_CHOICE_NONE ? "NONE" : "ANY");
	if (r->tool_choice == CHAT_CHOICE_NAMED) {
		js_member(out, "allowedFunctionNames");
		buf_add_char(out, '[');
		js_quote(r->choice_name, out);
		buf_add_char(out, ']');
	}
	buf_add(out, STR("}}"));
}

static void write_tools(const struct chat_request *r, struct buf *out)
{
	if (!r->tool_count)
		return;
	if (!has_own(r, "tools")) {
		js_member(out, "tools");
		buf_add(out, STR("[{\"functionDeclarations\":["));
		for (size_t i = 0; i < r->tool_count; i++)
			write_tool(&r->tools[i], out);
		buf_add(out, STR("]}]"));
	}
	write_choice(r, out);
}

/* ---- generationConfig ---- */

static void write_double(struct buf *out, const char *name, double value)
{
	if (value != CHAT_UNSET_DOUBLE)
		js_member_double(out, name, value);
}

static void write_integer(struct buf *out, const char *name, int64_t value)
{
	if (value != CHAT_UNSET_INT)
		js_member_i64(out, name, value);
}

static void write_stops(const struct chat_sampling *s, struct buf *out)
{
	if (!s->stop_count)
		return;
	js_member(out, "stopSequences");
	buf_add_char(out, '[');
	for (size_t i = 0; i < s->stop_count; i++) {
		js_next(out);
		js_quote(s->stops[i], out);
	}
	buf_add_char(out, ']');
}

static void write_thinking(const struct chat_request *r, struct buf *out)
{
	const struct gemini_budget *b = gemini_budgets;
	while (b->effort && !str_eq_z(r->reasoning_effort, b->effort))
		b++;
	js_member(out, "thinkingConfig");
	buf_add_char(out, '{');
	js_member_bool(out, "includeThoughts", !r->hides_thoughts);
	if (b->effort)
		js_member_i64(out, "thinkingBudget", b->tokens);
	buf_add_char(out, '}');
}

static void write_format(const struct chat_request *r, struct buf *out)
{
	if (r->format == CHAT_FORMAT_TEXT)
		return;
	js_member_text(out, "responseMimeType", STR("application/json"));
	if (r->format != CHAT_FORMAT_SCHEMA)
		return;
	js_member(out, "responseJsonSchema");
	js_write(r->format_schema, out);
}

static void write_config(const struct chat_request *r, struct buf *out)
{
	const struct chat_sampling *s = &r->sampling;
	if (has_own(r, "generationConfig") || has_own(r, "generation_config"))
		return;
	js_member(out, "generationConfig");
	buf_add_char(out, '{');
	write_double(out, "temperature", s->temperature);
	write_double(out, "topP", s->top_p);
	write_double(out, "presencePenalty", s->presence_penalty);
	write_double(out, "frequencyPenalty", s->frequency_penalty);
	write_integer(out, "topK", s->top_k);
	write_integer(out, "seed", s->seed);
	write_integer(out, "maxOutputTokens", s->max_tokens);
	write_stops(s, out);
	if (r->reasoning_effort.n || !r->hides_thoughts)
		write_thinking(r, out);
	write_format(r, out);
	buf_add_char(out, '}');
}

/* ---- the whole ---- */

static void note_lost(const struct chat_request *r, size_t lost_thoughts, struct trace *t)
{
	const struct chat_sampling *s = &r->sampling;
	const struct {
		bool is_set;
		const char *name;
	} lost[] = {
		{ s->min_p != CHAT_UNSET_DOUBLE, "min_p" },
		{ s->repeat_penalty != CHAT_UNSET_DOUBLE, "repeat_penalty" },
		{ s->bias_count > 0, "logit_bias" },
		{ s->top_logprobs != CHAT_UNSET_INT, "logprobs" },
		{ r->tool_count && !r->allows_parallel_calls, "the wish for one call at a time" },
	};
	for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++)
		if (lost[i].is_set)
			trace_note(t, LAYER_WIRE, "dialect",
				"%s was left out: this API has no word for it", lost[i].name);
	if (lost_thoughts)
		trace_note(t, LAYER_WIRE, "dialect",
			"%zu thoughts were left out: this upstream has not sealed them",
			lost_thoughts);
}

static void write_extra(const struct chat_request *r, struct buf *out)
{
	const char *name;
	json_t *value;
	if (!is_own(r))
		return;
	json_object_foreach((json_t *)r->extra, name, value)
	{
		js_next(out);
		js_quote(str_z(name), out);
		buf_add_char(out, ':');
		js_write(value, out);
	}
}

bool gemini_write_request(const struct chat_request *r, struct str origin, struct trace *t,
	struct buf *out, struct err *e)
{
	size_t begin = out->n;
	buf_add_char(out, '{');
	size_t lost_thoughts = gemini_write_contents(r, origin, out);
	write_tools(r, out);
	write_config(r, out);
	write_extra(r, out);
	buf_add_char(out, '}');
	note_lost(r, lost_thoughts, t);
	if (!out->overflow)
		return true;
	buf_truncate(out, begin);
	return fail(
		e, ERR_TOO_BIG, LAYER_WIRE, "the request is over the limit of %zu bytes", out->max);
}

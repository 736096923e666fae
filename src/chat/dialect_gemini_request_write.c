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
#include "chat/request_write.h"

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
	request_write_double(out, "temperature", s->temperature);
	request_write_double(out, "topP", s->top_p);
	request_write_double(out, "presencePenalty", s->presence_penalty);
	request_write_double(out, "frequencyPenalty", s->frequency_penalty);
	request_write_integer(out, "topK", s->top_k);
	request_write_integer(out, "seed", s->seed);
	request_write_integer(out, "maxOutputTokens", s->max_tokens);
	request_write_stops(out, "stopSequences", s);
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

bool gemini_write_request(const struct chat_request *r, struct str origin, struct trace *t,
	struct buf *out, struct err *e)
{
	size_t begin = out->n;
	buf_add_char(out, '{');
	size_t lost_thoughts = gemini_write_contents(r, origin, out);
	write_tools(r, out);
	write_config(r, out);
	request_write_extra(out, r, &dialect_gemini, NULL);
	buf_add_char(out, '}');
	note_lost(r, lost_thoughts, t);
	if (!out->overflow)
		return true;
	buf_truncate(out, begin);
	return fail(
		e, ERR_TOO_BIG, LAYER_WIRE, "the request is over the limit of %zu bytes", out->max);
}

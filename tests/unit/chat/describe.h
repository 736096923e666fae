/*
 * describe.h - a request as text, one line for each thing it holds: two requests are equal exactly
 * if their descriptions are. What is unset is left out.
 */
#ifndef OFFGRID_TESTS_DESCRIBE_H
#define OFFGRID_TESTS_DESCRIBE_H

#include "base/buf.h"
#include "chat/request.h"

static inline void describe_block(const struct chat_block *b, struct buf *out)
{
	static const char *const types[] = { "text", "think", "call", "result", "image", "raw" };
	buf_printf(out, "  %s", types[b->type]);
	if (b->id.n)
		buf_printf(out, " id=%.*s", STR_ARG(b->id));
	if (b->name.n)
		buf_printf(out, " name=%.*s", STR_ARG(b->name));
	buf_printf(out, "%s: ", b->is_error ? " error" : "");
	js_quote(b->text, out);
	if (b->opaque.n)
		buf_printf(out, " %s%.*s of %.*s", b->is_sealed ? "alone " : "", STR_ARG(b->opaque),
			STR_ARG(b->origin));
	if (b->extra)
		js_write(b->extra, out);
	buf_add_char(out, '\n');
}

static inline void describe_tool(const struct chat_tool *t, struct buf *out)
{
	buf_printf(out, "tool %.*s%s ", STR_ARG(t->name), t->is_strict ? " strict" : "");
	js_quote(t->description, out);
	buf_add_char(out, ' ');
	if (t->parameters)
		js_write(t->parameters, out);
	if (t->extra)
		js_write(t->extra, out);
	buf_add_char(out, '\n');
}

static inline void describe_double(struct buf *out, const char *name, double value)
{
	if (value != CHAT_UNSET_DOUBLE)
		buf_printf(out, "%s %.17g\n", name, value);
}

static inline void describe_int(struct buf *out, const char *name, int64_t value)
{
	if (value != CHAT_UNSET_INT)
		buf_printf(out, "%s %lld\n", name, (long long)value);
}

static inline void describe_sampling(const struct chat_sampling *s, struct buf *out)
{
	describe_double(out, "temperature", s->temperature);
	describe_double(out, "top_p", s->top_p);
	describe_double(out, "min_p", s->min_p);
	describe_double(out, "repeat_penalty", s->repeat_penalty);
	describe_double(out, "presence_penalty", s->presence_penalty);
	describe_double(out, "frequency_penalty", s->frequency_penalty);
	describe_int(out, "top_k", s->top_k);
	describe_int(out, "seed", s->seed);
	describe_int(out, "max_tokens", s->max_tokens);
	describe_int(out, "top_logprobs", s->top_logprobs);
	for (size_t i = 0; i < s->stop_count; i++)
		buf_printf(out, "stop %.*s\n", STR_ARG(s->stops[i]));
	for (size_t i = 0; i < s->bias_count; i++)
		buf_printf(out, "bias %d %.17g\n", s->biases[i].token, s->biases[i].bias);
}

static inline void describe_request(const struct chat_request *r, struct buf *out)
{
	static const char *const choices[] = { "auto", "none", "required", "named" };
	static const char *const formats[] = { "text", "json", "schema" };
	buf_printf(out, "model %.*s\n", STR_ARG(r->model));
	for (size_t i = 0; i < r->message_count; i++) {
		buf_printf(out, "%s\n", chat_role_names[r->messages[i].role]);
		for (size_t k = 0; k < r->messages[i].block_count; k++)
			describe_block(&r->messages[i].blocks[k], out);
	}
	for (size_t i = 0; i < r->tool_count; i++)
		describe_tool(&r->tools[i], out);
	if (r->tool_choice != CHAT_CHOICE_AUTO)
		buf_printf(
			out, "choice %s %.*s\n", choices[r->tool_choice], STR_ARG(r->choice_name));
	if (!r->allows_parallel_calls)
		buf_printf(out, "one call at a time\n");
	describe_sampling(&r->sampling, out);
	if (r->format != CHAT_FORMAT_TEXT)
		buf_printf(out, "format %s ", formats[r->format]);
	if (r->format_schema)
		js_write(r->format_schema, out);
	if (r->format != CHAT_FORMAT_TEXT)
		buf_add_char(out, '\n');
	if (r->reasoning_effort.n)
		buf_printf(out, "effort %.*s\n", STR_ARG(r->reasoning_effort));
	if (r->continues_assistant)
		buf_printf(out, "continues\n");
	if (r->is_stream)
		buf_printf(out, "stream%s\n", r->wants_usage ? " with usage" : "");
	if (r->extra) {
		buf_add_z(out, "extra ");
		js_write(r->extra, out);
		buf_add_char(out, '\n');
	}
}

#endif

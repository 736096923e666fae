/*
 * dialect_gemini_answer_read.c - an upstream's generateContent answer becomes events.
 *
 * A whole document is read as a stream of one chunk; there are upstreams that send the stream as
 * one JSON list. An end counts only if a finish reason was given.
 *
 * Layer: wire.
 */
#include <stdlib.h>

#include "base/must.h"
#include "chat/dialect_gemini.h"
#include "chat/gather.h"

struct gemini_reader {
	struct gather gather;
	int64_t calls;
};

static struct gemini_reader *own(struct dialect_reader *rd)
{
	return (struct gemini_reader *)rd;
}

struct dialect_reader *gemini_reader_new(struct chat_sink sink)
{
	struct gemini_reader *rd = must_calloc(1, sizeof *rd);
	gather_init(&rd->gather, &dialect_gemini, sink);
	return &rd->gather.base;
}

void gemini_reader_free(struct dialect_reader *base)
{
	if (!base)
		return;
	gather_clear(&own(base)->gather);
	free(base);
}

/* ---- parts ---- */

static bool read_call(struct gemini_reader *rd, const struct js_at *call, struct err *e)
{
	struct gather_call piece = { .index = rd->calls++,
		.id = js_text_at(call, "id"),
		.name = js_text_at(call, "name"),
		.args = js_key(call, "args") };
	return gather_call(&rd->gather, &piece, e) && gather_call_over(&rd->gather, piece.index, e);
}

static bool read_part(struct gemini_reader *rd, const struct js_at *part, struct err *e)
{
	struct js_at thought = js_key(part, "thought"), call = js_key(part, "functionCall");
	struct str seal = js_text_at(part, "thoughtSignature"), text = js_text_at(part, "text");
	bool is_thought = json_is_true(thought.value);
	if (is_thought && !gather_words(&rd->gather, CHAT_THINK, text, e))
		return false;
	if (seal.n && !gather_seal(&rd->gather, seal, !is_thought, e))
		return false;
	if (!is_thought && !gather_words(&rd->gather, CHAT_TEXT, text, e))
		return false;
	return !js_has(&call) || read_call(rd, &call, e);
}

static bool read_parts(struct gemini_reader *rd, const struct js_at *candidate, struct err *e)
{
	struct js_at content = js_key(candidate, "content"), parts = js_key(&content, "parts");
	for (size_t i = 0; i < json_array_size(parts.value); i++) {
		struct js_at part = js_item(&parts, i);
		if (!read_part(rd, &part, e))
			return false;
	}
	return true;
}

/* ---- chunks ---- */

static void read_usage(struct gemini_reader *rd, const struct js_at *chunk)
{
	struct js_at usage = js_key(chunk, "usageMetadata"),
		     estimate = js_key(&usage, "isEstimate");
	struct chat_usage *u = &rd->gather.usage;
	if (!json_is_object(usage.value))
		return;
	rd->gather.has_usage = true;
	u->prompt_tokens = gather_count(&usage, "promptTokenCount");
	u->cached_tokens = gather_count(&usage, "cachedContentTokenCount");
	u->thinking_tokens = gather_count(&usage, "thoughtsTokenCount");
	u->answer_tokens = gather_count(&usage, "candidatesTokenCount") + u->thinking_tokens;
	u->is_estimate = json_is_true(estimate.value);
}

/* What is in no row ended for reasons of policy. */
static const struct {
	const char *name;
	enum chat_stop stop;
} stops[] = {
	{ "STOP", CHAT_STOP_END },
	{ "MAX_TOKENS", CHAT_STOP_LENGTH },
};

static bool read_finish(struct gemini_reader *rd, struct str reason, struct err *e)
{
	enum chat_stop stop = CHAT_STOP_FILTER;
	if (!reason.n)
		return true;
	if (str_eq_z(reason, "MALFORMED_FUNCTION_CALL") || str_eq_z(reason, "UNEXPECTED_TOOL_CALL"))
		return fail(e, ERR_UPSTREAM, LAYER_PARSE,
			"the upstream could not read its model's call (%.*s)", STR_ARG(reason));
	for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++)
		if (str_eq_z(reason, stops[i].name))
			stop = stops[i].stop;
	if (stop == CHAT_STOP_END && rd->calls)
		stop = CHAT_STOP_CALLS;
	return gather_finish(&rd->gather, stop, STR(""), e);
}

static bool read_chunk(struct gemini_reader *rd, const struct js_at *chunk, struct err *e)
{
	struct js_at error = js_key(chunk, "error"), candidates = js_key(chunk, "candidates"),
		     feedback = js_key(chunk, "promptFeedback"), first = js_item(&candidates, 0);
	if (!js_get_object(chunk, e))
		return err_context(e, "the upstream's answer");
	if (js_has(&error))
		return dialect_read_error_value((int)gather_count(&error, "code"), chunk->value, e);
	rd->gather.has_told = false;
	gather_answer_id(&rd->gather, js_text_at(chunk, "responseId"));
	read_usage(rd, chunk);
	if (!read_parts(rd, &first, e) || !read_finish(rd, js_text_at(&first, "finishReason"), e) ||
		!read_finish(rd, js_text_at(&feedback, "blockReason"), e))
		return err_context(e, "the upstream's answer");
	if (!rd->gather.has_told && !rd->gather.has_finish)
		chat_send_alive(rd->gather.sink, 0, 0);
	return true;
}

static bool read_value(struct gemini_reader *rd, const json_t *value, struct err *e)
{
	struct js_at root = js_root(value, LAYER_WIRE);
	if (!json_is_array(value))
		return read_chunk(rd, &root, e);
	for (size_t i = 0; i < json_array_size(value); i++) {
		struct js_at chunk = js_item(&root, i);
		if (!read_chunk(rd, &chunk, e))
			return false;
	}
	return true;
}

static bool read_text(struct gemini_reader *rd, struct str text)
{
	struct err e = { 0 };
	json_t *value = gather_parse(&rd->gather, text, &e);
	bool ok = value && read_value(rd, value, &e);
	if (!ok)
		gather_fail(&rd->gather, &e);
	json_decref(value);
	return ok;
}

void gemini_read_piece(struct dialect_reader *base, struct str name, struct str data)
{
	struct gemini_reader *rd = own(base);
	(void)name;
	if (!rd->gather.is_over && str_trim(data).n)
		read_text(rd, data);
}

void gemini_read_document(struct dialect_reader *base, struct str body)
{
	struct gemini_reader *rd = own(base);
	if (!rd->gather.is_over && read_text(rd, body))
		gather_end(&rd->gather, NULL);
}

void gemini_read_end(struct dialect_reader *base, const struct err *why)
{
	gather_end(&own(base)->gather, why);
}

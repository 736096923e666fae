/*
 * dialect_responses_answer_read.c - an upstream's Responses answer becomes events.
 *
 * What grows in a stream is told as it comes; an item that was never told in pieces is told when it
 * is done, and what no piece told is taken out of the response that ends the stream. Items that run
 * at the provider are passed over. An end counts only if the response says its status.
 *
 * Layer: wire.
 */
#include <stdlib.h>

#include "base/must.h"
#include "chat/dialect_openai.h"
#include "chat/dialect_responses.h"
#include "chat/digest.h"
#include "chat/gather.h"

enum { MOST_ITEMS = 4096 };

struct responses_reader {
	struct gather gather;
	unsigned char told[MOST_ITEMS / 8]; /* by item: pieces of it came */
	bool has_part;  /* a summary's part was told before: a blank line stands between them */
	bool is_called; /* a function call was told */
};

static struct responses_reader *own(struct dialect_reader *rd)
{
	return (struct responses_reader *)rd;
}

struct dialect_reader *responses_reader_new(struct chat_sink sink)
{
	struct responses_reader *rd = must_calloc(1, sizeof *rd);
	gather_init(&rd->gather, &dialect_responses, sink);
	return &rd->gather.base;
}

void responses_reader_free(struct dialect_reader *base)
{
	if (!base)
		return;
	gather_clear(&own(base)->gather);
	free(base);
}

static int64_t item_of(const struct js_at *piece)
{
	return gather_count(piece, "output_index");
}

static bool is_told(const struct responses_reader *rd, int64_t item)
{
	return item >= 0 && item < MOST_ITEMS && (rd->told[item / 8] >> (item % 8) & 1);
}

static void note_told(struct responses_reader *rd, int64_t item)
{
	if (item >= 0 && item < MOST_ITEMS)
		rd->told[item / 8] |= (unsigned char)(1u << (item % 8));
}

/* ---- whole items ---- */

/* Those of a text's piece, or of a whole part. */
static void tell_logprobs(struct responses_reader *rd, const struct js_at *around)
{
	struct js_at logprobs = js_key(around, "logprobs");
	if (!rd->gather.has_finish && openai_read_logprobs(&logprobs, rd->gather.sink))
		rd->gather.has_told = true;
}

static bool tell_parts(struct responses_reader *rd, enum chat_event_type type,
	const struct js_at *parts, struct err *e)
{
	for (size_t i = 0; i < json_array_size(parts->value); i++) {
		struct js_at part = js_item(parts, i);
		struct str text = js_text_at(&part, "text"), refusal = js_text_at(&part, "refusal");
		if (i && type == CHAT_THINK && text.n &&
			!gather_words(&rd->gather, type, STR("\n\n"), e))
			return false;
		tell_logprobs(rd, &part);
		if (!gather_words(&rd->gather, type, text, e) ||
			!gather_words(&rd->gather, type, refusal, e))
			return false;
	}
	return true;
}

static bool tell_message(
	struct responses_reader *rd, int64_t index, const struct js_at *item, struct err *e)
{
	struct js_at content = js_key(item, "content");
	return is_told(rd, index) || tell_parts(rd, CHAT_TEXT, &content, e);
}

static bool tell_reasoning(
	struct responses_reader *rd, int64_t index, const struct js_at *item, struct err *e)
{
	struct js_at content = js_key(item, "content"), summary = js_key(item, "summary");
	const struct js_at *said = json_array_size(content.value) ? &content : &summary;
	bool has_words = is_told(rd, index) || json_array_size(said->value);
	if (!is_told(rd, index) && !tell_parts(rd, CHAT_THINK, said, e))
		return false;
	rd->has_part = false;
	struct str seal = js_text_at(item, "encrypted_content");
	return !seal.n || gather_seal(&rd->gather, seal, !has_words, e);
}

static bool tell_call(
	struct responses_reader *rd, int64_t index, const struct js_at *item, struct err *e)
{
	struct gather_call call = {
		.index = index, .id = js_text_at(item, "call_id"), .name = js_text_at(item, "name")
	};
	struct js_at args = js_key(item, "arguments");
	if (!is_told(rd, index))
		call.args = args;
	rd->is_called = true;
	return gather_call(&rd->gather, &call, e) &&
	       gather_call_whole(&rd->gather, index, &args, e) &&
	       gather_call_over(&rd->gather, index, e);
}

static bool tell_custom_call(
	struct responses_reader *rd, int64_t index, const struct js_at *item, struct err *e)
{
	json_t *args = json_pack("{s:o}", RESPONSES_INPUT, js_new_text(js_text_at(item, "input")));
	struct js_at root = js_root(args, LAYER_WIRE);
	struct gather_call call = { .index = index,
		.id = js_text_at(item, "call_id"),
		.name = js_text_at(item, "name"),
		.args = root };
	rd->is_called = true;
	bool ok = gather_call(&rd->gather, &call, e) && gather_call_over(&rd->gather, index, e);
	json_decref(args);
	return ok;
}

static bool tell_bridged_call(struct responses_reader *rd, int64_t index,
	const struct responses_bridge *bridge, const struct js_at *item, struct err *e)
{
	struct buf args;
	buf_init(&args, LIMIT_JSON_BYTES);
	responses_bridge_args(bridge, item->value, &args);
	json_t *text = js_new_text(buf_str(&args));
	struct js_at root = js_root(text, LAYER_WIRE);
	struct gather_call call = { .index = index,
		.id = js_text_at(item, "call_id"),
		.name = str_z(bridge->type),
		.args = root };
	rd->is_called = true;
	bool ok = gather_call(&rd->gather, &call, e) && gather_call_over(&rd->gather, index, e);
	json_decref(text);
	buf_clear(&args);
	return ok;
}

static const struct {
	const char *type;
	bool (*tell)(struct responses_reader *rd, int64_t index, const struct js_at *item,
		struct err *e);
} item_rows[] = {
	{ "message", tell_message },
	{ "reasoning", tell_reasoning },
	{ "function_call", tell_call },
	{ "custom_tool_call", tell_custom_call },
};

static bool tell_item(
	struct responses_reader *rd, int64_t index, const struct js_at *item, struct err *e)
{
	struct str type = js_text_at(item, "type");
	for (size_t i = 0; i < sizeof item_rows / sizeof item_rows[0]; i++)
		if (str_eq_z(type, item_rows[i].type))
			return item_rows[i].tell(rd, index, item, e);
	bool is_output;
	const struct responses_bridge *bridge = responses_bridge_of_item(type, &is_output);
	return !bridge || is_output || tell_bridged_call(rd, index, bridge, item, e);
}

/* ---- pieces ---- */

static bool read_text(struct responses_reader *rd, const struct js_at *piece, struct err *e)
{
	note_told(rd, item_of(piece));
	tell_logprobs(rd, piece);
	return gather_words(&rd->gather, CHAT_TEXT, js_text_at(piece, "delta"), e);
}

static bool read_thought(struct responses_reader *rd, const struct js_at *piece, struct err *e)
{
	note_told(rd, item_of(piece));
	return gather_words(&rd->gather, CHAT_THINK, js_text_at(piece, "delta"), e);
}

static bool read_summary_part(struct responses_reader *rd, const struct js_at *piece, struct err *e)
{
	(void)piece;
	bool is_next = rd->has_part;
	rd->has_part = true;
	return !is_next || gather_words(&rd->gather, CHAT_THINK, STR("\n\n"), e);
}

static bool read_item_added(struct responses_reader *rd, const struct js_at *piece, struct err *e)
{
	struct js_at item = js_key(piece, "item");
	if (!str_eq_z(js_text_at(&item, "type"), "function_call"))
		return true;
	struct gather_call call = { .index = item_of(piece),
		.id = js_text_at(&item, "call_id"),
		.name = js_text_at(&item, "name") };
	rd->is_called = true;
	rd->gather.base.has_forgiven |= !call.id.n;
	return gather_call(&rd->gather, &call, e);
}

static bool read_args(struct responses_reader *rd, const struct js_at *piece, struct err *e)
{
	note_told(rd, item_of(piece));
	struct gather_call call = { .index = item_of(piece), .args = js_key(piece, "delta") };
	return gather_call(&rd->gather, &call, e);
}

/* Some upstreams tell arguments, or the end of them, here only. */
static bool read_args_done(struct responses_reader *rd, const struct js_at *piece, struct err *e)
{
	struct js_at args = js_key(piece, "arguments");
	note_told(rd, item_of(piece));
	return gather_call_whole(&rd->gather, item_of(piece), &args, e);
}

static bool read_item_done(struct responses_reader *rd, const struct js_at *piece, struct err *e)
{
	struct js_at item = js_key(piece, "item");
	bool ok = tell_item(rd, item_of(piece), &item, e);
	note_told(rd, item_of(piece));
	return ok;
}

/* ---- the response ---- */

static void read_usage(struct responses_reader *rd, const struct js_at *response)
{
	struct js_at usage = js_key(response, "usage"),
		     prompt = js_key(&usage, "input_tokens_details"),
		     answer = js_key(&usage, "output_tokens_details"),
		     estimate = js_key(&usage, "is_estimate");
	struct chat_usage *u = &rd->gather.usage;
	if (!json_is_object(usage.value))
		return;
	rd->gather.has_usage = true;
	u->prompt_tokens = gather_count(&usage, "input_tokens");
	u->cached_tokens = gather_count(&prompt, "cached_tokens");
	u->answer_tokens = gather_count(&usage, "output_tokens");
	u->thinking_tokens = gather_count(&answer, "reasoning_tokens");
	u->is_estimate = json_is_true(estimate.value);
}

static enum chat_stop stop_of(const struct responses_reader *rd, const struct js_at *response)
{
	struct js_at details = js_key(response, "incomplete_details");
	struct str reason = js_text_at(&details, "reason");
	if (!str_eq_z(js_text_at(response, "status"), "incomplete"))
		return rd->is_called ? CHAT_STOP_CALLS : CHAT_STOP_END;
	return str_eq_z(reason, "content_filter") ? CHAT_STOP_FILTER : CHAT_STOP_LENGTH;
}

/* All of it, or what no piece has told. */
static bool read_response(struct responses_reader *rd, const struct js_at *response, struct err *e)
{
	struct js_at output = js_key(response, "output");
	struct str status = js_text_at(response, "status");
	gather_answer_id(&rd->gather, js_text_at(response, "id"));
	read_usage(rd, response);
	for (size_t i = 0; i < json_array_size(output.value); i++) {
		struct js_at item = js_item(&output, i);
		if (!is_told(rd, (int64_t)i) && !tell_item(rd, (int64_t)i, &item, e))
			return false;
		note_told(rd, (int64_t)i);
	}
	if (!str_eq_z(status, "completed") && !str_eq_z(status, "incomplete"))
		return fail(e, ERR_CUT, LAYER_WIRE,
			"the upstream's answer ended with the status '%.*s'",
			STR_ARG(str_sub(status, 0, LIMIT_QUOTE_BYTES)));
	return gather_finish(&rd->gather, stop_of(rd, response), STR(""), e);
}

/* What the response says that ends a stream, read as if nothing had come before it. Of thoughts it
 * may hold more, or fewer, than were streamed. */
static void read_whole(
	const struct responses_reader *rd, const struct js_at *response, struct digest *whole)
{
	struct responses_reader *other = must_calloc(1, sizeof *other);
	struct js_at id = js_key(response, "id");
	digest_init(whole);
	whole->has_no_thoughts = true;
	gather_init(&other->gather, rd->gather.base.dialect, digest_sink(whole));
	gather_answer_id(&other->gather, js_text(id.value));
	if (read_response(other, response, &(struct err){ 0 }))
		gather_done(&other->gather);
	gather_clear(&other->gather);
	free(other);
}

/* Upstreams that stream without keeping what they said end with an empty list. */
static bool read_end(struct responses_reader *rd, const struct js_at *piece, struct err *e)
{
	struct js_at response = js_key(piece, "response"), output = js_key(&response, "output");
	struct digest whole;
	if (!read_response(rd, &response, e))
		return err_context(e, "the upstream's answer");
	if (json_array_size(output.value)) {
		read_whole(rd, &response, &whole);
		rd->gather.whole = &whole;
	}
	gather_done(&rd->gather);
	rd->gather.whole = NULL;
	return true;
}

static bool read_begin(struct responses_reader *rd, const struct js_at *piece, struct err *e)
{
	(void)e;
	struct js_at response = js_key(piece, "response");
	gather_answer_id(&rd->gather, js_text_at(&response, "id"));
	chat_send_alive(rd->gather.sink, 0, 0);
	return true;
}

/* By the type of a piece; what is in no row is passed over. */
static const struct {
	const char *type;
	bool (*read)(struct responses_reader *rd, const struct js_at *piece, struct err *e);
} piece_rows[] = {
	{ "response.output_text.delta", read_text },
	{ "response.refusal.delta", read_text },
	{ "response.reasoning_summary_text.delta", read_thought },
	{ "response.reasoning_text.delta", read_thought },
	{ "response.reasoning_summary_part.added", read_summary_part },
	{ "response.function_call_arguments.delta", read_args },
	{ "response.function_call_arguments.done", read_args_done },
	{ "response.output_item.added", read_item_added },
	{ "response.output_item.done", read_item_done },
	{ "response.created", read_begin },
	{ "response.in_progress", read_begin },
	{ "response.completed", read_end },
	{ "response.incomplete", read_end },
	{ "response.failed", read_end },
};

/* What the upstream says of its own failure; it stands in the response, or in an event of its own.
 */
static const json_t *failure_in(const struct js_at *piece)
{
	struct js_at response = js_key(piece, "response"),
		     inner = js_key(js_has(&response) ? &response : piece, "error");
	if (js_has(&inner))
		return inner.value;
	return str_eq_z(js_text_at(piece, "type"), "error") ? piece->value : NULL;
}

static bool read_value(struct responses_reader *rd, const json_t *value, struct err *e)
{
	struct js_at piece = js_root(value, LAYER_WIRE);
	struct str type = js_text_at(&piece, "type");
	if (!js_get_object(&piece, e))
		return err_context(e, "the upstream's answer");
	const json_t *failure = failure_in(&piece);
	if (failure) {
		struct js_at response = js_key(&piece, "response");
		read_usage(rd, &response);
		return dialect_read_error_value(0, failure, e);
	}
	for (size_t i = 0; i < sizeof piece_rows / sizeof piece_rows[0]; i++)
		if (str_eq_z(type, piece_rows[i].type))
			return piece_rows[i].read(rd, &piece, e) ||
			       err_context(e, "the upstream's answer");
	if (str_eq_z(js_text_at(&piece, "object"), "response"))
		return read_response(rd, &piece, e) || err_context(e, "the upstream's answer");
	return true;
}

static bool read_json(struct responses_reader *rd, struct str text)
{
	struct err e = { 0 };
	json_t *value = gather_parse(&rd->gather, text, &e);
	bool ok = value && read_value(rd, value, &e);
	if (!ok)
		gather_fail(&rd->gather, &e);
	json_decref(value);
	return ok;
}

void responses_read_piece(struct dialect_reader *base, struct str name, struct str data)
{
	struct responses_reader *rd = own(base);
	struct str text = str_trim(data);
	(void)name;
	if (!rd->gather.is_over && text.n && !str_eq_z(text, "[DONE]"))
		read_json(rd, text);
}

void responses_read_document(struct dialect_reader *base, struct str body)
{
	struct responses_reader *rd = own(base);
	if (!rd->gather.is_over && read_json(rd, body))
		gather_end(&rd->gather, NULL);
}

void responses_read_end(struct dialect_reader *base, const struct err *why)
{
	gather_end(&own(base)->gather, why);
}

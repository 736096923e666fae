/*
 * dialect_anthropic_answer_read.c - an upstream's Messages answer becomes events.
 *
 * A whole document is read as a stream of its blocks. What runs at the provider (searches, code)
 * and its results are passed over: they are no calls for the client. Usage comes in two pieces,
 * each counting from the start: the later one wins, member by member. An end counts only if a stop
 * reason was given.
 *
 * Layer: wire.
 */
#include <stdlib.h>

#include "base/must.h"
#include "chat/dialect_anthropic.h"
#include "chat/gather.h"

struct anthropic_reader {
	struct gather gather;
	/* As the upstream counts: the parts of the prompt stand beside one another. */
	int64_t fresh, stored, cached;
	struct buf seal; /* of the thought that is open */
	bool is_whole;   /* a document: its calls are complete, also those without arguments */
};

static struct anthropic_reader *own(struct dialect_reader *rd)
{
	return (struct anthropic_reader *)rd;
}

struct dialect_reader *anthropic_reader_new(struct chat_sink sink)
{
	struct anthropic_reader *rd = must_calloc(1, sizeof *rd);
	gather_init(&rd->gather, &dialect_anthropic, sink);
	buf_init(&rd->seal, LIMIT_ANSWER_BYTES);
	return &rd->gather.base;
}

void anthropic_reader_free(struct dialect_reader *base)
{
	if (!base)
		return;
	gather_clear(&own(base)->gather);
	buf_clear(&own(base)->seal);
	free(base);
}

/* ---- usage ---- */

static void read_member(const struct js_at *usage, const char *name, int64_t *out)
{
	struct js_at at = js_key(usage, name);
	if (json_is_number(at.value))
		*out = gather_count(usage, name);
}

static void read_usage(struct anthropic_reader *rd, const struct js_at *usage)
{
	struct chat_usage *u = &rd->gather.usage;
	struct js_at estimate = js_key(usage, "is_estimate"),
		     details = js_key(usage, "output_tokens_details");
	if (!json_is_object(usage->value))
		return;
	read_member(usage, "input_tokens", &rd->fresh);
	read_member(usage, "cache_creation_input_tokens", &rd->stored);
	read_member(usage, "cache_read_input_tokens", &rd->cached);
	read_member(usage, "output_tokens", &u->answer_tokens);
	read_member(&details, "thinking_tokens", &u->thinking_tokens);
	u->cached_tokens = rd->cached;
	u->stored_tokens = rd->stored;
	u->prompt_tokens = rd->fresh + rd->stored + rd->cached;
	u->is_estimate = json_is_true(estimate.value);
	rd->gather.has_usage = u->prompt_tokens || u->answer_tokens;
}

/* A guess at the prompt's tokens, which another of us marks as such, is not known yet. */
static void tell_alive(struct anthropic_reader *rd)
{
	const struct chat_usage *usage = &rd->gather.usage;
	int64_t prompt = usage->is_estimate ? 0 : usage->prompt_tokens;
	if (!rd->gather.has_finish)
		chat_send_alive(rd->gather.sink, prompt, prompt);
}

/* ---- blocks ---- */

static bool begin_text(
	struct anthropic_reader *rd, int64_t index, const struct js_at *block, struct err *e)
{
	(void)index;
	return gather_words(&rd->gather, CHAT_TEXT, js_text_at(block, "text"), e);
}

static bool begin_thought(
	struct anthropic_reader *rd, int64_t index, const struct js_at *block, struct err *e)
{
	(void)index;
	buf_reset(&rd->seal);
	buf_add(&rd->seal, js_text_at(block, "signature"));
	return gather_words(&rd->gather, CHAT_THINK, js_text_at(block, "thinking"), e);
}

static bool begin_redacted(
	struct anthropic_reader *rd, int64_t index, const struct js_at *block, struct err *e)
{
	(void)index;
	return gather_seal(&rd->gather, js_text_at(block, "data"), true, e);
}

/* In a stream the input is empty here and comes in pieces; there are upstreams that give all of it
 * at once. */
static bool begin_call(
	struct anthropic_reader *rd, int64_t index, const struct js_at *block, struct err *e)
{
	struct js_at input = js_key(block, "input");
	struct gather_call call = {
		.index = index, .id = js_text_at(block, "id"), .name = js_text_at(block, "name")
	};
	if (rd->is_whole || json_object_size(input.value))
		call.args = input;
	rd->gather.base.has_forgiven |= !call.id.n;
	return gather_call(&rd->gather, &call, e);
}

static const struct {
	const char *type;
	bool (*begin)(struct anthropic_reader *rd, int64_t index, const struct js_at *block,
		struct err *e);
} block_rows[] = {
	{ "text", begin_text },
	{ "thinking", begin_thought },
	{ "redacted_thinking", begin_redacted },
	{ "tool_use", begin_call },
};

static bool begin_block(
	struct anthropic_reader *rd, int64_t index, const struct js_at *block, struct err *e)
{
	if (!js_get_object(block, e))
		return false;
	for (size_t i = 0; i < sizeof block_rows / sizeof block_rows[0]; i++)
		if (str_eq_z(js_text_at(block, "type"), block_rows[i].type))
			return block_rows[i].begin(rd, index, block, e);
	return true;
}

static bool end_block(struct anthropic_reader *rd, int64_t index, struct err *e)
{
	bool ok = gather_seal(&rd->gather, buf_str(&rd->seal), false, e);
	buf_reset(&rd->seal);
	return ok && gather_call_over(&rd->gather, index, e);
}

/* ---- pieces ---- */

static bool is_call(const struct anthropic_reader *rd, int64_t index)
{
	for (size_t i = 0; i < rd->gather.slot_count; i++)
		if (rd->gather.slots[i].index == index)
			return true;
	return false;
}

static bool read_message_start(
	struct anthropic_reader *rd, const struct js_at *piece, struct err *e)
{
	(void)e;
	struct js_at message = js_key(piece, "message"), usage = js_key(&message, "usage");
	gather_answer_id(&rd->gather, js_text_at(&message, "id"));
	read_usage(rd, &usage);
	rd->gather.usage.is_estimate = json_is_true(json_object_get(piece->value, "is_estimate"));
	tell_alive(rd);
	return true;
}

static bool read_block_start(struct anthropic_reader *rd, const struct js_at *piece, struct err *e)
{
	struct js_at block = js_key(piece, "content_block");
	if (rd->seal.n) { /* the thought before it was never stopped */
		rd->gather.base.has_forgiven = true;
		if (!gather_seal(&rd->gather, buf_str(&rd->seal), false, e))
			return false;
		buf_reset(&rd->seal);
	}
	return begin_block(rd, gather_count(piece, "index"), &block, e);
}

static bool read_delta(struct anthropic_reader *rd, const struct js_at *piece, struct err *e)
{
	struct js_at delta = js_key(piece, "delta"), args = js_key(&delta, "partial_json");
	struct str type = js_text_at(&delta, "type");
	int64_t index = gather_count(piece, "index");
	if (str_eq_z(type, "text_delta"))
		return gather_words(&rd->gather, CHAT_TEXT, js_text_at(&delta, "text"), e);
	if (str_eq_z(type, "thinking_delta"))
		return gather_words(&rd->gather, CHAT_THINK, js_text_at(&delta, "thinking"), e);
	if (str_eq_z(type, "signature_delta"))
		buf_add(&rd->seal, js_text_at(&delta, "signature"));
	if (!str_eq_z(type, "input_json_delta") || !is_call(rd, index))
		return true;
	return gather_call(&rd->gather, &(struct gather_call){ .index = index, .args = args }, e);
}

static bool read_block_stop(struct anthropic_reader *rd, const struct js_at *piece, struct err *e)
{
	return end_block(rd, gather_count(piece, "index"), e);
}

static const struct {
	const char *name;
	enum chat_stop stop;
} stops[] = {
	{ "end_turn", CHAT_STOP_END },
	{ "stop_sequence", CHAT_STOP_END },
	{ "pause_turn", CHAT_STOP_END },
	{ "tool_use", CHAT_STOP_CALLS },
	{ "max_tokens", CHAT_STOP_LENGTH },
	{ "model_context_window_exceeded", CHAT_STOP_LENGTH },
	{ "refusal", CHAT_STOP_FILTER },
};

/* `at` holds the stop reason: the delta of a stream, or the message. */
static bool read_stop(struct anthropic_reader *rd, const struct js_at *at, struct err *e)
{
	struct str name = js_text_at(at, "stop_reason"), string = js_text_at(at, "stop_sequence");
	enum chat_stop stop = CHAT_STOP_END;
	if (!name.n)
		return true;
	for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++)
		if (str_eq_z(name, stops[i].name))
			stop = stops[i].stop;
	return gather_finish(&rd->gather, stop, string, e);
}

static bool read_message_delta(
	struct anthropic_reader *rd, const struct js_at *piece, struct err *e)
{
	struct js_at usage = js_key(piece, "usage"), delta = js_key(piece, "delta");
	read_usage(rd, &usage);
	return read_stop(rd, &delta, e);
}

static bool read_message_stop(struct anthropic_reader *rd, const struct js_at *piece, struct err *e)
{
	(void)piece;
	(void)e;
	gather_end(&rd->gather, NULL);
	return true;
}

static bool read_ping(struct anthropic_reader *rd, const struct js_at *piece, struct err *e)
{
	(void)piece;
	(void)e;
	tell_alive(rd);
	return true;
}

static bool read_error(struct anthropic_reader *rd, const struct js_at *piece, struct err *e)
{
	(void)rd;
	return anthropic_read_error_value(0, piece->value, e);
}

static bool read_message(struct anthropic_reader *rd, const struct js_at *message, struct err *e)
{
	struct js_at usage = js_key(message, "usage"), content = js_key(message, "content");
	gather_answer_id(&rd->gather, js_text_at(message, "id"));
	read_usage(rd, &usage);
	rd->is_whole = true;
	for (size_t i = 0; i < json_array_size(content.value); i++) {
		struct js_at block = js_item(&content, i);
		if (!begin_block(rd, (int64_t)i, &block, e) || !end_block(rd, (int64_t)i, e))
			return false;
	}
	return read_stop(rd, message, e);
}

/* By the type of a piece; what is in no row is passed over. */
static const struct {
	const char *type;
	bool (*read)(struct anthropic_reader *rd, const struct js_at *piece, struct err *e);
} piece_rows[] = {
	{ "content_block_delta", read_delta },
	{ "content_block_start", read_block_start },
	{ "content_block_stop", read_block_stop },
	{ "message_start", read_message_start },
	{ "message_delta", read_message_delta },
	{ "message_stop", read_message_stop },
	{ "ping", read_ping },
	{ "error", read_error },
	{ "message", read_message },
};

static bool read_value(struct anthropic_reader *rd, const json_t *value, struct err *e)
{
	struct js_at piece = js_root(value, LAYER_WIRE), error = js_key(&piece, "error");
	struct str type = js_text_at(&piece, "type");
	if (!js_get_object(&piece, e))
		return err_context(e, "the upstream's answer");
	if (js_has(&error))
		return read_error(rd, &piece, e);
	for (size_t i = 0; i < sizeof piece_rows / sizeof piece_rows[0]; i++)
		if (str_eq_z(type, piece_rows[i].type))
			return piece_rows[i].read(rd, &piece, e) ||
			       err_context(e, "the upstream's answer");
	return true;
}

static void read_text(struct anthropic_reader *rd, struct str text)
{
	struct err e = { 0 };
	json_t *value = gather_parse(&rd->gather, text, &e);
	if (!value || !read_value(rd, value, &e))
		gather_fail(&rd->gather, &e);
	json_decref(value);
}

void anthropic_read_piece(struct dialect_reader *base, struct str name, struct str data)
{
	struct anthropic_reader *rd = own(base);
	(void)name;
	if (!rd->gather.is_over && str_trim(data).n)
		read_text(rd, data);
}

void anthropic_read_document(struct dialect_reader *base, struct str body)
{
	struct anthropic_reader *rd = own(base);
	if (rd->gather.is_over)
		return;
	read_text(rd, body);
	if (!rd->gather.is_over)
		gather_end(&rd->gather, NULL);
}

void anthropic_read_end(struct dialect_reader *base, const struct err *why)
{
	gather_end(&own(base)->gather, why);
}

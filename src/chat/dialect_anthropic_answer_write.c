/*
 * dialect_anthropic_answer_write.c - events become a Messages answer: events of a stream, or the
 * whole document.
 *
 * Kept for every client: one block is open at a time, and blocks are numbered without a gap; a
 * block is told from its start to its stop; message_start carries the tokens of the prompt, counted
 * or guessed; message_delta carries the stop reason and all of the usage, once; nothing follows
 * message_stop. A failed stream ends with an error event and without message_stop.
 *
 * Both shapes are made by the same steps: a block is opened, grows and is closed; what differs is
 * where that goes.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/dialect_anthropic.h"
#include "chat/gather.h"
#include "chat/seal.h"

/* OPEN_OTHER: an upstream's, of a kind that only it knows. */
enum open_block { OPEN_NONE, OPEN_TEXT, OPEN_THOUGHT, OPEN_CALL, OPEN_OTHER };

enum { BYTES_PER_TOKEN = 4 };

struct anthropic_writer {
	struct dialect_writer base;
	struct dialect_answer about;
	struct chat_usage usage;
	bool has_usage, has_begun, is_over;
	enum open_block open;
	enum open_block adopted; /* that an upstream's own pieces have opened and not closed */
	size_t adopted_count;
	size_t block_count; /* that were opened */
	size_t call_count;
	size_t bytes; /* said so far, for a guess if nobody counts */
	/* In a whole answer: the closed blocks, and the members of the open one that grow. */
	struct buf blocks;
	struct buf head, grown, seal;
};

const char *const anthropic_stop_reasons[] = {
	[CHAT_STOP_END] = "end_turn",
	[CHAT_STOP_CALLS] = "tool_use",
	[CHAT_STOP_LENGTH] = "max_tokens",
	[CHAT_STOP_FILTER] = "refusal",
};

_Static_assert(sizeof anthropic_stop_reasons / sizeof anthropic_stop_reasons[0] == CHAT_STOP_COUNT,
	"a reason for every stop");

static struct anthropic_writer *own(struct dialect_writer *w)
{
	return (struct anthropic_writer *)w;
}

struct dialect_writer *anthropic_writer_new(const struct dialect_answer *about)
{
	struct anthropic_writer *w = must_calloc(1, sizeof *w);
	w->base.dialect = &dialect_anthropic;
	w->about = *about;
	buf_init(&w->blocks, LIMIT_ANSWER_BYTES * 2);
	buf_init(&w->head, LIMIT_ANSWER_BYTES);
	buf_init(&w->grown, LIMIT_ANSWER_BYTES);
	buf_init(&w->seal, LIMIT_ANSWER_BYTES);
	return &w->base;
}

void anthropic_writer_free(struct dialect_writer *w)
{
	if (!w)
		return;
	buf_clear(&own(w)->blocks);
	buf_clear(&own(w)->head);
	buf_clear(&own(w)->grown);
	buf_clear(&own(w)->seal);
	free(w);
}

/* ---- usage ---- */

/* The tokens of the prompt as far as they are known yet. */
static struct chat_usage usage_at_start(const struct anthropic_writer *w)
{
	struct chat_usage usage = { 0 };
	usage.prompt_tokens = w->about.alive ? w->about.alive->prompt_tokens : 0;
	usage.is_estimate = !usage.prompt_tokens;
	if (usage.is_estimate && w->about.request)
		usage.prompt_tokens = chat_estimate_tokens(w->about.request);
	return usage;
}

static struct chat_usage usage_at_end(const struct anthropic_writer *w)
{
	if (w->has_usage)
		return w->usage;
	struct chat_usage usage = usage_at_start(w);
	usage.answer_tokens = (int64_t)(w->bytes / BYTES_PER_TOKEN + 1);
	usage.is_estimate = true;
	return usage;
}

/* Here the cached part does not count as input. */
static void write_usage(const struct chat_usage *u, struct buf *out)
{
	int64_t fresh = u->prompt_tokens - u->cached_tokens - u->stored_tokens;
	js_member(out, "usage");
	buf_add_char(out, '{');
	js_member_i64(out, "input_tokens", fresh > 0 ? fresh : 0);
	js_member_i64(out, "cache_creation_input_tokens", u->stored_tokens);
	js_member_i64(out, "cache_read_input_tokens", u->cached_tokens);
	js_member_i64(out, "output_tokens", u->answer_tokens);
	js_member(out, "output_tokens_details");
	buf_printf(out, "{\"thinking_tokens\":%lld}", (long long)u->thinking_tokens);
	if (u->is_estimate)
		js_member_bool(out, "is_estimate", true);
	buf_add_char(out, '}');
}

/* ---- the message ---- */

static void write_identity(const struct anthropic_writer *w, struct buf *out)
{
	buf_add(out, STR("{\"id\":\"msg_"));
	buf_add(out, w->about.id);
	buf_add(out, STR("\",\"type\":\"message\",\"role\":\"assistant\""));
	js_member_text(out, "model", w->about.model);
	js_member(out, "content");
	buf_add_char(out, '[');
}

static const char *stop_reason(const struct anthropic_writer *w, const struct chat_event *stop)
{
	bool ended = stop->stop == CHAT_STOP_END || stop->stop == CHAT_STOP_CALLS;
	if (!ended)
		return anthropic_stop_reasons[stop->stop];
	if (w->call_count)
		return anthropic_stop_reasons[CHAT_STOP_CALLS];
	return stop->text.n ? "stop_sequence" : anthropic_stop_reasons[CHAT_STOP_END];
}

static void write_stop(
	const struct anthropic_writer *w, const struct chat_event *stop, struct buf *out)
{
	const char *reason = stop_reason(w, stop);
	js_member_text(out, "stop_reason", str_z(reason));
	js_member(out, "stop_sequence");
	if (str_eq_z(STR("stop_sequence"), reason))
		js_quote(stop->text, out);
	else
		buf_add(out, STR("null"));
}

/* ---- pieces of a stream ---- */

static void begin_piece(const char *type, struct buf *out)
{
	buf_printf(out, "event: %s\ndata: {\"type\":\"%s\"", type, type);
}

static void end_piece(struct buf *out)
{
	buf_add(out, STR("}\n\n"));
}

static void begin_block_piece(const struct anthropic_writer *w, const char *type, struct buf *out)
{
	begin_piece(type, out);
	js_member_i64(out, "index", (int64_t)w->block_count - 1);
}

static void begin_message(struct anthropic_writer *w, struct buf *out)
{
	struct chat_usage usage = usage_at_start(w);
	if (w->has_begun)
		return;
	w->has_begun = true;
	begin_piece("message_start", out);
	js_member(out, "message");
	write_identity(w, out);
	buf_add(out, STR("],\"stop_reason\":null,\"stop_sequence\":null"));
	write_usage(&(struct chat_usage){ .prompt_tokens = usage.prompt_tokens }, out);
	buf_add_char(out, '}');
	/* Beside the message: clients keep what its usage says, and this is only so for now. */
	if (usage.is_estimate)
		js_member_bool(out, "is_estimate", true);
	end_piece(out);
}

/* ---- blocks ---- */

/* The names of what grows in an open block: of its delta, and there and in the block the text. */
static const struct {
	const char *delta, *in_delta, *in_block;
} growths[] = {
	[OPEN_NONE] = { "", "", "" },
	[OPEN_TEXT] = { "text_delta", "text", "text" },
	[OPEN_THOUGHT] = { "thinking_delta", "thinking", "thinking" },
	[OPEN_CALL] = { "input_json_delta", "partial_json", "input" },
	[OPEN_OTHER] = { "", "", "" },
};

static void close_block(struct anthropic_writer *w, struct buf *out)
{
	enum open_block open = w->open;
	w->open = OPEN_NONE;
	if (open == OPEN_NONE)
		return;
	if (w->about.is_stream) {
		begin_block_piece(w, "content_block_stop", out);
		end_piece(out);
		return;
	}
	js_next(&w->blocks);
	buf_add(&w->blocks, buf_str(&w->head));
	js_member(&w->blocks, growths[open].in_block);
	if (open == OPEN_CALL)
		buf_add(&w->blocks, buf_str(&w->grown));
	else
		js_quote(buf_str(&w->grown), &w->blocks);
	if (open == OPEN_THOUGHT)
		js_member_text(&w->blocks, "signature", buf_str(&w->seal));
	buf_add_char(&w->blocks, '}');
}

/* The block's first members, up to what grows; the caller adds its own and calls block_is_open. */
static struct buf *open_block(
	struct anthropic_writer *w, enum open_block open, const char *type, struct buf *out)
{
	close_block(w, out);
	w->open = open;
	w->block_count++;
	buf_reset(&w->head);
	buf_reset(&w->grown);
	buf_reset(&w->seal);
	buf_printf(&w->head, "{\"type\":\"%s\"", type);
	return &w->head;
}

/* In a stream what grows is there from the start, empty. */
static void block_is_open(const struct anthropic_writer *w, const char *rest, struct buf *out)
{
	if (!w->about.is_stream)
		return;
	begin_block_piece(w, "content_block_start", out);
	js_member(out, "content_block");
	buf_add(out, buf_str(&w->head));
	buf_printf(out, "%s}", rest);
	end_piece(out);
}

static void grow(struct anthropic_writer *w, struct str text, struct buf *out)
{
	w->bytes += text.n;
	if (!w->about.is_stream) {
		buf_add(&w->grown, text);
		return;
	}
	begin_block_piece(w, "content_block_delta", out);
	js_member(out, "delta");
	buf_printf(out, "{\"type\":\"%s\"", growths[w->open].delta);
	js_member_text(out, growths[w->open].in_delta, text);
	buf_add_char(out, '}');
	end_piece(out);
}

static void write_text(struct anthropic_writer *w, struct str text, struct buf *out)
{
	if (w->open != OPEN_TEXT) {
		open_block(w, OPEN_TEXT, "text", out);
		block_is_open(w, ",\"text\":\"\"", out);
	}
	grow(w, text, out);
}

static void open_thought(struct anthropic_writer *w, struct buf *out)
{
	if (w->open == OPEN_THOUGHT)
		return;
	open_block(w, OPEN_THOUGHT, "thinking", out);
	block_is_open(w, ",\"thinking\":\"\",\"signature\":\"\"", out);
}

static void write_thought(struct anthropic_writer *w, struct str text, struct buf *out)
{
	w->bytes += w->about.hides_thoughts ? text.n : 0;
	if (w->about.hides_thoughts)
		return;
	open_thought(w, out);
	grow(w, text, out);
}

/* A thought that is not shown is a block of its own, all of it at once. */
static void write_redacted(struct anthropic_writer *w, struct str data, struct buf *out)
{
	js_member_text(open_block(w, OPEN_NONE, "redacted_thinking", out), "data", data);
	block_is_open(w, "", out);
	if (w->about.is_stream) {
		begin_block_piece(w, "content_block_stop", out);
		end_piece(out);
	} else {
		js_next(&w->blocks);
		buf_add(&w->blocks, buf_str(&w->head));
		buf_add_char(&w->blocks, '}');
	}
}

static void write_signature(struct anthropic_writer *w, struct str signature, struct buf *out)
{
	open_thought(w, out);
	if (w->about.is_stream) {
		begin_block_piece(w, "content_block_delta", out);
		js_member(out, "delta");
		buf_add(out, STR("{\"type\":\"signature_delta\""));
		js_member_text(out, "signature", signature);
		buf_add_char(out, '}');
		end_piece(out);
	} else {
		buf_add(&w->seal, signature);
	}
	close_block(w, out);
}

static void write_seal(struct anthropic_writer *w, const struct chat_event *event, struct buf *out)
{
	struct buf kept;
	if (w->about.hides_thoughts)
		return;
	buf_init(&kept, LIMIT_ANSWER_BYTES);
	seal_write(event->origin, event->text, &kept);
	if (event->stands_alone)
		write_redacted(w, buf_str(&kept), out);
	else
		write_signature(w, buf_str(&kept), out);
	buf_clear(&kept);
}

static void write_call(struct anthropic_writer *w, const struct chat_event *event, struct buf *out)
{
	struct buf *head = open_block(w, OPEN_CALL, "tool_use", out);
	w->call_count++;
	js_member_text(head, "id", event->id);
	js_member_text(head, "name", event->text);
	block_is_open(w, ",\"input\":{}", out);
}

/* ---- after an upstream of this dialect ---- */

static enum open_block kind_of(struct str type)
{
	static const struct {
		const char *type;
		enum open_block open;
	} kinds[] = { { "text", OPEN_TEXT }, { "thinking", OPEN_THOUGHT },
		{ "tool_use", OPEN_CALL } };
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (str_eq_z(type, kinds[i].type))
			return kinds[i].open;
	return OPEN_OTHER;
}

static void adopt_start(struct anthropic_writer *w, const json_t *piece)
{
	struct js_at at = js_root(piece, LAYER_WIRE);
	w->adopted = kind_of(js_text_of(json_object_get(piece, "content_block"), "type"));
	w->adopted_count = (size_t)gather_count(&at, "index") + 1;
}

/* Which block is open is as the pieces say, whatever the events were: there are blocks without
 * events, and two in a row whose events are one's. */
void anthropic_adopt(struct dialect_writer *base, struct str name, struct str data)
{
	struct anthropic_writer *w = own(base);
	json_t *piece = NULL;
	if (!name.n || str_eq_z(name, "content_block_start"))
		piece = js_parse(data, LAYER_WIRE, &(struct err){ 0 });
	struct str type = name.n ? name : js_text_of(piece, "type");
	w->has_begun = true;
	if (str_eq_z(type, "content_block_start"))
		adopt_start(w, piece);
	else if (str_eq_z(type, "content_block_stop"))
		w->open = w->adopted = OPEN_NONE;
	if (w->adopted != OPEN_NONE)
		w->open = w->adopted;
	if (w->adopted_count)
		w->block_count = w->adopted_count;
	json_decref(piece);
}

/* ---- the end ---- */

static void end_stream(struct anthropic_writer *w, const struct chat_event *stop, struct buf *out)
{
	struct chat_usage usage = usage_at_end(w);
	close_block(w, out);
	begin_piece("message_delta", out);
	js_member(out, "delta");
	buf_add_char(out, '{');
	write_stop(w, stop, out);
	buf_add_char(out, '}');
	write_usage(&usage, out);
	end_piece(out);
	begin_piece("message_stop", out);
	end_piece(out);
}

static void end_document(struct anthropic_writer *w, const struct chat_event *stop, struct buf *out)
{
	struct chat_usage usage = usage_at_end(w);
	if (w->open != OPEN_CALL) /* a call that was cut is none */
		close_block(w, out);
	bool is_whole = !w->blocks.overflow && !w->head.overflow && !w->grown.overflow;
	if (!is_whole) {
		struct err e = { 0 };
		fail(&e, ERR_TOO_BIG, LAYER_WIRE, "the answer is over the limit of %zu bytes",
			(size_t)LIMIT_ANSWER_BYTES);
		err_mend(&e, "ask for a stream");
		anthropic_write_error(&e, out);
		return;
	}
	write_identity(w, out);
	buf_add(out, buf_str(&w->blocks));
	buf_add_char(out, ']');
	write_stop(w, stop, out);
	write_usage(&usage, out);
	buf_add_char(out, '}');
}

static void write_failure(const struct anthropic_writer *w, const struct err *e, struct buf *out)
{
	if (w->about.is_stream)
		buf_add(out, STR("event: error\ndata: "));
	anthropic_write_error(e, out);
	if (w->about.is_stream)
		buf_add(out, STR("\n\n"));
}

void anthropic_write(struct dialect_writer *base, const struct chat_event *event, struct buf *out)
{
	struct anthropic_writer *w = own(base);
	bool is_stream = w->about.is_stream;
	if (w->is_over)
		return;
	if (is_stream && event->type != CHAT_USAGE && event->type != CHAT_FAIL)
		begin_message(w, out);
	switch (event->type) {
	case CHAT_TEXT: write_text(w, event->text, out); break;
	case CHAT_THINK: write_thought(w, event->text, out); break;
	case CHAT_SEAL: write_seal(w, event, out); break;
	case CHAT_TOOL_BEGIN: write_call(w, event, out); break;
	case CHAT_TOOL_ARGS: grow(w, event->text, out); break;
	case CHAT_TOOL_END: close_block(w, out); break;
	case CHAT_USAGE:
		w->usage = event->usage;
		w->has_usage = true;
		break;
	case CHAT_ALIVE:
		if (is_stream)
			buf_add(out, STR("event: ping\ndata: {\"type\":\"ping\"}\n\n"));
		break;
	case CHAT_STOP:
		w->is_over = true;
		if (is_stream)
			end_stream(w, event, out);
		else
			end_document(w, event, out);
		break;
	case CHAT_FAIL:
		w->is_over = true;
		write_failure(w, event->err, out);
		break;
	case CHAT_LOGPROB:
	case CHAT_EVENT_TYPE_COUNT: break;
	}
}

/*
 * dialect_responses_answer_write.c - events become a Responses answer: events of a stream, or the
 * whole document.
 *
 * Kept for every client: one item is open at a time, items are numbered without a gap, each is told
 * from added to done and stands again, whole, in the response that ends the stream; every piece has
 * its sequence number; an answer that was cut or failed never ends as completed. Thoughts are told
 * as summaries, which is what clients show.
 *
 * After pieces of an upstream's own (dialect_responses_adopt.c) the same holds for the whole
 * stream: its items stand in the last response as it told them.
 *
 * Both shapes are made by the same steps: an item is opened, grows and is closed; what differs is
 * whether pieces go out on the way.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/dialect_openai.h"
#include "chat/dialect_responses_writer.h"
#include "chat/seal.h"

/* Members of the request that stand again in the answer, and what stands there if they were not
 * given. */
static const struct {
	const char *name, *absent; /* absent: NULL: then it stands not at all */
} echoed[] = {
	{ "background", "false" },
	{ "instructions", "null" },
	{ "max_output_tokens", "null" },
	{ "max_tool_calls", NULL },
	{ "metadata", "{}" },
	{ "parallel_tool_calls", "true" },
	{ "previous_response_id", "null" },
	{ "prompt_cache_key", NULL },
	{ "reasoning", "{\"effort\":null,\"summary\":null}" },
	{ "safety_identifier", NULL },
	{ "service_tier", NULL },
	{ "temperature", "null" },
	{ "text", "{\"format\":{\"type\":\"text\"}}" },
	{ "tool_choice", "\"auto\"" },
	{ "tools", "[]" },
	{ "top_p", "null" },
	{ "truncation", "\"disabled\"" },
	{ "user", NULL },
};

static void write_echo(const struct chat_request *r, struct buf *out)
{
	bool is_own = r && r->dialect == &dialect_responses;
	for (size_t i = 0; i < sizeof echoed / sizeof echoed[0]; i++) {
		const json_t *value = is_own ? json_object_get(r->extra, echoed[i].name) : NULL;
		bool is_given = value && !json_is_null(value);
		if (!is_given && !echoed[i].absent)
			continue;
		buf_printf(out, ",\"%s\":", echoed[i].name);
		if (is_given)
			js_write(value, out);
		else
			buf_add_z(out, echoed[i].absent);
	}
}

struct dialect_writer *responses_writer_new(const struct dialect_answer *about)
{
	struct responses_writer *w = must_calloc(1, sizeof *w);
	w->base.dialect = &dialect_responses;
	w->about = *about;
	buf_init(&w->items, LIMIT_ANSWER_BYTES * 2 + LIMIT_LOGPROBS_BYTES);
	buf_init(&w->chosen, LIMIT_LOGPROBS_BYTES);
	buf_init(&w->logprobs, LIMIT_LOGPROBS_BYTES);
	buf_init(&w->echo, LIMIT_JSON_BYTES);
	buf_init(&w->head, LIMIT_ANSWER_BYTES);
	buf_init(&w->grown, LIMIT_ANSWER_BYTES);
	buf_init(&w->seal, LIMIT_ANSWER_BYTES);
	buf_init(&w->parts, LIMIT_ANSWER_BYTES * 2);
	buf_init(&w->other, LIMIT_ANSWER_BYTES);
	buf_init(&w->item_id, LIMIT_QUOTE_BYTES);
	buf_init(&w->id, LIMIT_QUOTE_BYTES);
	buf_init(&w->model, LIMIT_QUOTE_BYTES);
	buf_printf(&w->id, "resp_%.*s", STR_ARG(about->id));
	write_echo(about->request, &w->echo);
	return &w->base;
}

void responses_writer_free(struct dialect_writer *w)
{
	if (!w)
		return;
	buf_clear(&responses_writer_of(w)->items);
	buf_clear(&responses_writer_of(w)->echo);
	buf_clear(&responses_writer_of(w)->head);
	buf_clear(&responses_writer_of(w)->grown);
	buf_clear(&responses_writer_of(w)->seal);
	buf_clear(&responses_writer_of(w)->chosen);
	buf_clear(&responses_writer_of(w)->logprobs);
	buf_clear(&responses_writer_of(w)->parts);
	buf_clear(&responses_writer_of(w)->other);
	buf_clear(&responses_writer_of(w)->item_id);
	buf_clear(&responses_writer_of(w)->id);
	buf_clear(&responses_writer_of(w)->model);
	free(w);
}

/* ---- the response ---- */

static void write_usage(const struct chat_usage *u, struct buf *out)
{
	buf_add_char(out, '{');
	js_member_i64(out, "input_tokens", u->prompt_tokens);
	js_member(out, "input_tokens_details");
	buf_printf(out, "{\"cached_tokens\":%lld}", (long long)u->cached_tokens);
	js_member_i64(out, "output_tokens", u->answer_tokens);
	js_member(out, "output_tokens_details");
	buf_printf(out, "{\"reasoning_tokens\":%lld}", (long long)u->thinking_tokens);
	js_member_i64(out, "total_tokens", u->prompt_tokens + u->answer_tokens);
	if (u->is_estimate)
		js_member_bool(out, "is_estimate", true);
	buf_add_char(out, '}');
}

static void write_failure_of(const struct err *e, struct buf *out)
{
	struct buf document;
	if (!e) {
		buf_add(out, STR("null"));
		return;
	}
	buf_init(&document, LIMIT_JSON_BYTES);
	dialect_openai.write_error(e, &document);
	json_t *value = js_parse_message(buf_str(&document), LAYER_WIRE, NULL);
	js_write(json_object_get(value, "error"), out);
	json_decref(value);
	buf_clear(&document);
}

/* `why` is the reason of an incomplete one, `e` of a failed one; else NULL. */
static void write_response(const struct responses_writer *w, const char *status, const char *why,
	const struct err *e, struct buf *out)
{
	buf_add_char(out, '{');
	js_member_text(out, "id", buf_str(&w->id));
	js_member_text(out, "object", STR("response"));
	js_member_i64(out, "created_at", w->about.unix_s);
	js_member_text(out, "status", str_z(status));
	js_member_text(out, "model", w->about.model);
	js_member(out, "error");
	write_failure_of(e, out);
	js_member(out, "incomplete_details");
	if (why)
		buf_printf(out, "{\"reason\":\"%s\"}", why);
	else
		buf_add(out, STR("null"));
	buf_add(out, buf_str(&w->echo));
	js_member_bool(out, "store", w->about.is_kept);
	js_member(out, "output");
	buf_add_char(out, '[');
	buf_add(out, buf_str(&w->items));
	buf_add_char(out, ']');
	js_member(out, "usage");
	/* Once, at the end: it may be known before anything could be told. */
	if (w->has_usage && strcmp(status, "in_progress") != 0)
		write_usage(&w->usage, out);
	else
		buf_add(out, STR("null"));
	buf_add_char(out, '}');
}

/* ---- pieces ---- */

static void begin_piece(struct responses_writer *w, const char *type, struct buf *out)
{
	buf_printf(out, "event: %s\ndata: {\"type\":\"%s\"", type, type);
	js_member_i64(out, "sequence_number", w->sequence++);
}

static void end_piece(struct buf *out)
{
	buf_add(out, STR("}\n\n"));
}

static void tell_response(struct responses_writer *w, const char *type, const char *status,
	const char *why, const struct err *e, struct buf *out)
{
	begin_piece(w, type, out);
	js_member(out, "response");
	write_response(w, status, why, e, out);
	end_piece(out);
}

static void begin(struct responses_writer *w, struct buf *out)
{
	if (w->has_begun)
		return;
	w->has_begun = true;
	tell_response(w, "response.created", "in_progress", NULL, NULL, out);
	tell_response(w, "response.in_progress", "in_progress", NULL, NULL, out);
}

/* ---- items ---- */

const struct responses_item_words responses_items[] = {
	[OPEN_NONE] = { .type = "" },
	[OPEN_TEXT] = { "message", "msg_", "content", "response.output_text.delta",
		"response.output_text.done", "text", "response.content_part.added",
		"response.content_part.done", "output_text", "content_index" },
	[OPEN_THOUGHT] = { "reasoning", "rs_", "summary", "response.reasoning_summary_text.delta",
		"response.reasoning_summary_text.done", "text",
		"response.reasoning_summary_part.added", "response.reasoning_summary_part.done",
		"summary_text", "summary_index" },
	[OPEN_CALL] = { "function_call", "fc_", "arguments",
		"response.function_call_arguments.delta", "response.function_call_arguments.done",
		"arguments", NULL, NULL, NULL, NULL },
	[OPEN_CUSTOM] = { "custom_tool_call", "ctc_", "input",
		"response.custom_tool_call_input.delta", "response.custom_tool_call_input.done",
		"input", NULL, NULL, NULL, NULL },
	[OPEN_BRIDGED] = { .prefix = "sc_" }, /* the rest says its row */
	[OPEN_OTHER] = { .type = "" },
};

/* A list's items from there on: the comma in front of them is none of theirs. */
static void write_logprobs(struct str items, struct buf *out)
{
	js_member(out, "logprobs");
	buf_add_char(out, '[');
	buf_add(out, str_starts(items, STR(",")) ? str_from(items, 1) : items);
	buf_add_char(out, ']');
}

static void write_part(const struct responses_writer *w, struct str text, struct buf *out)
{
	const struct responses_item_words *k = &responses_items[w->open];
	buf_printf(out, "{\"type\":\"%s\"", k->part);
	js_member_text(out, "text", text);
	if (w->open == OPEN_TEXT) {
		buf_add(out, STR(",\"annotations\":[]"));
		write_logprobs(text.n ? buf_str(&w->logprobs) : STR(""), out);
	}
	buf_add_char(out, '}');
}

static void write_item_id(const struct responses_writer *w, struct buf *out)
{
	if (w->item_id.n) {
		js_quote(buf_str(&w->item_id), out);
		return;
	}
	buf_printf(out, "\"%s%.*s_%zu\"", responses_items[w->open].prefix, STR_ARG(w->about.id),
		w->item_count - 1);
}

/* The item as it stands: empty when it begins, whole when it is done. */
static void write_item(const struct responses_writer *w, bool is_done, struct buf *out)
{
	const struct responses_item_words *k = &responses_items[w->open];
	struct str grown = is_done ? buf_str(&w->grown) : STR("");
	if (w->open == OPEN_OTHER) {
		buf_add(out, buf_str(&w->other));
		return;
	}
	buf_add(out, STR("{\"id\":"));
	write_item_id(w, out);
	const struct responses_bridge *bridge = w->open == OPEN_BRIDGED ? w->bridge : NULL;
	js_member_text(out, "type", str_z(bridge ? bridge->call : k->type));
	if (w->open != OPEN_THOUGHT)
		js_member_text(out, "status", is_done ? STR("completed") : STR("in_progress"));
	if (w->open == OPEN_TEXT)
		js_member_text(out, "role", STR("assistant"));
	if (w->head.n) {
		js_next(out);
		buf_add(out, str_from(buf_str(&w->head), 1));
	}
	if (bridge) {
		responses_bridge_write(bridge, buf_str(&w->grown), out);
		buf_add_char(out, '}');
		return;
	}
	js_member(out, k->member);
	if (!k->part) {
		js_quote(grown, out);
	} else {
		buf_add_char(out, '[');
		if (is_done)
			buf_add(out, buf_str(&w->parts));
		if (grown.n || (is_done && w->has_part)) {
			js_next(out);
			write_part(w, grown, out);
		}
		buf_add_char(out, ']');
	}
	if (w->open == OPEN_THOUGHT && is_done && w->seal.n)
		js_member_text(out, "encrypted_content", buf_str(&w->seal));
	buf_add_char(out, '}');
}

/* A piece about the open item, up to its own members. */
static void begin_item_piece(
	struct responses_writer *w, const char *type, const char *part_index, struct buf *out)
{
	begin_piece(w, type, out);
	js_member(out, "item_id");
	write_item_id(w, out);
	js_member_i64(out, "output_index", (int64_t)w->item_count - 1);
	if (part_index)
		js_member_i64(out, part_index, w->part);
}

static void tell_item(struct responses_writer *w, const char *type, bool is_done, struct buf *out)
{
	begin_piece(w, type, out);
	js_member_i64(out, "output_index", (int64_t)w->item_count - 1);
	js_member(out, "item");
	write_item(w, is_done, out);
	end_piece(out);
}

static void tell_part(
	struct responses_writer *w, const char *type, struct str text, struct buf *out)
{
	const struct responses_item_words *k = &responses_items[w->open];
	begin_item_piece(w, type, k->part_index, out);
	js_member(out, "part");
	write_part(w, text, out);
	end_piece(out);
}

static void tell_done(struct responses_writer *w, struct buf *out)
{
	const struct responses_item_words *k = &responses_items[w->open];
	bool has_part = k->part && w->has_part;
	bool has_pieces = w->open != OPEN_BRIDGED && w->open != OPEN_OTHER;
	if (has_pieces && (!k->part || has_part)) {
		begin_item_piece(w, k->done, k->part_index, out);
		js_member_text(out, k->done_member, buf_str(&w->grown));
		if (w->open == OPEN_TEXT)
			write_logprobs(buf_str(&w->logprobs), out);
		end_piece(out);
	}
	if (has_part)
		tell_part(w, k->part_done, buf_str(&w->grown), out);
	tell_item(w, "response.output_item.done", true, out);
}

static void close_item(struct responses_writer *w, struct buf *out)
{
	if (w->open == OPEN_NONE)
		return;
	if (w->about.is_stream)
		tell_done(w, out);
	js_next(&w->items);
	write_item(w, true, &w->items);
	w->open = OPEN_NONE;
}

void responses_begin_item(struct responses_writer *w, enum open_item open)
{
	w->open = open;
	buf_reset(&w->head);
	buf_reset(&w->parts);
	buf_reset(&w->grown);
	buf_reset(&w->seal);
	buf_reset(&w->logprobs);
	buf_reset(&w->item_id);
	w->logprobs_told = 0;
	w->part = 0;
	w->has_part = false;
}

static void open_item(struct responses_writer *w, enum open_item open, struct buf *out)
{
	close_item(w, out);
	responses_begin_item(w, open);
	w->item_count++;
}

static void tell_delta(struct responses_writer *w, struct str text, struct buf *out)
{
	const struct responses_item_words *k = &responses_items[w->open];
	begin_item_piece(w, k->delta, k->part_index, out);
	js_member_text(out, "delta", text);
	if (w->open == OPEN_TEXT)
		write_logprobs(str_from(buf_str(&w->logprobs), w->logprobs_told), out);
	w->logprobs_told = w->logprobs.n;
	end_piece(out);
}

/* The text of a custom tool's call is known when its arguments are. */
static void grow(struct responses_writer *w, struct str text, struct buf *out)
{
	const struct responses_item_words *k = &responses_items[w->open];
	if (w->about.is_stream && w->open != OPEN_CUSTOM && w->open != OPEN_BRIDGED) {
		if (k->part && !w->has_part)
			tell_part(w, k->part_added, STR(""), out);
		w->has_part = true;
		tell_delta(w, text, out);
	}
	buf_add(&w->grown, text);
}

/* Tokens come before their words: what these are says where those belong. Only texts have them. */
static void place_logprobs(struct responses_writer *w, enum open_item open)
{
	if (open == OPEN_TEXT && w->chosen.n) {
		js_next(&w->logprobs);
		buf_add(&w->logprobs, buf_str(&w->chosen));
	}
	buf_reset(&w->chosen);
}

static void write_words(
	struct responses_writer *w, enum open_item open, struct str text, struct buf *out)
{
	if (open == OPEN_THOUGHT && w->about.hides_thoughts)
		return;
	if (w->open != open) {
		open_item(w, open, out);
		if (w->about.is_stream)
			tell_item(w, "response.output_item.added", false, out);
	}
	place_logprobs(w, open);
	grow(w, text, out);
}

static void write_seal(struct responses_writer *w, const struct chat_event *event, struct buf *out)
{
	if (w->about.hides_thoughts)
		return;
	if (w->open != OPEN_THOUGHT || event->stands_alone) {
		open_item(w, OPEN_THOUGHT, out);
		if (w->about.is_stream)
			tell_item(w, "response.output_item.added", false, out);
	}
	seal_write(event->origin, event->text, &w->seal);
	close_item(w, out);
}

static void begin_call(struct responses_writer *w, const struct chat_event *event, struct buf *out)
{
	const struct chat_tool *tool =
		w->about.request ? chat_find_tool(w->about.request, event->text) : NULL;
	bool is_own = tool && w->about.request->dialect == &dialect_responses;
	w->bridge = is_own ? responses_bridge(tool) : NULL;
	open_item(w,
		w->bridge                             ? OPEN_BRIDGED
		: is_own && responses_is_custom(tool) ? OPEN_CUSTOM
						      : OPEN_CALL,
		out);
	buf_add_char(&w->head, '{');
	js_member_text(&w->head, "call_id", event->id);
	if (!w->bridge)
		js_member_text(&w->head, "name", event->text);
	if (is_own && responses_namespace(tool).n)
		js_member_text(&w->head, "namespace", responses_namespace(tool));
	/* What the client's own tool is to do stands in the item: it is told when that is known. */
	if (w->about.is_stream && !w->bridge)
		tell_item(w, "response.output_item.added", false, out);
}

static void end_call(struct responses_writer *w, struct buf *out)
{
	if (w->open == OPEN_CUSTOM) {
		struct buf input;
		buf_init(&input, LIMIT_ANSWER_BYTES);
		responses_custom_input(buf_str(&w->grown), &input);
		if (w->about.is_stream && input.n)
			tell_delta(w, buf_str(&input), out);
		buf_reset(&w->grown);
		buf_add(&w->grown, buf_str(&input));
		buf_clear(&input);
	}
	if (w->open == OPEN_BRIDGED && w->about.is_stream)
		tell_item(w, "response.output_item.added", false, out);
	close_item(w, out);
}

/* ---- the end ---- */

static const struct {
	const char *type, *status, *why;
} ends[] = {
	[CHAT_STOP_END] = { "response.completed", "completed", NULL },
	[CHAT_STOP_CALLS] = { "response.completed", "completed", NULL },
	[CHAT_STOP_LENGTH] = { "response.incomplete", "incomplete", "max_output_tokens" },
	[CHAT_STOP_FILTER] = { "response.incomplete", "incomplete", "content_filter" },
};

_Static_assert(sizeof ends / sizeof ends[0] == CHAT_STOP_COUNT, "an end for every stop");

/* A call that was cut is none. */
static void close_last(struct responses_writer *w, struct buf *out)
{
	bool is_call = w->open >= OPEN_CALL && w->open != OPEN_OTHER;
	if (!is_call)
		close_item(w, out);
}

void responses_write_turn(struct dialect_writer *base, const struct chat_event *stop,
	struct buf *out, struct buf *asked, struct buf *answered, struct dialect_turn *turn)
{
	struct responses_writer *w = responses_writer_of(base);
	const struct chat_request *r = w->about.request;
	if (w->about.is_stream)
		begin(w, out);
	close_last(w, out);
	turn->id = arena_printf(r->arena, "resp_%.*s", STR_ARG(w->about.id));
	turn->previous = js_text_of(r->extra, "previous_response_id");
	responses_write_asked(r, asked);
	write_response(w, ends[stop->stop].status, ends[stop->stop].why, NULL, answered);
	turn->asked = buf_str(asked);
	turn->answered = buf_str(answered);
}

void responses_not_kept(struct dialect_writer *base)
{
	responses_writer_of(base)->about.is_kept = false;
}

static void write_stop(struct responses_writer *w, enum chat_stop stop, struct buf *out)
{
	close_last(w, out);
	if (w->about.is_stream) {
		tell_response(w, ends[stop].type, ends[stop].status, ends[stop].why, NULL, out);
		return;
	}
	if (!w->items.overflow && !w->grown.overflow && !w->logprobs.overflow) {
		write_response(w, ends[stop].status, ends[stop].why, NULL, out);
		return;
	}
	struct err e = { 0 };
	fail(&e, ERR_TOO_BIG, LAYER_WIRE, "the answer is over the limit of %zu bytes",
		(size_t)LIMIT_ANSWER_BYTES);
	err_mend(&e, "ask for a stream");
	dialect_responses.write_error(&e, out);
}

static void write_fail(struct responses_writer *w, const struct err *e, struct buf *out)
{
	if (w->about.is_stream)
		tell_response(w, "response.failed", "failed", NULL, e, out);
	else
		dialect_responses.write_error(e, out);
}

void responses_write(struct dialect_writer *base, const struct chat_event *event, struct buf *out)
{
	struct responses_writer *w = responses_writer_of(base);
	bool is_stream = w->about.is_stream;
	if (w->is_over)
		return;
	if (is_stream && event->type != CHAT_USAGE)
		begin(w, out);
	switch (event->type) {
	case CHAT_TEXT: write_words(w, OPEN_TEXT, event->text, out); break;
	case CHAT_THINK: write_words(w, OPEN_THOUGHT, event->text, out); break;
	case CHAT_SEAL: write_seal(w, event, out); break;
	case CHAT_TOOL_BEGIN: begin_call(w, event, out); break;
	case CHAT_TOOL_ARGS: grow(w, event->text, out); break;
	case CHAT_TOOL_END: end_call(w, out); break;
	case CHAT_USAGE:
		w->usage = event->usage;
		w->has_usage = true;
		break;
	case CHAT_ALIVE:
		if (is_stream)
			tell_response(w, "response.in_progress", "in_progress", NULL, NULL, out);
		break;
	case CHAT_STOP:
		w->is_over = true;
		write_stop(w, event->stop, out);
		break;
	case CHAT_FAIL:
		w->is_over = true;
		write_fail(w, event->err, out);
		break;
	case CHAT_LOGPROB: openai_add_logprob(event, &w->chosen); break;
	case CHAT_EVENT_TYPE_COUNT: break;
	}
}

/*
 * dialect_responses_answer_write.c - events become a Responses answer: events of a stream, or the
 * whole document.
 *
 * Kept for every client: one item is open at a time, items are numbered without a gap, each is told
 * from added to done and stands again, whole, in the response that ends the stream; every piece has
 * its sequence number; an answer that was cut or failed never ends as completed. Thoughts are told
 * as summaries, which is what clients show.
 *
 * After pieces of an upstream's own (responses_adopt) the same holds for the whole stream: its
 * items stand in the last response as it told them.
 *
 * Both shapes are made by the same steps: an item is opened, grows and is closed; what differs is
 * whether pieces go out on the way.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/dialect_responses.h"
#include "chat/gather.h"
#include "chat/seal.h"

/* OPEN_OTHER: an upstream's, of a kind that only it knows; it stands in `other`. */
enum open_item {
	OPEN_NONE,
	OPEN_TEXT,
	OPEN_THOUGHT,
	OPEN_CALL,
	OPEN_CUSTOM,
	OPEN_BRIDGED,
	OPEN_OTHER
};

struct responses_writer {
	struct dialect_writer base;
	struct dialect_answer about;
	struct chat_usage usage;
	bool has_usage, has_begun, is_over;
	enum open_item open;
	const struct responses_bridge *bridge; /* of an OPEN_BRIDGED one */
	int64_t sequence;
	size_t item_count; /* that were opened */
	struct buf items;  /* JSON of the closed ones */
	struct buf echo;   /* members that say what was asked */
	/* Of the open one: the members that tell a call, behind a bracket; its parts that are done;
	 * what grows, of the part that is open; the seal of a thought; its id, if it is not ours.
	 */
	struct buf head, parts, grown, seal, item_id;
	int64_t part;
	bool has_part; /* the part was told to begin */
	/* Of an upstream's own pieces: the item that they have opened and not closed, and how much
	 * of `items` they have told. */
	enum open_item adopted;
	size_t adopted_count, adopted_bytes;
	struct buf other;
	struct buf id, model; /* of the response */
};

static struct responses_writer *own(struct dialect_writer *w)
{
	return (struct responses_writer *)w;
}

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
	buf_init(&w->items, LIMIT_ANSWER_BYTES * 2);
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
	buf_clear(&own(w)->items);
	buf_clear(&own(w)->echo);
	buf_clear(&own(w)->head);
	buf_clear(&own(w)->grown);
	buf_clear(&own(w)->seal);
	buf_clear(&own(w)->parts);
	buf_clear(&own(w)->other);
	buf_clear(&own(w)->item_id);
	buf_clear(&own(w)->id);
	buf_clear(&own(w)->model);
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

/* What an item of each kind is called, and the pieces in which it grows. */
static const struct item_words {
	const char *type, *prefix;
	const char *member;                        /* of the item: what grows */
	const char *delta, *done;                  /* pieces */
	const char *done_member;                   /* of the piece `done` */
	const char *part_added, *part_done, *part; /* pieces around, and the part; NULL: none */
	const char *part_index;
} words[] = {
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

static void write_part(const struct item_words *k, struct str text, struct buf *out)
{
	buf_printf(out, "{\"type\":\"%s\"", k->part);
	js_member_text(out, "text", text);
	if (str_eq_z(STR("output_text"), k->part))
		buf_add(out, STR(",\"annotations\":[],\"logprobs\":[]"));
	buf_add_char(out, '}');
}

static void write_item_id(const struct responses_writer *w, struct buf *out)
{
	if (w->item_id.n) {
		js_quote(buf_str(&w->item_id), out);
		return;
	}
	buf_printf(out, "\"%s%.*s_%zu\"", words[w->open].prefix, STR_ARG(w->about.id),
		w->item_count - 1);
}

/* The item as it stands: empty when it begins, whole when it is done. */
static void write_item(const struct responses_writer *w, bool is_done, struct buf *out)
{
	const struct item_words *k = &words[w->open];
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
			write_part(k, grown, out);
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
	const struct item_words *k = &words[w->open];
	begin_item_piece(w, type, k->part_index, out);
	js_member(out, "part");
	write_part(k, text, out);
	end_piece(out);
}

static void tell_done(struct responses_writer *w, struct buf *out)
{
	const struct item_words *k = &words[w->open];
	bool has_part = k->part && w->has_part;
	bool has_pieces = w->open != OPEN_BRIDGED && w->open != OPEN_OTHER;
	if (has_pieces && (!k->part || has_part)) {
		begin_item_piece(w, k->done, k->part_index, out);
		js_member_text(out, k->done_member, buf_str(&w->grown));
		if (w->open == OPEN_TEXT)
			buf_add(out, STR(",\"logprobs\":[]"));
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

static void begin_item(struct responses_writer *w, enum open_item open)
{
	w->open = open;
	buf_reset(&w->head);
	buf_reset(&w->parts);
	buf_reset(&w->grown);
	buf_reset(&w->seal);
	buf_reset(&w->item_id);
	w->part = 0;
	w->has_part = false;
}

static void open_item(struct responses_writer *w, enum open_item open, struct buf *out)
{
	close_item(w, out);
	begin_item(w, open);
	w->item_count++;
}

static void tell_delta(struct responses_writer *w, struct str text, struct buf *out)
{
	const struct item_words *k = &words[w->open];
	begin_item_piece(w, k->delta, k->part_index, out);
	js_member_text(out, "delta", text);
	if (w->open == OPEN_TEXT)
		buf_add(out, STR(",\"logprobs\":[]"));
	end_piece(out);
}

/* The text of a custom tool's call is known when its arguments are. */
static void grow(struct responses_writer *w, struct str text, struct buf *out)
{
	const struct item_words *k = &words[w->open];
	if (w->about.is_stream && w->open != OPEN_CUSTOM && w->open != OPEN_BRIDGED) {
		if (k->part && !w->has_part)
			tell_part(w, k->part_added, STR(""), out);
		w->has_part = true;
		tell_delta(w, text, out);
	}
	buf_add(&w->grown, text);
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

/* ---- after an upstream of this dialect ---- */

static void adopt_response(struct responses_writer *w, const json_t *piece)
{
	const json_t *response = json_object_get(piece, "response"),
		     *created = json_object_get(response, "created_at");
	struct str id = js_text_of(response, "id"), model = js_text_of(response, "model");
	if (id.n && id.n <= w->id.max) {
		buf_reset(&w->id);
		buf_add(&w->id, id);
	}
	if (!w->model.n && model.n && buf_add(&w->model, model))
		w->about.model = buf_str(&w->model);
	if (json_is_number(created))
		w->about.unix_s = (int64_t)json_number_value(created);
}

static void number_item(struct responses_writer *w, const json_t *piece)
{
	struct js_at at = js_root(piece, LAYER_WIRE);
	w->item_count = w->adopted_count = (size_t)gather_count(&at, "output_index") + 1;
}

static void adopt_added(struct responses_writer *w, const json_t *piece)
{
	const json_t *item = json_object_get(piece, "item");
	struct str type = js_text_of(item, "type"), id = js_text_of(item, "id");
	bool is_call = str_eq_z(type, words[OPEN_CALL].type) && w->open >= OPEN_CALL;
	number_item(w, piece);
	if (str_eq_z(type, words[OPEN_TEXT].type))
		begin_item(w, OPEN_TEXT);
	else if (str_eq_z(type, words[OPEN_THOUGHT].type))
		begin_item(w, OPEN_THOUGHT);
	else if (!is_call) /* a call's event has come with it */
		begin_item(w, OPEN_OTHER);
	buf_reset(&w->other);
	if (w->open == OPEN_OTHER)
		js_write(item, &w->other);
	if (id.n <= w->item_id.max)
		buf_add(&w->item_id, id);
	w->adopted = w->open;
}

static void adopt_done(struct responses_writer *w, const json_t *piece)
{
	number_item(w, piece);
	js_next(&w->items);
	js_write(json_object_get(piece, "item"), &w->items);
	w->adopted_bytes = w->items.n;
	w->open = w->adopted = OPEN_NONE;
}

static void adopt_part_added(struct responses_writer *w, const json_t *piece)
{
	struct js_at at = js_root(piece, LAYER_WIRE);
	const char *index = words[w->adopted].part_index;
	w->part = index ? gather_count(&at, index) : 0;
	w->has_part = true;
	buf_reset(&w->grown);
}

static void adopt_part_done(struct responses_writer *w, const json_t *piece)
{
	js_next(&w->parts);
	js_write(json_object_get(piece, "part"), &w->parts);
	w->part++;
	w->has_part = false;
	buf_reset(&w->grown);
}

static const struct {
	const char *type;
	void (*adopt)(struct responses_writer *w, const json_t *piece);
} adoptions[] = {
	{ "response.created", adopt_response },
	{ "response.in_progress", adopt_response },
	{ "response.output_item.added", adopt_added },
	{ "response.output_item.done", adopt_done },
	{ "response.content_part.added", adopt_part_added },
	{ "response.content_part.done", adopt_part_done },
	{ "response.reasoning_summary_part.added", adopt_part_added },
	{ "response.reasoning_summary_part.done", adopt_part_done },
};

/* Not parsed: what is only counted. */
static int64_t number_in(struct str data, int64_t absent)
{
	static const char member[] = "\"sequence_number\"";
	size_t at = str_find(data, str_z(member)), n = 0;
	struct str rest = at == SIZE_MAX ? STR("") : str_from(data, at + sizeof member - 1);
	uint64_t number;
	rest = str_trim_left(str_from(str_trim_left(rest), rest.n ? 1 : 0));
	while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
		n++;
	return str_to_u64(str_sub(rest, 0, n), &number) && number < INT64_MAX ? (int64_t)number
									      : absent;
}

/* What is open and what is told is as the pieces say, whatever their events were. */
void responses_adopt(struct dialect_writer *base, struct str name, struct str data)
{
	struct responses_writer *w = own(base);
	json_t *piece = NULL;
	w->has_begun = true;
	w->sequence = number_in(data, w->sequence) + 1;
	buf_truncate(&w->items, w->adopted_bytes);
	w->open = w->open == OPEN_NONE ? w->adopted : w->open;
	if (!name.n)
		piece = js_parse(data, LAYER_WIRE, &(struct err){ 0 });
	struct str type = name.n ? name : js_text_of(piece, "type");
	for (size_t i = 0; i < sizeof adoptions / sizeof adoptions[0]; i++) {
		if (!str_eq_z(type, adoptions[i].type))
			continue;
		if (!piece)
			piece = js_parse(data, LAYER_WIRE, &(struct err){ 0 });
		adoptions[i].adopt(w, piece);
	}
	if (w->adopted != OPEN_NONE) {
		w->open = w->adopted;
		w->item_count = w->adopted_count;
	}
	json_decref(piece);
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
	struct responses_writer *w = own(base);
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
	own(base)->about.is_kept = false;
}

static void write_stop(struct responses_writer *w, enum chat_stop stop, struct buf *out)
{
	close_last(w, out);
	if (w->about.is_stream) {
		tell_response(w, ends[stop].type, ends[stop].status, ends[stop].why, NULL, out);
		return;
	}
	if (!w->items.overflow && !w->grown.overflow) {
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
	struct responses_writer *w = own(base);
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
	case CHAT_LOGPROB:
	case CHAT_EVENT_TYPE_COUNT: break;
	}
}

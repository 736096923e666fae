/*
 * dialect_openai_answer_write.c - events become a Chat Completions answer: chunks of a stream, or
 * the whole document.
 *
 * Kept for every client: each delta of a call has its index, the first one its id and name;
 * arguments are a string; the finish reason is tool_calls exactly if a call was sent; no chunk has
 * an empty list of calls; usage comes once, in the last chunk, whose list of choices is empty. A
 * failed stream ends with an error object and without [DONE].
 */
#include "chat/dialect_openai.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"

/* Log probabilities that wait for the chunk they belong to: more than this go out by themselves. */
enum { LOGPROBS_WAITING_BYTES = 64 * 1024 };

struct openai_writer {
	struct dialect_writer base;
	struct dialect_answer about;
	struct openai_text_writer *text_only; /* of POST /completions: it writes all; else NULL */
	struct chat_usage usage;
	bool has_usage, has_begun, is_over;
	size_t call_count; /* calls that were begun */
	/* Of an upstream whose chunks went out: how often its identity was looked for, how many
	 * calls it began, the index of the last one, and by how much its indexes are higher. */
	unsigned looked;
	int64_t adopted_calls, adopted_index, index_shift;
	/* In a stream: what every chunk begins with, up to the list of choices. */
	struct buf head;
	/* Log probabilities as JSON objects: of the next chunk, or of the whole answer. */
	struct buf logprobs;
	/* In a whole answer: what was gathered. */
	struct buf text, think, arguments;
	struct buf calls;  /* JSON objects, one after the other */
	size_t calls_done; /* bytes of `calls` that are complete ones */
};

const char *const openai_finish_reasons[] = {
	[CHAT_STOP_END] = "stop",
	[CHAT_STOP_CALLS] = "tool_calls",
	[CHAT_STOP_LENGTH] = "length",
	[CHAT_STOP_FILTER] = "content_filter",
};

_Static_assert(sizeof openai_finish_reasons / sizeof openai_finish_reasons[0] == CHAT_STOP_COUNT,
	"a reason for every stop");

enum { HEAD_BYTES = 4096, MOST_LOOKS = 8 };

static struct openai_writer *own(struct dialect_writer *w)
{
	return (struct openai_writer *)w;
}

static void write_identity(const struct dialect_answer *about, const char *object, struct buf *out)
{
	buf_add(out, STR("{\"id\":\"chatcmpl-"));
	buf_add(out, about->id);
	buf_add_char(out, '"');
	js_member_text(out, "object", str_z(object));
	js_member_i64(out, "created", about->unix_s);
	js_member_text(out, "model", about->model);
	js_member(out, "choices");
	buf_add_char(out, '[');
}

struct dialect_writer *openai_writer_new(const struct dialect_answer *about)
{
	struct openai_writer *w = must_calloc(1, sizeof *w);
	w->base.dialect = &dialect_openai;
	w->about = *about;
	if (str_eq_z(about->kind, OPENAI_TEXT))
		w->text_only = openai_text_writer_new(&w->about);
	buf_init(&w->head, HEAD_BYTES + about->model.n * 6);
	buf_init(&w->logprobs, LIMIT_LOGPROBS_BYTES);
	buf_init(&w->text, LIMIT_ANSWER_BYTES);
	buf_init(&w->think, LIMIT_ANSWER_BYTES);
	buf_init(&w->arguments, LIMIT_ANSWER_BYTES);
	buf_init(&w->calls, LIMIT_ANSWER_BYTES * 2);
	if (about->is_stream) {
		buf_add(&w->head, STR("data: "));
		write_identity(about, "chat.completion.chunk", &w->head);
	}
	return &w->base;
}

void openai_writer_free(struct dialect_writer *w)
{
	if (!w)
		return;
	openai_text_writer_free(own(w)->text_only);
	buf_clear(&own(w)->head);
	buf_clear(&own(w)->logprobs);
	buf_clear(&own(w)->text);
	buf_clear(&own(w)->think);
	buf_clear(&own(w)->arguments);
	buf_clear(&own(w)->calls);
	free(w);
}

static const char *finish_reason(const struct openai_writer *w, enum chat_stop stop)
{
	bool ended = stop == CHAT_STOP_END || stop == CHAT_STOP_CALLS;
	if (ended)
		stop = w->call_count ? CHAT_STOP_CALLS : CHAT_STOP_END;
	return openai_finish_reasons[stop];
}

void openai_write_usage(const struct chat_usage *u, struct buf *out)
{
	js_member(out, "usage");
	buf_add_char(out, '{');
	js_member_i64(out, "prompt_tokens", u->prompt_tokens);
	js_member_i64(out, "completion_tokens", u->answer_tokens);
	js_member_i64(out, "total_tokens", u->prompt_tokens + u->answer_tokens);
	js_member(out, "prompt_tokens_details");
	buf_printf(out, "{\"cached_tokens\":%lld}", (long long)u->cached_tokens);
	js_member(out, "completion_tokens_details");
	buf_printf(out, "{\"reasoning_tokens\":%lld}", (long long)u->thinking_tokens);
	if (u->is_estimate)
		js_member_bool(out, "is_estimate", true);
	buf_add_char(out, '}');
	if (!u->prefill_us && !u->decode_us)
		return;
	js_member(out, "timings");
	buf_add_char(out, '{');
	js_member_i64(out, "prompt_n", u->prompt_tokens - u->cached_tokens);
	js_member_i64(out, "predicted_n", u->answer_tokens);
	js_member_double(out, "prompt_ms", (double)u->prefill_us / 1000);
	js_member_double(out, "predicted_ms", (double)u->decode_us / 1000);
	buf_add_char(out, '}');
}

/* ---- a stream ---- */

static void begin_chunk(const struct openai_writer *w, struct buf *out)
{
	buf_add(out, buf_str(&w->head));
	buf_add(out, STR("{\"index\":0,\"delta\":{"));
}

/* The member of a choice, and none are left waiting. */
static void take_logprobs(struct openai_writer *w, struct buf *out)
{
	if (w->logprobs.n)
		openai_write_logprobs(buf_str(&w->logprobs), out);
	buf_reset(&w->logprobs);
}

static void end_chunk(struct openai_writer *w, struct buf *out)
{
	buf_add_char(out, '}');
	take_logprobs(w, out);
	buf_add(out, STR(",\"finish_reason\":null}]}\n\n"));
}

static void write_delta(
	struct openai_writer *w, const char *member, struct str text, struct buf *out)
{
	begin_chunk(w, out);
	js_member_text(out, member, text);
	end_chunk(w, out);
}

static int64_t index_of(const struct openai_writer *w, const struct chat_event *event)
{
	return event->call + w->index_shift;
}

static void write_call_begin(
	struct openai_writer *w, const struct chat_event *event, struct buf *out)
{
	begin_chunk(w, out);
	buf_add(out, STR("\"tool_calls\":[{"));
	js_member_i64(out, "index", index_of(w, event));
	js_member_text(out, "id", event->id);
	js_member_text(out, "type", STR("function"));
	js_member(out, "function");
	buf_add_char(out, '{');
	js_member_text(out, "name", event->text);
	js_member_text(out, "arguments", STR(""));
	buf_add(out, STR("}}]"));
	end_chunk(w, out);
}

static void write_call_args(
	struct openai_writer *w, const struct chat_event *event, struct buf *out)
{
	begin_chunk(w, out);
	buf_add(out, STR("\"tool_calls\":[{"));
	js_member_i64(out, "index", index_of(w, event));
	buf_add(out, STR(",\"function\":{\"arguments\":"));
	js_quote(event->text, out);
	buf_add(out, STR("}}]"));
	end_chunk(w, out);
}

/* The empty delta that says "still here": data, since comments do not count as life. */
static void write_alive(
	const struct openai_writer *w, const struct chat_alive *alive, struct buf *out)
{
	begin_chunk(w, out);
	buf_add(out, STR("\"content\":\"\"},\"finish_reason\":null}]"));
	if (alive->prompt_tokens) {
		js_member(out, "prompt_progress");
		buf_printf(out, "{\"total\":%lld,\"processed\":%lld}",
			(long long)alive->prompt_tokens, (long long)alive->done_tokens);
	}
	buf_add(out, STR("}\n\n"));
}

static void write_logprob(struct openai_writer *w, const struct chat_event *event, struct buf *out)
{
	openai_add_logprob(event, &w->logprobs);
	if (w->logprobs.n < LOGPROBS_WAITING_BYTES)
		return;
	begin_chunk(w, out);
	end_chunk(w, out);
}

static void write_last_chunks(struct openai_writer *w, enum chat_stop stop, struct buf *out)
{
	begin_chunk(w, out);
	buf_add_char(out, '}');
	take_logprobs(w, out);
	buf_printf(out, ",\"finish_reason\":\"%s\"}]}\n\n", finish_reason(w, stop));
	if (w->about.wants_usage && w->has_usage) {
		buf_add(out, buf_str(&w->head));
		buf_add_char(out, ']');
		openai_write_usage(&w->usage, out);
		buf_add(out, STR("}\n\n"));
	}
	buf_add(out, STR("data: [DONE]\n\n"));
}

static void stream_event(struct openai_writer *w, const struct chat_event *event, struct buf *out)
{
	if (event->type == CHAT_LOGPROB) {
		write_logprob(w, event, out);
		return;
	}
	bool is_chunk =
		event->type != CHAT_USAGE && event->type != CHAT_FAIL && event->type != CHAT_SEAL;
	if (is_chunk && !w->has_begun) {
		begin_chunk(w, out);
		buf_add(out, STR("\"role\":\"assistant\",\"content\":\"\"},"
				 "\"finish_reason\":null}]}\n\n"));
		w->has_begun = true;
	}
	switch (event->type) {
	case CHAT_TEXT: write_delta(w, "content", event->text, out); break;
	case CHAT_THINK: write_delta(w, "reasoning_content", event->text, out); break;
	case CHAT_TOOL_BEGIN: write_call_begin(w, event, out); break;
	case CHAT_TOOL_ARGS: write_call_args(w, event, out); break;
	case CHAT_STOP: write_last_chunks(w, event->stop, out); break;
	case CHAT_ALIVE: write_alive(w, &event->alive, out); break;
	case CHAT_FAIL:
		buf_add(out, STR("data: "));
		openai_write_error(event->err, out);
		buf_add(out, STR("\n\n"));
		break;
	case CHAT_SEAL:
	case CHAT_TOOL_END:
	case CHAT_LOGPROB:
	case CHAT_USAGE:
	case CHAT_EVENT_TYPE_COUNT: break;
	}
}

/* ---- after an upstream of this dialect ---- */

/* Chunks begin as the upstream's do. There are upstreams whose first ones have no id. */
static void adopt_head(struct openai_writer *w, const json_t *chunk)
{
	static const char *const members[] = { "id", "object", "created", "model",
		"system_fingerprint" };
	struct buf head;
	if (!js_text_of(chunk, "id").n)
		return;
	w->looked = MOST_LOOKS;
	buf_init(&head, w->head.max);
	buf_add(&head, STR("data: {"));
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		const json_t *value = json_object_get(chunk, members[i]);
		if (!value)
			continue;
		js_member(&head, members[i]);
		js_write(value, &head);
	}
	js_member(&head, "choices");
	buf_add_char(&head, '[');
	if (!head.overflow) {
		buf_reset(&w->head);
		buf_add(&w->head, buf_str(&head));
	}
	buf_clear(&head);
}

static void adopt_calls(struct openai_writer *w, const json_t *chunk)
{
	const json_t *choice = json_array_get(json_object_get(chunk, "choices"), 0),
		     *calls = json_object_get(json_object_get(choice, "delta"), "tool_calls");
	for (size_t i = 0; i < json_array_size(calls); i++) {
		const json_t *index = json_object_get(json_array_get(calls, i), "index");
		int64_t at = json_is_integer(index) ? json_integer_value(index) : w->adopted_calls;
		if (w->adopted_calls && at == w->adopted_index)
			continue;
		w->adopted_index = at;
		w->index_shift = at - w->adopted_calls++;
	}
}

void openai_adopt(struct dialect_writer *base, struct str name, struct str data)
{
	struct openai_writer *w = own(base);
	bool has_calls = str_find(data, STR("\"tool_calls\"")) != SIZE_MAX &&
			 str_find(data, STR("\"name\"")) != SIZE_MAX; /* one begins */
	(void)name;
	w->has_begun = true;
	if (!has_calls && w->looked >= MOST_LOOKS)
		return;
	json_t *chunk = js_parse(data, LAYER_WIRE, &(struct err){ 0 });
	if (w->looked++ < MOST_LOOKS)
		adopt_head(w, chunk);
	adopt_calls(w, chunk);
	json_decref(chunk);
}

/* ---- a whole document ---- */

static void gather_call_begin(struct openai_writer *w, const struct chat_event *event)
{
	buf_reset(&w->arguments);
	js_next(&w->calls);
	buf_add_char(&w->calls, '{');
	js_member_text(&w->calls, "id", event->id);
	js_member_text(&w->calls, "type", STR("function"));
	js_member(&w->calls, "function");
	buf_add_char(&w->calls, '{');
	js_member_text(&w->calls, "name", event->text);
}

static void gather_call_end(struct openai_writer *w)
{
	js_member_text(&w->calls, "arguments", buf_str(&w->arguments));
	buf_add(&w->calls, STR("}}"));
	w->calls_done = w->calls.n;
}

static void write_document(const struct openai_writer *w, enum chat_stop stop, struct buf *out)
{
	write_identity(&w->about, "chat.completion", out);
	buf_add(out, STR("{\"index\":0,\"message\":{\"role\":\"assistant\""));
	js_member(out, "content");
	if (w->calls_done && !w->text.n)
		buf_add(out, STR("null"));
	else
		js_quote(buf_str(&w->text), out);
	if (w->think.n)
		js_member_text(out, "reasoning_content", buf_str(&w->think));
	if (w->calls_done) {
		js_member(out, "tool_calls");
		buf_add_char(out, '[');
		buf_add(out, str_n(w->calls.p, w->calls_done));
		buf_add_char(out, ']');
	}
	buf_add_char(out, '}');
	if (w->logprobs.n)
		openai_write_logprobs(buf_str(&w->logprobs), out);
	buf_printf(out, ",\"finish_reason\":\"%s\"}]", finish_reason(w, stop));
	if (w->has_usage)
		openai_write_usage(&w->usage, out);
	buf_add_char(out, '}');
}

static void finish_document(const struct openai_writer *w, enum chat_stop stop, struct buf *out)
{
	bool is_whole = !w->text.overflow && !w->think.overflow && !w->arguments.overflow &&
			!w->calls.overflow && !w->logprobs.overflow;
	if (is_whole) {
		write_document(w, stop, out);
		return;
	}
	struct err e = { 0 };
	fail(&e, ERR_TOO_BIG, LAYER_WIRE, "the answer is over the limit of %zu bytes",
		(size_t)LIMIT_ANSWER_BYTES);
	err_mend(&e, "ask for a stream");
	openai_write_error(&e, out);
}

static void gather_event(struct openai_writer *w, const struct chat_event *event, struct buf *out)
{
	switch (event->type) {
	case CHAT_TEXT: buf_add(&w->text, event->text); break;
	case CHAT_THINK: buf_add(&w->think, event->text); break;
	case CHAT_TOOL_BEGIN: gather_call_begin(w, event); break;
	case CHAT_TOOL_ARGS: buf_add(&w->arguments, event->text); break;
	case CHAT_TOOL_END: gather_call_end(w); break;
	case CHAT_LOGPROB: openai_add_logprob(event, &w->logprobs); break;
	case CHAT_STOP: finish_document(w, event->stop, out); break;
	case CHAT_FAIL: openai_write_error(event->err, out); break;
	case CHAT_SEAL:
	case CHAT_USAGE:
	case CHAT_ALIVE:
	case CHAT_EVENT_TYPE_COUNT: break;
	}
}

void openai_write(struct dialect_writer *base, const struct chat_event *event, struct buf *out)
{
	struct openai_writer *w = own(base);
	if (w->is_over)
		return;
	if (w->text_only) {
		w->is_over = openai_text_write(w->text_only, event, out);
		return;
	}
	if (event->type == CHAT_USAGE) {
		w->usage = event->usage;
		w->has_usage = true;
	}
	if (event->type == CHAT_TOOL_BEGIN)
		w->call_count++;
	w->is_over = event->type == CHAT_STOP || event->type == CHAT_FAIL;
	if (w->about.is_stream)
		stream_event(w, event, out);
	else
		gather_event(w, event, out);
}

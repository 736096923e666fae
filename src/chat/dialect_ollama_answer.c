/*
 * dialect_ollama_answer.c - answers of /api/chat and /api/generate, both ways: events become lines
 * or one document, an upstream's lines become events.
 *
 * A call is told whole, its arguments as an object; `done` ends an answer, with a reason and the
 * counts. /api/generate says the same with `response` where /api/chat has a message.
 *
 * Layer: wire.
 */
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/dialect_ollama.h"
#include "chat/gather.h"

/* ---- writing ---- */

struct ollama_writer {
	struct dialect_writer base;
	struct dialect_answer about;
	struct chat_usage usage;
	bool is_generate, is_over, has_adopted;
	struct buf head;        /* what every line begins with */
	struct buf call, args;  /* of the open call, up to its arguments; then they */
	struct buf text, think; /* in a whole answer: what was gathered */
	struct buf calls;
	unsigned call_count;
};

static const char *const done_reasons[CHAT_STOP_COUNT] = {
	[CHAT_STOP_END] = "stop",
	[CHAT_STOP_CALLS] = "stop",
	[CHAT_STOP_LENGTH] = "length",
	[CHAT_STOP_FILTER] = "filter",
};

enum { HEAD_BYTES = 4096 };

static const char loaded[] = "load"; /* nothing was to be said */

static struct ollama_writer *own_writer(struct dialect_writer *w)
{
	return (struct ollama_writer *)w;
}

/* What every line begins with. */
static void write_head(struct ollama_writer *w, struct str model)
{
	char when[sizeof "2026-11-22T00:00:00Z"] = "";
	time_t seconds = (time_t)w->about.unix_s;
	struct tm utc;
	gmtime_r(&seconds, &utc);
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
	buf_reset(&w->head);
	buf_add_char(&w->head, '{');
	js_member_text(&w->head, "model", model);
	js_member_text(&w->head, "created_at", str_z(when));
}

struct dialect_writer *ollama_writer_new(const struct dialect_answer *about)
{
	struct ollama_writer *w = must_calloc(1, sizeof *w);
	w->base.dialect = &dialect_ollama;
	w->about = *about;
	w->is_generate = str_eq_z(about->kind, OLLAMA_GENERATE);
	buf_init(&w->head, HEAD_BYTES + about->model.n * 6);
	buf_init(&w->call, LIMIT_ANSWER_BYTES);
	buf_init(&w->args, LIMIT_ANSWER_BYTES);
	buf_init(&w->text, LIMIT_ANSWER_BYTES);
	buf_init(&w->think, LIMIT_ANSWER_BYTES);
	buf_init(&w->calls, LIMIT_ANSWER_BYTES * 2);
	write_head(w, about->model);
	return &w->base;
}

void ollama_writer_free(struct dialect_writer *base)
{
	if (!base)
		return;
	struct ollama_writer *w = own_writer(base);
	buf_clear(&w->head);
	buf_clear(&w->call);
	buf_clear(&w->args);
	buf_clear(&w->text);
	buf_clear(&w->think);
	buf_clear(&w->calls);
	free(w);
}

/* What is said in one line or document. */
struct said {
	struct str text, think, calls;
};

static void write_said(const struct ollama_writer *w, const struct said *said, struct buf *out)
{
	if (w->is_generate) {
		js_member_text(out, "response", said->text);
		if (said->think.n)
			js_member_text(out, "thinking", said->think);
		return;
	}
	js_member(out, "message");
	buf_add_char(out, '{');
	js_member_text(out, "role", STR("assistant"));
	js_member_text(out, "content", said->text);
	if (said->think.n)
		js_member_text(out, "thinking", said->think);
	if (said->calls.n) {
		js_member(out, "tool_calls");
		buf_add_char(out, '[');
		buf_add(out, said->calls);
		buf_add_char(out, ']');
	}
	buf_add_char(out, '}');
}

static void write_line(const struct ollama_writer *w, const struct said *said, struct buf *out)
{
	buf_add(out, buf_str(&w->head));
	write_said(w, said, out);
	js_member_bool(out, "done", false);
	buf_add(out, STR("}\n"));
}

enum { NS_PER_US = 1000 };

static void write_counts(const struct chat_usage *u, struct buf *out)
{
	js_member_i64(out, "total_duration", (u->prefill_us + u->decode_us) * NS_PER_US);
	js_member_i64(out, "load_duration", 0);
	js_member_i64(out, "prompt_eval_count", u->prompt_tokens);
	js_member_i64(out, "prompt_eval_duration", u->prefill_us * NS_PER_US);
	js_member_i64(out, "eval_count", u->answer_tokens);
	js_member_i64(out, "eval_duration", u->decode_us * NS_PER_US);
	if (u->cached_tokens)
		js_member_i64(out, "cached_tokens", u->cached_tokens);
	if (u->thinking_tokens)
		js_member_i64(out, "thinking_tokens", u->thinking_tokens);
	if (u->is_estimate)
		js_member_bool(out, "is_estimate", true);
}

static void write_stop(const struct ollama_writer *w, enum chat_stop stop, struct buf *out)
{
	struct said said = { buf_str(&w->text), buf_str(&w->think), buf_str(&w->calls) };
	if (w->text.overflow || w->think.overflow || w->calls.overflow || w->args.overflow) {
		struct err e = { 0 };
		fail(&e, ERR_TOO_BIG, LAYER_WIRE, "the answer is over the limit of %zu bytes",
			(size_t)LIMIT_ANSWER_BYTES);
		err_mend(&e, "ask for a stream");
		ollama_write_error(&e, out);
		return;
	}
	buf_add(out, buf_str(&w->head));
	write_said(w, &said, out);
	js_member_bool(out, "done", true);
	bool loads_only = w->about.request && w->about.request->loads_only;
	js_member_text(out, "done_reason", str_z(loads_only ? loaded : done_reasons[stop]));
	write_counts(&w->usage, out);
	buf_add_char(out, '}');
	if (w->about.is_stream)
		buf_add_char(out, '\n');
}

static void write_words(struct ollama_writer *w, const struct chat_event *event, struct buf *out)
{
	bool is_thought = event->type == CHAT_THINK;
	if (is_thought && w->about.hides_thoughts)
		return;
	if (w->about.is_stream)
		write_line(w,
			&(struct said){ .text = is_thought ? STR("") : event->text,
				.think = is_thought ? event->text : STR("") },
			out);
	else
		buf_add(is_thought ? &w->think : &w->text, event->text);
}

static void begin_call(struct ollama_writer *w, const struct chat_event *event)
{
	buf_reset(&w->call);
	buf_reset(&w->args);
	buf_add_char(&w->call, '{');
	js_member_text(&w->call, "id", event->id);
	js_member(&w->call, "function");
	buf_add_char(&w->call, '{');
	js_member_i64(&w->call, "index", w->call_count++);
	js_member_text(&w->call, "name", event->text);
	js_member(&w->call, "arguments");
}

static void end_call(struct ollama_writer *w, struct buf *out)
{
	buf_add(&w->call, buf_str(&w->args));
	buf_add(&w->call, STR("}}"));
	if (w->about.is_stream) {
		write_line(w, &(struct said){ .calls = buf_str(&w->call) }, out);
		return;
	}
	js_next(&w->calls);
	buf_add(&w->calls, buf_str(&w->call));
}

void ollama_write(struct dialect_writer *base, const struct chat_event *event, struct buf *out)
{
	struct ollama_writer *w = own_writer(base);
	if (w->is_over)
		return;
	switch (event->type) {
	case CHAT_TEXT:
	case CHAT_THINK: write_words(w, event, out); break;
	case CHAT_TOOL_BEGIN: begin_call(w, event); break;
	case CHAT_TOOL_ARGS: buf_add(&w->args, event->text); break;
	case CHAT_TOOL_END: end_call(w, out); break;
	case CHAT_USAGE: w->usage = event->usage; break;
	case CHAT_ALIVE:
		if (w->about.is_stream)
			write_line(w, &(struct said){ .text = STR("") }, out);
		break;
	case CHAT_STOP:
		w->is_over = true;
		write_stop(w, event->stop, out);
		break;
	case CHAT_FAIL:
		w->is_over = true;
		ollama_write_error(event->err, out);
		if (w->about.is_stream)
			buf_add_char(out, '\n');
		break;
	case CHAT_SEAL:
	case CHAT_LOGPROB:
	case CHAT_EVENT_TYPE_COUNT: break;
	}
}

void ollama_adopt(struct dialect_writer *base, struct str name, struct str data)
{
	struct ollama_writer *w = own_writer(base);
	(void)name;
	if (w->has_adopted)
		return;
	w->has_adopted = true;
	json_t *line = js_parse(data, LAYER_WIRE, &(struct err){ 0 });
	struct str model = js_text_of(line, "model");
	if (model.n && model.n < LIMIT_QUOTE_BYTES)
		write_head(w, model);
	json_decref(line);
}

/* ---- reading ---- */

struct ollama_reader {
	struct gather gather;
	int64_t calls;
};

static struct ollama_reader *own_reader(struct dialect_reader *rd)
{
	return (struct ollama_reader *)rd;
}

struct dialect_reader *ollama_reader_new(struct chat_sink sink)
{
	struct ollama_reader *rd = must_calloc(1, sizeof *rd);
	gather_init(&rd->gather, &dialect_ollama, sink);
	return &rd->gather.base;
}

void ollama_reader_free(struct dialect_reader *base)
{
	if (!base)
		return;
	gather_clear(&own_reader(base)->gather);
	free(base);
}

static bool read_calls(struct ollama_reader *rd, const struct js_at *message, struct err *e)
{
	struct js_at calls = js_key(message, "tool_calls");
	for (size_t i = 0; i < json_array_size(calls.value); i++) {
		struct js_at call = js_item(&calls, i), function = js_key(&call, "function");
		struct gather_call piece = { .index = rd->calls++,
			.id = js_text_at(&call, "id"),
			.name = js_text_at(&function, "name"),
			.args = js_key(&function, "arguments") };
		if (!gather_call(&rd->gather, &piece, e) ||
			!gather_call_over(&rd->gather, piece.index, e))
			return false;
	}
	return true;
}

static bool read_words(struct ollama_reader *rd, const struct js_at *line, struct err *e)
{
	struct js_at message = js_key(line, "message");
	const struct js_at *said = js_has(&message) ? &message : line;
	return gather_words(&rd->gather, CHAT_THINK, js_text_at(said, "thinking"), e) &&
	       gather_words(&rd->gather, CHAT_TEXT,
		       js_text_at(said, js_has(&message) ? "content" : "response"), e) &&
	       read_calls(rd, said, e);
}

static void read_counts(struct ollama_reader *rd, const struct js_at *line)
{
	struct js_at counted = js_key(line, "eval_count"), estimate = js_key(line, "is_estimate");
	struct chat_usage *u = &rd->gather.usage;
	if (!json_is_integer(counted.value))
		return;
	rd->gather.has_usage = true;
	u->prompt_tokens = gather_count(line, "prompt_eval_count");
	u->answer_tokens = gather_count(line, "eval_count");
	u->cached_tokens = gather_count(line, "cached_tokens");
	u->thinking_tokens = gather_count(line, "thinking_tokens");
	u->prefill_us = gather_count(line, "prompt_eval_duration") / NS_PER_US;
	u->decode_us = gather_count(line, "eval_duration") / NS_PER_US;
	u->is_estimate = json_is_true(estimate.value);
}

static bool read_done(struct ollama_reader *rd, const struct js_at *line, struct err *e)
{
	struct js_at done = js_key(line, "done");
	struct str reason = js_text_at(line, "done_reason");
	enum chat_stop stop = rd->calls ? CHAT_STOP_CALLS : CHAT_STOP_END;
	if (!json_is_true(done.value))
		return true;
	if (str_eq_z(reason, done_reasons[CHAT_STOP_LENGTH]))
		stop = CHAT_STOP_LENGTH;
	if (str_eq_z(reason, done_reasons[CHAT_STOP_FILTER]))
		stop = CHAT_STOP_FILTER;
	if (str_eq_z(reason, loaded))
		rd->gather.has_words = true; /* that it is empty is no fault */
	read_counts(rd, line);
	if (!gather_finish(&rd->gather, stop, STR(""), e))
		return false;
	gather_done(&rd->gather);
	return true;
}

static bool read_line(struct ollama_reader *rd, const json_t *value, struct err *e)
{
	struct js_at line = js_root(value, LAYER_WIRE), error = js_key(&line, "error");
	if (!js_get_object(&line, e))
		return err_context(e, "the upstream's answer");
	if (js_has(&error))
		return ollama_read_error_value(0, value, e);
	rd->gather.has_told = false;
	if (!read_words(rd, &line, e) || !read_done(rd, &line, e))
		return err_context(e, "the upstream's answer");
	if (!rd->gather.has_told && !rd->gather.has_finish)
		chat_send_alive(rd->gather.sink, 0, 0);
	return true;
}

static bool read_text(struct ollama_reader *rd, struct str text)
{
	struct err e = { 0 };
	json_t *value = gather_parse(&rd->gather, text, &e);
	bool ok = value && read_line(rd, value, &e);
	if (!ok)
		gather_fail(&rd->gather, &e);
	json_decref(value);
	return ok;
}

void ollama_read_piece(struct dialect_reader *base, struct str name, struct str data)
{
	(void)name;
	if (!own_reader(base)->gather.is_over && str_trim(data).n)
		read_text(own_reader(base), data);
}

void ollama_read_document(struct dialect_reader *base, struct str body)
{
	if (!own_reader(base)->gather.is_over && read_text(own_reader(base), body))
		gather_end(&own_reader(base)->gather, NULL);
}

void ollama_read_end(struct dialect_reader *base, const struct err *why)
{
	gather_end(&own_reader(base)->gather, why);
}

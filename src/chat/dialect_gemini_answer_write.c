/*
 * dialect_gemini_answer_write.c - events become a generateContent answer: chunks of a stream, or
 * the whole document.
 *
 * Kept for every client: arguments are an object, so a call is one part, told when it is complete
 * (one that was cut is none); the finish reason is STOP with a call as without; a seal stands at
 * the part that follows its thought. Usage stands in the last chunk.
 *
 * Layer: wire.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/dialect_gemini.h"
#include "chat/seal.h"

struct gemini_writer {
	struct dialect_writer base;
	struct dialect_answer about;
	struct chat_usage usage;
	bool has_usage, is_over;
	bool has_adopted; /* an upstream's names: */
	struct buf id, model;
	struct buf call; /* the part of the call that is open, up to its arguments; then they */
	struct buf args;
	struct buf seal;           /* waits for the next part */
	struct buf parts;          /* in a whole answer: all of them */
	struct buf words;          /* in a whole answer: text or thought that may still grow */
	enum chat_event_type open; /* what `words` is */
};

const char *const gemini_finish_reasons[] = {
	[CHAT_STOP_END] = "STOP",
	[CHAT_STOP_CALLS] = "STOP",
	[CHAT_STOP_LENGTH] = "MAX_TOKENS",
	[CHAT_STOP_FILTER] = "SAFETY",
};

_Static_assert(sizeof gemini_finish_reasons / sizeof gemini_finish_reasons[0] == CHAT_STOP_COUNT,
	"a reason for every stop");

static struct gemini_writer *own(struct dialect_writer *w)
{
	return (struct gemini_writer *)w;
}

struct dialect_writer *gemini_writer_new(const struct dialect_answer *about)
{
	struct gemini_writer *w = must_calloc(1, sizeof *w);
	w->base.dialect = &dialect_gemini;
	w->about = *about;
	buf_init(&w->id, LIMIT_QUOTE_BYTES);
	buf_init(&w->model, LIMIT_QUOTE_BYTES);
	buf_init(&w->call, LIMIT_ANSWER_BYTES);
	buf_init(&w->args, LIMIT_ANSWER_BYTES);
	buf_init(&w->seal, LIMIT_ANSWER_BYTES);
	buf_init(&w->parts, LIMIT_ANSWER_BYTES * 2);
	buf_init(&w->words, LIMIT_ANSWER_BYTES);
	return &w->base;
}

void gemini_writer_free(struct dialect_writer *w)
{
	if (!w)
		return;
	buf_clear(&own(w)->id);
	buf_clear(&own(w)->model);
	buf_clear(&own(w)->call);
	buf_clear(&own(w)->args);
	buf_clear(&own(w)->seal);
	buf_clear(&own(w)->parts);
	buf_clear(&own(w)->words);
	free(w);
}

/* ---- the document around the parts ---- */

/* Here thoughts do not count among the answer's tokens. */
static void write_usage(const struct chat_usage *u, struct buf *out)
{
	js_member(out, "usageMetadata");
	buf_add_char(out, '{');
	js_member_i64(out, "promptTokenCount", u->prompt_tokens);
	js_member_i64(out, "candidatesTokenCount", u->answer_tokens - u->thinking_tokens);
	js_member_i64(out, "totalTokenCount", u->prompt_tokens + u->answer_tokens);
	if (u->cached_tokens)
		js_member_i64(out, "cachedContentTokenCount", u->cached_tokens);
	if (u->thinking_tokens)
		js_member_i64(out, "thoughtsTokenCount", u->thinking_tokens);
	if (u->is_estimate)
		js_member_bool(out, "isEstimate", true);
	buf_add_char(out, '}');
}

static void begin_document(const struct gemini_writer *w, struct buf *out)
{
	if (w->about.is_stream)
		buf_add(out, STR("data: "));
	buf_add(out, STR("{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":["));
}

/* `finish` is NULL while there is more to come. */
static void end_document(const struct gemini_writer *w, const char *finish, struct buf *out)
{
	buf_add(out, STR("]}"));
	if (finish)
		js_member_text(out, "finishReason", str_z(finish));
	buf_add(out, STR(",\"index\":0}]"));
	if (finish && w->has_usage)
		write_usage(&w->usage, out);
	js_member_text(out, "modelVersion", w->about.model);
	js_member_text(out, "responseId", w->about.id);
	buf_add_char(out, '}');
	if (w->about.is_stream)
		buf_add(out, STR("\n\n"));
}

/* ---- parts ---- */

static void end_part(struct gemini_writer *w, struct buf *out)
{
	if (w->seal.n)
		js_member_text(out, "thoughtSignature", buf_str(&w->seal));
	buf_reset(&w->seal);
	buf_add_char(out, '}');
}

/* Opens a chunk around one part, or goes on in the list of the document. */
static struct buf *begin_part(struct gemini_writer *w, struct buf *out)
{
	struct buf *to = w->about.is_stream ? out : &w->parts;
	if (w->about.is_stream)
		begin_document(w, out);
	else
		js_next(to);
	buf_add_char(to, '{');
	return to;
}

static void close_part(struct gemini_writer *w, struct buf *to, struct buf *out)
{
	end_part(w, to);
	if (w->about.is_stream)
		end_document(w, NULL, out);
}

static void write_words(
	struct gemini_writer *w, enum chat_event_type type, struct str text, struct buf *out)
{
	struct buf *to = begin_part(w, out);
	js_member_text(to, "text", text);
	if (type == CHAT_THINK)
		js_member_bool(to, "thought", true);
	close_part(w, to, out);
}

/* In a whole answer what was said in pieces is one part. */
static void flush(struct gemini_writer *w, struct buf *out)
{
	if (w->words.n)
		write_words(w, w->open, buf_str(&w->words), out);
	buf_reset(&w->words);
}

static void take_words(struct gemini_writer *w, const struct chat_event *event, struct buf *out)
{
	if (event->type == CHAT_THINK && w->about.hides_thoughts)
		return;
	if (event->type == CHAT_THINK && w->seal.n) /* it is not this thought's */
		write_words(w, CHAT_TEXT, STR(""), out);
	if (w->about.is_stream) {
		write_words(w, event->type, event->text, out);
		return;
	}
	if (w->open != event->type)
		flush(w, out);
	w->open = event->type;
	buf_add(&w->words, event->text);
}

/* The seal of the thought just told stands at a thought without text; one that stands alone at the
 * part behind it, where this API has them, and of two in a row the first gets an empty text. */
static void take_seal(struct gemini_writer *w, const struct chat_event *event, struct buf *out)
{
	if (w->about.hides_thoughts)
		return;
	flush(w, out);
	if (w->seal.n)
		write_words(w, CHAT_TEXT, STR(""), out);
	seal_write(event->origin, event->text, &w->seal);
	if (!event->stands_alone)
		write_words(w, CHAT_THINK, STR(""), out);
}

static void begin_call(struct gemini_writer *w, const struct chat_event *event, struct buf *out)
{
	flush(w, out);
	buf_reset(&w->args);
	buf_reset(&w->call);
	buf_add_char(&w->call, '{');
	js_member_text(&w->call, "id", event->id);
	js_member_text(&w->call, "name", event->text);
	js_member(&w->call, "args");
}

static void end_call(struct gemini_writer *w, struct buf *out)
{
	struct buf *to = begin_part(w, out);
	js_member(to, "functionCall");
	buf_add(to, buf_str(&w->call));
	buf_add(to, buf_str(&w->args));
	buf_add_char(to, '}');
	close_part(w, to, out);
}

/* ---- after an upstream of this dialect ---- */

static void adopt_text(const json_t *chunk, const char *member, struct buf *own, struct str *to)
{
	if (!own->n && js_text_of(chunk, member).n && buf_add(own, js_text_of(chunk, member)))
		*to = buf_str(own);
}

void gemini_adopt(struct dialect_writer *base, struct str name, struct str data)
{
	struct gemini_writer *w = own(base);
	(void)name;
	if (w->has_adopted)
		return;
	json_t *chunk = js_parse(data, LAYER_WIRE, &(struct err){ 0 });
	w->has_adopted = true;
	adopt_text(chunk, "responseId", &w->id, &w->about.id);
	adopt_text(chunk, "modelVersion", &w->model, &w->about.model);
	json_decref(chunk);
}

/* ---- the end ---- */

static void write_stop(struct gemini_writer *w, enum chat_stop stop, struct buf *out)
{
	flush(w, out);
	if (w->seal.n)
		write_words(w, CHAT_TEXT, STR(""), out);
	bool is_whole = !w->parts.overflow && !w->words.overflow && !w->args.overflow;
	if (!w->about.is_stream && !is_whole) {
		struct err e = { 0 };
		fail(&e, ERR_TOO_BIG, LAYER_WIRE, "the answer is over the limit of %zu bytes",
			(size_t)LIMIT_ANSWER_BYTES);
		err_mend(&e, "ask for a stream");
		gemini_write_error(&e, out);
		return;
	}
	begin_document(w, out);
	if (!w->about.is_stream)
		buf_add(out, buf_str(&w->parts));
	else
		buf_add(out, STR("{\"text\":\"\"}"));
	end_document(w, gemini_finish_reasons[stop], out);
}

static void write_fail(const struct gemini_writer *w, const struct err *e, struct buf *out)
{
	if (w->about.is_stream)
		buf_add(out, STR("data: "));
	gemini_write_error(e, out);
	if (w->about.is_stream)
		buf_add(out, STR("\n\n"));
}

void gemini_write(struct dialect_writer *base, const struct chat_event *event, struct buf *out)
{
	struct gemini_writer *w = own(base);
	if (w->is_over)
		return;
	switch (event->type) {
	case CHAT_TEXT:
	case CHAT_THINK: take_words(w, event, out); break;
	case CHAT_SEAL: take_seal(w, event, out); break;
	case CHAT_TOOL_BEGIN: begin_call(w, event, out); break;
	case CHAT_TOOL_ARGS: buf_add(&w->args, event->text); break;
	case CHAT_TOOL_END: end_call(w, out); break;
	case CHAT_USAGE:
		w->usage = event->usage;
		w->has_usage = true;
		break;
	case CHAT_ALIVE:
		if (w->about.is_stream) {
			begin_document(w, out);
			buf_add(out, STR("{\"text\":\"\"}"));
			end_document(w, NULL, out);
		}
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

/*
 * dialect_openai_text_answer.c - events become the answer of the older POST /completions: chunks of
 * a stream, or the whole document.
 *
 * Each prompt of the request is one choice; their answers come one after the other, each ended by a
 * STOP of its own, and the last STOP ends the whole. What the API has no word for (thoughts, calls)
 * is left out. Log probabilities are four lists beside each other, as the reference has them:
 * tokens, their probabilities, the likeliest at each place, and where in the text each begins.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "chat/dialect_openai.h"

#define LOGPROB_LEAST (-9999.0)

struct openai_text_writer {
	const struct dialect_answer *about;
	const struct chat_request *prompt; /* that is being answered; NULL: not known */
	size_t index;                      /* its number */
	struct chat_usage usage;           /* of all */
	bool has_usage;
	bool has_begun; /* its echo was told */
	struct buf text;
	struct buf choices; /* JSON of those that are complete */
	/* Log probabilities: elements of the four lists. */
	struct buf tokens, taken, top, offsets;
	size_t chars; /* of the text so far */
};

static struct buf *logprob_lists(struct openai_text_writer *w, size_t i)
{
	struct buf *const lists[] = { &w->tokens, &w->taken, &w->top, &w->offsets };
	return i < sizeof lists / sizeof lists[0] ? lists[i] : NULL;
}

struct openai_text_writer *openai_text_writer_new(const struct dialect_answer *about)
{
	struct openai_text_writer *w = must_calloc(1, sizeof *w);
	w->about = about;
	w->prompt = about->request;
	buf_init(&w->text, LIMIT_ANSWER_BYTES);
	buf_init(&w->choices, LIMIT_ANSWER_BYTES * 2 + LIMIT_LOGPROBS_BYTES);
	for (size_t i = 0; logprob_lists(w, i); i++)
		buf_init(logprob_lists(w, i), LIMIT_LOGPROBS_BYTES);
	return w;
}

void openai_text_writer_free(struct openai_text_writer *w)
{
	if (!w)
		return;
	buf_clear(&w->text);
	buf_clear(&w->choices);
	for (size_t i = 0; logprob_lists(w, i); i++)
		buf_clear(logprob_lists(w, i));
	free(w);
}

/* ---- pieces ---- */

static void write_identity(const struct openai_text_writer *w, struct buf *out)
{
	buf_add(out, STR("{\"id\":\"cmpl-"));
	buf_add(out, w->about->id);
	buf_add_char(out, '"');
	js_member_text(out, "object", STR("text_completion"));
	js_member_i64(out, "created", w->about->unix_s);
	js_member_text(out, "model", w->about->model);
	js_member(out, "choices");
	buf_add_char(out, '[');
}

/* The four lists, and none are left waiting. */
static void take_logprobs(struct openai_text_writer *w, struct buf *out)
{
	static const char *const names[] = { "tokens", "token_logprobs", "top_logprobs",
		"text_offset" };
	js_member(out, "logprobs");
	if (!w->tokens.n) {
		buf_add(out, STR("null"));
		return;
	}
	buf_add_char(out, '{');
	for (size_t i = 0; logprob_lists(w, i); i++) {
		js_member(out, names[i]);
		buf_add_char(out, '[');
		buf_add(out, buf_str(logprob_lists(w, i)));
		buf_add_char(out, ']');
		buf_reset(logprob_lists(w, i));
	}
	buf_add_char(out, '}');
}

static void write_choice(
	struct openai_text_writer *w, struct str text, const char *reason, struct buf *out)
{
	js_next(out);
	buf_add_char(out, '{');
	js_member_text(out, "text", text);
	js_member_i64(out, "index", (int64_t)w->index);
	take_logprobs(w, out);
	js_member(out, "finish_reason");
	buf_printf(out, reason ? "\"%s\"}" : "null}", reason);
}

static void write_chunk(
	struct openai_text_writer *w, struct str text, const char *reason, struct buf *out)
{
	buf_add(out, STR("data: "));
	write_identity(w, out);
	write_choice(w, text, reason, out);
	buf_add(out, STR("]}\n\n"));
}

static size_t count_chars(struct str text)
{
	size_t count = 0;
	for (size_t i = 0; i < text.n; i++)
		count += ((unsigned char)text.p[i] & 0xC0) != 0x80;
	return count;
}

static double sound(double logprob)
{
	return logprob > LOGPROB_LEAST ? logprob : LOGPROB_LEAST;
}

/* Two tokens of the same text at one place (bytes of half characters) are told once. */
static void add_top(const struct chat_logprob *p, struct buf *out)
{
	json_t *top = json_object();
	for (size_t i = 0; i < p->top_count; i++) {
		json_t *name = js_new_text(p->top[i].bytes);
		if (!json_object_get(top, json_string_value(name)))
			json_object_set_new(
				top, json_string_value(name), json_real(sound(p->top[i].logprob)));
		json_decref(name);
	}
	js_write(top, out);
	json_decref(top);
}

static void add_logprob(struct openai_text_writer *w, const struct chat_event *event)
{
	for (size_t i = 0; logprob_lists(w, i); i++)
		if (logprob_lists(w, i)->n)
			buf_add_char(logprob_lists(w, i), ',');
	js_quote(event->text, &w->tokens);
	buf_printf(&w->taken, "%.9g", sound(event->logprob.taken));
	add_top(&event->logprob, &w->top);
	buf_printf(&w->offsets, "%zu", w->chars);
	w->chars += count_chars(event->text);
}

/* ---- the answer ---- */

static void add_text(struct openai_text_writer *w, struct str text, struct buf *out)
{
	if (!text.n)
		return;
	if (w->about->is_stream)
		write_chunk(w, text, NULL, out);
	else
		buf_add(&w->text, text);
}

/* What stands before the first words of each choice. */
static void begin(struct openai_text_writer *w, struct buf *out)
{
	if (w->has_begun)
		return;
	w->has_begun = true;
	if (!w->prompt || !w->prompt->raw || !w->prompt->raw->echoes)
		return;
	w->chars = count_chars(w->prompt->raw->prompt);
	add_text(w, w->prompt->raw->prompt, out);
}

static void add_usage(struct openai_text_writer *w, const struct chat_usage *u)
{
	w->has_usage = true;
	w->usage.prompt_tokens += u->prompt_tokens;
	w->usage.cached_tokens += u->cached_tokens;
	w->usage.answer_tokens += u->answer_tokens;
	w->usage.thinking_tokens += u->thinking_tokens;
	w->usage.is_estimate = w->usage.is_estimate || u->is_estimate;
}

static void end_stream(struct openai_text_writer *w, struct buf *out)
{
	if (w->about->wants_usage && w->has_usage) {
		buf_add(out, STR("data: "));
		write_identity(w, out);
		buf_add_char(out, ']');
		openai_write_usage(&w->usage, out);
		buf_add(out, STR("}\n\n"));
	}
	buf_add(out, STR("data: [DONE]\n\n"));
}

static void end_document(struct openai_text_writer *w, struct buf *out)
{
	struct err e = { 0 };
	if (w->choices.overflow || w->text.overflow) {
		fail(&e, ERR_TOO_BIG, LAYER_WIRE, "the answer is over the limit of %zu bytes",
			(size_t)LIMIT_ANSWER_BYTES);
		err_mend(&e, "ask for a stream");
		openai_write_error(&e, out);
		return;
	}
	write_identity(w, out);
	buf_add(out, buf_str(&w->choices));
	buf_add_char(out, ']');
	if (w->has_usage)
		openai_write_usage(&w->usage, out);
	buf_add_char(out, '}');
}

/* The end of one choice; true if it was the last. */
static bool end_choice(struct openai_text_writer *w, enum chat_stop stop, struct buf *out)
{
	const char *reason = openai_finish_reasons[stop == CHAT_STOP_CALLS ? CHAT_STOP_END : stop];
	if (w->about->is_stream)
		write_chunk(w, STR(""), reason, out);
	else
		write_choice(w, buf_str(&w->text), reason, &w->choices);
	if (!w->text.overflow)
		buf_reset(&w->text);
	w->prompt = w->prompt && w->prompt->raw ? w->prompt->raw->next : NULL;
	w->has_begun = false;
	w->chars = 0;
	w->index++;
	return w->prompt == NULL;
}

static void write_fail(const struct openai_text_writer *w, const struct err *e, struct buf *out)
{
	buf_add_z(out, w->about->is_stream ? "data: " : "");
	openai_write_error(e, out);
	buf_add_z(out, w->about->is_stream ? "\n\n" : "");
}

bool openai_text_write(
	struct openai_text_writer *w, const struct chat_event *event, struct buf *out)
{
	if (event->type == CHAT_FAIL) {
		write_fail(w, event->err, out);
		return true;
	}
	if (event->type != CHAT_USAGE && (event->type != CHAT_ALIVE || w->about->is_stream))
		begin(w, out);
	switch (event->type) {
	case CHAT_TEXT: add_text(w, event->text, out); break;
	case CHAT_LOGPROB: add_logprob(w, event); break;
	case CHAT_USAGE: add_usage(w, &event->usage); break;
	case CHAT_ALIVE:
		if (w->about->is_stream)
			write_chunk(w, STR(""), NULL, out);
		break;
	case CHAT_STOP:
		if (!end_choice(w, event->stop, out))
			return false;
		if (w->about->is_stream)
			end_stream(w, out);
		else
			end_document(w, out);
		return true;
	default: break;
	}
	return false;
}

/*
 * dialect_openai_answer_read.c - an upstream's Chat Completions answer becomes events.
 *
 * A whole document is read as a stream of one chunk. What the upstream says is gathered by
 * gather.h; an end counts only if the upstream said so by a finish reason or [DONE]. Chunks that
 * differ from one another in their text only are read as JSON once, see mold.h.
 *
 * Layer: wire.
 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "chat/dialect_openai.h"
#include "chat/gather.h"
#include "chat/mold.h"

struct openai_reader {
	struct gather gather;
	struct mold mold; /* of a chunk that is nothing but text */
};

static struct gather *own(struct dialect_reader *rd)
{
	return (struct gather *)rd;
}

static struct mold *mold_of(struct dialect_reader *rd)
{
	return &((struct openai_reader *)rd)->mold;
}

struct dialect_reader *openai_reader_new(struct chat_sink sink)
{
	struct openai_reader *rd = must_calloc(1, sizeof *rd);
	gather_init(&rd->gather, &dialect_openai, sink);
	mold_init(&rd->mold);
	return &rd->gather.base;
}

void openai_reader_free(struct dialect_reader *base)
{
	if (!base)
		return;
	gather_clear(own(base));
	mold_clear(mold_of(base));
	free(base);
}

/* ---- what is said ---- */

static bool read_call(
	struct gather *g, const struct js_at *at, const struct js_at *function, struct err *e)
{
	struct js_at index_at = js_key(at, "index"), id_at = js_key(at, "id"),
		     name_at = js_key(function, "name"), args = js_key(function, "arguments");
	struct gather_call piece = { .index = GATHER_NO_INDEX, .args = args };
	if (!js_opt_i64(&index_at, &piece.index, e) || !js_opt_str(&id_at, &piece.id, e) ||
		!js_opt_str(&name_at, &piece.name, e))
		return false;
	g->base.has_forgiven |= piece.index == GATHER_NO_INDEX ||
				piece.index > (int64_t)g->slot_count ||
				json_is_object(args.value) || (piece.name.n && !piece.id.n);
	return gather_call(g, &piece, e);
}

static bool read_calls(struct gather *g, const struct js_at *message, struct err *e)
{
	struct js_at calls = js_key(message, "tool_calls"),
		     older = js_key(message, "function_call");
	size_t count = 0;
	if (js_has(&calls) && !js_get_array(&calls, &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct js_at call = js_item(&calls, i), function = js_key(&call, "function");
		if (!js_get_object(&call, e) || !read_call(g, &call, &function, e))
			return false;
	}
	return !js_has(&older) || read_call(g, &older, &older, e);
}

/* ---- words ---- */

/* Some upstreams send content as a list of parts. */
static bool read_parts(struct gather *g, const struct js_at *parts, struct err *e)
{
	for (size_t i = 0; i < json_array_size(parts->value); i++) {
		struct js_at part = js_item(parts, i), text = js_key(&part, "text"),
			     thought = js_key(&part, "thinking");
		if (json_is_string(text.value) &&
			!gather_words(g, CHAT_TEXT, js_text(text.value), e))
			return false;
		if (json_is_string(thought.value) &&
			!gather_words(g, CHAT_THINK, js_text(thought.value), e))
			return false;
	}
	return true;
}

static bool read_words(struct gather *g, const struct js_at *message, struct err *e)
{
	struct js_at thought = js_key(message, "reasoning_content"),
		     other = js_key(message, "reasoning"), content = js_key(message, "content"),
		     refusal = js_key(message, "refusal");
	struct str think = { 0 }, text = { 0 }, refused = { 0 };
	if (!js_opt_str(js_has(&thought) ? &thought : &other, &think, e) ||
		!gather_words(g, CHAT_THINK, think, e))
		return false;
	if (json_is_array(content.value)) {
		g->base.has_forgiven = true;
		return read_parts(g, &content, e);
	}
	return js_opt_str(&content, &text, e) && gather_words(g, CHAT_TEXT, text, e) &&
	       js_opt_str(&refusal, &refused, e) && gather_words(g, CHAT_TEXT, refused, e);
}

/* ---- the end ---- */

static const struct {
	const char *name;
	enum chat_stop stop;
} finish_names[] = {
	{ "stop", CHAT_STOP_END },
	{ "tool_calls", CHAT_STOP_CALLS },
	{ "function_call", CHAT_STOP_CALLS },
	{ "length", CHAT_STOP_LENGTH },
	{ "max_tokens", CHAT_STOP_LENGTH },
	{ "content_filter", CHAT_STOP_FILTER },
	{ "refusal", CHAT_STOP_FILTER },
};

static bool read_finish(struct gather *g, const struct js_at *at, struct err *e)
{
	struct str name = { 0 };
	if (!js_opt_str(at, &name, e))
		return false;
	if (!name.n)
		return true;
	if (str_eq_z(name, "error"))
		return fail(e, ERR_UPSTREAM, LAYER_WIRE,
			"the upstream ended its answer with the finish reason 'error'");
	enum chat_stop stop = CHAT_STOP_END;
	g->base.has_forgiven |= g->slot_count > 0 && !str_eq_z(name, "tool_calls") &&
				!str_eq_z(name, "length") && !str_eq_z(name, "content_filter");
	for (size_t i = 0; i < g->slot_count; i++)
		g->base.has_forgiven |= !g->slots[i].args.n;
	for (size_t i = 0; i < sizeof finish_names / sizeof finish_names[0]; i++)
		if (str_eq_z(name, finish_names[i].name))
			stop = finish_names[i].stop;
	return gather_finish(g, stop, STR(""), e);
}

/* ---- chunks ---- */

static int64_t us_at(const struct js_at *at, const char *key)
{
	struct js_at number = js_key(at, key);
	double ms = json_is_number(number.value) ? json_number_value(number.value) : 0;
	return ms > 0 && ms < 1e12 ? (int64_t)(ms * 1000 + 0.5) : 0;
}

static void read_usage(struct gather *g, const struct js_at *chunk)
{
	struct js_at usage = js_key(chunk, "usage"), timings = js_key(chunk, "timings");
	if (json_is_object(timings.value)) {
		g->usage.prefill_us = us_at(&timings, "prompt_ms");
		g->usage.decode_us = us_at(&timings, "predicted_ms");
	}
	if (!json_is_object(usage.value))
		return;
	struct js_at prompt = js_key(&usage, "prompt_tokens_details"),
		     answer = js_key(&usage, "completion_tokens_details"),
		     estimate = js_key(&usage, "is_estimate");
	g->has_usage = true;
	g->usage.prompt_tokens = gather_count(&usage, "prompt_tokens");
	g->usage.answer_tokens = gather_count(&usage, "completion_tokens");
	g->usage.cached_tokens = gather_count(&prompt, "cached_tokens");
	g->usage.thinking_tokens = gather_count(&answer, "reasoning_tokens");
	g->usage.is_estimate = json_is_true(estimate.value);
}

static bool read_choices(struct gather *g, const struct js_at *chunk, struct err *e)
{
	struct js_at choices = js_key(chunk, "choices");
	size_t count;
	if (!js_has(&choices))
		return true;
	if (!js_get_array(&choices, &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct js_at choice = js_item(&choices, i), delta = js_key(&choice, "delta"),
			     message = js_key(&choice, "message"),
			     logprobs = js_key(&choice, "logprobs"), text = js_key(&choice, "text"),
			     reason = js_key(&choice, "finish_reason");
		if (gather_count(&choice, "index") != 0)
			continue;
		const struct js_at *said = js_has(&delta) ? &delta : &message;
		if (!g->has_finish && openai_read_logprobs(&logprobs, g->sink))
			g->has_told = true;
		if (!gather_words(g, CHAT_TEXT, js_text(text.value), e) ||
			!read_words(g, said, e) || !read_calls(g, said, e) ||
			!read_finish(g, &reason, e))
			return false;
	}
	return true;
}

static void tell_alive(struct gather *g, const struct js_at *chunk)
{
	struct js_at progress = js_key(chunk, "prompt_progress");
	if (!g->has_told && !g->has_finish)
		chat_send_alive(g->sink, gather_count(&progress, "processed"),
			gather_count(&progress, "total"));
}

/* An error object may stand in an answer of status 200, as a member or as the whole chunk. */
static bool check_no_error(const struct js_at *chunk, struct err *e)
{
	struct js_at error = js_key(chunk, "error"), object = js_key(chunk, "object");
	bool is_error = json_is_string(object.value) && str_eq_z(js_text(object.value), "error");
	if (js_has(&error))
		return dialect_read_error_value((int)gather_count(&error, "code"), error.value, e);
	return !is_error ||
	       dialect_read_error_value((int)gather_count(chunk, "code"), chunk->value, e);
}

static bool read_chunk(struct gather *g, const json_t *value, struct err *e)
{
	struct js_at chunk = js_root(value, LAYER_WIRE);
	if (!js_get_object(&chunk, e))
		return err_context(e, "the upstream's answer");
	if (!check_no_error(&chunk, e))
		return false;
	g->has_told = false;
	struct js_at id = js_key(&chunk, "id");
	gather_answer_id(g, js_text(id.value));
	read_usage(g, &chunk);
	if (!read_choices(g, &chunk, e))
		return err_context(e, "the upstream's answer");
	tell_alive(g, &chunk);
	return true;
}

static bool says_nothing(const json_t *value)
{
	return json_is_null(value) || (json_is_string(value) && !json_string_length(value)) ||
	       (json_is_array(value) && !json_array_size(value));
}

/* Whether every member but those of these names says nothing. */
static bool has_only(const json_t *object, const char *const names[])
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		size_t i = 0;
		while (names[i] && strcmp(names[i], key) != 0)
			i++;
		if (!names[i] && !says_nothing(value))
			return false;
	}
	return true;
}

/* A chunk that is nothing but a piece of text, read well, becomes the mold of those that follow. */
static void learn(struct mold *m, const json_t *value, struct str document)
{
	static const char *const of_choice[] = { "index", "delta", NULL };
	static const char *const of_delta[] = { "role", "content", NULL };
	const json_t *choices = json_object_get(value, "choices");
	const json_t *choice = json_array_get(choices, 0),
		     *delta = json_object_get(choice, "delta");
	const json_t *content = json_object_get(delta, "content");
	if (json_array_size(choices) == 1 && json_is_string(content) &&
		json_string_length(content) && has_only(choice, of_choice) &&
		has_only(delta, of_delta))
		mold_learn(m, document, "\"content\"", js_text(content));
}

static bool read_text(struct dialect_reader *base, struct str text, struct err *e)
{
	struct gather *g = own(base);
	struct str words;
	if (mold_fits(mold_of(base), text, &words) && words.n)
		return gather_words(g, CHAT_TEXT, words, e) ||
		       err_context(e, "the upstream's answer");
	json_t *value = gather_parse(g, text, e);
	if (!value)
		return false;
	bool ok = read_chunk(g, value, e);
	if (ok)
		learn(mold_of(base), value, text);
	json_decref(value);
	return ok;
}

void openai_read_piece(struct dialect_reader *base, struct str name, struct str data)
{
	struct gather *g = own(base);
	struct err e = { 0 };
	if (g->is_over || !str_trim(data).n)
		return;
	if (str_eq_z(str_trim(data), "[DONE]")) {
		gather_done(g);
		return;
	}
	if (str_eq_z(name, "error"))
		dialect_read_error(0, data, &e);
	else
		read_text(base, data, &e);
	if (err_is_set(&e))
		gather_fail(g, &e);
}

void openai_read_document(struct dialect_reader *base, struct str body)
{
	struct gather *g = own(base);
	struct err e = { 0 };
	if (g->is_over)
		return;
	if (!read_text(base, body, &e))
		gather_fail(g, &e);
	else
		gather_end(g, NULL);
}

void openai_read_end(struct dialect_reader *base, const struct err *why)
{
	gather_end(own(base), why);
}

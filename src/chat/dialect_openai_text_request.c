/*
 * dialect_openai_text_request.c - requests of the older POST /completions, both ways: a text is
 * gone on with, and there is no conversation.
 *
 * A list of prompts becomes one request each, answered one after the other. What would change the
 * meaning if it were ignored is refused with its place: n and best_of over 1, and what is asked
 * about the prompt's own tokens (log probabilities together with echo).
 *
 * Layer: client (reading), wire (writing).
 */
#include "base/limits.h"
#include "chat/dialect_openai.h"
#include "chat/request_write.h"

/* What the reference takes if nothing was said. */
enum { MAX_TOKENS = 16, MOST_LOGPROBS = CHAT_TOP_LOGPROBS };

/* The part of a request that its reader fills; the caller sees it as constant. */
static struct chat_raw *raw_of(const struct chat_request *r)
{
	return (struct chat_raw *)(uintptr_t)r->raw;
}

/* ---- prompts ---- */

static bool read_tokens(const struct js_at *list, size_t count, struct arena *a,
	struct chat_raw *out, struct err *e)
{
	int32_t *tokens = arena_calloc(a, count, sizeof *tokens);
	for (size_t i = 0; i < count; i++) {
		struct js_at item = js_item(list, i);
		int64_t token = 0;
		if (!request_read_integer(&item, 0, INT32_MAX, &token, e))
			return false;
		tokens[i] = (int32_t)token;
	}
	out->tokens = tokens;
	out->token_count = count;
	return true;
}

/* A string, or the numbers of its tokens. */
static bool read_one(const struct js_at *at, struct arena *a, struct chat_raw *out, struct err *e)
{
	size_t count = 0;
	if (json_is_string(at->value)) {
		out->prompt = arena_str(a, js_text(at->value));
		return true;
	}
	if (!js_get_array(at, &count, e))
		return false;
	return count ? read_tokens(at, count, a, out, e) : js_fail(at, e, "is empty");
}

static bool read_first(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct chat_raw *raw = arena_alloc(g->r->arena, sizeof *raw);
	g->r->raw = raw;
	if (!js_has(at) || !read_one(at, g->r->arena, raw, e))
		return js_has(at) ? false
				  : js_fail(at, e, "is missing: there is nothing to go on from");
	chat_add_text(g->r, CHAT_USER, raw->prompt);
	return true;
}

/* Whether a list holds prompts, and is not one. */
static bool is_list_of_prompts(const json_t *value)
{
	const json_t *first = json_array_get(value, 0);
	return json_is_string(first) || json_is_array(first);
}

static bool read_prompt(struct request_reading *g, const struct js_at *at, struct err *e)
{
	if (!is_list_of_prompts(at->value))
		return read_first(g, at, e);
	struct js_at first = js_item(at, 0);
	size_t count = json_array_size(at->value);
	if (count > LIMIT_PROMPTS)
		return js_fail(
			at, e, "holds %zu prompts, over the limit of %d", count, LIMIT_PROMPTS);
	return read_first(g, &first, e);
}

/* The other prompts, when all else of the request is known. */
static bool add_prompts(struct chat_request *r, const json_t *doc, struct err *e)
{
	struct js_at root = js_root(doc, LAYER_CLIENT), prompts = js_key(&root, "prompt");
	struct chat_request *last = r;
	for (size_t i = 1; is_list_of_prompts(prompts.value) && i < json_array_size(prompts.value);
		i++) {
		struct js_at item = js_item(&prompts, i);
		struct chat_request *next = arena_alloc(r->arena, sizeof *next);
		struct chat_raw *raw = arena_alloc(r->arena, sizeof *raw);
		*next = *r;
		*raw = (struct chat_raw){ .suffix = r->raw->suffix,
			.has_suffix = r->raw->has_suffix,
			.echoes = r->raw->echoes };
		if (!read_one(&item, r->arena, raw, e))
			return false;
		next->raw = raw;
		next->messages = NULL;
		next->message_count = next->message_room = 0;
		next->refs = NULL; /* the first one keeps them */
		chat_add_text(next, CHAT_USER, raw->prompt);
		raw_of(last)->next = next;
		last = next;
	}
	return true;
}

/* ---- the rest ---- */

static bool read_suffix(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct str text = { 0 };
	if (!js_opt_str(at, &text, e))
		return false;
	raw_of(g->r)->suffix = arena_str(g->r->arena, text);
	raw_of(g->r)->has_suffix = js_has(at) && text.n;
	return true;
}

static bool read_echo(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return js_opt_bool(at, &raw_of(g->r)->echoes, e);
}

/* A number here, and no more than that: how many beside the one that was taken. */
static bool read_logprobs(struct request_reading *g, const struct js_at *at, struct err *e)
{
	int64_t count = CHAT_UNSET_INT;
	if (json_is_boolean(at->value))
		count = json_is_true(at->value) ? 0 : CHAT_UNSET_INT;
	else if (!request_read_integer(at, 0, MOST_LOGPROBS, &count, e))
		return false;
	g->r->sampling.top_logprobs = (int)count;
	if (count == CHAT_UNSET_INT || !raw_of(g->r)->echoes)
		return true;
	js_fail(at, e, "and echo: log probabilities of the prompt's own tokens are not known here");
	return err_mend(e, "ask for one of the two");
}

static bool read_max_tokens(struct request_reading *g, const struct js_at *at, struct err *e)
{
	g->r->sampling.max_tokens = MAX_TOKENS;
	if (json_is_integer(at->value) && json_integer_value(at->value) == -1)
		g->r->sampling.max_tokens = CHAT_UNSET_INT;
	return request_read_max_tokens(g, at, e);
}

static const struct request_member members[] = {
	{ "model", request_read_model, false },
	{ "prompt", read_prompt, false },
	{ "suffix", read_suffix, false },
	{ "echo", read_echo, false },
	{ "logprobs", read_logprobs, false },
	{ "temperature", request_read_temperature, false },
	{ "top_p", request_read_top_p, false },
	{ "min_p", request_read_min_p, false },
	{ "top_k", request_read_top_k, false },
	{ "repetition_penalty", request_read_repeat_penalty, false },
	{ "repeat_penalty", request_read_repeat_penalty, false },
	{ "presence_penalty", request_read_presence_penalty, false },
	{ "frequency_penalty", request_read_frequency_penalty, false },
	{ "logit_bias", openai_read_logit_bias, false },
	{ "seed", request_read_seed, false },
	{ "stop", request_read_stop, false },
	{ "max_tokens", read_max_tokens, false },
	{ "n", openai_read_n, false },
	{ "best_of", openai_read_n, false },
	{ "stream", request_read_stream, false },
	{ "stream_options", openai_read_stream_options, false },
	{ NULL, NULL, false },
};

struct chat_request *openai_read_text_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e)
{
	json_t *doc = request_parse(body, t, e);
	if (!doc)
		return NULL;
	struct chat_request *r =
		request_read_value(&dialect_openai, members, path, json_incref(doc), NULL, a, t, e);
	bool ok = r && add_prompts(r, doc, e);
	json_decref(doc);
	if (ok)
		return r;
	chat_request_free(r);
	return NULL;
}

/* ---- writing ---- */

static void write_prompt(const struct chat_raw *raw, struct buf *out)
{
	js_member(out, "prompt");
	if (!raw->token_count) {
		js_quote(raw->prompt, out);
		return;
	}
	buf_add_char(out, '[');
	for (size_t i = 0; i < raw->token_count; i++)
		buf_printf(out, "%s%d", i ? "," : "", raw->tokens[i]);
	buf_add_char(out, ']');
}

/* What is echoed is put before the answer here, so it is not asked for. */
void openai_write_text_request(const struct chat_request *r, struct buf *out)
{
	const struct chat_raw *raw = r->raw;
	buf_add_char(out, '{');
	js_member_text(out, "model", r->model);
	write_prompt(raw, out);
	if (raw->has_suffix)
		js_member_text(out, "suffix", raw->suffix);
	openai_write_sampling(&r->sampling, out);
	request_write_integer(out, "max_tokens", r->sampling.max_tokens);
	if (r->sampling.top_logprobs != CHAT_UNSET_INT)
		js_member_i64(out, "logprobs", r->sampling.top_logprobs);
	js_member_bool(out, "stream", true);
	js_member(out, "stream_options");
	buf_add(out, STR("{\"include_usage\":true}"));
	request_write_extra(out, r, &dialect_openai, NULL);
	buf_add_char(out, '}');
}

/*
 * dialect_openai_logprobs.c - log probabilities of tokens, as Chat Completions writes them.
 *
 * A choice has `logprobs.content`: one object a token with `token` (its text, with the sign of
 * replacement where its bytes are no whole characters), `bytes` (the bytes themselves, which are
 * what counts), `logprob`, and `top_logprobs`, the likeliest at that place. In a stream they stand
 * in the chunk of the words that the token ends in.
 *
 * They are facts beside an answer: what an upstream sends malformed there is left out, and the
 * answer goes on.
 */
#include "chat/dialect_openai.h"

/* What the reference says instead of minus infinity; JSON has no such number. */
#define LOGPROB_LEAST (-9999.0)

enum { BYTE_MAX = 255 };

/* ---- writing ---- */

static void add_token(struct str bytes, double logprob, struct buf *out)
{
	js_next(out);
	buf_add_char(out, '{');
	js_member_text(out, "token", bytes);
	js_member_double(out, "logprob", logprob > LOGPROB_LEAST ? logprob : LOGPROB_LEAST);
	js_member(out, "bytes");
	buf_add_char(out, '[');
	for (size_t i = 0; i < bytes.n; i++)
		buf_printf(out, "%s%u", i ? "," : "", (unsigned char)bytes.p[i]);
	buf_add_char(out, ']');
}

void openai_add_logprob(const struct chat_event *event, struct buf *list)
{
	const struct chat_logprob *p = &event->logprob;
	add_token(event->text, p->taken, list);
	js_member(list, "top_logprobs");
	buf_add_char(list, '[');
	for (size_t i = 0; i < p->top_count; i++) {
		add_token(p->top[i].bytes, p->top[i].logprob, list);
		buf_add_char(list, '}');
	}
	buf_add(list, STR("]}"));
}

void openai_write_logprobs(struct str list, struct buf *out)
{
	js_member(out, "logprobs");
	buf_add(out, STR("{\"content\":["));
	buf_add(out, list);
	buf_add(out, STR("],\"refusal\":null}"));
}

/* ---- reading ---- */

/* `bytes` as a list of numbers, else the text of `token`. */
static bool read_bytes(const struct js_at *at, struct arena *a, struct str *out)
{
	struct js_at bytes = js_key(at, "bytes"), token = js_key(at, "token");
	size_t count = json_array_size(bytes.value);
	if (!json_is_array(bytes.value)) {
		*out = js_text(token.value);
		return json_is_string(token.value);
	}
	char *p = arena_alloc(a, count + 1);
	for (size_t i = 0; i < count; i++) {
		const json_t *number = json_array_get(bytes.value, i);
		json_int_t byte = json_is_integer(number) ? json_integer_value(number) : -1;
		if (byte < 0 || byte > BYTE_MAX)
			return false;
		p[i] = (char)byte;
	}
	*out = str_n(p, count);
	return true;
}

/* False for what is no token with a probability. Some upstreams round to a little over 1. */
static bool read_token(const struct js_at *at, struct arena *a, struct chat_token *out)
{
	struct js_at number = js_key(at, "logprob");
	if (!json_is_number(number.value) || !read_bytes(at, a, &out->bytes))
		return false;
	double logprob = json_number_value(number.value);
	out->logprob = logprob < 0 ? logprob : 0;
	return true;
}

/* Keeps the order that event.h promises, whatever the upstream's was. */
static void sort_in(struct chat_token *list, size_t count, struct chat_token token)
{
	for (; count && list[count - 1].logprob < token.logprob; count--)
		list[count] = list[count - 1];
	list[count] = token;
}

static bool tell_token(const struct js_at *at, struct arena *a, struct chat_sink sink)
{
	struct js_at top = js_key(at, "top_logprobs");
	struct chat_token taken, other, likeliest[CHAT_TOP_LOGPROBS];
	struct chat_logprob p = { .top = likeliest };
	if (!read_token(at, a, &taken))
		return false;
	for (size_t i = 0; i < json_array_size(top.value) && p.top_count < CHAT_TOP_LOGPROBS; i++) {
		struct js_at one = js_item(&top, i);
		if (read_token(&one, a, &other))
			sort_in(likeliest, p.top_count++, other);
	}
	p.taken = taken.logprob;
	chat_send_logprob(sink, taken.bytes, &p);
	return true;
}

/* The older shape: lists beside each other, and an object of the likeliest by their text. */
static bool tell_older(const struct js_at *logprobs, size_t i, struct chat_sink sink)
{
	struct js_at tokens = js_key(logprobs, "tokens"),
		     taken = js_key(logprobs, "token_logprobs"),
		     tops = js_key(logprobs, "top_logprobs"), top = js_item(&tops, i);
	const json_t *token = json_array_get(tokens.value, i),
		     *number = json_array_get(taken.value, i);
	struct chat_token likeliest[CHAT_TOP_LOGPROBS];
	struct chat_logprob p = { .top = likeliest };
	const char *name;
	json_t *value;
	if (!json_is_string(token) || !json_is_number(number))
		return false;
	json_object_foreach((json_t *)(uintptr_t)top.value, name, value)
	{
		if (json_is_number(value) && p.top_count < CHAT_TOP_LOGPROBS)
			sort_in(likeliest, p.top_count++,
				(struct chat_token){ str_z(name), json_number_value(value) });
	}
	p.taken = json_number_value(number) < 0 ? json_number_value(number) : 0;
	chat_send_logprob(sink, js_text(token), &p);
	return true;
}

static bool read_older(const struct js_at *logprobs, struct chat_sink sink)
{
	struct js_at tokens = js_key(logprobs, "tokens");
	bool has_told = false;
	for (size_t i = 0; i < json_array_size(tokens.value); i++)
		has_told = tell_older(logprobs, i, sink) || has_told;
	return has_told;
}

bool openai_read_logprobs(const struct js_at *logprobs, struct chat_sink sink)
{
	struct js_at content =
		json_is_array(logprobs->value) ? *logprobs : js_key(logprobs, "content");
	size_t count = json_array_size(content.value);
	bool has_told = false;
	if (!count)
		return read_older(logprobs, sink);
	struct arena *a = arena_new();
	for (size_t i = 0; i < count; i++) {
		struct js_at token = js_item(&content, i);
		has_told = tell_token(&token, a, sink) || has_told;
	}
	arena_free(a);
	return has_told;
}

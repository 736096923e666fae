/*
 * check.c - the order of events; see check.h.
 *
 * Layer: parse.
 */
#include "chat/check.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"

void chat_check_init(struct chat_check *c)
{
	*c = (struct chat_check){ 0 };
	buf_init(&c->args, LIMIT_ANSWER_BYTES);
}

void chat_check_clear(struct chat_check *c)
{
	buf_clear(&c->args);
	chat_check_init(c);
}

static bool wrong(struct chat_check *c, const char *why, struct err *e)
{
	c->is_wrong = true;
	return fail(e, ERR_BROKEN, LAYER_PARSE, "events out of order: %s", why);
}

static bool check_words(struct chat_check *c, const struct chat_event *event, struct err *e)
{
	if (c->is_in_call)
		return wrong(c, "words inside a call", e);
	if (!event->text.n)
		return wrong(c, "an empty piece", e);
	return utf8_is_valid(event->text) || wrong(c, "words that are not UTF-8", e);
}

static bool check_begin(struct chat_check *c, const struct chat_event *event, struct err *e)
{
	if (c->is_in_call)
		return wrong(c, "a call inside a call", e);
	if (event->call != c->calls)
		return wrong(c, "calls are not numbered from 0", e);
	if (!event->id.n || !event->text.n)
		return wrong(c, "a call without id or name", e);
	c->is_in_call = true;
	c->calls++;
	buf_reset(&c->args);
	return true;
}

static bool check_inside(struct chat_check *c, const struct chat_event *event, struct err *e)
{
	bool is_open = c->is_in_call && event->call == c->calls - 1;
	return is_open || wrong(c, "arguments or an end outside their call", e);
}

static bool check_args(struct chat_check *c, const struct chat_event *event, struct err *e)
{
	if (!check_inside(c, event, e))
		return false;
	if (!event->text.n || !utf8_is_valid(event->text))
		return wrong(c, "an empty piece of arguments, or not UTF-8", e);
	return buf_add(&c->args, event->text) || wrong(c, "arguments over the limit", e);
}

static bool check_call_end(struct chat_check *c, const struct chat_event *event, struct err *e)
{
	if (!check_inside(c, event, e))
		return false;
	c->is_in_call = false;
	json_t *args = js_parse(buf_str(&c->args), LAYER_PARSE, NULL);
	bool is_object = json_is_object(args);
	json_decref(args);
	return is_object || wrong(c, "arguments that are no JSON object", e);
}

/* A probability is at most 1, and the likeliest come first. */
static bool check_logprob(struct chat_check *c, const struct chat_event *event, struct err *e)
{
	const struct chat_logprob *p = &event->logprob;
	bool is_sane = p->taken <= 0 && (!p->top_count || p->top[0].logprob <= 0);
	for (size_t i = 1; i < p->top_count && is_sane; i++)
		is_sane = p->top[i].logprob <= p->top[i - 1].logprob;
	if (c->has_usage)
		return wrong(c, "a token's probability after the usage", e);
	return is_sane || wrong(c, "a token's probability over 1, or the likeliest not first", e);
}

static bool check_stop(struct chat_check *c, const struct chat_event *event, struct err *e)
{
	if (c->is_in_call && event->stop != CHAT_STOP_LENGTH)
		return wrong(c, "a stop inside a call", e);
	if (event->stop == CHAT_STOP_CALLS && !c->calls)
		return wrong(c, "a stop for calls without any", e);
	c->is_over = true;
	return true;
}

bool chat_check_event(struct chat_check *c, const struct chat_event *event, struct err *e)
{
	if (c->is_over || c->is_wrong)
		return wrong(c, "something after the end", e);
	switch (event->type) {
	case CHAT_TEXT:
	case CHAT_THINK:
	case CHAT_SEAL: return check_words(c, event, e);
	case CHAT_TOOL_BEGIN: return check_begin(c, event, e);
	case CHAT_TOOL_ARGS: return check_args(c, event, e);
	case CHAT_TOOL_END: return check_call_end(c, event, e);
	case CHAT_LOGPROB: return check_logprob(c, event, e);
	case CHAT_STOP: return check_stop(c, event, e);
	case CHAT_USAGE:
		if (c->has_usage)
			return wrong(c, "usage twice", e);
		c->has_usage = true;
		return true;
	case CHAT_FAIL:
		c->is_over = true;
		return err_is_set(event->err) || wrong(c, "a failure without a cause", e);
	case CHAT_ALIVE: return true;
	case CHAT_EVENT_TYPE_COUNT: break;
	}
	return wrong(c, "an event of no type", e);
}

bool chat_check_end(struct chat_check *c, struct err *e)
{
	if (c->is_wrong)
		return false;
	return c->is_over || wrong(c, "no end", e);
}

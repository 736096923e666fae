/*
 * turn.c - see turn.h.
 */
#include "agent/turn.h"

#include "base/limits.h"
#include "base/must.h"

void turn_init(struct turn *t)
{
	*t = (struct turn){ .is_over = false };
	buf_init(&t->text, LIMIT_ANSWER_BYTES);
	buf_init(&t->thinking, LIMIT_ANSWER_BYTES);
	buf_init(&t->seal, LIMIT_ANSWER_BYTES);
	buf_init(&t->seal_origin, LIMIT_ANSWER_BYTES);
}

void turn_clear(struct turn *t)
{
	for (size_t i = 0; i < t->call_count; i++) {
		buf_clear(&t->calls[i].id);
		buf_clear(&t->calls[i].name);
		buf_clear(&t->calls[i].args);
	}
	free(t->calls);
	buf_clear(&t->text);
	buf_clear(&t->thinking);
	buf_clear(&t->seal);
	buf_clear(&t->seal_origin);
	turn_init(t);
}

static void take_seal(struct turn *t, const struct chat_event *event)
{
	t->seal_count++;
	buf_reset(&t->seal);
	buf_reset(&t->seal_origin);
	if (event->stands_alone)
		return;
	buf_add(&t->seal, event->text);
	buf_add(&t->seal_origin, event->origin);
}

static void begin_call(struct turn *t, const struct chat_event *event)
{
	if (t->call_count == LIMIT_CALLS) {
		t->has_too_many_calls = true;
		return;
	}
	t->calls = must_realloc(t->calls, (t->call_count + 1) * sizeof *t->calls);
	struct turn_call *call = &t->calls[t->call_count++];
	*call = (struct turn_call){ .is_ended = false };
	buf_init(&call->id, LIMIT_ANSWER_BYTES);
	buf_init(&call->name, LIMIT_ANSWER_BYTES);
	buf_init(&call->args, LIMIT_ANSWER_BYTES);
	buf_add(&call->id, event->id);
	buf_add(&call->name, event->text);
}

static struct turn_call *call_of(struct turn *t, const struct chat_event *event)
{
	return event->call < t->call_count ? &t->calls[event->call] : NULL;
}

void turn_take(struct turn *t, const struct chat_event *event)
{
	struct turn_call *call = call_of(t, event);
	switch (event->type) {
	case CHAT_TEXT: buf_add(&t->text, event->text); break;
	case CHAT_THINK: buf_add(&t->thinking, event->text); break;
	case CHAT_SEAL: take_seal(t, event); break;
	case CHAT_TOOL_BEGIN: begin_call(t, event); break;
	case CHAT_TOOL_ARGS:
		if (call)
			buf_add(&call->args, event->text);
		break;
	case CHAT_TOOL_END:
		if (call)
			call->is_ended = true;
		break;
	case CHAT_USAGE: t->usage = event->usage; break;
	case CHAT_STOP:
		t->stop = event->stop;
		t->is_over = true;
		break;
	case CHAT_FAIL:
		t->err = *event->err;
		t->is_over = true;
		break;
	case CHAT_ALIVE:
	case CHAT_LOGPROB:
	case CHAT_EVENT_TYPE_COUNT: break;
	}
}

bool turn_has_cut_call(const struct turn *t)
{
	for (size_t i = 0; i < t->call_count; i++)
		if (!t->calls[i].is_ended)
			return true;
	return false;
}

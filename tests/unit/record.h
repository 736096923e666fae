/*
 * record.h - a sink that writes events down as text, one a line, for comparing.
 *
 * Pieces of the same text and of the same call's arguments that follow one another become one line,
 * so that two recordings are equal exactly if a consumer could not tell them apart. Alive events
 * are counted, not written.
 */
#ifndef OFFGRID_TESTS_RECORD_H
#define OFFGRID_TESTS_RECORD_H

#include "base/buf.h"
#include "chat/event.h"

struct record {
	struct buf text;
	enum chat_event_type last;
	size_t events, alive;
	bool is_over;  /* STOP or FAIL came */
	bool is_wrong; /* something came after it */
	struct err fault;
	struct chat_usage usage;
};

enum { RECORD_MAX_BYTES = 1 << 24 };

static inline void record_init(struct record *r)
{
	*r = (struct record){ .last = CHAT_EVENT_TYPE_COUNT };
	buf_init(&r->text, RECORD_MAX_BYTES);
}

static inline void record_clear(struct record *r)
{
	buf_clear(&r->text);
}

static inline void record_take(void *owner, const struct chat_event *ev)
{
	struct record *r = owner;
	r->is_wrong = r->is_wrong || r->is_over;
	r->is_over = r->is_over || ev->type == CHAT_STOP || ev->type == CHAT_FAIL;
	if (ev->type == CHAT_ALIVE) {
		r->alive++;
		return;
	}
	r->events++;
	bool is_piece =
		ev->type == CHAT_TEXT || ev->type == CHAT_THINK || ev->type == CHAT_TOOL_ARGS;
	if (!is_piece || r->last != ev->type)
		buf_printf(&r->text, "%s%s", r->text.n ? "\n" : "", chat_event_names[ev->type]);
	if (is_piece && r->last != ev->type)
		buf_add_char(&r->text, ' ');
	r->last = ev->type;
	switch (ev->type) {
	case CHAT_TEXT:
	case CHAT_THINK:
	case CHAT_TOOL_ARGS: buf_add(&r->text, ev->text); break;
	case CHAT_SEAL:
		buf_printf(
			&r->text, " %s%.*s", ev->stands_alone ? "alone " : "", STR_ARG(ev->text));
		break;
	case CHAT_TOOL_BEGIN:
		buf_printf(&r->text, " %u %.*s %.*s", ev->call, STR_ARG(ev->id), STR_ARG(ev->text));
		break;
	case CHAT_TOOL_END: buf_printf(&r->text, " %u", ev->call); break;
	case CHAT_USAGE:
		r->usage = ev->usage;
		buf_printf(&r->text, " %lld %lld %lld %lld", (long long)ev->usage.prompt_tokens,
			(long long)ev->usage.cached_tokens, (long long)ev->usage.answer_tokens,
			(long long)ev->usage.thinking_tokens);
		break;
	case CHAT_LOGPROB:
		buf_printf(&r->text, " %.*s %g", STR_ARG(ev->text), ev->logprob.taken);
		for (size_t i = 0; i < ev->logprob.top_count; i++)
			buf_printf(&r->text, ", %.*s %g", STR_ARG(ev->logprob.top[i].bytes),
				ev->logprob.top[i].logprob);
		break;
	case CHAT_STOP:
		buf_printf(&r->text, " %s%s%.*s", chat_stop_names[ev->stop],
			ev->text.n ? " at " : "", STR_ARG(ev->text));
		break;
	case CHAT_FAIL:
		r->fault = *ev->err;
		buf_printf(&r->text, " %s %s", err_kinds[ev->err->kind].name,
			layers[ev->err->layer].name);
		break;
	case CHAT_ALIVE:
	case CHAT_EVENT_TYPE_COUNT: break;
	}
}

static inline struct chat_sink record_sink(struct record *r)
{
	return (struct chat_sink){ record_take, r };
}

#define assert_record(r, literal) assert_string_equal(buf_z(&(r)->text), literal)

#endif

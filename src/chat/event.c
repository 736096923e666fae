/*
 * event.c - the shorthands of event.h.
 */
#include "chat/event.h"

const char *const chat_event_names[] = {
	[CHAT_TEXT] = "text",
	[CHAT_THINK] = "think",
	[CHAT_SEAL] = "seal",
	[CHAT_TOOL_BEGIN] = "tool_begin",
	[CHAT_TOOL_ARGS] = "tool_args",
	[CHAT_TOOL_END] = "tool_end",
	[CHAT_USAGE] = "usage",
	[CHAT_STOP] = "stop",
	[CHAT_FAIL] = "fail",
	[CHAT_ALIVE] = "alive",
	[CHAT_LOGPROB] = "logprob",
};

_Static_assert(sizeof chat_event_names / sizeof chat_event_names[0] == CHAT_EVENT_TYPE_COUNT,
	"a name for every type");

const char *const chat_stop_names[] = {
	[CHAT_STOP_END] = "end",
	[CHAT_STOP_CALLS] = "calls",
	[CHAT_STOP_LENGTH] = "length",
	[CHAT_STOP_FILTER] = "filter",
};

_Static_assert(sizeof chat_stop_names / sizeof chat_stop_names[0] == CHAT_STOP_COUNT,
	"a name for every stop");

void chat_send(struct chat_sink sink, const struct chat_event *event)
{
	sink.take(sink.owner, event);
}

void chat_send_text(struct chat_sink sink, struct str text)
{
	if (text.n)
		chat_send(sink, &(struct chat_event){ .type = CHAT_TEXT, .text = text });
}

void chat_send_think(struct chat_sink sink, struct str text)
{
	if (text.n)
		chat_send(sink, &(struct chat_event){ .type = CHAT_THINK, .text = text });
}

void chat_send_seal(struct chat_sink sink, struct str opaque, bool stands_alone)
{
	chat_send(sink, &(struct chat_event){
				.type = CHAT_SEAL, .text = opaque, .stands_alone = stands_alone });
}

void chat_send_tool_begin(struct chat_sink sink, unsigned call, struct str id, struct str name)
{
	chat_send(sink, &(struct chat_event){
				.type = CHAT_TOOL_BEGIN, .call = call, .id = id, .text = name });
}

void chat_send_tool_args(struct chat_sink sink, unsigned call, struct str piece)
{
	if (piece.n)
		chat_send(sink, &(struct chat_event){
					.type = CHAT_TOOL_ARGS, .call = call, .text = piece });
}

void chat_send_tool_end(struct chat_sink sink, unsigned call)
{
	chat_send(sink, &(struct chat_event){ .type = CHAT_TOOL_END, .call = call });
}

void chat_send_usage(struct chat_sink sink, const struct chat_usage *usage)
{
	chat_send(sink, &(struct chat_event){ .type = CHAT_USAGE, .usage = *usage });
}

void chat_send_stop(struct chat_sink sink, enum chat_stop stop)
{
	chat_send(sink, &(struct chat_event){ .type = CHAT_STOP, .stop = stop });
}

void chat_send_fail(struct chat_sink sink, const struct err *err)
{
	chat_send(sink, &(struct chat_event){ .type = CHAT_FAIL, .err = err });
}

void chat_send_alive(struct chat_sink sink, int64_t done_tokens, int64_t prompt_tokens)
{
	struct chat_alive alive = { .prompt_tokens = prompt_tokens, .done_tokens = done_tokens };
	chat_send(sink, &(struct chat_event){ .type = CHAT_ALIVE, .alive = alive });
}

void chat_send_logprob(struct chat_sink sink, struct str token, const struct chat_logprob *logprob)
{
	chat_send(sink,
		&(struct chat_event){ .type = CHAT_LOGPROB, .text = token, .logprob = *logprob });
}

/*
 * fuzz_guard.c - an answer through the guard rails: what is told does not depend on the cuts and
 * keeps the promises of chat/event.h; an answer that needs no mending passes with every piece.
 *
 * The bits of the first byte: 1 the owner asks again, 2 text was read already, 4 the client wants a
 * stream, 8 the limit cut the answer. The rest is events, one behind each byte 0x1e, whose first
 * letter says which: T text, H thought, N the name of a call, A a piece of its arguments, E its
 * end, S a stop, F a failure of the reader.
 */
#include "fuzz.h"

#include <stdio.h>

#include "../unit/record.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "chat/check.h"
#include "chat/guard.h"

enum { ASKS = 1, READ = 2, STREAMS = 4, CUT = 8 };

struct witness {
	struct record log;
	struct chat_check check;
	struct guard *guard;
	unsigned mode, calls;
	bool in_call;
	bool is_asked; /* another answer begins: what is left of this event comes no more */
};

static void take(void *owner, const struct chat_event *event)
{
	struct witness *w = owner;
	struct err e = { 0 };
	MUST(chat_check_event(&w->check, event, &e));
	record_take(&w->log, event);
}

static bool again(void *owner, const struct guard_again *what)
{
	struct witness *w = owner;
	if (!(w->mode & ASKS))
		return false;
	buf_printf(&w->log.text, "\nagain: %s", what->about);
	w->log.last = CHAT_EVENT_TYPE_COUNT;
	w->calls = 0;
	w->in_call = false;
	w->is_asked = true;
	return true;
}

static struct chat_request *request_new(struct arena *mem, unsigned mode)
{
	struct chat_request *r = chat_request_new(mem);
	r->is_stream = (mode & STREAMS) != 0;
	chat_add_tool(r, STR("write_file"), STR(""),
		json_pack("{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}}, s:[s]}", "type", "object",
			"properties", "path", "type", "string", "mode", "type", "integer", "tags",
			"type", "array", "opts", "type", "object", "required", "path"));
	chat_add_tool(r, STR("get"), STR(""), NULL);
	return r;
}

static struct chat_sink into(struct witness *w)
{
	return (struct chat_sink){ (void (*)(void *, const struct chat_event *))guard_take,
		w->guard };
}

static void end_call(struct witness *w)
{
	if (w->in_call)
		chat_send_tool_end(into(w), w->calls - 1);
	w->in_call = false;
}

/* The maker of events keeps its promises, whatever the bytes say. */
static void send_words(struct witness *w, enum chat_event_type type, struct str text, size_t piece)
{
	w->is_asked = false;
	while (text.n && !w->is_asked) {
		size_t n = piece < text.n ? piece : text.n;
		while (n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
			n++;
		chat_send(into(w),
			&(struct chat_event){
				.type = type, .call = w->calls - 1, .text = str_sub(text, 0, n) });
		text = str_from(text, n);
	}
}

/* What readers make of control characters is for their own fuzzer. */
static bool has_control(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < 0x20 && text.p[i] != '\n')
			return true;
	return false;
}

static void send_event(struct witness *w, struct str record, size_t piece)
{
	struct err e = { 0 };
	struct str text = str_from(record, 1);
	char what = record.n ? record.p[0] : 0;
	if (!utf8_is_valid(text) || has_control(text))
		return;
	if (what == 'T' || what == 'H') {
		end_call(w);
		send_words(w, what == 'T' ? CHAT_TEXT : CHAT_THINK, text, piece);
	} else if (what == 'N' && text.n && w->calls < LIMIT_CALLS) {
		end_call(w);
		w->is_asked = false;
		w->in_call = true;
		chat_send_tool_begin(into(w), w->calls++, STR("id"), text);
	} else if (what == 'A' && w->in_call) {
		send_words(w, CHAT_TOOL_ARGS, text, piece);
	} else if (what == 'E') {
		end_call(w);
	} else if (what == 'S') {
		end_call(w);
		chat_send_stop(into(w), w->calls ? CHAT_STOP_CALLS : CHAT_STOP_END);
	} else if (what == 'F') {
		fail(&e, ERR_BAD_DATA, LAYER_PARSE, "no call");
		chat_send_fail(into(w), &e);
	}
}

static void run(const struct chat_request *r, unsigned mode, struct str events, size_t piece,
	struct witness *w)
{
	struct str record;
	*w = (struct witness){ .mode = mode };
	record_init(&w->log);
	chat_check_init(&w->check);
	w->guard = guard_new(&(struct guard_options){
		.request = r, .id_seed = 1, .sink = { take, w }, .again = again, .owner = w });
	guard_reads_text(w->guard, !(mode & READ));
	while (str_cut(&events, 0x1e, &record) && !guard_is_over(w->guard))
		send_event(w, record, piece);
	if (!guard_is_over(w->guard) && !(mode & CUT))
		end_call(w);
	for (int i = 0; i < 2 && !guard_is_over(w->guard); i++)
		chat_send_stop(into(w), mode & CUT ? CHAT_STOP_LENGTH
					: w->calls ? CHAT_STOP_CALLS
						   : CHAT_STOP_END);
	MUST(guard_is_over(w->guard) && chat_check_end(&w->check, NULL));
	guard_free(w->guard);
}

/* What was told; how much of a call had been told before a failure inside it does not count. */
static struct str told(const struct witness *w)
{
	struct str all = buf_str(&w->log.text);
	if (!err_is_set(&w->log.fault))
		return all;
	const char *from = w->check.is_in_call ? "tool_begin " : "fail ";
	return str_trim(str_sub(all, 0, str_find_last(all, str_z(from))));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const size_t pieces[] = { SIZE_MAX / 2, 1, 3 };
	struct str events = str_from(str_n((const char *)bytes, n), 1);
	unsigned mode = n ? bytes[0] : 0;
	struct arena *mem = arena_new();
	struct chat_request *r = request_new(mem, mode);
	struct witness w[3];
	for (size_t i = 0; i < 3; i++) {
		run(r, mode, events, pieces[i], &w[i]);
		bool is_same = str_eq(told(&w[i]), told(&w[0])) &&
			       w[i].log.fault.kind == w[0].log.fault.kind;
		if (!is_same)
			fprintf(stderr, "whole:\n%s\nin pieces of %zu:\n%s\n",
				buf_z(&w[0].log.text), pieces[i], buf_z(&w[i].log.text));
		MUST(is_same);
	}
	for (size_t i = 0; i < 3; i++) {
		record_clear(&w[i].log);
		chat_check_clear(&w[i].check);
	}
	chat_request_free(r);
	arena_free(mem);
	return 0;
}

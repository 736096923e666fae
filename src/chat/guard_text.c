/*
 * guard_text.c - see guard_text.h.
 *
 * Layer: parse.
 */
#include "chat/guard_text.h"

#include "base/limits.h"

/* More than this is not held for a call that may come: then it is text. */
enum { MOST_HELD_BYTES = 64 * 1024 };

void guard_text_init(struct guard_text *t, const struct chat_request *offered, uint64_t id_seed,
	struct trace *trace, struct chat_sink sink)
{
	*t = (struct guard_text){ .offered = offered,
		.trace = trace,
		.sink = sink,
		.id_seed = id_seed,
		.at_line_start = true };
	guard_pieces_init(&t->held, LIMIT_ANSWER_BYTES);
}

void guard_text_clear(struct guard_text *t)
{
	guard_pieces_clear(&t->held);
	tool_reader_free(t->reader);
	t->reader = NULL;
}

void guard_text_again(struct guard_text *t)
{
	guard_text_clear(t);
	guard_text_init(t, t->offered, t->id_seed + 1, t->trace, t->sink);
}

static struct str held(const struct guard_text *t)
{
	return buf_str(&t->held.text);
}

/* ---- passing on ---- */

static void say(struct guard_text *t, struct str piece)
{
	chat_send_text(t->sink, piece);
	t->has_said = t->has_said || str_trim(piece).n;
}

/* Whether a line begins behind this text, blanks aside. */
static bool ends_in_line_start(struct str text, bool began_one)
{
	size_t line = str_find_last(text, STR("\n"));
	bool is_line = line != SIZE_MAX || began_one;
	return is_line && !str_trim(str_from(text, line == SIZE_MAX ? 0 : line + 1)).n;
}

/* Lets pieces go that end at or before `limit`, and forgets them when nothing is left. */
static void let_go(struct guard_text *t, size_t limit)
{
	struct str piece;
	while (guard_pieces_next(&t->held, limit, &piece))
		say(t, piece);
	if (t->held.told < t->held.count)
		return;
	t->at_line_start = ends_in_line_start(held(t), t->at_line_start);
	guard_pieces_reset(&t->held);
	t->scanned = 0;
}

/* ---- a reader at work ---- */

/* The call has begun: what stands before it goes out, blanks and all, since some of them may have
 * gone out before. */
static void commit(struct guard_text *t)
{
	size_t told = guard_pieces_told_bytes(&t->held);
	t->state = GUARD_TEXT_READING;
	if (t->scanned > told)
		say(t, str_sub(held(t), told, t->scanned));
	trace_note(t->trace, LAYER_PARSE, "mended",
		"a call delivered as text was taken as a call (%s)", t->mark.row->name);
}

/* The reader's first event decides. */
static void take_read(void *owner, const struct chat_event *event)
{
	struct guard_text *t = owner;
	if (t->state == GUARD_TEXT_TRYING && event->type == CHAT_TOOL_BEGIN && !t->is_refuted)
		commit(t);
	if (t->state != GUARD_TEXT_READING) {
		t->is_refuted = true;
		return;
	}
	chat_send(t->sink, event);
}

static void drop_reader(struct guard_text *t)
{
	tool_reader_free(t->reader);
	t->reader = NULL;
	t->is_refuted = false;
}

static void open_reader(struct guard_text *t)
{
	t->state = GUARD_TEXT_TRYING;
	t->fed = t->scanned + t->mark.skip;
	t->reader = tool_reader_new(t->mark.row, t->offered, t->id_seed++, TOOL_READ_WORDS,
		t->trace, (struct chat_sink){ take_read, t });
}

/* It was no call: its first byte is text, and what follows is looked at anew. */
static void refute(struct guard_text *t)
{
	drop_reader(t);
	t->state = GUARD_TEXT_PASSING;
	t->scanned++;
}

/* Gives the reader what it has not. False: the call that has begun cannot be read. */
static bool feed(struct guard_text *t, struct err *e)
{
	struct err why = { 0 };
	struct str more = str_from(held(t), t->fed);
	t->fed = t->held.text.n;
	bool ok = tool_reader_feed(t->reader, more, &why);
	if (t->state == GUARD_TEXT_READING) {
		guard_pieces_reset(&t->held);
		t->scanned = t->fed = 0;
		if (!ok && e)
			*e = why;
		return ok;
	}
	if (!ok || t->is_refuted || t->held.text.n - t->scanned > MOST_HELD_BYTES)
		refute(t);
	return true;
}

/* ---- calls without marks ---- */

/* Follows the brackets of the object. */
static void walk(struct guard_text *t)
{
	struct str s = held(t);
	for (; t->walked < s.n && !t->is_closed; t->walked++) {
		char c = s.p[t->walked];
		if (t->is_escaped)
			t->is_escaped = false;
		else if (t->in_string && c == '\\')
			t->is_escaped = true;
		else if (c == '"')
			t->in_string = !t->in_string;
		else if (!t->in_string && (c == '{' || c == '['))
			t->depth++;
		else if (!t->in_string && (c == '}' || c == ']') && t->depth)
			t->is_closed = --t->depth == 0;
	}
}

/* What stands behind the object, but for the end of a fence. */
static struct str behind(const struct guard_text *t)
{
	struct str s = str_trim(str_from(held(t), t->walked));
	while (s.n && s.p[0] == '`')
		s = str_from(s, 1);
	return str_trim(s);
}

static void begin_waiting(struct guard_text *t)
{
	t->state = GUARD_TEXT_WAITING;
	t->walked = t->scanned;
	t->depth = 0;
	t->in_string = t->is_escaped = t->is_closed = false;
}

/* True if something was decided. */
static bool run_waiting(struct guard_text *t, bool is_end)
{
	walk(t);
	bool has_more = t->is_closed && behind(t).n;
	bool is_too_long = t->held.text.n - t->scanned > MOST_HELD_BYTES;
	if (!is_end && !has_more && !is_too_long)
		return false;
	bool is_call = t->is_closed && (!has_more || t->is_front);
	if (is_call)
		open_reader(t);
	else
		refute(t);
	return true;
}

/* ---- passing ---- */

static enum guard_place place_of(const struct guard_text *t, size_t at)
{
	struct str before = str_sub(held(t), 0, at);
	if (!t->has_said && !str_trim(before).n)
		return GUARD_PLACE_FRONT;
	return ends_in_line_start(before, t->at_line_start) ? GUARD_PLACE_LINE : GUARD_PLACE_INSIDE;
}

/* True if something was decided: look again. */
static bool run_passing(struct guard_text *t)
{
	struct str s = held(t);
	t->mark = (struct guard_mark){ .look = GUARD_LOOK_NO };
	for (; t->scanned < s.n; t->scanned++) {
		char c = s.p[t->scanned];
		if (!guard_mark_begins(c, GUARD_PLACE_LINE))
			continue;
		enum guard_place place = place_of(t, t->scanned);
		t->is_front = place == GUARD_PLACE_FRONT;
		t->mark = guard_mark_at(str_from(s, t->scanned), place, t->offered);
		if (t->mark.look != GUARD_LOOK_NO)
			break;
	}
	let_go(t, t->scanned);
	if (t->mark.look == GUARD_LOOK_CALL)
		open_reader(t);
	else if (t->mark.look == GUARD_LOOK_BARE)
		begin_waiting(t);
	return t->mark.look >= GUARD_LOOK_CALL;
}

static bool run(struct guard_text *t, struct err *e)
{
	bool goes_on = true;
	while (goes_on)
		switch (t->state) {
		case GUARD_TEXT_PASSING: goes_on = run_passing(t); break;
		case GUARD_TEXT_WAITING: goes_on = run_waiting(t, false); break;
		case GUARD_TEXT_TRYING:
		case GUARD_TEXT_READING:
			if (!feed(t, e))
				return false;
			goes_on = t->state == GUARD_TEXT_PASSING;
			break;
		}
	return true;
}

bool guard_text_take(struct guard_text *t, struct str piece, struct err *e)
{
	if (t->state == GUARD_TEXT_READING)
		return tool_reader_feed(t->reader, piece, e);
	guard_pieces_add(&t->held, piece);
	return run(t, e);
}

/* The answer is over while a reader tries: true if it was a call, which `ok` says is sound. */
static bool end_trying(struct guard_text *t, bool is_cut, bool *ok, struct err *e)
{
	struct err why = { 0 };
	*ok = tool_reader_end(t->reader, is_cut, &why);
	if (t->state == GUARD_TEXT_TRYING) {
		refute(t);
		return false;
	}
	guard_pieces_reset(&t->held);
	if (!*ok && e)
		*e = why;
	return true;
}

bool guard_text_end(struct guard_text *t, bool is_cut, struct err *e)
{
	bool ok;
	for (;;) {
		if (t->state == GUARD_TEXT_READING)
			return tool_reader_end(t->reader, is_cut, e);
		if (t->state == GUARD_TEXT_TRYING) {
			if (end_trying(t, is_cut, &ok, e))
				return ok;
		} else if (t->state == GUARD_TEXT_WAITING) {
			run_waiting(t, true);
		} else if (!t->held.count) {
			return true;
		} else {
			t->scanned++; /* what may have begun a mark did not */
		}
		if (!run(t, e))
			return false;
	}
}

bool guard_text_find_last(struct guard_text *t, struct str text)
{
	size_t at = guard_mark_last(text, t->offered);
	if (at == SIZE_MAX)
		return false;
	guard_text_again(t);
	t->has_said = true;
	guard_pieces_add(&t->held, str_from(text, at));
	t->mark = guard_mark_at(held(t), GUARD_PLACE_INSIDE, t->offered);
	open_reader(t);
	struct err e = { 0 };
	bool ok = feed(t, &e) && t->state == GUARD_TEXT_READING &&
		  tool_reader_end(t->reader, false, &e);
	return ok;
}

/*
 * tool_reader_bare.c - calls without marks: an object at the front of the answer or of a line, and
 * fences that hold nothing but calls; see tool_reader_int.h.
 *
 * Both are held back whole, read on trial, and sent on as text if they turn out to be something
 * else. Once an object names a tool that was offered and its arguments have begun, it is a call for
 * certain and goes out as it comes.
 *
 * Layer: parse.
 */
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/tool_reader_int.h"

enum { FENCE_TICKS = 3, FENCE_LINE_BYTES = 40, BLANKS_MAX = 64 };

static const char fence[] = "```";

/* Models that were taught LM Studio's form were seen to put the name between its brackets. */
static const struct tool_format bracketed = {
	.name = "bracketed",
	.mark_close = "[END_TOOL_REQUEST]",
	.call_open = "[",
	.before_args = "]",
	.call_close = "[END_TOOL_REQUEST]",
};

/* ---- what they look like ---- */

/* A key that only calls begin with, in quotes of either kind, and its colon. */
static enum likeness take_first_key(struct str s)
{
	static const char *const keys[] = { "name", "function", "tool_name", "tool", "tool_calls" };
	enum likeness like = LIKE_NOTHING;
	if (!s.n)
		return LIKE_BEGINNING;
	if (s.p[0] != '"' && s.p[0] != '\'')
		return LIKE_NOTHING;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct str key = str_z(keys[i]), rest = str_from(s, 1);
		if (rest.n < key.n) {
			like = str_starts(key, rest) ? LIKE_BEGINNING : like;
			continue;
		}
		if (!str_starts(rest, key))
			continue;
		rest = str_from(rest, key.n);
		if (!rest.n)
			return LIKE_BEGINNING;
		if (rest.p[0] != s.p[0])
			continue;
		rest = str_trim_left(str_from(rest, 1));
		return !rest.n ? LIKE_BEGINNING : rest.p[0] == ':' ? LIKE_WHOLE : LIKE_NOTHING;
	}
	return like;
}

enum likeness tool_reader_bare_likeness(struct str s)
{
	size_t n = s.n;
	if (str_starts(s, STR("[")))
		s = str_trim_left(str_from(s, 1));
	if (!s.n)
		return n < BLANKS_MAX ? LIKE_BEGINNING : LIKE_NOTHING;
	if (s.p[0] != '{')
		return LIKE_NOTHING;
	s = str_trim_left(str_from(s, 1));
	if (!s.n)
		return n < BLANKS_MAX ? LIKE_BEGINNING : LIKE_NOTHING;
	return take_first_key(s);
}

enum likeness tool_reader_bracket_likeness(const struct tool_reader *r, struct str s)
{
	if (!r->offered || !str_starts(s, STR("[")))
		return LIKE_NOTHING;
	s = str_from(s, 1);
	size_t n = tool_name_bytes(s);
	if (n == s.n)
		return n < BLANKS_MAX ? LIKE_BEGINNING : LIKE_NOTHING;
	if (s.p[n] != ']' || !chat_find_tool(r->offered, str_sub(s, 0, n)))
		return LIKE_NOTHING;
	s = str_from(s, n + 1);
	size_t blanks = tool_blanks(s);
	if (blanks == s.n)
		return blanks < BLANKS_MAX ? LIKE_BEGINNING : LIKE_NOTHING;
	return s.p[blanks] == '{' ? LIKE_WHOLE : LIKE_NOTHING;
}

enum likeness tool_reader_take_fence(struct str *s)
{
	if (!str_starts(*s, str_z(fence)))
		return LIKE_WHOLE;
	size_t line = str_find_char(str_sub(*s, 0, FENCE_LINE_BYTES), '\n');
	if (line == SIZE_MAX)
		return s->n < FENCE_LINE_BYTES ? LIKE_BEGINNING : LIKE_NOTHING;
	*s = str_from(*s, line);
	return LIKE_WHOLE;
}

enum likeness tool_reader_fence_likeness(const struct tool_reader *r, struct str s)
{
	const struct tool_mark *mark;
	if (s.n < FENCE_TICKS)
		return str_starts(str_z(fence), s) ? LIKE_BEGINNING : LIKE_NOTHING;
	if (!str_starts(s, str_z(fence)))
		return LIKE_NOTHING;
	enum likeness like = tool_reader_take_fence(&s);
	if (like != LIKE_WHOLE)
		return like;
	size_t blanks = tool_blanks(s);
	s = str_from(s, blanks);
	if (!s.n)
		return blanks < BLANKS_MAX ? LIKE_BEGINNING : LIKE_NOTHING;
	like = tool_reader_bare_likeness(s);
	if (like != LIKE_NOTHING)
		return like;
	like = tool_marks_at(&r->marks, s, &mark);
	return like == LIKE_WHOLE && mark->kind != MARK_CALL ? LIKE_NOTHING : like;
}

bool tool_reader_is_marked(const struct tool_reader *r)
{
	struct str mark = str_z(r->format->mark_open);
	size_t from = r->scanned > mark.n ? r->scanned - mark.n : 0;
	struct str unseen = str_from(tool_reader_rest(r), from);
	return r->is_guided && mark.n > 1 && str_find(unseen, mark) != SIZE_MAX;
}

/* ---- an object ---- */

void tool_reader_begin_bare(struct tool_reader *r, bool is_front)
{
	struct str s = tool_reader_rest(r);
	s = str_from(s, tool_blanks(s));
	bool is_bracketed = tool_reader_bracket_likeness(r, s) == LIKE_WHOLE;
	const struct tool_format *row = is_bracketed                    ? &bracketed
					: tool_is_object_row(r->format) ? r->format
									: &tool_format_hermes;
	tool_call_begin(&r->call, row, r->offered);
	tool_machine_begin(&r->machine, &r->call);
	buf_reset(&r->raw);
	buf_reset(&r->args);
	r->is_begun = r->is_fenced = r->is_closed = r->is_in_thought = r->is_listed = false;
	r->mark = NULL;
	r->is_bare_front = is_front;
	/* A list's bracket is not the machine's. */
	r->scanned = str_find_char(tool_reader_rest(r), is_bracketed ? '[' : '{');
	r->place = IN_BARE;
}

/* It names a tool that was offered, and its arguments have begun. Of a name in brackets this is
 * known when they are over. */
static bool is_certain(const struct tool_reader *r, enum call_step step)
{
	return (r->call.format != &bracketed || step == CALL_DONE) && r->offered &&
	       r->call.has_name && r->call.args.n &&
	       tool_is_offered(r->offered, buf_str(&r->call.name));
}

/* The object is complete: a name, arguments, and nothing that calls do not have. */
static bool is_call(const struct tool_reader *r)
{
	bool is_meant = is_certain(r, CALL_DONE),
	     has_args = !(r->call.mended >> TOOL_MENDED_NO_ARGS & 1);
	bool has_others = r->machine.json.has_others;
	return has_args && (is_meant || (!r->offered && r->is_bare_front && !has_others));
}

/* What was held is taken: from here on it is the call that is being read. */
static void take_scanned(struct tool_reader *r)
{
	tool_reader_note(r, "a call without marks was taken as a call");
	buf_add(&r->raw, str_sub(tool_reader_rest(r), 0, r->scanned));
	r->at += r->scanned;
}

static bool send_as_text(struct tool_reader *r)
{
	r->place = IN_TEXT;
	tool_reader_words(r, r->scanned);
	return true;
}

/* It is not held any longer: its first byte is text, and what follows is looked at again. */
static bool send_first(struct tool_reader *r)
{
	r->place = IN_TEXT;
	tool_reader_words(r, tool_blanks(tool_reader_rest(r)) + 1);
	return true;
}

bool tool_reader_bare(struct tool_reader *r, struct err *e)
{
	size_t taken;
	struct str s = str_from(tool_reader_rest(r), r->scanned);
	if (tool_reader_is_marked(r) && !r->is_begun)
		return send_first(r);
	enum call_step step = tool_machine_take(&r->machine, &r->call, s, r->is_ending, &taken);
	r->scanned += taken;
	bool is_begun = is_certain(r, step);
	r->is_listed = r->machine.json.is_listed;
	if (step == CALL_DONE) {
		if (!is_call(r))
			return send_as_text(r);
		take_scanned(r);
		return tool_reader_end_call(r, e);
	}
	bool is_broken = step == CALL_FAULT || r->is_ending;
	if (is_begun) {
		take_scanned(r);
		tool_reader_tell(r);
		r->place = IN_CALL;
		return is_broken ? tool_reader_fault(r, e,
					   step == CALL_FAULT ? r->call.why
							      : "the answer ended inside it")
				 : false;
	}
	return is_broken ? send_as_text(r) : false;
}

/* ---- a fence ---- */

/* What a reader of the fence's inside said, to be sent on if it was calls and nothing else. */
struct region {
	struct tool_reader *outer;
	struct arena *mem;
	struct chat_event *events;
	size_t count, room;
	bool is_other;
};

static void keep_event(void *owner, const struct chat_event *event)
{
	struct region *g = owner;
	bool is_call = event->type == CHAT_TOOL_BEGIN || event->type == CHAT_TOOL_ARGS ||
		       event->type == CHAT_TOOL_END;
	bool is_unknown =
		event->type == CHAT_TOOL_BEGIN && !tool_is_offered(g->outer->offered, event->text);
	if (!is_call || is_unknown) {
		g->is_other = true;
		return;
	}
	if (g->count == g->room) {
		struct chat_event *more = arena_calloc(g->mem, 2 * g->room + 8, sizeof *more);
		if (g->count)
			memcpy(more, g->events, g->count * sizeof *more);
		g->events = more;
		g->room = 2 * g->room + 8;
	}
	struct chat_event *kept = &g->events[g->count++];
	*kept = *event;
	kept->text = arena_str(g->mem, event->text);
}

static void send_region(struct tool_reader *r, const struct region *g)
{
	char id[TOOL_CALL_ID_CHARS + 1];
	unsigned first = r->calls;
	tool_reader_note(r, "a call inside a fence was taken as a call");
	for (size_t i = 0; i < g->count; i++) {
		struct chat_event event = g->events[i];
		event.call += first;
		tool_reader_make_id(r->id_seed, event.call, id);
		event.id = event.type == CHAT_TOOL_BEGIN ? str_z(id) : event.id;
		r->calls += event.type == CHAT_TOOL_BEGIN;
		chat_send(r->sink, &event);
	}
}

/* Whether all that the fence holds is calls; if so, they are sent. */
static bool send_calls(struct tool_reader *r, struct str inside)
{
	struct region g = { .outer = r, .mem = arena_new() };
	struct err e = { 0 };
	unsigned how = TOOL_READ_REGION | (r->is_guided ? TOOL_READ_GUIDED : 0u);
	struct tool_reader *inner = tool_reader_new(
		r->format, r->offered, r->id_seed, how, NULL, (struct chat_sink){ keep_event, &g });
	bool ok = tool_reader_feed(inner, inside, &e) && tool_reader_end(inner, false, &e) &&
		  inner->calls > 0 && !g.is_other;
	tool_reader_free(inner);
	if (ok)
		send_region(r, &g);
	arena_free(g.mem);
	return ok;
}

/* The end of the fence: where its last line begins, or the bracket of a call was closed, and where
 * it ends. SIZE_MAX: not yet. */
static size_t find_end(const struct tool_reader *r, struct str s, size_t from, size_t *after)
{
	for (size_t at = from;;) {
		size_t next = str_find(str_from(s, at), str_z(fence));
		if (next == SIZE_MAX)
			break;
		at += next;
		size_t line = at;
		while (line > 0 && (s.p[line - 1] == ' ' || s.p[line - 1] == '\t'))
			line--;
		*after = at + FENCE_TICKS;
		bool is_front = line > 0 && s.p[line - 1] == '\n';
		if (is_front || (line > from && strchr("]}", s.p[line - 1])))
			return line;
		at += FENCE_TICKS;
	}
	*after = s.n;
	return r->is_ending ? s.n : SIZE_MAX;
}

bool tool_reader_fence(struct tool_reader *r)
{
	struct str s = tool_reader_rest(r);
	size_t after, blanks = tool_blanks(s);
	struct str inside = str_from(s, blanks);
	if (tool_reader_is_marked(r)) {
		r->place = IN_TEXT;
		tool_reader_words(r, blanks + FENCE_TICKS);
		return true;
	}
	tool_reader_take_fence(&inside);
	size_t from = s.n - inside.n;
	size_t end = find_end(r, s, r->scanned > from ? r->scanned : from, &after);
	if (end == SIZE_MAX) {
		r->scanned = s.n - FENCE_TICKS;
		return false;
	}
	r->place = IN_TEXT;
	if (end > from && send_calls(r, str_sub(s, from, end))) {
		r->at += after;
		r->at_front = true;
		r->quoting = (struct tool_quoting){ .in_fence = false };
	} else {
		tool_reader_words(r, after);
	}
	return true;
}

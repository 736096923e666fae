/*
 * tool_reader_call.c - a call and its borders; see tool_reader_int.h.
 *
 * Before a call it is settled in which syntax it stands. Inside it the row's machine takes what it
 * can. Behind it the closing marks are awaited, and forgiven if they are missing or others.
 *
 * Layer: parse.
 */
#include <string.h>

#include "base/limits.h"
#include "chat/tool_reader_int.h"

enum { STRAY_TAG_BYTES = 40 }; /* a closing tag that is not the row's */

bool tool_reader_fault(struct tool_reader *r, struct err *e, const char *why)
{
	r->place = IN_FAULT;
	if (r->is_ending)
		buf_add(&r->raw, tool_reader_rest(r));
	trace_bytes(r->trace, LAYER_PARSE, "unreadable", buf_str(&r->raw));
	fail(e, ERR_BAD_DATA, LAYER_PARSE, "a tool call cannot be read (%s): %.*s", why,
		str_int_len(str_sub(buf_str(&r->raw), 0, LIMIT_QUOTE_BYTES)), buf_z(&r->raw));
	return err_mend(e, "constrained decoding makes this impossible for local models; for an "
			   "upstream, see offgrid trace last");
}

void tool_reader_make_id(uint64_t seed, unsigned call, char id[TOOL_CALL_ID_CHARS + 1])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	char mixed[sizeof seed + sizeof call];
	memcpy(mixed, &seed, sizeof seed);
	memcpy(mixed + sizeof seed, &call, sizeof call);
	uint64_t h = str_hash(str_n(mixed, sizeof mixed));
	for (int i = 0; i < TOOL_CALL_ID_CHARS; i++, h /= 36)
		id[i] = letters[h % 36];
	id[TOOL_CALL_ID_CHARS] = 0;
}

/* ---- the beginning ---- */

void tool_reader_begin(struct tool_reader *r, const struct tool_mark *mark)
{
	buf_reset(&r->raw);
	if (mark)
		buf_add(&r->raw, mark->text);
	r->mark = mark;
	r->is_fenced = r->is_closed = r->is_in_thought = r->is_listed = false;
	r->place = AT_CALL;
}

void tool_reader_begin_in(struct tool_reader *r, const struct tool_format *row)
{
	buf_reset(&r->args);
	r->is_begun = false;
	tool_call_begin(&r->call, row, r->offered);
	r->call.is_guided = r->is_guided;
	tool_machine_begin(&r->machine, &r->call);
	r->place = IN_CALL;
}

/* Takes bytes that belong to the call but to no machine. */
static void skip(struct tool_reader *r, size_t n)
{
	buf_add(&r->raw, str_sub(tool_reader_rest(r), 0, n));
	r->at += n;
}

/* A list's bracket in front of objects: true if it was decided about. */
static bool skip_list(struct tool_reader *r, struct str s, bool *waits)
{
	struct str behind = str_from(s, 1 + tool_blanks(str_from(s, 1)));
	*waits = !behind.n && !r->is_ending;
	if (!behind.n || (behind.p[0] != '{' && behind.p[0] != ']'))
		return false;
	skip(r, 1);
	if (behind.p[0] == ']') {
		/* An empty list: no call at all. */
		tool_call_begin(&r->call, r->mark ? r->mark->row : r->format, r->offered);
		r->is_closed = true;
		r->place = AT_CLOSE;
	}
	return true;
}

/* A fence between the mark and the call. */
static bool skip_fence(struct tool_reader *r, struct str s, bool *waits)
{
	enum likeness like =
		str_starts(STR("```"), s) ? LIKE_BEGINNING : tool_reader_take_fence(&s);
	*waits = like == LIKE_BEGINNING && !r->is_ending;
	size_t n = tool_reader_rest(r).n - s.n;
	if (like != LIKE_WHOLE || n == 0)
		return false;
	tool_reader_note(r, "a call inside a fence was taken as a call");
	r->is_fenced = true;
	skip(r, n);
	return true;
}

bool tool_reader_before_call(struct tool_reader *r)
{
	bool waits = false;
	enum likeness like;
	skip(r, tool_blanks(tool_reader_rest(r)));
	struct str s = tool_reader_rest(r);
	if (!s.n)
		return false;
	if (s.p[0] == '`' && skip_fence(r, s, &waits))
		return true;
	if (s.p[0] == '[' && skip_list(r, s, &waits))
		return true;
	if (waits)
		return false;
	const struct tool_format *row = tool_marks_choose(r->mark, s, &like);
	if (like == LIKE_BEGINNING && !r->is_ending)
		return false;
	if (row && row != r->mark->row && r->mark->is_own)
		tool_reader_note(r, "a call in another family's syntax was taken as one");
	tool_reader_begin_in(r, row ? row : r->mark->row);
	return true;
}

/* ---- inside ---- */

/* It may be one that stood in a thought already: nothing of it is told before that is known. */
static bool is_withheld(const struct tool_reader *r)
{
	return !r->is_in_thought && thought_calls_wait(&r->thought_calls);
}

void tool_reader_tell(struct tool_reader *r)
{
	if (is_withheld(r))
		return;
	if (r->call.has_name && !r->is_begun) {
		char id[TOOL_CALL_ID_CHARS + 1];
		tool_reader_make_id(r->id_seed, r->calls, id);
		chat_send_tool_begin(r->sink, r->calls, str_z(id), buf_str(&r->call.name));
		r->calls++;
		r->is_begun = true;
	}
	if (r->is_begun && r->call.args.n) {
		struct str piece = buf_str(&r->call.args);
		chat_send_tool_args(r->sink, r->calls - 1, piece);
		buf_add(&r->args, piece);
		buf_reset(&r->call.args);
	}
}

static void note_what_was_mended(struct tool_reader *r)
{
	for (unsigned i = 0; i < TOOL_MENDED_COUNT; i++)
		if (r->call.mended >> i & 1)
			tool_reader_note(r, tool_mended_words[i]);
	for (unsigned i = 0; i < JSON_MEND_COUNT; i++)
		if (r->call.json_mends >> i & 1)
			tool_reader_note(r, json_mend_words[i]);
}

/* The call was withheld: true if it is told no second time. */
static bool is_told_already(struct tool_reader *r)
{
	json_t *args = js_parse(buf_str(&r->call.args), LAYER_PARSE, NULL);
	bool is_again = thought_calls_again(&r->thought_calls, buf_str(&r->call.name), args);
	json_decref(args);
	if (is_again)
		tool_reader_note(r, "a call that stood in the thought already was left out");
	return is_again;
}

/* What goes out must be one JSON object, or nobody can use it. */
static bool end_telling(struct tool_reader *r, struct err *why)
{
	tool_reader_tell(r);
	json_t *args = js_parse(buf_str(&r->args), LAYER_PARSE, why);
	bool ok = json_is_object(args);
	if (ok && r->is_in_thought)
		thought_calls_add(&r->thought_calls, buf_str(&r->call.name), args);
	json_decref(args);
	if (ok)
		chat_send_tool_end(r->sink, r->calls - 1);
	return ok;
}

/* The call is read. */
bool tool_reader_end_call(struct tool_reader *r, struct err *e)
{
	struct err why = { 0 };
	note_what_was_mended(r);
	if (!(is_withheld(r) && is_told_already(r)) && !end_telling(r, &why))
		return tool_reader_fault(r, e, err_is_set(&why) ? why.what : "no object");
	r->is_begun = r->is_closed = false;
	r->place = AT_CLOSE;
	return true;
}

bool tool_reader_in_call(struct tool_reader *r, struct err *e)
{
	size_t taken;
	enum call_step step =
		tool_machine_take(&r->machine, &r->call, tool_reader_rest(r), r->is_ending, &taken);
	r->is_listed = r->is_listed || r->machine.json.is_listed;
	skip(r, taken);
	if (step == CALL_DONE)
		return tool_reader_end_call(r, e);
	tool_reader_tell(r);
	if (step == CALL_FAULT)
		return tool_reader_fault(r, e, r->call.why);
	return false;
}

/* ---- behind ---- */

static void leave_call(struct tool_reader *r, size_t bytes)
{
	r->at += bytes;
	r->place = IN_TEXT;
	r->at_front = true;
	r->quoting = (struct tool_quoting){ .in_fence = false };
}

/* Where a closing tag begins in a line: at its `<`, the mark in front of it, or a bracket. */
static size_t find_tag(struct str line)
{
	size_t at = str_find_char(line, '<'), mark = str_find(line, STR("]<"));
	size_t bracket = str_find_char(line, '[');
	if (mark < at)
		return mark;
	return at != SIZE_MAX ? at : bracket + 1 < line.n ? bracket : SIZE_MAX;
}

/* Visits the tags of a text of the row, one a line: those that close. */
static bool next_tag(struct str *text, struct str *tag)
{
	while (text->n && str_cut(text, '\n', tag)) {
		size_t at = find_tag(*tag);
		if (at == SIZE_MAX)
			continue;
		*tag = str_trim(str_from(*tag, at));
		/* A bracket that closes a list in front of the tag is no part of it. */
		if (str_starts(*tag, STR("]<|")))
			*tag = str_from(*tag, 1);
		return true;
	}
	return false;
}

/* The longest closing tag of the row at the front of s; *is_last: it closes all calls. */
static enum likeness find_close(
	const struct tool_format *f, struct str s, size_t *used, bool *is_last)
{
	const char *const texts[] = { f->call_close, f->mark_close, f->section_close };
	enum likeness like = LIKE_NOTHING;
	*used = 0;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct str text = str_z(texts[i]), tag;
		while (next_tag(&text, &tag)) {
			enum likeness one = tool_mark_at(tag, s);
			if (one == LIKE_WHOLE && tag.n > *used) {
				*used = tag.n;
				*is_last = i > 0;
				like = one;
			} else if (one == LIKE_BEGINNING && like == LIKE_NOTHING) {
				like = one;
			}
		}
	}
	return like;
}

static bool has_closers(const struct tool_format *f)
{
	size_t used;
	bool is_last;
	return find_close(f, STR(""), &used, &is_last) == LIKE_BEGINNING;
}

/* Brackets and commas that may be left over behind a call of the row. */
static bool is_left_over(const struct tool_reader *r, char c)
{
	const struct tool_format *f = r->call.format;
	bool has_fence = f->before_args && strstr(f->before_args, "```");
	if (c == '`')
		return r->is_fenced || has_fence;
	if (f->arguments == TOOL_ARGS_RAW || f->arguments == TOOL_ARGS_ELEMENTS)
		return false;
	return c && strchr("}])", c);
}

/* A comma: only if another call follows. */
static const char separators[] = ",;";

/* The next call without a mark of its own, as in lists and sections. */
static enum likeness next_call(const struct tool_reader *r, struct str s)
{
	const struct tool_format *f = r->call.format;
	if (tool_is_object_row(f))
		return s.p[0] == '{' && (f->section_open || r->is_listed)
			       ? LIKE_WHOLE
			       : tool_reader_bare_likeness(s);
	if (!f->section_open)
		return LIKE_NOTHING;
	if (f->arguments != TOOL_ARGS_PYTHON)
		return f->call_open ? tool_mark_at(tool_text_tag(f->call_open), s) : LIKE_NOTHING;
	size_t n = tool_name_bytes(s);
	if (n == s.n)
		return LIKE_BEGINNING;
	return n && s.p[n] == '(' ? LIKE_WHOLE : LIKE_NOTHING;
}

static void begin_next(struct tool_reader *r)
{
	const struct tool_format *row = r->call.format;
	buf_reset(&r->raw);
	r->is_closed = false;
	tool_reader_begin_in(r, row);
}

/* Nothing more belongs to the call. */
static void end_close(struct tool_reader *r)
{
	if (!r->is_closed && !r->is_fenced && r->mark && has_closers(r->call.format))
		tool_reader_note(r, "the closing mark of a call was missing");
	leave_call(r, 0);
}

/* A closing tag that is not the row's. */
static bool close_by_other(struct tool_reader *r, struct str s)
{
	size_t end = str_find_char(str_sub(s, 0, STRAY_TAG_BYTES), '>');
	if (end == SIZE_MAX && s.n < STRAY_TAG_BYTES && !r->is_ending)
		return false;
	tool_reader_note(r, "a call was closed by another mark");
	r->is_closed = true;
	leave_call(r, end == SIZE_MAX ? 0 : end + 1);
	return true;
}

bool tool_reader_close(struct tool_reader *r)
{
	r->at += tool_blanks(tool_reader_rest(r));
	struct str s = tool_reader_rest(r);
	size_t used, comma = s.n && s.p[0] && strchr(separators, s.p[0]) ? 1 : 0;
	bool is_last = false;
	if (!s.n || (s.n == 1 && comma)) {
		if (r->is_ending)
			end_close(r);
		return false;
	}
	enum likeness like = find_close(r->call.format, s, &used, &is_last);
	if (like == LIKE_WHOLE) {
		r->at += used;
		r->is_closed = true;
		if (is_last || !r->call.format->section_open)
			leave_call(r, 0);
		return true;
	}
	if (is_left_over(r, s.p[0])) {
		r->at++;
		return true;
	}
	struct str next = str_from(s, comma + tool_blanks(str_from(s, comma)));
	enum likeness more = next.n ? next_call(r, next) : LIKE_BEGINNING;
	if ((like == LIKE_BEGINNING || more == LIKE_BEGINNING) && !r->is_ending)
		return false;
	if (more == LIKE_WHOLE) {
		r->at += s.n - next.n;
		begin_next(r);
		return true;
	}
	if (str_starts(s, STR("</")))
		return close_by_other(r, s);
	if (s.n == 1 && s.p[0] == '<' && !r->is_ending)
		return false;
	end_close(r);
	return true;
}

/*
 * tool_reader.c - what a model said, as events; see tool_format.h.
 *
 * Here is what stands outside calls: text, thoughts, headers of messages. That is a search for
 * marks: what could begin one is held back, and blanks before it, which belong to nobody.
 *
 * Layer: parse.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "chat/tool_header.h"
#include "chat/tool_reader_int.h"

enum {
	BLANKS_HELD = 64,  /* before a mark; more than that is text */
	PIECE_BYTES = 2048 /* looked through at once: bounds what a search costs */
};

static const char default_think_close[] = "</think>";

static bool may_call(const struct tool_format *format, const struct chat_request *offered)
{
	return format->mark_open && (!offered || offered->tool_count);
}

/* Where a call is demanded the answer is no value, whatever form was asked for. */
static bool is_value(const struct chat_request *offered, unsigned how)
{
	bool must_call = offered && offered->tool_count &&
			 (offered->tool_choice == CHAT_CHOICE_REQUIRED ||
				 offered->tool_choice == CHAT_CHOICE_NAMED);
	return (how & TOOL_READ_VALUE) && !must_call;
}

static void set_start(struct tool_reader *r, unsigned how)
{
	const struct tool_format *f = r->format;
	r->at_front = true;
	r->think_close = str_z(f->think_close ? f->think_close : default_think_close);
	r->place = IN_TEXT;
	/* A guide of a row without thoughts knows of none. */
	bool knows_thoughts = f->think_open || !r->is_guided;
	if ((how & TOOL_READ_IN_THOUGHT) && knows_thoughts)
		r->place = IN_THOUGHT;
	else if (f->header_end && !(how & TOOL_READ_REGION))
		r->place = IN_HEADER;
	else if (f->prompt_tail && !(how & TOOL_READ_REGION))
		r->place = AT_TAIL;
}

struct tool_reader *tool_reader_new(const struct tool_format *format,
	const struct chat_request *offered, uint64_t id_seed, unsigned how, struct trace *t,
	struct chat_sink sink)
{
	struct tool_reader *r = must_calloc(1, sizeof *r);
	r->format = format;
	r->offered = offered;
	r->trace = t;
	r->sink = sink;
	r->id_seed = id_seed;
	r->has_calls = may_call(format, offered);
	r->is_value = is_value(offered, how);
	r->is_region = (how & TOOL_READ_REGION) != 0;
	r->is_guided = (how & TOOL_READ_GUIDED) != 0;
	tool_marks_init(&r->marks, format,
		!r->has_calls  ? MARKS_OF_NOBODY
		: r->is_guided ? MARKS_OF_ROW
			       : MARKS_OF_ALL);
	buf_init(&r->pending, LIMIT_ANSWER_BYTES);
	thought_calls_init(&r->thought_calls);
	buf_init(&r->raw, LIMIT_ANSWER_BYTES);
	buf_init(&r->args, 2 * LIMIT_ANSWER_BYTES);
	tool_call_init(&r->call);
	tool_machine_init(&r->machine);
	set_start(r, how);
	return r;
}

void tool_reader_free(struct tool_reader *r)
{
	if (!r)
		return;
	buf_clear(&r->pending);
	thought_calls_clear(&r->thought_calls);
	buf_clear(&r->raw);
	buf_clear(&r->args);
	tool_call_clear(&r->call);
	tool_machine_clear(&r->machine);
	free(r);
}

unsigned tool_reader_calls(const struct tool_reader *r)
{
	return r->calls;
}

void tool_reader_note(struct tool_reader *r, const char *words)
{
	trace_note(r->trace, LAYER_PARSE, "mended", "%s", words);
}

struct str tool_reader_rest(const struct tool_reader *r)
{
	return str_from(buf_str(&r->pending), r->at);
}

/* ---- words ---- */

/* Blanks at the end that wait for what follows them: a mark takes them along. */
static size_t trailing_blanks(struct str s)
{
	size_t n = 0;
	while (n < s.n && n < BLANKS_HELD && tool_is_blank(s.p[s.n - 1 - n]))
		n++;
	return n;
}

static void send(struct tool_reader *r, struct str piece)
{
	if (r->place == IN_THOUGHT)
		chat_send_think(r->sink, piece);
	else
		chat_send_text(r->sink, piece);
}

void tool_reader_words(struct tool_reader *r, size_t bytes)
{
	struct str piece = str_sub(tool_reader_rest(r), 0, bytes);
	struct buf mended;
	if (!piece.n)
		return;
	tool_quoting_pass(&r->quoting, piece);
	buf_init(&mended, 3 * piece.n + 1);
	if (!utf8_is_valid(piece)) {
		utf8_mend(piece, &mended);
		piece = buf_str(&mended);
	}
	send(r, piece);
	buf_clear(&mended);
	r->at_front = false;
	r->has_said = r->has_said || r->place != IN_THOUGHT;
	r->at += bytes;
}

void tool_reader_pass(struct tool_reader *r, size_t at, size_t mark_bytes)
{
	size_t blanks = trailing_blanks(str_sub(tool_reader_rest(r), 0, at));
	tool_reader_words(r, at - blanks);
	r->at += blanks + mark_bytes;
	r->at_front = true;
	r->quoting = (struct tool_quoting){ .in_fence = false };
}

/* ---- what is found in words ---- */

enum spot_kind {
	SPOT_NONE,
	SPOT_OPEN, /* something may begin there: more must come */
	SPOT_MARK,
	SPOT_BARE,
	SPOT_FENCE,
	SPOT_FRONT, /* a call of a row whose calls stand at the front */
};

struct spot {
	enum spot_kind kind;
	const struct tool_mark *mark;
};

static struct spot spot(enum spot_kind kind, const struct tool_mark *mark)
{
	return (struct spot){ kind, mark };
}

/* A likeness that cannot grow any more is none. */
static enum likeness settled(const struct tool_reader *r, enum likeness like)
{
	return r->is_ending && like == LIKE_BEGINNING ? LIKE_NOTHING : like;
}

/* A call without a mark: at the front of the answer, or of a line where tools are known. */
static struct spot find_bare(
	const struct tool_reader *r, const struct tool_quoting *q, struct str s, bool is_front)
{
	bool may_stand = is_front || (r->offered && !r->is_region && tool_is_line_front(q));
	if (!may_stand || (s.p[0] != '{' && s.p[0] != '['))
		return spot(SPOT_NONE, NULL);
	enum likeness like = tool_reader_bare_likeness(s);
	if (like == LIKE_NOTHING)
		like = tool_reader_bracket_likeness(r, s);
	switch (settled(r, like)) {
	case LIKE_WHOLE: return spot(SPOT_BARE, NULL);
	case LIKE_BEGINNING: return spot(SPOT_OPEN, NULL);
	case LIKE_NOTHING: break;
	}
	return spot(SPOT_NONE, NULL);
}

/* The first call of a row that has no marks: [f(k=v)]. */
static struct spot find_front(const struct tool_reader *r, struct str s)
{
	const struct tool_format *f = r->format;
	const struct tool_mark mark = { .text = str_z(f->mark_open), .row = f };
	enum likeness like = tool_mark_at(mark.text, s);
	if (like == LIKE_WHOLE && f->arguments != TOOL_ARGS_JSON) {
		struct str behind = str_from(s, mark.text.n);
		const struct tool_format *row = tool_marks_choose(&mark, behind, &like);
		if (row && (row != f || !tool_is_offered(r->offered, tool_marks_name(f, s))))
			like = LIKE_NOTHING;
	} else {
		like = LIKE_NOTHING;
	}
	like = settled(r, like);
	return spot(like == LIKE_WHOLE       ? SPOT_FRONT
		    : like == LIKE_BEGINNING ? SPOT_OPEN
					     : SPOT_NONE,
		NULL);
}

/* Whether a mark may mean what it says, where it stands. */
static bool is_meant(const struct tool_reader *r, const struct tool_mark *mark, bool is_front)
{
	static const char odd[] = "|]:";
	if (mark->kind == MARK_THINK_END)
		return r->place != IN_THOUGHT;
	if (mark->kind != MARK_THINK)
		return true;
	bool is_odd = false;
	for (size_t i = 0; i < mark->text.n; i++)
		is_odd = is_odd || strchr(odd, mark->text.p[i]);
	return is_front || (is_odd && r->place != IN_THOUGHT);
}

/* Behind a plain mark: exactly the name of a tool, which may be any text, and an object. */
static enum likeness calls_by_name(const struct chat_request *offered, struct str s)
{
	size_t n = tool_called_bytes(offered, s);
	if (n == s.n)
		return LIKE_BEGINNING;
	if (!chat_find_tool(offered, str_sub(s, 0, n)))
		return LIKE_NOTHING;
	s = str_trim_left(str_from(s, n));
	return !s.n ? LIKE_BEGINNING : s.p[0] == '{' ? LIKE_WHOLE : LIKE_NOTHING;
}

static struct spot find_mark(const struct tool_reader *r, struct str s, bool is_front)
{
	const struct tool_mark *mark;
	enum likeness like = tool_marks_at(&r->marks, s, &mark);
	if (like == LIKE_BEGINNING && r->is_ending)
		like = mark ? LIKE_WHOLE : LIKE_NOTHING;
	if (like == LIKE_BEGINNING)
		return spot(SPOT_OPEN, NULL);
	if (like == LIKE_NOTHING || !is_meant(r, mark, is_front))
		return spot(SPOT_NONE, NULL);
	if (mark->kind == MARK_CALL && !mark->is_sure) {
		struct str behind = str_from(s, mark->text.n);
		tool_marks_choose(mark, behind, &like);
		if (like == LIKE_NOTHING && mark->is_own && r->offered)
			like = calls_by_name(r->offered, behind);
		like = settled(r, like);
		if (like != LIKE_WHOLE)
			return spot(like == LIKE_BEGINNING ? SPOT_OPEN : SPOT_NONE, NULL);
	}
	return spot(SPOT_MARK, mark);
}

/* A mark of the own row that begins a call, and nothing else. */
static struct spot find_own(const struct tool_reader *r, struct str s, bool is_front)
{
	struct spot found = find_mark(r, s, is_front);
	bool is_call = found.kind == SPOT_MARK && found.mark->is_own &&
		       (found.mark->kind == MARK_CALL || found.mark->kind == MARK_HEADER);
	return is_call || found.kind == SPOT_OPEN ? found : spot(SPOT_NONE, NULL);
}

static bool ends_thought(const struct tool_reader *r, struct str s, enum likeness *like)
{
	*like = r->place == IN_THOUGHT ? tool_mark_at(r->think_close, s) : LIKE_NOTHING;
	*like = settled(r, *like);
	return *like == LIKE_WHOLE;
}

/* What begins at s, before which the words stand that `q` knows. */
static struct spot find(
	const struct tool_reader *r, const struct tool_quoting *q, struct str s, bool is_front)
{
	static const struct tool_mark think_end = { .kind = MARK_THINK_END };
	enum likeness like;
	if (ends_thought(r, s, &like))
		return spot(SPOT_MARK, &think_end);
	if (like == LIKE_BEGINNING)
		return spot(SPOT_OPEN, NULL);
	if (s.p[0] == '`') {
		bool is_first = r->has_calls && r->place == IN_TEXT && !r->is_region &&
				q->run == 0 && !q->in_fence && tool_is_line_front(q);
		like = is_first ? settled(r, tool_reader_fence_likeness(r, s)) : LIKE_NOTHING;
		return spot(like == LIKE_WHOLE       ? SPOT_FENCE
			    : like == LIKE_BEGINNING ? SPOT_OPEN
						     : SPOT_NONE,
			NULL);
	}
	if (tool_is_quoted(q))
		return r->is_guided ? find_own(r, s, is_front) : spot(SPOT_NONE, NULL);
	struct spot found = spot(SPOT_NONE, NULL);
	if (r->has_calls && r->place == IN_TEXT)
		found = find_bare(r, q, s, is_front);
	if (found.kind == SPOT_NONE && is_front && r->has_calls && r->format->is_front_only &&
		!r->has_said && r->place == IN_TEXT)
		found = find_front(r, s);
	return found.kind == SPOT_NONE ? find_mark(r, s, is_front) : found;
}

/* ---- what a mark leads to ---- */

static void drop(struct tool_reader *r, size_t at, const struct tool_mark *mark, const char *words)
{
	tool_reader_note(r, words);
	tool_reader_words(r, at);
	r->at += mark->text.n;
}

static void end_thought(struct tool_reader *r, size_t at, const struct tool_mark *mark)
{
	if (r->place == IN_THOUGHT) {
		tool_reader_pass(r, at, mark->text.n ? mark->text.n : r->think_close.n);
		r->place = IN_TEXT;
		return;
	}
	thought_calls_end(&r->thought_calls);
	drop(r, at, mark, "a closing mark without a thought was dropped");
}

static void begin_thought(struct tool_reader *r, size_t at, const struct tool_mark *mark)
{
	if (r->place == IN_THOUGHT) {
		drop(r, at, mark, "an opening mark inside a thought was dropped");
		return;
	}
	tool_reader_pass(r, at, mark->text.n);
	r->place = IN_THOUGHT;
	r->think_close = mark->other.n ? mark->other : str_z(default_think_close);
}

static void take_mark(struct tool_reader *r, size_t at, const struct tool_mark *mark)
{
	switch (mark->kind) {
	case MARK_CALL: {
		bool is_in_thought = r->place == IN_THOUGHT;
		if (is_in_thought)
			tool_reader_note(
				r, "a call inside an unfinished thought was taken as a call");
		if (!mark->is_own)
			tool_reader_note(r, "a call in another family's syntax was taken as one");
		tool_reader_pass(r, at, mark->text.n);
		tool_reader_begin(r, mark);
		r->is_in_thought = is_in_thought;
		break;
	}
	case MARK_CALL_END: drop(r, at, mark, "a closing mark without a call was dropped"); break;
	case MARK_CONTROL: drop(r, at, mark, "a control token as text was dropped"); break;
	case MARK_THINK: begin_thought(r, at, mark); break;
	case MARK_THINK_END: end_thought(r, at, mark); break;
	case MARK_WORDS:
	case MARK_TURN:
		tool_reader_pass(r, at, mark->text.n);
		r->place = IN_TEXT;
		break;
	case MARK_HEADER:
		tool_reader_pass(r, at, 0);
		r->place = IN_HEADER;
		break;
	}
}

/* Blanks before what is held are held with it: before a call they belong to nobody. */
static void send_before(struct tool_reader *r, size_t at)
{
	tool_reader_words(r, at - trailing_blanks(str_sub(tool_reader_rest(r), 0, at)));
}

static void take_spot(struct tool_reader *r, size_t at, struct spot found)
{
	switch (found.kind) {
	case SPOT_MARK: take_mark(r, at, found.mark); break;
	case SPOT_FENCE:
		send_before(r, at);
		r->scanned = 0;
		r->place = IN_FENCE;
		break;
	case SPOT_BARE: {
		bool is_front = at == 0 && (r->at_front || !r->has_said);
		send_before(r, at);
		tool_reader_begin_bare(r, is_front);
		break;
	}
	case SPOT_FRONT:
		tool_reader_words(r, at);
		r->at += str_z(r->format->mark_open).n;
		tool_reader_begin(r, NULL);
		tool_reader_begin_in(r, r->format);
		break;
	case SPOT_NONE:
	case SPOT_OPEN: break;
	}
}

/* ---- places outside calls ---- */

/* Whether the text begins with what no mark begins with. */
static bool begins_value(const struct tool_reader *r)
{
	struct str s = tool_reader_rest(r);
	return s.n && s.p[0] && strchr("{[\"-0123456789tfn", s.p[0]);
}

/* Looks through what is pending outside calls; false if more must come first. */
static bool run_outside(struct tool_reader *r)
{
	if (r->at_front)
		r->at += tool_blanks(tool_reader_rest(r));
	struct str s = tool_reader_rest(r);
	struct tool_quoting q = r->quoting;
	size_t at = 0;
	struct spot found = { SPOT_NONE, NULL };
	if (r->is_value && r->place == IN_TEXT && s.n) {
		/* What does not begin with a mark is the value to its end. */
		if (!r->has_said && !begins_value(r))
			found = find(r, &q, s, true);
		if (found.kind == SPOT_NONE) {
			tool_reader_words(r, r->is_ending ? s.n : utf8_whole(s));
			return false;
		}
	}
	for (; at < s.n; tool_quoting_step(&q, s.p[at++])) {
		found = find(r, &q, str_from(s, at), at == 0 && r->at_front);
		if (found.kind != SPOT_NONE)
			break;
	}
	if (found.kind != SPOT_NONE && found.kind != SPOT_OPEN) {
		take_spot(r, at, found);
		return true;
	}
	size_t decided = r->is_ending ? at : utf8_whole(str_sub(s, 0, at));
	if (!r->is_ending)
		decided -= trailing_blanks(str_sub(s, 0, decided));
	tool_reader_words(r, decided);
	return false;
}

/* The prompt's end is put in front of the answer, unless the answer has it itself. */
static bool run_tail(struct tool_reader *r)
{
	struct str tail = str_z(r->format->prompt_tail);
	enum likeness like = settled(r, tool_mark_at(tail, tool_reader_rest(r)));
	if (like == LIKE_BEGINNING)
		return false;
	r->place = IN_TEXT;
	if (like == LIKE_WHOLE)
		return true;
	struct buf whole;
	buf_init(&whole, LIMIT_ANSWER_BYTES);
	buf_add(&whole, tail);
	buf_add(&whole, tool_reader_rest(r));
	buf_reset(&r->pending);
	buf_add(&r->pending, buf_str(&whole));
	r->at = 0;
	buf_clear(&whole);
	return true;
}

/* Whose headers they are: of text of unknown origin they can only be harmony's. */
static const struct tool_format *header_row(const struct tool_reader *r)
{
	return r->format->header_end ? r->format : tool_format_find(STR("harmony"));
}

static void begin_message(struct tool_reader *r, struct str header)
{
	struct str name;
	const struct tool_format *row = header_row(r);
	enum tool_message message = tool_header_read(header, &name);
	bool is_call =
		message == TOOL_MESSAGE_CALL && r->has_calls && row->arguments == TOOL_ARGS_JSON;
	r->at_front = true;
	r->place = IN_TEXT;
	if (message == TOOL_MESSAGE_THOUGHT) {
		r->place = IN_THOUGHT;
		r->think_close = str_z(row->think_close);
	} else if (is_call) {
		tool_reader_begin(r, NULL);
		buf_add(&r->raw, header);
		tool_reader_begin_in(r, row);
		tool_call_name(&r->call, name);
	}
}

static bool run_header(struct tool_reader *r)
{
	size_t used;
	struct str s = tool_reader_rest(r);
	enum likeness like = tool_header_at(header_row(r), s, &used);
	if (like == LIKE_BEGINNING && !r->is_ending)
		return false;
	if (like == LIKE_WHOLE) {
		r->at += used;
		begin_message(r, str_sub(s, 0, used));
		return true;
	}
	/* No header: an answer without any, or one that was cut. */
	const struct tool_mark *mark;
	r->place = IN_TEXT;
	if (tool_marks_at(&r->marks, str_from(s, tool_blanks(s)), &mark) == LIKE_WHOLE &&
		mark->kind == MARK_HEADER) {
		tool_reader_note(r, "a header without an end was dropped");
		r->at += tool_blanks(s) + mark->text.n;
	}
	return true;
}

static bool run(struct tool_reader *r, struct err *e)
{
	switch (r->place) {
	case AT_TAIL: return run_tail(r);
	case IN_TEXT:
	case IN_THOUGHT: return run_outside(r);
	case IN_HEADER: return run_header(r);
	case AT_CALL: return tool_reader_before_call(r);
	case IN_CALL: return tool_reader_in_call(r, e);
	case AT_CLOSE: return tool_reader_close(r);
	case IN_BARE: return tool_reader_bare(r, e);
	case IN_FENCE: return tool_reader_fence(r);
	case IN_FAULT: break;
	}
	return false;
}

/* ---- feeding ---- */

bool tool_reader_feed(struct tool_reader *r, struct str bytes, struct err *e)
{
	if (r->place == IN_FAULT)
		return fail(e, ERR_BAD_DATA, LAYER_PARSE, "an earlier tool call could not be read");
	while (bytes.n && r->place != IN_FAULT) {
		if (!buf_add(&r->pending, str_sub(bytes, 0, PIECE_BYTES)))
			return fail(e, ERR_TOO_BIG, LAYER_PARSE, "the answer is over %zu bytes",
				(size_t)LIMIT_ANSWER_BYTES);
		bytes = str_from(bytes, PIECE_BYTES);
		while (run(r, e))
			;
		buf_drop_front(&r->pending, r->at);
		r->at = 0;
	}
	return r->place != IN_FAULT;
}

/* Stopped by a limit: words go out, a call stays unfinished. */
static bool end_cut(struct tool_reader *r)
{
	if (r->place == AT_TAIL || r->place == IN_TEXT || r->place == IN_THOUGHT ||
		r->place == IN_FENCE || (r->place == IN_BARE && !r->is_begun)) {
		r->place = r->place == IN_THOUGHT ? IN_THOUGHT : IN_TEXT;
		tool_reader_words(r, tool_reader_rest(r).n);
	}
	/* What was withheld is no call that was told already: that one was whole. */
	thought_calls_clear(&r->thought_calls);
	if (r->place == IN_CALL)
		tool_reader_tell(r);
	return true;
}

bool tool_reader_end(struct tool_reader *r, bool is_cut, struct err *e)
{
	if (r->place == IN_FAULT)
		return fail(e, ERR_BAD_DATA, LAYER_PARSE, "a tool call could not be read");
	if (is_cut)
		return end_cut(r);
	r->is_ending = true;
	while (run(r, e))
		;
	if (r->place == AT_CALL || r->place == IN_CALL)
		return tool_reader_fault(r, e, "the answer ended inside it");
	return r->place != IN_FAULT;
}

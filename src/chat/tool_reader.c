/*
 * tool_reader.c - what a model said, as events; see tool_format.h.
 *
 * What comes in waits in `pending` until it is decided what it is. Outside calls that is a search
 * for marks: what could begin one is held back, and blanks before it, which belong to nobody.
 * Inside a call the row's machine takes byte after byte; after it the closing mark is awaited, and
 * forgiven if it is missing or another. A call without marks is recognised where an answer or a
 * fence begins with {"name", is held back whole, and taken if it is one.
 *
 * Layer: parse.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "chat/tool_format.h"
#include "chat/tool_json.h"

enum {
	BLANKS_HELD = 64,     /* before a mark; more than that is text */
	STRAY_TAG_BYTES = 40, /* a closing tag that is not the row's */
	FENCE_BYTES = 3,
	FENCE_LINE_BYTES = 40, /* with the word behind it */
	PIECE_BYTES = 2048     /* looked through at once: bounds what a search costs */
};

static const char fence[] = "```";

/* What is awaited. */
enum place {
	IN_TEXT,    /* text, a mark */
	IN_THOUGHT, /* thinking, its closing mark, the mark of a call */
	AT_CALL,    /* after the mark: blanks, a fence, then the call */
	IN_CALL,    /* bytes of a call */
	AT_CLOSE,   /* after the call: blanks, a fence, the closing mark */
	IN_BARE,    /* what looks like a call without marks, up to its last bracket */
	IN_FAULT,   /* cannot be read any more */
};

struct tool_reader {
	const struct tool_format *format;
	const struct chat_request *offered;
	struct trace *trace;
	struct chat_sink sink;
	uint64_t id_seed;
	enum place place;
	bool is_value;      /* TOOL_READ_VALUE */
	bool has_said;      /* text has gone out */
	bool at_front;      /* nothing has gone out since the last mark */
	bool is_begun;      /* TOOL_BEGIN of the present call has gone out */
	bool is_fenced;     /* a fence was opened in front of the present call */
	struct buf pending; /* bytes not decided yet, from `at` on */
	size_t at;
	struct bare {
		size_t scanned; /* bytes behind `at` already looked through for its end */
		size_t depth;
		bool in_string, is_escaped;
	} bare;
	struct buf raw;  /* the present call as it came, for the error */
	struct buf args; /* its arguments as they went out */
	struct tool_json call;
	unsigned calls;
};

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
	r->place = how & TOOL_READ_IN_THOUGHT ? IN_THOUGHT : IN_TEXT;
	r->is_value = how & TOOL_READ_VALUE;
	r->at_front = true;
	buf_init(&r->pending, LIMIT_ANSWER_BYTES);
	buf_init(&r->raw, LIMIT_ANSWER_BYTES);
	buf_init(&r->args, LIMIT_ANSWER_BYTES);
	tool_json_init(&r->call);
	return r;
}

void tool_reader_free(struct tool_reader *r)
{
	if (!r)
		return;
	buf_clear(&r->pending);
	buf_clear(&r->raw);
	buf_clear(&r->args);
	tool_json_clear(&r->call);
	free(r);
}

unsigned tool_reader_calls(const struct tool_reader *r)
{
	return r->calls;
}

static void note_mended(struct tool_reader *r, const char *words)
{
	trace_note(r->trace, LAYER_PARSE, "mended", "%s", words);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* What was not taken yet. */
static struct str rest(const struct tool_reader *r)
{
	return str_from(buf_str(&r->pending), r->at);
}

/* ---- words ---- */

/* Blanks at the end that wait for what follows them: a mark takes them along. */
static size_t trailing_blanks(struct str s)
{
	size_t n = 0;
	while (n < s.n && n < BLANKS_HELD && is_blank(s.p[s.n - 1 - n]))
		n++;
	return n;
}

static size_t leading_blanks(struct str s)
{
	size_t n = 0;
	while (n < s.n && is_blank(s.p[n]))
		n++;
	return n;
}

/* Sends the next bytes on as text or thinking; what is no UTF-8 is replaced. */
static void send_words(struct tool_reader *r, size_t bytes)
{
	struct str piece = str_sub(rest(r), 0, bytes);
	struct buf mended;
	if (!piece.n)
		return;
	buf_init(&mended, 3 * piece.n + 1);
	if (!utf8_is_valid(piece)) {
		utf8_mend(piece, &mended);
		piece = buf_str(&mended);
	}
	if (r->place == IN_THOUGHT)
		chat_send_think(r->sink, piece);
	else
		chat_send_text(r->sink, piece);
	buf_clear(&mended);
	r->at_front = false;
	r->has_said = r->has_said || r->place != IN_THOUGHT;
	r->at += bytes;
}

/* What stands before the mark goes out without its trailing blanks, the mark is dropped. */
static void pass_mark(struct tool_reader *r, size_t at, const char *mark)
{
	size_t blanks = trailing_blanks(str_sub(rest(r), 0, at));
	send_words(r, at - blanks);
	r->at += blanks + str_z(mark).n;
	r->at_front = true;
}

/* ---- calls ---- */

static bool fault(struct tool_reader *r, struct err *e, const char *why)
{
	r->place = IN_FAULT;
	trace_bytes(r->trace, LAYER_PARSE, "unreadable", buf_str(&r->raw));
	fail(e, ERR_BAD_DATA, LAYER_PARSE, "a tool call cannot be read (%s): %.*s", why,
		str_int_len(str_sub(buf_str(&r->raw), 0, LIMIT_QUOTE_BYTES)), buf_z(&r->raw));
	return err_mend(e, "constrained decoding makes this impossible for local models; for an "
			   "upstream, see offgrid trace last");
}

static void make_call_id(uint64_t seed, unsigned call, char id[TOOL_CALL_ID_CHARS + 1])
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

static void begin_call(struct tool_reader *r, enum place place)
{
	buf_reset(&r->raw);
	buf_reset(&r->args);
	tool_json_begin(&r->call);
	r->is_begun = r->is_fenced = false;
	r->place = place;
}

/* Sends on what is known of the call: its name, then the arguments so far. */
static void tell_call(struct tool_reader *r)
{
	if (r->call.has_name && !r->is_begun) {
		char id[TOOL_CALL_ID_CHARS + 1];
		make_call_id(r->id_seed, r->calls, id);
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
	static const char *const words[] = {
		[TOOL_JSON_PARAMETERS] = "\"parameters\" was read as \"arguments\"",
		[TOOL_JSON_STRING] = "arguments written as a string were unpacked",
		[TOOL_JSON_NO_ARGS] = "a call without arguments was given none",
	};
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		if (r->call.mended >> i & 1)
			note_mended(r, words[i]);
	for (unsigned i = 0; i < JSON_MEND_COUNT; i++)
		if (r->call.mend.mended >> i & 1)
			note_mended(r, json_mend_words[i]);
}

/* The object is closed. What went out must be one JSON object, or nobody can use it. */
static bool end_call(struct tool_reader *r, struct err *e)
{
	struct err why = { 0 };
	tell_call(r);
	note_what_was_mended(r);
	json_t *args = js_parse(buf_str(&r->args), LAYER_PARSE, &why);
	json_decref(args);
	if (!args)
		return fault(r, e, why.what);
	chat_send_tool_end(r->sink, r->calls - 1);
	r->is_begun = false;
	r->place = AT_CLOSE;
	return true;
}

/* ---- calls without marks ---- */

enum likeness { LIKE_NOTHING, LIKE_BEGINNING, LIKE_CALL };

/* Takes `part` from the front of s, behind blanks. */
static enum likeness take(struct str *s, const char *part)
{
	struct str p = str_z(part);
	*s = str_from(*s, leading_blanks(*s));
	if (str_starts(*s, p)) {
		*s = str_from(*s, p.n);
		return LIKE_CALL;
	}
	return str_starts(p, *s) ? LIKE_BEGINNING : LIKE_NOTHING;
}

/* Passes the line that opens a fence, if one stands at the front. */
static enum likeness take_fence(struct str *s)
{
	if (!str_starts(*s, str_z(fence)))
		return LIKE_CALL;
	size_t line = str_find_char(str_sub(*s, 0, FENCE_LINE_BYTES), '\n');
	if (line == SIZE_MAX)
		return s->n < FENCE_LINE_BYTES ? LIKE_BEGINNING : LIKE_NOTHING;
	*s = str_from(*s, line);
	return LIKE_CALL;
}

/* Whether s begins as a call without marks does: perhaps a fence, then {"name": */
static enum likeness bare_likeness(struct str s)
{
	static const char *const parts[] = { "{", "\"name\"", ":" };
	enum likeness like = take_fence(&s);
	size_t n = s.n;
	for (size_t i = 0; i < sizeof parts / sizeof *parts && like == LIKE_CALL; i++) {
		like = take(&s, parts[i]);
		if (n - s.n > BLANKS_HELD)
			return LIKE_NOTHING;
	}
	return like;
}

/* The first place where a call without marks may begin: the front of the answer, or a fence. */
static size_t find_bare(const struct tool_reader *r, enum likeness *likeness)
{
	struct str s = rest(r);
	*likeness = LIKE_NOTHING;
	if (!r->format->mark_open || r->place != IN_TEXT)
		return SIZE_MAX;
	if (!r->has_said && (*likeness = bare_likeness(s)) != LIKE_NOTHING)
		return 0;
	for (size_t at = 0; at < s.n;) {
		size_t next = str_find(str_from(s, at), str_z(fence));
		if (next == SIZE_MAX)
			break;
		at += next;
		*likeness = bare_likeness(str_from(s, at));
		if (*likeness != LIKE_NOTHING)
			return at;
		at += FENCE_BYTES;
	}
	return SIZE_MAX;
}

/* A JSON object with a name and arguments, and nothing that calls do not have. */
static bool is_call(struct str text)
{
	static const char *const known[] = { "name", "arguments", "parameters", "id", "type" };
	json_t *value = js_parse(text, LAYER_PARSE, NULL), *member;
	bool ok = json_is_string(json_object_get(value, "name")) &&
		  (json_is_object(json_object_get(value, "arguments")) ||
			  json_is_object(json_object_get(value, "parameters")));
	const char *key;
	json_object_foreach(value, key, member)
	{
		bool is_known = false;
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			is_known = is_known || !strcmp(key, known[i]);
		ok = ok && is_known;
	}
	json_decref(value);
	return ok;
}

/* Looks on for the bracket that closes the object; its end as bytes behind `at`, or SIZE_MAX. */
static size_t scan_bare(struct tool_reader *r)
{
	struct bare *b = &r->bare;
	struct str s = rest(r);
	while (b->scanned < s.n) {
		char c = s.p[b->scanned++];
		if (b->in_string) {
			b->in_string = b->is_escaped || c != '"';
			b->is_escaped = !b->is_escaped && c == '\\';
		} else if (c == '"') {
			b->in_string = true;
		} else if (c == '{') {
			b->depth++;
		} else if (c == '}' && b->depth && --b->depth == 0) {
			return b->scanned;
		}
	}
	return SIZE_MAX;
}

/* True if something was decided. */
static bool run_bare(struct tool_reader *r, struct err *e)
{
	size_t end = scan_bare(r);
	if (end == SIZE_MAX)
		return false;
	size_t open = str_find_char(rest(r), '{');
	struct str text = str_sub(rest(r), open, end);
	if (!is_call(text)) {
		r->place = IN_TEXT;
		send_words(r, end);
		return true;
	}
	note_mended(r, "a call without marks was taken as a call");
	begin_call(r, IN_CALL);
	r->is_fenced = open > 0;
	const char *why;
	buf_add(&r->raw, text);
	for (size_t i = 0; i < text.n; i++)
		if (tool_json_feed(&r->call, text.p[i], &why) == CALL_FAULT)
			return fault(r, e, why);
	r->at += end;
	return end_call(r, e);
}

/* ---- outside calls ---- */

/* Bytes at the end of s that could be the beginning of the mark. */
static size_t begun_mark(struct str s, const char *mark)
{
	if (!mark)
		return 0;
	struct str m = str_z(mark);
	for (size_t n = m.n - 1; n > 0; n--)
		if (str_ends(s, str_sub(m, 0, n)))
			return n;
	return 0;
}

static size_t find_mark(const struct tool_reader *r, const char *mark)
{
	return mark ? str_find(rest(r), str_z(mark)) : SIZE_MAX;
}

/* Sends on what cannot belong to a mark any more; blanks at the end wait for what follows them. */
static void send_decided(struct tool_reader *r)
{
	const struct tool_format *f = r->format;
	const char *const marks[] = { f->mark_open, f->mark_close, f->think_open, f->think_close,
		f->mark_open ? fence : NULL };
	struct str all = rest(r);
	size_t held = 0;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		size_t begun = begun_mark(all, marks[i]);
		held = begun > held ? begun : held;
	}
	size_t decided = utf8_whole(str_sub(all, 0, all.n - held));
	size_t blanks = trailing_blanks(str_sub(all, 0, decided));
	send_words(r, decided - blanks);
}

/* What may stand next outside a call, and what it leads to. */
struct turn {
	const char *mark;
	enum place place;
	bool is_dropped; /* a closing mark with nothing to close */
};

static void take_turn(struct tool_reader *r, size_t at, const struct turn *turn)
{
	if (turn->is_dropped) {
		note_mended(r, "a closing mark without a call was dropped");
		send_words(r, at);
		r->at += str_z(turn->mark).n;
		return;
	}
	if (turn->place == AT_CALL && r->place == IN_THOUGHT)
		note_mended(r, "a call inside an unfinished thought was taken as a call");
	pass_mark(r, at, turn->mark);
	if (turn->place == AT_CALL)
		begin_call(r, AT_CALL);
	else
		r->place = turn->place;
}

/* Whether the text begins with what no mark begins with. */
static bool begins_value(const struct tool_reader *r)
{
	struct str s = rest(r);
	return s.n && s.p[0] && strchr("{[\"-0123456789tfn", s.p[0]);
}

/* Looks through what is pending outside calls; false if more must come first. */
static bool run_outside(struct tool_reader *r)
{
	const struct tool_format *f = r->format;
	bool in_thought = r->place == IN_THOUGHT;
	const struct turn turns[] = {
		{ f->mark_open, AT_CALL, false },
		{ f->mark_close, r->place, true },
		{ in_thought ? f->think_close : NULL, IN_TEXT, false },
		{ in_thought || r->has_said ? NULL : f->think_open, IN_THOUGHT, false },
	};
	if (r->at_front)
		r->at += leading_blanks(rest(r));
	if (r->is_value && r->place == IN_TEXT && (r->has_said || begins_value(r))) {
		send_words(r, utf8_whole(rest(r)));
		return false;
	}
	const struct turn *turn = NULL;
	enum likeness likeness;
	size_t first = SIZE_MAX, bare = find_bare(r, &likeness);
	for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
		size_t at = find_mark(r, turns[i].mark);
		bool is_opener = turns[i].place == IN_THOUGHT && !in_thought;
		if (at < first && !(is_opener && at > 0)) {
			first = at;
			turn = &turns[i];
		}
	}
	if (bare < first) {
		send_words(r, bare);
		if (likeness == LIKE_CALL) {
			r->bare = (struct bare){ 0 };
			r->place = IN_BARE;
		}
		return likeness == LIKE_CALL;
	}
	if (turn)
		take_turn(r, first, turn);
	else
		send_decided(r);
	return turn != NULL;
}

/* ---- the call and its borders ---- */

/* Between the mark and the call: blanks, perhaps a fence with a word behind it. */
static bool run_before_call(struct tool_reader *r)
{
	r->at += leading_blanks(rest(r));
	struct str s = rest(r);
	if (!s.n)
		return false;
	if (s.p[0] == fence[0]) {
		enum likeness like = str_starts(str_z(fence), s) ? LIKE_BEGINNING : take_fence(&s);
		if (like == LIKE_BEGINNING)
			return false;
		if (like == LIKE_CALL && s.n < rest(r).n) {
			note_mended(r, "a call inside a fence was taken as a call");
			r->is_fenced = true;
			r->at += rest(r).n - s.n;
			return true;
		}
	}
	r->place = IN_CALL;
	return true;
}

static bool run_call(struct tool_reader *r, struct err *e)
{
	struct str s = rest(r);
	const char *why = "";
	enum call_step step = CALL_MORE;
	size_t n = 0;
	while (n < s.n && step == CALL_MORE)
		step = tool_json_feed(&r->call, s.p[n++], &why);
	buf_add(&r->raw, str_sub(s, 0, n));
	r->at += n;
	if (step == CALL_DONE)
		return end_call(r, e);
	if (step == CALL_FAULT) {
		tell_call(r);
		return fault(r, e, why);
	}
	tell_call(r);
	return false;
}

static void leave_call(struct tool_reader *r, size_t bytes)
{
	r->at += bytes;
	r->place = IN_TEXT;
	r->at_front = true;
}

/* After the call: blanks, a fence's end, the closing mark or what stands for it. */
static bool run_close(struct tool_reader *r)
{
	struct str mark = str_z(r->format->mark_close);
	r->at += leading_blanks(rest(r));
	struct str s = rest(r);
	if (!s.n)
		return false;
	if (s.p[0] == '}' || (r->is_fenced && s.p[0] == fence[0])) {
		r->at++;
	} else if (str_starts(s, mark)) {
		leave_call(r, mark.n);
	} else if (str_starts(mark, s)) {
		return false;
	} else if (str_starts(s, STR("</"))) {
		size_t end = str_find_char(s, '>');
		if (end == SIZE_MAX && s.n < STRAY_TAG_BYTES)
			return false;
		note_mended(r, "a call was closed by another mark");
		leave_call(r, end < STRAY_TAG_BYTES ? end + 1 : 0);
	} else {
		if (!r->is_fenced)
			note_mended(r, "the closing mark of a call was missing");
		leave_call(r, 0);
	}
	return true;
}

static bool run(struct tool_reader *r, struct err *e)
{
	switch (r->place) {
	case IN_TEXT:
	case IN_THOUGHT: return run_outside(r);
	case AT_CALL: return run_before_call(r);
	case IN_CALL: return run_call(r, e);
	case AT_CLOSE: return run_close(r);
	case IN_BARE: return run_bare(r, e);
	case IN_FAULT: break;
	}
	return false;
}

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

bool tool_reader_end(struct tool_reader *r, bool is_cut, struct err *e)
{
	switch (r->place) {
	case IN_FAULT: return fail(e, ERR_BAD_DATA, LAYER_PARSE, "a tool call could not be read");
	case AT_CALL:
	case IN_CALL: return is_cut || fault(r, e, "the answer ended inside it");
	case AT_CLOSE:
		if (!r->is_fenced && !is_cut)
			note_mended(r, "the closing mark of the last call was missing");
		return true;
	case IN_BARE: r->place = IN_TEXT; break;
	case IN_TEXT:
	case IN_THOUGHT: break;
	}
	send_words(r, r->pending.n);
	return true;
}

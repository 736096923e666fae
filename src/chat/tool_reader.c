/*
 * tool_reader.c - the reader for calls that are a JSON object between two marks; see tool_format.h.
 *
 * Outside calls it looks for marks and holds back what could begin one. Inside, it walks the
 * object's own level: the value of "name" is kept, the value of "arguments" (or "parameters") goes
 * out as it comes as soon as the name is known, other members are skipped. Values are not judged
 * here but only measured: brackets and strings are counted.
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

enum { NAME_MAX_BYTES = 1024 };

/* What is awaited. */
enum place {
	IN_TEXT,    /* text, a mark */
	IN_THOUGHT, /* thinking, its closing mark, the mark of a call */
	AT_OBJECT,  /* after the mark: blanks, then { */
	AT_KEY,     /* blanks, commas, then " of a key, or } */
	IN_KEY,     /* bytes of a key, up to its closing " */
	AT_COLON,   /* blanks, then : */
	AT_VALUE,   /* blanks, then the first byte of a value */
	IN_VALUE,   /* bytes of a value */
	AT_CLOSE,   /* the object is closed: blanks, then the closing mark */
	IN_FAULT,   /* cannot be read any more */
};

enum member { MEMBER_NAME, MEMBER_ARGS, MEMBER_OTHER };

struct tool_reader {
	const struct tool_format *format;
	struct trace *trace;
	struct chat_sink sink;
	uint64_t id_seed;
	enum place place;
	bool was_thinking;  /* the call began inside a thought */
	bool has_said;      /* text has gone out */
	bool at_front;      /* nothing has gone out since the last mark */
	struct buf pending; /* outside calls: bytes not sent on yet; at a close: bytes of the
			       closing mark */
	struct buf key, name, args;
	struct buf raw; /* the whole call as it came, for the error */
	enum member member;
	int depth; /* brackets open inside the value */
	bool in_string, is_escaped, is_string_value, is_scalar;
	bool has_name, has_args, is_begun;
	unsigned calls;
};

struct tool_reader *tool_reader_new(const struct tool_format *format, uint64_t id_seed,
	bool is_thinking, struct trace *t, struct chat_sink sink)
{
	struct tool_reader *r = must_calloc(1, sizeof *r);
	r->format = format;
	r->trace = t;
	r->sink = sink;
	r->id_seed = id_seed;
	r->place = is_thinking ? IN_THOUGHT : IN_TEXT;
	r->at_front = true;
	buf_init(&r->pending, LIMIT_ANSWER_BYTES);
	buf_init(&r->key, NAME_MAX_BYTES);
	buf_init(&r->name, NAME_MAX_BYTES);
	buf_init(&r->args, LIMIT_ANSWER_BYTES);
	buf_init(&r->raw, LIMIT_ANSWER_BYTES);
	return r;
}

void tool_reader_free(struct tool_reader *r)
{
	if (!r)
		return;
	buf_clear(&r->pending);
	buf_clear(&r->key);
	buf_clear(&r->name);
	buf_clear(&r->args);
	buf_clear(&r->raw);
	free(r);
}

unsigned tool_reader_calls(const struct tool_reader *r)
{
	return r->calls;
}

bool tool_reader_in_call(const struct tool_reader *r)
{
	return r->place > IN_THOUGHT;
}

/* ---- outside calls ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static size_t trailing_blanks(struct str s)
{
	size_t n = 0;
	while (n < s.n && is_blank(s.p[s.n - 1 - n]))
		n++;
	return n;
}

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

static void send_pending(struct tool_reader *r, size_t bytes)
{
	struct str piece = str_sub(buf_str(&r->pending), 0, bytes);
	if (r->place == IN_THOUGHT)
		chat_send_think(r->sink, piece);
	else
		chat_send_text(r->sink, piece);
	r->at_front = r->at_front && piece.n == 0;
	r->has_said = r->has_said || (piece.n && r->place == IN_TEXT);
	buf_drop_front(&r->pending, bytes);
}

/* What stands before the mark goes out without its trailing blanks, the mark is dropped. */
static void pass_mark(struct tool_reader *r, size_t at, const char *mark)
{
	size_t blanks = trailing_blanks(str_sub(buf_str(&r->pending), 0, at));
	send_pending(r, at - blanks);
	buf_drop_front(&r->pending, blanks + str_z(mark).n);
	r->at_front = true;
}

static size_t find_mark(struct tool_reader *r, const char *mark)
{
	return mark ? str_find(buf_str(&r->pending), str_z(mark)) : SIZE_MAX;
}

static void begin_call(struct tool_reader *r, size_t at)
{
	r->was_thinking = r->place == IN_THOUGHT;
	if (r->was_thinking)
		trace_note(r->trace, LAYER_PARSE, "mended",
			"a call inside an unfinished thought was taken as a call");
	pass_mark(r, at, r->format->mark_open);
	buf_reset(&r->name);
	buf_reset(&r->args);
	buf_reset(&r->raw);
	r->has_name = r->has_args = r->is_begun = false;
	r->place = AT_OBJECT;
}

/* Blanks at the front that nobody needs: before the first word, and after a mark. */
static void drop_leading_blanks(struct tool_reader *r)
{
	size_t n = 0;
	while (r->at_front && n < r->pending.n && is_blank(r->pending.p[n]))
		n++;
	buf_drop_front(&r->pending, n);
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Sends on what cannot belong to a mark any more; blanks at the end wait for what follows them. */
static void send_decided(struct tool_reader *r)
{
	struct str all = buf_str(&r->pending);
	size_t held = larger(begun_mark(all, r->format->mark_open),
		larger(begun_mark(all, r->format->think_open),
			begun_mark(all, r->format->think_close)));
	size_t free_bytes = utf8_whole(str_sub(all, 0, all.n - held));
	free_bytes -= trailing_blanks(str_sub(all, 0, free_bytes));
	send_pending(r, free_bytes);
}

/* Looks through what is pending outside calls. True if a call has begun: the rest of pending
 * belongs to it. */
static bool scan_outside(struct tool_reader *r)
{
	for (;;) {
		drop_leading_blanks(r);
		size_t call = find_mark(r, r->format->mark_open);
		size_t open = r->place == IN_TEXT && !r->has_said
				      ? find_mark(r, r->format->think_open)
				      : SIZE_MAX;
		size_t close =
			r->place == IN_THOUGHT ? find_mark(r, r->format->think_close) : SIZE_MAX;
		if (call < open && call < close) {
			begin_call(r, call);
			return true;
		}
		if (open == 0) {
			pass_mark(r, open, r->format->think_open);
			r->place = IN_THOUGHT;
		} else if (close != SIZE_MAX) {
			pass_mark(r, close, r->format->think_close);
			r->place = IN_TEXT;
		} else {
			send_decided(r);
			return false;
		}
	}
}

/* ---- inside a call ---- */

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

/* Sends on the arguments so far, but no half character. */
static void send_args(struct tool_reader *r)
{
	if (!r->is_begun || r->is_string_value)
		return;
	size_t whole = utf8_whole(buf_str(&r->args));
	chat_send_tool_args(r->sink, r->calls - 1, str_sub(buf_str(&r->args), 0, whole));
	buf_drop_front(&r->args, whole);
}

static void tell_begin(struct tool_reader *r)
{
	char id[TOOL_CALL_ID_CHARS + 1];
	make_call_id(r->id_seed, r->calls, id);
	chat_send_tool_begin(r->sink, r->calls, str_z(id), buf_str(&r->name));
	r->calls++;
	r->is_begun = true;
}

static enum member member_named(struct str key)
{
	if (str_eq(key, STR("name")))
		return MEMBER_NAME;
	return str_eq(key, STR("arguments")) || str_eq(key, STR("parameters")) ? MEMBER_ARGS
									       : MEMBER_OTHER;
}

/* A string with its quotes, unescaped in place. */
static bool unquote(struct buf *b)
{
	json_t *value = js_parse(buf_str(b), LAYER_PARSE, NULL);
	bool ok = json_is_string(value);
	buf_reset(b);
	if (ok)
		buf_add(b, js_text(value));
	json_decref(value);
	return ok;
}

static bool end_value(struct tool_reader *r, struct err *e)
{
	r->place = AT_KEY;
	if (r->member == MEMBER_NAME) {
		if (!r->is_string_value || !unquote(&r->name) || r->name.n == 0)
			return fault(r, e, "its name is no string");
		r->has_name = true;
		r->is_string_value = false;
		tell_begin(r);
	}
	if (r->member == MEMBER_ARGS) {
		r->has_args = true;
		if (r->is_string_value) {
			if (!unquote(&r->args))
				return fault(r, e, "its arguments are a broken string");
			trace_note(r->trace, LAYER_PARSE, "mended",
				"arguments written as a string were unpacked");
			r->is_string_value = false;
		}
	}
	if (r->has_args)
		send_args(r);
	return true;
}

/* Where the bytes of the present value go; NULL for members that nobody asked for. */
static struct buf *value_buf(struct tool_reader *r)
{
	return r->member == MEMBER_NAME ? &r->name : r->member == MEMBER_ARGS ? &r->args : NULL;
}

static bool begin_value(struct tool_reader *r, char c, struct err *e)
{
	if (is_blank(c))
		return true;
	if (c == '}' || c == ',' || c == ']')
		return fault(r, e, "a value is missing");
	struct buf *to = value_buf(r);
	r->place = IN_VALUE;
	r->is_string_value = r->in_string = c == '"';
	r->is_escaped = false;
	r->depth = c == '{' || c == '[' ? 1 : 0;
	r->is_scalar = r->depth == 0 && !r->in_string;
	if (to) {
		buf_reset(to);
		buf_add_char(to, c);
	}
	return true;
}

static bool feed_string(struct tool_reader *r, char c)
{
	if (r->is_escaped)
		r->is_escaped = false;
	else if (c == '\\')
		r->is_escaped = true;
	else if (c == '"')
		r->in_string = false;
	return !r->in_string;
}

/* A number or a word has no end of its own: what follows it belongs to the object. */
static bool ends_scalar(char c)
{
	return c == ',' || c == '}' || is_blank(c);
}

static bool feed_inside(struct tool_reader *r, char c, struct err *e);

static bool feed_value(struct tool_reader *r, char c, struct err *e)
{
	if (r->is_scalar && ends_scalar(c))
		return end_value(r, e) && feed_inside(r, c, e);
	struct buf *to = value_buf(r);
	if (to && !buf_add_char(to, c))
		return fault(r, e, "it is too long");
	if (r->in_string)
		return !feed_string(r, c) || r->depth > 0 || end_value(r, e);
	if (c == '"')
		r->in_string = true;
	else if (c == '{' || c == '[')
		r->depth++;
	else if ((c == '}' || c == ']') && --r->depth == 0)
		return end_value(r, e);
	return true;
}

static bool feed_key(struct tool_reader *r, char c, struct err *e)
{
	if (c == '"') {
		r->member = member_named(buf_str(&r->key));
		if (r->member == MEMBER_ARGS && str_eq(buf_str(&r->key), STR("parameters")))
			trace_note(r->trace, LAYER_PARSE, "mended",
				"\"parameters\" was read as \"arguments\"");
		r->place = AT_COLON;
		return true;
	}
	return buf_add_char(&r->key, c) || fault(r, e, "a key is too long");
}

/* The object is complete: a call without arguments has none, one without a name is no call. */
static bool end_object(struct tool_reader *r, struct err *e)
{
	if (!r->has_name)
		return fault(r, e, "it has no name");
	if (!r->has_args)
		buf_add_z(&r->args, "{}");
	send_args(r);
	r->place = AT_CLOSE;
	buf_reset(&r->pending);
	return true;
}

static void end_call(struct tool_reader *r)
{
	chat_send_tool_end(r->sink, r->calls - 1);
	buf_reset(&r->pending);
	r->place = IN_TEXT;
	r->at_front = true;
	r->is_begun = false;
}

static bool feed_close(struct tool_reader *r, char c, struct err *e)
{
	struct str mark = str_z(r->format->mark_close);
	if (r->pending.n == 0 && is_blank(c))
		return true;
	buf_add_char(&r->pending, c);
	if (!str_starts(mark, buf_str(&r->pending)))
		return fault(r, e, "something else stands where it should be closed");
	if (r->pending.n == mark.n)
		end_call(r);
	return true;
}

static bool feed_inside(struct tool_reader *r, char c, struct err *e)
{
	switch (r->place) {
	case AT_OBJECT:
		if (c == '{')
			r->place = AT_KEY;
		return c == '{' || is_blank(c) || fault(r, e, "it is no JSON object");
	case AT_KEY:
		if (c == '}')
			return end_object(r, e);
		if (c == '"') {
			buf_reset(&r->key);
			r->place = IN_KEY;
		}
		return c == '"' || c == ',' || is_blank(c) ||
		       fault(r, e, "a key should stand there");
	case IN_KEY: return feed_key(r, c, e);
	case AT_COLON:
		if (c == ':')
			r->place = AT_VALUE;
		return c == ':' || is_blank(c) || fault(r, e, "a colon is missing");
	case AT_VALUE: return begin_value(r, c, e);
	case IN_VALUE: return feed_value(r, c, e);
	case AT_CLOSE: return feed_close(r, c, e);
	case IN_TEXT:
	case IN_THOUGHT:
	case IN_FAULT: break;
	}
	MUST(!"inside a call");
	return false;
}

bool tool_reader_feed(struct tool_reader *r, struct str bytes, struct err *e)
{
	while (bytes.n) {
		if (r->place == IN_FAULT)
			return fail(e, ERR_BAD_DATA, LAYER_PARSE,
				"an earlier tool call could not be read");
		if (r->place > IN_THOUGHT) {
			buf_add_char(&r->raw, bytes.p[0]);
			if (!feed_inside(r, bytes.p[0], e))
				return false;
			bytes = str_from(bytes, 1);
			continue;
		}
		if (!buf_add(&r->pending, bytes))
			return fail(e, ERR_TOO_BIG, LAYER_PARSE, "the answer is over %zu bytes",
				(size_t)LIMIT_ANSWER_BYTES);
		if (!scan_outside(r))
			break;
		/* What is pending belongs to the call: it is fed again, from a buffer of its own.
		 */
		struct buf rest = r->pending;
		buf_init(&r->pending, LIMIT_ANSWER_BYTES);
		bool ok = tool_reader_feed(r, buf_str(&rest), e);
		buf_clear(&rest);
		return ok;
	}
	if (r->place == IN_VALUE && r->member == MEMBER_ARGS)
		send_args(r);
	return true;
}

bool tool_reader_end(struct tool_reader *r, bool is_cut, struct err *e)
{
	if (r->place == IN_FAULT)
		return fail(e, ERR_BAD_DATA, LAYER_PARSE, "a tool call could not be read");
	if (r->place == AT_CLOSE) {
		trace_note(r->trace, LAYER_PARSE, "mended",
			"the closing mark of the last call was missing");
		end_call(r);
		return true;
	}
	if (r->place > IN_THOUGHT)
		return is_cut || fault(r, e, "the answer ended inside it");
	send_pending(r, r->pending.n);
	return true;
}

/*
 * tool_raw.c - the machine for a name and raw parameters; see tool_raw.h.
 *
 * Inside a value only `<` can begin anything. What stands before the first one that is undecided
 * goes out; the rest waits. `end` is a closing tag behind which the call was closed too: it stands
 * until a later closing tag shows that the value went on.
 *
 * Layer: parse.
 */
#include "chat/tool_raw.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "chat/tool_text.h"

enum {
	KEY_MAX_BYTES = 1024,
	HEAD_MAX_BYTES = 2048,
	GIVEN_MAX_BYTES = 256 * 1024,
	AROUND_MAX_BYTES = 64 /* of tags around an object in place of parameters */
};

/* What is awaited. */
enum place {
	AT_HEAD,  /* what stands before the name, and the name */
	AT_PARAM, /* a parameter, or the end of the call */
	IN_KEY,
	AT_VALUE, /* one line's end, if the row has one there, or what opens a block */
	IN_VALUE,
	IN_BLOCK,
	IN_JSON,     /* an object in place of parameters */
	AT_JSON_END, /* what closes the tag that it stood in */
};

/* What a step of a place did. */
enum progress { WAITS, WENT_ON, IS_OVER, IS_WRONG };

/* A view of what is pending, for one step. */
struct look {
	struct tool_call *c;
	const struct tool_format *f;
	struct str s;
	bool is_end;
	size_t n; /* taken */
};

void tool_raw_init(struct tool_raw *m)
{
	*m = (struct tool_raw){ .place = AT_HEAD };
	buf_init(&m->key, KEY_MAX_BYTES);
	buf_init(&m->given, GIVEN_MAX_BYTES);
	buf_init(&m->value, LIMIT_ANSWER_BYTES);
}

void tool_raw_clear(struct tool_raw *m)
{
	buf_clear(&m->key);
	buf_clear(&m->given);
	buf_clear(&m->value);
}

void tool_raw_begin(struct tool_raw *m)
{
	m->place = AT_HEAD;
	buf_reset(&m->given);
}

static enum progress wrong(struct look *l, const char *why)
{
	tool_call_fault(l->c, why);
	return IS_WRONG;
}

/* ---- the texts of the row ---- */

/* What stands directly before the name: <function=, <invoke name=", or the call's own mark. */
static struct str call_tag(const struct tool_format *f)
{
	return tool_text_last(f->call_open);
}

/* The first tag that closes a call: </function> of "</function>\n</tool_call>". */
static struct str call_end(const struct tool_format *f)
{
	struct str text = str_trim(str_z(f->call_close));
	size_t line = str_find_char(text, '\n');
	return str_trim(str_sub(text, 0, line));
}

static bool has_call(struct str s, struct str mark)
{
	return mark.n && tool_mark_at(mark, s) == LIKE_WHOLE;
}

/* Whether s begins with one of the texts, blanks aside; *used: up to its end. */
static enum likeness at_any(struct str s, const struct str *texts, size_t count, size_t *used)
{
	enum likeness like = LIKE_NOTHING;
	size_t blanks = tool_blanks(s);
	s = str_from(s, blanks);
	*used = 0;
	for (size_t i = 0; i < count; i++) {
		enum likeness one = texts[i].n ? tool_mark_at(texts[i], s) : LIKE_NOTHING;
		if (one == LIKE_WHOLE && blanks + texts[i].n > *used) {
			*used = blanks + texts[i].n;
			like = LIKE_WHOLE;
		} else if (one == LIKE_BEGINNING && like == LIKE_NOTHING) {
			like = LIKE_BEGINNING;
		}
	}
	return like;
}

/* The end of the call, or of all calls where the call was not closed itself. */
static enum likeness at_call_end(const struct look *l, struct str s, size_t *used)
{
	const struct str ends[] = { call_end(l->f), str_z(l->f->mark_close) };
	return at_any(s, ends, 2, used);
}

static enum likeness at_call(const struct look *l, struct str s)
{
	const struct str opens[] = { call_tag(l->f), str_z(l->f->mark_open),
		str_z(l->f->mark_also) };
	size_t used;
	return at_any(s, opens, 3, &used);
}

/* ---- the head ---- */

/* The head is not as the row has it: up to its last letters, if they stand on the same line. */
static enum likeness skip_head(const struct look *l, struct str rest, size_t *used)
{
	rest = str_sub(rest, 0, HEAD_MAX_BYTES);
	size_t line = str_find_char(rest, '\n');
	struct str last = tool_text_last(l->f->before_args);
	size_t at = last.n ? str_find(str_sub(rest, 0, line), last) : SIZE_MAX;
	*used = at == SIZE_MAX ? 0 : at + last.n;
	if (at == SIZE_MAX && line == SIZE_MAX && rest.n < HEAD_MAX_BYTES && !l->is_end)
		return LIKE_BEGINNING;
	tool_call_mended(l->c, TOOL_MENDED_HEAD);
	return LIKE_WHOLE;
}

static enum progress take_head(struct tool_raw *m, struct look *l)
{
	struct str s = l->s, tag = call_tag(l->f);
	size_t used, at = tool_blanks(s);
	const struct str opens[] = { str_z(l->f->mark_open), tag };
	/* The section's mark was taken by the reader; the call's own may follow it. */
	for (int i = 0; i < 2; i++) {
		enum likeness like = at_any(str_from(s, at), &opens[i], 1, &used);
		if (like == LIKE_BEGINNING && !l->is_end)
			return WAITS;
		if (like == LIKE_WHOLE)
			at += used;
	}
	at += tool_blanks(str_from(s, at));
	size_t n = tool_called_bytes(l->c->offered, str_from(s, at));
	if (at + n > HEAD_MAX_BYTES)
		return wrong(l, "its name is too long");
	if (at + n == s.n && !l->is_end)
		return WAITS;
	struct str name = str_sub(s, at, at + n), rest = str_from(s, at + n);
	enum likeness like = tool_text_at(l->f->before_args, rest, NULL, &used);
	if (like == LIKE_BEGINNING && !l->is_end && rest.n < HEAD_MAX_BYTES)
		return WAITS;
	if (like != LIKE_WHOLE && skip_head(l, rest, &used) == LIKE_BEGINNING)
		return WAITS;
	if (!tool_call_name(l->c, name))
		return wrong(l, "it has no name");
	l->n += at + n + used;
	m->place = AT_PARAM;
	return WENT_ON;
}

/* ---- between parameters ---- */

static bool is_given(const struct tool_raw *m, struct str key)
{
	struct str rest = buf_str(&m->given), one;
	while (rest.n && str_cut(&rest, '\n', &one))
		if (str_eq(one, key))
			return true;
	return false;
}

static enum progress end_params(struct look *l, size_t used)
{
	tool_args_end(l->c);
	l->n += used;
	return IS_OVER;
}

/* Bytes of tags in front of an object in place of parameters: <arguments>{…}</arguments>, and what
 * Kimi K3 has for arguments that came as a string. */
static enum likeness at_object(const struct look *l, struct str s, size_t *used)
{
	struct str near = str_sub(s, 0, AROUND_MAX_BYTES);
	size_t at = str_find_char(near, '{');
	*used = at;
	if (l->c->has_members || !s.n || (s.p[0] != '{' && s.p[0] != '<'))
		return LIKE_NOTHING;
	if (at == SIZE_MAX)
		return near.n < AROUND_MAX_BYTES && !l->is_end ? LIKE_BEGINNING : LIKE_NOTHING;
	struct str before = str_trim(str_sub(s, 0, at));
	return !before.n || str_ends(before, STR(">")) ? LIKE_WHOLE : LIKE_NOTHING;
}

static enum progress take_param(struct tool_raw *m, struct look *l)
{
	struct str s = l->s, open = tool_text_first(l->f->param_open),
		   close = tool_text_first(l->f->param_close);
	size_t used;
	enum likeness opens = at_any(s, &open, 1, &used);
	if (opens == LIKE_WHOLE) {
		l->n += used;
		m->place = IN_KEY;
		return WENT_ON;
	}
	enum likeness ends = at_call_end(l, s, &used);
	if (ends == LIKE_WHOLE)
		return end_params(l, used);
	enum likeness closes = at_any(s, &close, 1, &used);
	if (closes == LIKE_WHOLE) {
		tool_call_mended(l->c, TOOL_MENDED_DOUBLED);
		l->n += used;
		return WENT_ON;
	}
	enum likeness next = at_call(l, s);
	bool is_begun = opens == LIKE_BEGINNING || ends == LIKE_BEGINNING ||
			closes == LIKE_BEGINNING || next == LIKE_BEGINNING;
	size_t blanks = tool_blanks(s);
	bool is_all = blanks == s.n;
	if ((is_begun || is_all) && !l->is_end)
		return WAITS;
	if (next == LIKE_WHOLE || is_all) {
		tool_call_mended(l->c, TOOL_MENDED_MISSING);
		return end_params(l, 0);
	}
	enum likeness object = at_object(l, str_from(s, blanks), &used);
	if (object == LIKE_BEGINNING)
		return WAITS;
	if (object == LIKE_NOTHING)
		return wrong(l, "a parameter should stand there");
	tool_call_mended(l->c, TOOL_MENDED_HEAD);
	json_mend_init(&m->mend);
	m->is_tagged = used > 0;
	l->n += blanks + used;
	m->place = IN_JSON;
	return WENT_ON;
}

static enum progress take_json(struct tool_raw *m, struct look *l)
{
	for (size_t i = 0; i < l->s.n; i++) {
		l->n++;
		if (!json_mend_feed(&m->mend, l->s.p[i], &l->c->args, &l->c->why))
			return IS_WRONG;
		if (json_mend_is_done(&m->mend)) {
			l->c->json_mends |= m->mend.mended;
			m->place = AT_JSON_END;
			return m->is_tagged ? WENT_ON : IS_OVER;
		}
	}
	return WAITS;
}

static enum progress take_json_end(struct look *l)
{
	struct str near = str_sub(l->s, 0, AROUND_MAX_BYTES);
	for (size_t i = 0; i <= near.n; i++) {
		size_t used;
		enum likeness like = at_call_end(l, str_from(l->s, i), &used);
		bool is_open = like == LIKE_BEGINNING || i == l->s.n;
		if (is_open && !l->is_end)
			return WAITS;
		if (like != LIKE_WHOLE)
			continue;
		l->n += i + used;
		return IS_OVER;
	}
	return IS_OVER;
}

/* ---- keys ---- */

/* The key and what stands between it and the value: DSML and Kimi K3 say the type there. */
static enum likeness read_key(const struct tool_format *f, struct str s, struct str *key,
	struct tool_holes *holes, size_t *used)
{
	struct str stop = tool_text_first(f->after_key);
	size_t end = str_find(str_sub(s, 0, KEY_MAX_BYTES + stop.n), str_sub(stop, 0, 1));
	*holes = (struct tool_holes){ .key = { NULL, 0 } };
	if (end == SIZE_MAX)
		return s.n < KEY_MAX_BYTES ? LIKE_BEGINNING : LIKE_NOTHING;
	*key = str_trim(str_sub(s, 0, end));
	enum likeness like = tool_text_at(f->after_key, str_from(s, end), holes, used);
	*used += end;
	return like;
}

static unsigned types_said(const struct tool_call *c, struct str key, const struct tool_holes *h)
{
	bool is_said = h->type.n || h->is_string.n;
	bool is_string = str_eq(h->type, STR("string")) || str_eq(h->is_string, STR("true"));
	if (is_said)
		return is_string ? TOOL_TYPE_STRING : TOOL_TYPE_ANY & ~(unsigned)TOOL_TYPE_STRING;
	return tool_types(c, tool_param(c, key));
}

static void begin_value(struct tool_raw *m, struct look *l, struct str key, unsigned types)
{
	buf_reset(&m->key);
	buf_add(&m->key, key);
	buf_add(&m->given, key);
	buf_add_char(&m->given, '\n');
	buf_reset(&m->value);
	m->types = types;
	m->is_streaming = types == TOOL_TYPE_STRING;
	m->last = '\n';
	m->calls_within = m->params_within = 0;
	m->seen = m->end = m->end_after = 0;
	m->place = AT_VALUE;
	tool_args_key(l->c, key);
	if (m->is_streaming)
		buf_add_char(&l->c->args, '"');
}

static enum progress take_key(struct tool_raw *m, struct look *l)
{
	struct str key = { NULL, 0 };
	struct tool_holes holes;
	size_t used = 0;
	enum likeness like = read_key(l->f, l->s, &key, &holes, &used);
	if (like == LIKE_BEGINNING && !l->is_end)
		return WAITS;
	if (like != LIKE_WHOLE) {
		/* `<parameter name="k">` without the flag that should follow it. */
		bool has_flag = tool_text_first(l->f->after_key).n < strlen(l->f->after_key) - 1;
		size_t end = key.n && has_flag ? str_find_char(l->s, '>') : 0;
		if (end == SIZE_MAX && l->s.n < HEAD_MAX_BYTES && !l->is_end)
			return WAITS;
		if (!end || end > HEAD_MAX_BYTES)
			return wrong(l, "a parameter has no name");
		tool_call_mended(l->c, TOOL_MENDED_HEAD);
		holes = (struct tool_holes){ .key = { NULL, 0 } };
		used = end + 1;
	}
	if (!key.n)
		return wrong(l, "a parameter has no name");
	if (is_given(m, key))
		return wrong(l, "it has a parameter twice");
	begin_value(m, l, key, types_said(l->c, key, &holes));
	l->n += used;
	return WENT_ON;
}

/* What opens a block: what is in it is a string, whatever it looks like. */
static bool take_block_open(struct tool_raw *m, struct look *l, bool *waits)
{
	struct str open = str_z(l->f->wrap_open);
	enum likeness like = open.n ? tool_mark_at(open, l->s) : LIKE_NOTHING;
	*waits = like == LIKE_BEGINNING && !l->is_end;
	if (like != LIKE_WHOLE)
		return false;
	m->types = m->types & TOOL_TYPE_STRING ? TOOL_TYPE_STRING : m->types;
	l->n += open.n;
	m->place = IN_BLOCK;
	return true;
}

static enum progress take_line_end(struct tool_raw *m, struct look *l)
{
	bool waits;
	if (take_block_open(m, l, &waits))
		return WENT_ON;
	if (waits)
		return WAITS;
	bool has_line = str_ends(str_z(l->f->after_key), STR("\n"));
	if (has_line && !l->s.n && !l->is_end)
		return WAITS;
	if (has_line && l->s.n && l->s.p[0] == '\n')
		l->n++;
	m->place = IN_VALUE;
	return WENT_ON;
}

/* ---- values ---- */

/* Bytes of the value go out, or wait for its end. */
static void keep(struct tool_raw *m, struct tool_call *c, struct str bytes)
{
	if (bytes.n)
		m->last = bytes.p[bytes.n - 1];
	if (m->is_streaming)
		tool_args_piece(c, bytes);
	else
		buf_add(&m->value, bytes);
}

/* The value ends with the first `n` bytes of what is pending. */
static void end_value(struct tool_raw *m, struct look *l, size_t n)
{
	struct str last = str_sub(l->s, 0, n);
	bool has_line = str_starts(str_z(l->f->param_close), STR("\n"));
	if (has_line && str_ends(last, STR("\n")))
		last.n--;
	keep(m, l->c, last);
	if (m->is_streaming)
		buf_add_char(&l->c->args, '"');
	else
		tool_args_bare(l->c, m->types, buf_str(&m->value));
	m->place = AT_PARAM;
}

/* What a closing tag of a value is, by what stands behind it. */
enum closer {
	CLOSER_OPEN, /* not decided yet */
	CLOSER_ENDS, /* it ends the value */
	CLOSER_ENDS_ALL /* and the call, unless a later one does */,
	CLOSER_WITHIN, /* it belongs to the value */
};

/* A parameter follows: one of the tool's that was not given, or any if nothing is known. */
static enum closer judge_param(const struct tool_raw *m, const struct look *l, struct str s)
{
	struct str key = { NULL, 0 };
	struct tool_holes holes;
	size_t used = 0;
	enum likeness like = read_key(l->f, s, &key, &holes, &used);
	if (like == LIKE_BEGINNING && !l->is_end)
		return CLOSER_OPEN;
	if (!key.n)
		return CLOSER_WITHIN;
	bool is_known = tool_has_param(l->c, key) && !is_given(m, key);
	bool is_within = m->calls_within > 0 || m->params_within > 0;
	return is_known || !is_within ? CLOSER_ENDS : CLOSER_WITHIN;
}

/* Judges the closing tag that ends where s begins; *after: where the call ended, from there. */
static enum closer judge(
	const struct tool_raw *m, const struct look *l, struct str s, size_t *after)
{
	struct str open = tool_text_first(l->f->param_open),
		   close = tool_text_first(l->f->param_close);
	size_t used, at = 0;
	*after = 0;
	/* The same tag once more: either doubled, or the value's own and then its end. */
	while (at_any(str_from(s, at), &close, 1, &used) == LIKE_WHOLE) {
		if (m->params_within > 0)
			return CLOSER_WITHIN;
		at += used;
	}
	s = str_from(s, at);
	enum likeness opens = at_any(s, &open, 1, &used);
	if (opens == LIKE_WHOLE)
		return judge_param(m, l, str_from(s, used));
	enum likeness ends = at_call_end(l, s, &used);
	if (ends == LIKE_WHOLE) {
		*after = at + used;
		return m->calls_within > 0 ? CLOSER_WITHIN : CLOSER_ENDS_ALL;
	}
	enum likeness next = at_call(l, s);
	enum likeness more = at_any(s, &close, 1, &used);
	bool is_open = opens == LIKE_BEGINNING || ends == LIKE_BEGINNING ||
		       next == LIKE_BEGINNING || more == LIKE_BEGINNING || tool_blanks(s) == s.n;
	if (is_open)
		return l->is_end ? CLOSER_ENDS : CLOSER_OPEN;
	return next == LIKE_WHOLE && !m->calls_within ? CLOSER_ENDS : CLOSER_WITHIN;
}

/* What stands at a `<` inside a value. */
enum found {
	FOUND_NOTHING,
	FOUND_OPEN, /* not decided yet */
	FOUND_CLOSER,
	FOUND_CALL,     /* the value opens a call, or the next one begins */
	FOUND_CALL_END, /* a call is closed, but not its last value */
	FOUND_ALL_END,  /* all calls are */
	FOUND_PARAM,
	FOUND_INNER, /* the value opens what looks like one */
};

/* What opens what a closing tag closes, whatever follows: <parameter of </parameter>. */
static enum found opens_alike(const struct look *l, struct str s)
{
	struct str close = tool_text_first(l->f->param_close);
	if (!str_starts(close, STR("</")) || !str_starts(s, STR("<")))
		return FOUND_NOTHING;
	struct str name = str_sub(close, 2, close.n - 1);
	enum likeness like = tool_mark_at(name, str_from(s, 1));
	return like == LIKE_WHOLE       ? FOUND_INNER
	       : like == LIKE_BEGINNING ? FOUND_OPEN
					: FOUND_NOTHING;
}

static enum found find_at(const struct look *l, struct str s)
{
	const struct {
		struct str text;
		enum found found;
	} rows[] = {
		{ tool_text_first(l->f->param_close), FOUND_CLOSER },
		{ tool_text_first(l->f->param_open), FOUND_PARAM },
		{ call_end(l->f), FOUND_CALL_END },
		{ str_z(l->f->mark_close), FOUND_ALL_END },
		{ call_tag(l->f), FOUND_CALL },
		{ str_z(l->f->mark_open), FOUND_CALL },
	};
	enum found found = FOUND_NOTHING;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		enum likeness like = rows[i].text.n ? tool_mark_at(rows[i].text, s) : LIKE_NOTHING;
		if (like == LIKE_WHOLE)
			return rows[i].found;
		if (like == LIKE_BEGINNING)
			found = FOUND_OPEN;
	}
	return found == FOUND_NOTHING ? opens_alike(l, s) : found;
}

/* The call ended at `end`; the answer, or the next call, shows that nothing came later. */
static enum progress end_all(struct tool_raw *m, struct look *l)
{
	size_t end = m->end, after = m->end_after, used;
	struct str close = tool_text_first(l->f->param_close);
	struct str behind = str_sub(l->s, end + close.n, after);
	if (m->is_unclosed)
		tool_call_mended(l->c, TOOL_MENDED_MISSING);
	else if (at_any(behind, &close, 1, &used) == LIKE_WHOLE)
		tool_call_mended(l->c, TOOL_MENDED_DOUBLED);
	end_value(m, l, end);
	return end_params(l, after);
}

/* A call is closed whose last value was not: it ends there if no closing tag comes any more. */
static void see_unclosed_end(struct tool_raw *m, const struct look *l, size_t at)
{
	size_t used = 0, last = m->end_after;
	bool is_same = last && tool_blanks(str_sub(l->s, last, at)) == at - last;
	if (m->end_after && !m->is_unclosed)
		return;
	at_call_end(l, str_from(l->s, at), &used);
	m->is_unclosed = true;
	m->end = is_same ? m->end : at;
	m->end_after = at + used;
}

/* Behind its parameter's closing tag the value is over. */
static enum progress end_one(struct tool_raw *m, struct look *l, size_t at)
{
	end_value(m, l, at);
	l->n += at + tool_text_first(l->f->param_close).n;
	return WENT_ON;
}

/* A parameter's opening tag without the closing one before it: the value ends there if the tool has
 * this parameter and it was not given. */
static enum closer judge_missing(
	const struct tool_raw *m, const struct look *l, struct str s, size_t at)
{
	char before = at ? l->s.p[at - 1] : m->last;
	bool is_line = before == '\n' || before == '>';
	struct str key = { NULL, 0 }, tag = tool_text_first(l->f->param_open);
	struct tool_holes holes;
	size_t used = 0;
	if (!is_line || m->calls_within || !tool_has_params(l->c))
		return CLOSER_WITHIN;
	enum likeness like = read_key(l->f, str_from(s, tag.n), &key, &holes, &used);
	if (like == LIKE_BEGINNING && !l->is_end)
		return CLOSER_OPEN;
	return tool_has_param(l->c, key) && !is_given(m, key) ? CLOSER_ENDS : CLOSER_WITHIN;
}

static enum progress take_missing(struct tool_raw *m, struct look *l, size_t at)
{
	tool_call_mended(l->c, TOOL_MENDED_MISSING);
	end_value(m, l, at);
	l->n += at;
	return WENT_ON;
}

/* What stands at `at` was seen for the first time. WAITS: nothing more can be decided. */
static enum progress look_at(struct tool_raw *m, struct look *l, size_t at, bool *stops)
{
	struct str s = str_from(l->s, at);
	struct str close = tool_text_first(l->f->param_close);
	size_t after = 0;
	enum found found = find_at(l, s);
	if (found == FOUND_OPEN && !l->is_end) {
		m->seen = at;
		*stops = true;
		return WAITS;
	}
	m->seen = at + 1;
	if (found == FOUND_CALL && m->end_after && !m->is_unclosed)
		return end_all(m, l);
	if (found == FOUND_CALL && (call_tag(l->f).n == 0 || has_call(s, call_tag(l->f))))
		m->calls_within++;
	bool is_end = found == FOUND_CALL_END || found == FOUND_ALL_END;
	if (found == FOUND_CALL_END && m->calls_within)
		m->calls_within--;
	else if (is_end && !m->calls_within)
		see_unclosed_end(m, l, at);
	m->params_within += found == FOUND_INNER;
	if (found != FOUND_CLOSER && found != FOUND_PARAM)
		return WAITS;
	if (found == FOUND_PARAM) {
		enum closer missing = judge_missing(m, l, s, at);
		if (missing == CLOSER_ENDS && !m->end_after)
			return take_missing(m, l, at);
		*stops = missing == CLOSER_OPEN;
		m->seen = *stops ? at : m->seen;
		m->params_within += !*stops;
		return WAITS;
	}
	switch (judge(m, l, str_from(s, close.n), &after)) {
	case CLOSER_OPEN:
		m->seen = at;
		*stops = true;
		return WAITS;
	case CLOSER_ENDS: return end_one(m, l, at);
	case CLOSER_ENDS_ALL:
		m->is_unclosed = false;
		m->end = at;
		m->end_after = at + close.n + after;
		m->seen = m->end_after;
		return WAITS;
	case CLOSER_WITHIN: break;
	}
	m->params_within -= m->params_within > 0;
	m->end = m->end_after = 0;
	return WAITS;
}

/* Sends on what cannot belong to an end any more. */
static void pass_on(struct tool_raw *m, struct look *l, size_t decided)
{
	if (m->end_after && m->end < decided)
		decided = m->end;
	while (decided > 0 && tool_is_blank(l->s.p[decided - 1]))
		decided--;
	decided = utf8_whole(str_sub(l->s, 0, decided));
	keep(m, l->c, str_sub(l->s, 0, decided));
	l->n += decided;
	m->seen -= decided;
	if (m->end_after) {
		m->end -= decided;
		m->end_after -= decided;
	}
}

/* Nothing follows: the last end that was seen is the one. */
static enum progress end_of_answer(struct tool_raw *m, struct look *l)
{
	return m->end_after ? end_all(m, l) : wrong(l, "the answer ended inside a value");
}

static enum progress take_value(struct tool_raw *m, struct look *l)
{
	size_t decided = l->s.n;
	bool stops = false;
	while (m->seen < l->s.n && !stops) {
		size_t at = str_find_char(str_from(l->s, m->seen), '<');
		if (at == SIZE_MAX) {
			m->seen = l->s.n;
			break;
		}
		at += m->seen;
		enum progress p = look_at(m, l, at, &stops);
		if (p != WAITS)
			return p;
		if (stops)
			decided = at;
	}
	if (l->is_end)
		return end_of_answer(m, l);
	pass_on(m, l, decided);
	return WAITS;
}

/* ---- blocks ---- */

static enum progress take_block(struct tool_raw *m, struct look *l)
{
	struct buf end;
	buf_init(&end, HEAD_MAX_BYTES);
	buf_add_z(&end, l->f->wrap_close);
	buf_add(&end, tool_text_first(l->f->param_close));
	size_t at = str_find(l->s, buf_str(&end)), size = end.n;
	buf_clear(&end);
	if (at != SIZE_MAX) {
		end_value(m, l, at);
		l->n += at + size;
		return WENT_ON;
	}
	if (l->is_end)
		return wrong(l, "the answer ended inside a value");
	size_t decided = utf8_whole(str_sub(l->s, 0, l->s.n < size ? 0 : l->s.n - size + 1));
	keep(m, l->c, str_sub(l->s, 0, decided));
	l->n += decided;
	return WAITS;
}

/* ---- all ---- */

static enum progress step(struct tool_raw *m, struct look *l)
{
	switch (m->place) {
	case AT_HEAD: return take_head(m, l);
	case AT_PARAM: return take_param(m, l);
	case IN_KEY: return take_key(m, l);
	case AT_VALUE: return take_line_end(m, l);
	case IN_VALUE: return take_value(m, l);
	case IN_BLOCK: return take_block(m, l);
	case AT_JSON_END: return take_json_end(l);
	default: return take_json(m, l);
	}
}

enum call_step tool_raw_take(
	struct tool_raw *m, struct tool_call *c, struct str s, bool is_end, size_t *taken)
{
	enum progress p = WENT_ON;
	*taken = 0;
	while (p == WENT_ON) {
		struct look l = { c, c->format, str_from(s, *taken), is_end, 0 };
		p = step(m, &l);
		*taken += l.n;
		if (c->args.overflow || m->value.overflow)
			return tool_call_fault(c, "its arguments are too long");
	}
	return p == IS_OVER ? CALL_DONE : p == IS_WRONG ? CALL_FAULT : CALL_MORE;
}

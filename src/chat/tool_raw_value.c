/*
 * tool_raw_value.c - where a raw value ends; see tool_raw.h.
 *
 * Inside a value only `<` can begin anything. What stands before the first one that is undecided
 * goes out; the rest waits. `end` is a closing tag behind which the call was closed too: it stands
 * until a later closing tag shows that the value went on.
 *
 * Layer: parse.
 */
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "chat/tool_raw_int.h"

static bool has_call(struct str s, struct str mark)
{
	return mark.n && tool_mark_at(mark, s) == LIKE_WHOLE;
}

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
static void end_value(struct tool_raw *m, struct raw_look *l, size_t n)
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
static enum closer judge_param(const struct tool_raw *m, const struct raw_look *l, struct str s)
{
	struct str key = { NULL, 0 };
	struct tool_holes holes;
	size_t used = 0;
	enum likeness like = raw_read_key(l->f, s, &key, &holes, &used);
	if (like == LIKE_BEGINNING && !l->is_end)
		return CLOSER_OPEN;
	if (!key.n)
		return CLOSER_WITHIN;
	bool is_known = tool_has_param(l->c, key) && !raw_is_given(m, key);
	bool is_within = m->calls_within > 0 || m->params_within > 0;
	return is_known || !is_within ? CLOSER_ENDS : CLOSER_WITHIN;
}

/* Judges the closing tag that ends where s begins; *after: where the call ended, from there. */
static enum closer judge(
	const struct tool_raw *m, const struct raw_look *l, struct str s, size_t *after)
{
	struct str open = tool_text_first(l->f->param_open),
		   close = tool_text_first(l->f->param_close);
	size_t used, at = 0;
	*after = 0;
	/* The same tag once more: either doubled, or the value's own and then its end. */
	while (raw_at_any(str_from(s, at), &close, 1, &used) == LIKE_WHOLE) {
		if (m->params_within > 0 || l->c->is_guided)
			return CLOSER_WITHIN;
		at += used;
	}
	s = str_from(s, at);
	enum likeness opens = raw_at_any(s, &open, 1, &used);
	if (opens == LIKE_WHOLE)
		return judge_param(m, l, str_from(s, used));
	enum likeness ends = raw_at_call_end(l, s, &used);
	if (ends == LIKE_WHOLE) {
		*after = at + used;
		return m->calls_within > 0 ? CLOSER_WITHIN : CLOSER_ENDS_ALL;
	}
	enum likeness next = raw_at_call(l, s);
	enum likeness more = raw_at_any(s, &close, 1, &used);
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
static enum found opens_alike(const struct raw_look *l, struct str s)
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

static enum found find_at(const struct raw_look *l, struct str s)
{
	const struct {
		struct str text;
		enum found found;
	} rows[] = {
		{ tool_text_first(l->f->param_close), FOUND_CLOSER },
		{ tool_text_first(l->f->param_open), FOUND_PARAM },
		{ raw_call_end(l->f), FOUND_CALL_END },
		{ str_z(l->f->mark_close), FOUND_ALL_END },
		{ raw_call_tag(l->f), FOUND_CALL },
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
static enum raw_progress end_all(struct tool_raw *m, struct raw_look *l)
{
	size_t end = m->end, after = m->end_after, used;
	struct str close = tool_text_first(l->f->param_close);
	struct str behind = str_sub(l->s, end + close.n, after);
	if (m->is_unclosed)
		tool_call_mended(l->c, TOOL_MENDED_MISSING);
	else if (raw_at_any(behind, &close, 1, &used) == LIKE_WHOLE)
		tool_call_mended(l->c, TOOL_MENDED_DOUBLED);
	end_value(m, l, end);
	return raw_end_params(l, after);
}

/* A call is closed whose last value was not: it ends there if no closing tag comes any more. */
static void see_unclosed_end(struct tool_raw *m, const struct raw_look *l, size_t at)
{
	size_t used = 0, last = m->end_after;
	bool is_same = last && tool_blanks(str_sub(l->s, last, at)) == at - last;
	if (m->end_after && !m->is_unclosed)
		return;
	raw_at_call_end(l, str_from(l->s, at), &used);
	m->is_unclosed = true;
	m->end = is_same ? m->end : at;
	m->end_after = at + used;
}

/* Behind its parameter's closing tag the value is over. */
static enum raw_progress end_one(struct tool_raw *m, struct raw_look *l, size_t at)
{
	end_value(m, l, at);
	l->n += at + tool_text_first(l->f->param_close).n;
	return WENT_ON;
}

/* A parameter's opening tag without the closing one before it: the value ends there if the tool has
 * this parameter and it was not given. */
static enum closer judge_missing(
	const struct tool_raw *m, const struct raw_look *l, struct str s, size_t at)
{
	char before = at ? l->s.p[at - 1] : m->last;
	bool is_line = before == '\n' || before == '>';
	struct str key = { NULL, 0 }, tag = tool_text_first(l->f->param_open);
	struct tool_holes holes;
	size_t used = 0;
	if (!is_line || m->calls_within || !tool_has_params(l->c))
		return CLOSER_WITHIN;
	enum likeness like = raw_read_key(l->f, str_from(s, tag.n), &key, &holes, &used);
	if (like == LIKE_BEGINNING && !l->is_end)
		return CLOSER_OPEN;
	return tool_has_param(l->c, key) && !raw_is_given(m, key) ? CLOSER_ENDS : CLOSER_WITHIN;
}

static enum raw_progress take_missing(struct tool_raw *m, struct raw_look *l, size_t at)
{
	tool_call_mended(l->c, TOOL_MENDED_MISSING);
	end_value(m, l, at);
	l->n += at;
	return WENT_ON;
}

/* What stands at `at` was seen for the first time. WAITS: nothing more can be decided. */
static enum raw_progress look_at(struct tool_raw *m, struct raw_look *l, size_t at, bool *stops)
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
	if (found == FOUND_CALL && (raw_call_tag(l->f).n == 0 || has_call(s, raw_call_tag(l->f))))
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
static void pass_on(struct tool_raw *m, struct raw_look *l, size_t decided)
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
static enum raw_progress end_of_answer(struct tool_raw *m, struct raw_look *l)
{
	return m->end_after ? end_all(m, l) : raw_wrong(l, "the answer ended inside a value");
}

enum raw_progress raw_take_value(struct tool_raw *m, struct raw_look *l)
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
		enum raw_progress p = look_at(m, l, at, &stops);
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

enum raw_progress raw_take_block(struct tool_raw *m, struct raw_look *l)
{
	struct buf end;
	buf_init(&end, RAW_HEAD_MAX_BYTES);
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
		return raw_wrong(l, "the answer ended inside a value");
	size_t decided = utf8_whole(str_sub(l->s, 0, l->s.n < size ? 0 : l->s.n - size + 1));
	keep(m, l->c, str_sub(l->s, 0, decided));
	l->n += decided;
	return WAITS;
}

/*
 * tool_bare.c - the machine for Gemma's calls; see tool_bare.h.
 *
 * Layer: parse.
 */
#include "chat/tool_bare.h"

#include <string.h>

#include "base/utf8.h"
#include "chat/tool_text.h"

enum { WORD_MAX_BYTES = 64 * 1024, NAME_MAX_BYTES = 1024 };

/* What is awaited. */
enum place {
	AT_NAME,
	AT_KEY, /* a key, a comma, or } */
	IN_KEY, /* a bare one, up to its colon */
	AT_COLON,
	AT_VALUE,
	AT_NEXT,   /* a comma, or the closing bracket */
	IN_WORD,   /* a value without marks */
	IN_STRING, /* between two marks */
	IN_QUOTED, /* as JSON has it */
};

/* What a step did with the front of what is pending. */
enum progress { WAITS, WENT_ON, IS_OVER, IS_WRONG };

struct look {
	struct tool_call *c;
	struct str s;
	bool is_end;
	size_t n; /* taken */
};

void tool_bare_init(struct tool_bare *m)
{
	*m = (struct tool_bare){ .place = AT_NAME };
	buf_init(&m->word, WORD_MAX_BYTES);
}

void tool_bare_clear(struct tool_bare *m)
{
	buf_clear(&m->word);
}

void tool_bare_begin(struct tool_bare *m)
{
	m->place = AT_NAME;
	m->depth = 0;
	buf_reset(&m->word);
}

static enum progress wrong(struct look *l, const char *why)
{
	tool_call_fault(l->c, why);
	return IS_WRONG;
}

static struct str quote_of(const struct look *l)
{
	return str_z(l->c->format->quote);
}

/* ---- brackets ---- */

static enum progress open_bracket(struct tool_bare *m, struct look *l, char bracket)
{
	if (m->depth == LIMIT_JSON_DEPTH - 2)
		return wrong(l, "it is nested too deep");
	m->stack[m->depth++] = bracket == '{' ? '}' : ']';
	m->is_first = true;
	m->place = bracket == '{' ? AT_KEY : AT_VALUE;
	buf_add_char(&l->c->args, bracket);
	return WENT_ON;
}

static enum progress close_bracket(struct tool_bare *m, struct look *l, char bracket)
{
	if (m->stack[m->depth - 1] != bracket)
		return wrong(l, "the wrong bracket closes");
	buf_add_char(&l->c->args, bracket);
	m->is_first = false;
	m->place = AT_NEXT;
	return --m->depth == 0 ? IS_OVER : WENT_ON;
}

static void separate(struct tool_bare *m, struct tool_call *c)
{
	if (!m->is_first)
		buf_add_z(&c->args, ", ");
	m->is_first = true;
}

static void end_value(struct tool_bare *m)
{
	m->is_first = false;
	m->place = AT_NEXT;
}

/* ---- the head ---- */

static enum progress take_name(struct tool_bare *m, struct look *l)
{
	size_t bracket = str_find_char(l->s, '{');
	struct str head = str_trim(str_sub(l->s, 0, bracket));
	size_t colon = str_find_last(head, STR(":"));
	if (bracket == SIZE_MAX)
		return l->s.n < NAME_MAX_BYTES ? WAITS : wrong(l, "it has no name");
	struct str name = colon == SIZE_MAX ? head : str_trim(str_from(head, colon + 1));
	if (colon == SIZE_MAX)
		tool_call_mended(l->c, TOOL_MENDED_HEAD);
	if (tool_called_bytes(l->c->offered, name) != name.n || !tool_call_name(l->c, name))
		return wrong(l, "it has no name");
	l->n = bracket + 1;
	return open_bracket(m, l, '{');
}

/* ---- strings ---- */

static void begin_string(struct tool_bare *m, struct look *l, bool is_key)
{
	separate(m, l->c);
	m->is_key = is_key;
	buf_add_char(&l->c->args, '"');
}

static void end_string(struct tool_bare *m, struct look *l)
{
	buf_add_char(&l->c->args, '"');
	if (m->is_key)
		m->place = AT_COLON;
	else
		end_value(m);
}

/* Whether a string can end where s begins. */
static enum likeness is_string_end(const struct tool_bare *m, const struct look *l, struct str s)
{
	s = str_from(s, tool_blanks(s));
	if (!s.n)
		return l->is_end ? LIKE_WHOLE : LIKE_BEGINNING;
	return s.p[0] && strchr(m->is_key ? ":" : ",]}", s.p[0]) ? LIKE_WHOLE : LIKE_NOTHING;
}

static enum progress take_string(struct tool_bare *m, struct look *l)
{
	struct str quote = quote_of(l);
	size_t at = 0;
	enum likeness mark = LIKE_NOTHING, end = LIKE_NOTHING;
	for (; at < l->s.n; at++) {
		mark = l->s.p[at] == quote.p[0] ? tool_mark_at(quote, str_from(l->s, at))
						: LIKE_NOTHING;
		if (mark == LIKE_WHOLE)
			end = is_string_end(m, l, str_from(l->s, at + quote.n));
		if (mark == LIKE_BEGINNING || (mark == LIKE_WHOLE && end != LIKE_NOTHING))
			break;
		mark = LIKE_NOTHING;
	}
	bool is_over = mark == LIKE_WHOLE && end == LIKE_WHOLE;
	size_t n = is_over ? at : utf8_whole(str_sub(l->s, 0, at));
	tool_args_piece(l->c, str_sub(l->s, 0, n));
	l->n = n;
	if (!is_over)
		return WAITS;
	l->n += quote.n;
	end_string(m, l);
	return WENT_ON;
}

/* A string in quotes: taken whole, since it must be unescaped. */
static enum progress take_quoted(struct tool_bare *m, struct look *l)
{
	for (size_t i = 0; i < l->s.n; i++) {
		char c = l->s.p[i];
		bool ends = c == m->quote && !m->is_escaped && m->word.n > 0;
		l->n++;
		m->is_escaped = !m->is_escaped && c == '\\';
		if (!buf_add_char(&m->word, c))
			return wrong(l, "a string is too long");
		if (!ends)
			continue;
		struct str inside = str_sub(buf_str(&m->word), 1, m->word.n - 1);
		json_t *value = js_parse(buf_str(&m->word), LAYER_PARSE, NULL);
		tool_args_piece(l->c, json_is_string(value) ? js_text(value) : inside);
		json_decref(value);
		end_string(m, l);
		return WENT_ON;
	}
	return WAITS;
}

/* The mark of a string, or a quote; LIKE_NOTHING: neither. */
static enum likeness take_opener(struct tool_bare *m, struct look *l, bool is_key)
{
	struct str quote = quote_of(l);
	enum likeness like = tool_mark_at(quote, l->s);
	if (like == LIKE_WHOLE) {
		begin_string(m, l, is_key);
		l->n += quote.n;
		m->place = IN_STRING;
		return like;
	}
	if (l->s.p[0] != '"' && l->s.p[0] != '\'')
		return like;
	tool_call_mended(l->c, TOOL_MENDED_JSON);
	begin_string(m, l, is_key);
	m->quote = l->s.p[0];
	m->is_escaped = false;
	buf_reset(&m->word);
	m->place = IN_QUOTED;
	return LIKE_WHOLE;
}

/* ---- keys and values ---- */

static enum progress take_key(struct tool_bare *m, struct look *l)
{
	char c = l->s.p[0];
	if (c == '}') {
		l->n = 1;
		return close_bracket(m, l, c);
	}
	if (c == '{' && m->depth == 1 && m->is_first) {
		/* A second bracket; its closing one is left to the reader. */
		tool_call_mended(l->c, TOOL_MENDED_WRAPPED);
		l->n = 1;
		return WENT_ON;
	}
	enum likeness like = take_opener(m, l, true);
	if (like == LIKE_BEGINNING && !l->is_end)
		return WAITS;
	if (like == LIKE_WHOLE)
		return WENT_ON;
	buf_reset(&m->word);
	m->place = IN_KEY;
	return WENT_ON;
}

static enum progress take_bare_key(struct tool_bare *m, struct look *l)
{
	size_t colon = str_find_char(l->s, ':');
	struct str key = str_trim(str_sub(l->s, 0, colon));
	if (colon == SIZE_MAX)
		return l->s.n < NAME_MAX_BYTES ? WAITS : wrong(l, "a colon is missing");
	if (!key.n || tool_name_bytes(key) != key.n)
		return wrong(l, "a key should stand there");
	separate(m, l->c);
	js_quote(key, &l->c->args);
	l->n = colon;
	m->place = AT_COLON;
	return WENT_ON;
}

static enum progress take_value(struct tool_bare *m, struct look *l)
{
	char c = l->s.p[0];
	if (c == ']' && m->stack[m->depth - 1] == ']') {
		l->n = 1;
		return close_bracket(m, l, c);
	}
	if (c == '{' || c == '[') {
		separate(m, l->c);
		l->n = 1;
		return open_bracket(m, l, c);
	}
	enum likeness like = take_opener(m, l, false);
	if (like == LIKE_BEGINNING && !l->is_end)
		return WAITS;
	if (like == LIKE_WHOLE)
		return WENT_ON;
	separate(m, l->c);
	buf_reset(&m->word);
	m->place = IN_WORD;
	return WENT_ON;
}

static enum progress take_word(struct tool_bare *m, struct look *l)
{
	for (size_t i = 0; i < l->s.n; i++) {
		char c = l->s.p[i];
		if (c && strchr(",]}", c)) {
			struct str word = str_trim(buf_str(&m->word));
			size_t before = l->c->args.n;
			if (!word.n)
				return wrong(l, "a value is missing");
			tool_args_bare(l->c, TOOL_TYPE_ANY, word);
			if (l->c->args.p[before] == '"')
				tool_call_mended(l->c, TOOL_MENDED_BARE_WORD);
			end_value(m);
			return WENT_ON;
		}
		l->n++;
		if (!buf_add_char(&m->word, c))
			return wrong(l, "a word is too long");
	}
	return WAITS;
}

static enum progress take_next(struct tool_bare *m, struct look *l)
{
	char c = l->s.p[0];
	l->n = 1;
	if (c == '}' || c == ']')
		return close_bracket(m, l, c);
	if (c != ',')
		return wrong(l, "a comma or bracket is missing");
	m->place = m->stack[m->depth - 1] == '}' ? AT_KEY : AT_VALUE;
	return WENT_ON;
}

static enum progress take_colon(struct tool_bare *m, struct look *l)
{
	if (l->s.p[0] != ':')
		return wrong(l, "a colon is missing");
	buf_add_z(&l->c->args, ": ");
	m->is_first = true;
	m->place = AT_VALUE;
	l->n = 1;
	return WENT_ON;
}

static enum progress step(struct tool_bare *m, struct look *l)
{
	bool skips = m->place != IN_STRING && m->place != IN_QUOTED && m->place != IN_WORD;
	size_t blanks = skips ? tool_blanks(l->s) : 0;
	l->s = str_from(l->s, blanks);
	if (!l->s.n) {
		l->n = blanks;
		return WAITS;
	}
	enum progress p;
	switch (m->place) {
	case AT_NAME: p = take_name(m, l); break;
	case AT_KEY: p = take_key(m, l); break;
	case IN_KEY: p = take_bare_key(m, l); break;
	case AT_COLON: p = take_colon(m, l); break;
	case AT_VALUE: p = take_value(m, l); break;
	case AT_NEXT: p = take_next(m, l); break;
	case IN_WORD: p = take_word(m, l); break;
	case IN_STRING: p = take_string(m, l); break;
	default: p = take_quoted(m, l); break;
	}
	l->n += blanks;
	return p;
}

enum call_step tool_bare_take(
	struct tool_bare *m, struct tool_call *c, struct str s, bool is_end, size_t *taken)
{
	enum progress p = WENT_ON;
	*taken = 0;
	while (p == WENT_ON) {
		struct look l = { c, str_from(s, *taken), is_end, 0 };
		p = step(m, &l);
		*taken += l.n;
		if (c->args.overflow)
			return tool_call_fault(c, "its arguments are too long");
	}
	return p == IS_OVER ? CALL_DONE : p == IS_WRONG ? CALL_FAULT : CALL_MORE;
}

/*
 * tool_python.c - the machine for calls written in Python; see tool_python.h.
 *
 * Source: The Python Language Reference, 2.4 Literals.
 *
 * Layer: parse.
 */
#include "chat/tool_python.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "chat/tool_text.h"

enum { WORD_MAX_BYTES = 1024, BLANKS_MAX = 4096, HEX = 16, OCTAL = 8 };

/* What is awaited. */
enum place {
	AT_NAME,     /* the function's name and ( */
	AT_ARGUMENT, /* a key, a value without one, or ) */
	IN_WORD,     /* a key, or a value that is a word or number */
	AT_VALUE,
	AT_KEY,    /* of a dict, or } */
	AT_COLON,  /* behind it */
	AT_NEXT,   /* a comma, or the closing bracket */
	IN_OPEN,   /* behind the first quote of a string */
	IN_STRING, /* up to its quote */
	IN_QUOTES, /* behind a quote inside, which may be its end */
	AT_END,    /* behind its end: what shows that it was */
	IN_ESCAPE,
	IN_CODE,
};

void tool_python_init(struct tool_python *m)
{
	*m = (struct tool_python){ .place = AT_NAME };
	buf_init(&m->word, WORD_MAX_BYTES);
	buf_init(&m->piece, LIMIT_ANSWER_BYTES);
	buf_init(&m->blanks, BLANKS_MAX);
}

void tool_python_clear(struct tool_python *m)
{
	buf_clear(&m->word);
	buf_clear(&m->piece);
	buf_clear(&m->blanks);
}

void tool_python_begin(struct tool_python *m)
{
	m->place = AT_NAME;
	m->depth = m->position = 0;
	m->is_whole = m->is_key = false;
	buf_reset(&m->word);
	buf_reset(&m->piece);
	buf_reset(&m->blanks);
}

/* ---- strings ---- */

/* Sends on what is whole of the present string. */
static void flush(struct tool_python *m, struct tool_call *c, bool is_all)
{
	size_t n = is_all ? m->piece.n : utf8_whole(buf_str(&m->piece));
	if (n)
		tool_args_piece(c, str_sub(buf_str(&m->piece), 0, n));
	buf_drop_front(&m->piece, n);
}

static enum call_step begin_string(struct tool_python *m, struct tool_call *c, char quote)
{
	struct str prefix = buf_str(&m->word);
	m->is_raw =
		str_find_char(prefix, 'r') != SIZE_MAX || str_find_char(prefix, 'R') != SIZE_MAX;
	buf_reset(&m->word);
	m->quote = quote;
	m->quotes = 1;
	m->is_triple = false;
	m->place = IN_OPEN;
	buf_add_char(&c->args, '"');
	return CALL_MORE;
}

static void next_in_bracket(struct tool_python *m)
{
	m->is_first = false;
	m->place = AT_NEXT;
}

static void end_string(struct tool_python *m, struct tool_call *c)
{
	flush(m, c, true);
	buf_add_char(&c->args, '"');
	buf_reset(&m->blanks);
	if (m->is_key)
		m->place = AT_COLON;
	else
		next_in_bracket(m);
	m->is_key = false;
}

static enum call_step feed_string(struct tool_python *m, struct tool_call *c, char byte)
{
	if (byte == '\\') {
		m->place = IN_ESCAPE;
		return CALL_MORE;
	}
	if (byte == m->quote) {
		m->quotes = 1;
		m->place = m->is_triple ? IN_QUOTES : AT_END;
		buf_reset(&m->blanks);
		return CALL_MORE;
	}
	if (byte == '\n' && !m->is_triple)
		tool_call_mended(c, TOOL_MENDED_JSON);
	buf_add_char(&m->piece, byte);
	return CALL_MORE;
}

/* Behind the first quote: the string's first byte, two more quotes, or one and it was empty. */
static enum call_step feed_open(struct tool_python *m, struct tool_call *c, char byte);

/* Quotes inside a string of three: three end it. */
static enum call_step feed_quotes(struct tool_python *m, struct tool_call *c, char byte)
{
	enum { TRIPLE = 3 };
	if (byte == m->quote && ++m->quotes == TRIPLE) {
		m->place = AT_END;
		return CALL_MORE;
	}
	if (byte == m->quote)
		return CALL_MORE;
	buf_add_fill(&m->piece, m->quote, m->quotes);
	m->place = IN_STRING;
	return feed_string(m, c, byte);
}

static enum call_step feed(struct tool_python *m, struct tool_call *c, char byte);

/* What stands behind the end of a string: if no value ends so, its quote was one inside. */
static enum call_step feed_end(struct tool_python *m, struct tool_call *c, char byte)
{
	if (tool_is_blank(byte) && m->blanks.n < BLANKS_MAX) {
		buf_add_char(&m->blanks, byte);
		return CALL_MORE;
	}
	bool is_more = (byte == '"' || byte == '\'') && !m->is_key;
	if (is_more && (m->is_triple || m->blanks.n)) {
		/* Two strings that follow one another are one. */
		m->quote = byte;
		m->quotes = 1;
		m->is_triple = false;
		m->place = IN_OPEN;
		return CALL_MORE;
	}
	if (strchr(m->is_key ? ":" : ",)]}", byte) && byte) {
		end_string(m, c);
		return feed(m, c, byte);
	}
	tool_call_mended(c, TOOL_MENDED_JSON);
	buf_add_fill(&m->piece, m->quote, m->is_triple ? 3 : 1);
	buf_add(&m->piece, buf_str(&m->blanks));
	m->place = IN_STRING;
	return feed_string(m, c, byte);
}

static enum call_step feed_open(struct tool_python *m, struct tool_call *c, char byte)
{
	if (byte == m->quote && m->quotes == 2) {
		m->is_triple = true;
		m->place = IN_STRING;
		return CALL_MORE;
	}
	if (byte == m->quote) {
		m->quotes = 2;
		return CALL_MORE;
	}
	if (m->quotes == 2) {
		m->place = AT_END;
		buf_reset(&m->blanks);
		return feed_end(m, c, byte);
	}
	m->place = IN_STRING;
	return feed_string(m, c, byte);
}

static enum call_step begin_code(struct tool_python *m, unsigned digits)
{
	m->code = 0;
	m->code_digits = digits;
	buf_reset(&m->word);
	m->place = IN_CODE;
	return CALL_MORE;
}

static enum call_step feed_escape(struct tool_python *m, struct tool_call *c, char byte)
{
	static const char names[] = "ntrabfv", values[] = "\n\t\r\a\b\f\v";
	const char *name = byte ? strchr(names, byte) : NULL;
	m->place = IN_STRING;
	if (m->is_raw) {
		buf_add_char(&m->piece, '\\');
		buf_add_char(&m->piece, byte);
	} else if (name) {
		buf_add_char(&m->piece, values[name - names]);
	} else if (byte == 'x') {
		return begin_code(m, 2);
	} else if (byte == 'u') {
		return begin_code(m, 4);
	} else if (byte == 'U') {
		return begin_code(m, 8);
	} else if (byte == '0') {
		buf_add_char(&m->piece, '\0');
	} else if (byte == '\\' || byte == '\'' || byte == '"') {
		buf_add_char(&m->piece, byte);
	} else if (byte != '\n') {
		/* Python keeps the backslash of what is no escape. */
		buf_add_char(&m->piece, '\\');
		return feed_string(m, c, byte);
	}
	return CALL_MORE;
}

static enum call_step feed_code(struct tool_python *m, struct tool_call *c, char byte)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit =
		byte ? strchr(digits, byte >= 'A' && byte <= 'F' ? byte | 0x20 : byte) : NULL;
	if (!digit) {
		buf_add_char(&m->piece, '\\');
		buf_add_char(&m->piece, 'x');
		buf_add(&m->piece, buf_str(&m->word));
		buf_reset(&m->word);
		m->place = IN_STRING;
		tool_call_mended(c, TOOL_MENDED_JSON);
		return feed_string(m, c, byte);
	}
	buf_add_char(&m->word, byte);
	m->code = m->code * HEX + (unsigned)(digit - digits);
	if (--m->code_digits == 0) {
		utf8_add(&m->piece, m->code);
		buf_reset(&m->word);
		m->place = IN_STRING;
	}
	return CALL_MORE;
}

/* ---- words and numbers ---- */

static bool add_number(struct tool_call *c, struct str word)
{
	struct buf digits, number;
	char *end;
	bool is_based = word.n > 2 && word.p[0] == '0' && strchr("xXoObB", word.p[1]);
	buf_init(&digits, WORD_MAX_BYTES + 4);
	buf_init(&number, WORD_MAX_BYTES + 4);
	for (size_t i = word.n && word.p[0] == '+'; i < word.n; i++)
		if (word.p[i] != '_')
			buf_add_char(&digits, word.p[i]);
	if (is_based) {
		int base = strchr("xX", word.p[1]) ? HEX : strchr("oO", word.p[1]) ? OCTAL : 2;
		long long value = strtoll(buf_z(&digits) + 2, &end, base);
		buf_printf(&number, "%lld", *end ? 0 : value);
	} else {
		struct str d = buf_str(&digits);
		bool is_negative = str_starts(d, STR("-"));
		d = str_from(d, is_negative);
		buf_printf(&number, "%s%s%.*s%s", is_negative ? "-" : "",
			str_starts(d, STR(".")) ? "0" : "", STR_ARG(d),
			str_ends(d, STR(".")) ? "0" : "");
	}
	json_t *value = js_parse(buf_str(&number), LAYER_PARSE, NULL);
	bool ok = json_is_number(value);
	if (ok)
		buf_add(&c->args, buf_str(&number));
	json_decref(value);
	buf_clear(&digits);
	buf_clear(&number);
	return ok;
}

static enum call_step add_word(struct tool_python *m, struct tool_call *c)
{
	static const char *const words[][2] = { { "True", "true" }, { "False", "false" },
		{ "None", "null" }, { "true", "true" }, { "false", "false" }, { "null", "null" } };
	struct str word = buf_str(&m->word);
	bool is_done = false;
	for (size_t i = 0; i < sizeof words / sizeof *words && !is_done; i++) {
		is_done = str_eq_z(word, words[i][0]);
		if (is_done)
			buf_add_z(&c->args, words[i][1]);
	}
	if (!is_done && !add_number(c, word)) {
		tool_call_mended(c, TOOL_MENDED_BARE_WORD);
		tool_args_string(c, word);
	}
	buf_reset(&m->word);
	next_in_bracket(m);
	return CALL_MORE;
}

/* ---- brackets ---- */

static enum call_step open_bracket(struct tool_python *m, struct tool_call *c, char byte)
{
	if (m->depth == LIMIT_JSON_DEPTH - 2)
		return tool_call_fault(c, "it is nested too deep");
	m->stack[m->depth++] = byte == '{' ? '}' : byte == '[' ? ']' : ')';
	m->is_first = true;
	m->place = byte == '{' ? AT_KEY : AT_VALUE;
	buf_add_char(&c->args, byte == '{' ? '{' : '[');
	return CALL_MORE;
}

static enum call_step close_bracket(struct tool_python *m, struct tool_call *c, char byte)
{
	if (m->depth == 0) {
		if (byte != ')')
			return tool_call_fault(c, "the wrong bracket closes");
		if (!m->is_whole)
			tool_args_end(c);
		return CALL_DONE;
	}
	if (m->stack[--m->depth] != byte)
		return tool_call_fault(c, "the wrong bracket closes");
	buf_add_char(&c->args, byte == '}' ? '}' : ']');
	next_in_bracket(m);
	return CALL_MORE;
}

/* ---- values ---- */

static enum call_step begin_value(struct tool_python *m, struct tool_call *c, char byte)
{
	if (tool_is_blank(byte) || (byte == ',' && m->is_first == false && m->depth == 0))
		return CALL_MORE;
	if (byte == ']' || (byte == ')' && m->depth))
		return close_bracket(m, c, byte);
	if (byte == '"' || byte == '\'') {
		buf_reset(&m->word);
		return begin_string(m, c, byte);
	}
	if (byte == '[' || byte == '(' || byte == '{')
		return open_bracket(m, c, byte);
	if (!byte || strchr(",:=)}", byte))
		return tool_call_fault(c, "a value is missing");
	buf_reset(&m->word);
	buf_add_char(&m->word, byte);
	m->place = IN_WORD;
	return CALL_MORE;
}

/* An argument without a name takes that of its place in the schema; one dict may be them all. */
static enum call_step begin_position(struct tool_python *m, struct tool_call *c, char byte)
{
	struct str name = tool_param_name(c, m->position);
	bool wants_object = c->tool && tool_types(c, tool_param(c, name)) == TOOL_TYPE_OBJECT;
	tool_call_mended(c, TOOL_MENDED_POSITION);
	if (byte == '{' && m->position == 0 && !c->has_members && !wants_object) {
		m->is_whole = true;
		return open_bracket(m, c, byte);
	}
	if (!name.n)
		return tool_call_fault(c, "an argument has no name");
	m->position++;
	tool_args_key(c, name);
	return begin_value(m, c, byte);
}

static enum call_step feed_argument(struct tool_python *m, struct tool_call *c, char byte)
{
	if (tool_is_blank(byte) || byte == ',')
		return CALL_MORE;
	if (byte == ')')
		return close_bracket(m, c, byte);
	bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
	if (!is_letter && byte != '_' && !(byte & 0x80))
		return begin_position(m, c, byte);
	buf_reset(&m->word);
	buf_add_char(&m->word, byte);
	m->place = IN_WORD;
	m->is_key = true;
	return CALL_MORE;
}

/* A word at the place of an argument that turns out to be its value. */
static enum call_step name_position(struct tool_python *m, struct tool_call *c)
{
	struct str name = tool_param_name(c, m->position);
	if (!name.n)
		return tool_call_fault(c, "an argument has no name");
	tool_call_mended(c, TOOL_MENDED_POSITION);
	m->position++;
	tool_args_key(c, name);
	return CALL_MORE;
}

static enum call_step feed_word(struct tool_python *m, struct tool_call *c, char byte)
{
	bool is_prefix = m->word.n <= 2 && (byte == '"' || byte == '\'');
	if (byte == '=' && m->is_key) {
		m->is_key = false;
		tool_args_key(c, str_trim(buf_str(&m->word)));
		m->is_first = true;
		m->place = AT_VALUE;
		return CALL_MORE;
	}
	bool ends = byte && strchr(",)]}", byte);
	if (m->is_key && (ends || is_prefix)) {
		m->is_key = false;
		if (name_position(m, c) == CALL_FAULT)
			return CALL_FAULT;
	}
	if (is_prefix)
		return begin_string(m, c, byte);
	if (!ends)
		return buf_add_char(&m->word, byte) ? CALL_MORE
						    : tool_call_fault(c, "a word is too long");
	buf_truncate(&m->word, str_trim_right(buf_str(&m->word)).n);
	add_word(m, c);
	return feed(m, c, byte);
}

static enum call_step feed_next(struct tool_python *m, struct tool_call *c, char byte)
{
	if (tool_is_blank(byte))
		return CALL_MORE;
	if (byte != ',')
		return strchr(")]}", byte) && byte
			       ? close_bracket(m, c, byte)
			       : tool_call_fault(c, "a comma or bracket is missing");
	m->place = m->depth == 0 ? AT_ARGUMENT : m->stack[m->depth - 1] == '}' ? AT_KEY : AT_VALUE;
	return CALL_MORE;
}

/* A comma that was read stands for one to be written, if a value follows. */
static void separate(struct tool_python *m, struct tool_call *c)
{
	if (m->depth && !m->is_first)
		buf_add_z(&c->args, ", ");
	m->is_first = true;
}

static enum call_step feed_item(struct tool_python *m, struct tool_call *c, char byte)
{
	bool is_close = byte == ']' || byte == ')';
	if (!tool_is_blank(byte) && !is_close)
		separate(m, c);
	return begin_value(m, c, byte);
}

static enum call_step feed_key(struct tool_python *m, struct tool_call *c, char byte)
{
	if (tool_is_blank(byte))
		return CALL_MORE;
	if (byte == '}')
		return close_bracket(m, c, byte);
	if (byte != '"' && byte != '\'')
		return tool_call_fault(c, "a key is missing");
	separate(m, c);
	m->is_key = true;
	buf_reset(&m->word);
	return begin_string(m, c, byte);
}

static enum call_step feed_name(struct tool_python *m, struct tool_call *c, char byte)
{
	if (byte != '(') {
		if (!m->word.n && (tool_is_blank(byte) || byte == '[' || byte == ','))
			return CALL_MORE;
		return buf_add_char(&m->word, byte) ? CALL_MORE
						    : tool_call_fault(c, "its name is too long");
	}
	struct str name = str_trim(buf_str(&m->word));
	if (str_starts(str_z(c->format->before_args), STR(".call")) && str_ends(name, STR(".call")))
		name.n -= sizeof ".call" - 1;
	if (tool_called_bytes(c->offered, name) != name.n || !tool_call_name(c, name))
		return tool_call_fault(c, "it has no name");
	m->place = AT_ARGUMENT;
	return CALL_MORE;
}

static enum call_step feed(struct tool_python *m, struct tool_call *c, char byte)
{
	switch (m->place) {
	case AT_NAME: return feed_name(m, c, byte);
	case AT_ARGUMENT: return feed_argument(m, c, byte);
	case IN_WORD: return feed_word(m, c, byte);
	case AT_VALUE: return feed_item(m, c, byte);
	case AT_KEY: return feed_key(m, c, byte);
	case AT_COLON:
		if (byte == ':') {
			buf_add_z(&c->args, ": ");
			m->is_first = true;
			m->place = AT_VALUE;
		}
		return byte == ':' || tool_is_blank(byte)
			       ? CALL_MORE
			       : tool_call_fault(c, "a colon is missing");
	case AT_NEXT: return feed_next(m, c, byte);
	case IN_OPEN: return feed_open(m, c, byte);
	case IN_STRING: return feed_string(m, c, byte);
	case IN_QUOTES: return feed_quotes(m, c, byte);
	case AT_END: return feed_end(m, c, byte);
	case IN_ESCAPE: return feed_escape(m, c, byte);
	default: return feed_code(m, c, byte);
	}
}

enum call_step tool_python_take(
	struct tool_python *m, struct tool_call *c, struct str s, bool is_end, size_t *taken)
{
	enum call_step step = CALL_MORE;
	size_t n = 0;
	(void)is_end;
	while (n < s.n && step == CALL_MORE)
		step = feed(m, c, s.p[n++]);
	*taken = n;
	if (m->piece.overflow || c->args.overflow)
		return tool_call_fault(c, "its arguments are too long");
	if (step != CALL_DONE)
		flush(m, c, false);
	return step;
}

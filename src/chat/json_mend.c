/*
 * json_mend.c - JSON as models write it, made JSON; see json_mend.h.
 *
 * Layer: parse.
 */
#include "chat/json_mend.h"

#include <string.h>

#include "base/utf8.h"

enum want {
	WANT_OBJECT,    /* the first bracket */
	WANT_FIRST_KEY, /* a key or } */
	WANT_KEY,       /* after a comma, which is held: a key or, lax, } */
	WANT_COLON,
	WANT_VALUE,      /* after a colon */
	WANT_FIRST_ITEM, /* a value or ] */
	WANT_ITEM,       /* after a comma, which is held: a value or, lax, ] */
	WANT_NEXT,       /* a comma or the closing bracket */
	IN_STRING,
	IN_ESCAPE, /* after a backslash */
	IN_CODE,   /* the digits of \uHHHH */
	IN_LOW,    /* after a high surrogate, which is held: the backslash of the low one */
	IN_LOW_U,  /* its u */
	IN_SIGN,   /* of a number: as JSON's grammar has it */
	IN_ZERO,
	IN_WHOLE,
	IN_POINT,
	IN_PART,
	IN_E,
	IN_E_SIGN,
	IN_POWER,
	IN_WORD,
	IS_DONE,
};

enum { HEX_DIGITS = 4, ESCAPE_BYTES = 6, LONGEST_WORD = 5, FIRST_PLAIN = 0x20 };

const char *const json_mend_words[JSON_MEND_COUNT] = {
	[JSON_MEND_CONTROL] = "control characters inside a string were escaped",
	[JSON_MEND_ESCAPE] = "a backslash that escapes nothing was doubled",
	[JSON_MEND_UNICODE] = "what is no character was replaced by U+FFFD",
	[JSON_MEND_QUOTES] = "single quotes were made double",
	[JSON_MEND_WORD] = "Python's words were made JSON's",
	[JSON_MEND_COMMA] = "a comma before a closing bracket was left out",
};

void json_mend_init(struct json_mend *m)
{
	*m = (struct json_mend){ .want = WANT_OBJECT };
}

bool json_mend_is_done(const struct json_mend *m)
{
	return m->want == IS_DONE;
}

static bool refuse(const char **why, const char *words)
{
	*why = words;
	return false;
}

static void tell(struct json_mend *m, enum json_mend_kind kind)
{
	m->mended |= 1u << kind;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void release(struct json_mend *m, struct buf *out)
{
	buf_add(out, str_n(m->held, m->n_held));
	m->n_held = 0;
}

/* ---- brackets ---- */

static bool in_object(const struct json_mend *m)
{
	size_t top = m->depth - 1;
	return m->is_object[top / 64] >> top % 64 & 1;
}

static bool open_bracket(struct json_mend *m, char c, struct buf *out, const char **why)
{
	if (m->depth == LIMIT_JSON_DEPTH - 1)
		return refuse(why, "it is nested too deep");
	uint64_t bit = UINT64_C(1) << m->depth % 64;
	m->is_object[m->depth / 64] &= ~bit;
	if (c == '{')
		m->is_object[m->depth / 64] |= bit;
	m->depth++;
	m->want = c == '{' ? WANT_FIRST_KEY : WANT_FIRST_ITEM;
	return buf_add_char(out, c);
}

static bool close_bracket(struct json_mend *m, char c, struct buf *out, const char **why)
{
	if ((c == '}') != in_object(m))
		return refuse(why, "the wrong bracket closes");
	m->depth--;
	m->want = m->depth ? WANT_NEXT : IS_DONE;
	return buf_add_char(out, c);
}

/* ---- strings ---- */

static void begin_string(struct json_mend *m, char quote, bool is_key, struct buf *out)
{
	if (quote == '\'')
		tell(m, JSON_MEND_QUOTES);
	m->quote = quote;
	m->is_key = is_key;
	m->n_held = 0;
	m->has_high = false;
	m->want = IN_STRING;
	buf_add_char(out, '"');
}

/* Bytes held of a character that will not be completed. */
static void replace_held(struct json_mend *m, struct buf *out)
{
	if (!m->n_held)
		return;
	tell(m, JSON_MEND_UNICODE);
	utf8_add(out, UINT32_MAX);
	m->n_held = 0;
}

/* A byte of a character beyond ASCII. */
static void feed_wide(struct json_mend *m, char c, struct buf *out)
{
	uint32_t code;
	m->held[m->n_held++] = c;
	int n = utf8_next(str_n(m->held, m->n_held), &code);
	if (n > 0) {
		release(m, out);
	} else if (n == 0) {
		/* The byte may begin another character, unless it was the first. */
		bool was_first = --m->n_held == 0;
		if (was_first)
			m->n_held = 1;
		replace_held(m, out);
		if (!was_first)
			feed_wide(m, c, out);
	}
}

static void feed_control(struct json_mend *m, char c, struct buf *out)
{
	tell(m, JSON_MEND_CONTROL);
	if (c == '\n')
		buf_add_z(out, "\\n");
	else if (c == '\t')
		buf_add_z(out, "\\t");
	else
		buf_printf(out, "\\u%04x", c ? (unsigned)c : 0xfffdu);
}

static bool feed_string(struct json_mend *m, char c, struct buf *out)
{
	if (c & 0x80) {
		feed_wide(m, c, out);
		return true;
	}
	replace_held(m, out);
	if (c == m->quote) {
		m->want = m->is_key ? WANT_COLON : WANT_NEXT;
		buf_add_char(out, '"');
	} else if (c == '\\') {
		m->want = IN_ESCAPE;
	} else if ((unsigned char)c < FIRST_PLAIN) {
		feed_control(m, c, out);
	} else {
		if (c == '"')
			buf_add_char(out, '\\');
		buf_add_char(out, c);
	}
	return true;
}

static bool is_hex(char c, unsigned *digit)
{
	if (c >= '0' && c <= '9')
		*digit = (unsigned)(c - '0');
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		*digit = (unsigned)((c | 0x20) - 'a' + 10);
	else
		return false;
	return true;
}

static void begin_code(struct json_mend *m)
{
	m->held[m->n_held++] = '\\';
	m->held[m->n_held++] = 'u';
	m->want = IN_CODE;
	m->digits = 0;
	m->code = 0;
}

static bool feed_escape(struct json_mend *m, char c, struct buf *out)
{
	m->want = IN_STRING;
	if (c == 'u') {
		begin_code(m);
	} else if (c && strchr("\"\\/bfnrt", c)) {
		buf_add_char(out, '\\');
		buf_add_char(out, c);
	} else if (c == '\'') {
		tell(m, JSON_MEND_ESCAPE);
		buf_add_char(out, c);
	} else {
		tell(m, JSON_MEND_ESCAPE);
		buf_add_z(out, "\\\\");
		return feed_string(m, c, out);
	}
	return true;
}

/* The high surrogate that is held has no low one; what is held behind it stays. */
static void drop_high(struct json_mend *m, struct buf *out)
{
	tell(m, JSON_MEND_UNICODE);
	utf8_add(out, UINT32_MAX);
	m->n_held -= ESCAPE_BYTES;
	memmove(m->held, m->held + ESCAPE_BYTES, m->n_held);
	m->has_high = false;
}

/* All four digits are there, in `held` too. */
static void end_code(struct json_mend *m, struct buf *out)
{
	bool is_high = m->code >= 0xd800 && m->code <= 0xdbff;
	bool is_low = m->code >= 0xdc00 && m->code <= 0xdfff;
	m->want = IN_STRING;
	if (m->has_high && !is_low)
		drop_high(m, out);
	if (is_high) {
		m->has_high = true;
		m->want = IN_LOW;
	} else if (m->code == 0 || (is_low && !m->has_high)) {
		replace_held(m, out);
	} else {
		release(m, out);
		m->has_high = false;
	}
}

static bool feed_code(struct json_mend *m, char c, struct buf *out)
{
	unsigned digit;
	if (!is_hex(c, &digit)) {
		if (m->has_high)
			drop_high(m, out);
		tell(m, JSON_MEND_ESCAPE);
		buf_add_char(out, '\\');
		release(m, out);
		m->want = IN_STRING;
		return feed_string(m, c, out);
	}
	m->held[m->n_held++] = c;
	m->code = m->code * 16 + digit;
	if (++m->digits == HEX_DIGITS)
		end_code(m, out);
	return true;
}

/* After a high surrogate: only the escape of a low one saves it. */
static bool feed_low(struct json_mend *m, char c, struct buf *out)
{
	if (m->want == IN_LOW && c == '\\') {
		m->want = IN_LOW_U;
		return true;
	}
	if (m->want == IN_LOW_U && c == 'u') {
		begin_code(m);
		return true;
	}
	bool is_escape = m->want == IN_LOW_U;
	drop_high(m, out);
	m->want = IN_STRING;
	return is_escape ? feed_escape(m, c, out) : feed_string(m, c, out);
}

/* ---- numbers and words ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The state after one more byte of a number, or -1 if it cannot be part of it. */
static int number_step(int want, char c)
{
	switch (want) {
	case IN_SIGN: return c == '0' ? IN_ZERO : is_digit(c) ? IN_WHOLE : -1;
	case IN_WHOLE:
		if (is_digit(c))
			return IN_WHOLE;
		return c == '.' ? IN_POINT : (c | 0x20) == 'e' ? IN_E : -1;
	case IN_ZERO: return c == '.' ? IN_POINT : (c | 0x20) == 'e' ? IN_E : -1;
	case IN_POINT: return is_digit(c) ? IN_PART : -1;
	case IN_PART: return is_digit(c) ? IN_PART : (c | 0x20) == 'e' ? IN_E : -1;
	case IN_E: return c == '+' || c == '-' ? IN_E_SIGN : is_digit(c) ? IN_POWER : -1;
	case IN_E_SIGN:
	case IN_POWER: return is_digit(c) ? IN_POWER : -1;
	default: return -1;
	}
}

static bool number_may_end(int want)
{
	return want == IN_ZERO || want == IN_WHOLE || want == IN_PART || want == IN_POWER;
}

static bool feed_next(struct json_mend *m, char c, struct buf *out, const char **why);

static bool feed_number(struct json_mend *m, char c, struct buf *out, const char **why)
{
	int next = number_step(m->want, c);
	if (next >= 0) {
		m->want = next;
		return buf_add_char(out, c);
	}
	if (!number_may_end(m->want))
		return refuse(why, "a number is malformed");
	m->want = WANT_NEXT;
	return feed_next(m, c, out, why);
}

static bool is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool end_word(struct json_mend *m, struct buf *out)
{
	static const char *const words[][2] = { { "true", "True" }, { "false", "False" },
		{ "null", "None" } };
	struct str word = str_n(m->held, m->n_held);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_eq_z(word, words[i][0]) || str_eq_z(word, words[i][1])) {
			if (str_eq_z(word, words[i][1]))
				tell(m, JSON_MEND_WORD);
			m->n_held = 0;
			m->want = WANT_NEXT;
			return buf_add_z(out, words[i][0]);
		}
	return false;
}

static bool feed_word(struct json_mend *m, char c, struct buf *out, const char **why)
{
	if (is_letter(c) && m->n_held < LONGEST_WORD) {
		m->held[m->n_held++] = c;
		return true;
	}
	if (is_letter(c) || !end_word(m, out))
		return refuse(why, "a word that is no value");
	return feed_next(m, c, out, why);
}

/* ---- between tokens ---- */

static bool begin_value(struct json_mend *m, char c, struct buf *out, const char **why)
{
	if (c == '"' || c == '\'') {
		begin_string(m, c, false, out);
	} else if (c == '{' || c == '[') {
		return open_bracket(m, c, out, why);
	} else if (c == '-' || is_digit(c)) {
		m->want = c == '-' ? IN_SIGN : c == '0' ? IN_ZERO : IN_WHOLE;
		buf_add_char(out, c);
	} else if (is_letter(c)) {
		m->want = IN_WORD;
		m->held[0] = c;
		m->n_held = 1;
	} else {
		return refuse(why, "a value is missing");
	}
	return true;
}

static bool begin_key(struct json_mend *m, char c, struct buf *out, const char **why)
{
	if (c != '"' && c != '\'')
		return refuse(why, "a key is missing");
	begin_string(m, c, true, out);
	return true;
}

/* After a value: a comma is held until it is clear that no bracket closes behind it. */
static bool feed_next(struct json_mend *m, char c, struct buf *out, const char **why)
{
	if (is_blank(c))
		return buf_add_char(out, c);
	if (c == '}' || c == ']')
		return close_bracket(m, c, out, why);
	if (c != ',')
		return refuse(why, "a comma or bracket is missing");
	m->held[0] = c;
	m->n_held = 1;
	m->want = in_object(m) ? WANT_KEY : WANT_ITEM;
	return true;
}

static bool feed_after_comma(struct json_mend *m, char c, struct buf *out, const char **why)
{
	if (is_blank(c)) {
		/* More blanks than fit are not worth keeping. */
		if (m->n_held < sizeof m->held)
			m->held[m->n_held++] = c;
		return true;
	}
	if (c == '}' || c == ']') {
		tell(m, JSON_MEND_COMMA);
		m->n_held = 0;
		return close_bracket(m, c, out, why);
	}
	release(m, out);
	return m->want == WANT_KEY ? begin_key(m, c, out, why) : begin_value(m, c, out, why);
}

static bool feed_between(struct json_mend *m, char c, struct buf *out, const char **why)
{
	if (is_blank(c))
		return buf_add_char(out, c);
	switch (m->want) {
	case WANT_OBJECT:
		return c == '{' ? open_bracket(m, c, out, why) : refuse(why, "it is no object");
	case WANT_FIRST_KEY:
		return c == '}' ? close_bracket(m, c, out, why) : begin_key(m, c, out, why);
	case WANT_FIRST_ITEM:
		return c == ']' ? close_bracket(m, c, out, why) : begin_value(m, c, out, why);
	case WANT_COLON:
		m->want = WANT_VALUE;
		return c == ':' ? buf_add_char(out, c) : refuse(why, "a colon is missing");
	default: return begin_value(m, c, out, why);
	}
}

bool json_mend_feed(struct json_mend *m, char c, struct buf *out, const char **why)
{
	switch (m->want) {
	case IN_STRING: return feed_string(m, c, out);
	case IN_ESCAPE: return feed_escape(m, c, out);
	case IN_CODE: return feed_code(m, c, out);
	case IN_LOW:
	case IN_LOW_U: return feed_low(m, c, out);
	case IN_SIGN:
	case IN_ZERO:
	case IN_WHOLE:
	case IN_POINT:
	case IN_PART:
	case IN_E:
	case IN_E_SIGN:
	case IN_POWER: return feed_number(m, c, out, why);
	case IN_WORD: return feed_word(m, c, out, why);
	case WANT_KEY:
	case WANT_ITEM: return feed_after_comma(m, c, out, why);
	case WANT_NEXT: return feed_next(m, c, out, why);
	case IS_DONE: return refuse(why, "something follows its end");
	default: return feed_between(m, c, out, why);
	}
}

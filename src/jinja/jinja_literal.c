/*
 * jinja_literal.c - names, numbers and strings; see jinja_literal.h.
 *
 * Numbers may have underscores between digits; integers beyond 64 bits are refused. String escapes
 * are Python's; "\N{...}" and lone surrogates are refused, an unknown escape keeps its backslash.
 *
 * Layer: prompt
 */
#include "jinja/jinja_literal.h"

#include <string.h>

#include "base/utf8.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

/* The value of a digit in any base up to 16; 99 for anything else. */
static unsigned digit_value(char c)
{
	if (is_digit(c))
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 99;
}

/* Digits with single underscores between them, from `at`; the end, `at` if there are none. */
static size_t digits_end(struct str s, size_t at, unsigned base)
{
	size_t end = at;
	while (at < s.n && digit_value(s.p[at]) < base) {
		end = ++at;
		if (at < s.n && s.p[at] == '_')
			at++;
	}
	return end;
}

/* The end of ".digits", "e+digits" or both behind the digits at `at`; 0: it is no float. */
static size_t float_end(struct str s, size_t at)
{
	size_t end = 0;
	if (at < s.n && s.p[at] == '.') {
		size_t fraction = digits_end(s, at + 1, 10);
		if (fraction > at + 1)
			end = at = fraction;
	}
	if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E')) {
		size_t sign = at + 1 < s.n && (s.p[at + 1] == '+' || s.p[at + 1] == '-');
		size_t exponent = digits_end(s, at + 1 + sign, 10);
		if (exponent > at + 1 + sign)
			end = exponent;
	}
	return end;
}

static struct str without_underscores(struct arena *arena, struct str s)
{
	char *p = arena_z(arena, s);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '_')
			p[n++] = s.p[i];
	return str_n(p, n);
}

static bool integer_value(struct str digits, unsigned base, int64_t *out)
{
	uint64_t value = 0;
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] == '_')
			continue;
		unsigned digit = digit_value(digits.p[i]);
		if (value > ((uint64_t)INT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	*out = (int64_t)value;
	return true;
}

static size_t read_integer(struct str s, struct jtoken *token, const char **wrong)
{
	static const struct {
		const char *prefix, *other;
		unsigned base;
	} prefixes[] = { { "0x", "0X", 16 }, { "0o", "0O", 8 }, { "0b", "0B", 2 } };
	unsigned base = 10;
	size_t from = 0, end;
	for (size_t i = 0; i < 3; i++)
		if (str_starts(s, str_z(prefixes[i].prefix)) ||
			str_starts(s, str_z(prefixes[i].other))) {
			size_t at = s.n > 2 && s.p[2] == '_' ? 3 : 2;
			if (digits_end(s, at, prefixes[i].base) > at) {
				base = prefixes[i].base;
				from = at;
			}
		}
	end = digits_end(s, from, base);
	if (base == 10 && s.p[0] == '0') /* 007 is 0, 0 and 7: a syntax error later on */
		for (end = 1; end < s.n && (s.p[end] == '0' || (s.p[end] == '_' && end + 1 < s.n &&
								       s.p[end + 1] == '0'));)
			end++;
	token->kind = JT_INTEGER;
	if (!integer_value(str_sub(s, from, end), base, &token->integer))
		*wrong = "integer does not fit 64 bits";
	return end;
}

static size_t read_number(
	struct arena *arena, struct str s, bool after_dot, struct jtoken *token, const char **wrong)
{
	size_t end = after_dot ? 0 : float_end(s, digits_end(s, 0, 10));
	if (end == 0)
		return read_integer(s, token, wrong);
	token->kind = JT_FLOAT;
	struct str text = without_underscores(arena, str_sub(s, 0, end));
	if (!str_to_double(text, &token->number))
		*wrong = "number out of range";
	return end;
}

/* Exactly `count` hexadecimal digits at the front of s. */
static bool read_hex(struct str s, size_t count, uint32_t *out)
{
	uint32_t value = 0;
	if (s.n < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (digit_value(s.p[i]) >= 16)
			return false;
		value = value << 4 | digit_value(s.p[i]);
	}
	*out = value;
	return true;
}

static size_t read_octal(struct str s, uint32_t *out)
{
	size_t n = 0;
	for (*out = 0; n < 3 && n < s.n && digit_value(s.p[n]) < 8; n++)
		*out = *out << 3 | digit_value(s.p[n]);
	return n;
}

/*
 * One escape behind its backslash: its bytes, and either the character it means, or *keeps for an
 * escape Python does not know, or nothing (a line continued: *code is UINT32_MAX). 0: wrong.
 */
static size_t read_escape(struct str s, uint32_t *code, bool *keeps)
{
	static const char letters[] = "\\'\"abfnrtv";
	static const char meanings[] = "\\'\"\a\b\f\n\r\t\v";
	const char *letter = memchr(letters, s.p[0], sizeof letters - 1);
	*keeps = false;
	if (letter) {
		*code = (unsigned char)meanings[letter - letters];
		return 1;
	}
	switch (s.p[0]) {
	case '\n': *code = UINT32_MAX; return 1;
	case 'x': return read_hex(str_from(s, 1), 2, code) ? 3 : 0;
	case 'u': return read_hex(str_from(s, 1), 4, code) ? 5 : 0;
	case 'U': return read_hex(str_from(s, 1), 8, code) ? 9 : 0;
	case 'N': return 0;
	default: break;
	}
	size_t octal = read_octal(s, code);
	*keeps = octal == 0;
	return octal ? octal : 1;
}

/* The text between the quotes with its escapes read: never longer than before. */
static struct str unescape(struct arena *arena, struct str s, const char **wrong)
{
	struct buf out;
	buf_init(&out, s.n);
	for (size_t i = 0; i < s.n && !*wrong;) {
		uint32_t code;
		bool keeps;
		if (s.p[i] != '\\') {
			buf_add_char(&out, s.p[i++]);
			continue;
		}
		size_t bytes = read_escape(str_from(s, i + 1), &code, &keeps);
		if (bytes == 0 || (!keeps && code != UINT32_MAX &&
					  (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))))
			*wrong = "escape in a string that means no character";
		else if (keeps)
			buf_add(&out, str_sub(s, i, i + 2));
		else if (code != UINT32_MAX)
			utf8_add(&out, code);
		i += 1 + bytes;
	}
	struct str text = arena_str(arena, buf_str(&out));
	buf_clear(&out);
	return text;
}

static size_t read_string(
	struct arena *arena, struct str s, struct jtoken *token, const char **wrong)
{
	size_t end = 1;
	bool has_escape = false;
	for (; end < s.n && s.p[end] != s.p[0]; end++)
		if (s.p[end] == '\\') {
			has_escape = true;
			end++;
		}
	if (end >= s.n)
		return 0; /* never closed: the quote is reported as an unexpected character */
	token->kind = JT_STRING;
	token->text = str_sub(s, 1, end);
	if (has_escape)
		token->text = unescape(arena, token->text, wrong);
	return end + 1;
}

size_t jliteral_read(
	struct arena *arena, struct str s, bool after_dot, struct jtoken *token, const char **wrong)
{
	size_t end = 0;
	if (s.n == 0)
		return 0;
	if (s.p[0] == '\'' || s.p[0] == '"')
		return read_string(arena, s, token, wrong);
	if (is_digit(s.p[0]))
		return read_number(arena, s, after_dot, token, wrong);
	while (end < s.n && is_name_char(s.p[end]))
		end++;
	token->kind = JT_NAME;
	token->text = str_sub(s, 0, end);
	return end;
}

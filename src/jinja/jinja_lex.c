/*
 * jinja_lex.c - template text to tokens; see jinja_lex.h.
 *
 * Two states: outside of tags (`data`, looking for the next "{{", "{%" or "{#") and inside one
 * (tokens of an expression, until the tag's end where no bracket is open). Strings and numbers are
 * read in jinja_literal.c.
 *
 * Layer: prompt
 */
#include "jinja/jinja_lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "jinja/jinja_chars.h"
#include "jinja/jinja_literal.h"

struct lexer {
	struct arena *arena;
	struct str s; /* the source */
	size_t at;
	struct jtoken *tokens;
	size_t n, cap;
	bool line_starting;              /* nothing but a newline came before the data at hand */
	char open[LIMIT_JINJA_BRACKETS]; /* the closing brackets awaited */
	size_t open_count;
	struct err *e;
};

/* Operators, longer ones before their beginnings. */
static const struct operator_row {
	const char *text;
	enum jtoken_kind kind;
} operators[] = {
	{ "//", JT_FLOORDIV },
	{ "**", JT_POW },
	{ "==", JT_EQ },
	{ "!=", JT_NE },
	{ ">=", JT_GTEQ },
	{ "<=", JT_LTEQ },
	{ "+", JT_ADD },
	{ "-", JT_SUB },
	{ "/", JT_DIV },
	{ "*", JT_MUL },
	{ "%", JT_MOD },
	{ "~", JT_TILDE },
	{ "[", JT_LBRACKET },
	{ "]", JT_RBRACKET },
	{ "(", JT_LPAREN },
	{ ")", JT_RPAREN },
	{ "{", JT_LBRACE },
	{ "}", JT_RBRACE },
	{ "=", JT_ASSIGN },
	{ ">", JT_GT },
	{ "<", JT_LT },
	{ ":", JT_COLON },
	{ "|", JT_PIPE },
	{ ",", JT_COMMA },
	{ ";", JT_SEMICOLON },
	{ ".", JT_DOT },
};

const char *jtoken_name(enum jtoken_kind kind)
{
	switch (kind) {
	case JT_END: return "end of template";
	case JT_DATA: return "template data / text";
	case JT_PRINT_BEGIN: return "begin of print statement";
	case JT_PRINT_END: return "end of print statement";
	case JT_BLOCK_BEGIN: return "begin of statement block";
	case JT_BLOCK_END: return "end of statement block";
	case JT_NAME: return "name";
	case JT_STRING: return "string";
	case JT_INTEGER: return "integer";
	case JT_FLOAT: return "float";
	default: break;
	}
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
		if (operators[i].kind == kind)
			return operators[i].text;
	return "token";
}

uint32_t jlex_line(struct str source, size_t at)
{
	uint32_t line = 1;
	for (size_t i = 0; i < at && i < source.n; i++)
		line += source.p[i] == '\n';
	return line;
}

bool jlex_fail(struct str source, size_t at, struct err *e, const char *format, ...)
{
	char what[ERR_WHAT_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	struct str before = str_sub(source, 0, at);
	size_t newline = str_find_last(before, STR("\n"));
	struct str on_line = newline == SIZE_MAX ? before : str_from(before, newline + 1);
	return fail(e, ERR_BAD_DATA, LAYER_PROMPT, "template line %u, column %zu: %s",
		jlex_line(source, at), utf8_count(on_line) + 1, what);
}

static void add_token(struct lexer *l, struct jtoken token)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		struct jtoken *tokens = arena_calloc(l->arena, cap, sizeof *tokens);
		if (l->n)
			memcpy(tokens, l->tokens, l->n * sizeof *tokens);
		l->tokens = tokens;
		l->cap = cap;
	}
	l->tokens[l->n++] = token;
}

static void add(struct lexer *l, enum jtoken_kind kind, size_t at, struct str text)
{
	add_token(l, (struct jtoken){ .kind = kind, .at = at, .text = text });
}

static bool starts(const struct lexer *l, size_t at, const char *z)
{
	return str_starts(str_from(l->s, at), str_z(z));
}

static size_t skip_space(const struct lexer *l, size_t at)
{
	return at + jchars_space_left(str_from(l->s, at));
}

/* `-` takes the white space before a tag; without a sign, blanks that stand first on their line. */
static struct str strip_before_tag(const struct lexer *l, struct str data, char sign, bool is_print)
{
	if (sign == '-')
		return str_sub(data, 0, data.n - jchars_space_right(data));
	if (sign == '+' || is_print)
		return data;
	size_t newline = str_find_last(data, STR("\n"));
	size_t line = newline == SIZE_MAX ? 0 : newline + 1;
	if ((line > 0 || l->line_starting) &&
		jchars_space_left(str_from(data, line)) == data.n - line)
		return str_sub(data, 0, line);
	return data;
}

static void add_data(struct lexer *l, size_t at, struct str data)
{
	if (data.n)
		add(l, JT_DATA, at, data);
}

/*
 * Behind the end of a tag whose closing bytes begin at `at` ("%}" or "#}" or "}}"), with the sign
 * that stood before them.
 */
static void end_tag(struct lexer *l, size_t at, char sign, bool trims)
{
	l->at = at + 2;
	if (sign == '-')
		l->at = skip_space(l, l->at);
	else if (sign != '+' && trims && starts(l, l->at, "\n"))
		l->at++;
	l->line_starting = l->s.p[l->at - 1] == '\n';
}

/* If the end of a tag, with its sign, stands at `at`: the offset of its two bytes, else SIZE_MAX.
 */
static size_t tag_end(const struct lexer *l, size_t at, const char *closing, bool plus, char *sign)
{
	*sign = 0;
	if (starts(l, at, closing))
		return at;
	if (at < l->s.n && (l->s.p[at] == '-' || (plus && l->s.p[at] == '+')) &&
		starts(l, at + 1, closing)) {
		*sign = l->s.p[at];
		return at + 1;
	}
	return SIZE_MAX;
}

static bool skip_comment(struct lexer *l, size_t opening)
{
	size_t found = str_find(str_from(l->s, l->at), STR("#}"));
	if (found == SIZE_MAX)
		return jlex_fail(l->s, opening, l->e, "Missing end of comment tag");
	size_t end = l->at + found;
	char sign = found > 0 ? l->s.p[end - 1] : 0;
	end_tag(l, end, sign == '-' || sign == '+' ? sign : 0, true);
	return true;
}

/* Behind "{%" and its sign at `at`: does `word` follow and then the tag end? Its place, or
 * SIZE_MAX. */
static size_t word_tag(const struct lexer *l, size_t at, const char *word, bool plus, char *sign)
{
	at = skip_space(l, at);
	if (!starts(l, at, word))
		return SIZE_MAX;
	return tag_end(l, skip_space(l, at + strlen(word)), "%}", plus, sign);
}

static size_t after_sign(const struct lexer *l, size_t at, char *sign)
{
	*sign = 0;
	if (at < l->s.n && (l->s.p[at] == '-' || l->s.p[at] == '+'))
		*sign = l->s.p[at++];
	return at;
}

/* From behind `{% raw %}` to behind `{% endraw %}`. */
static bool lex_raw(struct lexer *l, size_t opening)
{
	for (size_t i = l->at; i < l->s.n; i++) {
		if (!starts(l, i, "{%"))
			continue;
		char sign, end_sign;
		size_t inside = after_sign(l, i + 2, &sign);
		size_t end = word_tag(l, inside, "endraw", true, &end_sign);
		if (end == SIZE_MAX)
			continue;
		struct str data = str_sub(l->s, l->at, i);
		add_data(l, l->at, strip_before_tag(l, data, sign, false));
		end_tag(l, end, end_sign, true);
		return true;
	}
	return jlex_fail(l->s, opening, l->e, "Missing end of raw directive");
}

static bool open_bracket(struct lexer *l, size_t at, char closing)
{
	if (l->open_count == LIMIT_JINJA_BRACKETS)
		return jlex_fail(
			l->s, at, l->e, "brackets nested deeper than %d", LIMIT_JINJA_BRACKETS);
	l->open[l->open_count++] = closing;
	return true;
}

static bool close_bracket(struct lexer *l, size_t at, char c)
{
	if (l->open_count == 0)
		return jlex_fail(l->s, at, l->e, "unexpected '%c'", c);
	char expected = l->open[--l->open_count];
	if (expected != c)
		return jlex_fail(l->s, at, l->e, "unexpected '%c', expected '%c'", c, expected);
	return true;
}

static bool lex_operator(struct lexer *l)
{
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
		const struct operator_row *row = &operators[i];
		if (!starts(l, l->at, row->text))
			continue;
		size_t at = l->at;
		add(l, row->kind, at, str_z(row->text));
		l->at += strlen(row->text);
		switch (row->kind) {
		case JT_LBRACE: return open_bracket(l, at, '}');
		case JT_LBRACKET: return open_bracket(l, at, ']');
		case JT_LPAREN: return open_bracket(l, at, ')');
		case JT_RBRACE: return close_bracket(l, at, '}');
		case JT_RBRACKET: return close_bracket(l, at, ']');
		case JT_RPAREN: return close_bracket(l, at, ')');
		default: return true;
		}
	}
	int bytes = utf8_next(str_from(l->s, l->at), &(uint32_t){ 0 });
	return jlex_fail(l->s, l->at, l->e, "unexpected char '%.*s'", bytes, l->s.p + l->at);
}

/* A name, a number or a string, if one stands here. */
static bool lex_literal(struct lexer *l, bool *found)
{
	struct jtoken token = { .at = l->at };
	struct str rest = str_from(l->s, l->at);
	bool after_dot = l->at > 0 && l->s.p[l->at - 1] == '.';
	const char *wrong = NULL;
	size_t bytes = jliteral_read(l->arena, rest, after_dot, &token, &wrong);
	if (wrong)
		return jlex_fail(l->s, l->at, l->e, "%s", wrong);
	*found = bytes > 0;
	if (*found)
		add_token(l, token);
	l->at += bytes;
	return true;
}

/* The inside of a print or a block tag, and its end. */
static bool lex_tag(struct lexer *l, bool is_print)
{
	l->open_count = 0;
	while (l->at < l->s.n) {
		char sign;
		size_t end = l->open_count
				     ? SIZE_MAX
				     : tag_end(l, l->at, is_print ? "}}" : "%}", !is_print, &sign);
		if (end != SIZE_MAX) {
			add(l, is_print ? JT_PRINT_END : JT_BLOCK_END, l->at, STR(""));
			end_tag(l, end, sign, !is_print);
			return true;
		}
		size_t next = skip_space(l, l->at);
		if (next > l->at) {
			l->at = next;
			continue;
		}
		bool found = false;
		if (!lex_literal(l, &found) || (!found && !lex_operator(l)))
			return false;
	}
	return true; /* the parser says what is missing */
}

/* The next "{{", "{%" or "{#", or the end. */
static size_t next_opening(const struct lexer *l)
{
	for (size_t i = l->at; i + 1 < l->s.n; i++)
		if (l->s.p[i] == '{' &&
			(l->s.p[i + 1] == '{' || l->s.p[i + 1] == '%' || l->s.p[i + 1] == '#'))
			return i;
	return l->s.n;
}

static bool lex_from_opening(struct lexer *l, size_t opening)
{
	char sign, raw_sign, kind = l->s.p[opening + 1];
	struct str data = str_sub(l->s, l->at, opening);
	size_t inside = after_sign(l, opening + 2, &sign);
	add_data(l, l->at, strip_before_tag(l, data, sign, kind == '{'));
	l->at = inside;
	l->line_starting = false;
	if (kind == '#')
		return skip_comment(l, opening);
	size_t raw = kind == '%' ? word_tag(l, inside, "raw", false, &raw_sign) : SIZE_MAX;
	if (raw != SIZE_MAX) {
		end_tag(l, raw, raw_sign, false);
		return lex_raw(l, opening);
	}
	add(l, kind == '{' ? JT_PRINT_BEGIN : JT_BLOCK_BEGIN, opening, STR(""));
	return lex_tag(l, kind == '{');
}

/* Every kind of newline to '\n', without one at the very end. */
static struct str one_newline(struct arena *arena, struct str text)
{
	char *p = arena_z(arena, text);
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\r' && i + 1 < text.n && text.p[i + 1] == '\n')
			continue;
		p[n++] = text.p[i] == '\r' ? '\n' : text.p[i];
	}
	if (n && p[n - 1] == '\n')
		n--;
	return str_n(p, n);
}

bool jlex(struct arena *arena, struct str text, struct jtokens *out, struct err *e)
{
	struct lexer l = { .arena = arena, .line_starting = true, .e = e };
	l.s = one_newline(arena, text);
	while (l.at < l.s.n) {
		size_t opening = next_opening(&l);
		if (opening == l.s.n) {
			add_data(&l, l.at, str_from(l.s, l.at));
			break;
		}
		if (!lex_from_opening(&l, opening))
			return false;
	}
	add(&l, JT_END, l.s.n, STR(""));
	*out = (struct jtokens){ l.s, l.tokens, l.n };
	return true;
}

/*
 * jinja_lex.h - template text to tokens, with Jinja's rules of white space applied.
 *
 * Newlines become '\n', one at the very end is dropped. trim_blocks: a newline right after a block
 * or comment goes. lstrip_blocks: blanks before a block or comment that stands first on its line
 * go. A `-` at a tag takes all white space on its side, a `+` keeps it. Comments and raw markers
 * leave no token.
 *
 * Layer: prompt
 */
#ifndef OFFGRID_CHAT_JINJA_LEX_H
#define OFFGRID_CHAT_JINJA_LEX_H

#include "base/arena.h"
#include "base/err.h"

enum jtoken_kind {
	JT_END, /* of the template */
	JT_DATA,
	JT_PRINT_BEGIN,
	JT_PRINT_END,
	JT_BLOCK_BEGIN,
	JT_BLOCK_END,
	JT_NAME,
	JT_STRING,
	JT_INTEGER,
	JT_FLOAT,
	JT_ADD,
	JT_ASSIGN,
	JT_COLON,
	JT_COMMA,
	JT_DIV,
	JT_DOT,
	JT_EQ,
	JT_FLOORDIV,
	JT_GT,
	JT_GTEQ,
	JT_LBRACE,
	JT_LBRACKET,
	JT_LPAREN,
	JT_LT,
	JT_LTEQ,
	JT_MOD,
	JT_MUL,
	JT_NE,
	JT_PIPE,
	JT_POW,
	JT_RBRACE,
	JT_RBRACKET,
	JT_RPAREN,
	JT_SEMICOLON,
	JT_SUB,
	JT_TILDE,
	JT_KIND_COUNT
};

struct jtoken {
	enum jtoken_kind kind;
	size_t at;       /* byte offset into the source, for the line and column of a fault */
	struct str text; /* data, name; string: its value, escapes read */
	int64_t integer;
	double number;
};

struct jtokens {
	struct str source; /* newlines made one kind */
	struct jtoken *p;  /* ends in JT_END */
	size_t n;
};

/* Everything in `out` lives in the arena. */
bool jlex(struct arena *arena, struct str text, struct jtokens *out, struct err *e);

/* A syntax error at this byte of the source: "template line 3, column 14: ...". Always false. */
bool jlex_fail(struct str source, size_t at, struct err *e, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
uint32_t jlex_line(struct str source, size_t at);

/* What a kind of token is called in messages. */
const char *jtoken_name(enum jtoken_kind kind);

#endif

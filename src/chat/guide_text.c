/*
 * guide_text.c - a row's fixed text as a guide walks it; see guide_text.h.
 *
 * An id that the model makes up is part of an automaton. A piece that is complete hands a byte it
 * cannot take to the next one, which is how optional blanks at a border come out right.
 */
#include "chat/guide_text.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/pattern.h"
#include "chat/tool_format.h"

enum { PIECES_MAX = 8, DIGITS_MAX = 24 };

enum piece_kind { PIECE_LETTERS, PIECE_NUMBER, PIECE_NAME };

struct piece {
	enum piece_kind kind;
	const struct dfa *dfa; /* PIECE_LETTERS */
};

struct guide_text {
	struct piece pieces[PIECES_MAX];
	uint16_t n;
};

/* ---- making ---- */

/* A text under construction: the expression of the piece to come. */
struct maker {
	struct guide_text *text;
	struct arena *mem;
	const struct guide_text_style *style;
	struct buf expression;
};

static void add_piece(struct maker *m, enum piece_kind kind, const struct dfa *dfa)
{
	MUST(m->text->n < PIECES_MAX);
	m->text->pieces[m->text->n++] = (struct piece){ kind, dfa };
}

static void end_letters(struct maker *m)
{
	const char *why;
	if (!m->expression.n)
		return;
	const struct dfa *d = pattern_compile(m->mem, buf_str(&m->expression), PATTERN_BYTES, &why);
	MUST(d);
	add_piece(m, PIECE_LETTERS, d);
	buf_reset(&m->expression);
}

static void add_hole(struct maker *m, char hole)
{
	if (hole == TOOL_HOLE_ID[0]) {
		buf_printf(&m->expression, "[a-z0-9]{%d}", m->style->id_chars);
		return;
	}
	end_letters(m);
	add_piece(m, hole == TOOL_HOLE_INDEX[0] ? PIECE_NUMBER : PIECE_NAME, NULL);
}

static bool is_hole(char c)
{
	return c == TOOL_HOLE_INDEX[0] || c == TOOL_HOLE_ID[0] || c == TOOL_HOLE_NAME[0];
}

static void add_exactly(struct buf *out, char c)
{
	if (strchr("\\^$.|?*+()[]{}", c))
		buf_add_char(out, '\\');
	buf_add_char(out, c);
}

/* A letter with the blanks around it left to the model. */
static void add_freely(struct buf *out, char c)
{
	bool is_mark = strchr("{}:,", c) != NULL;
	if (is_mark)
		buf_add_z(out, " ?");
	add_exactly(out, c);
	if (is_mark)
		buf_add_z(out, " ?");
}

/* Blanks of a text that need not be so: single ones belong to the mark beside them. */
static void add_free_blanks(struct buf *out, struct str blanks)
{
	if (str_eq(blanks, STR("\n")))
		buf_add_z(out, "[\\n ]?");
	else if (blanks.n > 1)
		buf_printf(out, "(?:%.*s|[\\n ]?)", STR_ARG(blanks));
}

static void add_part(struct maker *m, struct str part)
{
	bool is_free = m->style->is_spacing_free;
	for (size_t i = 0; i < part.n; i++) {
		size_t blanks = strspn(part.p + i, " \n");
		if (is_free && blanks) {
			add_free_blanks(&m->expression, str_sub(part, i, i + blanks));
			i += blanks - 1;
		} else if (is_hole(part.p[i])) {
			add_hole(m, part.p[i]);
		} else if (is_free) {
			add_freely(&m->expression, part.p[i]);
		} else {
			add_exactly(&m->expression, part.p[i]);
		}
	}
}

const struct guide_text *guide_text_new(
	struct arena *mem, const char *const *parts, size_t n, const struct guide_text_style *style)
{
	struct maker m = { .text = arena_alloc(mem, sizeof *m.text), .mem = mem, .style = style };
	buf_init(&m.expression, LIMIT_PATTERN_BYTES);
	if (style->also)
		buf_printf(&m.expression, "(?:%s)|(?:", style->also);
	struct buf all;
	buf_init(&all, LIMIT_PATTERN_BYTES);
	for (size_t i = 0; i < n; i++)
		buf_add_z(&all, parts[i] ? parts[i] : "");
	add_part(&m, str_z(buf_z(&all)));
	buf_clear(&all);
	if (style->also)
		buf_add_char(&m.expression, ')');
	end_letters(&m);
	buf_clear(&m.expression);
	return m.text;
}

/* ---- walking ---- */

static struct str hole_text(
	const struct piece *p, const struct guide_holes *holes, char digits[DIGITS_MAX])
{
	if (p->kind == PIECE_NAME)
		return holes->name;
	int n = snprintf(digits, DIGITS_MAX, "%llu", (unsigned long long)holes->number);
	return str_n(digits, (size_t)n);
}

/* The state of the piece after the byte, or DFA_NONE; *ends: nothing of the piece may follow. */
static uint32_t piece_step(const struct piece *p, const struct guide_holes *holes, uint32_t at,
	unsigned char c, bool *ends)
{
	char digits[DIGITS_MAX];
	if (p->kind == PIECE_LETTERS) {
		uint32_t to = dfa_step(p->dfa, at, c);
		*ends = to != DFA_NONE && dfa_is_final(p->dfa, to);
		return to;
	}
	struct str text = hole_text(p, holes, digits);
	if (at >= text.n || (unsigned char)text.p[at] != c)
		return DFA_NONE;
	*ends = at + 1 == text.n;
	return at + 1;
}

static bool piece_may_end(const struct piece *p, uint32_t at)
{
	return p->kind == PIECE_LETTERS && p->dfa->states[at].is_accept;
}

bool guide_text_step(const struct guide_text *t, const struct guide_holes *holes,
	struct guide_text_at *at, unsigned char c)
{
	for (uint16_t i = at->piece; i < t->n; i++) {
		uint32_t from = i == at->piece ? at->at : 0;
		bool ends = false;
		uint32_t to = piece_step(&t->pieces[i], holes, from, c, &ends);
		if (to != DFA_NONE) {
			*at = ends ? (struct guide_text_at){ 0, (uint16_t)(i + 1) }
				   : (struct guide_text_at){ to, i };
			return true;
		}
		if (!piece_may_end(&t->pieces[i], from))
			return false;
	}
	return false;
}

void guide_text_allowed(const struct guide_text *t, const struct guide_holes *holes,
	const struct guide_text_at *at, struct byte_set *out)
{
	char digits[DIGITS_MAX];
	for (uint16_t i = at->piece; i < t->n; i++) {
		const struct piece *p = &t->pieces[i];
		uint32_t from = i == at->piece ? at->at : 0;
		if (p->kind != PIECE_LETTERS) {
			struct str text = hole_text(p, holes, digits);
			if (from < text.n)
				byte_set_put(out, (unsigned char)text.p[from]);
			return;
		}
		dfa_put_bytes(p->dfa, from, out);
		if (!piece_may_end(p, from))
			return;
	}
}

bool guide_text_is_complete(const struct guide_text *t, const struct guide_text_at *at)
{
	for (uint16_t i = at->piece; i < t->n; i++)
		if (!piece_may_end(&t->pieces[i], i == at->piece ? at->at : 0))
			return false;
	return at->piece != GUIDE_TEXT_OVER;
}

bool guide_text_is_final(const struct guide_text *t, const struct guide_text_at *at)
{
	return at->piece == t->n;
}

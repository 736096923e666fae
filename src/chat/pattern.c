/*
 * pattern.c - regular expressions as automata; see pattern.h.
 *
 * Parsed into a tree (in a scratch arena), then written into an nfa from its end to its start. A
 * bounded repetition is written out, so the cap on nfa states bounds it.
 */
#include "chat/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "chat/nfa.h"

enum { GROUP_DEPTH_MAX = 64, REPEAT_MAX = 1000, NFA_STATES_MAX = 60000 };

#define REPEAT_ENDLESS UINT32_MAX

enum node_kind { NODE_EMPTY, NODE_CLASS, NODE_CAT, NODE_ALT, NODE_REPEAT, NODE_BEGIN, NODE_END };

struct node {
	enum node_kind kind;
	const struct node *a, *b; /* CAT, ALT: both; REPEAT: a */
	uint32_t min, max;        /* REPEAT */
	const struct code_range *ranges;
	size_t n_ranges;
};

struct parser {
	struct str rest;
	struct arena *scratch;
	const char *why;
	int depth;
};

/* A class under construction: any number of ranges, sorted and merged at the end. */
struct class
{
	struct code_range *ranges;
	size_t n, cap;
	struct arena *scratch;
};

static const struct code_range digit_ranges[] = { { '0', '9' } };
static const struct code_range word_ranges[] = { { '0', '9' }, { 'A', 'Z' }, { '_', '_' },
	{ 'a', 'z' } };
static const struct code_range space_ranges[] = { { 0x09, 0x0d }, { ' ', ' ' }, { 0xa0, 0xa0 },
	{ 0x1680, 0x1680 }, { 0x2000, 0x200a }, { 0x2028, 0x2029 }, { 0x202f, 0x202f },
	{ 0x205f, 0x205f }, { 0x3000, 0x3000 }, { 0xfeff, 0xfeff } };
static const struct code_range line_end_ranges[] = { { '\n', '\n' }, { '\r', '\r' },
	{ 0x2028, 0x2029 } };

static const struct node *parse_alternatives(struct parser *p);

static const struct node *refuse(struct parser *p, const char *why)
{
	if (!p->why)
		p->why = why;
	return NULL;
}

static struct node *new_node(struct parser *p, enum node_kind kind)
{
	struct node *n = arena_alloc(p->scratch, sizeof *n);
	n->kind = kind;
	return n;
}

static bool next_is(const struct parser *p, char c)
{
	return p->rest.n && p->rest.p[0] == c;
}

static bool skip(struct parser *p, struct str s)
{
	if (!str_starts(p->rest, s))
		return false;
	p->rest = str_from(p->rest, s.n);
	return true;
}

static uint32_t take_code(struct parser *p)
{
	uint32_t code = 0;
	int n = utf8_next(p->rest, &code);
	if (n <= 0)
		refuse(p, "not valid UTF-8");
	p->rest = str_from(p->rest, n > 0 ? (size_t)n : 1);
	return code;
}

static void class_add(struct class *c, uint32_t lo, uint32_t hi)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 8;
		struct code_range *more = arena_calloc(c->scratch, cap, sizeof *more);
		if (c->n)
			memcpy(more, c->ranges, c->n * sizeof *more);
		c->ranges = more;
		c->cap = cap;
	}
	c->ranges[c->n++] = (struct code_range){ lo, hi };
}

static int by_lo(const void *a, const void *b)
{
	const struct code_range *x = a, *y = b;
	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

static void class_sort(struct class *c)
{
	if (c->n)
		qsort(c->ranges, c->n, sizeof *c->ranges, by_lo);
	size_t kept = 0;
	for (size_t i = 0; i < c->n; i++) {
		struct code_range *last = kept ? &c->ranges[kept - 1] : NULL;
		if (last && c->ranges[i].lo <= last->hi + 1) {
			if (c->ranges[i].hi > last->hi)
				last->hi = c->ranges[i].hi;
		} else {
			c->ranges[kept++] = c->ranges[i];
		}
	}
	c->n = kept;
}

/* Adds everything that the sorted ranges leave out. */
static void class_add_opposite(struct class *c, const struct code_range *ranges, size_t n)
{
	uint32_t from = 0;
	for (size_t i = 0; i < n; i++) {
		if (ranges[i].lo > from)
			class_add(c, from, ranges[i].lo - 1);
		from = ranges[i].hi + 1;
	}
	if (from <= CODE_MAX)
		class_add(c, from, CODE_MAX);
}

static void class_add_all(
	struct class *c, const struct code_range *ranges, size_t n, bool is_opposite)
{
	if (is_opposite)
		class_add_opposite(c, ranges, n);
	else
		for (size_t i = 0; i < n; i++)
			class_add(c, ranges[i].lo, ranges[i].hi);
}

static const struct node *class_node(struct parser *p, struct class *c)
{
	class_sort(c);
	struct node *n = new_node(p, NODE_CLASS);
	n->ranges = c->ranges;
	n->n_ranges = c->n;
	return n;
}

static bool take_hex(struct parser *p, int digits, uint32_t *out)
{
	uint32_t value = 0;
	for (int i = 0; i < digits; i++) {
		char c = i < (int)p->rest.n ? p->rest.p[i] : 0;
		uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
				 : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
				 : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
							: 16;
		if (digit == 16)
			return false;
		value = value * 16 + digit;
	}
	p->rest = str_from(p->rest, (size_t)digits);
	*out = value;
	return true;
}

/* After \u: four digits (two such for a pair of surrogates) or any number in braces. */
static uint32_t take_unicode(struct parser *p)
{
	uint32_t code = 0, low = 0;
	if (skip(p, STR("{"))) {
		size_t digits = str_find_char(p->rest, '}');
		if (digits == SIZE_MAX || digits == 0 || digits > 6 ||
			!take_hex(p, (int)digits, &code) || code > CODE_MAX)
			refuse(p, "malformed \\u{} escape");
		skip(p, STR("}"));
		return code;
	}
	if (!take_hex(p, 4, &code))
		refuse(p, "malformed \\u escape");
	if (code >= 0xd800 && code <= 0xdbff && skip(p, STR("\\u")) && take_hex(p, 4, &low) &&
		low >= 0xdc00 && low <= 0xdfff)
		return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	return code;
}

/* The single character that an escape stands for; the backslash and `c` are taken already. */
static uint32_t escaped_code(struct parser *p, uint32_t c)
{
	static const char letters[] = "t\tn\nr\rf\fv\v";
	for (const char *l = letters; *l; l += 2)
		if (c == (unsigned char)*l)
			return (unsigned char)l[1];
	uint32_t code = 0;
	if (c == '0')
		return 0;
	if (c == 'x') {
		if (!take_hex(p, 2, &code))
			refuse(p, "malformed \\x escape");
		return code;
	}
	if (c == 'u')
		return take_unicode(p);
	if (c == 'c')
		return take_code(p) & 0x1f;
	if ((c >= '1' && c <= '9') || c == 'k')
		refuse(p, "back references are not regular");
	else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		refuse(p, "an escape that is not known");
	return c;
}

/* Adds what an escape means inside or outside a class; true if it was a whole class. */
static bool take_escape(struct parser *p, struct class *c, uint32_t *code)
{
	static const struct {
		char letter;
		const struct code_range *ranges;
		size_t n;
	} rows[] = {
		{ 'd', digit_ranges, sizeof digit_ranges / sizeof *digit_ranges },
		{ 'w', word_ranges, sizeof word_ranges / sizeof *word_ranges },
		{ 's', space_ranges, sizeof space_ranges / sizeof *space_ranges },
	};
	if (!p->rest.n) {
		refuse(p, "a backslash at the end");
		return true;
	}
	uint32_t letter = take_code(p);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (letter < 0x80 && (letter | 0x20) == (unsigned char)rows[i].letter) {
			class_add_all(c, rows[i].ranges, rows[i].n, !(letter & 0x20));
			return true;
		}
	if (letter == 'p' || letter == 'P')
		refuse(p, "Unicode properties are not built in");
	*code = escaped_code(p, letter);
	return false;
}

/* One member of [...]: a character or a whole class. */
static bool take_member(struct parser *p, struct class *c, uint32_t *code)
{
	if (!skip(p, STR("\\"))) {
		*code = take_code(p);
		return false;
	}
	if (skip(p, STR("b"))) {
		*code = '\b';
		return false;
	}
	return take_escape(p, c, code);
}

static const struct node *parse_class(struct parser *p)
{
	struct class c = { .scratch = p->scratch };
	bool is_opposite = skip(p, STR("^"));
	while (!p->why && !next_is(p, ']')) {
		if (!p->rest.n)
			return refuse(p, "a class that is not closed");
		uint32_t lo = 0, hi = 0;
		if (take_member(p, &c, &lo))
			continue;
		hi = lo;
		if (p->rest.n > 1 && p->rest.p[0] == '-' && p->rest.p[1] != ']') {
			skip(p, STR("-"));
			if (take_member(p, &c, &hi)) {
				class_add(&c, '-', '-');
				hi = lo;
			}
		}
		if (hi < lo)
			return refuse(p, "a range that runs backwards");
		class_add(&c, lo, hi);
	}
	skip(p, STR("]"));
	if (!is_opposite)
		return class_node(p, &c);
	class_sort(&c);
	struct class rest = { .scratch = p->scratch };
	class_add_opposite(&rest, c.ranges, c.n);
	return class_node(p, &rest);
}

static const struct node *parse_group(struct parser *p)
{
	if (skip(p, STR("?"))) {
		if (skip(p, STR("<")) || skip(p, STR("P<"))) {
			size_t end = str_find_char(p->rest, '>');
			if (next_is(p, '=') || next_is(p, '!') || end == SIZE_MAX)
				return refuse(p, "look around is not taken");
			p->rest = str_from(p->rest, end + 1);
		} else if (!skip(p, STR(":"))) {
			return refuse(p, "look around and inline flags are not taken");
		}
	}
	if (++p->depth > GROUP_DEPTH_MAX)
		return refuse(p, "groups nested too deep");
	const struct node *n = parse_alternatives(p);
	p->depth--;
	if (!skip(p, STR(")")))
		return refuse(p, "a group that is not closed");
	return n;
}

static const struct node *parse_atom(struct parser *p)
{
	struct class c = { .scratch = p->scratch };
	if (skip(p, STR("(")))
		return parse_group(p);
	if (skip(p, STR("[")))
		return parse_class(p);
	if (skip(p, STR("^")))
		return new_node(p, NODE_BEGIN);
	if (skip(p, STR("$")))
		return new_node(p, NODE_END);
	if (skip(p, STR("."))) {
		class_add_opposite(
			&c, line_end_ranges, sizeof line_end_ranges / sizeof *line_end_ranges);
		return class_node(p, &c);
	}
	if (next_is(p, '*') || next_is(p, '+') || next_is(p, '?'))
		return refuse(p, "a quantifier with nothing before it");
	uint32_t code = 0;
	if (skip(p, STR("\\"))) {
		if (next_is(p, 'b') || next_is(p, 'B'))
			return refuse(p, "word borders are not taken");
		if (take_escape(p, &c, &code))
			return class_node(p, &c);
	} else {
		code = take_code(p);
	}
	class_add(&c, code, code);
	return class_node(p, &c);
}

static bool take_number(struct str *s, uint32_t *out)
{
	size_t n = 0;
	uint64_t value = 0;
	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9' && value <= REPEAT_MAX)
		value = value * 10 + (uint64_t)(s->p[n++] - '0');
	*s = str_from(*s, n);
	*out = (uint32_t)value;
	return n > 0;
}

/* {n}, {n,}, {n,m}; false if the brace means itself. */
static bool take_braces(struct parser *p, uint32_t *min, uint32_t *max)
{
	struct str s = p->rest;
	if (!str_starts(s, STR("{")))
		return false;
	s = str_from(s, 1);
	if (!take_number(&s, min))
		return false;
	*max = *min;
	if (str_starts(s, STR(","))) {
		s = str_from(s, 1);
		if (!take_number(&s, max))
			*max = REPEAT_ENDLESS;
	}
	if (!str_starts(s, STR("}")))
		return false;
	p->rest = str_from(s, 1);
	return true;
}

static bool take_quantifier(struct parser *p, uint32_t *min, uint32_t *max)
{
	*min = 0;
	*max = REPEAT_ENDLESS;
	if (skip(p, STR("*")))
		return true;
	if (skip(p, STR("+"))) {
		*min = 1;
		return true;
	}
	if (skip(p, STR("?"))) {
		*max = 1;
		return true;
	}
	return take_braces(p, min, max);
}

static const struct node *parse_repeated(struct parser *p)
{
	const struct node *atom = parse_atom(p);
	uint32_t min, max;
	if (p->why || !take_quantifier(p, &min, &max))
		return atom;
	skip(p, STR("?")); /* lazy: the same language */
	if (min > REPEAT_MAX || (max > REPEAT_MAX && max != REPEAT_ENDLESS) || max < min)
		return refuse(p, "a repetition out of bounds");
	struct node *n = new_node(p, NODE_REPEAT);
	n->a = atom;
	n->min = min;
	n->max = max;
	return n;
}

static const struct node *join(
	struct parser *p, enum node_kind kind, const struct node *a, const struct node *b)
{
	struct node *n = new_node(p, kind);
	n->a = a;
	n->b = b;
	return n;
}

static const struct node *parse_alternatives(struct parser *p)
{
	const struct node *all = NULL;
	do {
		const struct node *sequence = NULL;
		while (!p->why && p->rest.n && !next_is(p, '|') && !next_is(p, ')')) {
			const struct node *part = parse_repeated(p);
			sequence = sequence ? join(p, NODE_CAT, sequence, part) : part;
		}
		if (!sequence)
			sequence = new_node(p, NODE_EMPTY);
		all = all ? join(p, NODE_ALT, all, sequence) : sequence;
	} while (!p->why && skip(p, STR("|")));
	return all;
}

static uint32_t emit(struct nfa *nfa, const struct node *n, uint32_t next);

static uint32_t emit_repeat(struct nfa *nfa, const struct node *n, uint32_t next)
{
	uint32_t entry = next;
	if (n->max == REPEAT_ENDLESS) {
		entry = nfa_split(nfa, next, NFA_NONE);
		nfa_aim(nfa, entry, emit(nfa, n->a, entry));
	} else {
		for (uint32_t i = n->min; i < n->max && !nfa->overflow; i++)
			entry = nfa_split(nfa, next, emit(nfa, n->a, entry));
	}
	for (uint32_t i = 0; i < n->min && !nfa->overflow; i++)
		entry = emit(nfa, n->a, entry);
	return entry;
}

/* Long sequences and alternatives lean to the left, so only their right parts are recursed into. */
static uint32_t emit(struct nfa *nfa, const struct node *n, uint32_t next)
{
	if (nfa->overflow)
		return NFA_NONE;
	for (; n->kind == NODE_CAT; n = n->a)
		next = emit(nfa, n->b, next);
	uint32_t others = NFA_NONE;
	for (; n->kind == NODE_ALT; n = n->a) {
		uint32_t way = emit(nfa, n->b, next);
		others = others == NFA_NONE ? way : nfa_split(nfa, way, others);
	}
	uint32_t entry = next;
	switch (n->kind) {
	case NODE_CLASS: entry = nfa_char(nfa, n->ranges, n->n_ranges, next); break;
	case NODE_REPEAT: entry = emit_repeat(nfa, n, next); break;
	case NODE_BEGIN: entry = nfa_at_begin(nfa, next); break;
	case NODE_END: entry = nfa_at_end(nfa, next); break;
	case NODE_CAT: entry = emit(nfa, n, next); break;
	case NODE_EMPTY:
	case NODE_ALT: break;
	}
	return others == NFA_NONE ? entry : nfa_split(nfa, entry, others);
}

/* A loop over any character, in front of what comes next. */
static uint32_t any_text(struct nfa *nfa, uint32_t next)
{
	static const struct code_range all[] = { { 0, CODE_MAX } };
	uint32_t loop = nfa_split(nfa, next, NFA_NONE);
	nfa_aim(nfa, loop, nfa_char(nfa, all, 1, loop));
	return loop;
}

static const struct use_row {
	enum nfa_spelling spelling;
	bool is_search;
} uses[] = {
	[PATTERN_SEARCH] = { NFA_JSON, true },
	[PATTERN_WHOLE] = { NFA_JSON, false },
	[PATTERN_BYTES] = { NFA_UTF8, false },
	[PATTERN_SEARCH_SINGLE] = { NFA_SINGLE, true },
	[PATTERN_WHOLE_SINGLE] = { NFA_SINGLE, false },
	[PATTERN_SEARCH_PLAIN] = { NFA_PLAIN, true },
	[PATTERN_WHOLE_PLAIN] = { NFA_PLAIN, false },
};

_Static_assert(sizeof uses / sizeof *uses == PATTERN_USE_COUNT, "a row for every use");

static const struct dfa *build(
	struct arena *mem, const struct node *tree, enum pattern_use use, const char **why)
{
	struct nfa nfa;
	nfa_init(&nfa, uses[use].spelling, NFA_STATES_MAX);
	uint32_t end = nfa_match(&nfa);
	uint32_t start = uses[use].is_search ? any_text(&nfa, emit(&nfa, tree, any_text(&nfa, end)))
					     : emit(&nfa, tree, nfa_at_end(&nfa, end));
	bool overflow = false;
	const struct dfa *made = nfa_to_dfa(&nfa, start, mem, LIMIT_PATTERN_STATES, &overflow);
	if (!made)
		*why = overflow ? "it takes too many states" : "nothing matches it";
	nfa_clear(&nfa);
	return made;
}

const struct dfa *pattern_compile(
	struct arena *mem, struct str text, enum pattern_use use, const char **why)
{
	*why = NULL;
	if (text.n > LIMIT_PATTERN_BYTES) {
		*why = "it is too long";
		return NULL;
	}
	struct parser p = { .rest = text, .scratch = arena_new() };
	const struct node *tree = parse_alternatives(&p);
	if (!p.why && p.rest.n)
		refuse(&p, "a closing parenthesis too many");
	const struct dfa *made = NULL;
	if (p.why)
		*why = p.why;
	else
		made = build(mem, tree, use, why);
	arena_free(p.scratch);
	return made;
}

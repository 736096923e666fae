/*
 * nfa.h - nondeterministic automata over bytes, built backwards and then determinised.
 *
 * Each function makes a state that leads to `next` and returns its number, so an expression is
 * built from its end to its start. Characters are written into the automaton as the bytes that
 * spell them: plain UTF-8, or as they stand inside a JSON string (a quote as \", a newline as \n,
 * a control character without a short form as \u00XX, everything else raw: one spelling each).
 * NFA_NONE as an argument or result means that a cap was passed; building goes on harmlessly and
 * nfa_to_dfa gives NULL.
 */
#ifndef OFFGRID_CHAT_NFA_H
#define OFFGRID_CHAT_NFA_H

#include "chat/dfa.h"

#define NFA_NONE UINT32_MAX

enum nfa_spelling {
	NFA_UTF8,
	NFA_JSON,
	NFA_SINGLE, /* as NFA_JSON, but between single quotes */
	NFA_PLAIN,  /* as NFA_UTF8 without U+0000, with the ends of characters marked */
};

struct nfa {
	struct nfa_state *states;
	size_t n, cap, max;
	enum nfa_spelling spelling;
	bool overflow;
};

/* Inclusive range of code points; surrogates inside it are left out. */
struct code_range {
	uint32_t lo, hi;
};

enum { CODE_MAX = 0x10ffff };

void nfa_init(struct nfa *n, enum nfa_spelling spelling, size_t max_states);
void nfa_clear(struct nfa *n);

uint32_t nfa_match(struct nfa *n);
uint32_t nfa_bytes(struct nfa *n, unsigned lo, unsigned hi, uint32_t next);
/* Either way, without taking a byte. The second may be set later with nfa_aim. */
uint32_t nfa_split(struct nfa *n, uint32_t a, uint32_t b);
void nfa_aim(struct nfa *n, uint32_t split, uint32_t b);
uint32_t nfa_at_begin(struct nfa *n, uint32_t next); /* passable only before the first byte */
uint32_t nfa_at_end(struct nfa *n, uint32_t next);   /* passable only after the last byte */
/* One character out of sorted ranges, spelled; in all spellings but NFA_UTF8 its end is marked
 * (dfa_state's ends_char). */
uint32_t nfa_char(struct nfa *n, const struct code_range *ranges, size_t count, uint32_t next);
/* What an automaton takes, then `next`. */
uint32_t nfa_of_dfa(struct nfa *n, const struct dfa *d, uint32_t next);
/* These bytes. */
uint32_t nfa_text(struct nfa *n, struct str text, uint32_t next);

/* NULL if the language is empty, or (then *overflow) if it takes too many states or steps. */
const struct dfa *nfa_to_dfa(
	const struct nfa *n, uint32_t start, struct arena *mem, size_t max_states, bool *overflow);

#endif

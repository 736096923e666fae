/*
 * dfa.h - deterministic automata over bytes: the language of one JSON scalar or of one key.
 *
 * A finished automaton is immutable, lies in the arena it was made in, and may be read by several
 * threads. State 0 is the start. Every state is alive: from it some accepting state can be reached,
 * so a walk that only follows edges never gets stuck. An automaton with an empty language does not
 * exist (the makers return NULL).
 */
#ifndef OFFGRID_CHAT_DFA_H
#define OFFGRID_CHAT_DFA_H

#include "base/arena.h"
#include "base/guide.h"

#define DFA_NONE UINT32_MAX

struct dfa_edge {
	unsigned char lo, hi; /* this range of bytes */
	uint32_t to;
};

struct dfa_state {
	uint32_t first_edge;
	uint16_t n_edges; /* sorted by byte, never overlapping */
	bool is_accept;
	bool ends_char; /* reached by the last byte of a character of the text */
	uint32_t loop;  /* number of its set among the loops, or DFA_NONE */
};

struct dfa {
	const struct dfa_state *states;
	const struct dfa_edge *edges;
	const struct byte_set *loops;
	uint32_t n_states;
};

/* The state after this byte, or DFA_NONE. */
static inline uint32_t dfa_step(const struct dfa *d, uint32_t state, unsigned char c)
{
	const struct dfa_state *s = &d->states[state];
	const struct dfa_edge *edge = d->edges + s->first_edge;
	for (uint16_t i = 0; i < s->n_edges; i++)
		if (c <= edge[i].hi)
			return c >= edge[i].lo ? edge[i].to : DFA_NONE;
	return DFA_NONE;
}

/* Accepting, with nothing that may follow. */
static inline bool dfa_is_final(const struct dfa *d, uint32_t state)
{
	return d->states[state].is_accept && d->states[state].n_edges == 0;
}

/* What begins a character that leads back to this state, as in base/guide.h; NULL if none of ASCII
 * does. */
static inline const struct byte_set *dfa_loop(const struct dfa *d, uint32_t state)
{
	uint32_t loop = d->states[state].loop;
	return loop == DFA_NONE ? NULL : &d->loops[loop];
}

/* Adds the bytes that may come in this state to `out`. */
void dfa_put_bytes(const struct dfa *d, uint32_t state, struct byte_set *out);

/* Whether the whole string is in the language. */
bool dfa_takes(const struct dfa *d, struct str s);

/*
 * A maker: states and edges in any order, then one finish. Edges out of one state must not overlap.
 * Over `max_states` the maker stops taking and finish returns NULL, with `overflow` set.
 */
struct dfa_maker {
	struct maker_state *states;
	struct maker_edge *edges;
	size_t n_states, cap_states, n_edges, cap_edges, max_states;
	bool overflow;
};

void dfa_maker_init(struct dfa_maker *m, size_t max_states);
void dfa_maker_clear(struct dfa_maker *m);
uint32_t dfa_maker_state(struct dfa_maker *m, bool is_accept, bool ends_char);
void dfa_maker_accept(struct dfa_maker *m, uint32_t state);
void dfa_maker_edge(struct dfa_maker *m, uint32_t from, unsigned lo, unsigned hi, uint32_t to);

/* Drops what is not alive, clears the maker. NULL if nothing is alive or after an overflow (the
 * flag stays readable). If every state is alive they keep their numbers. */
const struct dfa *dfa_maker_finish(struct dfa_maker *m, struct arena *mem);

/* The words with numbers [lo, hi) begin with the bytes that lead to a state. */
struct dfa_span {
	uint32_t lo, hi;
};

/*
 * Exactly these words: sorted bytewise, all different, at least one. With `spans` also which words
 * lie beyond each state; in an accepting state the word itself is number `lo`. NULL if over
 * max_states.
 */
const struct dfa *dfa_of_words(struct arena *mem, const struct str *words, size_t n,
	size_t max_states, const struct dfa_span **spans);

/* What both take; NULL if that is nothing or too big (then *overflow). */
const struct dfa *dfa_intersect(struct arena *mem, const struct dfa *a, const struct dfa *b,
	size_t max_states, bool *overflow);

/* What is taken and has at least `min` and at most `max` characters (SIZE_MAX: any number). */
const struct dfa *dfa_limit_chars(struct arena *mem, const struct dfa *d, size_t min, size_t max,
	size_t max_states, bool *overflow);

/* By state: whether endlessly many words lie beyond it. */
const bool *dfa_endless(struct arena *mem, const struct dfa *d);

/* The language between two quotes of this kind. */
const struct dfa *dfa_quote(struct arena *mem, const struct dfa *d, unsigned char quote);

#endif

/*
 * dfa.c - deterministic automata over bytes; see dfa.h.
 *
 * The maker keeps a flat list of edges and sorts it into states at the end; a product of two
 * automata, or of one with a counter of characters, visits only the pairs that can be reached.
 */
#include "chat/dfa.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

struct maker_state {
	bool is_accept, ends_char, is_live;
};

struct maker_edge {
	uint32_t from, to;
	unsigned char lo, hi;
};

enum { FIRST_CAPACITY = 32 };

void dfa_put_bytes(const struct dfa *d, uint32_t state, struct byte_set *out)
{
	const struct dfa_state *s = &d->states[state];
	const struct dfa_edge *edge = d->edges + s->first_edge;
	for (uint16_t i = 0; i < s->n_edges; i++) {
		unsigned first = edge[i].lo >> 6, last = edge[i].hi >> 6;
		for (unsigned word = first; word <= last; word++) {
			uint64_t bits = UINT64_MAX;
			if (word == first)
				bits &= UINT64_MAX << (edge[i].lo & 63);
			if (word == last)
				bits &= UINT64_MAX >> (63 - (edge[i].hi & 63));
			out->bits[word] |= bits;
		}
	}
}

bool dfa_takes(const struct dfa *d, struct str s)
{
	uint32_t state = 0;
	for (size_t i = 0; i < s.n && state != DFA_NONE; i++)
		state = dfa_step(d, state, (unsigned char)s.p[i]);
	return state != DFA_NONE && d->states[state].is_accept;
}

void dfa_maker_init(struct dfa_maker *m, size_t max_states)
{
	*m = (struct dfa_maker){ .max_states = max_states };
}

void dfa_maker_clear(struct dfa_maker *m)
{
	free(m->states);
	free(m->edges);
	dfa_maker_init(m, m->max_states);
}

uint32_t dfa_maker_state(struct dfa_maker *m, bool is_accept, bool ends_char)
{
	if (m->n_states >= m->max_states) {
		m->overflow = true;
		return DFA_NONE;
	}
	if (m->n_states == m->cap_states) {
		m->cap_states = m->cap_states ? 2 * m->cap_states : FIRST_CAPACITY;
		m->states = must_realloc(m->states, m->cap_states * sizeof *m->states);
	}
	m->states[m->n_states] =
		(struct maker_state){ .is_accept = is_accept, .ends_char = ends_char };
	return (uint32_t)m->n_states++;
}

void dfa_maker_accept(struct dfa_maker *m, uint32_t state)
{
	if (state != DFA_NONE)
		m->states[state].is_accept = true;
}

void dfa_maker_edge(struct dfa_maker *m, uint32_t from, unsigned lo, unsigned hi, uint32_t to)
{
	if (from == DFA_NONE || to == DFA_NONE)
		return;
	if (m->n_edges == m->cap_edges) {
		m->cap_edges = m->cap_edges ? 2 * m->cap_edges : FIRST_CAPACITY;
		m->edges = must_realloc(m->edges, m->cap_edges * sizeof *m->edges);
	}
	m->edges[m->n_edges++] = (struct maker_edge){
		.from = from, .to = to, .lo = (unsigned char)lo, .hi = (unsigned char)hi
	};
}

static int by_target(const void *a, const void *b)
{
	const struct maker_edge *x = a, *y = b;
	return x->to < y->to ? -1 : x->to > y->to;
}

static int by_source_and_byte(const void *a, const void *b)
{
	const struct maker_edge *x = a, *y = b;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (int)x->lo - (int)y->lo;
}

/* Marks every state from which an accepting one can be reached: backwards along the edges. */
static void mark_live(struct dfa_maker *m)
{
	if (m->n_edges)
		qsort(m->edges, m->n_edges, sizeof *m->edges, by_target);
	size_t *first = must_calloc(m->n_states + 1, sizeof *first);
	for (size_t i = 0; i < m->n_edges; i++)
		first[m->edges[i].to + 1] = i + 1;
	for (size_t i = 1; i <= m->n_states; i++)
		first[i] = first[i] ? first[i] : first[i - 1];
	uint32_t *todo = must_alloc(m->n_states * sizeof *todo);
	size_t n_todo = 0;
	for (uint32_t i = 0; i < m->n_states; i++)
		if (m->states[i].is_accept) {
			m->states[i].is_live = true;
			todo[n_todo++] = i;
		}
	while (n_todo) {
		uint32_t state = todo[--n_todo];
		for (size_t i = first[state]; i < first[state + 1]; i++) {
			uint32_t from = m->edges[i].from;
			if (!m->states[from].is_live) {
				m->states[from].is_live = true;
				todo[n_todo++] = from;
			}
		}
	}
	free(todo);
	free(first);
}

/* ---- loops ---- */

/* The well-formed characters by their first byte: what their second may be, and how many follow
 * (RFC 3629, section 4). */
static const struct char_row {
	unsigned char first, last, second_lo, second_hi;
	int more;
} char_rows[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 1 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 2 },
	{ 0xe1, 0xec, 0x80, 0xbf, 2 },
	{ 0xed, 0xed, 0x80, 0x9f, 2 },
	{ 0xee, 0xef, 0x80, 0xbf, 2 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 3 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 3 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 3 },
};

/* Whether every byte of [lo, hi], and then `more` bytes of any continuation, lead from `at` to
 * `home`. */
static bool all_lead(
	const struct dfa *d, uint32_t at, unsigned lo, unsigned hi, int more, uint32_t home)
{
	const struct dfa_state *s = &d->states[at];
	for (uint16_t i = 0; i < s->n_edges && lo <= hi; i++) {
		const struct dfa_edge *e = &d->edges[s->first_edge + i];
		if (e->hi < lo)
			continue;
		if (e->lo > lo ||
			!(more ? all_lead(d, e->to, 0x80, 0xbf, more - 1, home) : e->to == home))
			return false;
		lo = e->hi + 1u;
	}
	return lo > hi;
}

static void put_chars(const struct dfa *d, uint32_t home, struct byte_set *out)
{
	for (size_t i = 0; i < sizeof char_rows / sizeof *char_rows; i++) {
		const struct char_row *row = &char_rows[i];
		for (unsigned c = row->first; c <= row->last; c++) {
			uint32_t to = dfa_step(d, home, (unsigned char)c);
			if (to != DFA_NONE && all_lead(d, to, row->second_lo, row->second_hi,
						      row->more - 1, home))
				byte_set_put(out, (unsigned char)c);
		}
	}
}

static bool loops_in_ascii(const struct dfa *d, uint32_t state)
{
	const struct dfa_state *s = &d->states[state];
	for (uint16_t i = 0; i < s->n_edges; i++)
		if (d->edges[s->first_edge + i].to == state &&
			d->edges[s->first_edge + i].lo < 0x80)
			return true;
	return false;
}

static void find_loops(struct dfa *d, struct dfa_state *states, struct arena *mem)
{
	uint32_t n = 0;
	MUST(states && d->states == states);
	for (uint32_t i = 0; i < d->n_states; i++)
		if (loops_in_ascii(d, i))
			states[i].loop = n++;
	struct byte_set *loops = arena_calloc(mem, n, sizeof *loops);
	for (uint32_t i = 0; i < d->n_states; i++) {
		if (states[i].loop == DFA_NONE)
			continue;
		for (unsigned c = 0; c < 0x80; c++)
			if (dfa_step(d, i, (unsigned char)c) == i)
				byte_set_put(&loops[states[i].loop], (unsigned char)c);
		put_chars(d, i, &loops[states[i].loop]);
	}
	d->loops = loops;
}

/* Copies the live states and their edges; neighbouring ranges with one target become one. */
static const struct dfa *pack(const struct dfa_maker *m, struct arena *mem)
{
	uint32_t *number = must_alloc(m->n_states * sizeof *number);
	uint32_t n_states = 0;
	for (size_t i = 0; i < m->n_states; i++)
		number[i] = m->states[i].is_live ? n_states++ : DFA_NONE;
	struct dfa_state *states = arena_calloc(mem, n_states, sizeof *states);
	struct dfa_edge *edges = arena_calloc(mem, m->n_edges + 1, sizeof *edges);
	uint32_t n_edges = 0;
	size_t next = 0;
	for (size_t i = 0; i < m->n_states; i++) {
		const struct maker_state *from = &m->states[i];
		struct dfa_state *s = from->is_live ? &states[number[i]] : NULL;
		if (s)
			*s = (struct dfa_state){ n_edges, 0, from->is_accept, from->ends_char,
				DFA_NONE };
		for (; next < m->n_edges && m->edges[next].from == i; next++) {
			const struct maker_edge *e = &m->edges[next];
			if (!s || number[e->to] == DFA_NONE)
				continue;
			struct dfa_edge *last = s->n_edges ? &edges[n_edges - 1] : NULL;
			if (last && last->to == number[e->to] && last->hi + 1 == e->lo) {
				last->hi = e->hi;
				continue;
			}
			edges[n_edges++] = (struct dfa_edge){ e->lo, e->hi, number[e->to] };
			s->n_edges++;
		}
	}
	free(number);
	struct dfa *d = arena_alloc(mem, sizeof *d);
	*d = (struct dfa){ states, edges, NULL, n_states };
	find_loops(d, states, mem);
	return d;
}

const struct dfa *dfa_maker_finish(struct dfa_maker *m, struct arena *mem)
{
	const struct dfa *made = NULL;
	if (!m->overflow && m->n_states) {
		mark_live(m);
		if (m->n_edges)
			qsort(m->edges, m->n_edges, sizeof *m->edges, by_source_and_byte);
		if (m->states[0].is_live)
			made = pack(m, mem);
	}
	bool overflow = m->overflow;
	dfa_maker_clear(m);
	m->overflow = overflow;
	return made;
}

const struct dfa *dfa_of_words(struct arena *mem, const struct str *words, size_t n,
	size_t max_states, const struct dfa_span **spans)
{
	struct dfa_maker m;
	dfa_maker_init(&m, max_states);
	struct visit {
		uint32_t lo, hi, depth;
	} *visits = must_alloc((max_states + 1) * sizeof *visits);
	dfa_maker_state(&m, false, false);
	visits[0] = (struct visit){ 0, (uint32_t)n, 0 };
	for (uint32_t state = 0; state < m.n_states && !m.overflow; state++) {
		struct visit v = visits[state];
		uint32_t at = v.lo;
		if (words[at].n == v.depth) {
			dfa_maker_accept(&m, state);
			at++;
		}
		while (at < v.hi && !m.overflow) {
			unsigned char c = (unsigned char)words[at].p[v.depth];
			uint32_t end = at + 1;
			while (end < v.hi && (unsigned char)words[end].p[v.depth] == c)
				end++;
			uint32_t to = dfa_maker_state(&m, false, false);
			dfa_maker_edge(&m, state, c, c, to);
			if (to != DFA_NONE)
				visits[to] = (struct visit){ at, end, v.depth + 1 };
			at = end;
		}
	}
	struct dfa_span *out = NULL;
	if (spans && !m.overflow) {
		*spans = out = arena_calloc(mem, m.n_states, sizeof *out);
		for (size_t i = 0; i < m.n_states; i++)
			out[i] = (struct dfa_span){ visits[i].lo, visits[i].hi };
	}
	free(visits);
	return dfa_maker_finish(&m, mem);
}

/* A product: its states are numbered pairs, found again through a hash table. */
struct product {
	struct dfa_maker maker;
	uint64_t *pairs; /* by state */
	uint32_t *slots; /* open addressing, DFA_NONE is free */
	size_t n_slots;
};

static void product_init(struct product *p, size_t max_states)
{
	dfa_maker_init(&p->maker, max_states);
	p->pairs = must_alloc((max_states + 1) * sizeof *p->pairs);
	p->n_slots = 64;
	while (p->n_slots < 2 * max_states)
		p->n_slots *= 2;
	p->slots = must_alloc(p->n_slots * sizeof *p->slots);
	memset(p->slots, 0xff, p->n_slots * sizeof *p->slots);
}

static const struct dfa *product_finish(struct product *p, struct arena *mem, bool *overflow)
{
	free(p->pairs);
	free(p->slots);
	const struct dfa *made = dfa_maker_finish(&p->maker, mem);
	*overflow = p->maker.overflow;
	return made;
}

/* The state of a pair, made if it is new. */
static uint32_t product_state(
	struct product *p, uint32_t a, uint32_t b, bool is_accept, bool ends_char)
{
	uint64_t pair = (uint64_t)a << 32 | b;
	size_t slot = (size_t)(pair * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (p->n_slots - 1);
	for (; p->slots[slot] != DFA_NONE; slot = (slot + 1) & (p->n_slots - 1))
		if (p->pairs[p->slots[slot]] == pair)
			return p->slots[slot];
	uint32_t state = dfa_maker_state(&p->maker, is_accept, ends_char);
	if (state != DFA_NONE) {
		p->slots[slot] = state;
		p->pairs[state] = pair;
	}
	return state;
}

const struct dfa *dfa_intersect(struct arena *mem, const struct dfa *a, const struct dfa *b,
	size_t max_states, bool *overflow)
{
	struct product p;
	product_init(&p, max_states);
	product_state(
		&p, 0, 0, a->states[0].is_accept && b->states[0].is_accept, a->states[0].ends_char);
	for (uint32_t at = 0; at < p.maker.n_states && !p.maker.overflow; at++) {
		const struct dfa_state *sa = &a->states[p.pairs[at] >> 32];
		const struct dfa_state *sb = &b->states[p.pairs[at] & UINT32_MAX];
		for (uint16_t i = 0; i < sa->n_edges; i++)
			for (uint16_t k = 0; k < sb->n_edges; k++) {
				const struct dfa_edge *x = &a->edges[sa->first_edge + i];
				const struct dfa_edge *y = &b->edges[sb->first_edge + k];
				unsigned lo = x->lo > y->lo ? x->lo : y->lo;
				unsigned hi = x->hi < y->hi ? x->hi : y->hi;
				if (lo > hi)
					continue;
				const struct dfa_state *ta = &a->states[x->to];
				dfa_maker_edge(&p.maker, at, lo, hi,
					product_state(&p, x->to, y->to,
						ta->is_accept && b->states[y->to].is_accept,
						ta->ends_char));
			}
	}
	return product_finish(&p, mem, overflow);
}

const struct dfa *dfa_limit_chars(struct arena *mem, const struct dfa *d, size_t min, size_t max,
	size_t max_states, bool *overflow)
{
	/* Without an upper limit the count stands still once the lower one is reached. */
	size_t top = max == SIZE_MAX ? min : max;
	*overflow = top >= max_states;
	if (*overflow)
		return NULL;
	struct product p;
	product_init(&p, max_states);
	product_state(&p, 0, 0, d->states[0].is_accept && min == 0, d->states[0].ends_char);
	for (uint32_t at = 0; at < p.maker.n_states && !p.maker.overflow; at++) {
		const struct dfa_state *s = &d->states[p.pairs[at] >> 32];
		uint32_t count = (uint32_t)(p.pairs[at] & UINT32_MAX);
		for (uint16_t i = 0; i < s->n_edges; i++) {
			const struct dfa_edge *e = &d->edges[s->first_edge + i];
			const struct dfa_state *to = &d->states[e->to];
			uint32_t next = count + to->ends_char;
			if (next > top && max != SIZE_MAX)
				continue;
			if (next > top)
				next = (uint32_t)top;
			dfa_maker_edge(&p.maker, at, e->lo, e->hi,
				product_state(&p, e->to, next, to->is_accept && next >= min,
					to->ends_char));
		}
	}
	return product_finish(&p, mem, overflow);
}

const bool *dfa_endless(struct arena *mem, const struct dfa *d)
{
	/* What has no way on is not endless; take away until nothing changes: loops stay, and what
	 * leads to them. */
	bool *is_endless = arena_calloc(mem, d->n_states, sizeof *is_endless);
	for (uint32_t i = 0; i < d->n_states; i++)
		is_endless[i] = true;
	for (bool is_changed = true; is_changed;) {
		is_changed = false;
		for (uint32_t i = d->n_states; i-- > 0;) {
			const struct dfa_state *s = &d->states[i];
			bool goes_on = false;
			for (uint16_t k = 0; k < s->n_edges && !goes_on; k++)
				goes_on = is_endless[d->edges[s->first_edge + k].to];
			is_changed = is_changed || goes_on != is_endless[i];
			is_endless[i] = goes_on;
		}
	}
	return is_endless;
}

const struct dfa *dfa_quote(struct arena *mem, const struct dfa *d, unsigned char quote)
{
	struct dfa_maker m;
	dfa_maker_init(&m, (size_t)d->n_states + 2);
	uint32_t start = dfa_maker_state(&m, false, false);
	for (uint32_t i = 0; i < d->n_states; i++)
		dfa_maker_state(&m, false, d->states[i].ends_char);
	uint32_t end = dfa_maker_state(&m, true, false);
	dfa_maker_edge(&m, start, quote, quote, 1);
	for (uint32_t i = 0; i < d->n_states; i++) {
		const struct dfa_state *s = &d->states[i];
		for (uint16_t k = 0; k < s->n_edges; k++) {
			const struct dfa_edge *e = &d->edges[s->first_edge + k];
			dfa_maker_edge(&m, i + 1, e->lo, e->hi, e->to + 1);
		}
		if (s->is_accept)
			dfa_maker_edge(&m, i + 1, quote, quote, end);
	}
	return dfa_maker_finish(&m, mem);
}

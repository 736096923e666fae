/*
 * nfa.c - nondeterministic automata over bytes; see nfa.h.
 *
 * Determinising keeps in a set only the states that matter (those that take a byte, match, wait for
 * the end or mark the end of a character), so that loops which differ only in silent states fall
 * together. The work is counted and capped: a hostile expression costs milliseconds, not minutes.
 */
#include "chat/nfa.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/utf8.h"

enum nfa_kind { NFA_MATCH, NFA_BYTES, NFA_SPLIT, NFA_BEGIN, NFA_END, NFA_CHAR };

struct nfa_state {
	enum nfa_kind kind;
	unsigned char lo, hi;
	uint32_t next, other;
};

enum {
	FIRST_CAPACITY = 64,
	/* Set members visited while determinising one expression: about 20 ms. */
	WORK_MAX = 4 * 1000 * 1000,
	UTF8_BYTES = 4,
	TAIL_LO = 0x80,
	TAIL_HI = 0xbf,
	SURROGATE_FIRST = 0xd800,
	SURROGATE_LAST = 0xdfff,
	FIRST_PLAIN = 0x20 /* below it stand the control characters */
};

void nfa_init(struct nfa *n, enum nfa_spelling spelling, size_t max_states)
{
	*n = (struct nfa){ .max = max_states, .spelling = spelling };
}

void nfa_clear(struct nfa *n)
{
	free(n->states);
	nfa_init(n, n->spelling, n->max);
}

static uint32_t add(struct nfa *n, struct nfa_state state)
{
	if (n->n >= n->max) {
		n->overflow = true;
		return NFA_NONE;
	}
	if (n->n == n->cap) {
		n->cap = n->cap ? 2 * n->cap : FIRST_CAPACITY;
		n->states = must_realloc(n->states, n->cap * sizeof *n->states);
	}
	n->states[n->n] = state;
	return (uint32_t)n->n++;
}

uint32_t nfa_match(struct nfa *n)
{
	return add(n, (struct nfa_state){ NFA_MATCH, 0, 0, NFA_NONE, NFA_NONE });
}

uint32_t nfa_bytes(struct nfa *n, unsigned lo, unsigned hi, uint32_t next)
{
	return add(n, (struct nfa_state){
			      NFA_BYTES, (unsigned char)lo, (unsigned char)hi, next, NFA_NONE });
}

uint32_t nfa_split(struct nfa *n, uint32_t a, uint32_t b)
{
	return add(n, (struct nfa_state){ NFA_SPLIT, 0, 0, a, b });
}

void nfa_aim(struct nfa *n, uint32_t split, uint32_t b)
{
	if (split != NFA_NONE)
		n->states[split].other = b;
}

uint32_t nfa_at_begin(struct nfa *n, uint32_t next)
{
	return add(n, (struct nfa_state){ NFA_BEGIN, 0, 0, next, NFA_NONE });
}

uint32_t nfa_at_end(struct nfa *n, uint32_t next)
{
	return add(n, (struct nfa_state){ NFA_END, 0, 0, next, NFA_NONE });
}

/* One character being written: every spelling ends in tails[0], the mark. */
struct speller {
	struct nfa *n;
	uint32_t tails[UTF8_BYTES]; /* [i]: i more bytes of any value; made when first needed */
	uint32_t entry;             /* all spellings so far */
};

static void spell(struct speller *s, uint32_t way)
{
	s->entry = s->entry == NFA_NONE ? way : nfa_split(s->n, way, s->entry);
}

static uint32_t tail(struct speller *s, int bytes)
{
	for (int i = 1; i <= bytes; i++)
		if (s->tails[i] == NFA_NONE)
			s->tails[i] = nfa_bytes(s->n, TAIL_LO, TAIL_HI, s->tails[i - 1]);
	return s->tails[bytes];
}

static int utf8_encode(uint32_t code, unsigned char out[UTF8_BYTES])
{
	struct buf b;
	buf_init(&b, UTF8_BYTES);
	utf8_add(&b, code);
	int length = (int)b.n;
	memcpy(out, b.p, b.n);
	buf_clear(&b);
	return length;
}

static bool all_bytes_are(const unsigned char *p, int n, unsigned char c)
{
	for (int i = 0; i < n; i++)
		if (p[i] != c)
			return false;
	return true;
}

/* Two spellings of equal length as bounds: splits until every part is one chain of byte ranges. */
static uint32_t spell_bytes(
	struct speller *s, const unsigned char *lo, const unsigned char *hi, int length)
{
	int rest = length - 1;
	if (rest == 0)
		return nfa_bytes(s->n, lo[0], hi[0], s->tails[0]);
	if (lo[0] == hi[0])
		return nfa_bytes(s->n, lo[0], hi[0], spell_bytes(s, lo + 1, hi + 1, rest));
	bool is_low_whole = all_bytes_are(lo + 1, rest, TAIL_LO);
	bool is_high_whole = all_bytes_are(hi + 1, rest, TAIL_HI);
	unsigned char highest[UTF8_BYTES], lowest[UTF8_BYTES];
	memset(highest, TAIL_HI, sizeof highest);
	memset(lowest, TAIL_LO, sizeof lowest);
	unsigned first = lo[0] + !is_low_whole, last = (unsigned)hi[0] - !is_high_whole;
	uint32_t way = NFA_NONE;
	if (first <= last)
		way = nfa_bytes(s->n, first, last, tail(s, rest));
	if (!is_low_whole) {
		uint32_t low = nfa_bytes(s->n, lo[0], lo[0], spell_bytes(s, lo + 1, highest, rest));
		way = way == NFA_NONE ? low : nfa_split(s->n, low, way);
	}
	if (!is_high_whole) {
		uint32_t high = nfa_bytes(s->n, hi[0], hi[0], spell_bytes(s, lowest, hi + 1, rest));
		way = way == NFA_NONE ? high : nfa_split(s->n, high, way);
	}
	return way;
}

/* The part of [lo, hi] within [from, to], as raw UTF-8; all of from..to has one length. */
static void spell_raw(struct speller *s, uint32_t lo, uint32_t hi, uint32_t from, uint32_t to)
{
	lo = lo > from ? lo : from;
	hi = hi < to ? hi : to;
	if (lo > hi)
		return;
	unsigned char low[UTF8_BYTES], high[UTF8_BYTES];
	int length = utf8_encode(lo, low);
	utf8_encode(hi, high);
	spell(s, spell_bytes(s, low, high, length));
}

static const char *const short_escapes = "\bb\ff\nn\rr\tt\"\"\\\\";

/* The letter after the backslash, or 0. */
static char short_escape(uint32_t code)
{
	for (const char *p = short_escapes; *p; p += 2)
		if ((unsigned char)*p == code)
			return p[1];
	return 0;
}

/* \u00HX for the digits X in [lo, hi] of one row of 16 control characters. */
static void spell_hex(struct speller *s, unsigned row, unsigned lo, unsigned hi)
{
	uint32_t digits = NFA_NONE;
	struct nfa *n = s->n;
	if (lo <= 9)
		digits = nfa_bytes(n, '0' + lo, '0' + (hi < 9 ? hi : 9), s->tails[0]);
	if (hi > 9) {
		unsigned from = lo > 10 ? lo - 10 : 0, to = hi - 10;
		uint32_t letters = nfa_split(n, nfa_bytes(n, 'a' + from, 'a' + to, s->tails[0]),
			nfa_bytes(n, 'A' + from, 'A' + to, s->tails[0]));
		digits = digits == NFA_NONE ? letters : nfa_split(n, letters, digits);
	}
	const unsigned char fixed[] = { (unsigned char)('0' + row), '0', '0', 'u', '\\' };
	for (size_t i = 0; i < sizeof fixed; i++)
		digits = nfa_bytes(n, fixed[i], fixed[i], digits);
	spell(s, digits);
}

/* Control characters of [lo, hi] as a JSON string has them. U+0000 is left out: nothing that
 * reads arguments takes it. */
static void spell_controls(struct speller *s, uint32_t lo, uint32_t hi)
{
	for (uint32_t c = lo ? lo : 1; c <= hi && c < FIRST_PLAIN; c++) {
		char letter = short_escape(c);
		if (letter) {
			unsigned byte = (unsigned char)letter;
			spell(s, nfa_bytes(s->n, '\\', '\\',
					 nfa_bytes(s->n, byte, byte, s->tails[0])));
			continue;
		}
		uint32_t end = c;
		while (end + 1 <= hi && end % 16 != 15 && !short_escape(end + 1))
			end++;
		spell_hex(s, c / 16, c % 16, end % 16);
		c = end;
	}
}

/* The inside of a quoted string. */
static void spell_ascii_quoted(struct speller *s, unsigned char quote, uint32_t lo, uint32_t hi)
{
	const unsigned char escaped[] = { quote, '\\' };
	spell_controls(s, lo, hi);
	for (size_t i = 0; i < sizeof escaped; i++) {
		unsigned c = escaped[i];
		if (c >= lo && c <= hi)
			spell(s, nfa_bytes(s->n, '\\', '\\', nfa_bytes(s->n, c, c, s->tails[0])));
	}
	spell_raw(s, lo, hi, FIRST_PLAIN, quote - 1u);
	spell_raw(s, lo, hi, quote + 1u, '\\' - 1);
	spell_raw(s, lo, hi, '\\' + 1, 0x7f);
}

static void spell_ascii(struct speller *s, uint32_t lo, uint32_t hi)
{
	switch (s->n->spelling) {
	case NFA_UTF8: spell_raw(s, lo, hi, 0, 0x7f); break;
	case NFA_PLAIN: spell_raw(s, lo, hi, 1, 0x7f); break;
	case NFA_JSON: spell_ascii_quoted(s, '"', lo, hi); break;
	case NFA_SINGLE: spell_ascii_quoted(s, '\'', lo, hi); break;
	}
}

uint32_t nfa_char(struct nfa *n, const struct code_range *ranges, size_t count, uint32_t next)
{
	struct speller s = { .n = n, .entry = NFA_NONE };
	for (int i = 1; i < UTF8_BYTES; i++)
		s.tails[i] = NFA_NONE;
	/* Without the mark, loops over plain text fall together into one state. */
	s.tails[0] = next;
	if (n->spelling != NFA_UTF8)
		s.tails[0] = add(n, (struct nfa_state){ NFA_CHAR, 0, 0, next, NFA_NONE });
	for (size_t i = 0; i < count && !n->overflow; i++) {
		uint32_t lo = ranges[i].lo, hi = ranges[i].hi;
		spell_ascii(&s, lo, hi);
		spell_raw(&s, lo, hi, 0x80, 0x7ff);
		spell_raw(&s, lo, hi, 0x800, SURROGATE_FIRST - 1);
		spell_raw(&s, lo, hi, SURROGATE_LAST + 1, 0xffff);
		spell_raw(&s, lo, hi, 0x10000, CODE_MAX);
	}
	/* Out of an empty class nothing comes: a range of bytes that holds none. */
	return s.entry != NFA_NONE || n->overflow ? s.entry : nfa_bytes(n, 1, 0, s.tails[0]);
}

uint32_t nfa_text(struct nfa *n, struct str text, uint32_t next)
{
	for (size_t i = text.n; i-- > 0;)
		next = nfa_bytes(n, (unsigned char)text.p[i], (unsigned char)text.p[i], next);
	return next;
}

/* Each state is a split, aimed at a chain of its edges once all of them are there. */
uint32_t nfa_of_dfa(struct nfa *n, const struct dfa *d, uint32_t next)
{
	uint32_t first = (uint32_t)n->n;
	for (uint32_t i = 0; i < d->n_states; i++)
		nfa_split(n, d->states[i].is_accept ? next : NFA_NONE, NFA_NONE);
	for (uint32_t i = 0; i < d->n_states && !n->overflow; i++) {
		const struct dfa_state *s = &d->states[i];
		uint32_t ways = NFA_NONE;
		for (uint16_t k = 0; k < s->n_edges; k++) {
			const struct dfa_edge *e = &d->edges[s->first_edge + k];
			ways = nfa_split(n, nfa_bytes(n, e->lo, e->hi, first + e->to), ways);
		}
		nfa_aim(n, first + i, ways);
	}
	return n->overflow ? NFA_NONE : first;
}

/* Sets of states, each the name of a deterministic state. */
struct subset {
	uint32_t first, count; /* in members */
};

struct determiniser {
	const struct nfa *n;
	struct dfa_maker maker;
	struct subset *sets; /* by deterministic state */
	uint32_t *members;
	size_t n_members, cap_members;
	uint32_t *slots;
	size_t n_slots;
	uint32_t *stamp; /* by nfa state: the closure it was last seen in */
	uint32_t stamp_now;
	uint32_t *todo, *found;
	size_t n_found, work;
	bool overflow;
};

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

enum closure { CLOSE_BEGIN = 1, CLOSE_END = 2 };

/* Adds what is reached from `from` without a byte to `found`. */
static void close_over(struct determiniser *d, uint32_t from, unsigned flags)
{
	size_t n_todo = 0;
	if (from == NFA_NONE || d->stamp[from] == d->stamp_now)
		return;
	d->stamp[from] = d->stamp_now;
	d->todo[n_todo++] = from;
	while (n_todo) {
		uint32_t at = d->todo[--n_todo], follow[2];
		const struct nfa_state *s = &d->n->states[at];
		size_t n_follow = 0;
		d->work++;
		if (s->kind == NFA_SPLIT) {
			follow[n_follow++] = s->next;
			follow[n_follow++] = s->other;
		} else if (s->kind == NFA_CHAR || (s->kind == NFA_BEGIN && flags & CLOSE_BEGIN) ||
			   (s->kind == NFA_END && flags & CLOSE_END)) {
			follow[n_follow++] = s->next;
		}
		if (s->kind != NFA_SPLIT && s->kind != NFA_BEGIN)
			d->found[d->n_found++] = at;
		for (size_t i = 0; i < n_follow; i++) {
			uint32_t next = follow[i];
			if (next != NFA_NONE && d->stamp[next] != d->stamp_now) {
				d->stamp[next] = d->stamp_now;
				d->todo[n_todo++] = next;
			}
		}
	}
}

static void begin_set(struct determiniser *d)
{
	d->stamp_now++;
	d->n_found = 0;
}

static bool found_has(const struct determiniser *d, enum nfa_kind kind)
{
	for (size_t i = 0; i < d->n_found; i++)
		if (d->n->states[d->found[i]].kind == kind)
			return true;
	return false;
}

/* Whether the text may end here: also through the assertions that hold at its end. */
static bool may_end(struct determiniser *d, const uint32_t *set, size_t count, unsigned flags)
{
	begin_set(d);
	for (size_t i = 0; i < count; i++)
		close_over(d, set[i], flags | CLOSE_END);
	return found_has(d, NFA_MATCH);
}

/* The state named by the set in `found`, made if it is new. */
static uint32_t found_state(struct determiniser *d, unsigned flags)
{
	qsort(d->found, d->n_found, sizeof *d->found, by_number);
	size_t bytes = d->n_found * sizeof *d->found;
	size_t slot = (size_t)str_hash(str_n((const char *)d->found, bytes)) & (d->n_slots - 1);
	for (; d->slots[slot] != DFA_NONE; slot = (slot + 1) & (d->n_slots - 1)) {
		const struct subset *s = &d->sets[d->slots[slot]];
		if (s->count == d->n_found && !memcmp(d->members + s->first, d->found, bytes))
			return d->slots[slot];
	}
	bool ends_char = found_has(d, NFA_CHAR);
	if (d->n_members + d->n_found > d->cap_members) {
		d->cap_members = 2 * (d->n_members + d->n_found);
		d->members = must_realloc(d->members, d->cap_members * sizeof *d->members);
	}
	uint32_t state = dfa_maker_state(&d->maker, false, ends_char);
	if (state == DFA_NONE)
		return state;
	struct subset set = { (uint32_t)d->n_members, (uint32_t)d->n_found };
	memcpy(d->members + set.first, d->found, bytes);
	d->n_members += d->n_found;
	d->sets[state] = set;
	d->slots[slot] = state;
	if (may_end(d, d->members + set.first, set.count, flags))
		dfa_maker_accept(&d->maker, state);
	return state;
}

/* Follows the bytes [lo, hi], which no edge of the set divides. */
static void follow(struct determiniser *d, uint32_t from, unsigned lo, unsigned hi)
{
	struct subset set = d->sets[from];
	begin_set(d);
	for (uint32_t i = 0; i < set.count; i++) {
		const struct nfa_state *s = &d->n->states[d->members[set.first + i]];
		d->work++;
		if (s->kind == NFA_BYTES && s->lo <= lo && hi <= s->hi)
			close_over(d, s->next, 0);
	}
	if (d->n_found)
		dfa_maker_edge(&d->maker, from, lo, hi, found_state(d, 0));
}

static void expand(struct determiniser *d, uint32_t state)
{
	bool is_border[257] = { false };
	struct subset set = d->sets[state];
	for (uint32_t i = 0; i < set.count; i++) {
		const struct nfa_state *s = &d->n->states[d->members[set.first + i]];
		if (s->kind == NFA_BYTES && s->lo <= s->hi)
			is_border[s->lo] = is_border[s->hi + 1] = true;
	}
	unsigned lo = 0;
	for (unsigned hi = 1; hi <= 256; hi++)
		if (hi == 256 || is_border[hi]) {
			follow(d, state, lo, hi - 1);
			lo = hi;
		}
}

const struct dfa *nfa_to_dfa(
	const struct nfa *n, uint32_t start, struct arena *mem, size_t max_states, bool *overflow)
{
	*overflow = n->overflow || start == NFA_NONE;
	if (*overflow)
		return NULL;
	struct determiniser d = { .n = n, .n_slots = 64 };
	while (d.n_slots < 2 * max_states)
		d.n_slots *= 2;
	dfa_maker_init(&d.maker, max_states);
	d.sets = must_alloc(max_states * sizeof *d.sets);
	d.slots = must_alloc(d.n_slots * sizeof *d.slots);
	memset(d.slots, 0xff, d.n_slots * sizeof *d.slots);
	d.stamp = must_calloc(n->n, sizeof *d.stamp);
	d.todo = must_alloc(n->n * sizeof *d.todo);
	d.found = must_alloc(n->n * sizeof *d.found);
	begin_set(&d);
	close_over(&d, start, CLOSE_BEGIN);
	found_state(&d, CLOSE_BEGIN);
	for (uint32_t i = 0; i < d.maker.n_states && !d.maker.overflow && d.work < WORK_MAX; i++)
		expand(&d, i);
	d.maker.overflow = d.maker.overflow || d.work >= WORK_MAX;
	const struct dfa *made = dfa_maker_finish(&d.maker, mem);
	*overflow = d.maker.overflow;
	free(d.sets);
	free(d.members);
	free(d.slots);
	free(d.stamp);
	free(d.todo);
	free(d.found);
	return made;
}

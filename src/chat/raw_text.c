/*
 * raw_text.c - automata of text that stands as it is; see raw_text.h.
 *
 * Two automata at once. One takes the text and what closes it, wherever that may be (built as a
 * nondeterministic one). The other watches for what may not stand inside: a tree of words with the
 * links of Aho and Corasick, in as many layers as calls may be open inside.
 */
#include "chat/raw_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/nfa.h"

enum {
	NFA_STATES_MAX = 60000,
	NODES_MAX = 1024,
	LAYERS = 4, /* calls open inside, one in another; deeper ones count as this many */
	BYTES = 256
};

/* ---- the text and its closing ---- */

static struct str lead_of(struct str close)
{
	size_t n = 0;
	while (n < close.n && close.p[n] == '\n')
		n++;
	return str_sub(close, 0, n);
}

static struct str trail_of(struct str close)
{
	return str_from(close, lead_of(close).n + str_trim(close).n);
}

/* Texts that do not end with a line end. */
static const struct dfa *unended(struct arena *mem)
{
	struct dfa_maker m;
	dfa_maker_init(&m, 2);
	uint32_t other = dfa_maker_state(&m, true, false), line = dfa_maker_state(&m, false, false);
	for (uint32_t from = other; from <= line; from++) {
		dfa_maker_edge(&m, from, 0, '\n' - 1, other);
		dfa_maker_edge(&m, from, '\n', '\n', line);
		dfa_maker_edge(&m, from, '\n' + 1, BYTES - 1, other);
	}
	return dfa_maker_finish(&m, mem);
}

/* A line end before the closing belongs to it wherever it stands, so a text that is closed without
 * one has none at its end. */
static const struct dfa *closed_text(
	struct arena *mem, const struct dfa *inside, const struct raw_frame *f, bool *overflow)
{
	struct nfa nfa;
	struct str lead = lead_of(f->close), trail = trail_of(f->close);
	const struct dfa *bare = inside;
	if (lead.n)
		bare = dfa_intersect(mem, inside, unended(mem), LIMIT_PATTERN_STATES, overflow);
	nfa_init(&nfa, NFA_UTF8, NFA_STATES_MAX);
	uint32_t end = nfa_match(&nfa), core = end;
	if (trail.n)
		core = nfa_split(&nfa, nfa_text(&nfa, trail, end), core);
	core = nfa_text(&nfa, str_trim(f->close), core);
	uint32_t start = bare ? nfa_of_dfa(&nfa, bare, core) : NFA_NONE;
	if (lead.n)
		start = nfa_split(
			&nfa, nfa_of_dfa(&nfa, inside, nfa_text(&nfa, lead, core)), start);
	start = nfa_text(&nfa, f->open, start);
	const struct dfa *made = nfa_to_dfa(&nfa, start, mem, LIMIT_PATTERN_STATES, overflow);
	nfa_clear(&nfa);
	return made;
}

/* ---- the watch ---- */

enum word { WORD_END = 1, WORD_CALL = 2, WORD_CALL_END = 4 };

struct watch {
	uint16_t next[NODES_MAX][BYTES]; /* 0: none while words are added, then the root */
	uint16_t back[NODES_MAX];
	uint8_t words[NODES_MAX]; /* that end in this node */
	uint16_t n;
	bool overflow;
};

static void add_word(struct watch *w, struct str text, enum word word)
{
	uint16_t at = 0;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (!w->next[at][c]) {
			if (w->n == NODES_MAX) {
				w->overflow = true;
				return;
			}
			w->next[at][c] = w->n++;
		}
		at = w->next[at][c];
	}
	if (text.n)
		w->words[at] = (uint8_t)(w->words[at] | (unsigned)word);
}

/* Gives every node a way for every byte, going by depth. */
static void link_words(struct watch *w)
{
	uint16_t todo[NODES_MAX];
	size_t n = 0, at = 0;
	for (int c = 0; c < BYTES; c++)
		if (w->next[0][c])
			todo[n++] = w->next[0][c];
	for (; at < n; at++) {
		uint16_t node = todo[at], back = w->back[node];
		w->words[node] |= w->words[back];
		for (int c = 0; c < BYTES; c++) {
			uint16_t to = w->next[node][c];
			if (to) {
				w->back[to] = w->next[back][c];
				todo[n++] = to;
			} else {
				w->next[node][c] = w->next[back][c];
			}
		}
	}
}

static void add_words(struct watch *w, const struct raw_frame *f)
{
	static const struct str gaps[] = { { "", 0 }, { "\n", 1 } };
	struct str core = str_trim(f->close);
	char text[NODES_MAX];
	for (size_t i = 0; i < f->n_followers; i++)
		for (size_t gap = 0; gap < sizeof gaps / sizeof *gaps; gap++) {
			const struct str parts[] = { core, gaps[gap], f->followers[i] };
			size_t n = 0;
			for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
				if (n + parts[k].n > sizeof text) {
					w->overflow = true;
					return;
				}
				if (parts[k].n)
					memcpy(text + n, parts[k].p, parts[k].n);
				n += parts[k].n;
			}
			add_word(w, str_n(text, n), WORD_END);
		}
	if (!f->n_followers)
		add_word(w, core, WORD_END);
	add_word(w, f->call_open, WORD_CALL);
	add_word(w, f->call_close, WORD_CALL_END);
}

static struct watch *watch_new(const struct raw_frame *f)
{
	struct watch *w = must_calloc(1, sizeof *w);
	w->n = 1;
	add_words(w, f);
	link_words(w);
	return w;
}

/* The watch as an automaton: `open`, then nodes in layers, then one last state. */
struct laying {
	struct dfa_maker maker;
	const struct watch *w;
	uint32_t first, last;
	unsigned layers;
	bool ends_at_once;
	size_t mark_bytes, close_bytes;
};

static uint32_t laid(const struct laying *l, unsigned layer, unsigned node)
{
	return l->first + layer * l->w->n + node;
}

/* Where a byte leads: DFA_NONE where it would hide an end. */
static uint32_t watch_step(const struct laying *l, unsigned layer, unsigned node, int c)
{
	uint16_t to = l->w->next[node][c];
	unsigned words = l->w->words[to];
	/* The first word was the closing text: its nodes are numbered by their depth. */
	bool is_marked = l->mark_bytes && node >= l->mark_bytes && node < l->close_bytes;
	if (is_marked && to != node + 1)
		return DFA_NONE;
	if (words & WORD_END && layer == 0)
		return l->ends_at_once ? l->last : DFA_NONE;
	if (words & WORD_CALL_END && layer > 0)
		layer--;
	if (words & WORD_CALL && layer + 1 < l->layers)
		layer++;
	return laid(l, layer, to);
}

static void lay_node(struct laying *l, unsigned layer, unsigned node)
{
	int from = 0;
	uint32_t to = watch_step(l, layer, node, 0);
	for (int c = 1; c <= BYTES; c++) {
		uint32_t next = c < BYTES ? watch_step(l, layer, node, c) : DFA_NONE;
		if (c < BYTES && next == to)
			continue;
		if (to != DFA_NONE)
			dfa_maker_edge(&l->maker, laid(l, layer, node), (unsigned)from,
				(unsigned)c - 1, to);
		from = c;
		to = next;
	}
}

static const struct dfa *lay_watch(
	struct arena *mem, const struct watch *w, const struct raw_frame *f)
{
	struct laying l = { .w = w, .first = (uint32_t)f->open.n };
	l.layers = f->call_open.n ? LAYERS : 1;
	l.ends_at_once = f->n_followers == 0;
	l.mark_bytes = l.ends_at_once ? f->mark_bytes : 0;
	l.close_bytes = str_trim(f->close).n;
	l.last = l.first + l.layers * w->n;
	dfa_maker_init(&l.maker, l.last + 1);
	for (uint32_t i = 0; i <= l.last; i++)
		dfa_maker_state(&l.maker, true, false);
	for (uint32_t i = 0; i < l.first; i++) {
		unsigned char c = (unsigned char)f->open.p[i];
		dfa_maker_edge(&l.maker, i, c, c, i + 1);
	}
	for (unsigned layer = 0; layer < l.layers; layer++)
		for (unsigned node = 0; node < w->n; node++)
			lay_node(&l, layer, node);
	return dfa_maker_finish(&l.maker, mem);
}

/* ---- both ---- */

const struct dfa *raw_text(
	struct arena *mem, const struct dfa *inside, const struct raw_frame *frame, bool *overflow)
{
	struct arena *scratch = arena_new();
	const struct dfa *made = NULL;
	struct watch *w = watch_new(frame);
	*overflow = w->overflow;
	const struct dfa *text = *overflow ? NULL : closed_text(scratch, inside, frame, overflow);
	if (text)
		made = dfa_intersect(
			mem, text, lay_watch(scratch, w, frame), LIMIT_PATTERN_STATES, overflow);
	free(w);
	arena_free(scratch);
	return made;
}

const struct dfa *raw_text_without(struct arena *mem, struct str text)
{
	struct watch *w = must_calloc(1, sizeof *w);
	struct raw_frame frame = { .open = STR(""), .n_followers = 1 };
	w->n = 1;
	add_word(w, text, WORD_END);
	MUST(!w->overflow);
	link_words(w);
	const struct dfa *made = lay_watch(mem, w, &frame);
	free(w);
	return made;
}

bool raw_text_hides_end(struct str text, const struct raw_frame *frame)
{
	return str_find(text, str_trim(frame->close)) != SIZE_MAX;
}

/*
 * mask.c - which tokens of a vocabulary a guide would take; see mask.h.
 *
 * A level of the walk that lies inside free text has no state of its own but that of the level
 * where the text was entered, its base; the state behind the text between the two is made only
 * where a byte leaves it.
 */
#include "engine/mask.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/utf8.h"

struct mask_level {
	uint32_t end;   /* the first node that is not below it */
	unsigned base;  /* the level whose state counts */
	unsigned chars; /* of free text, begun since the base */
	/* Of a base: */
	bool is_loop, is_swept;  /* free text; what is plain in it was kept at once */
	uint8_t most_chars;      /* swept: of a token, by the trie's count */
	struct byte_set allowed; /* not in free text */
	struct guide_loop loop;
};

void mask_init(struct mask *m, const struct guide *guide, const struct trie *trie)
{
	size_t depths = (size_t)trie->depth + 2, align = _Alignof(max_align_t);
	*m = (struct mask){ .guide = guide, .trie = trie };
	m->state_bytes = (guide->state_bytes + align - 1) / align * align;
	m->states = must_calloc(depths, m->state_bytes);
	m->levels = must_calloc(depths, sizeof *m->levels);
	m->path = must_calloc(depths, 1);
	m->kept = must_calloc((size_t)trie->token_count + MASK_BLOCK, 1);
}

void mask_clear(struct mask *m)
{
	free(m->states);
	free(m->levels);
	free(m->path);
	free(m->kept);
	*m = (struct mask){ 0 };
}

static const void *state_of(const struct mask *m, unsigned depth)
{
	return depth ? m->states + (depth - 1) * m->state_bytes : m->live;
}

static void *fresh_state(const struct mask *m, unsigned depth)
{
	return m->states + (depth - 1) * m->state_bytes;
}

/* ---- free text ---- */

static bool covers_plain(const struct byte_set *s)
{
	for (int i = 0; i < 4; i++)
		if (trie_plain_bytes.bits[i] & ~s->bits[i])
			return false;
	return true;
}

/* Of one block of ranks, those whose text is plain from `depth` on and not too long. Written so
 * that a compiler makes a few wide instructions of it. */
static void sweep_block(uint8_t *restrict kept, const uint8_t *restrict plain_from,
	const uint8_t *restrict chars, uint8_t depth, uint8_t most)
{
	for (int i = 0; i < MASK_BLOCK; i++)
		kept[i] |= (uint8_t)((plain_from[i] <= depth) & (chars[i] <= most));
}

/* Keeps those of the tokens of the nodes [from, end) whose text is plain from this depth on, if the
 * base of that level lets it be swept. */
static void sweep(
	struct mask *m, const struct mask_level *base, unsigned depth, uint32_t from, uint32_t end)
{
	const struct trie *t = m->trie;
	if (!base->is_swept || depth >= TRIE_TEXT_MAX)
		return;
	uint32_t rank = t->nodes[from].rank, last = t->nodes[end].rank;
	for (; rank + MASK_BLOCK <= last; rank += MASK_BLOCK)
		sweep_block(m->kept + rank, t->plain_from + rank, t->chars + rank, (uint8_t)depth,
			base->most_chars);
	for (; rank < last; rank++)
		m->kept[rank] |= t->plain_from[rank] <= depth && t->chars[rank] <= base->most_chars;
}

/* Characters that tokens may have in all if `most` may come from this depth on, in the trie's
 * counting; 0 if that cannot say it. */
static uint8_t most_chars(const struct mask *m, unsigned depth, size_t most)
{
	size_t chars = most;
	if (most >= m->trie->depth)
		return TRIE_TEXT_MAX;
	for (unsigned i = 0; i < depth; i++)
		chars += !trie_is_continuation((uint8_t)m->path[i]);
	return chars < TRIE_TEXT_MAX ? (uint8_t)chars : 0;
}

static void find_loop(struct mask *m, struct mask_level *l, unsigned depth)
{
	const struct guide_ops *ops = m->guide->ops;
	l->is_loop = ops->loop && ops->loop(m->guide->grammar, state_of(m, depth), &l->loop);
	if (!l->is_loop)
		return;
	l->most_chars = most_chars(m, depth, l->loop.most);
	l->is_swept = l->most_chars && covers_plain(&l->loop.stays);
}

/* Sets up a level that has a state: the one above the nodes [from, end). */
static void open_level(struct mask *m, unsigned depth, uint32_t from, uint32_t end)
{
	struct mask_level *l = &m->levels[depth];
	bool is_part = depth && m->trie->nodes[from - 1].flags & TRIE_PART;
	l->end = end;
	l->base = depth;
	l->chars = 0;
	l->is_loop = l->is_swept = false;
	if (!is_part)
		find_loop(m, l, depth);
	sweep(m, l, depth, from, end);
	if (l->is_loop)
		return;
	l->allowed = (struct byte_set){ { 0 } };
	m->guide->ops->allowed(m->guide->grammar, state_of(m, depth), &l->allowed);
}

static bool stays(const struct trie_node *node, const struct guide_loop *loop)
{
	return !(node->flags & TRIE_BROKEN) &&
	       (trie_is_continuation(node->byte) || byte_set_has(&loop->stays, node->byte));
}

/* Makes the state behind the path's free text and the byte that leaves it; false if it may not
 * come. */
static bool leave(struct mask *m, unsigned depth)
{
	const struct guide_ops *ops = m->guide->ops;
	unsigned base = m->levels[depth].base;
	void *state = fresh_state(m, depth + 1);
	struct str text = str_n(m->path + base, depth - base);
	size_t whole = utf8_whole(text);
	ops->copy(m->guide->grammar, state, state_of(m, base));
	if (whole)
		ops->pass(m->guide->grammar, state, str_n(text.p, whole));
	for (unsigned i = base + (unsigned)whole; i <= depth; i++)
		if (!ops->accept(m->guide->grammar, state, (unsigned char)m->path[i]))
			return false;
	return true;
}

/* ---- the walk ---- */

/* One node inside free text. */
static bool enter_text(struct mask *m, unsigned depth, uint32_t at)
{
	const struct mask_level *l = &m->levels[depth], *base = &m->levels[l->base];
	const struct trie_node *node = &m->trie->nodes[at];
	struct mask_level *next = &m->levels[depth + 1];
	if (stays(node, &base->loop)) {
		next->end = node->end;
		next->base = l->base;
		next->chars = l->chars + !trie_is_continuation(node->byte);
		if (next->chars > base->loop.most)
			return false;
		if (!byte_set_has(&trie_plain_bytes, node->byte) && node->byte < 0x80)
			sweep(m, base, depth + 1, at + 1, node->end);
		return true;
	}
	if (!(node->flags & TRIE_BROKEN) && !byte_set_has(&base->loop.leaves, node->byte))
		return false;
	if (!leave(m, depth))
		return false;
	if (node->end > at + 1)
		open_level(m, depth + 1, at + 1, node->end);
	return true;
}

/* One node below the level `depth`: false if nothing from it on is left to keep. */
static bool enter(struct mask *m, unsigned depth, uint32_t at)
{
	const struct guide_ops *ops = m->guide->ops;
	const struct mask_level *l = &m->levels[depth];
	const struct trie_node *node = &m->trie->nodes[at];
	m->path[depth] = (char)node->byte;
	if (m->levels[l->base].is_loop)
		return enter_text(m, depth, at);
	if (!byte_set_has(&l->allowed, node->byte))
		return false;
	if (node->end > at + 1) {
		void *state = fresh_state(m, depth + 1);
		ops->copy(m->guide->grammar, state, state_of(m, depth));
		MUST(ops->accept(m->guide->grammar, state, node->byte));
		open_level(m, depth + 1, at + 1, node->end);
	}
	return true;
}

/* The first node from `at` on whose tokens were not all swept up. */
static uint32_t behind_swept(const struct mask *m, unsigned depth, uint32_t at)
{
	const struct mask_level *base = &m->levels[m->levels[depth].base];
	if (!base->is_swept)
		return at;
	uint32_t rough = m->trie->nodes[at].rough;
	return rough < base->end ? rough : base->end;
}

void mask_walk(struct mask *m, const void *state)
{
	const struct trie *t = m->trie;
	unsigned depth = 0;
	memset(m->kept, 0, t->token_count);
	m->live = state;
	open_level(m, 0, 0, t->node_count);
	for (uint32_t at = 0; at < t->node_count;) {
		while (at >= m->levels[depth].end)
			depth--;
		const struct trie_node *node = &t->nodes[at];
		uint32_t unswept = behind_swept(m, depth, at);
		if (unswept > at || !enter(m, depth, at)) {
			at = unswept > at ? unswept : node->end;
			continue;
		}
		for (uint32_t rank = node->rank; rank < node[1].rank; rank++)
			m->kept[rank] = 1;
		depth += node->end > ++at;
	}
}

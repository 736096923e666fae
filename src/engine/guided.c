/*
 * guided.c - a guide put to work on tokens; see guided.h.
 *
 * The walk over the trie goes depth first and holds a state of the guide for each depth. A byte
 * that is not allowed skips all tokens that begin so; a leaf needs no state of its own.
 */
#include "engine/guided.h"

#include <math.h>

#include "base/must.h"

enum {
	FORCED_BYTES = 512, /* looked ahead at once */
	CONTEXT_BYTES = 64, /* of the answer, in front of forced bytes: enough for any tokenizer */
	NARROW_BYTES = 16   /* so few first bytes: masking visits a small part of the trie */
};

static void *state_at(const struct guided *g, size_t depth)
{
	return g->states + depth * g->state_bytes;
}

void guided_init(struct guided *g, const struct guide *guide, struct vocab *vocab)
{
	*g = (struct guided){ .guide = guide, .vocab = vocab };
	if (!guide)
		return;
	vocab_need_trie(vocab);
	size_t depths = (size_t)vocab->all.depth + 2, align = _Alignof(max_align_t);
	g->state_bytes = (guide->state_bytes + align - 1) / align * align;
	g->states = must_calloc(depths, g->state_bytes);
	g->allowed = must_calloc(depths, sizeof *g->allowed);
	g->ends = must_calloc(depths, sizeof *g->ends);
	g->bits = must_calloc((size_t)vocab->count / 64 + 1, sizeof *g->bits);
	guide->ops->start(guide->grammar, g->states);
}

void guided_clear(struct guided *g)
{
	free(g->states);
	free(g->allowed);
	free(g->ends);
	free(g->bits);
	*g = (struct guided){ 0 };
}

static bool may_end(const struct guided *g)
{
	const struct guide_ops *ops = g->guide->ops;
	return ops->is_open(g->guide->grammar, g->states) ||
	       ops->may_end(g->guide->grammar, g->states);
}

bool guided_take(struct guided *g, int32_t token)
{
	if (!g->guide)
		return true;
	if (vocab_is(g->vocab, token, VOCAB_END))
		return may_end(g);
	const struct guide_ops *ops = g->guide->ops;
	struct str bytes = vocab_bytes(g->vocab, token);
	if (!bytes.n || vocab_is(g->vocab, token, VOCAB_UNUSED))
		return ops->is_open(g->guide->grammar, g->states);
	void *copy = state_at(g, 1);
	ops->copy(g->guide->grammar, copy, g->states);
	for (size_t i = 0; i < bytes.n; i++)
		if (!ops->accept(g->guide->grammar, copy, (unsigned char)bytes.p[i]))
			return false;
	ops->copy(g->guide->grammar, g->states, copy);
	return true;
}

static int set_count(const struct byte_set *s)
{
	int n = 0;
	for (int i = 0; i < 4; i++)
		n += __builtin_popcountll(s->bits[i]);
	return n;
}

bool guided_is_narrow(const struct guided *g)
{
	struct byte_set allowed = { { 0 } };
	g->guide->ops->allowed(g->guide->grammar, g->states, &allowed);
	return set_count(&allowed) <= NARROW_BYTES;
}

bool guided_is_over(const struct guided *g)
{
	struct byte_set allowed = { { 0 } };
	if (!g->guide || !g->guide->ops->may_end(g->guide->grammar, g->states))
		return false;
	g->guide->ops->allowed(g->guide->grammar, g->states, &allowed);
	return set_count(&allowed) == 0;
}

/* Sets the bit of every token whose bytes the guide takes. */
static void walk(struct guided *g)
{
	const struct guide_ops *ops = g->guide->ops;
	const struct vocab_trie *t = &g->vocab->all;
	unsigned depth = 0;
	g->ends[0] = t->node_count;
	g->allowed[0] = (struct byte_set){ { 0 } };
	ops->allowed(g->guide->grammar, g->states, &g->allowed[0]);
	for (uint32_t at = 0; at < t->node_count;) {
		while (at >= g->ends[depth])
			depth--;
		const struct vocab_node *node = &t->nodes[at];
		if (!byte_set_has(&g->allowed[depth], node->byte)) {
			at = node->end;
			continue;
		}
		for (int32_t i = node->token; i >= 0; i = t->same_next[i])
			g->bits[i / 64] |= UINT64_C(1) << (i % 64);
		if (node->end > ++at) {
			void *next = state_at(g, depth + 1);
			ops->copy(g->guide->grammar, next, state_at(g, depth));
			MUST(ops->accept(g->guide->grammar, next, node->byte));
			g->allowed[++depth] = (struct byte_set){ { 0 } };
			ops->allowed(g->guide->grammar, next, &g->allowed[depth]);
			g->ends[depth] = node->end;
		}
	}
}

void guided_mask(struct guided *g, float *logits)
{
	int count = g->vocab->count;
	memset(g->bits, 0, ((size_t)count / 64 + 1) * sizeof *g->bits);
	walk(g);
	bool end = may_end(g);
	for (int i = 0; i < count; i++) {
		bool stays = g->bits[i / 64] >> (i % 64) & 1;
		if (!stays && !(end && vocab_is(g->vocab, i, VOCAB_END)))
			logits[i] = -INFINITY;
	}
}

/* Where the tail of the lane begins that forced bytes are cut together with: a token's border. */
static uint32_t tail_of(const struct lane *l)
{
	uint32_t all = token_list_end(&l->tokens, l->tokens.n);
	uint32_t from = all > CONTEXT_BYTES ? all - CONTEXT_BYTES : 0;
	return token_list_end(&l->tokens, token_list_before(&l->tokens, from));
}

/* Cuts `forced` behind `tail`; false if the tokenizer would join the two. */
static bool cut_behind(
	const struct guided *g, struct str tail, struct str forced, struct token_list *out)
{
	struct engine_segment both[] = { { .text = tail }, { .text = forced } };
	struct prompt p;
	if (!prompt_init(&p, g->vocab, both, 2, NULL))
		return false;
	struct token_list all = { 0 };
	prompt_tokenize(&p, g->vocab, 0, &all);
	size_t first = token_list_before(&all, (uint32_t)tail.n);
	bool is_border = token_list_end(&all, first) == tail.n;
	for (size_t i = first; is_border && i < all.n; i++)
		token_list_add(out, all.p[i]);
	token_list_clear(&all);
	prompt_clear(&p);
	return is_border;
}

void guided_forced(const struct guided *g, const struct lane *l, struct token_list *out)
{
	char bytes[FORCED_BYTES];
	token_list_truncate(out, 0);
	size_t n =
		g->guide ? g->guide->ops->forced(g->guide->grammar, g->states, bytes, sizeof bytes)
			 : 0;
	if (n < 2)
		return;
	struct str tail = str_from(buf_str(&l->text), tail_of(l));
	if (cut_behind(g, tail, str_n(bytes, n), out) && out->n)
		token_list_truncate(out, out->n - 1);
}

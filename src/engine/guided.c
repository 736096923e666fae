/*
 * guided.c - a guide put to work on tokens; see guided.h.
 */
#include "engine/guided.h"

#include <math.h>
#include <string.h>

#include "base/must.h"

enum {
	FORCED_BYTES = 512, /* looked ahead at once */
	CONTEXT_BYTES = 64, /* of the answer, in front of forced bytes: enough for any tokenizer */
	NARROW_BYTES = 16,  /* so few first bytes: masking visits a small part of the trie */
	FEW_OF = 2,         /* less than one token in so many: few stay */
	EIGHT = 8           /* marks looked at together */
};

void guided_init(struct guided *g, const struct guide *guide, struct vocab *vocab)
{
	*g = (struct guided){ .guide = guide, .vocab = vocab };
	if (!guide)
		return;
	vocab_need_trie(vocab);
	mask_init(&g->mask, guide, &vocab->all);
	g->state = must_calloc(1, guide->state_bytes);
	g->trial = must_calloc(1, guide->state_bytes);
	g->aside = must_calloc((size_t)vocab->count + 1, sizeof *g->aside);
	guide->ops->start(guide->grammar, g->state);
}

void guided_clear(struct guided *g)
{
	if (g->guide)
		mask_clear(&g->mask);
	free(g->state);
	free(g->trial);
	free(g->aside);
	*g = (struct guided){ 0 };
}

#define ALL_EIGHT UINT64_C(0x0101010101010101)

static bool may_end(const struct guided *g)
{
	const struct guide_ops *ops = g->guide->ops;
	return ops->is_open(g->guide->grammar, g->state) ||
	       ops->may_end(g->guide->grammar, g->state);
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
		return ops->is_open(g->guide->grammar, g->state);
	ops->copy(g->guide->grammar, g->trial, g->state);
	for (size_t i = 0; i < bytes.n; i++)
		if (!ops->accept(g->guide->grammar, g->trial, (unsigned char)bytes.p[i]))
			return false;
	ops->copy(g->guide->grammar, g->state, g->trial);
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
	g->guide->ops->allowed(g->guide->grammar, g->state, &allowed);
	return set_count(&allowed) <= NARROW_BYTES;
}

bool guided_is_over(const struct guided *g)
{
	struct byte_set allowed = { { 0 } };
	if (!g->guide || !g->guide->ops->may_end(g->guide->grammar, g->state))
		return false;
	g->guide->ops->allowed(g->guide->grammar, g->state, &allowed);
	return set_count(&allowed) == 0;
}

/* The eight marks from this rank on as one number. */
static uint64_t eight_kept(const struct mask *m, uint32_t rank)
{
	uint64_t eight;
	memcpy(&eight, m->kept + rank, sizeof eight);
	return eight;
}

static size_t count_kept(const struct mask *m)
{
	size_t n = 0;
	for (uint32_t rank = 0; rank < m->trie->token_count; rank += EIGHT)
		n += (size_t)(eight_kept(m, rank) * ALL_EIGHT >> 56);
	return n;
}

static void put_aside(struct guided *g, int32_t token, const float *logits)
{
	g->aside[g->aside_count++] = (struct guided_logit){ token, logits[token] };
}

/* Few stay: they are put aside, everything is struck out and they come back. */
static void keep_few(struct guided *g, bool may_end, float *logits)
{
	const struct trie *t = g->mask.trie;
	g->aside_count = 0;
	for (uint32_t rank = 0; rank < t->token_count; rank++) {
		if (rank % EIGHT == 0 && eight_kept(&g->mask, rank) == 0)
			rank += EIGHT - 1;
		else if (g->mask.kept[rank])
			put_aside(g, t->tokens[rank], logits);
	}
	for (int i = 0; i < g->vocab->other_count && may_end; i++)
		if (vocab_is(g->vocab, g->vocab->others[i], VOCAB_END))
			put_aside(g, g->vocab->others[i], logits);
	for (int i = 0; i < g->vocab->count; i++)
		logits[i] = -INFINITY;
	for (size_t i = 0; i < g->aside_count; i++)
		logits[g->aside[i].token] = g->aside[i].logit;
}

static void strike_few(struct guided *g, bool may_end, float *logits)
{
	const struct trie *t = g->mask.trie;
	for (uint32_t rank = 0; rank < t->token_count; rank++) {
		if (rank % EIGHT == 0 && eight_kept(&g->mask, rank) == ALL_EIGHT)
			rank += EIGHT - 1;
		else if (!g->mask.kept[rank])
			logits[t->tokens[rank]] = -INFINITY;
	}
	for (int i = 0; i < g->vocab->other_count; i++)
		if (!(may_end && vocab_is(g->vocab, g->vocab->others[i], VOCAB_END)))
			logits[g->vocab->others[i]] = -INFINITY;
}

void guided_mask(struct guided *g, float *logits)
{
	mask_walk(&g->mask, g->state);
	bool is_few = count_kept(&g->mask) < g->mask.trie->token_count / FEW_OF;
	(is_few ? keep_few : strike_few)(g, may_end(g), logits);
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

/* What ends the thought that is open; 0 if none is. */
static size_t thought_end(const struct guided *g, char bytes[FORCED_BYTES])
{
	if (!g->guide || !g->guide->ops->ends_thought)
		return 0;
	return g->guide->ops->ends_thought(g->guide->grammar, g->state, bytes, FORCED_BYTES);
}

bool guided_is_thought(const struct guided *g)
{
	char bytes[FORCED_BYTES];
	return thought_end(g, bytes) > 0;
}

void guided_end_thought(const struct guided *g, const struct lane *l, struct token_list *out)
{
	char bytes[FORCED_BYTES];
	struct str end = str_n(bytes, thought_end(g, bytes));
	struct str tail = str_from(buf_str(&l->text), tail_of(l));
	token_list_truncate(out, 0);
	if (!end.n || cut_behind(g, tail, end, out))
		return;
	token_list_truncate(out, 0);
	cut_behind(g, STR(""), end, out);
}

void guided_forced(const struct guided *g, const struct lane *l, struct token_list *out)
{
	char bytes[FORCED_BYTES];
	token_list_truncate(out, 0);
	size_t n = g->guide
			   ? g->guide->ops->forced(g->guide->grammar, g->state, bytes, sizeof bytes)
			   : 0;
	if (n < 2)
		return;
	struct str tail = str_from(buf_str(&l->text), tail_of(l));
	if (cut_behind(g, tail, str_n(bytes, n), out) && out->n)
		token_list_truncate(out, out->n - 1);
}

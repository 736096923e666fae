/*
 * trie.c - tokens ordered by their bytes; see trie.h.
 */
#include "engine/trie.h"

#include <limits.h>
#include <stdlib.h>

#include "base/must.h"
#include "base/utf8.h"

/* All of ASCII from the blank on but " ' < [ \ ] ` { and DEL; of the rest what may lead a
 * character.
 */
const struct byte_set trie_plain_bytes = { {
	UINT64_C(0xefffff7b00000000),
	UINT64_C(0x77fffffec7ffffff),
	0,
	UINT64_C(0x001ffffffffffffc),
} };

/* A node on the way from the root to the last one laid. */
struct open_node {
	uint32_t node;
	unsigned char_at;    /* where the character of its byte begins */
	unsigned plain_from; /* the greatest among the tokens below */
};

struct laying {
	struct trie *trie;
	struct open_node *open;
	unsigned depth;
};

static int by_bytes(const void *a, const void *b)
{
	const struct trie_entry *x = a, *y = b;
	int order = str_cmp(x->bytes, y->bytes);
	return order ? order : (x->token > y->token) - (x->token < y->token);
}

/* Bytes that two neighbours of the sorted list have in common. */
static size_t common(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n, i = 0;
	while (i < n && a.p[i] == b.p[i])
		i++;
	return i;
}

static unsigned flags_at(const struct laying *l, unsigned depth)
{
	return l->trie->nodes[l->open[depth].node].flags;
}

/* What the byte at `depth` does to the character it stands in. */
static unsigned judge_byte(const struct laying *l, struct str bytes, unsigned depth)
{
	uint32_t code;
	bool is_inside = depth && flags_at(l, depth - 1) & TRIE_PART;
	if (is_inside != trie_is_continuation((uint8_t)bytes.p[depth]))
		return TRIE_BROKEN;
	int n = utf8_next(str_sub(bytes, l->open[depth].char_at, depth + 1), &code);
	return n > 0 ? 0 : n < 0 ? TRIE_PART : TRIE_BROKEN;
}

static void open_node(struct laying *l, struct str bytes)
{
	struct trie *t = l->trie;
	unsigned depth = l->depth++;
	bool is_inside = depth && flags_at(l, depth - 1) & TRIE_PART;
	l->open[depth] = (struct open_node){ t->node_count,
		is_inside ? l->open[depth - 1].char_at : depth, 0 };
	t->nodes[t->node_count] =
		(struct trie_node){ .rank = t->token_count, .byte = (uint8_t)bytes.p[depth] };
	t->nodes[t->node_count].flags = (uint8_t)judge_byte(l, bytes, depth);
	t->node_count++;
}

static void close_node(struct laying *l)
{
	const struct open_node *o = &l->open[--l->depth];
	struct trie_node *node = &l->trie->nodes[o->node];
	node->end = l->trie->node_count;
	if (o->plain_from <= l->depth && !trie_is_continuation(node->byte))
		node->flags |= TRIE_PLAIN;
	if (l->depth && o->plain_from > l->open[l->depth - 1].plain_from)
		l->open[l->depth - 1].plain_from = o->plain_from;
}

/* Where the plain end of the text on the open path begins: goes back character by character. */
static unsigned plain_from(const struct laying *l, struct str bytes)
{
	unsigned from = (unsigned)bytes.n;
	while (from) {
		unsigned at = l->open[from - 1].char_at;
		if (flags_at(l, from - 1) & (TRIE_PART | TRIE_BROKEN) ||
			!byte_set_has(&trie_plain_bytes, (uint8_t)bytes.p[at]))
			break;
		from = at;
	}
	return bytes.n < TRIE_TEXT_MAX ? from : UINT_MAX;
}

static unsigned count_chars(struct str bytes)
{
	unsigned n = 0;
	for (size_t i = 0; i < bytes.n && n < TRIE_TEXT_MAX; i++)
		n += !trie_is_continuation((uint8_t)bytes.p[i]);
	return n;
}

static void lay(struct laying *l, const struct trie_entry *sorted, size_t count)
{
	struct trie *t = l->trie;
	struct str before = { 0 };
	for (size_t i = 0; i < count; i++) {
		struct str bytes = sorted[i].bytes;
		size_t shared = common(before, bytes);
		while (l->depth > shared)
			close_node(l);
		while (l->depth < bytes.n)
			open_node(l, bytes);
		unsigned from = plain_from(l, bytes);
		struct open_node *last = &l->open[l->depth - 1];
		last->plain_from = from > last->plain_from ? from : last->plain_from;
		t->plain_from[t->token_count] =
			from < TRIE_TEXT_MAX ? (uint8_t)from : TRIE_TEXT_MAX;
		t->chars[t->token_count] = (uint8_t)count_chars(bytes);
		t->tokens[t->token_count++] = sorted[i].token;
		before = bytes;
	}
	while (l->depth)
		close_node(l);
	t->nodes[t->node_count] =
		(struct trie_node){ .end = t->node_count, .rank = t->token_count };
}

static void link_rough(struct trie *t)
{
	for (uint32_t i = t->node_count + 1; i-- > 0;) {
		struct trie_node *node = &t->nodes[i];
		node->rough = node->flags & TRIE_PLAIN ? t->nodes[node->end].rough : i;
	}
}

void trie_build(struct trie *t, struct trie_entry *entries, size_t count)
{
	*t = (struct trie){ 0 };
	size_t bytes = 0;
	for (size_t i = 0; i < count; i++) {
		bytes += entries[i].bytes.n;
		if (entries[i].bytes.n > t->depth)
			t->depth = (unsigned)entries[i].bytes.n;
	}
	if (count)
		qsort(entries, count, sizeof *entries, by_bytes);
	struct laying l = { .trie = t };
	l.open = must_calloc((size_t)t->depth + 1, sizeof *l.open);
	t->nodes = must_calloc(bytes + 1, sizeof *t->nodes);
	t->tokens = must_calloc(count + 1, sizeof *t->tokens);
	t->plain_from = must_calloc(count + 1, sizeof *t->plain_from);
	t->chars = must_calloc(count + 1, sizeof *t->chars);
	lay(&l, entries, count);
	link_rough(t);
	t->nodes = must_realloc(t->nodes, ((size_t)t->node_count + 1) * sizeof *t->nodes);
	free(l.open);
}

void trie_clear(struct trie *t)
{
	free(t->nodes);
	free(t->tokens);
	free(t->plain_from);
	free(t->chars);
	*t = (struct trie){ 0 };
}

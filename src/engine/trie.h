/*
 * trie.h - tokens ordered by their bytes, so that a refused byte skips all that begin so.
 *
 * Nodes lie in depth-first order, each with the index behind its last descendant. Tokens are
 * numbered in the same order (their rank), so the tokens below a node are a range of ranks. What is
 * known about a token's text once and for all is kept by rank: from where on it is plain, which
 * free text takes as a whole (engine/mask.h). Immutable once built.
 */
#ifndef OFFGRID_ENGINE_TRIE_H
#define OFFGRID_ENGINE_TRIE_H

#include "base/guide.h"

enum trie_flag {
	TRIE_PART = 1,   /* a well-formed character has begun and goes on behind this byte */
	TRIE_BROKEN = 2, /* the byte fits no character: it begins none, or cuts one off */
	TRIE_PLAIN = 4 /* this byte and all that follow it, in every token below, are plain text */
};

struct trie_node {
	uint32_t end;   /* index behind the last descendant */
	uint32_t rank;  /* of the first token here or below; those of exactly these bytes end where
			 * the next node's begin */
	uint32_t rough; /* the first node from here on that no TRIE_PLAIN one is or has above it */
	uint8_t byte;   /* the last byte of its path */
	uint8_t flags;
};

/* Texts longer than this are never looked at as plain. */
enum { TRIE_TEXT_MAX = UINT8_MAX };

struct trie {
	struct trie_node *nodes; /* the root is not among them; one more stands behind the last */
	uint32_t node_count, token_count;
	int32_t *tokens;     /* by rank */
	uint8_t *plain_from; /* by rank: the byte from which on the text is plain, TRIE_TEXT_MAX:
				none */
	uint8_t *chars;      /* by rank: characters that begin in it, at most TRIE_TEXT_MAX */
	unsigned depth;      /* bytes of the longest token */
};

struct trie_entry {
	struct str bytes; /* not empty */
	int32_t token;
};

/* Of any number of tokens, which it sorts; the bytes are borrowed during the call. */
void trie_build(struct trie *t, struct trie_entry *entries, size_t count);
void trie_clear(struct trie *t);

/* A token of exactly this node's bytes, or -1. */
static inline int32_t trie_token(const struct trie *t, uint32_t node)
{
	uint32_t rank = t->nodes[node].rank;
	return t->nodes[node + 1].rank > rank ? t->tokens[rank] : -1;
}

/* Plain text: what no syntax of strings, calls or thoughts gives a meaning. Every character beyond
 * ASCII, and of ASCII the printable ones but those that quote, escape or open something. */
extern const struct byte_set trie_plain_bytes;

static inline bool trie_is_continuation(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

#endif

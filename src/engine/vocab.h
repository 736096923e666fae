/*
 * vocab.h - the tokens of one model, as bytes.
 *
 * Built once when a model is loaded, immutable afterwards and so readable by any thread. The bytes
 * of a token are what it stands for in text; a control token's are its name ("<|im_end|>").
 * The tries are the same tokens ordered by bytes.
 */
#ifndef OFFGRID_ENGINE_VOCAB_H
#define OFFGRID_ENGINE_VOCAB_H

#include "base/str.h"
#include "engine/trie.h"

struct llama_vocab;
struct token_list;

enum vocab_flag {
	VOCAB_CONTROL = 1,     /* never made from literal text */
	VOCAB_END = 2,         /* ends the answer */
	VOCAB_UNUSED = 4,      /* padding, unknown: never sampled under a guide */
	VOCAB_STRIP_LEFT = 8,  /* takes the white space before it with it */
	VOCAB_STRIP_RIGHT = 16 /* and the white space behind it */
};

struct vocab {
	const struct llama_vocab *llama;
	int count;
	int bos; /* -1: none */
	bool adds_bos;
	uint32_t *offsets; /* count + 1 */
	char *bytes;
	uint8_t *flags;
	int32_t byte_tokens[256]; /* the token of this one byte, or -1 */
	struct trie all;          /* what a guide may choose from; built on first use */
	int32_t *others;          /* tokens that are not in it */
	int other_count;
	struct trie control; /* what is recognised in a prompt */
};

void vocab_init(struct vocab *v, const struct llama_vocab *llama);
void vocab_clear(struct vocab *v);

struct str vocab_bytes(const struct vocab *v, int token);
static inline bool vocab_is(const struct vocab *v, int token, unsigned flags)
{
	return v->flags[token] & flags;
}

/* Builds v->all and v->others if they are not there; by the engine's thread only. */
void vocab_need_trie(struct vocab *v);

/* The longest control token at the front of the text, or -1. */
int vocab_control_at(const struct vocab *v, struct str text);

/* Tokens of plain text, control tokens not recognised, appended with the place at which each ends
 * if the text begins at `base`. Where the tokenizer changes the text, so that its tokens cannot be
 * laid over it, all of them end at the text's end: no border inside is a place to cut. Bytes that
 * are no UTF-8 become the tokens of single bytes; one that has none is left out. */
void vocab_tokenize(const struct vocab *v, struct str text, uint32_t base, struct token_list *out);

#endif

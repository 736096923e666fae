/*
 * tiny.h - models with random weights, small enough to make at will (about half a megabyte).
 *
 * They load and decode like real ones and say nothing sensible: what runs a tiny model and fails on
 * a real one has a broken model, what fails on both has a broken library. They are also what tests
 * run without a download. Same recipe, same bytes, on every machine.
 *
 * The usual vocabulary is byte-level: control tokens of ChatML, the tags of tool calls and of
 * thinking, one token for each byte, and some merges of several bytes, among them pieces of JSON
 * and pieces of characters, because constrained decoding has its traps there. A recipe can take a
 * real vocabulary instead, from a GGUF file that holds one, and add a family's special tokens.
 */
#ifndef OFFGRID_MODEL_TINY_H
#define OFFGRID_MODEL_TINY_H

#include "model/card.h"
#include "model/gguf.h"
#include "model/gguf_write.h"

/* A token that is never cut into pieces. */
struct tiny_special {
	struct str text;
	bool is_control; /* else one that users' text may spell, like <tool_call> */
};

struct tiny_vocabulary {
	const struct gg_file *from; /* keys "tokenizer.…" are taken from it; NULL: the usual one */
	const struct tiny_special *specials; /* those it lacks take the places of tokens that stand
						for nothing, or come at its end */
	size_t special_count;
	struct str bos, eos; /* a token of the vocabulary; empty: as `from` says */
};

struct tiny_recipe {
	const char *arch;         /* a row of the table: "llama", "qwen3moe", "gpt-oss", … */
	const char *name;         /* general.name; NULL: "tiny random weights" */
	struct str chat_template; /* empty: ChatML that knows no tools */
	uint64_t seed;
	uint32_t context_tokens;   /* 0: 8192 */
	enum card_pooling pooling; /* how it makes vectors, whatever its architecture */
	struct tiny_vocabulary vocabulary;
};

/* The model, ready to be saved or given more keys; NULL with ERR_USAGE if the architecture is not
 * in the table. */
struct gg_writer *tiny_model(const struct tiny_recipe *r, struct err *e);

/* A LoRA adapter of rank 4 for the attention of a model made by the same recipe, with weights that
 * change what it says. */
struct gg_writer *tiny_adapter(const struct tiny_recipe *r, struct err *e);

#endif

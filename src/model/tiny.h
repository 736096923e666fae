/*
 * tiny.h - models with random weights, small enough to make at will (about half a megabyte).
 *
 * They load and decode like real ones and say nothing sensible: what runs a tiny model and fails on
 * a real one has a broken model, what fails on both has a broken library. They are also what tests
 * run without a download. Same recipe, same bytes, on every machine.
 *
 * The vocabulary is byte-level: control tokens of ChatML, the tags of tool calls and of thinking,
 * one token for each byte, and some merges of several bytes, among them pieces of JSON and pieces
 * of characters, because constrained decoding has its traps there.
 */
#ifndef OFFGRID_MODEL_TINY_H
#define OFFGRID_MODEL_TINY_H

#include "model/gguf_write.h"

struct tiny_recipe {
	const char *arch;         /* a row of the table: "llama", "qwen2", "qwen3" */
	struct str chat_template; /* empty: ChatML that knows no tools */
	uint64_t seed;
	uint32_t context_tokens; /* 0: 8192 */
};

/* The model, ready to be saved or given more keys; NULL with ERR_USAGE if the architecture is not
 * in the table. */
struct gg_writer *tiny_model(const struct tiny_recipe *r, struct err *e);

/* A LoRA adapter of rank 4 for the attention of a model made by the same recipe, with weights that
 * change what it says. */
struct gg_writer *tiny_adapter(const struct tiny_recipe *r, struct err *e);

#endif

/*
 * card.h - what a person wants to know about a model file, taken from its metadata.
 *
 * Everything a file says of itself may be absent or a lie; a card holds what was found, in strings
 * that are safe to print (valid UTF-8, no control characters). Nothing here is needed to run a
 * model. Lives in the arena it was read into.
 */
#ifndef OFFGRID_MODEL_CARD_H
#define OFFGRID_MODEL_CARD_H

#include "base/arena.h"
#include "model/gguf.h"

enum card_kind { CARD_MODEL, CARD_ADAPTER, CARD_PROJECTOR, CARD_OTHER, CARD_KIND_COUNT };

extern const char *const card_kind_names[CARD_KIND_COUNT];

/* How a model makes one vector of a text's tokens, in the numbers of llama.cpp. */
enum card_pooling {
	CARD_POOLING_NONE, /* it makes none: it answers */
	CARD_POOLING_MEAN,
	CARD_POOLING_CLS, /* the first token's */
	CARD_POOLING_LAST,
	CARD_POOLING_RANK, /* a number that ranks two texts */
	CARD_POOLING_COUNT
};

extern const char *const card_pooling_names[CARD_POOLING_COUNT]; /* "none", "mean", ... */

struct card {
	enum card_kind kind;
	struct str title;        /* general.name */
	struct str architecture; /* "llama" */
	struct str quantisation; /* "Q4_K_M"; from the tensors where the file does not say */
	struct str licence;      /* may be empty, like all that follows */
	struct str tokenizer;
	uint64_t parameters;
	uint64_t context_tokens; /* what it was trained for */
	uint64_t layers, width, heads, kv_heads;
	uint64_t experts, experts_used;
	uint64_t vocabulary;
	size_t template_bytes;  /* of its chat template; 0: it has none */
	bool has_tool_template; /* the template mentions tools */
	enum card_pooling pooling;
	bool is_merged; /* made by us of a base and an adapter, see engine/merge.h */
};

/* Whether a model makes vectors of texts instead of answering. */
static inline bool card_embeds(const struct card *c)
{
	return c->pooling > CARD_POOLING_NONE && c->pooling < CARD_POOLING_RANK;
}

/* What a merged file says of its base: the hash, hex. */
#define CARD_MERGED_KEY "offgrid.merged.base_sha256"

/* ERR_BAD_DATA if the file does not even say its architecture. */
bool card_read(const struct gg_file *f, struct arena *a, struct card *out, struct err *e);

/* The chat template, borrowed from the file; empty if it has none. One made for tools wins over the
 * plain one where a file holds both. */
struct str card_template(const struct gg_file *f);

/* A key below the architecture's name ("llama.block_count" for "block_count"); `out` stays as it
 * is if it is absent. Where the file has a number for each layer, the largest counts. */
bool card_number(const struct gg_file *f, const char *key, uint64_t *out, struct err *e);

/* The same for one layer. */
bool card_layer_number(
	const struct gg_file *f, const char *key, uint64_t layer, uint64_t *out, struct err *e);

/* 134515008 -> "135M", 8030261248 -> "8.0B". */
enum { CARD_COUNT_BYTES = 16 };
const char *card_count(uint64_t count, char out[CARD_COUNT_BYTES]);

/* "4.6 GiB", "98 MiB". */
enum { CARD_BYTES_TEXT = 24 };
const char *card_bytes(uint64_t bytes, char out[CARD_BYTES_TEXT]);

#endif

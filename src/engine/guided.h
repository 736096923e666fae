/*
 * guided.h - a guide put to work on tokens: which of them may come, and which must.
 *
 * Sample first, ask afterwards: a token is checked by letting a copy of the guide's state take its
 * bytes. Only when tokens are refused is the vocabulary masked, by walking its trie with the guide.
 * Belongs to one job on the engine's thread.
 */
#ifndef OFFGRID_ENGINE_GUIDED_H
#define OFFGRID_ENGINE_GUIDED_H

#include "base/guide.h"
#include "engine/lane.h"
#include "engine/vocab.h"

struct guided {
	const struct guide *guide; /* NULL: everything may come */
	const struct vocab *vocab;
	char *states;             /* one for each depth of the trie; the first is the live one */
	size_t state_bytes;       /* rounded up for alignment */
	struct byte_set *allowed; /* one for each depth */
	uint32_t *ends;
	uint64_t *bits; /* the mask: one for each token */
};

void guided_init(struct guided *g, const struct guide *guide, struct vocab *vocab);
void guided_clear(struct guided *g);

/* Takes the token if the guide lets it pass; else false, and nothing changed. */
bool guided_take(struct guided *g, int32_t token);

/* True in places where the model has little choice, so that a mask is cheap and trying is not. */
bool guided_is_narrow(const struct guided *g);

/* Strikes out (minus infinity) every token that guided_take would refuse. */
void guided_mask(struct guided *g, float *logits);

/* The answer is complete: it may end and nothing may follow. */
bool guided_is_over(const struct guided *g);

/*
 * The tokens that must come next, as the model itself would cut them behind what the lane holds.
 * The last token of forced bytes is left to the model, which may join it with what follows.
 */
void guided_forced(const struct guided *g, const struct lane *l, struct token_list *out);

#endif

/*
 * guided.h - a guide put to work on tokens: which of them may come, and which must.
 *
 * Sample first, ask afterwards: a token is checked by letting a copy of the guide's state take its
 * bytes. Only when tokens are refused is the vocabulary masked (engine/mask.h).
 * Belongs to one job on the engine's thread.
 */
#ifndef OFFGRID_ENGINE_GUIDED_H
#define OFFGRID_ENGINE_GUIDED_H

#include "base/guide.h"
#include "engine/lane.h"
#include "engine/mask.h"
#include "engine/vocab.h"

struct guided_logit {
	int32_t token;
	float logit;
};

struct guided {
	const struct guide *guide; /* NULL: everything may come */
	const struct vocab *vocab;
	void *state, *trial; /* the live one, and one to try a token on */
	struct mask mask;
	struct guided_logit *aside; /* while a mask is laid over the logits */
	size_t aside_count;
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

/* A thought is open. */
bool guided_is_thought(const struct guided *g);

/* The tokens that end it, behind what the lane holds; none if no thought is open. */
void guided_end_thought(const struct guided *g, const struct lane *l, struct token_list *out);

#endif

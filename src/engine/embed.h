/*
 * embed.h - vectors of texts, for engines that were opened for them (engine_options.embeds).
 *
 * An engine either answers or makes vectors; which of them its model can, its file says. A job is a
 * list of texts and comes back as one event with a vector for each, of length one. Several texts
 * share a batch; jobs take turns after each batch, so that a short one does not wait for a long
 * one. A text's tokens are those of the model's own tokenizer with what it puts around every text;
 * nothing that a text spells becomes a control token.
 *
 * Layer: engine. A text that does not fit is ERR_CONTEXT of layer prompt.
 */
#ifndef OFFGRID_ENGINE_EMBED_H
#define OFFGRID_ENGINE_EMBED_H

#include "engine/engine.h"

enum {
	EMBED_CONTEXT_TOKENS = 8192, /* most of one text, unless the model or memory has less */
	EMBED_SEQUENCES = 64         /* texts in a batch */
};

struct engine_input {
	struct str text;
	const int32_t *tokens; /* instead of a text, taken as they are; NULL: the text counts */
	size_t token_count;
};

struct engine_embed_job {
	const struct engine_input *inputs; /* copied */
	size_t count;
	bool truncates;     /* a text that does not fit is cut at its end; else it is an error */
	struct mailbox *to; /* of struct engine_event; outlives the job */
	void *owner;        /* given back in the event */
};

/* What comes back; belongs to the event (engine_event_clear). */
struct engine_vectors {
	struct err err;      /* set: there are no vectors. ERR_CANCELLED after engine_cancel */
	const float *values; /* count rows of width */
	size_t count, width;
	int64_t prompt_tokens;  /* of all inputs, as they were read */
	size_t cut_inputs;      /* that were too long */
	int64_t longest_tokens; /* the longest input had, before it was cut */
	int64_t queued_us, compute_us;
};

/* Posts a job and returns its number, for engine_cancel. Any thread; never fails: what is wrong
 * with it comes in its event. */
uint64_t engine_embed(struct engine *g, const struct engine_embed_job *job);

#endif

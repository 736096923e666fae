/*
 * lane.h - one sequence of the model's cache: what it holds, and how much of a prompt it knows.
 *
 * A lane keeps the text it was given and said, as bytes and as the very tokens, and how many of
 * these tokens the cache has computed (`in_cache`); the rest is still to be computed. An idle lane
 * has nothing to be computed. A prompt is matched by its bytes: tokens that the model sampled stay
 * as they are, however a tokenizer would have cut their bytes. Belongs to the engine's thread;
 * knows nothing of libllama.
 */
#ifndef OFFGRID_ENGINE_LANE_H
#define OFFGRID_ENGINE_LANE_H

#include "base/buf.h"
#include "engine/checkpoint.h"
#include "engine/prompt.h"
#include "engine/token_list.h"

struct task;

struct lane {
	int seq; /* its number in the cache */
	struct token_list tokens;
	struct buf text; /* what the tokens cover */
	size_t in_cache;
	struct task *task;              /* NULL: idle */
	uint64_t used_at;               /* a counter that grows with each use */
	struct checkpoints checkpoints; /* of its first tokens */
	size_t stops[2]; /* numbers of tokens at which a batch ends, for a checkpoint; 0: none */
};

void lane_init(struct lane *l, int seq);
void lane_clear(struct lane *l);

/* Forgets all tokens but the first `keep`. */
void lane_truncate(struct lane *l, size_t keep);

/* Appends one token of the answer. */
void lane_say(struct lane *l, const struct vocab *v, int32_t token, enum token_origin origin);

/* How far a prompt is known, and what remains. */
struct lane_match {
	size_t keep; /* tokens of the lane that stand */
	struct token_list
		rest; /* what follows them; never empty, so that there is something to compute */
};

/* Bytes of the prompt that the lane's computed tokens hold: a quick measure for choosing a lane. */
size_t lane_common(const struct lane *l, const struct prompt *p);

/* The longest prefix of whole tokens behind which the rest of the prompt can be cut into tokens as
 * if it were whole. With l NULL or empty nothing is kept. */
void lane_match(const struct lane *l, const struct prompt *p, const struct vocab *v,
	struct lane_match *out);

/* Gives up what was matched behind the first `keep` tokens: they are read again. */
void lane_match_back(const struct lane *l, struct lane_match *m, size_t keep);

/* How many of the tokens still to be computed one batch may take. */
size_t lane_until_stop(const struct lane *l);

/* Takes the prompt over: the first `keep` tokens stay (and count as computed), the rest of the
 * match follows. */
void lane_take(struct lane *l, const struct prompt *p, const struct lane_match *m);

#endif

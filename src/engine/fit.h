/*
 * fit.h - whether a model fits, worked out before anything is loaded.
 *
 * Pure arithmetic over what look.h found and what memory.h says is free. The cache grows in a
 * straight line with the context and so does what computing needs, so two measured points say it
 * for all.
 */
#ifndef OFFGRID_ENGINE_FIT_H
#define OFFGRID_ENGINE_FIT_H

#include "base/err.h"
#include "base/str.h"

/* What a context of so many tokens takes. */
struct fit_point {
	int context_tokens;
	uint64_t kv_bytes, compute_bytes;
};

struct fit_need {
	uint64_t weight_bytes;
	int trained_context_tokens, layers;
	struct fit_point low, high; /* low.context_tokens < high.context_tokens, or both the same */
};

/* What may be used. On machines where both are the same memory all of it is `host_bytes`. */
struct fit_room {
	uint64_t host_bytes;
	uint64_t device_bytes; /* of separate graphics cards, together */
};

struct fit_plan {
	int context_tokens;
	int device_layers; /* how many layers go to the cards; -1: all */
	struct fit_point uses;
	bool is_shortened; /* less than the model's own context, because of memory */
};

/* What a context of this many tokens takes. */
struct fit_point fit_point_at(const struct fit_need *need, int context_tokens);

/*
 * `wanted` 0: the model's own context, or as much of it as fits. Anything else is given or refused,
 * ERR_NO_ROOM with what is needed, what is there and what would fit.
 */
bool fit_plan(const struct fit_need *need, const struct fit_room *room, int wanted,
	struct fit_plan *out, struct err *e);

#endif

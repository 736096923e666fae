/*
 * estimate.h - how much memory a model needs for a context of a given size, from its header alone.
 *
 * One estimator for everybody: pages, plans, headers read from a server, and the engine, which
 * refuses by it what does not fit before it loads a file. The weights are the sum of the tensors,
 * which layers keep a cache is seen from the tensors they have, and sizes follow what libllama
 * 0.5.0 allocates (cache of 16-bit floats, flash attention on, cells in steps of 256). It is made
 * to be a little too high rather than too low. Layers of kinds it does not know (caches of
 * sparse-attention indexers) are not counted.
 */
#ifndef OFFGRID_MODEL_ESTIMATE_H
#define OFFGRID_MODEL_ESTIMATE_H

#include "base/err.h"
#include "model/gguf.h"

/* What matters of a model, from its header. */
struct estimate_model {
	uint64_t weights_bytes;
	uint64_t cell_bytes;        /* one cell of all layers that look at everything */
	uint64_t window_cell_bytes; /* one cell of all layers that look at a window */
	uint64_t window_tokens;
	uint64_t state_bytes;    /* one conversation's state in layers that keep one */
	uint64_t trained_tokens; /* 0: not said */
	uint64_t vocabulary, width;
	uint64_t step_floats; /* the widest step of the graph, for one token */
};

/* How it is to be run. Zero means: one conversation, chunks of 512, logits for each conversation,
 * and nothing kept free. */
struct estimate_use {
	uint64_t context_tokens; /* shared by all conversations; 0: what it was trained for */
	uint64_t sequences;
	uint64_t chunk_tokens; /* prompt tokens computed in one go */
	uint64_t output_rows;  /* rows of logits in one go */
	bool cuts_windows;     /* layers that look at a window keep no more (swa_full off) */
};

struct estimate {
	uint64_t context_tokens; /* as libllama will round it */
	uint64_t weights_bytes, cache_bytes, state_bytes, work_bytes;
	uint64_t all_bytes;
};

/* From the header of each part, the first part's first. */
bool estimate_read(const struct gg_file *const *parts, size_t count, struct estimate_model *out,
	struct err *e);

/* The same from the file of this path and, if it is the first part of several, its siblings. */
bool estimate_read_path(const char *path, struct estimate_model *out, struct err *e);

struct estimate estimate_of(const struct estimate_model *m, const struct estimate_use *use);

/* The longest context, at most the trained one and in steps of 256, that needs no more than this;
 * 0: not even the shortest does. */
uint64_t estimate_longest(
	const struct estimate_model *m, const struct estimate_use *use, uint64_t have_bytes);

/* ERR_NO_ROOM with the sum term by term, and what would fit. */
bool estimate_check(const struct estimate_model *m, const struct estimate_use *use,
	uint64_t have_bytes, struct err *e);

#endif

/*
 * estimate.c - the sum, and the search for the longest context; see estimate.h.
 *
 * Layer: engine. Reading the header is in estimate_read.c. Cells and sizes follow
 * llama-context.cpp, llama-kv-cache-iswa.cpp and llama-memory-recurrent.cpp of libllama 0.5.0. The
 * size of the working memory is what the largest step of the graph was measured to take: either the
 * feed-forward part of a chunk with its attention masks, or the logits. A twentieth is added for
 * what lies between them.
 */
#include "model/estimate.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/limits.h"
#include "model/card.h"

enum { CELL_STEP = 256, DEFAULT_CHUNK = 512, SHORTEST = 2 * CELL_STEP };
enum { FLOAT_BYTES = 4, MASK_BYTES = 2, SPARE_PART = 20 };

static uint64_t rounded_up(uint64_t n, uint64_t step)
{
	return (n + step - 1) / step * step;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static struct estimate_use with_defaults(
	const struct estimate_model *m, const struct estimate_use *use)
{
	struct estimate_use u = *use;
	if (u.context_tokens == 0)
		u.context_tokens = m->trained_tokens ? m->trained_tokens : SHORTEST;
	if (u.context_tokens > LIMIT_CONTEXT_TOKENS)
		u.context_tokens = LIMIT_CONTEXT_TOKENS;
	if (u.sequences == 0)
		u.sequences = 1;
	if (u.chunk_tokens == 0)
		u.chunk_tokens = DEFAULT_CHUNK;
	if (u.output_rows == 0)
		u.output_rows = u.sequences;
	return u;
}

static uint64_t work_bytes(
	const struct estimate_model *m, const struct estimate_use *u, uint64_t cells)
{
	uint64_t chunk = least(u->chunk_tokens, cells), rows = least(u->output_rows, chunk);
	uint64_t masks = m->window_cell_bytes ? 2 : 1;
	uint64_t feed = chunk * (FLOAT_BYTES * m->step_floats + masks * MASK_BYTES * cells);
	uint64_t row = FLOAT_BYTES * m->vocabulary;
	uint64_t logits = rows * row + chunk * FLOAT_BYTES * 2 * m->width;
	uint64_t step = most(feed, logits);
	return step + step / SPARE_PART + u->sequences * row;
}

struct estimate estimate_of(const struct estimate_model *m, const struct estimate_use *use)
{
	struct estimate_use u = with_defaults(m, use);
	uint64_t cells = rounded_up(u.context_tokens, CELL_STEP);
	uint64_t window = cells;
	if (u.cuts_windows)
		window = least(cells,
			rounded_up(m->window_tokens * u.sequences + u.chunk_tokens, CELL_STEP));
	struct estimate n = {
		.context_tokens = cells,
		.weights_bytes = m->weights_bytes,
		.cache_bytes = cells * m->cell_bytes + window * m->window_cell_bytes,
		.state_bytes = u.sequences * m->state_bytes,
		.work_bytes = work_bytes(m, &u, cells),
	};
	n.all_bytes = n.weights_bytes + n.cache_bytes + n.state_bytes + n.work_bytes;
	return n;
}

uint64_t estimate_longest(
	const struct estimate_model *m, const struct estimate_use *use, uint64_t have_bytes)
{
	struct estimate_use u = *use;
	uint64_t trained = m->trained_tokens ? m->trained_tokens : LIMIT_CONTEXT_TOKENS;
	uint64_t low = 0, high = least(trained, LIMIT_CONTEXT_TOKENS) / CELL_STEP;
	while (low < high) { /* low steps fit, more than high do not */
		uint64_t middle = low + (high - low + 1) / 2;
		u.context_tokens = middle * CELL_STEP;
		if (estimate_of(m, &u).all_bytes <= have_bytes)
			low = middle;
		else
			high = middle - 1;
	}
	return low * CELL_STEP;
}

bool estimate_check(const struct estimate_model *m, const struct estimate_use *use,
	uint64_t have_bytes, struct err *e)
{
	struct estimate n = estimate_of(m, use);
	char all[CARD_BYTES_TEXT], weights[CARD_BYTES_TEXT], cache[CARD_BYTES_TEXT],
		work[CARD_BYTES_TEXT], have[CARD_BYTES_TEXT];
	if (n.all_bytes <= have_bytes)
		return true;
	fail(e, ERR_NO_ROOM, LAYER_ENGINE,
		"the model needs %s of memory (weights %s, context of %" PRIu64
		" tokens %s, work %s), %s are free",
		card_bytes(n.all_bytes, all), card_bytes(n.weights_bytes, weights),
		n.context_tokens, card_bytes(n.cache_bytes + n.state_bytes, cache),
		card_bytes(n.work_bytes, work), card_bytes(have_bytes, have));
	uint64_t longest = estimate_longest(m, use, have_bytes);
	if (longest >= SHORTEST)
		return err_mend(e, "a context of %" PRIu64 " tokens would fit: --context %" PRIu64,
			longest, longest);
	struct estimate_use shortest = *use;
	shortest.context_tokens = SHORTEST;
	uint64_t rest = estimate_of(m, &shortest).all_bytes - m->weights_bytes;
	if (rest >= have_bytes)
		return err_mend(e, "close other programs: no model of this shape fits");
	return err_mend(e, "weights of at most %s would fit: a smaller quantisation or model",
		card_bytes(have_bytes - rest, have));
}

/*
 * rewind.c - how far a lane can go back, and how a lane takes over what another one knows.
 *
 * What can be cut is cut. Where a model holds a recurrent state, or a window that has moved on, a
 * checkpoint is put back instead, and what stands behind it is read again.
 *
 * Layer: engine.
 */
#include <stdlib.h>

#include "base/must.h"
#include "engine/engine_int.h"

/* Of a sequence's memory, what cannot be cut: its recurrent state, or the cells of its window. */
static const llama_state_seq_flags uncuttable = LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY;

static llama_memory_t memory(const struct engine *g)
{
	return llama_get_memory(g->context);
}

static bool needs_checkpoints(const struct engine *g)
{
	return !g->facts.can_rewind || llama_model_n_swa(g->model);
}

/* Whether computing can go on behind the first `keep` tokens: a sliding window may have let go of
 * what the next token looks back at. */
static bool window_reaches(const struct engine *g, const struct lane *l, size_t keep)
{
	int window = llama_model_n_swa(g->model);
	if (!window)
		return true;
	llama_pos first = llama_memory_seq_pos_min(memory(g), l->seq);
	llama_pos needed = (llama_pos)keep > window ? (llama_pos)keep - window : 0;
	return first >= 0 && first <= needed;
}

static bool can_cut(const struct engine *g, const struct lane *l, size_t keep)
{
	return keep == l->in_cache || (g->facts.can_rewind && window_reaches(g, l, keep));
}

size_t engine_reach(const struct engine *g, const struct lane *l, size_t keep)
{
	if (!keep || can_cut(g, l, keep))
		return keep;
	const struct checkpoint *c = checkpoints_find(&l->checkpoints, keep);
	return c ? c->tokens : 0;
}

static bool put_back(struct engine *g, const struct lane *l, const struct checkpoint *c)
{
	return llama_state_seq_set_data_ext(g->context, c->bytes, c->n, l->seq, uncuttable) == c->n;
}

static bool cut(struct engine *g, const struct lane *l, size_t keep)
{
	return llama_memory_seq_rm(memory(g), l->seq, (llama_pos)keep, -1);
}

void engine_rewind(struct engine *g, struct lane *l, size_t keep)
{
	bool ok = keep > 0;
	if (ok && keep != l->in_cache) {
		ok = can_cut(g, l, keep);
		const struct checkpoint *c = ok ? NULL : checkpoints_find(&l->checkpoints, keep);
		if (c && c->tokens == keep) /* in this order: what is put back ends where to cut */
			ok = put_back(g, l, c);
		ok = ok && cut(g, l, keep);
	}
	if (!ok) {
		engine_forget(g, l);
		return;
	}
	l->in_cache = keep;
	lane_truncate(l, keep);
}

/* What the lane holds that cannot be cut; NULL bytes if libllama fails. */
static struct checkpoint take(struct engine *g, const struct lane *l)
{
	struct checkpoint c = { .tokens = l->in_cache,
		.n = llama_state_seq_get_size_ext(g->context, l->seq, uncuttable) };
	c.bytes = must_alloc(c.n);
	if (llama_state_seq_get_data_ext(g->context, c.bytes, c.n, l->seq, uncuttable) != c.n) {
		free(c.bytes);
		c.bytes = NULL;
	}
	return c;
}

/*
 * Gives a lane cells of its own for what its window still sees. A cell that two lanes share is
 * never taken back by libllama when both have left it behind, so windows that were shared would
 * fill their part of the cache, and no batch could be computed any more.
 */
static bool own_window(struct engine *g, const struct lane *l)
{
	if (!llama_model_n_swa(g->model))
		return true;
	struct checkpoint window = take(g, l);
	bool ok = window.bytes && put_back(g, l, &window);
	free(window.bytes);
	return ok;
}

void engine_share(struct engine *g, struct lane *to, const struct lane *source, size_t keep)
{
	const struct checkpoint *c =
		can_cut(g, source, keep) ? NULL : checkpoints_find(&source->checkpoints, keep);
	llama_memory_seq_cp(memory(g), source->seq, to->seq, 0, (llama_pos)keep);
	bool ok = c ? c->tokens == keep && put_back(g, to, c)
		    : window_reaches(g, to, keep) && own_window(g, to);
	if (!ok) {
		engine_forget(g, to);
		return;
	}
	for (size_t i = 0; i < keep; i++)
		token_list_add(&to->tokens, source->tokens.p[i]);
	buf_add(&to->text, str_n(source->text.p, token_list_end(&source->tokens, keep)));
	to->in_cache = keep;
}

/* ---- where to stop ---- */

/* Tokens in front of the last control token of the prompt: where the answer's message begins. */
static size_t message_start(const struct lane *l)
{
	size_t i = l->tokens.n;
	while (i-- > l->in_cache)
		if (l->tokens.p[i].is_control && l->tokens.p[i].origin == TOKEN_READ)
			return i;
	return 0;
}

void engine_plan_stops(const struct engine *g, struct lane *l, size_t parted)
{
	bool does = needs_checkpoints(g);
	l->stops[0] = does ? parted : 0;
	l->stops[1] = does ? message_start(l) : 0;
}

void engine_stop_here(struct engine *g, struct lane *l)
{
	/* the newest: a lane that was parked keeps those that it is not at yet */
	const struct checkpoint *last = checkpoints_find(&l->checkpoints, SIZE_MAX);
	if (l->in_cache != l->stops[0] && l->in_cache != l->stops[1])
		return;
	if (l->in_cache < (last ? last->tokens : 0) + CHECKPOINT_DISTANCE)
		return;
	struct checkpoint c = take(g, l);
	if (c.bytes)
		checkpoints_add(&l->checkpoints, c, g->checkpoint_bytes / g->lane_count);
}

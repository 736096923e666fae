/*
 * admit.c - who gets a place in the cache, and what of it is already known.
 *
 * The cache is one store of cells shared by all lanes. Every lane is charged with all its tokens,
 * so a task is only let in if its prompt and the beginning of its answer surely fit; idle lanes are
 * forgotten for it, the longest unused first. If answers then grow into each other, the youngest
 * task is parked: it keeps its tokens, loses its cells and is computed again when there is room.
 * The oldest always goes on, so everything ends.
 *
 * Layer: engine; a prompt that is too long is of layer prompt.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/must.h"
#include "engine/engine_int.h"

enum { ANSWER_RESERVE = 256 /* cells kept free for the beginning of an answer */ };

static size_t capacity(const struct engine *g)
{
	return llama_n_ctx(g->context);
}

static llama_memory_t memory(const struct engine *g)
{
	return llama_get_memory(g->context);
}

void engine_forget(struct engine *g, struct lane *l)
{
	llama_memory_seq_rm(memory(g), l->seq, -1, -1);
	l->in_cache = 0;
	lane_truncate(l, 0);
}

void engine_leave_lane(struct engine *g, struct lane *l)
{
	l->used_at = l->task->job.is_side ? 0 : ++g->uses;
	l->task = NULL;
	lane_truncate(l, l->in_cache);
	g->may_admit = true;
}

/* ---- choosing ---- */

/* Bytes of the prompt that the lane knows and can go back to. */
static size_t usable(const struct engine *g, const struct lane *l, const struct prompt *p)
{
	uint32_t common = (uint32_t)lane_common(l, p);
	size_t whole = token_list_before(&l->tokens, common);
	if (whole > l->in_cache)
		whole = l->in_cache;
	size_t reach = engine_reach(g, l, whole);
	return reach == whole ? common : token_list_end(&l->tokens, reach);
}

/* The lane that knows most of the prompt; NULL if none knows any. */
static struct lane *best_source(const struct engine *g, const struct prompt *p)
{
	struct lane *best = NULL;
	size_t most = 0;
	for (size_t i = 0; i < g->lane_count; i++) {
		size_t n = usable(g, &g->lanes[i], p);
		if (n > most) {
			most = n;
			best = &g->lanes[i];
		}
	}
	return best;
}

/* The idle lane that is missed least: an empty one, else the longest unused. */
static struct lane *least_missed(const struct engine *g, const struct lane *not_this)
{
	struct lane *best = NULL;
	for (size_t i = 0; i < g->lane_count; i++) {
		struct lane *l = &g->lanes[i];
		if (l->task || l == not_this)
			continue;
		if (!best || (!l->tokens.n && best->tokens.n) ||
			(!l->tokens.n == !best->tokens.n && l->used_at < best->used_at))
			best = l;
	}
	return best;
}

/* An idle source is continued in place if little of it is lost by that, and by nothing that is done
 * beside its conversation; else its beginning is shared with another lane. */
static struct lane *choose_target(
	const struct engine *g, struct lane *source, size_t keep, bool is_side)
{
	struct lane *other = least_missed(g, source);
	bool is_idle = source && !source->task;
	if (is_idle && (!other || (!is_side && keep >= source->in_cache / 4 * 3)))
		return source;
	return other ? other : is_idle ? source : NULL;
}

static size_t charged(const struct engine *g, const struct lane *a, const struct lane *b)
{
	size_t n = 0;
	for (size_t i = 0; i < g->lane_count; i++)
		if (&g->lanes[i] != a && &g->lanes[i] != b)
			n += g->lanes[i].tokens.n;
	return n;
}

/* Forgets idle lanes until `need` cells are free beside the others; false if that is not enough. */
static bool free_cells(
	struct engine *g, size_t need, const struct lane *target, struct lane *source)
{
	while (charged(g, target, NULL) + need > capacity(g)) {
		struct lane *victim = NULL;
		for (size_t i = 0; i < g->lane_count; i++) {
			struct lane *l = &g->lanes[i];
			if (l->task || l == target || l == source || !l->tokens.n)
				continue;
			if (!victim || l->used_at < victim->used_at)
				victim = l;
		}
		if (!victim)
			return false;
		engine_forget(g, victim);
	}
	return true;
}

/* ---- admission ---- */

static bool check_fits(const struct engine *g, size_t tokens, struct err *e)
{
	size_t holds = (size_t)g->facts.context_tokens;
	if (!tokens)
		return fail(e, ERR_USAGE, LAYER_PROMPT, "the prompt is empty");
	if (tokens < holds)
		return true;
	fail(e, ERR_CONTEXT, LAYER_PROMPT,
		"the prompt has %zu tokens, the context holds %zu and must leave room for an "
		"answer",
		tokens, holds);
	if (g->facts.trained_context_tokens > g->facts.context_tokens)
		return err_mend(e,
			"load the model with a larger context (it was trained for %d tokens), or "
			"shorten the conversation",
			g->facts.trained_context_tokens);
	return err_mend(e, "shorten the conversation");
}

/* Cells a task needs to begin: its tokens and the beginning of an answer. */
static size_t needed(const struct engine *g, const struct task *t, size_t tokens)
{
	size_t answer = ANSWER_RESERVE, most = (size_t)t->job.max_tokens;
	if (t->job.max_tokens > 0 && most < answer)
		answer = most;
	return tokens + answer < capacity(g) ? tokens + answer : capacity(g);
}

static void note_prompt(struct task *t, const struct lane *l)
{
	int window = t->job.sampling.penalty_tokens;
	size_t n = window > 0 ? (size_t)window : 0;
	for (size_t i = l->tokens.n > n ? l->tokens.n - n : 0; i < l->tokens.n; i++)
		sampler_note(&t->sampler, l->tokens.p[i].id);
}

/* The lane for a prompt of which `source` knows the first `keep` tokens; NULL if there is none or
 * not enough cells. */
static struct lane *make_place(
	struct engine *g, struct lane *source, size_t keep, size_t need, bool is_side)
{
	struct lane *target = choose_target(g, source, keep, is_side);
	if (!target || free_cells(g, need, target, source))
		return target;
	if (source && !source->task && free_cells(g, need, source, source))
		return source;
	return NULL;
}

/* Gives a fresh task a lane; false if it has to wait or, with e set, if it cannot be done. */
static bool place(struct engine *g, struct task *t, struct err *e)
{
	struct lane *source = best_source(g, &t->prompt);
	struct lane_match m;
	lane_match(source, &t->prompt, &g->vocab, &m);
	size_t parted = m.keep;
	if (source)
		lane_match_back(source, &m, engine_reach(g, source, m.keep));
	if (!m.keep)
		source = NULL;
	size_t total = m.keep + m.rest.n;
	struct lane *target = check_fits(g, total, e) ? make_place(g, source, m.keep,
								needed(g, t, total), t->job.is_side)
						      : NULL;
	if (target && target == source) {
		engine_rewind(g, target, m.keep);
	} else if (target) {
		engine_forget(g, target);
		if (source)
			engine_share(g, target, source, m.keep);
	}
	if (target && target->in_cache != m.keep) { /* the model could not keep it */
		token_list_clear(&m.rest);
		engine_forget(g, target);
		lane_match(NULL, &t->prompt, &g->vocab, &m);
	}
	if (target) {
		lane_take(target, &t->prompt, &m);
		engine_plan_stops(g, target, parted);
		target->task = t;
		t->done.prompt_tokens = (int64_t)target->tokens.n;
		t->done.cached_tokens = (int64_t)target->in_cache;
		t->done.prompt_bytes = (int64_t)token_list_end(&target->tokens, target->tokens.n);
		t->admitted_us = clock_us();
		note_prompt(t, target);
		task_tell_progress(t, target->in_cache);
	}
	token_list_clear(&m.rest);
	return target;
}

/* The same for a task that was parked: its own tokens, computed anew. */
static bool place_again(struct engine *g, struct task *t)
{
	struct lane *target = least_missed(g, NULL);
	if (!target || !free_cells(g, needed(g, t, t->parked->tokens.n), target, NULL))
		return false;
	engine_forget(g, target);
	int seq = target->seq;
	lane_clear(target);
	*target = *t->parked;
	target->seq = seq;
	target->task = t;
	if (!t->first_us) /* its prompt is read from the beginning */
		t->done.cached_tokens = t->done.read_tokens = 0;
	free(t->parked);
	t->parked = NULL;
	return true;
}

static bool has_idle_lane(const struct engine *g)
{
	for (size_t i = 0; i < g->lane_count; i++)
		if (!g->lanes[i].task)
			return true;
	return false;
}

/* The first of the queue; true if it left the queue. */
static bool admit_first(struct engine *g)
{
	struct task *t = g->first;
	struct err e = { 0 };
	bool placed =
		t->parked ? place_again(g, t)
			  : (t->is_prepared || task_prepare(t, &g->vocab, &e)) && place(g, t, &e);
	if (!placed && !err_is_set(&e))
		return false;
	g->first = t->next;
	t->next = NULL;
	if (!g->first)
		g->last = NULL;
	if (!placed) {
		task_finish(t, ENGINE_END_ERROR, STR(""), &e);
		task_free(t);
	}
	return true;
}

void engine_admit(struct engine *g)
{
	while (g->may_admit && g->first && has_idle_lane(g))
		g->may_admit = admit_first(g);
}

/* ---- when answers grow into each other ---- */

static void park(struct engine *g, struct lane *l)
{
	struct task *t = l->task;
	t->parked = must_calloc(1, sizeof *t->parked);
	*t->parked = *l;
	t->parked->in_cache = 0;
	t->parked->task = NULL;
	llama_memory_seq_rm(memory(g), l->seq, -1, -1);
	lane_init(l, l->seq);
	t->next = g->first;
	g->first = t;
	if (!g->last)
		g->last = t;
}

bool engine_make_room(struct engine *g)
{
	if (free_cells(g, 0, NULL, NULL))
		return true;
	struct lane *youngest = NULL;
	size_t running = 0;
	for (size_t i = 0; i < g->lane_count; i++) {
		struct lane *l = &g->lanes[i];
		running += l->task != NULL;
		if (l->task && (!youngest || l->task->id > youngest->task->id))
			youngest = l;
	}
	if (running < 2)
		return false;
	park(g, youngest);
	return engine_make_room(g);
}

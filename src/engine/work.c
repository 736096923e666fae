/*
 * work.c - the engine's thread: one batch after the other, until the inbox is closed.
 *
 * Each step takes messages, admits tasks, fills one batch (a token for each answer under way, then
 * shares of the prompts that are being read), computes it and lets every lane whose tokens are all
 * computed choose its next one. A batch is kept so small that it takes about a quarter of a second
 * while answers stream, two seconds else: that is how long a stream can stall and a cancel can
 * take.
 *
 * Layer: engine.
 */
#include <math.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/must.h"
#include "base/utf8.h"
#include "engine/engine_int.h"
#include "engine/library.h"

enum {
	LEAST_CHUNK_TOKENS = 16,
	FIRST_CHUNK_TOKENS = 64, /* while somebody streams and the speed is not known yet */
	UTF8_MOST = 4,           /* bytes of a character */
	TRIES = 12 /* choices that a guide may refuse before the vocabulary is masked */
};
#define BUSY_CHUNK_S 0.25 /* of prompt while somebody streams */
#define IDLE_CHUNK_S 2.0  /* of prompt while nobody does */

/* ---- the end of a task ---- */

static void finish(struct engine *g, struct lane *l, enum engine_end end, struct str end_text,
	const struct err *why)
{
	struct task *t = l->task;
	engine_leave_lane(g, l);
	task_finish(t, end, end_text, why);
	task_free(t);
}

static void finish_broken(struct engine *g, struct lane *l, const struct err *why)
{
	struct task *t = l->task;
	engine_leave_lane(g, l);
	engine_forget(g, l);
	task_finish(t, ENGINE_END_ERROR, STR(""), why);
	task_free(t);
}

/* ---- messages ---- */

static void enqueue(struct engine *g, struct task *t)
{
	if (g->last)
		g->last->next = t;
	else
		g->first = t;
	g->last = t;
	g->may_admit = true;
}

static void cancel(struct engine *g, uint64_t id)
{
	for (size_t i = 0; i < g->lane_count; i++)
		if (g->lanes[i].task && g->lanes[i].task->id == id)
			finish(g, &g->lanes[i], ENGINE_END_CANCELLED, STR(""), NULL);
	struct task *before = NULL;
	for (struct task *t = g->first; t; before = t, t = t->next) {
		if (t->id != id)
			continue;
		*(before ? &before->next : &g->first) = t->next;
		if (g->last == t)
			g->last = before;
		g->may_admit = true;
		task_finish(t, ENGINE_END_CANCELLED, STR(""), NULL);
		task_free(t);
		return;
	}
}

static bool is_busy(const struct engine *g)
{
	for (size_t i = 0; i < g->lane_count; i++)
		if (g->lanes[i].task)
			return true;
	return g->first;
}

/* Takes what was posted; waits for it if there is nothing else to do. False when the inbox is
 * closed. */
static bool take_messages(struct engine *g)
{
	struct engine_message m;
	bool got = is_busy(g) ? mailbox_take(g->inbox, &m) : mailbox_receive(g->inbox, &m);
	while (got) {
		if (m.task)
			enqueue(g, m.task);
		else if (m.embed)
			engine_embed_refuse(m.embed);
		else
			cancel(g, m.cancel);
		got = mailbox_take(g->inbox, &m);
	}
	return !mailbox_is_closed(g->inbox);
}

/* ---- the batch ---- */

static size_t remaining(const struct lane *l)
{
	return l->task ? l->tokens.n - l->in_cache : 0;
}

/* The lane's next `count` tokens; the last one with logits if none remain behind it. Returns the
 * place of that one in the batch, or -1. */
static int add_tokens(struct engine *g, const struct lane *l, size_t count)
{
	struct llama_batch *b = &g->batch;
	MUST((size_t)b->n_tokens + count <= g->batch_room);
	int last = -1;
	for (size_t i = l->in_cache; i < l->in_cache + count; i++) {
		int at = b->n_tokens++;
		b->token[at] = l->tokens.p[i].id;
		b->pos[at] = (llama_pos)i;
		b->n_seq_id[at] = 1;
		b->seq_id[at][0] = l->seq;
		b->logits[at] = i + 1 == l->tokens.n;
		if (b->logits[at])
			last = at;
	}
	return last;
}

/* What one batch is made of, for each lane. */
struct share {
	size_t count;
	int logits_at; /* -1: not at its end yet */
};

static size_t prompt_budget(const struct engine *g, bool is_streaming)
{
	double seconds = is_streaming ? BUSY_CHUNK_S : IDLE_CHUNK_S;
	double fits = g->prefill_tokens_s * seconds;
	if (!(fits > 0)) /* not measured yet */
		fits = is_streaming ? FIRST_CHUNK_TOKENS : (double)g->chunk_tokens;
	if (fits < LEAST_CHUNK_TOKENS)
		fits = LEAST_CHUNK_TOKENS;
	return fits < (double)g->chunk_tokens ? (size_t)fits : g->chunk_tokens;
}

/* Fills the batch; returns how many of its tokens are of prompts. */
static size_t fill(struct engine *g, struct share *shares)
{
	size_t readers = 0, read = 0;
	bool is_streaming = false;
	g->batch.n_tokens = 0;
	for (size_t i = 0; i < g->lane_count; i++) {
		size_t n = remaining(&g->lanes[i]);
		shares[i] = (struct share){ n <= ENGINE_SHORT_TOKENS ? n : 0, -1 };
		readers += n > ENGINE_SHORT_TOKENS;
		is_streaming |= n && n <= ENGINE_SHORT_TOKENS;
	}
	size_t budget = prompt_budget(g, is_streaming);
	for (size_t i = 0; i < g->lane_count; i++) {
		size_t n = remaining(&g->lanes[i]);
		if (n > ENGINE_SHORT_TOKENS) {
			MUST(readers > 0);
			size_t fair = (budget - read) / readers--;
			shares[i].count = n < fair ? n : fair;
			read += shares[i].count;
		}
		if (shares[i].count > lane_until_stop(&g->lanes[i]))
			shares[i].count = lane_until_stop(&g->lanes[i]);
		if (shares[i].count)
			shares[i].logits_at = add_tokens(g, &g->lanes[i], shares[i].count);
	}
	return read;
}

/* ---- choosing tokens ---- */

/* The next token that the guide lets pass, or -1 with e. The guide has taken it. */
static int32_t choose(struct task *t, float *logits, struct err *e)
{
	bool is_masked = false;
	sampler_prepare(&t->sampler, logits);
	for (int tries = 0;; tries++) {
		int32_t token = sampler_draw(&t->sampler, logits);
		if (token < 0 && !is_masked)
			fail(e, ERR_BROKEN, LAYER_ENGINE,
				"the model computed no usable number for any token");
		else if (token < 0)
			fail(e, ERR_BROKEN, LAYER_ENGINE,
				"no token of the vocabulary can continue what the tools and "
				"schemas "
				"demand");
		if (token < 0 || guided_take(&t->guided, token))
			return token;
		t->done.refused_tokens++;
		logits[token] = -INFINITY;
		if (!is_masked && (tries >= TRIES || guided_is_narrow(&t->guided))) {
			guided_mask(&t->guided, logits);
			is_masked = true;
		}
	}
}

static bool is_at_limit(const struct engine *g, const struct lane *l)
{
	const struct task *t = l->task;
	int64_t said = t->done.sampled_tokens + t->done.forced_tokens;
	return (t->job.max_tokens > 0 && said >= t->job.max_tokens) ||
	       l->tokens.n >= (size_t)g->facts.context_tokens;
}

/* Appends the tokens of the task's list, as far as the limit goes. False if a stop text was among
 * them. */
static bool feed(struct engine *g, struct lane *l)
{
	struct task *t = l->task;
	for (size_t i = 0; i < t->forced.n && !is_at_limit(g, l); i++) {
		int32_t token = t->forced.p[i].id;
		if (!guided_take(&t->guided, token))
			break; /* cut by the tokenizer into something else: let it be sampled */
		lane_say(l, &g->vocab, token, TOKEN_FORCED);
		sampler_note(&t->sampler, token);
		t->done.forced_tokens++;
		if (!task_say(t, vocab_bytes(&g->vocab, token)))
			return false;
	}
	return true;
}

/* Those that a guide leaves no choice about. */
static bool feed_forced(struct engine *g, struct lane *l)
{
	guided_forced(&l->task->guided, l, &l->task->forced);
	return feed(g, l);
}

/* A thought is open that has no tokens left, and no character is half said. */
static bool has_thought_enough(const struct lane *l)
{
	const struct task *t = l->task;
	struct str said = buf_str(&l->text);
	int64_t most = t->job.thinking_tokens == ENGINE_NO_THOUGHTS ? 0 : t->job.thinking_tokens;
	if (!t->job.thinking_tokens || t->done.thinking_tokens < most ||
		!guided_is_thought(&t->guided))
		return false;
	struct str last = str_from(said, said.n > UTF8_MOST ? said.n - UTF8_MOST : 0);
	return utf8_whole(last) == last.n;
}

/* Ends the thought; what the model would have said next is not asked for. */
static bool feed_thought_end(struct engine *g, struct lane *l)
{
	guided_end_thought(&l->task->guided, l, &l->task->forced);
	l->task->done.ended_thoughts++;
	return feed(g, l);
}

/* What was said is followed by more, or by an end: a stop text (`goes_on` is false), the guide's, a
 * limit. */
static void follow_up(struct engine *g, struct lane *l, bool goes_on)
{
	struct task *t = l->task;
	if (!goes_on)
		finish(g, l, ENGINE_END_STOP, t->job.stops[t->outflow.stop], NULL);
	else if (guided_is_over(&t->guided))
		finish(g, l, ENGINE_END_TURN, STR(""), NULL);
	else if (is_at_limit(g, l))
		finish(g, l, ENGINE_END_LENGTH, STR(""), NULL);
}

/* The lane's tokens are all computed: what comes next? */
static void go_on(struct engine *g, struct lane *l, float *logits)
{
	struct task *t = l->task;
	struct err e = { 0 };
	float *raw = logits;
	size_t before = l->tokens.n;
	if (has_thought_enough(l)) {
		bool goes_on = feed_thought_end(g, l);
		if (l->tokens.n > before || !goes_on) {
			follow_up(g, l, goes_on);
			return;
		}
	}
	bool is_thought = guided_is_thought(&t->guided);
	if (t->job.top_logprobs != ENGINE_NO_LOGPROBS) {
		raw = must_alloc((size_t)g->vocab.count * sizeof *raw);
		memcpy(raw, logits, (size_t)g->vocab.count * sizeof *raw);
	}
	int32_t token = choose(t, logits, &e);
	bool is_end = token >= 0 && vocab_is(&g->vocab, token, VOCAB_END);
	if (token >= 0)
		t->done.sampled_tokens++;
	t->done.thinking_tokens += token >= 0 && is_thought;
	if (token >= 0 && !is_end)
		task_note_logprobs(t, raw, token);
	if (raw != logits)
		free(raw);
	if (token < 0) {
		finish(g, l, ENGINE_END_ERROR, STR(""), &e);
		return;
	}
	struct str bytes = vocab_bytes(&g->vocab, token);
	if (is_end) {
		finish(g, l, ENGINE_END_TURN, bytes, NULL);
		return;
	}
	sampler_note(&t->sampler, token);
	lane_say(l, &g->vocab, token, TOKEN_SAMPLED);
	follow_up(g, l, task_say(t, bytes) && feed_forced(g, l));
}

/* ---- one step ---- */

static void note_speed(struct engine *g, size_t read, int64_t took_us)
{
	if (read < LEAST_CHUNK_TOKENS || took_us <= 0)
		return;
	double now = (double)read * 1e6 / (double)took_us;
	g->prefill_tokens_s = g->prefill_tokens_s > 0 ? (g->prefill_tokens_s + now) / 2 : now;
}

/* A device's threads wait for it: how busy they are says nothing. */
static void choose_crew(struct engine *g, int64_t took_us, int64_t cpu_us)
{
	if (!g->is_processor_only)
		return;
	int before = g->crew.now, threads = crew_note(&g->crew, took_us, cpu_us);
	if (threads != before)
		llama_set_n_threads(g->context, threads, threads);
}

/* The batch could not be computed: nobody in it can go on. */
static void break_off(struct engine *g, const struct share *shares, int code)
{
	struct err e = { 0 };
	char said[LIBRARY_LINE_BYTES];
	library_first_error(said);
	fail(&e, ERR_BROKEN, LAYER_ENGINE,
		"libllama could not compute a batch of %d tokens (%d)%s%s", g->batch.n_tokens, code,
		said[0] ? ": " : "", said);
	e.code = code;
	for (size_t i = 0; i < g->lane_count; i++)
		if (shares[i].count)
			finish_broken(g, &g->lanes[i], &e);
}

static void advance(struct engine *g, struct lane *l, struct share share, int64_t now)
{
	struct task *t = l->task;
	bool was_reading = !t->first_us;
	l->in_cache += share.count;
	if (was_reading)
		t->done.read_tokens += (int64_t)share.count;
	engine_stop_here(g, l);
	if (share.logits_at < 0) {
		task_tell_progress(t, l->in_cache);
		return;
	}
	if (was_reading) {
		t->first_us = now;
		task_tell_progress(t, l->in_cache);
	}
	go_on(g, l, llama_get_logits_ith(g->context, share.logits_at));
}

static void step(struct engine *g, struct share *shares)
{
	MUST(engine_make_room(g)); /* one task always has room */
	int64_t began = clock_us(), cpu_began = clock_cpu_us();
	size_t read = fill(g, shares);
	if (!g->batch.n_tokens)
		return;
	int code = llama_decode(g->context, g->batch);
	if (code != 0) {
		break_off(g, shares, code);
		return;
	}
	llama_synchronize(g->context);
	int64_t now = clock_us();
	note_speed(g, read, now - began);
	choose_crew(g, now - began, clock_cpu_us() - cpu_began);
	for (size_t i = 0; i < g->lane_count; i++)
		if (shares[i].count)
			advance(g, &g->lanes[i], shares[i], now);
}

static void end_all(struct engine *g)
{
	for (size_t i = 0; i < g->lane_count; i++)
		if (g->lanes[i].task)
			finish(g, &g->lanes[i], ENGINE_END_CANCELLED, STR(""), NULL);
	while (g->first)
		cancel(g, g->first->id);
}

void *engine_work(void *engine)
{
	struct engine *g = engine;
	struct share *shares = must_calloc(g->lane_count, sizeof *shares);
	while (take_messages(g)) {
		engine_admit(g);
		step(g, shares);
	}
	end_all(g);
	free(shares);
	return NULL;
}

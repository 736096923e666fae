/*
 * task.c - one job on its way; see task.h.
 *
 * Layer: engine.
 */
#include "engine/task.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mailbox.h"
#include "base/must.h"
#include "engine/engine_int.h"

enum { TELL_US = 20 * 1000 }; /* shorter than anybody sees */

const char *const engine_end_names[] = {
	[ENGINE_END_TURN] = "turn",
	[ENGINE_END_STOP] = "stop",
	[ENGINE_END_LENGTH] = "length",
	[ENGINE_END_CANCELLED] = "cancelled",
	[ENGINE_END_ERROR] = "error",
};

_Static_assert(sizeof engine_end_names / sizeof engine_end_names[0] == ENGINE_END_COUNT,
	"a name for every end");

/* ---- events ---- */

static void free_text(struct engine_text *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->logprob_count; i++)
		free((void *)t->logprobs[i].top);
	free((void *)t->logprobs);
	free((void *)t->bytes.p);
	free(t);
}

void engine_event_clear(struct engine_event *event)
{
	free_text(event->text);
	engine_vectors_free(event->vectors);
	if (event->done)
		free((void *)event->done->end_text.p);
	free(event->done);
	*event = (struct engine_event){ 0 };
}

static void drop_event(void *message)
{
	engine_event_clear(message);
}

struct mailbox *engine_mailbox(void)
{
	return mailbox_new(sizeof(struct engine_event), 0, drop_event);
}

static void send(const struct task *t, struct engine_event event)
{
	event.job = t->id;
	event.owner = t->job.owner;
	if (!mailbox_send(t->job.to, &event))
		engine_event_clear(&event);
}

void task_tell_progress(struct task *t, size_t done_tokens)
{
	send(t, (struct engine_event){ .type = ENGINE_PROGRESS,
			.progress = { t->done.prompt_tokens, (int64_t)done_tokens,
				t->done.cached_tokens } });
}

/* ---- life ---- */

struct task *task_new(const struct engine_job *job, uint64_t id)
{
	struct task *t = must_calloc(1, sizeof *t);
	t->id = id;
	t->job = *job;
	t->arena = arena_new();
	t->posted_us = clock_us();
	struct engine_segment *segments =
		arena_calloc(t->arena, job->segment_count + 1, sizeof *segments);
	for (size_t i = 0; i < job->segment_count; i++)
		segments[i] = (struct engine_segment){ arena_str(t->arena, job->segments[i].text),
			job->segments[i].is_literal };
	struct str *stops = arena_calloc(t->arena, job->stop_count + 1, sizeof *stops);
	for (size_t i = 0; i < job->stop_count; i++)
		stops[i] = arena_str(t->arena, job->stops[i]);
	struct engine_bias *biases =
		arena_calloc(t->arena, job->sampling.bias_count + 1, sizeof *biases);
	for (size_t i = 0; i < job->sampling.bias_count; i++)
		biases[i] = job->sampling.biases[i];
	t->job.segments = segments;
	t->job.stops = stops;
	t->job.sampling.biases = biases;
	return t;
}

bool task_prepare(struct task *t, struct vocab *v, struct err *e)
{
	if (!prompt_init(&t->prompt, v, t->job.segments, t->job.segment_count, e))
		return false;
	sampler_init(&t->sampler, &t->job.sampling, v->count);
	guided_init(&t->guided, t->job.guide, v);
	outflow_init(&t->outflow, t->job.stops, t->job.stop_count);
	t->is_prepared = true;
	return true;
}

static void free_logprob(struct task_logprob *p)
{
	free(p->top);
	p->top = NULL;
}

void task_free(struct task *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->logprob_count; i++)
		free_logprob(&t->logprobs[i]);
	free(t->logprobs);
	if (t->is_prepared) {
		prompt_clear(&t->prompt);
		sampler_clear(&t->sampler);
		guided_clear(&t->guided);
		outflow_clear(&t->outflow);
	}
	if (t->parked)
		lane_clear(t->parked);
	free(t->parked);
	token_list_clear(&t->forced);
	arena_free(t->arena);
	free(t);
}

/* ---- text ---- */

void task_note_logprobs(struct task *t, const float *logits, int32_t token)
{
	if (t->job.top_logprobs == ENGINE_NO_LOGPROBS)
		return;
	const struct vocab *v = t->guided.vocab;
	size_t want = (size_t)t->job.top_logprobs;
	if (want > (size_t)v->count)
		want = (size_t)v->count;
	double sum = sampler_log_sum(logits, v->count);
	struct task_logprob p = {
		.end = t->outflow.taken_in + vocab_bytes(v, token).n,
		.taken = { vocab_bytes(v, token), (float)((double)logits[token] - sum) },
		.top = must_calloc(want + 1, sizeof *p.top),
	};
	p.top_count = sampler_top(logits, v->count, want, t->sampler.candidates);
	for (size_t i = 0; i < p.top_count; i++) {
		struct sampler_candidate c = t->sampler.candidates[i];
		p.top[i] = (struct engine_token_logprob){ vocab_bytes(v, c.token),
			(float)((double)c.logit - sum) };
	}
	if (t->logprob_count == t->logprob_room) {
		t->logprob_room = t->logprob_room ? t->logprob_room * 2 : 8;
		t->logprobs = must_realloc(t->logprobs, t->logprob_room * sizeof *t->logprobs);
	}
	t->logprobs[t->logprob_count++] = p;
}

/* Moves the log probabilities of the tokens that have left into the event. */
static void release_logprobs(struct task *t, struct engine_text *text)
{
	size_t n = 0;
	while (n < t->logprob_count && t->logprobs[n].end <= t->outflow.released)
		n++;
	if (!n)
		return;
	struct engine_logprob *out = must_calloc(n, sizeof *out);
	for (size_t i = 0; i < n; i++)
		out[i] = (struct engine_logprob){ t->logprobs[i].taken, t->logprobs[i].top,
			t->logprobs[i].top_count };
	t->logprob_count -= n;
	memmove(t->logprobs, t->logprobs + n, t->logprob_count * sizeof *t->logprobs);
	text->logprobs = out;
	text->logprob_count = n;
}

static void release(struct task *t, bool is_end)
{
	struct buf out;
	buf_init(&out, LIMIT_ANSWER_BYTES);
	outflow_take(&t->outflow, is_end, &out);
	if (out.n) {
		struct engine_text *text = must_calloc(1, sizeof *text);
		text->bytes.n = out.n;
		text->bytes.p = buf_take(&out);
		release_logprobs(t, text);
		send(t, (struct engine_event){ .type = ENGINE_TEXT, .text = text });
	}
	buf_clear(&out);
}

bool task_say(struct task *t, struct str bytes)
{
	bool goes_on = outflow_put(&t->outflow, bytes);
	int64_t now = clock_us();
	bool is_quick = now - t->said_us < TELL_US;
	t->said_us = now;
	if (!is_quick || now - t->told_us >= TELL_US) {
		release(t, false);
		t->told_us = now;
	}
	return goes_on;
}

static struct str copy_of(struct str s)
{
	char *p = must_alloc(s.n + 1);
	memcpy(p, s.n ? s.p : "", s.n);
	return str_n(p, s.n);
}

void task_finish(struct task *t, enum engine_end end, struct str end_text, const struct err *why)
{
	if (t->is_prepared)
		release(t, true);
	int64_t now = clock_us();
	t->done.end = end;
	t->done.end_text = copy_of(end_text);
	if (why)
		t->done.err = *why;
	int64_t admitted = t->admitted_us ? t->admitted_us : now;
	int64_t first = t->first_us ? t->first_us : now;
	t->done.queued_us = admitted - t->posted_us;
	t->done.prefill_us = first - admitted;
	t->done.decode_us = now - first;
	struct engine_done *done = must_alloc(sizeof *done);
	*done = t->done;
	send(t, (struct engine_event){ .type = ENGINE_DONE, .done = done });
}

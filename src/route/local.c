/*
 * local.c - the backend that is this machine; see local.h.
 *
 * A call lives until the engine has said ENGINE_DONE, since the engine reads its guide until then:
 * ending a call early makes it an orphan, which is cancelled and freed when its last event comes.
 * While the reader of an answer is slow, what the engine says is held (held.h).
 *
 * Layer: route.
 */
#include "route/local.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mailbox.h"
#include "base/must.h"
#include "chat/digest.h"
#include "chat/guide_cache.h"
#include "chat/quirks.h"
#include "chat/template_memory.h"
#include "chat/tool_format.h"
#include "route/held.h"
#include "route/raw_prompt.h"
#include "route/sampling.h"

enum {
	US_PER_MS = 1000,
	MS_PER_S = 1000,
	/* An answer up to this is read once more in one piece at its end, which takes 2 ms at most.
	 */
	WHOLE_BYTES = 64 * 1024
};

struct local {
	struct backend base;
	struct loop *loop;
	struct engine *engine;
	struct mailbox *mail;
	struct chat_template *chat;
	struct guide_cache *guides;
	struct template_memory *said; /* answers that conversations may go on from */
	const struct family *family;
	char *name;
	double temperature;
	bool is_unguided;
	size_t running; /* calls whose ENGINE_DONE has not come */
};

struct local_call {
	struct backend_call base;
	struct local *local;
	const struct chat_request *request;
	struct trace *trace;
	struct chat_sink sink;
	struct tool_reader *reader;
	uint64_t id_seed; /* the reader's, and how it reads */
	unsigned how;
	int64_t rendered_bytes;         /* of the prompt */
	struct template_answer *answer; /* what is said; NULL once it is remembered */
	struct guide_cache *guides;
	const struct tool_guide *guide; /* of `guides`; NULL: every answer will do */
	uint64_t job;
	struct held held;         /* while its reader is slow */
	struct loop_timer *again; /* tells what is held; NULL: was never paused */
	bool has_noted_room;
	bool is_paused;
	bool is_unread; /* so much was held that it was given up */
	bool is_busy;   /* inside the sink */
	bool is_orphan; /* ended by its owner */
	bool is_over;   /* STOP or FAIL was sent */
	bool is_done;   /* ENGINE_DONE came */
};

static void free_call(struct local_call *c)
{
	held_clear(&c->held);
	loop_timer_free(c->again);
	tool_reader_free(c->reader);
	template_answer_free(c->answer);
	guide_cache_give(c->guides, c->guide);
	free(c);
}

/* ---- events of the engine ---- */

/* Events pass through here, so that none reaches an owner who has left. */
static void forward(void *owner, const struct chat_event *event)
{
	struct local_call *c = owner;
	if (c->is_orphan || c->is_over)
		return;
	if (c->answer)
		template_answer_event(c->answer, event);
	c->is_over = event->type == CHAT_STOP || event->type == CHAT_FAIL;
	chat_send(c->sink, event);
}

static struct chat_sink own_sink(struct local_call *c)
{
	return (struct chat_sink){ forward, c };
}

static void give_up(struct local_call *c, const struct err *e)
{
	if (c->is_orphan || c->is_over)
		return;
	trace_fault(c->trace, e);
	chat_send_fail(own_sink(c), e);
}

static void tell_logprob(struct local_call *c, const struct engine_logprob *token)
{
	struct chat_token top[CHAT_TOP_LOGPROBS];
	struct chat_logprob p = { .taken = (double)token->taken.logprob, .top = top };
	for (; p.top_count < token->top_count && p.top_count < CHAT_TOP_LOGPROBS; p.top_count++)
		top[p.top_count] = (struct chat_token){ token->top[p.top_count].bytes,
			(double)token->top[p.top_count].logprob };
	chat_send_logprob(own_sink(c), token->taken.bytes, &p);
}

static struct tool_reader *reader_for(
	const struct local_call *c, struct trace *t, struct chat_sink sink)
{
	return tool_reader_new(
		template_format(c->local->chat), c->request, c->id_seed, c->how, t, sink);
}

static void take_text(struct local_call *c, const struct engine_text *text)
{
	struct err e = { .kind = ERR_NONE };
	if (c->is_orphan || c->is_over)
		return;
	for (size_t i = 0; i < text->logprob_count; i++)
		tell_logprob(c, &text->logprobs[i]);
	trace_append(c->trace, LAYER_MODEL, "raw", text->bytes);
	if (c->answer)
		template_answer_raw(c->answer, text->bytes);
	if (!c->reader) {
		chat_send_text(own_sink(c), text->bytes);
		return;
	}
	if (tool_reader_feed(c->reader, text->bytes, &e))
		return;
	engine_cancel(c->local->engine, c->job);
	give_up(c, &e);
}

static void send_usage(struct local_call *c, const struct engine_done *d)
{
	struct chat_usage usage = {
		.prompt_tokens = d->prompt_tokens,
		.cached_tokens = d->cached_tokens,
		.answer_tokens = d->sampled_tokens + d->forced_tokens,
		.thinking_tokens = d->thinking_tokens,
		.prefill_us = d->prefill_us,
		.decode_us = d->decode_us,
	};
	chat_send_usage(own_sink(c), &usage);
}

static double per_second(int64_t tokens, int64_t us)
{
	return us > 0 ? (double)tokens * US_PER_MS * MS_PER_S / (double)us : 0;
}

static void note_done(struct local_call *c, const struct engine_done *d)
{
	trace_note(c->trace, LAYER_ENGINE, "done",
		"%s; prompt %lld tokens (%lld known) in %.0f ms, %.0f/s; answer %lld sampled, %lld "
		"forced, %lld refused in %.0f ms, "
		"%.0f/s",
		engine_end_names[d->end], (long long)d->prompt_tokens, (long long)d->cached_tokens,
		(double)d->prefill_us / US_PER_MS,
		per_second(d->prompt_tokens - d->cached_tokens, d->prefill_us),
		(long long)d->sampled_tokens, (long long)d->forced_tokens,
		(long long)d->refused_tokens, (double)d->decode_us / US_PER_MS,
		per_second(d->sampled_tokens + d->forced_tokens, d->decode_us));
	if (d->ended_thoughts)
		trace_note(c->trace, LAYER_ENGINE, "thought ended",
			"after %lld tokens of thoughts: the request allows no more",
			(long long)d->thinking_tokens);
}

static enum chat_stop stop_of(const struct local_call *c, const struct engine_done *d)
{
	if (d->end == ENGINE_END_LENGTH)
		return CHAT_STOP_LENGTH;
	return c->reader && tool_reader_calls(c->reader) ? CHAT_STOP_CALLS : CHAT_STOP_END;
}

/* Everything that was rendered was read, byte for byte, known before or computed now. */
static void check_prompt(const struct local_call *c, const struct engine_done *d)
{
	if (d->prompt_bytes != c->rendered_bytes ||
		d->cached_tokens + d->read_tokens != d->prompt_tokens)
		trace_broken(c->trace, LAYER_PROMPT,
			"the prompt was rendered to %lld bytes; of it %lld were read, as %lld "
			"tokens that were known and %lld computed, of %lld",
			(long long)c->rendered_bytes, (long long)d->prompt_bytes,
			(long long)d->cached_tokens, (long long)d->read_tokens,
			(long long)d->prompt_tokens);
}

/* What the model said, read once more in one piece; false if it is too long for that. */
static bool read_whole(const struct local_call *c, bool is_cut, struct digest *out)
{
	struct str said = c->answer ? template_answer_said(c->answer) : STR("");
	struct tool_reader *r;
	digest_init(out);
	if (!said.n || said.n > WHOLE_BYTES)
		return false;
	r = reader_for(c, NULL, digest_sink(out));
	if (tool_reader_feed(r, said, NULL))
		tool_reader_end(r, is_cut, NULL);
	tool_reader_free(r);
	return true;
}

/* An answer that the model ended by itself can be gone on from. */
static void remember(struct local_call *c, const struct engine_done *d)
{
	if (d->end == ENGINE_END_TURN && c->answer) {
		template_memory_keep(c->local->said, c->answer);
		c->answer = NULL;
	}
}

static void take_done(struct local_call *c, const struct engine_done *d)
{
	struct err e = { .kind = ERR_NONE };
	if (c->is_orphan || c->is_over)
		return;
	note_done(c, d);
	if (c->request->sampling.top_logprobs != CHAT_UNSET_INT && d->forced_tokens)
		trace_note(c->trace, LAYER_ENGINE, "logprobs",
			"of the %lld sampled tokens; the %lld forced ones were not chosen and have "
			"none",
			(long long)d->sampled_tokens, (long long)d->forced_tokens);
	if (d->end == ENGINE_END_ERROR) {
		give_up(c, &d->err);
		return;
	}
	if (d->end == ENGINE_END_CANCELLED) {
		if (c->is_unread)
			fail(&e, ERR_TOO_BIG, LAYER_CLIENT,
				"over %zu bytes of the answer were waiting to be read",
				(size_t)LIMIT_HELD_BYTES);
		fail(&e, ERR_CANCELLED, LAYER_ENGINE, "the answer was cancelled");
		give_up(c, &e);
		return;
	}
	if (c->reader && !tool_reader_end(c->reader, d->end == ENGINE_END_LENGTH, &e)) {
		give_up(c, &e);
		return;
	}
	check_prompt(c, d);
	send_usage(c, d);
	struct digest whole;
	bool is_known = read_whole(c, d->end == ENGINE_END_LENGTH, &whole);
	remember(c, d);
	struct chat_event stop = {
		.type = CHAT_STOP, .stop = stop_of(c, d), .whole = is_known ? &whole : NULL
	};
	if (d->end == ENGINE_END_STOP && stop.stop == CHAT_STOP_END)
		stop.text = d->end_text;
	chat_send(own_sink(c), &stop);
}

/* More is asked for than there is room for: clients do that by themselves. It is answered as far as
 * it goes, and ends for its length if it comes so far. */
static void note_room(struct local_call *c, int64_t prompt_tokens)
{
	int64_t most = c->request->sampling.max_tokens;
	int64_t holds = engine_facts(c->local->engine)->context_tokens;
	if (c->has_noted_room || most <= 0 || prompt_tokens + most <= holds)
		return;
	c->has_noted_room = true;
	trace_note(c->trace, LAYER_PROMPT, "clamped",
		"%lld tokens of answer are asked for, %lld fit beside the prompt of %lld in the "
		"context of %lld",
		(long long)most, (long long)(holds - prompt_tokens), (long long)prompt_tokens,
		(long long)holds);
}

static void tell_event(struct local_call *c, const struct engine_event *event)
{
	switch (event->type) {
	case ENGINE_PROGRESS:
		note_room(c, event->progress.prompt_tokens);
		chat_send_alive(
			own_sink(c), event->progress.done_tokens, event->progress.prompt_tokens);
		break;
	case ENGINE_TEXT: take_text(c, event->text); break;
	case ENGINE_DONE: take_done(c, event->done); break;
	case ENGINE_VECTORS:
	case ENGINE_EVENT_TYPE_COUNT: break;
	}
}

/* Frees it if nobody needs it any more. */
static void settle(struct local_call *c)
{
	if (c->is_orphan && c->is_done && !c->is_busy)
		free_call(c);
}

static void hold(struct local_call *c, const struct engine_event *event)
{
	if (held_put(&c->held, event) || c->is_unread)
		return;
	c->is_unread = true;
	engine_cancel(c->local->engine, c->job);
}

/* True if the event was kept for later. */
static bool take_event(const struct engine_event *event)
{
	struct local_call *c = event->owner;
	bool waits = c->is_paused || c->held.count;
	if (event->type == ENGINE_DONE) {
		c->is_done = true;
		c->local->running--;
	}
	if (waits && !c->is_orphan && event->type != ENGINE_PROGRESS) {
		hold(c, event);
		return true;
	}
	c->is_busy = true;
	tell_event(c, event);
	c->is_busy = false;
	settle(c);
	return false;
}

/* The sink may pause it anew, or end it. */
static void tell_held(void *ctx)
{
	struct local_call *c = ctx;
	struct engine_event event;
	c->is_busy = true;
	while (!c->is_paused && !c->is_orphan && held_take(&c->held, &event)) {
		tell_event(c, &event);
		engine_event_clear(&event);
	}
	c->is_busy = false;
	settle(c);
}

static void take_mail(void *owner)
{
	struct local *l = owner;
	struct engine_event event;
	while (mailbox_take(l->mail, &event)) {
		if (!take_event(&event))
			engine_event_clear(&event);
	}
}

/* ---- a request ---- */

/* Biases of the request in the engine's form, in the request's arena. */
static void add_biases(struct engine_sampling *s, const struct chat_request *r)
{
	struct engine_bias *biases = arena_calloc(r->arena, r->sampling.bias_count, sizeof *biases);
	for (size_t i = 0; i < r->sampling.bias_count; i++)
		biases[i] = (struct engine_bias){ r->sampling.biases[i].token,
			(float)r->sampling.biases[i].bias };
	s->biases = biases;
	s->bias_count = r->sampling.bias_count;
}

/* The rendered text cut where bytes of the conversation begin and end. */
static struct engine_segment *segments_of(
	const struct rendered *text, struct arena *a, size_t *count)
{
	struct engine_segment *list = arena_calloc(a, text->inputs.n * 2 + 1, sizeof *list);
	struct str all = buf_str(&text->text);
	size_t n = 0, at = 0;
	for (size_t i = 0; i < text->inputs.n && text->inputs.p[i].from < all.n; i++) {
		const struct jinja_span *span = &text->inputs.p[i];
		if (span->from > at)
			list[n++] = (struct engine_segment){ str_sub(all, at, span->from), false };
		list[n++] = (struct engine_segment){ str_sub(all, span->from, span->to), true };
		at = span->to;
	}
	if (at < all.n)
		list[n++] = (struct engine_segment){ str_from(all, at), false };
	*count = n;
	return list;
}

static int logprobs_for(const struct chat_request *r)
{
	int asked = r->sampling.top_logprobs;
	if (asked == CHAT_UNSET_INT)
		return ENGINE_NO_LOGPROBS;
	return asked < CHAT_TOP_LOGPROBS ? asked : CHAT_TOP_LOGPROBS;
}

/* A limit on thoughts in the engine's form. */
static int thinking_tokens_for(const struct chat_request *r)
{
	int64_t most = chat_thinking_budget(r);
	if (most == CHAT_UNSET_INT || most > INT32_MAX)
		return 0;
	return most == 0 ? ENGINE_NO_THOUGHTS : (int)most;
}

static void post(struct local_call *c, const struct engine_segment *segments, size_t count)
{
	struct local *l = c->local;
	const struct chat_request *r = c->request;
	struct sampling_sources from = { engine_facts(l->engine), l->family, l->temperature };
	struct engine_job job = {
		.sampling = sampling_choose(&from, &r->sampling, c->trace),
		.guide = c->guide ? tool_guide_get(c->guide) : NULL,
		.segments = segments,
		.segment_count = count,
		.stops = r->sampling.stops,
		.stop_count = r->sampling.stop_count,
		.max_tokens = r->sampling.max_tokens > 0 && r->sampling.max_tokens < INT32_MAX
				      ? (int)r->sampling.max_tokens
				      : 0,
		.thinking_tokens = thinking_tokens_for(r),
		.top_logprobs = logprobs_for(r),
		.is_side = r->is_side,
		.to = l->mail,
		.owner = c,
	};
	add_biases(&job.sampling, r);
	l->running++;
	c->job = engine_start(l->engine, &job);
}

static enum tool_thinking thinking_of(
	const struct local *l, const struct rendered *text, const struct chat_request *r)
{
	if (text->is_thinking)
		return TOOL_THINKING_IS_OPEN;
	bool is_off = str_eq(r->reasoning_effort, STR("none")) || !template_thinks(l->chat);
	return is_off ? TOOL_THINKING_NEVER : TOOL_THINKING_MAY;
}

static uint64_t fresh_seed(void)
{
	uint64_t seed;
	MUST(getentropy(&seed, sizeof seed) == 0);
	return seed;
}

static unsigned reading_of(const struct local_call *c, const struct rendered *text)
{
	unsigned how = text->is_thinking ? TOOL_READ_IN_THOUGHT : TOOL_READ_WORDS;
	if (c->request->format != CHAT_FORMAT_TEXT)
		how |= TOOL_READ_VALUE;
	if (c->guide && tool_guide_get(c->guide))
		how |= TOOL_READ_GUIDED;
	return how;
}

static struct local_call *call_new(
	struct local *l, const struct chat_request *r, struct trace *t, struct chat_sink sink)
{
	struct local_call *c = must_calloc(1, sizeof *c);
	*c = (struct local_call){ .base.ops = l->base.ops,
		.local = l,
		.guides = l->guides,
		.request = r,
		.trace = t,
		.sink = sink };
	return c;
}

static struct backend_call *start_raw(struct local *l, const struct chat_request *r,
	struct trace *t, struct chat_sink sink, struct err *e)
{
	size_t count;
	const struct engine_segment *list = raw_prompt(l->engine, r, t, &count, e);
	if (!list)
		return NULL;
	struct local_call *c = call_new(l, r, t, sink);
	for (size_t i = 0; i < count; i++)
		c->rendered_bytes += (int64_t)list[i].text.n;
	post(c, list, count);
	return &c->base;
}

/* What a person shows now is what is asked about. Images of results and of earlier turns are words
 * to the model (chat/template_way.c): an agent's session goes on. */
static bool shows_image(const struct chat_request *r)
{
	for (size_t i = r->message_count; i-- && r->messages[i].role != CHAT_ASSISTANT;)
		for (size_t k = 0; k < r->messages[i].block_count; k++) {
			const struct chat_block *b = &r->messages[i].blocks[k];
			if (r->messages[i].role == CHAT_USER && b->type == CHAT_BLOCK_IMAGE &&
				!b->id.n)
				return true;
		}
	return false;
}

static void refuse_image(const struct local *l, struct err *e)
{
	fail(e, ERR_USAGE, LAYER_PROMPT,
		"the question shows an image, and '%s' reads text only here", l->name);
	err_mend(e, "say in words what it shows, or send it to an upstream whose model sees "
		    "images");
}

static struct backend_call *start(struct backend *b, const struct chat_request *r, struct trace *t,
	struct chat_sink sink, struct err *e)
{
	struct local *l = (struct local *)b;
	struct rendered text;
	struct local_call *c = NULL;
	if (r->raw)
		return start_raw(l, r, t, sink, e);
	if (shows_image(r)) {
		refuse_image(l, e);
		return NULL;
	}
	r = quirks_for_model(r, t);
	rendered_init(&text);
	if (template_memory_render(l->said, l->chat, r, clock_unix_ms() / MS_PER_S, t, &text, e)) {
		size_t count;
		c = call_new(l, r, t, sink);
		if (!l->is_unguided)
			c->guide = guide_cache_take(l->guides, r, template_format(l->chat),
				thinking_of(l, &text, r), t);
		c->id_seed = fresh_seed();
		c->how = reading_of(c, &text);
		c->reader = reader_for(c, t, own_sink(c));
		c->rendered_bytes = (int64_t)text.text.n;
		const struct engine_segment *list = segments_of(&text, r->arena, &count);
		post(c, list, count);
		c->answer = template_answer_new(r, &text);
	}
	rendered_clear(&text);
	return c ? &c->base : NULL;
}

static bool count(struct backend *b, const struct chat_request *r, struct trace *t, int64_t *tokens,
	struct err *e)
{
	struct local *l = (struct local *)b;
	struct rendered text;
	r = quirks_for_model(r, t);
	rendered_init(&text);
	bool ok = template_memory_render(
		l->said, l->chat, r, clock_unix_ms() / MS_PER_S, t, &text, e);
	if (ok) {
		size_t segments;
		const struct engine_segment *list = segments_of(&text, r->arena, &segments);
		*tokens = engine_count_prompt(l->engine, list, segments);
	}
	rendered_clear(&text);
	return ok;
}

static void end(struct backend_call *call)
{
	struct local_call *c = (struct local_call *)call;
	c->is_orphan = true;
	c->trace = NULL;
	if (!c->is_done)
		engine_cancel(c->local->engine, c->job);
	settle(c);
}

static void pause_call(struct backend_call *call, bool is_paused)
{
	struct local_call *c = (struct local_call *)call;
	c->is_paused = is_paused;
	if (!c->again)
		c->again = loop_timer_new(c->local->loop, tell_held, c);
	if (!is_paused)
		loop_timer_start(c->again, 0);
}

/* ---- the backend ---- */

static void list(struct backend *b, json_t *models)
{
	struct local *l = (struct local *)b;
	json_array_append_new(models, json_pack("{s:s, s:i}", "id", l->name, "context_tokens",
					      engine_facts(l->engine)->context_tokens));
}

static void describe(struct backend *b, json_t *model)
{
	struct local *l = (struct local *)b;
	if (template_thinks(l->chat))
		json_object_set_new(model, "thinks", json_true());
}

static void free_backend(struct backend *b)
{
	struct local *l = (struct local *)b;
	engine_free(l->engine);
	if (l->mail)
		take_mail(l);
	mailbox_free(l->mail);
	guide_cache_free(l->guides);
	template_free(l->chat);
	template_memory_free(l->said);
	free(l->name);
	free(l);
}

static const struct backend_ops ops = {
	.kind = "local",
	.reads_calls = true,
	.start = start,
	.end = end,
	.pause = pause_call,
	.count = count,
	.list = list,
	.describe = describe,
	.free = free_backend,
};

static bool open_template(struct local *l, struct err *e)
{
	const struct engine_facts *f = engine_facts(l->engine);
	struct template_source source = {
		.text = f->chat_template,
		.tool_text = f->tool_template,
		.bos = f->bos,
		.eos = f->eos,
		.name = f->name,
		.architecture = f->architecture,
	};
	l->family = family_find(&(struct family_facts){ .architecture = f->architecture,
		.name = f->name,
		.chat_template = f->chat_template });
	l->chat = template_open(&source, e);
	return l->chat != NULL;
}

struct backend *local_load(const struct local_options *options, struct err *e)
{
	struct local *l = must_calloc(1, sizeof *l);
	l->base.ops = &ops;
	l->guides = guide_cache_new();
	l->said = template_memory_new();
	l->temperature = options->temperature;
	l->is_unguided = options->is_unguided;
	l->name = strdup(options->name);
	MUST(l->name);
	l->engine = engine_open(&options->engine, e);
	if (l->engine && open_template(l, e))
		return &l->base;
	free_backend(&l->base);
	return NULL;
}

void local_attach(struct backend *b, struct loop *loop)
{
	struct local *l = (struct local *)b;
	l->loop = loop;
	l->mail = engine_mailbox();
	mailbox_on_loop(l->mail, loop, take_mail, l);
}

struct backend *local_open(struct loop *loop, const struct local_options *options, struct err *e)
{
	struct backend *b = local_load(options, e);
	if (b)
		local_attach(b, loop);
	return b;
}

const struct engine_facts *local_facts(const struct backend *b)
{
	return engine_facts(((const struct local *)b)->engine);
}

const char *local_tool_reason(const struct backend *b)
{
	return template_reason(((const struct local *)b)->chat);
}

const char *local_workarounds(const struct backend *b)
{
	return template_workarounds(((const struct local *)b)->chat);
}

const char *local_tool_format(const struct backend *b)
{
	return template_format(((const struct local *)b)->chat)->name;
}

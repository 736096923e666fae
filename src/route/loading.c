/*
 * loading.c - a backend that is still being opened; see loading.h.
 *
 * A call is ours while it waits and stays ours after; one that begins when the model is there
 * belongs to the backend behind, which its ops tell.
 *
 * Layer: route.
 */
#include "route/loading.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/must.h"
#include "route/about.h"
#include "route/nothing.h"

static const char *const stage_names[] = {
	[ENGINE_CHECKING] = "checking",
	[ENGINE_LOADING] = "loading",
	[ENGINE_PROBING] = "measuring",
};

_Static_assert(
	sizeof stage_names / sizeof stage_names[0] == ENGINE_STAGE_COUNT, "a name for every stage");

enum { PERCENT = 100 };

/* From the opening thread. */
struct news {
	enum engine_stage stage;
	double done;
	bool is_over;
};

struct loading {
	struct backend base;
	struct loop *loop;
	struct loading_work work;
	char *model;
	struct mailbox *mail;
	pthread_t thread;
	/* The thread's until it was joined. */
	struct backend *opened;
	struct err cause;
	/* The loop's. */
	bool is_opening;       /* the thread was begun and not joined */
	bool is_over;          /* nothing can come of it any more, or it is there */
	struct backend *inner; /* NULL: not there */
	struct news news;
	json_t *about;                      /* its file; NULL: not read yet */
	struct loading_call *first, **last; /* that wait, in their order */
};

struct loading_call {
	struct backend_call base;
	struct loading_call *next;
	struct loading *loading;
	const struct chat_request *request;
	struct trace *trace;
	struct chat_sink sink;
	const struct embed_request *texts; /* NULL: it is a chat request */
	struct embed_sink vectors;
	struct backend_call *inner; /* NULL: it waits, or could not begin */
	int64_t began_ms;
	bool is_paused;
};

static const struct backend_ops ops;

/* ---- the thread ---- */

static bool tell(void *owner, enum engine_stage stage, double done)
{
	struct loading *l = owner;
	return mailbox_send(l->mail, &(struct news){ .stage = stage, .done = done });
}

static void *run(void *ctx)
{
	struct loading *l = ctx;
	l->opened = l->work.open(l->work.ctx, (struct engine_watcher){ tell, l }, &l->cause);
	mailbox_send(l->mail, &(struct news){ .is_over = true });
	return NULL;
}

static void join(struct loading *l)
{
	if (l->is_opening)
		MUST(pthread_join(l->thread, NULL) == 0);
	l->is_opening = false;
}

static void open_now(struct loading *l)
{
	if (l->is_opening)
		return;
	l->news = (struct news){ .stage = ENGINE_CHECKING };
	err_clear(&l->cause);
	MUST(pthread_create(&l->thread, NULL, run, l) == 0);
	l->is_opening = true;
}

/* ---- those who wait ---- */

static struct loading_call *take_first(struct loading *l)
{
	struct loading_call *c = l->first;
	if (!c)
		return NULL;
	l->first = c->next;
	if (!l->first)
		l->last = &l->first;
	c->next = NULL;
	return c;
}

static void take_out(struct loading_call *c)
{
	struct loading *l = c->loading;
	struct loading_call **at = &l->first;
	while (*at && *at != c)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = c->next;
	if (!*at)
		l->last = at;
}

static struct backend_call *begin_vectors(struct backend *b, struct loading_call *c, struct err *e)
{
	if (b->ops->embed)
		return b->ops->embed(b, c->texts, c->trace, c->vectors, e);
	fail(e, ERR_USAGE, LAYER_ROUTE, "the model '%s' answers, it makes no vectors of texts",
		c->loading->model);
	err_mend(e, "start offgrid serve with --embeddings MODEL for one that does");
	return NULL;
}

/* Whoever wants the model loaded and nothing said has it already. */
static struct backend_call *begin_answer(struct backend *b, struct loading_call *c, struct err *e)
{
	if (c->request->loads_only)
		return nothing_start(c->loading->loop, c->trace, c->sink);
	return b->ops->start(b, c->request, c->trace, c->sink, e);
}

static void tell_failure(struct loading_call *c, const struct err *e)
{
	if (c->texts)
		c->vectors.take(c->vectors.owner, NULL, e);
	else
		chat_send_fail(c->sink, e);
}

/* The sink may end the call. */
static void begin(struct loading_call *c)
{
	struct backend *b = c->loading->inner;
	struct err e = { .kind = ERR_NONE };
	trace_note(c->trace, LAYER_ENGINE, "loaded", "the model is there, waited for %lld ms",
		(long long)(clock_ms() - c->began_ms));
	c->inner = c->texts ? begin_vectors(b, c, &e) : begin_answer(b, c, &e);
	if (!c->inner)
		tell_failure(c, &e);
	else if (c->is_paused && b->ops->pause)
		b->ops->pause(c->inner, true);
}

static void fail_all(struct loading *l)
{
	struct err cause = l->cause;
	struct loading_call *c;
	while ((c = take_first(l)))
		tell_failure(c, &cause);
}

/* ---- the loop ---- */

static void open_ended(struct loading *l)
{
	struct loading_call *c;
	join(l);
	l->inner = l->opened;
	l->is_over = l->inner || !l->work.is_on_demand;
	if (l->inner)
		l->work.attach(l->inner, l->loop);
	if (l->work.on_end)
		l->work.on_end(l->work.owner, l->inner ? NULL : &l->cause);
	if (!l->inner)
		fail_all(l);
	while (l->inner && (c = take_first(l)))
		begin(c);
}

static void take_news(void *ctx)
{
	struct loading *l = ctx;
	struct news news;
	while (l->is_opening && mailbox_take(l->mail, &news)) {
		if (news.is_over)
			open_ended(l);
		else
			l->news = news;
	}
}

void loading_cancel(struct backend *b)
{
	struct loading *l = (struct loading *)b;
	if (l->is_over)
		return;
	mailbox_close(l->mail);
	join(l);
	l->is_over = true;
	err_clear(&l->cause);
	fail(&l->cause, ERR_BUSY, LAYER_ROUTE, "the server is being stopped before '%s' was loaded",
		l->model);
	fail_all(l);
}

/* ---- the backend ---- */

/* One that waits; NULL if nothing will come. */
static struct loading_call *wait(struct loading *l, struct trace *t, struct err *e)
{
	if (l->is_over) {
		*e = l->cause;
		return NULL;
	}
	struct loading_call *c = must_calloc(1, sizeof *c);
	*c = (struct loading_call){
		.base = { &ops }, .loading = l, .trace = t, .began_ms = clock_ms()
	};
	*l->last = c;
	l->last = &c->next;
	open_now(l);
	trace_note(t, LAYER_ENGINE, "waits", "the model '%s' is not there yet: %s, %.0f %% done",
		l->model, stage_names[l->news.stage], l->news.done * PERCENT);
	return c;
}

static struct backend_call *start(struct backend *b, const struct chat_request *r, struct trace *t,
	struct chat_sink sink, struct err *e)
{
	struct loading *l = (struct loading *)b;
	struct loading_call now = { .loading = l, .request = r, .trace = t, .sink = sink };
	if (l->inner)
		return begin_answer(l->inner, &now, e);
	struct loading_call *c = wait(l, t, e);
	if (!c)
		return NULL;
	c->request = r;
	c->sink = sink;
	return &c->base;
}

static struct backend_call *embed(struct backend *b, const struct embed_request *r, struct trace *t,
	struct embed_sink sink, struct err *e)
{
	struct loading *l = (struct loading *)b;
	struct loading_call now = { .loading = l, .texts = r, .trace = t, .vectors = sink };
	if (l->inner)
		return begin_vectors(l->inner, &now, e);
	struct loading_call *c = wait(l, t, e);
	if (!c)
		return NULL;
	c->texts = r;
	c->vectors = sink;
	return &c->base;
}

static void end(struct backend_call *call)
{
	struct loading_call *c = (struct loading_call *)call;
	if (call->ops != &ops) {
		call->ops->end(call);
		return;
	}
	take_out(c);
	if (c->inner)
		c->inner->ops->end(c->inner);
	free(c);
}

static void pause_call(struct backend_call *call, bool is_paused)
{
	struct loading_call *c = (struct loading_call *)call;
	struct backend_call *inner = call->ops == &ops ? c->inner : call;
	if (call->ops == &ops)
		c->is_paused = is_paused;
	if (inner && inner->ops->pause)
		inner->ops->pause(inner, is_paused);
}

static void list(struct backend *b, json_t *models)
{
	struct loading *l = (struct loading *)b;
	if (l->inner)
		l->inner->ops->list(l->inner, models);
	else
		json_array_append_new(
			models, json_pack("{s:s, s:i, s:b}", "id", l->model, "context_tokens", 0,
					"embeds", l->work.embeds));
}

/* What only the model itself tells is told once it is there. */
static void describe(struct backend *b, json_t *model)
{
	struct loading *l = (struct loading *)b;
	if (!l->about)
		l->about = l->work.path ? about_model_file(l->work.path, l->work.sha256)
					: json_object();
	json_object_update(model, l->about);
	json_object_set_new(model, "is_loaded", json_boolean(l->inner));
	if (l->inner && l->inner->ops->describe)
		l->inner->ops->describe(l->inner, model);
}

static bool count(struct backend *b, const struct chat_request *r, struct trace *t, int64_t *tokens,
	struct err *e)
{
	struct loading *l = (struct loading *)b;
	if (l->inner)
		return l->inner->ops->count(l->inner, r, t, tokens, e);
	if (l->is_over) {
		*e = l->cause;
		return false;
	}
	open_now(l);
	fail(e, ERR_BUSY, LAYER_ENGINE, "the model '%s' is not loaded yet: %s, %.0f %% done",
		l->model, stage_names[l->news.stage], l->news.done * PERCENT);
	return err_mend(e, "ask again in a moment");
}

static bool is_ready(struct backend *b, struct backend_progress *out)
{
	struct loading *l = (struct loading *)b;
	*out = (struct backend_progress){ .embeds = l->work.embeds };
	if (l->inner || (l->work.is_on_demand && !l->is_opening && !l->is_over))
		return true;
	*out = (struct backend_progress){ .embeds = l->work.embeds,
		.model = l->model,
		.stage = l->is_over ? "failed" : stage_names[l->news.stage],
		.done = l->news.done };
	return false;
}

static void free_backend(struct backend *b)
{
	struct loading *l = (struct loading *)b;
	mailbox_close(l->mail);
	join(l);
	if (l->opened)
		l->opened->ops->free(l->opened);
	mailbox_free(l->mail);
	if (l->work.free)
		l->work.free(l->work.ctx);
	json_decref(l->about);
	free(l->model);
	free(l);
}

static const struct backend_ops ops = {
	.kind = "local",
	.reads_calls = true,
	.start = start,
	.end = end,
	.pause = pause_call,
	.embed = embed,
	.count = count,
	.list = list,
	.describe = describe,
	.is_ready = is_ready,
	.free = free_backend,
};

struct backend *loading_new(struct loop *loop, const struct loading_work *work)
{
	struct loading *l = must_calloc(1, sizeof *l);
	l->base.ops = &ops;
	l->loop = loop;
	l->work = *work;
	l->last = &l->first;
	l->model = strdup(work->model);
	MUST(l->model);
	l->mail = mailbox_new(sizeof(struct news), 0, NULL);
	mailbox_on_loop(l->mail, loop, take_news, l);
	if (!work->is_on_demand)
		open_now(l);
	return &l->base;
}

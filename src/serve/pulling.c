/*
 * pulling.c - a model fetched for a client: our own pull (model/pull.h), told in the words of the
 * client's dialect.
 *
 * Only where the server was started so, since whoever may ask could fill the disk. One at a time.
 * Nothing goes out before it is known what comes, so that a name that means nothing has its own
 * status. A client that leaves ends it; what has come is kept, and the next one goes on from there.
 * What was fetched is served from then on, as if it had been named at the start; it is loaded for
 * the first request.
 *
 * Layer: client; wire, disk by what goes wrong.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/dialect_library.h"
#include "model/choose.h"
#include "model/pull.h"
#include "serve/serve_int.h"

struct pulling {
	struct serve *serve;
	struct http_exchange *x;
	const struct dialect *dialect;
	struct pull *pull;
	struct arena *arena;
	const struct pull_plan *plan; /* NULL: not known yet */
	bool is_stream, has_begun, is_checking;
	bool is_behind; /* the client reads slowly: it is told less */
};

enum { BODY_BYTES = 64 * 1024 };

static void finish(struct pulling *p)
{
	p->serve->pulling = NULL;
	pull_free(p->pull);
	arena_free(p->arena);
	free(p);
}

static void say(struct pulling *p, struct dialect_pull what)
{
	struct buf out;
	if (!p->is_stream)
		return;
	buf_init(&out, BODY_BYTES);
	if (!p->has_begun)
		http_stream_begin(p->x, 200, "application/x-ndjson");
	p->has_begun = true;
	p->dialect->library->write_pull(&what, &out);
	p->is_behind = !http_stream_write(p->x, buf_str(&out));
	buf_clear(&out);
}

static void on_drain(void *ctx)
{
	struct pulling *p = ctx;
	p->is_behind = false;
}

static void on_planned(void *owner, const struct pull_plan *plan)
{
	struct pulling *p = owner;
	p->plan = plan;
	say(p, (struct dialect_pull){ .stage = DIALECT_PULL_LOOKING });
}

static void on_moved(void *owner, const struct pull_progress *progress)
{
	struct pulling *p = owner;
	if (p->is_checking || p->is_behind)
		return;
	p->is_checking = progress->is_checking;
	say(p, (struct dialect_pull){
		       .stage = p->is_checking ? DIALECT_PULL_CHECKING : DIALECT_PULL_COMING,
		       .sha256 = p->plan->parts[progress->part].sha256,
		       .done_bytes = progress->done_bytes,
		       .all_bytes = progress->all_bytes });
}

/* What is to be done with it; if it cannot be served, why. */
static struct str words_for(struct pulling *p, struct str name)
{
	struct serve *s = p->serve;
	struct err e = { .kind = ERR_NONE };
	if (!s->adopt)
		return arena_printf(p->arena, "it is there; to use it: offgrid serve --model %.*s",
			STR_ARG(name));
	if (!s->adopt(s->adopt_owner, name, &e))
		return arena_printf(p->arena, "it is there, but it is not served: %s", e.what);
	return arena_printf(
		p->arena, "it is served as %.*s, loaded when it is asked", STR_ARG(name));
}

/* The last piece, and the whole answer of who wants no stream. */
static void say_done(struct pulling *p, struct str name)
{
	struct buf out;
	struct http_exchange *x = p->x;
	buf_init(&out, BODY_BYTES);
	say(p, (struct dialect_pull){ .stage = DIALECT_PULL_NOTE, .words = words_for(p, name) });
	p->dialect->library->write_pull(&(struct dialect_pull){ .stage = DIALECT_PULL_DONE }, &out);
	if (p->has_begun) {
		http_stream_write(x, buf_str(&out));
		http_stream_end(x);
	} else {
		http_reply(x, 200, "application/json", buf_str(&out));
	}
	buf_clear(&out);
	finish(p);
}

static void say_failed(struct pulling *p, const struct err *e)
{
	struct buf out;
	struct http_exchange *x = p->x;
	const struct dialect *d = p->dialect;
	bool has_begun = p->has_begun;
	struct err why = *e;
	finish(p);
	if (!has_begun) {
		serve_reply_error(x, d, &why);
		return;
	}
	buf_init(&out, BODY_BYTES);
	d->write_error(&why, &out);
	buf_add_char(&out, '\n');
	http_stream_write(x, buf_str(&out));
	http_stream_end(x);
	buf_clear(&out);
}

static void on_ended(void *owner, const struct pull_plan *plan, const struct err *e)
{
	struct pulling *p = owner;
	if (e)
		say_failed(p, e);
	else
		say_done(p, arena_str(p->arena, plan->name));
}

static void on_gone(void *ctx)
{
	struct pulling *p = ctx;
	struct http_exchange *x = p->x;
	finish(p);
	http_drop(x);
}

void library_stop(struct serve *s)
{
	if (s->pulling)
		on_gone(s->pulling);
}

static bool may_pull(const struct serve *s, struct err *e)
{
	if (!s->puller) {
		fail(e, ERR_DENIED, LAYER_CLIENT, "this server fetches no models for its clients");
		return err_mend(e, "offgrid pull MODEL on its machine, or start offgrid serve with "
				   "--allow-pull");
	}
	if (s->pulling)
		return fail(e, ERR_BUSY, LAYER_CLIENT, "another model is being fetched");
	return true;
}

/* Ollama's names carry a tag even where there is nothing to tell apart. */
static struct str without_latest(struct str name)
{
	struct str tag = STR(":latest");
	return str_ends(name, tag) ? str_sub(name, 0, name.n - tag.n) : name;
}

static bool begin(struct pulling *p, struct err *e)
{
	struct serve *s = p->serve;
	struct dialect_named named;
	struct model_choice here;
	if (!may_pull(s, e) ||
		!p->dialect->library->read_name(http_request_of(p->x)->body, p->arena, &named, e))
		return false;
	p->is_stream = named.is_stream;
	struct str name = without_latest(named.model);
	if (!name.n)
		return fail(e, ERR_USAGE, LAYER_CLIENT, "no model is named");
	bool is_path = str_starts(name, STR("/")) || str_starts(name, STR("."));
	if (!is_path && choose_model(p->arena, name, &here, NULL)) {
		say(p, (struct dialect_pull){ .stage = DIALECT_PULL_LOOKING });
		s->pulling = p;
		say_done(p, here.name);
		return true;
	}
	struct pull_watcher watcher = { on_planned, on_moved, on_ended, p };
	p->pull = pull_start(s->loop, s->puller, name, &watcher, e);
	if (!p->pull)
		return false;
	s->pulling = p;
	http_watch(p->x, (struct http_watch){ on_gone, on_drain, p });
	return true;
}

void library_pull(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	struct err e = { 0 };
	struct pulling *p = must_calloc(1, sizeof *p);
	(void)path;
	*p = (struct pulling){ .serve = s, .x = x, .dialect = d, .arena = arena_new() };
	if (begin(p, &e))
		return;
	arena_free(p->arena);
	free(p);
	serve_reply_error(x, d, &e);
}

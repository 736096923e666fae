/*
 * kept.c - see kept.h. A wait is a job of the store's thread with an arena of its own; it is freed
 * when its end was told, or when it comes to nobody.
 *
 * Layer: client, disk.
 */
#include "serve/kept.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/sha256.h"
#include "store/answers.h"

enum { STATUS_OK = 200, KEY_CHARS = 32 };

#define TYPE_JSON "application/json"

struct kept_wait {
	struct store_job job;
	struct arena *arena; /* of all that is copied here and found */
	struct str key;      /* whose answers, see owner_of */
	struct dialect_names names;
	struct dialect_past past;
	struct store_answer answer; /* to be put */
	struct str dropped;
	struct err e;
	kept_done *done; /* NULL: nobody waits any more */
	void *owner;
};

/* ---- whose they are ---- */

/* Something that stands for the key shown and does not tell it; empty if no keys are asked for. */
static struct str owner_of(struct serve *s, struct http_exchange *x, struct arena *a)
{
	char hash[SHA256_TEXT_BYTES];
	struct sha256 h;
	struct str key = serve_key(s, x);
	if (!key.n)
		return STR("");
	sha256_start(&h);
	sha256_feed(&h, STR("answers of "));
	sha256_feed(&h, key);
	sha256_end(&h, hash);
	return arena_str(a, str_n(hash, KEY_CHARS));
}

/* ---- on the store's thread ---- */

static struct dialect_turn turn_of(const struct store_answer *answer)
{
	return (struct dialect_turn){ .id = answer->id,
		.previous = answer->previous,
		.asked = answer->asked,
		.answered = answer->answered };
}

/* What is not there is no fault here: the dialect says what it means. */
static bool settle_absent(struct err *e)
{
	if (e->kind != ERR_NOT_FOUND)
		return false;
	err_clear(e);
	return true;
}

static bool find_chain(struct kept_wait *w, struct store *s)
{
	struct store_answer *list;
	size_t count;
	if (!w->names.previous.n)
		return true;
	if (!store_answer_chain(s, w->arena, w->key, w->names.previous, &list, &count, &w->e))
		return settle_absent(&w->e);
	struct dialect_turn *turns = arena_calloc(w->arena, count, sizeof *turns);
	for (size_t i = 0; i < count; i++)
		turns[i] = turn_of(&list[i]);
	w->past.chain = turns;
	w->past.chain_count = count;
	return true;
}

static bool find_others(struct kept_wait *w, struct store *s)
{
	struct store_answer answer;
	struct dialect_turn *turns =
		arena_calloc(w->arena, w->names.other_count + 1, sizeof *turns);
	w->past.others = turns;
	for (size_t i = 0; i < w->names.other_count; i++) {
		if (store_answer_get(s, w->arena, w->key, w->names.others[i], &answer, &w->e))
			turns[w->past.other_count++] = turn_of(&answer);
		else if (!settle_absent(&w->e))
			return false;
	}
	return true;
}

static void run_find(struct store_job *job, struct store *s)
{
	struct kept_wait *w = (struct kept_wait *)job;
	if (find_chain(w, s))
		find_others(w, s);
}

static void run_put(struct store_job *job, struct store *s)
{
	struct kept_wait *w = (struct kept_wait *)job;
	store_answer_put(s, &w->answer, &w->e);
}

static void run_drop(struct store_job *job, struct store *s)
{
	struct kept_wait *w = (struct kept_wait *)job;
	store_answer_drop(s, w->key, w->dropped, &w->e);
}

/* ---- on the loop ---- */

static void end_wait(struct store_job *job)
{
	struct kept_wait *w = (struct kept_wait *)job;
	if (w->done)
		w->done(w->owner, &w->past, err_is_set(&w->e) ? &w->e : NULL);
	arena_free(w->arena);
	free(w);
}

static struct kept_wait *wait_new(struct serve *s, struct http_exchange *x,
	void (*run)(struct store_job *, struct store *), kept_done *done, void *owner)
{
	struct kept_wait *w = must_calloc(1, sizeof *w);
	w->job = (struct store_job){ run, end_wait };
	w->arena = arena_new();
	w->key = owner_of(s, x, w->arena);
	w->done = done;
	w->owner = owner;
	return w;
}

void kept_forget(struct kept_wait *w)
{
	if (w)
		w->done = NULL;
}

bool kept_find(struct serve *s, struct http_exchange *x, const struct dialect *d, kept_done *done,
	void *owner, struct kept_wait **wait)
{
	struct dialect_past none = { .is_off = true };
	if (!d->keeping)
		return false;
	struct kept_wait *w = wait_new(s, x, run_find, done, owner);
	bool is_named = d->keeping->names(http_request_of(x)->body, w->arena, &w->names);
	if (is_named && s->writer) {
		*wait = w;
		store_writer_do(s->writer, &w->job);
		return true;
	}
	arena_free(w->arena);
	free(w);
	if (is_named)
		done(owner, &none, NULL);
	return is_named;
}

bool kept_is_wanted(
	const struct serve *s, const struct dialect *d, const struct chat_request *request)
{
	return d->keeping && s->writer && d->keeping->wants(request);
}

struct kept_wait *kept_put(struct serve *s, struct http_exchange *x, const struct dialect *d,
	const struct dialect_turn *turn, kept_done *done, void *owner)
{
	struct kept_wait *w = wait_new(s, x, run_put, done, owner);
	w->answer = (struct store_answer){ .id = arena_str(w->arena, turn->id),
		.owner = w->key,
		.previous = arena_str(w->arena, turn->previous),
		.dialect = str_z(d->name),
		.asked = arena_str(w->arena, turn->asked),
		.answered = arena_str(w->arena, turn->answered),
		.began_unix_ms = clock_unix_ms() };
	store_writer_do(s->writer, &w->job);
	return w;
}

/* ---- the paths ---- */

/* A question about one answer, until it is answered. */
struct asking {
	struct serve *serve;
	struct http_exchange *x;
	const struct dialect *dialect;
	struct str id; /* lives with the exchange */
	struct kept_wait *wait;
	/* The document, from what was found. */
	bool (*write)(const struct asking *a, const struct dialect_past *past, struct buf *out,
		struct err *e);
};

static void on_gone(void *ctx)
{
	struct asking *a = ctx;
	kept_forget(a->wait);
	http_drop(a->x);
	free(a);
}

static bool fail_absent(const struct asking *a, struct err *e)
{
	fail(e, ERR_NOT_FOUND, LAYER_CLIENT, "Response with id '%.*s' not found",
		STR_ARG(str_sub(a->id, 0, LIMIT_QUOTE_BYTES)));
	if (!a->serve->writer)
		return err_mend(e, "answers are kept if offgrid serve is started without "
				   "--no-store");
	return err_mend(e, "it was dropped, has expired, was not to be kept (store: false), or "
			   "another key asked for it");
}

static void on_found(void *owner, const struct dialect_past *past, const struct err *why)
{
	struct asking *a = owner;
	struct err e = { 0 };
	struct buf body;
	buf_init(&body, LIMIT_JSON_BYTES);
	bool is_gone = why && why->kind == ERR_NOT_FOUND;
	if (why && !is_gone)
		e = *why;
	else if (is_gone || !a->write(a, past, &body, &e))
		fail_absent(a, &e);
	if (!err_is_set(&e) && body.overflow)
		fail(&e, ERR_TOO_BIG, LAYER_DISK, "it is over the limit of %zu bytes", body.max);
	if (err_is_set(&e))
		serve_reply_error(a->x, a->dialect, &e);
	else
		http_reply(a->x, STATUS_OK, TYPE_JSON, buf_str(&body));
	buf_clear(&body);
	free(a);
}

static void ask(struct asking what, void (*run)(struct store_job *, struct store *))
{
	struct asking *a = must_calloc(1, sizeof *a);
	struct dialect_past none = { .is_off = true };
	*a = what;
	if (!a->serve->writer) {
		on_found(a, &none, &(struct err){ .kind = ERR_NOT_FOUND });
		return;
	}
	a->wait = wait_new(a->serve, a->x, run, on_found, a);
	a->wait->names.previous = arena_str(a->wait->arena, a->id);
	a->wait->dropped = a->wait->names.previous;
	http_watch(a->x, (struct http_watch){ .on_gone = on_gone, .ctx = a });
	store_writer_do(a->serve->writer, &a->wait->job);
}

static bool write_answer(
	const struct asking *a, const struct dialect_past *past, struct buf *out, struct err *e)
{
	(void)a;
	(void)e;
	if (!past->chain_count)
		return false;
	return buf_add(out, past->chain[past->chain_count - 1].answered);
}

static bool write_asked(
	const struct asking *a, const struct dialect_past *past, struct buf *out, struct err *e)
{
	return past->chain_count &&
	       a->dialect->keeping->write_asked(past, http_request_of(a->x)->query, out, e);
}

static bool write_dropped(
	const struct asking *a, const struct dialect_past *past, struct buf *out, struct err *e)
{
	(void)past;
	(void)e;
	a->dialect->keeping->write_dropped(a->id, out);
	return true;
}

static bool write_cancelled(
	const struct asking *a, const struct dialect_past *past, struct buf *out, struct err *e)
{
	(void)out;
	return past->chain_count && a->dialect->keeping->fail_cancel(a->id, e);
}

void kept_show(struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	struct err e = { 0 };
	if (str_find(http_request_of(x)->query, STR("stream=true")) == SIZE_MAX) {
		ask((struct asking){ s, x, d, path, NULL, write_answer }, run_find);
		return;
	}
	fail(&e, ERR_BAD_DATA, LAYER_CLIENT,
		"stream: only answers made in the background can be streamed again");
	err_mend(&e, "ask for it without stream");
	serve_reply_error(x, d, &e);
}

void kept_drop(struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	ask((struct asking){ s, x, d, path, NULL, write_dropped }, run_drop);
}

void kept_show_asked(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	ask((struct asking){ s, x, d, path, NULL, write_asked }, run_find);
}

void kept_cancel(struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	ask((struct asking){ s, x, d, path, NULL, write_cancelled }, run_find);
}

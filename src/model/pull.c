/*
 * pull.c - ask the hub, plan, fetch part by part, check; see pull.h.
 *
 * Layer: wire, disk, engine. Each step ends by starting the next or by `finish`, and never goes
 * back: LOOKING (the hub's list), FETCHING (one download after the other), CHECKING (headers, and
 * hashes that nobody has computed yet).
 */
#include "model/pull.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/loop.h"
#include "base/must.h"
#include "base/nearest.h"
#include "base/sha256.h"
#include "base/worker.h"
#include "model/catalog.h"
#include "model/files.h"
#include "model/hash.h"
#include "model/hub.h"
#include "model/split.h"
#include "net/download.h"

enum { ASK_FIRST_BYTE_MS = 30000, ASK_TOTAL_MS = 120000, TOKEN_MAX = 512 };

struct pull {
	struct arena *a;
	struct loop *loop;
	struct http_client *client;
	struct pull_watcher w;
	struct pull_plan plan;
	struct hub_ref ref; /* repo empty: not from the hub */
	struct http_header token;
	size_t token_count;
	/* What runs, one at a time. */
	struct http_call *asking;
	struct download *download;
	struct worker *worker;
	size_t at;               /* the part that is fetched or checked */
	uint64_t done_bytes;     /* of the parts before it */
	struct loop_timer *soon; /* what comes next must not be called from here: see `later` */
	void (*next)(struct pull *p);
	struct err end_err;
	/* Of the helper thread while it hashes, with the arena. */
	struct err hash_err;
	struct str found_sha256;
	atomic_bool is_stopped;
};

/* Does it from the loop, so that who started us has us in hand and who ends may free us. */
static void later(struct pull *p, void (*next)(struct pull *p))
{
	p->next = next;
	loop_timer_start(p->soon, 0);
}

static void on_soon(void *ctx)
{
	struct pull *p = ctx;
	p->next(p);
}

static void tell_end(struct pull *p)
{
	p->w.ended(p->w.owner, &p->plan, err_is_set(&p->end_err) ? &p->end_err : NULL);
}

/* The one end of every way. `e` may be NULL. */
static void finish(struct pull *p, const struct err *e)
{
	if (e)
		p->end_err = *e;
	later(p, tell_end);
}

/* ---- checking ---- */

static void check_next(struct pull *p);

static void tell_checking(struct pull *p)
{
	const struct pull_progress now = { .part = p->at,
		.done_bytes = p->plan.all_bytes,
		.all_bytes = p->plan.all_bytes,
		.left_ms = -1,
		.is_checking = true };
	if (p->w.moved)
		p->w.moved(p->w.owner, &now);
}

/* What is no model is not kept: the next pull would take it for one. */
static bool is_whole_gguf(const struct pull_part *part, struct err *e)
{
	struct gg_file *f = gg_open(part->path.p, e);
	gg_free(f);
	if (!f && !part->is_here) /* ours to throw away: it has just come */
		unlink(part->path.p);
	return f != NULL;
}

static bool goes_on(void *owner, uint64_t done, uint64_t all)
{
	struct pull *p = owner;
	(void)done;
	(void)all;
	return !atomic_load(&p->is_stopped);
}

/* On the helper thread. */
static void hash_part(void *ctx)
{
	struct pull *p = ctx;
	const struct hash_watcher watcher = { goes_on, p };
	err_clear(&p->hash_err);
	hash_of_file(p->a, p->plan.parts[p->at].path, &watcher, &p->found_sha256, &p->hash_err);
}

static bool accept_hash(struct pull *p, struct err *e)
{
	struct pull_part *part = &p->plan.parts[p->at];
	if (part->sha256.n == 0)
		part->sha256 = p->found_sha256;
	if (sha256_same(part->sha256, p->found_sha256))
		return hash_write_beside(part->path, part->sha256, e);
	fail(e, ERR_BAD_DATA, LAYER_DISK,
		"%s is another file than the one to be pulled: sha256 %.16s..., expected %.16s...",
		part->path.p, p->found_sha256.p, part->sha256.p);
	return err_mend(e, "remove it and pull again");
}

static void part_hashed(void *ctx, bool has_run)
{
	struct pull *p = ctx;
	struct err e = p->hash_err;
	if (!has_run || atomic_load(&p->is_stopped))
		return; /* being freed */
	if (err_is_set(&e) || !accept_hash(p, &e)) {
		finish(p, &e);
		return;
	}
	p->at++;
	check_next(p);
}

/* A hash that the download has checked is written down; else the file is read. */
static bool settle_part(struct pull *p, bool *is_settled, struct err *e)
{
	struct pull_part *part = &p->plan.parts[p->at];
	struct str beside = hash_beside(p->a, part->path);
	*is_settled = true;
	if (!is_whole_gguf(part, e))
		return false;
	if (beside.n && (part->sha256.n == 0 || sha256_same(beside, part->sha256)))
		return true;
	if (part->sha256.n && !part->is_here)
		return hash_write_beside(part->path, part->sha256, e);
	*is_settled = false;
	return true;
}

static void check_next(struct pull *p)
{
	struct err e = { 0 };
	bool is_settled = true;
	while (p->at < p->plan.count && is_settled) {
		if (!settle_part(p, &is_settled, &e)) {
			finish(p, &e);
			return;
		}
		p->at += is_settled;
	}
	if (p->at == p->plan.count) {
		finish(p, NULL);
		return;
	}
	tell_checking(p);
	if (!p->worker)
		p->worker = worker_new(p->loop);
	worker_do(p->worker, (struct job){ hash_part, part_hashed, p });
}

/* ---- fetching ---- */

static void fetch_next(struct pull *p);

static void on_progress(void *ctx, const struct download_progress *d)
{
	struct pull *p = ctx;
	struct pull_progress now = { .part = p->at,
		.done_bytes = p->done_bytes + d->done_bytes,
		.all_bytes = p->plan.all_bytes ? p->plan.all_bytes : d->total_bytes,
		.bytes_per_s = d->bytes_per_s,
		.left_ms = -1 };
	const double second = 1000;
	if (now.all_bytes > now.done_bytes && d->bytes_per_s > 0)
		now.left_ms = (int64_t)((double)(now.all_bytes - now.done_bytes) * second /
					d->bytes_per_s);
	if (p->w.moved)
		p->w.moved(p->w.owner, &now);
}

static void on_fetched(void *ctx, const struct err *e)
{
	struct pull *p = ctx;
	uint64_t bytes = 0;
	if (e) {
		finish(p, e);
		return;
	}
	download_free(p->download);
	p->download = NULL;
	fs_size(p->plan.parts[p->at].path.p, &bytes, NULL);
	p->done_bytes += bytes;
	p->at++;
	fetch_next(p);
}

static bool fetch_part(struct pull *p, const struct pull_part *part, struct err *e)
{
	const struct download_spec spec = {
		.url = part->url.p,
		.path = part->path.p,
		.headers = &p->token,
		.header_count = p->token_count,
		.sha256 = part->sha256.n ? part->sha256.p : NULL,
		.bytes = part->bytes,
		.on_progress = on_progress,
		.on_end = on_fetched,
		.ctx = p,
	};
	p->download = download_start(p->loop, p->client, &spec, e);
	return p->download != NULL;
}

static void fetch_next(struct pull *p)
{
	struct err e = { 0 };
	while (p->at < p->plan.count && p->plan.parts[p->at].is_here)
		p->done_bytes += p->plan.parts[p->at++].bytes;
	if (p->at < p->plan.count) {
		if (!fetch_part(p, &p->plan.parts[p->at], &e))
			finish(p, &e);
		return;
	}
	p->at = 0;
	check_next(p);
}

/* ---- the plan ---- */

/* Bytes of it that came with an earlier pull. */
static uint64_t bytes_begun(struct arena *a, const struct pull_part *part)
{
	uint64_t bytes = 0;
	fs_size(arena_printf(a, "%s.part", part->path.p).p, &bytes, NULL);
	return bytes < part->bytes ? bytes : part->bytes;
}

/* Something of that name is there: the same, as far as its size tells, or something else. */
static bool look_at_target(struct pull *p, struct pull_part *part, struct err *e)
{
	uint64_t bytes;
	if (!fs_exists(part->path.p))
		return true;
	if (!fs_size(part->path.p, &bytes, e))
		return false;
	part->is_here = part->bytes == 0 || bytes == part->bytes;
	if (part->is_here) {
		part->bytes = bytes;
		return true;
	}
	fail(e, ERR_EXISTS, LAYER_DISK,
		"%s is there already, with %" PRIu64 " bytes; the one to be pulled has %" PRIu64,
		part->path.p, bytes, part->bytes);
	return err_mend(e, "offgrid rm %.*s, then pull again", STR_ARG(p->plan.name));
}

static bool make_folder(struct arena *a, struct str path, struct err *e)
{
	return fs_make_dirs(arena_z(a, fs_parent(path)), false, e);
}

static bool check_room(struct pull *p, struct err *e)
{
	char need[CARD_BYTES_TEXT], have[CARD_BYTES_TEXT], kept[CARD_BYTES_TEXT];
	struct str folder = fs_parent(p->plan.parts[0].path);
	uint64_t free_bytes;
	if (!fs_free_bytes(arena_z(p->a, folder), &free_bytes, e))
		return false;
	if (p->plan.to_come_bytes + LIMIT_DISK_KEPT_BYTES <= free_bytes)
		return true;
	fail(e, ERR_NO_ROOM, LAYER_DISK,
		"%.*s needs %s more on disk, %s are free in %.*s (%s are left alone)",
		STR_ARG(p->plan.name), card_bytes(p->plan.to_come_bytes, need),
		card_bytes(free_bytes, have), STR_ARG(folder),
		card_bytes(LIMIT_DISK_KEPT_BYTES, kept));
	return err_mend(e, "free some space, or set OFFGRID_DATA_DIR to another disk");
}

static bool complete_plan(struct pull *p, struct err *e)
{
	struct pull_plan *plan = &p->plan;
	bool is_size_known = true;
	for (size_t i = 0; i < plan->count; i++) {
		struct pull_part *part = &plan->parts[i];
		if (!look_at_target(p, part, e) || !make_folder(p->a, part->path, e))
			return false;
		is_size_known = is_size_known && part->bytes;
		plan->all_bytes += part->bytes;
		plan->to_come_bytes += part->is_here ? 0 : part->bytes - bytes_begun(p->a, part);
	}
	if (!is_size_known)
		plan->all_bytes = 0;
	return check_room(p, e);
}

static void begin_fetching(struct pull *p)
{
	struct err e = { 0 };
	if (!complete_plan(p, &e)) {
		finish(p, &e);
		return;
	}
	if (p->w.planned)
		p->w.planned(p->w.owner, &p->plan);
	fetch_next(p);
}

static struct str stem_of(struct str path)
{
	struct split s;
	struct str base = fs_base(path);
	return split_of(base, &s) ? s.stem : str_sub(base, 0, base.n - STR(".gguf").n);
}

static void plan_parts(struct pull *p, const struct hub_files *files)
{
	p->plan.count = files->count;
	p->plan.parts = arena_calloc(p->a, files->count, sizeof(*p->plan.parts));
	p->plan.name = arena_str(p->a, stem_of(files->items[0].path));
	struct str folder = fs_join(p->a, files_folder(p->a), p->ref.repo);
	for (size_t i = 0; i < files->count; i++)
		p->plan.parts[i] = (struct pull_part){
			.url = hub_file_url(p->a, &p->ref, files->items[i].path),
			.path = fs_join(p->a, folder, files->items[i].path),
			.sha256 = files->items[i].sha256,
			.bytes = files->items[i].bytes,
		};
}

/* ---- asking the hub ---- */

static bool check_answer(const struct pull *p, const struct http_answer *answer, struct err *e)
{
	const char *const repo = p->ref.repo.p;
	if (http_check_status(answer, e))
		return http_check_type(answer, "application/json", e);
	err_context(e, "%s on the hub", repo);
	if (e->kind == ERR_DENIED) {
		e->mend[0] = 0;
		err_mend(e, "it may be gated: accept its terms on the hub and set HF_TOKEN");
	} else if (e->kind == ERR_NOT_FOUND) {
		e->mend[0] = 0;
		err_mend(e, "check owner and name: https://huggingface.co/%s", repo);
	}
	return false;
}

static void on_listed(void *ctx, const struct http_answer *answer, const struct err *failure)
{
	struct pull *p = ctx;
	struct hub_files all, chosen;
	struct err e = { 0 };
	p->asking = NULL;
	if (failure) {
		finish(p, failure);
		return;
	}
	if (!check_answer(p, answer, &e) || !hub_read_tree(p->a, answer->body, &all, &e) ||
		!hub_choose(p->a, &p->ref, &all, &chosen, &e)) {
		finish(p, &e);
		return;
	}
	plan_parts(p, &chosen);
	begin_fetching(p);
}

static bool ask_hub(struct pull *p, struct err *e)
{
	const struct http_call_spec spec = {
		.url = hub_tree_url(p->a, &p->ref).p,
		.headers = &p->token,
		.header_count = p->token_count,
		.first_byte_ms = ASK_FIRST_BYTE_MS,
		.total_ms = ASK_TOTAL_MS,
		.max_redirects = 3,
		.on_end = on_listed,
		.ctx = p,
	};
	p->asking = http_call_start(p->client, &spec, e);
	return p->asking != NULL;
}

/* ---- what is to be pulled ---- */

static void take_token(struct pull *p)
{
	struct str token = str_trim(str_z(getenv("HF_TOKEN")));
	if (token.n == 0 || token.n > TOKEN_MAX)
		return;
	p->token = (struct http_header){ STR("Authorization"),
		arena_printf(p->a, "Bearer %.*s", STR_ARG(token)) };
	p->token_count = 1;
}

static bool start_row(struct pull *p, const struct catalog_row *row, struct err *e)
{
	if (row->hub.n == 0) {
		fail(e, ERR_USAGE, LAYER_WIRE, "%.*s is not on the hub", STR_ARG(row->name));
		return err_mend(e, "%.*s", STR_ARG(row->fetch));
	}
	p->ref = (struct hub_ref){ .repo = arena_str(p->a, row->hub),
		.revision = STR("main"),
		.file = arena_str(p->a, row->file) };
	take_token(p);
	return ask_hub(p, e);
}

static bool start_ref(struct pull *p, struct str what, struct err *e)
{
	if (!hub_parse(p->a, what, &p->ref, e))
		return false;
	take_token(p);
	return ask_hub(p, e);
}

static bool start_url(struct pull *p, struct str url, struct err *e)
{
	struct str path = str_sub(url, 0, str_find_char(url, '?')), base = fs_base(path);
	struct split s;
	if (!str_ends(base, STR(".gguf")) || base.p[0] == '.' || split_of(base, &s)) {
		fail(e, ERR_USAGE, LAYER_WIRE, "'%.*s' is not the address of one GGUF file",
			STR_ARG(http_url_for_people(p->a, url)));
		return err_mend(e, "give the address of a .gguf file, or hf:OWNER/REPO");
	}
	p->plan.count = 1;
	p->plan.parts = arena_calloc(p->a, 1, sizeof(*p->plan.parts));
	p->plan.name = arena_str(p->a, stem_of(base));
	p->plan.parts[0].url = arena_str(p->a, url);
	p->plan.parts[0].path = fs_join(p->a, files_folder(p->a), base);
	later(p, begin_fetching);
	return true;
}

static bool fail_unknown(const struct catalog *c, struct str what, struct err *e)
{
	struct nearest n = nearest_to(what);
	for (size_t i = 0; i < c->count; i++)
		nearest_try(&n, c->rows[i].name);
	fail(e, ERR_NOT_FOUND, LAYER_WIRE, "the catalog has no model '%.*s'", STR_ARG(what));
	if (n.best.n)
		return err_mend(e, "did you mean %.*s?", STR_ARG(n.best));
	return err_mend(e, "offgrid pull lists it; or write hf:OWNER/REPO, or an address");
}

static bool start(struct pull *p, struct str what, struct err *e)
{
	struct catalog c = catalog_own(p->a);
	const struct catalog_row *row = catalog_find(&c, what);
	if (row)
		return start_row(p, row, e);
	if (hub_is_ref(what))
		return start_ref(p, what, e);
	if (str_starts(what, STR("https://")) || str_starts(what, STR("http://")))
		return start_url(p, what, e);
	return fail_unknown(&c, what, e);
}

struct pull *pull_start(struct loop *l, struct http_client *c, struct str what,
	const struct pull_watcher *w, struct err *e)
{
	struct pull *p = must_calloc(1, sizeof(*p));
	p->a = arena_new();
	p->loop = l;
	p->client = c;
	p->w = *w;
	p->soon = loop_timer_new(l, on_soon, p);
	if (start(p, what, e))
		return p;
	pull_free(p);
	return NULL;
}

void pull_free(struct pull *p)
{
	if (!p)
		return;
	atomic_store(&p->is_stopped, true);
	if (p->asking)
		http_call_cancel(p->asking);
	download_free(p->download);
	worker_free(p->worker);
	loop_timer_free(p->soon);
	arena_free(p->a);
	free(p);
}

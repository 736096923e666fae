/*
 * download.c - resumable, verified downloads; see download.h.
 *
 * Layer: wire, disk. The steps, and what each awaits:
 *   look      the helper thread, which hashes the part that is there
 *   call      the server's answer; bytes are written and hashed as they come
 *   pause     the time before the next try
 *   seal      the helper thread, which syncs and renames
 * `done` is at every moment the length of the part and what `hash` has seen.
 */
#include "net/download.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/loop.h"
#include "base/must.h"
#include "base/sha256.h"
#include "base/worker.h"

enum {
	HASH_CHUNK = 1 << 20,
	META_BYTES = 64 * 1024,
	WORDS_BYTES = 8 * 1024, /* of a server's error */
	REDIRECTS = 10,
	TICK_MS = 250,
	SAMPLES = 20, /* of progress: five seconds */
	MS_PER_S = 1000,
	MOST_PAUSE_MS = 30000,
	PART_MODE = 0644,
};

/* Room left on a disk, for the rest of the system. */
#define SPARE_BYTES (256 * MIB)

struct download {
	struct loop *loop;
	struct http_client *client;
	struct worker *worker;
	struct arena *arena;
	struct download_spec spec;
	const char *part, *meta;
	struct str place; /* the address, for people; kept in the meta file */
	struct buf version;
	int fd;
	uint64_t done, total, resumed_at;
	struct sha256 hash;
	bool has_told_size;
	/* The call under way. */
	struct http_call *call;
	int status;
	struct buf words;
	/* Tries. */
	struct loop_timer *next_try, *tick, *report;
	struct err outcome;
	int tries;
	uint64_t done_at_try;
	/* Progress. */
	uint64_t samples[SAMPLES];
	size_t sample_count;
	/* The helper thread's. */
	struct err job_err;
	atomic_bool must_stop;
};

/* ---- the end ---- */

/* Told from the loop itself, so that on_end may free the download whatever was under way. */
static void report(void *ctx)
{
	struct download *d = ctx;
	d->spec.on_end(d->spec.ctx, err_is_set(&d->outcome) ? &d->outcome : NULL);
}

static void end(struct download *d, const struct err *e)
{
	loop_timer_stop(d->tick);
	loop_timer_stop(d->next_try);
	if (e)
		d->outcome = *e;
	loop_timer_start(d->report, 0);
}

static void forget_part(struct download *d)
{
	unlink(d->part);
	unlink(d->meta);
}

/* ---- progress ---- */

static void tell_progress(struct download *d)
{
	struct download_progress p = {
		.done_bytes = d->done,
		.total_bytes = d->total,
		.resumed_at_bytes = d->resumed_at,
		.left_ms = -1,
	};
	size_t n = d->sample_count < SAMPLES ? d->sample_count : SAMPLES;
	uint64_t oldest = n ? d->samples[(d->sample_count - n) % SAMPLES] : d->done;
	if (n && d->done > oldest)
		p.bytes_per_s = (double)(d->done - oldest) * MS_PER_S / ((double)n * TICK_MS);
	if (p.bytes_per_s > 0 && d->total >= d->done)
		p.left_ms = (int64_t)((double)(d->total - d->done) * MS_PER_S / p.bytes_per_s);
	if (d->spec.on_progress)
		d->spec.on_progress(d->spec.ctx, &p);
}

static void tick(void *ctx)
{
	struct download *d = ctx;
	tell_progress(d);
	d->samples[d->sample_count++ % SAMPLES] = d->done;
}

/* ---- what is there already ---- */

/* What the meta file says of the part; false if it is of something else, or of nothing. */
static bool read_meta(struct download *d)
{
	struct buf text;
	struct err e = { .kind = ERR_NONE };
	struct str place = str_z(NULL), version = str_z(NULL);
	buf_init(&text, META_BYTES);
	json_t *json =
		fs_read(d->meta, &text, &e) ? js_parse(buf_str(&text), LAYER_DISK, &e) : NULL;
	struct js_at root = js_root(json, LAYER_DISK);
	struct js_at place_at = js_key(&root, "url"), version_at = js_key(&root, "version");
	bool ok = json && js_get_str(&place_at, &place, &e) &&
		  js_get_str(&version_at, &version, &e) && str_eq(place, d->place);
	if (ok)
		buf_add(&d->version, version);
	json_decref(json);
	buf_clear(&text);
	/* Without a version only the hash can tell whether the rest belongs to it. */
	return ok && (d->version.n || d->spec.sha256);
}

static bool write_meta(struct download *d, struct err *e)
{
	struct buf text;
	buf_init(&text, META_BYTES);
	json_t *json = json_object();
	json_object_set_new(json, "url", js_new_text(d->place));
	json_object_set_new(json, "version", js_new_text(buf_str(&d->version)));
	bool ok = js_write(json, &text) && fs_write(d->meta, buf_str(&text), PART_MODE, e);
	json_decref(json);
	buf_clear(&text);
	return ok;
}

static bool start_over(struct download *d, struct err *e)
{
	d->done = d->resumed_at = 0;
	d->has_told_size = false;
	sha256_start(&d->hash);
	return ftruncate(d->fd, 0) == 0 ||
	       fail_errno(e, LAYER_DISK, errno, "cannot empty %s", d->part);
}

static bool open_part(struct download *d, struct err *e)
{
	d->fd = open(d->part, O_RDWR | O_CREAT | O_CLOEXEC, PART_MODE);
	if (d->fd < 0)
		return fail_errno(e, LAYER_DISK, errno, "cannot open %s", d->part);
	if (flock(d->fd, LOCK_EX | LOCK_NB) != 0)
		return fail(
			e, ERR_BUSY, LAYER_DISK, "another program is downloading %s", d->spec.path);
	sha256_start(&d->hash);
	if (!read_meta(d) || !fs_size(d->part, &d->done, NULL))
		return start_over(d, e);
	d->resumed_at = d->done;
	return true;
}

/* On the helper thread. */
static void hash_part(void *ctx)
{
	struct download *d = ctx;
	char *chunk = must_alloc(HASH_CHUNK);
	uint64_t at = 0;
	while (at < d->done && !d->must_stop) {
		size_t want = d->done - at < HASH_CHUNK ? (size_t)(d->done - at) : HASH_CHUNK;
		ssize_t n = pread(d->fd, chunk, want, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			fail_errno(&d->job_err, LAYER_DISK, n ? errno : EIO, "cannot read %s",
				d->part);
			break;
		}
		sha256_feed(&d->hash, str_n(chunk, (size_t)n));
		at += (size_t)n;
	}
	free(chunk);
}

/* ---- the call ---- */

static void start_call(void *ctx);

static bool check_room(struct download *d, uint64_t to_come, struct err *e)
{
	struct str folder = arena_str(d->arena, fs_parent(str_z(d->spec.path)));
	uint64_t is_free;
	if (!fs_free_bytes(folder.p, &is_free, e))
		return false;
	if (to_come <= is_free && is_free - to_come >= SPARE_BYTES)
		return true;
	fail(e, ERR_NO_ROOM, LAYER_DISK,
		"%s needs %" PRIu64 " MB more, %" PRIu64
		" MB are free, and %zu MB are to stay free",
		d->spec.path, to_come / MIB, is_free / MIB, SPARE_BYTES / MIB);
	return err_mend(e, "making room, or another folder");
}

static bool take_total(struct download *d, uint64_t total, struct err *e)
{
	if (total && d->spec.bytes && total != d->spec.bytes)
		return fail(e, ERR_BAD_DATA, LAYER_WIRE,
			"%s has %" PRIu64 " bytes, but should have %" PRIu64, d->place.p, total,
			d->spec.bytes);
	d->total = total ? total : d->spec.bytes;
	if (d->total && d->done > d->total)
		return start_over(d, e);
	if (d->has_told_size || !d->total)
		return true;
	d->has_told_size = true;
	uint64_t to_come = d->total - d->done;
	return d->spec.on_size ? d->spec.on_size(d->spec.ctx, to_come, e)
			       : check_room(d, to_come, e);
}

/* "bytes 5-9/10": where it begins, and the whole size (0 if it is a star). */
static bool read_range(struct str value, uint64_t *first, uint64_t *total)
{
	struct str rest = value, unit, start, last;
	*total = 0;
	bool ok = str_cut(&rest, ' ', &unit) && str_eq_nocase(unit, STR("bytes")) &&
		  str_cut(&rest, '-', &start) && str_to_u64(start, first) &&
		  str_cut(&rest, '/', &last);
	return ok && (str_eq(rest, STR("*")) || str_to_u64(rest, total));
}

static struct str version_of(const struct http_answer *a)
{
	struct str etag = http_header_find(a->headers, a->header_count, "etag");
	/* A weak ETag does not promise equal bytes. */
	if (etag.n && !str_starts(etag, STR("W/")))
		return etag;
	return http_header_find(a->headers, a->header_count, "last-modified");
}

static bool keep_version(struct download *d, const struct http_answer *a, struct err *e)
{
	struct str version = version_of(a);
	if (str_eq(version, buf_str(&d->version)) && fs_exists(d->meta))
		return true;
	buf_reset(&d->version);
	buf_add(&d->version, version);
	return write_meta(d, e);
}

static bool head_came(void *ctx, const struct http_answer *a, struct err *e)
{
	struct download *d = ctx;
	uint64_t first = 0, total = 0;
	d->status = a->status;
	if (a->status == 206) {
		struct str range = http_header_find(a->headers, a->header_count, "content-range");
		if (!read_range(range, &first, &total) || first != d->done)
			return fail(e, ERR_BAD_DATA, LAYER_WIRE,
				"%s sends another range than was asked for", d->place.p);
		return take_total(d, total, e) && keep_version(d, a, e);
	}
	if (a->status != 200)
		return true; /* its words are collected, the end decides */
	if (http_type_is(a->content_type, "text/html"))
		return http_check_type(a, "a file", e);
	struct str length = http_header_find(a->headers, a->header_count, "content-length");
	str_to_u64(length, &total);
	return (d->done == 0 || start_over(d, e)) && take_total(d, total, e) &&
	       keep_version(d, a, e);
}

static bool body_came(void *ctx, struct str bytes, struct err *e)
{
	struct download *d = ctx;
	if (d->status != 200 && d->status != 206) {
		buf_add(&d->words, str_sub(bytes, 0, d->words.max - d->words.n));
		return true;
	}
	sha256_feed(&d->hash, bytes);
	while (bytes.n) {
		ssize_t n = pwrite(d->fd, bytes.p, bytes.n, (off_t)d->done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fail_errno(e, LAYER_DISK, errno,
				"cannot write to %s after %" PRIu64 " bytes", d->part, d->done);
			return err_mend(e, "making room; the download goes on from there");
		}
		d->done += (size_t)n;
		bytes = str_from(bytes, (size_t)n);
	}
	return true;
}

/* ---- the end of a call ---- */

/* On the helper thread. */
static void sync_and_rename(void *ctx)
{
	struct download *d = ctx;
	if (fsync(d->fd) != 0 || rename(d->part, d->spec.path) != 0)
		fail_errno(
			&d->job_err, LAYER_DISK, errno, "cannot make %s of its part", d->spec.path);
	else
		unlink(d->meta);
}

static void sealed(void *ctx, bool has_run)
{
	struct download *d = ctx;
	if (has_run && !d->must_stop)
		end(d, err_is_set(&d->job_err) ? &d->job_err : NULL);
}

static void seal(struct download *d)
{
	struct err e = { .kind = ERR_NONE };
	char is[SHA256_TEXT_BYTES];
	sha256_end(&d->hash, is);
	tell_progress(d);
	if (d->spec.sha256 && !sha256_same(str_z(is), str_z(d->spec.sha256))) {
		forget_part(d);
		fail(&e, ERR_BAD_DATA, LAYER_WIRE, "%s has the hash %s, but should have %s",
			d->place.p, is, d->spec.sha256);
		err_mend(&e, "once more; if that fails too, the server has another file");
		end(d, &e);
		return;
	}
	worker_do(d->worker, (struct job){ sync_and_rename, sealed, d });
}

static bool is_worth_another_try(const struct err *e)
{
	switch (e->kind) {
	case ERR_UNREACHABLE:
	case ERR_TIMEOUT:
	case ERR_CUT:
	case ERR_BUSY:
	case ERR_UPSTREAM: return e->layer == LAYER_WIRE;
	default: return false;
	}
}

static void try_again(struct download *d, const struct err *e, int64_t retry_after_ms)
{
	int max_tries = d->spec.max_tries ? d->spec.max_tries : DOWNLOAD_TRIES;
	d->tries = d->done > d->done_at_try ? 1 : d->tries + 1;
	if (!is_worth_another_try(e) || d->tries >= max_tries) {
		end(d, e);
		return;
	}
	int64_t pause_ms = d->spec.pause_ms ? d->spec.pause_ms : DOWNLOAD_PAUSE_MS;
	for (int i = 1; i < d->tries && pause_ms < MOST_PAUSE_MS; i++)
		pause_ms *= 2;
	if (retry_after_ms > pause_ms)
		pause_ms = retry_after_ms < MOST_PAUSE_MS ? retry_after_ms : MOST_PAUSE_MS;
	loop_timer_start(d->next_try, pause_ms);
}

/* The server has nothing behind what is there: it is whole, or of another version. */
static void nothing_behind(struct download *d, const struct http_answer *a)
{
	struct err e = { .kind = ERR_NONE };
	struct str range = http_header_find(a->headers, a->header_count, "content-range");
	uint64_t whole = d->spec.bytes;
	str_to_u64(str_from(range, str_find_char(range, '/') + 1), &whole);
	if (d->done && d->done == whole) {
		d->total = whole;
		seal(d);
	} else if (d->done && start_over(d, &e)) {
		loop_timer_start(d->next_try, 0);
	} else {
		fail(&e, ERR_UPSTREAM, LAYER_WIRE, "%s has no such range", d->place.p);
		end(d, &e);
	}
}

static void call_ended(void *ctx, const struct http_answer *a, const struct err *cause)
{
	struct download *d = ctx;
	struct err e = cause ? *cause : (struct err){ .kind = ERR_NONE };
	struct http_answer with_words = *a;
	with_words.body = buf_str(&d->words);
	d->call = NULL;
	if (!cause && a->status == 416) {
		nothing_behind(d, a);
		return;
	}
	if (!cause && a->status != 206 && http_check_status(&with_words, &e) && a->status != 200)
		fail(&e, ERR_UPSTREAM, LAYER_WIRE, "%s answers %d, not with a file", d->place.p,
			a->status);
	if (!err_is_set(&e) && d->total && d->done != d->total)
		fail(&e, ERR_CUT, LAYER_WIRE, "%s ended after %" PRIu64 " of %" PRIu64 " bytes",
			d->place.p, d->done, d->total);
	if (err_is_set(&e))
		try_again(d, &e, http_retry_after_ms(a));
	else
		seal(d);
}

static void start_call(void *ctx)
{
	struct download *d = ctx;
	struct err e = { .kind = ERR_NONE };
	size_t n = d->spec.header_count;
	int64_t stall_ms = d->spec.stall_ms ? d->spec.stall_ms : DOWNLOAD_STALL_MS;
	struct http_header *headers = must_calloc(n + 2, sizeof *headers);
	for (size_t i = 0; i < n; i++)
		headers[i] = d->spec.headers[i];
	if (d->done) {
		struct str range = arena_printf(d->arena, "bytes=%" PRIu64 "-", d->done);
		headers[n++] = (struct http_header){ STR("Range"), range };
	}
	if (d->done && d->version.n)
		headers[n++] = (struct http_header){ STR("If-Range"), buf_str(&d->version) };
	d->done_at_try = d->done;
	d->status = 0;
	buf_reset(&d->words);
	const struct http_call_spec spec = {
		.url = d->spec.url,
		.headers = headers,
		.header_count = n,
		.first_byte_ms = stall_ms,
		.gap_ms = stall_ms,
		.max_redirects = REDIRECTS,
		.on_head = head_came,
		.on_body = body_came,
		.on_end = call_ended,
		.ctx = d,
	};
	d->call = http_call_start(d->client, &spec, &e);
	free(headers);
	if (!d->call)
		end(d, &e);
}

static void part_is_hashed(void *ctx, bool has_run)
{
	struct download *d = ctx;
	if (!has_run || d->must_stop)
		return;
	if (err_is_set(&d->job_err))
		end(d, &d->job_err);
	else
		start_call(d);
}

/* ---- life ---- */

static void copy_spec(struct download *d, const struct download_spec *spec)
{
	struct arena *a = d->arena;
	struct http_header *headers = arena_calloc(a, spec->header_count + 1, sizeof *headers);
	for (size_t i = 0; i < spec->header_count; i++)
		headers[i] = (struct http_header){ arena_str(a, spec->headers[i].name),
			arena_str(a, spec->headers[i].value) };
	d->spec = *spec;
	d->spec.headers = headers;
	d->spec.url = arena_z(a, str_z(spec->url));
	d->spec.path = arena_z(a, str_z(spec->path));
	if (spec->sha256)
		d->spec.sha256 = arena_z(a, str_z(spec->sha256));
	d->place = http_url_for_people(a, str_z(spec->url));
	d->part = arena_printf(a, "%s.part", spec->path).p;
	d->meta = arena_printf(a, "%s.part.json", spec->path).p;
}

struct download *download_start(
	struct loop *l, struct http_client *c, const struct download_spec *spec, struct err *e)
{
	struct download *d = must_calloc(1, sizeof *d);
	d->loop = l;
	d->client = c;
	d->fd = -1;
	d->arena = arena_new();
	buf_init(&d->version, META_BYTES / 2);
	buf_init(&d->words, WORDS_BYTES);
	copy_spec(d, spec);
	d->next_try = loop_timer_new(l, start_call, d);
	d->tick = loop_timer_new(l, tick, d);
	d->report = loop_timer_new(l, report, d);
	if (!open_part(d, e)) {
		download_free(d);
		return NULL;
	}
	d->worker = worker_new(l);
	loop_timer_repeat(d->tick, TICK_MS);
	if (d->done)
		worker_do(d->worker, (struct job){ hash_part, part_is_hashed, d });
	else
		loop_timer_start(d->next_try, 0);
	return d;
}

void download_free(struct download *d)
{
	if (!d)
		return;
	d->must_stop = true;
	if (d->call)
		http_call_cancel(d->call);
	worker_free(d->worker);
	loop_timer_free(d->next_try);
	loop_timer_free(d->tick);
	loop_timer_free(d->report);
	fd_close(&d->fd);
	buf_clear(&d->version);
	buf_clear(&d->words);
	arena_free(d->arena);
	free(d);
}

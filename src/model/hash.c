/*
 * hash.c - reading a file through SHA-256, and two places to remember what came out; see hash.h.
 *
 * Layer: disk.
 */
#include "model/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/sha256.h"

enum { PIECE_BYTES = 1 << 20, NOTE_BYTES = 4096 };

static const char ENDING[] = ".sha256";

#ifdef __APPLE__
#define st_mtim st_mtimespec
#endif

/* When a file was last changed, in nanoseconds. */
static int64_t changed_at(const struct stat *st)
{
	const int64_t second = 1000000000;
	return (int64_t)st->st_mtim.tv_sec * second + st->st_mtim.tv_nsec;
}

/* ---- beside the file ---- */

struct str hash_beside(struct arena *a, struct str path)
{
	struct stat file, note;
	struct buf text;
	struct str found = STR("");
	struct str beside = arena_printf(a, "%.*s%s", STR_ARG(path), ENDING);
	if (stat(arena_z(a, path), &file) != 0 || stat(beside.p, &note) != 0 ||
		changed_at(&note) < changed_at(&file))
		return found;
	buf_init(&text, NOTE_BYTES);
	if (fs_read(beside.p, &text, NULL)) {
		struct str hash = str_sub(buf_str(&text), 0, SHA256_HEX);
		if (sha256_is_text(hash))
			found = arena_str(a, hash);
	}
	buf_clear(&text);
	return found;
}

bool hash_write_beside(struct str path, struct str sha256, struct err *e)
{
	struct buf note, text;
	buf_init(&note, LIMIT_LINK_BYTES);
	buf_init(&text, NOTE_BYTES);
	buf_printf(&note, "%.*s%s", STR_ARG(path), ENDING);
	buf_printf(&text, "%.*s  %.*s\n", STR_ARG(sha256), STR_ARG(fs_base(path)));
	bool ok = fs_write(buf_z(&note), buf_str(&text), 0644, e);
	buf_clear(&text);
	buf_clear(&note);
	return ok;
}

/* ---- in the cache: one small file for each path, holding "HASH SIZE CHANGED" ---- */

static struct str note_path(struct arena *a, struct str path)
{
	struct sha256 h;
	char name[SHA256_TEXT_BYTES];
	sha256_start(&h);
	sha256_feed(&h, path);
	sha256_end(&h, name);
	struct str folder = fs_join(a, fs_place(a, FS_CACHE), STR("hashes"));
	return fs_join(a, folder, str_z(name));
}

static struct str facts_of(struct arena *a, const struct stat *st)
{
	return arena_printf(a, " %" PRIu64 " %" PRId64, (uint64_t)st->st_size, changed_at(st));
}

static struct str remembered(struct arena *a, struct str path, const struct stat *st)
{
	struct buf text;
	struct str found = hash_beside(a, path);
	if (found.n)
		return found;
	buf_init(&text, NOTE_BYTES);
	if (fs_read(note_path(a, path).p, &text, NULL)) {
		struct str hash = str_sub(buf_str(&text), 0, SHA256_HEX);
		if (sha256_is_text(hash) &&
			str_eq(str_from(buf_str(&text), SHA256_HEX), facts_of(a, st)))
			found = arena_str(a, hash);
	}
	buf_clear(&text);
	return found;
}

/* That it could not be remembered is no failure: it was only found for nothing next time. */
static void remember(struct arena *a, struct str path, const struct stat *st, struct str hash)
{
	struct str note = note_path(a, path);
	struct str text = arena_printf(a, "%.*s%s", STR_ARG(hash), facts_of(a, st).p);
	if (fs_make_dirs(arena_z(a, fs_parent(note)), true, NULL))
		fs_write(note.p, text, 0600, NULL);
}

/* ---- reading ---- */

static bool read_through(int fd, const char *path, uint64_t all, const struct hash_watcher *watcher,
	char out[SHA256_TEXT_BYTES], struct err *e)
{
	struct sha256 h;
	uint64_t done = 0;
	char *piece = must_alloc(PIECE_BYTES);
	bool ok = true;
	sha256_start(&h);
	while (ok) {
		ssize_t n = read(fd, piece, PIECE_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ok = fail_errno(e, LAYER_DISK, errno, "cannot read %s", path);
		if (n <= 0)
			break;
		sha256_feed(&h, str_n(piece, (size_t)n));
		done += (uint64_t)n;
		if (watcher && !watcher->tell(watcher->owner, done, all))
			ok = fail(e, ERR_CANCELLED, LAYER_DISK,
				"stopped while reading %s (%" PRIu64 " of %" PRIu64 " bytes)", path,
				done, all);
	}
	sha256_end(&h, out);
	free(piece);
	return ok;
}

bool hash_of_file(struct arena *a, struct str path, const struct hash_watcher *watcher,
	struct str *sha256, struct err *e)
{
	struct stat st;
	char hash[SHA256_TEXT_BYTES];
	const char *z = arena_z(a, path);
	int fd = open(z, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(e, LAYER_DISK, errno, "cannot open %s", z);
	bool ok = fstat(fd, &st) == 0 || fail_errno(e, LAYER_DISK, errno, "cannot look at %s", z);
	struct str known = ok ? remembered(a, path, &st) : STR("");
	if (ok && known.n == 0) {
		ok = read_through(fd, z, (uint64_t)st.st_size, watcher, hash, e);
		if (ok) {
			known = arena_str(a, str_z(hash));
			remember(a, path, &st, known);
		}
	}
	close(fd);
	if (ok)
		*sha256 = known;
	return ok;
}

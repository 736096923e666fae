/*
 * snapshot.c - see snapshot.h.
 *
 * Two files with the same size, inode and times (change time too, which no program can set) are
 * equal without looking, unless they were written so shortly before the first look that the clock
 * of the file system could not tell a second write: git's "racy" rule. Everything else is decided
 * by the kept text, else by the hash, else by size and times.
 *
 * Layer: disk
 */
#include "agent/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/diff.h"
#include "agent/tool.h"
#include "agent/walk.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"

enum { FIRST_ROOM = 64, RACY_MS = 2000, NS_PER_MS = 1000000, MS_PER_S = 1000 };

const char *const change_kind_names[] = {
	[CHANGE_CREATED] = "created",
	[CHANGE_CHANGED] = "changed",
	[CHANGE_DELETED] = "deleted",
};

_Static_assert(sizeof change_kind_names / sizeof change_kind_names[0] == CHANGE_KIND_COUNT,
	"a name for each");

struct entry {
	struct str path;
	mode_t mode;
	off_t size;
	ino_t inode;
	int64_t mtime_ns, ctime_ns;
	bool has_hash;
	uint64_t hash;
	struct str text; /* p is NULL if it was not kept */
};

struct snapshot {
	struct arena *arena;
	const struct paths *paths;
	size_t root; /* the one being walked */
	struct entry *items;
	size_t count, room;
	struct blind *blind;
	size_t blind_count, blind_room;
	int64_t taken_ms;
	size_t kept_bytes, read_bytes;
};

static int64_t ns_of(struct timespec t)
{
	return (int64_t)t.tv_sec * MS_PER_S * NS_PER_MS + t.tv_nsec;
}

#ifdef __APPLE__
#define st_mtim st_mtimespec
#define st_ctim st_ctimespec
#endif

/* As struct place shows it. */
static struct str shown(const struct snapshot *s, struct str rel)
{
	if (s->root == 0)
		return arena_str(s->arena, rel);
	const char *root = paths_root(s->paths, s->root);
	return arena_printf(
		s->arena, "%s/%.*s", str_eq_z(str_z(root), "/") ? "" : root, STR_ARG(rel));
}

/* ---- taking ---- */

static bool read_exactly(int dir_fd, const char *name, size_t bytes, struct buf *out)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (out->n < bytes) {
		char *to = buf_room(out, bytes - out->n);
		ssize_t n = to ? read(fd, to, bytes - out->n) : -1;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_grew(out, (size_t)n);
	}
	close(fd);
	return out->n == bytes;
}

/* Hash and text, as far as the caps allow. */
static void look_inside(struct snapshot *s, const struct walk_entry *from, struct entry *entry)
{
	size_t size = (size_t)entry->size;
	if (size > LIMIT_SNAPSHOT_HASH_BYTES || s->read_bytes + size > LIMIT_SNAPSHOT_READ_BYTES)
		return;
	s->read_bytes += size;
	struct buf bytes;
	buf_init(&bytes, LIMIT_SNAPSHOT_HASH_BYTES);
	if (read_exactly(from->dir_fd, from->name, size, &bytes)) {
		entry->has_hash = true;
		entry->hash = str_hash(buf_str(&bytes));
		bool fits = size <= LIMIT_SNAPSHOT_TEXT_BYTES &&
			    s->kept_bytes + size <= LIMIT_SNAPSHOT_KEPT_BYTES;
		if (fits && !tool_is_binary(buf_str(&bytes))) {
			entry->text = arena_str(s->arena, buf_str(&bytes));
			s->kept_bytes += size;
		}
	}
	buf_clear(&bytes);
}

static bool is_own_temporary(const char *name)
{
	return str_starts(str_z(name), STR(PLACE_TEMP_PREFIX));
}

static bool take_entry(void *owner, const struct walk_entry *from)
{
	struct snapshot *s = owner;
	if (is_own_temporary(from->name))
		return true;
	if (s->count == s->room) {
		s->room = s->room ? s->room * 2 : FIRST_ROOM;
		s->items = must_realloc(s->items, s->room * sizeof *s->items);
	}
	struct entry *entry = &s->items[s->count++];
	*entry = (struct entry){
		.path = shown(s, from->path),
		.mode = from->st.st_mode,
		.size = from->st.st_size,
		.inode = from->st.st_ino,
		.mtime_ns = ns_of(from->st.st_mtim),
		.ctime_ns = ns_of(from->st.st_ctim),
	};
	if (S_ISREG(entry->mode))
		look_inside(s, from, entry);
	return true;
}

static void note_blind(void *owner, struct str path, const char *why)
{
	struct snapshot *s = owner;
	if (s->blind_count == s->blind_room) {
		s->blind_room = s->blind_room ? s->blind_room * 2 : FIRST_ROOM;
		s->blind = must_realloc(s->blind, s->blind_room * sizeof *s->blind);
	}
	s->blind[s->blind_count++] = (struct blind){ shown(s, path), why };
}

static int by_path(const void *a, const void *b)
{
	return str_cmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

struct snapshot *snapshot_take(const struct paths *paths)
{
	struct snapshot *s = must_calloc(1, sizeof *s);
	s->arena = arena_new();
	s->paths = paths;
	s->taken_ms = clock_unix_ms();
	for (; s->root < paths_count(paths); s->root++) {
		struct walk walk = {
			.root_fd = paths_root_fd(paths, s->root),
			.start = STR("."),
			.max_entries = LIMIT_SNAPSHOT_ENTRIES,
			.owner = s,
			.visit = take_entry,
			.skipped = note_blind,
		};
		if (!walk_run(&walk))
			note_blind(s, STR("."), "may not be read");
	}
	if (s->count)
		qsort(s->items, s->count, sizeof *s->items, by_path);
	return s;
}

void snapshot_free(struct snapshot *s)
{
	if (!s)
		return;
	free(s->items);
	free(s->blind);
	arena_free(s->arena);
	free(s);
}

size_t snapshot_count(const struct snapshot *s)
{
	return s->count;
}

static const struct entry *find(const struct snapshot *s, struct str path)
{
	struct entry key = { .path = path };
	return s->count ? bsearch(&key, s->items, s->count, sizeof *s->items, by_path) : NULL;
}

bool snapshot_has(const struct snapshot *s, struct str path)
{
	return find(s, path) != NULL;
}

bool snapshot_is_blind(const struct snapshot *s, struct str path)
{
	for (size_t i = 0; i < s->blind_count; i++) {
		struct str folder = s->blind[i].path;
		bool is_top = str_eq_z(folder, ".");
		bool is_below =
			str_starts(path, folder) && (path.n == folder.n || path.p[folder.n] == '/');
		if (is_below || (is_top && path.n && path.p[0] != '/'))
			return true;
	}
	return false;
}

/* ---- comparing ---- */

struct comparison {
	const struct snapshot *before, *after;
	struct changes *out;
	size_t room, diff_bytes;
};

static bool is_untouched(const struct comparison *c, const struct entry *a, const struct entry *b)
{
	int64_t racy_ns = (c->before->taken_ms - RACY_MS) * NS_PER_MS;
	return a->inode == b->inode && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns &&
	       a->ctime_ns < racy_ns;
}

static bool has_same_bytes(const struct comparison *c, const struct entry *a, const struct entry *b)
{
	if (a->size != b->size)
		return false;
	if (is_untouched(c, a, b))
		return true;
	if (a->text.p && b->text.p)
		return str_eq(a->text, b->text);
	if (a->has_hash && b->has_hash)
		return a->hash == b->hash;
	return a->mtime_ns == b->mtime_ns && a->inode == b->inode;
}

static bool is_same(const struct comparison *c, const struct entry *a, const struct entry *b)
{
	if ((a->mode & S_IFMT) != (b->mode & S_IFMT))
		return false;
	if (S_ISDIR(a->mode))
		return true;
	return a->mode == b->mode && has_same_bytes(c, a, b);
}

static void add_diff(
	struct comparison *c, struct change *change, const struct entry *a, const struct entry *b)
{
	const struct entry *last = b ? b : a;
	if (!S_ISREG(last->mode))
		return;
	if (a && b && has_same_bytes(c, a, b)) {
		change->no_diff = "permissions only";
		return;
	}
	bool has_texts = (!a || a->text.p) && (!b || b->text.p);
	if (!has_texts) {
		bool is_small = last->has_hash && last->size <= (off_t)LIMIT_SNAPSHOT_TEXT_BYTES;
		change->no_diff = is_small ? "binary" : "too big";
		return;
	}
	struct buf diff;
	buf_init(&diff, LIMIT_TOOL_DIFF_BYTES);
	struct diff_counts counts =
		diff_texts(last->path, a ? a->text : str_z(NULL), b ? b->text : str_z(NULL), &diff);
	change->lines_added = counts.added;
	change->lines_removed = counts.removed;
	if (c->diff_bytes + diff.n <= LIMIT_SNAPSHOT_DIFF_BYTES) {
		c->diff_bytes += diff.n;
		change->diff = arena_str(c->out->arena, buf_str(&diff));
	} else {
		change->no_diff = "too big";
	}
	buf_clear(&diff);
}

static void add_change(struct comparison *c, const struct entry *a, const struct entry *b)
{
	struct changes *out = c->out;
	if (out->count == c->room) {
		c->room = c->room ? c->room * 2 : FIRST_ROOM;
		out->items = must_realloc(out->items, c->room * sizeof *out->items);
	}
	struct change *change = &out->items[out->count++];
	*change = (struct change){
		.kind = !a   ? CHANGE_CREATED
			: !b ? CHANGE_DELETED
			     : CHANGE_CHANGED,
		.path = arena_str(out->arena, b ? b->path : a->path),
		.is_folder = S_ISDIR((b ? b : a)->mode),
		.bytes_before = a && S_ISREG(a->mode) ? a->size : 0,
		.bytes_after = b && S_ISREG(b->mode) ? b->size : 0,
	};
	add_diff(c, change, a, b);
}

static bool has_blind(const struct changes *out, struct str path)
{
	for (size_t i = 0; i < out->blind_count; i++)
		if (str_eq(out->blind[i].path, path))
			return true;
	return false;
}

static void add_blind(struct changes *out, const struct snapshot *s)
{
	out->blind = must_realloc(
		out->blind, (out->blind_count + s->blind_count + 1) * sizeof *out->blind);
	for (size_t i = 0; i < s->blind_count; i++) {
		if (str_ends(s->blind[i].path, STR(".git")) || has_blind(out, s->blind[i].path))
			continue;
		out->blind[out->blind_count++] =
			(struct blind){ arena_str(out->arena, s->blind[i].path), s->blind[i].why };
	}
}

struct changes *snapshot_compare(const struct snapshot *before, const struct snapshot *after)
{
	struct changes *out = must_calloc(1, sizeof *out);
	out->arena = arena_new();
	struct comparison c = { before, after, out, 0, 0 };
	size_t i = 0, k = 0;
	while (i < before->count || k < after->count) {
		const struct entry *a = i < before->count ? &before->items[i] : NULL;
		const struct entry *b = k < after->count ? &after->items[k] : NULL;
		int order = i >= before->count  ? 1
			    : k >= after->count ? -1
						: str_cmp(a->path, b->path);
		if (order < 0 && !snapshot_is_blind(after, a->path))
			add_change(&c, a, NULL);
		else if (order > 0 && !snapshot_is_blind(before, b->path))
			add_change(&c, NULL, b);
		else if (order == 0 && !is_same(&c, a, b))
			add_change(&c, a, b);
		i += order <= 0;
		k += order >= 0;
	}
	add_blind(out, before);
	add_blind(out, after);
	return out;
}

void changes_free(struct changes *c)
{
	if (!c)
		return;
	arena_free(c->arena);
	free(c->items);
	free(c->blind);
	free(c);
}

static bool is_base_of(struct str name, struct str path)
{
	return path.n > name.n && str_ends(path, name) && path.p[path.n - name.n - 1] == '/';
}

const struct change *changes_find(const struct changes *c, struct str path)
{
	const struct change *of_that_name = NULL;
	bool is_plain = str_find_char(path, '/') == SIZE_MAX;
	for (size_t i = 0; i < c->count; i++) {
		if (str_eq(c->items[i].path, path))
			return &c->items[i];
		if (is_plain && is_base_of(path, c->items[i].path))
			of_that_name = &c->items[i];
	}
	return of_that_name;
}

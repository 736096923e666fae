/*
 * context.c - see context.h.
 *
 * The nearest file is read first, so that it is the far ones that are cut when there is too much.
 *
 * Layer: prompt
 */
#include "agent/context.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/utf8.h"

enum { MOST_FOLDERS = 64, NAMES = 2 };

static const char *const names[NAMES] = { "AGENTS.md", "CLAUDE.md" };

struct found {
	struct context_file file;
	struct str text;
};

struct reader {
	struct arena *arena;
	struct found items[MOST_FOLDERS * NAMES];
	size_t count;
	size_t room; /* bytes left */
};

static bool is_below(struct str path, struct str folder)
{
	return str_starts(path, folder) && (path.n == folder.n || path.p[folder.n] == '/');
}

/* The folder to stop at: the repository's top, else the home directory, else where we are: a folder
 * like /tmp belongs to everybody, and must not speak to our agent. */
static struct str top_folder(struct arena *a, struct str folder)
{
	struct str home = str_z(getenv("HOME")), at = folder;
	for (size_t depth = 0; depth < MOST_FOLDERS && at.n > 1; depth++) {
		if (fs_exists(fs_join(a, at, STR(".git")).p))
			return at;
		at = arena_str(a, fs_parent(at));
	}
	return home.n > 1 && is_below(folder, home) ? home : folder;
}

static bool is_repeated(const struct reader *r, size_t since, struct str text)
{
	for (size_t i = since; i < r->count; i++)
		if (str_eq(r->items[i].text, str_sub(text, 0, r->items[i].text.n)))
			return true;
	return false;
}

static void read_one(struct reader *r, struct str path, size_t since)
{
	struct err ignored = { 0 };
	struct buf bytes;
	buf_init(&bytes, LIMIT_TEXT_FILE_BYTES);
	if (fs_read(path.p, &bytes, &ignored) && bytes.n && utf8_is_valid(buf_str(&bytes)) &&
		!is_repeated(r, since, buf_str(&bytes))) {
		struct str taken = str_sub(buf_str(&bytes), 0, r->room);
		if (taken.n < bytes.n)
			taken.n = utf8_whole(taken);
		r->room -= taken.n;
		r->items[r->count++] =
			(struct found){ { path, bytes.n, taken.n }, arena_str(r->arena, taken) };
	}
	buf_clear(&bytes);
}

static void add_file(const struct found *f, struct buf *out)
{
	buf_printf(out, "\n\nFrom %s:\n\n", f->file.path.p);
	buf_add(out, str_trim(f->text));
	if (f->file.taken < f->file.bytes)
		buf_printf(out, "\n[cut: %zu of %zu bytes]", f->file.taken, f->file.bytes);
}

struct context context_read(struct arena *a, struct str folder, size_t max_bytes)
{
	struct reader *r = arena_alloc(a, sizeof *r);
	*r = (struct reader){ .arena = a,
		.room = max_bytes < LIMIT_CONTEXT_FILE_BYTES ? max_bytes
							     : LIMIT_CONTEXT_FILE_BYTES };
	struct str top = top_folder(a, folder);
	for (size_t depth = 0; depth < MOST_FOLDERS; depth++) {
		size_t since = r->count;
		for (size_t i = 0; i < NAMES; i++)
			read_one(r, fs_join(a, folder, str_z(names[i])), since);
		if (str_eq(folder, top))
			break;
		folder = arena_str(a, fs_parent(folder));
	}
	struct context c = { .count = r->count };
	struct buf text;
	buf_init(&text, LIMIT_PROMPT_BYTES);
	c.files = arena_calloc(a, r->count + 1, sizeof *c.files);
	for (size_t i = 0; i < r->count; i++) {
		const struct found *f = &r->items[r->count - 1 - i];
		c.files[i] = f->file;
		add_file(f, &text);
	}
	c.text = arena_str(a, buf_str(&text));
	buf_clear(&text);
	return c;
}

/*
 * tool_list.c - list(path): what is in a folder, one name a line, sorted.
 *
 * Small folders in it are opened up ("src/main.c"), nearest first, as long as the whole stays
 * short; the others, and those that git ignores or that are git's own, stand as one name with a "/"
 * behind. So one look shows a small project whole and a big one from above.
 *
 * Layer: act
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/ignore.h"
#include "agent/tool.h"
#include "base/limits.h"
#include "base/must.h"

enum { FIRST_ROOM = 64, CUT_NOTE_BYTES = 64 };

struct item {
	struct str name; /* below the listed folder */
	bool is_folder;
	bool is_opened; /* its insides stand in the list instead of it */
};

struct listing {
	struct arena *arena;
	const struct ignore *ignore;
	struct str from_root; /* the listed folder, as the ignore rules see it: "" or "sub/" */
	struct item *items;
	size_t count, room;
	size_t left_out;
};

static void add(struct listing *l, struct item item)
{
	if (l->count == LIMIT_LIST_NAMES) {
		l->left_out++;
		return;
	}
	if (l->count == l->room) {
		l->room = l->room ? l->room * 2 : FIRST_ROOM;
		l->items = must_realloc(l->items, l->room * sizeof *l->items);
	}
	l->items[l->count++] = item;
}

static bool is_folder(DIR *dir, const char *name)
{
	struct stat st;
	return fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Adds what is in the folder, the names behind `prefix`. */
static void add_folder(struct listing *l, DIR *dir, struct str prefix)
{
	const struct dirent *d;
	while ((d = readdir(dir))) {
		if (str_eq_z(str_z(d->d_name), ".") || str_eq_z(str_z(d->d_name), ".."))
			continue;
		struct str name = arena_printf(l->arena, "%.*s%s", STR_ARG(prefix), d->d_name);
		add(l, (struct item){ .name = name, .is_folder = is_folder(dir, d->d_name) });
	}
}

static size_t count_names(DIR *dir)
{
	size_t count = 0;
	while (readdir(dir))
		count++;
	rewinddir(dir);
	return count < 2 ? 0 : count - 2; /* "." and ".." */
}

static bool stays_closed(const struct listing *l, struct str name)
{
	struct str path = arena_printf(l->arena, "%.*s%.*s", STR_ARG(l->from_root), STR_ARG(name));
	return str_eq_z(name, ".git") || str_ends(name, STR("/.git")) ||
	       (l->ignore && ignore_has(l->ignore, path, true));
}

/* Puts the insides of a folder in its place, if the list stays short. */
static void open_up(struct listing *l, int top, size_t i)
{
	struct str name = l->items[i].name;
	if (stays_closed(l, name))
		return;
	int fd = openat(top, name.p, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	size_t inside = count_names(dir);
	if (inside && l->count + inside <= LIMIT_LIST_OPENED) {
		add_folder(l, dir, arena_printf(l->arena, "%.*s/", STR_ARG(name)));
		l->items[i].is_opened = true;
	}
	closedir(dir);
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(((const struct item *)a)->name, ((const struct item *)b)->name);
}

static void tell(const struct listing *l, struct buf *out)
{
	size_t missing = l->left_out;
	for (size_t i = 0; i < l->count; i++) {
		const struct item *item = &l->items[i];
		if (item->is_opened)
			continue;
		if (missing > l->left_out || out->n + item->name.n + CUT_NOTE_BYTES > out->max) {
			missing++;
			continue;
		}
		buf_printf(out, "%s%.*s%s", out->n ? "\n" : "", STR_ARG(item->name),
			item->is_folder ? "/" : "");
	}
	if (missing)
		buf_printf(out, "\n[cut: %zu more names]", missing);
	else if (l->count == 0)
		buf_add_z(out, "(the folder is empty)");
}

static void list(struct listing *l, DIR *dir, struct buf *out)
{
	add_folder(l, dir, str_z(NULL));
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].is_folder)
			open_up(l, dirfd(dir), i);
	if (l->count)
		qsort(l->items, l->count, sizeof *l->items, by_name);
	tell(l, out);
}

static bool run(
	const struct tool_context *c, const json_t *args, struct tool_result *r, struct err *e)
{
	struct place at;
	if (!paths_find(c->paths, r->arena, tool_arg(args, "path"), &at, e))
		return false;
	int fd = place_open(c->paths, &at, O_RDONLY, e);
	if (fd < 0)
		return false;
	DIR *dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return fail(e, ERR_BAD_DATA, LAYER_ACT, "%.*s: is a file, not a folder",
			STR_ARG(at.shown));
	}
	struct ignore *ignore = ignore_new(paths_root(c->paths, at.root));
	struct listing l = { .arena = r->arena, .ignore = ignore };
	if (!str_eq_z(at.rel, "."))
		l.from_root = arena_printf(r->arena, "%.*s/", STR_ARG(at.rel));
	list(&l, dir, &r->text);
	free(l.items);
	ignore_free(ignore);
	closedir(dir);
	return true;
}

const struct agent_tool tool_list = {
	.name = "list",
	.description = "list a folder",
	.schema = "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"}},"
		  "\"required\":[\"path\"],\"additionalProperties\":false}",
	.risk = TOOL_READS,
	.run = run,
};

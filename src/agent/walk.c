/*
 * walk.c - see walk.h.
 *
 * The queue of folders still to enter is the walk's only memory; it lives in an arena that dies
 * with the walk. Names are taken in one folder at a time, so that sorting needs no more than one
 * folder.
 */
#include "agent/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/ignore.h"
#include "base/arena.h"
#include "base/must.h"

enum { FIRST_ROOM = 64 };

struct queue {
	struct str *items;
	size_t count, room;
};

struct state {
	const struct walk *walk;
	struct arena *arena;
	struct queue folders; /* all that were found; entered in order */
	struct queue names;   /* of the folder that is being read */
	size_t entries;
	bool is_ended;
};

static void push(struct queue *q, struct str item)
{
	if (q->count == q->room) {
		q->room = q->room ? q->room * 2 : FIRST_ROOM;
		q->items = must_realloc(q->items, q->room * sizeof *q->items);
	}
	q->items[q->count++] = item;
}

static void tell_skipped(struct state *s, struct str path, const char *why)
{
	if (s->walk->skipped)
		s->walk->skipped(s->walk->owner, path, why);
}

/* The insides of version control are not the user's files. */
static bool is_never_entered(struct str name)
{
	return str_eq_z(name, ".git") || str_eq_z(name, ".hg") || str_eq_z(name, ".svn");
}

static void show(struct state *s, const struct walk_entry *entry)
{
	bool is_folder = S_ISDIR(entry->st.st_mode);
	if (s->walk->ignore && ignore_has(s->walk->ignore, entry->path, is_folder))
		return;
	if (is_folder && is_never_entered(str_z(entry->name))) {
		tell_skipped(s, entry->path, "version control");
		return;
	}
	if (!s->walk->visit(s->walk->owner, entry))
		s->is_ended = true;
	else if (is_folder)
		push(&s->folders, entry->path);
}

static int by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void read_names(struct state *s, DIR *dir)
{
	const struct dirent *d;
	s->names.count = 0;
	while ((d = readdir(dir))) {
		struct str name = str_z(d->d_name);
		if (!str_eq_z(name, ".") && !str_eq_z(name, ".."))
			push(&s->names, arena_str(s->arena, name));
	}
	if (s->names.count)
		qsort(s->names.items, s->names.count, sizeof *s->names.items, by_bytes);
}

static void show_all(struct state *s, struct str folder, int fd)
{
	bool is_top = str_eq_z(folder, ".");
	for (size_t i = 0; i < s->names.count && !s->is_ended; i++) {
		struct str name = s->names.items[i];
		struct walk_entry entry = { .name = name.p, .dir_fd = fd };
		if (fstatat(fd, name.p, &entry.st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		entry.path = is_top ? name : arena_printf(s->arena, "%s/%s", folder.p, name.p);
		show(s, &entry);
	}
}

static bool enter(struct state *s, struct str folder)
{
	int fd =
		openat(s->walk->root_fd, folder.p, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir) {
		if (fd >= 0)
			close(fd);
		tell_skipped(s, folder, "may not be read");
		return false;
	}
	read_names(s, dir);
	if (s->entries + s->names.count > s->walk->max_entries) {
		tell_skipped(s, folder, "too many files");
	} else {
		s->entries += s->names.count;
		show_all(s, folder, fd);
	}
	closedir(dir);
	return true;
}

bool walk_run(const struct walk *w)
{
	struct state s = { .walk = w, .arena = arena_new() };
	push(&s.folders, arena_str(s.arena, w->start));
	bool ok = enter(&s, s.folders.items[0]);
	for (size_t i = 1; i < s.folders.count && !s.is_ended; i++)
		enter(&s, s.folders.items[i]);
	free(s.folders.items);
	free(s.names.items);
	arena_free(s.arena);
	return ok;
}

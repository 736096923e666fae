/*
 * tool_list.c - list(path): the names in a folder, one a line, sorted, folders with a "/" behind.
 *
 * Layer: act
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/tool.h"
#include "base/limits.h"
#include "base/must.h"

enum { FIRST_ROOM = 64, CUT_NOTE_BYTES = 64 };

struct names {
	struct str *items;
	size_t count, room;
	size_t left_out;
};

static int by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static bool is_folder(DIR *dir, const struct dirent *entry)
{
	struct stat st;
	return fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

static void collect(DIR *dir, struct arena *a, struct names *names)
{
	const struct dirent *entry;
	while ((entry = readdir(dir))) {
		struct str name = str_z(entry->d_name);
		if (str_eq_z(name, ".") || str_eq_z(name, ".."))
			continue;
		if (names->count == LIMIT_LIST_NAMES) {
			names->left_out++;
			continue;
		}
		if (names->count == names->room) {
			names->room = names->room ? names->room * 2 : FIRST_ROOM;
			names->items =
				must_realloc(names->items, names->room * sizeof *names->items);
		}
		names->items[names->count++] =
			arena_printf(a, "%s%s", name.p, is_folder(dir, entry) ? "/" : "");
	}
	if (names->count)
		qsort(names->items, names->count, sizeof *names->items, by_bytes);
}

static void tell(const struct names *names, struct buf *out)
{
	size_t i = 0;
	for (; i < names->count; i++) {
		size_t before = out->n;
		if (i)
			buf_add_char(out, '\n');
		if (out->n + names->items[i].n + CUT_NOTE_BYTES > out->max) {
			buf_truncate(out, before);
			break;
		}
		buf_add(out, names->items[i]);
	}
	size_t missing = names->count - i + names->left_out;
	if (missing)
		buf_printf(out, "\n[cut: %zu more names]", missing);
	else if (names->count == 0)
		buf_add_z(out, "(the folder is empty)");
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
	struct names names = { 0 };
	collect(dir, r->arena, &names);
	tell(&names, &r->text);
	free(names.items);
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

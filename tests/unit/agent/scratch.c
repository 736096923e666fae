#include "scratch.h"

#include <stdlib.h>

#include "base/fs.h"
#include "base/must.h"

static struct arena *arena;
static struct str top, work;

int scratch_make(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct str made;
	arena = arena_new();
	if (!fs_temp_dir(arena, "offgrid-test", &made, &e))
		return -1;
	char *real = realpath(made.p, NULL);
	top = arena_str(arena, str_z(real));
	free(real);
	work = fs_join(arena, top, STR("work"));
	return fs_make_dirs(work.p, false, &e) ? 0 : -1;
}

int scratch_remove(void **state)
{
	(void)state;
	struct err e = { 0 };
	bool ok = fs_remove_tree(top.p, &e);
	arena_free(arena);
	arena = NULL;
	return ok ? 0 : -1;
}

struct arena *scratch_arena(void)
{
	return arena;
}

const char *scratch_dir(void)
{
	return work.p;
}

const char *scratch_top(void)
{
	return top.p;
}

const char *scratch_path(const char *name)
{
	return fs_join(arena, work, str_z(name)).p;
}

void scratch_write(const char *name, const char *text)
{
	struct err e = { 0 };
	const char *path = scratch_path(name);
	MUST(fs_make_dirs(arena_z(arena, fs_parent(str_z(path))), false, &e));
	MUST(fs_write(path, str_z(text), 0644, &e));
}

struct str scratch_read(const char *name)
{
	struct err e = { 0 };
	struct buf b;
	buf_init(&b, 1 << 20);
	MUST(fs_read(scratch_path(name), &b, &e));
	struct str text = arena_str(arena, buf_str(&b));
	buf_clear(&b);
	return text;
}

bool scratch_has(const char *name)
{
	return fs_exists(scratch_path(name));
}

/*
 * scratch.h - a folder of its own for the tests of one file, and stores in it.
 */
#ifndef OFFGRID_TESTS_STORE_SCRATCH_H
#define OFFGRID_TESTS_STORE_SCRATCH_H

#include "../unit.h"

#include "base/fs.h"
#include "store/store.h"

static struct arena *arena;
static struct str dir;

static inline int make_dir(void **state)
{
	struct err e = { 0 };
	(void)state;
	arena = arena_new();
	return fs_temp_dir(arena, "offgrid-test", &dir, &e) ? 0 : -1;
}

static inline int remove_dir(void **state)
{
	struct err e = { 0 };
	(void)state;
	bool ok = fs_remove_tree(dir.p, &e);
	arena_free(arena);
	return ok ? 0 : -1;
}

static inline struct store *open_store(const char *name)
{
	struct err e = { 0 };
	struct store *s = store_open(fs_join(arena, dir, str_z(name)).p, &e);
	assert_string_equal(e.what, "");
	assert_non_null(s);
	return s;
}

#endif

/*
 * home.c - see home.h.
 */
#include "home.h"

#include "../unit.h"

#include <stdlib.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/sha256.h"
#include "model/tiny.h"

static struct arena *arena;
static struct str home;

static const char *const moved[] = { "OLLAMA_MODELS", "HF_HUB_CACHE", "HF_HOME", "LLAMA_CACHE",
	"XDG_CACHE_HOME", "XDG_DATA_HOME", "OFFGRID_DATA_DIR", "OFFGRID_CACHE_DIR",
	"OFFGRID_SHARE_DIR" };

int home_make(void **state)
{
	(void)state;
	struct err e = { 0 };
	arena = arena_new();
	if (!fs_temp_dir(arena, "offgrid-test", &home, &e))
		return -1;
	for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++)
		unsetenv(moved[i]);
	setenv("HOME", home.p, 1);
	setenv("OFFGRID_DATA_DIR", home_path("data"), 1);
	setenv("OFFGRID_CACHE_DIR", home_path("cache"), 1);
	setenv("OLLAMA_MODELS", home_path(".ollama/models"), 1);
	return 0;
}

int home_remove(void **state)
{
	(void)state;
	bool ok = fs_remove_tree(home.p, NULL);
	arena_free(arena);
	return ok ? 0 : -1;
}

struct arena *home_arena(void)
{
	return arena;
}

const char *home_path(const char *name)
{
	return fs_join(arena, home, str_z(name)).p;
}

const char *home_put(const char *name, struct str bytes)
{
	struct err e = { 0 };
	const char *path = home_path(name);
	assert_true(fs_make_dirs(arena_z(arena, fs_parent(str_z(path))), false, &e));
	assert_true(fs_write(path, bytes, 0644, &e));
	return path;
}

const char *home_put_model(const char *name, const char *arch)
{
	struct err e = { 0 };
	struct buf b;
	struct tiny_recipe r = { .arch = arch, .seed = str_hash(str_z(name)) };
	struct gg_writer *w = tiny_model(&r, &e);
	buf_init(&b, LIMIT_GGUF_WRITE_BYTES);
	assert_true(gg_writer_bytes(w, &b, &e));
	const char *path = home_put(name, buf_str(&b));
	gg_writer_free(w);
	buf_clear(&b);
	return path;
}

struct str home_sha256(const char *path)
{
	struct err e = { 0 };
	struct buf b;
	struct sha256 h;
	char out[SHA256_TEXT_BYTES];
	buf_init(&b, LIMIT_GGUF_WRITE_BYTES);
	assert_true(fs_read(path, &b, &e));
	sha256_start(&h);
	sha256_feed(&h, buf_str(&b));
	sha256_end(&h, out);
	buf_clear(&b);
	return arena_str(arena, str_z(out));
}

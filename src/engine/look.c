/*
 * look.c - whether libllama takes a model file at all; see look.h.
 */
#include "engine/look.h"

#include <sys/stat.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "engine/child.h"
#include "engine/library.h"
#include "engine/params.h"

enum {
	TOKENS = 512,    /* of the context that is tried: some of its memory is really taken */
	REMEMBERED = 100 /* files; then the cache begins anew */
};

static bool fail_library(struct err *e, const char *path)
{
	char said[LIBRARY_LINE_BYTES];
	library_first_error(said);
	return fail(e, ERR_BAD_DATA, LAYER_ENGINE, "libllama does not take %s%s%s", path,
		said[0] ? ": " : "", said);
}

static bool try_context(struct llama_model *model, const char *path, struct err *e)
{
	struct estimate_use use = { TOKENS, 1, TOKENS, 1, true };
	if (!llama_model_has_decoder(model) || llama_model_has_encoder(model))
		return fail(e, ERR_BAD_DATA, LAYER_ENGINE,
			"%s is no model that answers (it has %s)", path,
			llama_model_has_encoder(model) ? "an encoder" : "no decoder");
	struct llama_context *context = llama_init_from_model(model, params_context(&use));
	if (!context)
		return fail_library(e, path);
	llama_free(context);
	return true;
}

bool look_here(const char *path, struct err *e)
{
	struct params_devices none = { .is_default = false };
	struct llama_model_params params = params_model(&none);
	params.no_alloc = true;
	params.load_mode = LLAMA_LOAD_MODE_NONE;
	library_log_mark();
	struct llama_model *model = llama_model_load_from_file(path, params);
	if (!model)
		return fail_library(e, path);
	bool ok = try_context(model, path, e);
	llama_model_free(model);
	return ok;
}

/* ---- the child ---- */

int look_child(int argc, char **argv)
{
	struct err e = { 0 };
	if (argc != 2)
		return 2;
	bool ok = library_open(&e) && look_here(argv[1], &e);
	return child_tell(ok ? json_true() : NULL, &e);
}

bool look_in_child(const char *self, const char *path, struct err *e)
{
	const char *const argv[] = { self, LOOK_CHILD, path, NULL };
	json_t *said = child_ask(argv, path, e);
	json_decref(said);
	return said;
}

/* ---- what is remembered ---- */

/* What has to be the same for a memory to count. */
static json_t *mark_of(const char *path)
{
	struct stat s;
	if (!path || stat(path, &s) != 0)
		return NULL;
	return json_pack(
		"[I, I, s]", (json_int_t)s.st_size, (json_int_t)s.st_mtime, library_version());
}

static struct str memory_path(struct arena *a)
{
	return fs_join(a, fs_place(a, FS_CACHE), STR("models-looked-at.json"));
}

/* The whole memory: an object, path to mark. Empty if there is none. */
static json_t *read_memory(struct arena *a)
{
	struct buf text;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	json_t *all = NULL;
	if (fs_read(arena_z(a, memory_path(a)), &text, NULL))
		all = js_parse(buf_str(&text), LAYER_DISK, NULL);
	buf_clear(&text);
	if (json_is_object(all))
		return all;
	json_decref(all);
	return json_object();
}

bool look_is_remembered(const char *path)
{
	struct arena *a = arena_new();
	char *full = realpath(path, NULL);
	json_t *all = read_memory(a), *mark = mark_of(full);
	bool ok = mark && json_equal(json_object_get(all, full), mark);
	json_decref(mark);
	json_decref(all);
	free(full);
	arena_free(a);
	return ok;
}

void look_remember(const char *path)
{
	struct arena *a = arena_new();
	char *full = realpath(path, NULL);
	json_t *all = read_memory(a), *mark = mark_of(full);
	if (json_object_size(all) >= REMEMBERED)
		json_object_clear(all);
	struct buf text;
	struct str file = memory_path(a);
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	if (mark && json_object_set_new(all, full, mark) == 0 && js_write_pretty(all, &text) &&
		fs_make_dirs(arena_z(a, fs_parent(file)), false, NULL))
		fs_write(arena_z(a, file), buf_str(&text), 0644, NULL);
	buf_clear(&text);
	json_decref(all);
	free(full);
	arena_free(a);
}

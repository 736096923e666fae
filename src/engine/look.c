/*
 * look.c - what a model file needs; see look.h.
 *
 * The sizes of cache and computing are in no function of libllama's C API; it writes them to its
 * log while it makes a context, and there they are read. A test fails when that wording changes.
 */
#include "engine/look.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "engine/child.h"
#include "engine/library.h"

enum {
	MOST_TOKENS =
		65536, /* measured; libllama's own tables of a larger cache take long to make */
	STEP_TOKENS = 256,
	LOG_BYTES = 128 * 1024,
	REMEMBERED = 100 /* files; then the cache begins anew */
};

/* ---- in this process ---- */

/* "...: size =  180.00 MiB (": the number, in bytes. */
static uint64_t size_in(struct str line)
{
	size_t at = str_find(line, STR("size ="));
	double mib = 0;
	if (at == SIZE_MAX)
		return 0;
	struct str number = str_trim_left(str_from(line, at + 6));
	size_t end = str_find_char(number, ' ');
	if (!str_to_double(str_sub(number, 0, end), &mib) || mib < 0)
		return 0;
	return (uint64_t)(mib * (double)MIB);
}

static bool has(struct str line, struct str words)
{
	return str_find(line, words) != SIZE_MAX;
}

/* Adds up what the log says of one context. */
static void read_log(struct str log, struct fit_point *p)
{
	struct str line;
	while (str_cut(&log, '\n', &line)) {
		bool is_cache = has(line, STR("llama_kv_cache")) ||
				has(line, STR("llama_memory_recurrent"));
		if (is_cache && has(line, STR(": size =")))
			p->kv_bytes += size_in(line);
		else if (has(line, STR("compute buffer size =")) ||
			 has(line, STR("output buffer size =")))
			p->compute_bytes += size_in(line);
	}
}

static bool fail_library(struct err *e, const char *path)
{
	char said[LIBRARY_LINE_BYTES];
	library_first_error(said);
	return fail(e, ERR_BAD_DATA, LAYER_ENGINE, "libllama does not take %s%s%s", path,
		said[0] ? ": " : "", said);
}

static bool measure(struct llama_model *model, const struct params_shape *shape, int tokens,
	struct fit_point *out, struct err *e)
{
	struct params_shape at = *shape;
	struct buf log;
	at.context_tokens = tokens;
	size_t mark = library_log_mark();
	struct llama_context *context = llama_init_from_model(model, params_context(&at));
	if (!context)
		return fail_library(e, "a context for it");
	buf_init(&log, LOG_BYTES);
	library_log_since(mark, &log);
	*out = (struct fit_point){ .context_tokens = (int)llama_n_ctx(context) };
	read_log(buf_str(&log), out);
	buf_clear(&log);
	llama_free(context);
	return true;
}

bool look_here(
	const char *path, const struct params_shape *shape, struct fit_need *out, struct err *e)
{
	struct params_devices devices;
	if (!params_devices(shape->devices, &devices, e))
		return false;
	struct llama_model_params params = params_model(&devices);
	params.no_alloc = true;
	params.load_mode = LLAMA_LOAD_MODE_NONE;
	library_log_mark();
	struct llama_model *model = llama_model_load_from_file(path, params);
	if (!model)
		return fail_library(e, path);
	struct fit_need need = { .weight_bytes = llama_model_size(model),
		.trained_context_tokens = llama_model_n_ctx_train(model),
		.layers = llama_model_n_layer(model) };
	/* Both points beyond any sliding window, so that the line through them is true further on.
	 */
	int high = need.trained_context_tokens, low;
	high = high > MOST_TOKENS ? MOST_TOKENS : high < 2 * STEP_TOKENS ? 2 * STEP_TOKENS : high;
	low = high / 2 / STEP_TOKENS * STEP_TOKENS;
	bool ok = true;
	if (!llama_model_has_decoder(model) || llama_model_has_encoder(model))
		ok = fail(e, ERR_BAD_DATA, LAYER_ENGINE, "%s is no model that answers (it has %s)",
			path, llama_model_has_encoder(model) ? "an encoder" : "no decoder");
	ok = ok && measure(model, shape, low, &need.low, e) &&
	     measure(model, shape, high, &need.high, e);
	llama_model_free(model);
	if (ok)
		*out = need;
	return ok;
}

/* ---- as JSON ---- */

static json_t *point_json(const struct fit_point *p)
{
	return json_pack("{s:i, s:I, s:I}", "tokens", p->context_tokens, "kv",
		(json_int_t)p->kv_bytes, "compute", (json_int_t)p->compute_bytes);
}

static json_t *need_json(const struct fit_need *n)
{
	return json_pack("{s:I, s:i, s:i, s:o, s:o}", "weights", (json_int_t)n->weight_bytes,
		"trained", n->trained_context_tokens, "layers", n->layers, "low",
		point_json(&n->low), "high", point_json(&n->high));
}

static bool get_bytes(const struct js_at *up, const char *key, uint64_t *out, struct err *e)
{
	struct js_at at = js_key(up, key);
	int64_t n;
	if (!js_get_i64(&at, &n, e))
		return false;
	*out = n > 0 ? (uint64_t)n : 0;
	return true;
}

static bool get_int(const struct js_at *up, const char *key, int *out, struct err *e)
{
	struct js_at at = js_key(up, key);
	int64_t n;
	if (!js_get_i64(&at, &n, e))
		return false;
	if (n < 0 || n > INT32_MAX)
		return js_fail(&at, e, "%lld is no sensible number", (long long)n);
	*out = (int)n;
	return true;
}

static bool get_point(const struct js_at *up, const char *key, struct fit_point *out, struct err *e)
{
	struct js_at at = js_key(up, key);
	return get_int(&at, "tokens", &out->context_tokens, e) &&
	       get_bytes(&at, "kv", &out->kv_bytes, e) &&
	       get_bytes(&at, "compute", &out->compute_bytes, e);
}

static bool get_need(const struct js_at *at, struct fit_need *out, struct err *e)
{
	return get_bytes(at, "weights", &out->weight_bytes, e) &&
	       get_int(at, "trained", &out->trained_context_tokens, e) &&
	       get_int(at, "layers", &out->layers, e) && get_point(at, "low", &out->low, e) &&
	       get_point(at, "high", &out->high, e);
}

/* ---- the child ---- */

int look_child(int argc, char **argv)
{
	struct err e = { 0 };
	struct fit_need need = { 0 };
	int64_t sequences, batch;
	if ((argc != 4 && argc != 5) || !str_to_i64(str_z(argv[2]), &sequences) ||
		!str_to_i64(str_z(argv[3]), &batch))
		return 2;
	struct params_shape shape = { .sequences = (int)sequences,
		.batch_tokens = (int)batch,
		.devices = argc == 5 ? argv[4] : NULL };
	bool ok = library_open(&e) && look_here(argv[1], &shape, &need, &e);
	return child_tell(ok ? need_json(&need) : NULL, &e);
}

bool look_in_child(const char *self, const char *path, const struct params_shape *shape,
	struct fit_need *out, struct err *e)
{
	char sequences[16], batch[16];
	snprintf(sequences, sizeof sequences, "%d", shape->sequences);
	snprintf(batch, sizeof batch, "%d", shape->batch_tokens);
	const char *const argv[] = { self, LOOK_CHILD, path, sequences, batch, shape->devices,
		NULL };
	json_t *said = child_ask(argv, path, e);
	struct js_at root = js_root(said, LAYER_ENGINE);
	bool ok = said && get_need(&root, out, e);
	json_decref(said);
	return ok;
}

/* ---- what is remembered ---- */

/* What has to be the same for a memory to count. */
static json_t *mark_of(const char *path, const struct params_shape *shape)
{
	struct stat s;
	if (!path || stat(path, &s) != 0)
		return NULL;
	return json_pack("[I, I, s, i, i, s]", (json_int_t)s.st_size, (json_int_t)s.st_mtime,
		library_version(), shape->sequences, shape->batch_tokens,
		shape->devices ? shape->devices : "");
}

static struct str memory_path(struct arena *a)
{
	return fs_join(a, fs_place(a, FS_CACHE), STR("models-looked-at.json"));
}

/* The whole memory: an object, path to [mark, need]. Empty if there is none. */
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

bool look_remembered(const char *path, const struct params_shape *shape, struct fit_need *out)
{
	struct arena *a = arena_new();
	char *full = realpath(path, NULL);
	json_t *all = read_memory(a), *mark = mark_of(full, shape);
	json_t *entry = mark ? json_object_get(all, full) : NULL;
	struct fit_need need = { 0 };
	struct js_at at = js_root(json_array_get(entry, 1), LAYER_DISK);
	bool ok = mark && json_equal(json_array_get(entry, 0), mark) && get_need(&at, &need, NULL);
	if (ok)
		*out = need;
	json_decref(mark);
	json_decref(all);
	free(full);
	arena_free(a);
	return ok;
}

void look_remember(const char *path, const struct params_shape *shape, const struct fit_need *need)
{
	struct arena *a = arena_new();
	char *full = realpath(path, NULL);
	json_t *all = read_memory(a), *mark = mark_of(full, shape);
	if (json_object_size(all) >= REMEMBERED)
		json_object_clear(all);
	struct buf text;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	if (mark &&
		json_object_set_new(all, full, json_pack("[o, o]", mark, need_json(need))) == 0 &&
		js_write_pretty(all, &text)) {
		struct str file = memory_path(a);
		if (fs_make_dirs(arena_z(a, fs_parent(file)), false, NULL))
			fs_write(arena_z(a, file), buf_str(&text), 0644, NULL);
	}
	buf_clear(&text);
	json_decref(all);
	free(full);
	arena_free(a);
}

/*
 * test_load.c - engine/load.c, look.c, adapter.c: opening a model, and every way in which that is
 * refused. The process must outlive them all.
 */
#include "engine/engine.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/limits.h"
#include "engine/library.h"
#include "engine/look.h"
#include "fixture.h"
#include "model/gguf.h"

enum { DAMAGED_FILES = 40 };

static const char *own_path; /* of this program, which answers as the child */

struct world {
	struct arena *arena;
	const char *path, *adapter;
	char cache[64];
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct str dir;
	w->arena = arena_new();
	w->path = fixture_model(w->arena, 1, 4096);
	w->adapter = fixture_adapter(w->arena, 1);
	assert_true(fs_temp_dir(w->arena, "offgrid-cache", &dir, NULL));
	snprintf(w->cache, sizeof w->cache, "%.*s", STR_ARG(dir));
	setenv("OFFGRID_CACHE_DIR", w->cache, 1);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	fixture_clean(w->arena, w->path);
	fixture_clean(w->arena, w->adapter);
	fs_remove_tree(w->cache, NULL);
	arena_free(w->arena);
	free(w);
	return 0;
}

static struct engine_options options_for(const char *path)
{
	return (struct engine_options){ .model_path = path, .threads = 1, .skips_probe = true };
}

static void assert_refused(const struct engine_options *o, enum err_kind kind, const char *words)
{
	struct err e = { 0 };
	struct engine *g = engine_open(o, &e);
	assert_null(g);
	if (e.kind != kind || !strstr(e.what, words))
		print_error("%s: %s\n", err_kinds[e.kind].name, e.what);
	assert_err(e, kind, LAYER_ENGINE);
	assert_non_null(strstr(e.what, words));
}

static void what_is_no_model_is_refused(void **state)
{
	struct world *w = *state;
	struct engine_options o = options_for(NULL);
	assert_refused(&o, ERR_USAGE, "no model file");
	o.model_path = "/nowhere/model.gguf";
	assert_refused(&o, ERR_NOT_FOUND, "/nowhere/model.gguf");
	o.model_path = own_path;
	assert_refused(&o, ERR_BAD_DATA, "not a GGUF file");
	o.model_path = w->adapter;
	assert_refused(&o, ERR_BAD_DATA, "adapter");
}

static void options_out_of_range_are_refused(void **state)
{
	struct world *w = *state;
	struct engine_options o = options_for(w->path);
	o.sequences = 1000;
	assert_refused(&o, ERR_USAGE, "1000");
	o = options_for(w->path);
	o.context_tokens = -3;
	assert_refused(&o, ERR_USAGE, "-3");
	o.context_tokens = 2000000000;
	assert_refused(&o, ERR_USAGE, "2000000000");
	o = options_for(w->path);
	o.devices = "quantum7";
	assert_refused(&o, ERR_USAGE, "quantum7");
}

static void a_model_larger_than_memory_is_refused_with_the_numbers(void **state)
{
	struct world *w = *state;
	struct engine_options o = options_for(w->path);
	o.memory_bytes = 100000;
	assert_refused(&o, ERR_NO_ROOM, "are free");
	o.memory_bytes = 1000 * MIB;
	o.context_tokens = 8000000;
	assert_refused(&o, ERR_NO_ROOM, "8000000 tokens");
}

static void the_context_is_never_silently_less_than_asked(void **state)
{
	struct world *w = *state;
	struct engine_options o = options_for(w->path);
	o.context_tokens = 3000;
	struct engine *g = engine_open(&o, NULL);
	assert_non_null(g);
	assert_int_equal(engine_facts(g)->context_tokens, 3000);
	assert_str(engine_facts(g)->warnings, "");
	engine_free(g);
	o.context_tokens = 8192; /* trained for 4096 */
	g = engine_open(&o, NULL);
	assert_non_null(g);
	assert_int_equal(engine_facts(g)->context_tokens, 8192);
	assert_true(str_find(engine_facts(g)->warnings, STR("trained for 4096")) != SIZE_MAX);
	engine_free(g);
}

/* "...: size =    0.50 MiB (": the sum of such numbers in lines with these words, in bytes. */
static uint64_t sizes_in(struct str log, struct str words)
{
	struct str line;
	double sum = 0;
	while (str_cut(&log, '\n', &line)) {
		double mib = 0;
		size_t at = str_find(line, STR("size ="));
		if (str_find(line, words) == SIZE_MAX || at == SIZE_MAX)
			continue;
		struct str number = str_trim_left(str_from(line, at + 6));
		assert_true(str_to_double(str_sub(number, 0, str_find_char(number, ' ')), &mib));
		sum += mib;
	}
	return (uint64_t)(sum * (double)MIB);
}

static void the_memory_foretold_is_what_libllama_takes(void **state)
{
	struct world *w = *state;
	struct buf log;
	buf_init(&log, LIMIT_TEXT_FILE_BYTES);
	size_t mark = library_log_mark();
	struct engine *g = fixture_open(w->path, 2, 128);
	library_log_since(mark, &log);
	const struct engine_facts *f = engine_facts(g);
	assert_int_equal(f->kv_bytes, sizes_in(buf_str(&log), STR("llama_kv_cache: size =")));
	uint64_t computing = sizes_in(buf_str(&log), STR("compute buffer size"));
	assert_true(computing > 0 && computing <= f->compute_bytes + MIB);
	engine_free(g);
	buf_clear(&log);
}

static void an_unknown_file_is_opened_in_a_child_first(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	struct engine_options o = options_for(w->path);
	o.self = own_path;
	assert_false(look_is_remembered(w->path));
	struct engine *g = engine_open(&o, &e);
	assert_non_null(g);
	engine_free(g);
	assert_true(look_is_remembered(w->path));
	o.self = "/nowhere/offgrid"; /* not needed any more */
	g = engine_open(&o, &e);
	assert_non_null(g);
	engine_free(g);
	const struct timespec long_ago[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	assert_int_equal(utimensat(AT_FDCWD, w->path, long_ago, 0), 0);
	assert_false(look_is_remembered(w->path)); /* it may be another file now */
}

/* A stand-in for a child in which the library aborts. */
static void a_child_that_dies_is_an_error(void **state)
{
	struct world *w = *state;
	const char *script = arena_z(w->arena, fs_join(w->arena, str_z(w->cache), STR("dies")));
	assert_true(fs_write(script,
		STR("#!/bin/sh\necho loading >&2\necho 'x.cpp:7: GGML_ASSERT(n > 0) failed' >&2\n"
		    "echo more >&2\nkill -ABRT $$\n"),
		0755, NULL));
	assert_int_equal(chmod(script, 0755), 0);
	struct engine_options o = options_for(w->path);
	o.self = script;
	assert_refused(&o, ERR_BAD_DATA, "GGML_ASSERT(n > 0)");
	o.self = "/nowhere/offgrid";
	assert_refused(&o, ERR_NOT_FOUND, "child process");
}

/* Damages a byte in the header, differently each time, and opens the file. */
static void damaged_files_are_errors_and_never_our_death(void **state)
{
	struct world *w = *state;
	struct buf file;
	int refused = 0;
	buf_init(&file, LIMIT_TEXT_FILE_BYTES);
	assert_true(fs_read(w->path, &file, NULL));
	struct gg_file *f = gg_open(w->path, NULL);
	size_t header = (size_t)gg_data_start(f);
	gg_free(f);
	const char *path = arena_z(w->arena, fs_join(w->arena, str_z(w->cache), STR("bad.gguf")));
	uint64_t random = 12345;
	for (int i = 0; i < DAMAGED_FILES; i++) {
		random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		size_t at = (size_t)(random >> 33) % header;
		char old = file.p[at];
		file.p[at] = (char)(old ^ (1 << (random >> 20 & 7)));
		assert_true(fs_write(path, buf_str(&file), 0644, NULL));
		file.p[at] = old;
		struct engine_options o = options_for(path);
		o.self = own_path;
		o.memory_bytes = 200 * MIB;
		struct err e = { 0 };
		struct engine *g = engine_open(&o, &e);
		refused += !g;
		if (!g)
			assert_true(e.what[0] && e.layer == LAYER_ENGINE);
		engine_free(g);
	}
	for (size_t n = 0; n < file.n; n += file.n / 5) { /* cut short */
		assert_true(fs_write(path, str_sub(buf_str(&file), 0, n), 0644, NULL));
		struct engine_options o = options_for(path);
		assert_refused(&o, ERR_BAD_DATA, "");
	}
	assert_true(refused > 0);
	buf_clear(&file);
}

static bool stop_at_once(void *owner, enum engine_stage stage, double done)
{
	(void)stage;
	(void)done;
	++*(int *)owner;
	return false;
}

static bool stop_while_loading(void *owner, enum engine_stage stage, double done)
{
	++*(int *)owner;
	return stage != ENGINE_LOADING || done < 0.2;
}

static void opening_can_be_cancelled(void **state)
{
	struct world *w = *state;
	struct engine_options o = options_for(w->path);
	int calls = 0;
	o.watcher = (struct engine_watcher){ stop_at_once, &calls };
	assert_refused(&o, ERR_CANCELLED, "stopped");
	assert_int_equal(calls, 1);
	o.watcher.tell = stop_while_loading;
	assert_refused(&o, ERR_CANCELLED, "stopped");
	assert_true(calls > 2);
}

/* ---- adapters ---- */

static void first_text(const char *path, const char *adapter, char out[64])
{
	struct engine_adapter a = { .path = adapter };
	struct engine_options o = options_for(path);
	o.adapters = &a;
	o.adapter_count = adapter ? 1 : 0;
	struct err e = { 0 };
	struct engine *g = engine_open(&o, &e);
	if (!g)
		print_error("%s\n", e.what);
	assert_non_null(g);
	struct mailbox *to = engine_mailbox();
	struct engine_segment segment = { STR("<|im_start|>user\nhi<|im_end|>\n"), false };
	struct engine_job job = fixture_job(&segment, to, 20);
	struct answer answer;
	answer_of(g, &job, &answer);
	snprintf(out, 64, "%s", buf_z(&answer.text));
	answer_clear(&answer);
	mailbox_free(to);
	engine_free(g);
}

static void an_adapter_changes_what_is_said(void **state)
{
	struct world *w = *state;
	char bare[64], taught[64];
	first_text(w->path, NULL, bare);
	first_text(w->path, w->adapter, taught);
	assert_string_not_equal(bare, taught);
}

static void an_adapter_for_another_base_is_refused(void **state)
{
	struct world *w = *state;
	struct engine_adapter a = { .path = w->adapter,
		.base_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" };
	struct engine_options o = options_for(w->path);
	o.adapters = &a;
	o.adapter_count = 1;
	assert_refused(&o, ERR_BAD_DATA, "made for another model");
	o.model_sha256 = a.base_sha256; /* the caller knows better */
	struct engine *g = engine_open(&o, NULL);
	assert_non_null(g);
	engine_free(g);
	a.path = w->path;
	assert_refused(&o, ERR_BAD_DATA, "general.type");
	a.path = "/nowhere/adapter.gguf";
	assert_refused(&o, ERR_NOT_FOUND, "adapter");
}

static void an_adapter_says_itself_for_which_base_it_is(void **state)
{
	struct world *w = *state;
	struct tiny_recipe r = { .arch = "llama", .seed = 1 };
	struct gg_writer *writer = tiny_adapter(&r, NULL);
	gg_put_str(writer, "adapter.base_sha256",
		STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
	const char *path = arena_z(w->arena, fs_join(w->arena, str_z(w->cache), STR("a.gguf")));
	assert_true(gg_writer_save(writer, path, NULL));
	gg_writer_free(writer);
	struct engine_adapter a = { .path = path };
	struct engine_options o = options_for(w->path);
	o.adapters = &a;
	o.adapter_count = 1;
	assert_refused(&o, ERR_BAD_DATA, "made for another model");
}

int main(int argc, char **argv)
{
	int child = engine_child(argc, argv);
	if (child >= 0)
		return child;
	own_path = argv[0];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_model_is_refused),
		cmocka_unit_test(options_out_of_range_are_refused),
		cmocka_unit_test(a_model_larger_than_memory_is_refused_with_the_numbers),
		cmocka_unit_test(the_context_is_never_silently_less_than_asked),
		cmocka_unit_test(the_memory_foretold_is_what_libllama_takes),
		cmocka_unit_test(an_unknown_file_is_opened_in_a_child_first),
		cmocka_unit_test(a_child_that_dies_is_an_error),
		cmocka_unit_test(damaged_files_are_errors_and_never_our_death),
		cmocka_unit_test(opening_can_be_cancelled),
		cmocka_unit_test(an_adapter_changes_what_is_said),
		cmocka_unit_test(an_adapter_for_another_base_is_refused),
		cmocka_unit_test(an_adapter_says_itself_for_which_base_it_is),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

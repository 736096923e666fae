/*
 * test_merge.c - engine/merge.c, smoke.c: a merged model says what model and adapter say together.
 */
#include "engine/merge.h"

#include <llama.h>

#include "base/fs.h"
#include "engine/library.h"
#include "engine/smoke.h"
#include "fixture.h"
#include "model/gguf.h"

static const char *own_path;

static const char base_hash[] = "1111111111111111aaaaaaaaaaaaaaaa1111111111111111aaaaaaaaaaaaaaaa";
static const char adapter_hash[] =
	"2222222222222222bbbbbbbbbbbbbbbb2222222222222222bbbbbbbbbbbbbbbb";

struct world {
	struct arena *arena;
	const char *path, *adapter;
	struct merge_spec spec;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	w->arena = arena_new();
	w->path = fixture_model(w->arena, 1, 1024);
	w->adapter = fixture_adapter(w->arena, 1);
	w->spec = (struct merge_spec){ .base_path = w->path,
		.base_sha256 = base_hash,
		.adapter = { .path = w->adapter },
		.adapter_sha256 = adapter_hash };
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	fixture_clean(w->arena, w->path);
	fixture_clean(w->arena, w->adapter);
	arena_free(w->arena);
	free(w);
	return 0;
}

static void text_of(const char *path, const struct engine_adapter *adapter, char out[64])
{
	struct err e = { 0 };
	struct engine_options o = { .model_path = path,
		.threads = 1,
		.skips_probe = true,
		.adapters = adapter,
		.adapter_count = adapter ? 1 : 0 };
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

static void a_merged_model_says_what_both_say_together(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	char bare[64], applied[64], merged[64];
	assert_false(merge_is_done(&w->spec));
	if (!merge_make(&w->spec, &e))
		print_error("%s\n", e.what);
	assert_false(err_is_set(&e));
	assert_true(merge_is_done(&w->spec));
	text_of(w->path, NULL, bare);
	text_of(w->path, &w->spec.adapter, applied);
	text_of(merge_path(w->arena, &w->spec), NULL, merged);
	assert_string_equal(applied, merged);
	assert_string_not_equal(bare, merged);
}

static void what_is_not_changed_is_copied(void **state)
{
	struct world *w = *state;
	assert_true(merge_make(&w->spec, NULL));
	struct gg_file *old = gg_open(w->path, NULL);
	struct gg_file *new = gg_open(merge_path(w->arena, &w->spec), NULL);
	assert_int_equal(gg_tensor_count(old), gg_tensor_count(new));
	assert_int_equal(gg_key_count(old) + 3, gg_key_count(new));
	struct buf a, b;
	buf_init(&a, 10000000);
	buf_init(&b, 10000000);
	assert_true(fs_read(w->path, &a, NULL));
	assert_true(fs_read(merge_path(w->arena, &w->spec), &b, NULL));
	const struct gg_tensor *x = gg_tensor(old, "token_embd.weight"),
			       *y = gg_tensor(new, "token_embd.weight");
	assert_int_equal(x->bytes, y->bytes);
	assert_memory_equal(a.p + x->offset, b.p + y->offset, x->bytes);
	buf_clear(&a);
	buf_clear(&b);
	gg_free(old);
	gg_free(new);
}

/* A change is smaller than the steps of a coarse type: the tensors it touches become finer. */
static void a_quantised_tensor_is_kept_finer(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	struct merge_spec coarse = w->spec;
	struct str dir = fs_parent(str_z(w->path));
	coarse.base_path = arena_z(w->arena, fs_join(w->arena, dir, STR("coarse.gguf")));
	struct llama_model_quantize_params params = llama_model_quantize_default_params();
	params.ftype = LLAMA_FTYPE_MOSTLY_Q4_0;
	params.pure = true;
	assert_true(library_open(&e));
	assert_int_equal(llama_model_quantize(w->path, coarse.base_path, &params), 0);
	assert_true(merge_make(&coarse, &e));
	struct gg_file *f = gg_open(merge_path(w->arena, &coarse), &e);
	assert_non_null(f);
	assert_int_equal(gg_tensor(f, "blk.0.attn_q.weight")->type_id, GGML_TYPE_Q8_0);
	assert_int_equal(gg_tensor(f, "blk.0.ffn_up.weight")->type_id, GGML_TYPE_Q4_0);
	gg_free(f);
	char text[64];
	text_of(merge_path(w->arena, &coarse), NULL, text);
	assert_true(text[0]);
}

static void other_hashes_are_another_merge(void **state)
{
	struct world *w = *state;
	struct merge_spec other = w->spec;
	assert_true(merge_make(&w->spec, NULL));
	other.adapter_sha256 = base_hash;
	assert_string_not_equal(merge_path(w->arena, &w->spec), merge_path(w->arena, &other));
	assert_false(merge_is_done(&other));
}

static void an_adapter_of_another_base_is_not_merged(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	struct merge_spec other = w->spec;
	other.adapter.base_sha256 = adapter_hash;
	other.adapter_sha256 = base_hash;
	assert_false(merge_make(&other, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_ENGINE);
	assert_false(fs_exists(merge_path(w->arena, &other)));
}

static bool stop_in_the_middle(void *owner, enum engine_stage stage, double done)
{
	(void)owner;
	(void)stage;
	return done < 0.5;
}

static void a_stopped_merge_leaves_nothing(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	struct merge_spec other = w->spec;
	other.adapter_sha256 = "3333333333333333bbbbbbbbbbbbbbbb2222222222222222bbbbbbbbbbbbbbbb";
	other.watcher.tell = stop_in_the_middle;
	assert_false(merge_make(&other, &e));
	assert_err(e, ERR_CANCELLED, LAYER_ENGINE);
	assert_false(fs_exists(merge_path(w->arena, &other)));
}

static void the_library_passes_its_smoke_test(void **state)
{
	(void)state;
	struct err e = { 0 };
	if (!engine_smoke(NULL, &e) || !engine_smoke(own_path, &e))
		print_error("%s\n", e.what);
	assert_false(err_is_set(&e));
}

static void a_library_that_dies_is_broken(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_false(engine_smoke("/bin/false", &e));
	assert_err(e, ERR_BROKEN, LAYER_ENGINE);
}

int main(int argc, char **argv)
{
	int child = engine_child(argc, argv);
	if (child >= 0)
		return child;
	own_path = argv[0];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_merged_model_says_what_both_say_together),
		cmocka_unit_test(what_is_not_changed_is_copied),
		cmocka_unit_test(a_quantised_tensor_is_kept_finer),
		cmocka_unit_test(other_hashes_are_another_merge),
		cmocka_unit_test(an_adapter_of_another_base_is_not_merged),
		cmocka_unit_test(a_stopped_merge_leaves_nothing),
		cmocka_unit_test(the_library_passes_its_smoke_test),
		cmocka_unit_test(a_library_that_dies_is_broken),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

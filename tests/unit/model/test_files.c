#include "../unit.h"
#include "home.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "model/files.h"

static struct model_files scan(void)
{
	struct model_files files;
	files_scan(home_arena(), &files);
	return files;
}

static const struct model_file *named(const struct model_files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++)
		if (str_eq_z(files->items[i].name, name))
			return &files->items[i];
	return NULL;
}

static void a_machine_without_models_has_none(void **state)
{
	(void)state;
	struct model_files files = scan();
	assert_int_equal(files.count, 0);
}

static void our_own_are_found_at_any_depth(void **state)
{
	(void)state;
	home_put_model("data/models/alpha.gguf", "llama");
	home_put_model("data/models/owner/repo/beta-Q4.gguf", "qwen3");
	home_put("data/models/notes.txt", STR("not a model"));
	home_put("data/models/.fetch.x/hidden.gguf", STR("GGUF"));
	struct model_files files = scan();
	assert_int_equal(files.count, 2);
	const struct model_file *m = named(&files, "beta-Q4");
	assert_non_null(m);
	assert_str(m->full, "owner/repo/beta-Q4");
	assert_int_equal(m->source, MODEL_OWN);
	struct card c;
	struct err e = { 0 };
	assert_true(files_card(home_arena(), m, &c, &e));
	assert_str(c.architecture, "qwen3");
}

/* The layout of Ollama: a manifest that names a blob by its hash. */
static void put_ollama(const char *manifest, const char *arch)
{
	const char *temp = home_put_model(".ollama/models/blobs/new", arch);
	struct str hash = home_sha256(temp);
	struct arena *a = home_arena();
	struct str blob =
		arena_printf(a, "%s-%s", home_path(".ollama/models/blobs/sha256"), hash.p);
	assert_int_equal(rename(temp, blob.p), 0);
	home_put(manifest, arena_printf(a,
				   "{\"schemaVersion\":2,\"layers\":["
				   "{\"mediaType\":\"application/"
				   "vnd.ollama.image.template\",\"digest\":\"x\"},"
				   "{\"mediaType\":\"application/vnd.ollama.image.model\","
				   "\"digest\":\"sha256:%s\",\"size\":1}]}",
				   hash.p));
}

static void ollamas_are_used_in_place(void **state)
{
	(void)state;
	put_ollama(".ollama/models/manifests/registry.ollama.ai/library/tiny/1b", "llama");
	put_ollama(".ollama/models/manifests/registry.ollama.ai/someone/tiny/latest", "qwen2");
	put_ollama(".ollama/models/manifests/hf.co/owner/repo/Q4", "qwen3");
	struct model_files files = scan();
	assert_int_equal(files.count, 3);
	const struct model_file *m = named(&files, "tiny:1b");
	assert_non_null(m);
	assert_int_equal(m->source, MODEL_OLLAMA);
	assert_int_equal(m->sha256.n, 64);
	assert_non_null(named(&files, "someone/tiny:latest"));
	assert_non_null(named(&files, "hf.co/owner/repo:Q4"));
	struct card c;
	assert_true(files_card(home_arena(), m, &c, NULL));
	assert_str(c.architecture, "llama");
}

static void a_broken_manifest_hides_nothing(void **state)
{
	(void)state;
	put_ollama(".ollama/models/manifests/registry.ollama.ai/library/good/1b", "llama");
	home_put(".ollama/models/manifests/registry.ollama.ai/library/bad/1b", STR("{"));
	home_put(".ollama/models/manifests/registry.ollama.ai/library/gone/1b",
		STR("{\"layers\":[{\"mediaType\":\"application/vnd.ollama.image.model\",\"digest\":"
		    "\"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}]"
		    "}"));
	home_put(".ollama/models/manifests/registry.ollama.ai/library/path/1b",
		STR("{\"layers\":[{\"mediaType\":\"application/vnd.ollama.image.model\",\"digest\":"
		    "\"sha256:../../../../../etc/passwd\"}]}"));
	struct model_files files = scan();
	assert_int_equal(files.count, 4);
	assert_false(err_is_set(&named(&files, "good:1b")->why));
	assert_err(named(&files, "bad:1b")->why, ERR_BAD_DATA, LAYER_ENGINE);
	assert_err(named(&files, "gone:1b")->why, ERR_NOT_FOUND, LAYER_ENGINE);
	assert_err(named(&files, "path:1b")->why, ERR_BAD_DATA, LAYER_ENGINE);
}

static void lm_studios_are_found_where_its_settings_say(void **state)
{
	(void)state;
	home_put_model(".lmstudio/models/pub/repo/one.gguf", "llama");
	home_put_model("elsewhere/pub/repo/two.gguf", "llama");
	home_put_model(".cache/lm-studio/models/pub/repo/old.gguf", "llama");
	home_put(".lmstudio/settings.json",
		arena_printf(home_arena(), "{\"downloadsFolder\":\"%s\"}", home_path("elsewhere")));
	struct model_files files = scan();
	assert_int_equal(files.count, 3);
	assert_int_equal(named(&files, "one")->source, MODEL_LMSTUDIO);
	assert_str(named(&files, "two")->full, "pub/repo/two");
	assert_non_null(named(&files, "old"));
}

static void the_hubs_cache_is_followed_through_its_links(void **state)
{
	(void)state;
	const char *hub = ".cache/huggingface/hub/models--own--re--po/";
	struct arena *a = home_arena();
	const char *temp = home_put_model(arena_printf(a, "%sblobs/new", hub).p, "llama");
	struct str hash = home_sha256(temp);
	struct str blob = arena_printf(a, "%sblobs/%s", hub, hash.p);
	assert_int_equal(rename(temp, home_path(blob.p)), 0);
	home_put(arena_printf(a, "%ssnapshots/c1/README.md", hub).p, STR("x"));
	home_put(arena_printf(a, "%ssnapshots/c2/README.md", hub).p, STR("x"));
	const char *target = arena_printf(a, "../../blobs/%s", hash.p).p;
	assert_int_equal(
		symlink(target, home_path(arena_printf(a, "%ssnapshots/c1/m-Q4.gguf", hub).p)), 0);
	assert_int_equal(
		symlink(target, home_path(arena_printf(a, "%ssnapshots/c2/m-Q4.gguf", hub).p)), 0);
	assert_int_equal(symlink("../../blobs/gone",
				 home_path(arena_printf(a, "%ssnapshots/c2/lost.gguf", hub).p)),
		0);
	struct model_files files = scan();
	assert_int_equal(files.count, 2); /* two snapshots of one file are one */
	const struct model_file *m = named(&files, "m-Q4");
	assert_str(m->full, "own/re--po/m-Q4");
	assert_true(str_eq(m->sha256, hash));
	assert_err(named(&files, "lost")->why, ERR_NOT_FOUND, LAYER_ENGINE);
}

static void variables_move_the_places(void **state)
{
	(void)state;
	home_put_model("a/models--o--r/snapshots/c/hub.gguf", "llama");
	home_put_model("b/o_r_llamacpp.gguf", "llama");
	setenv("HF_HUB_CACHE", home_path("a"), 1);
	setenv("LLAMA_CACHE", arena_printf(home_arena(), "%s/", home_path("b")).p, 1);
	struct model_files files = scan();
	assert_int_equal(files.count, 2);
	assert_int_equal(named(&files, "hub")->source, MODEL_HUB);
	assert_int_equal(named(&files, "o_r_llamacpp")->source, MODEL_LLAMACPP);
	assert_str(named(&files, "o_r_llamacpp")->full, "o_r_llamacpp");
}

static void parts_are_one_model_and_a_missing_one_is_said(void **state)
{
	(void)state;
	home_put_model("data/models/big-00001-of-00002.gguf", "llama");
	home_put_model("data/models/big-00002-of-00002.gguf", "llama");
	home_put_model("data/models/cut-00002-of-00003.gguf", "llama");
	home_put_model("data/models/cut-00003-of-00003.gguf", "llama");
	struct model_files files = scan();
	assert_int_equal(files.count, 2);
	const struct model_file *m = named(&files, "big");
	struct card c, part;
	assert_int_equal(m->parts, 2);
	assert_false(err_is_set(&m->why));
	assert_true(files_card(home_arena(), m, &c, NULL));
	struct model_file first = *m;
	first.parts = 1;
	assert_true(files_card(home_arena(), &first, &part, NULL));
	assert_int_equal(c.parameters, 2 * part.parameters);
	assert_err(named(&files, "cut")->why, ERR_NOT_FOUND, LAYER_ENGINE);
	assert_non_null(strstr(named(&files, "cut")->why.what, "part 1 of 3"));
	struct err e = { 0 };
	assert_false(files_card(home_arena(), named(&files, "cut"), &c, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_ENGINE);
}

static void a_damaged_file_is_listed_and_its_card_says_why(void **state)
{
	(void)state;
	home_put_model("data/models/good.gguf", "llama");
	home_put("data/models/page.gguf", STR("<html>no such file</html>"));
	struct model_files files = scan();
	struct card c;
	struct err e = { 0 };
	assert_int_equal(files.count, 2);
	assert_false(files_card(home_arena(), named(&files, "page"), &c, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_ENGINE);
	assert_true(files_card(home_arena(), named(&files, "good"), &c, NULL));
}

static void the_same_file_is_listed_once(void **state)
{
	(void)state;
	const char *path = home_put_model("data/models/one.gguf", "llama");
	home_put(".lmstudio/models/p/r/readme", STR("x"));
	assert_int_equal(link(path, home_path(".lmstudio/models/p/r/linked.gguf")), 0);
	struct model_files files = scan();
	assert_int_equal(files.count, 1);
	assert_int_equal(files.items[0].source, MODEL_OWN);
}

static void two_files_of_one_name_are_told_apart(void **state)
{
	(void)state;
	home_put_model("data/models/p/r/same.gguf", "llama");
	home_put_model(".lmstudio/models/p/r/same.gguf", "llama");
	home_put_model(".lmstudio/models/q/r/same.gguf", "llama");
	struct model_files files = scan();
	assert_int_equal(files.count, 3);
	assert_str(files.items[0].name, "same");
	assert_str(files.items[1].name, "p/r/same");
	assert_str(files.items[2].name, "q/r/same");
}

static void a_loop_of_links_ends(void **state)
{
	(void)state;
	home_put_model("data/models/d/one.gguf", "llama");
	assert_int_equal(symlink("..", home_path("data/models/d/up")), 0);
	struct model_files files = scan();
	assert_int_equal(files.count, 1);
}

static void one_is_found_by_name_beginning_or_path(void **state)
{
	(void)state;
	home_put_model("data/models/alpha-Q4.gguf", "llama");
	home_put_model("data/models/alpha-Q8.gguf", "llama");
	home_put_model("data/models/owner/repo/beta.gguf", "llama");
	struct model_files files = scan();
	struct arena *a = home_arena();
	struct err e = { 0 };
	assert_str(files_find(a, &files, STR("alpha-Q4"), &e)->name, "alpha-Q4");
	assert_str(files_find(a, &files, STR("ALPHA-q4.gguf"), &e)->name, "alpha-Q4");
	assert_str(files_find(a, &files, STR("be"), &e)->name, "beta");
	assert_str(files_find(a, &files, STR("owner/repo/beta"), &e)->name, "beta");
	struct str path = str_z(home_path("data/models/owner/repo/beta.gguf"));
	assert_int_equal(files_find(a, &files, path, &e)->source, MODEL_PATH);
	assert_null(files_find(a, &files, STR("alpha"), &e));
	assert_err(e, ERR_USAGE, LAYER_ENGINE);
	assert_non_null(strstr(e.what, "alpha-Q4, alpha-Q8"));
	err_clear(&e);
	assert_null(files_find(a, &files, STR("alhpa-Q4"), &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_ENGINE);
	assert_non_null(strstr(e.mend, "alpha-Q4"));
	err_clear(&e);
	assert_null(files_find(a, &files, STR(""), &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_ENGINE);
}

#define IN_A_HOME(test) cmocka_unit_test_setup_teardown(test, home_make, home_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_HOME(a_machine_without_models_has_none),
		IN_A_HOME(our_own_are_found_at_any_depth),
		IN_A_HOME(ollamas_are_used_in_place),
		IN_A_HOME(a_broken_manifest_hides_nothing),
		IN_A_HOME(lm_studios_are_found_where_its_settings_say),
		IN_A_HOME(the_hubs_cache_is_followed_through_its_links),
		IN_A_HOME(variables_move_the_places),
		IN_A_HOME(parts_are_one_model_and_a_missing_one_is_said),
		IN_A_HOME(a_damaged_file_is_listed_and_its_card_says_why),
		IN_A_HOME(the_same_file_is_listed_once),
		IN_A_HOME(two_files_of_one_name_are_told_apart),
		IN_A_HOME(a_loop_of_links_ends),
		IN_A_HOME(one_is_found_by_name_beginning_or_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

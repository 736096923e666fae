#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "model/hub.h"

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	unsetenv("HF_ENDPOINT");
	arena = arena_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void every_way_of_writing_a_reference_is_read(void **state)
{
	(void)state;
	static const struct {
		const char *text, *repo, *revision, *file, *quantisation;
	} rows[] = {
		{ "hf:o/r-GGUF", "o/r-GGUF", "main", "", "" },
		{ "hf:o/r:Q4_K_M", "o/r", "main", "", "Q4_K_M" },
		{ "hf.co/o/r/m-Q8_0.gguf", "o/r", "main", "m-Q8_0.gguf", "" },
		{ "hf:o/r/sub/m.gguf", "o/r", "main", "sub/m.gguf", "" },
		{ "huggingface.co/o/r", "o/r", "main", "", "" },
		{ "https://huggingface.co/o/r/resolve/main/m.gguf?download=true", "o/r", "main",
			"m.gguf", "" },
		{ "https://huggingface.co/o/r/blob/v1.0/a/m.gguf", "o/r", "v1.0", "a/m.gguf", "" },
		{ "https://huggingface.co/o/r/tree/main", "o/r", "main", "", "" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = { 0 };
		struct hub_ref r;
		assert_true(hub_is_ref(str_z(rows[i].text)));
		assert_true(hub_parse(arena, str_z(rows[i].text), &r, &e));
		assert_true(str_eq_z(r.repo, rows[i].repo));
		assert_true(str_eq_z(r.revision, rows[i].revision));
		assert_true(str_eq_z(r.file, rows[i].file));
		assert_true(str_eq_z(r.quantisation, rows[i].quantisation));
	}
}

static void what_is_no_reference_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "hf:", "hf:o", "hf:o/", "hf:/r", "hf:../r", "hf:o/..",
		"hf:o/r/../../etc/passwd", "hf:o/r/.git/config", "hf:o/r//m.gguf",
		"hf:o/r/m\n.gguf", "hf:o/r:", "hf:o/r:a/b/../c", "hf:o r/x", "hf:o/r/dir/" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = { 0 };
		struct hub_ref r;
		assert_false(hub_parse(arena, str_z(bad[i]), &r, &e));
		assert_err(e, ERR_USAGE, LAYER_WIRE);
	}
	assert_false(hub_is_ref(STR("qwen3-8b")));
	assert_false(hub_is_ref(STR("https://example.com/m.gguf")));
}

static void addresses_follow_the_mirror_and_are_encoded(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct hub_ref r;
	assert_true(hub_parse(arena, STR("hf:o/r"), &r, &e));
	assert_str(hub_tree_url(arena, &r),
		"https://huggingface.co/api/models/o/r/tree/main?recursive=true");
	assert_str(hub_file_url(arena, &r, STR("a b/m.gguf")),
		"https://huggingface.co/o/r/resolve/main/a%20b/m.gguf");
	setenv("HF_ENDPOINT", "http://127.0.0.1:9/hub/", 1);
	assert_str(hub_file_url(arena, &r, STR("m.gguf")),
		"http://127.0.0.1:9/hub/o/r/resolve/main/m.gguf");
	unsetenv("HF_ENDPOINT");
}

#define HASH "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const char tree[] =
	"[{\"type\":\"directory\",\"oid\":\"x\",\"size\":0,\"path\":\"sub\"},"
	"{\"type\":\"file\",\"oid\":\"x\",\"size\":100,\"path\":\"README.md\"},"
	"{\"type\":\"file\",\"oid\":\"x\",\"size\":9,\"path\":\"../../evil.gguf\"},"
	"{\"type\":\"file\",\"oid\":\"x\",\"size\":800,\"path\":\"mmproj-F16.gguf\"},"
	"{\"type\":\"file\",\"oid\":\"x\",\"size\":800,\"lfs\":{\"oid\":\"" HASH
	"\",\"size\":800,\"pointerSize\":134},\"path\":\"m-Q8_0.gguf\"},"
	"{\"type\":\"file\",\"oid\":\"x\",\"size\":400,\"path\":\"m-Q4_K_M.gguf\"},"
	"{\"type\":\"file\",\"oid\":\"x\",\"size\":300,\"path\":\"m-IQ4_XS.gguf\"},"
	"{\"type\":\"file\",\"oid\":\"x\",\"size\":700,\"path\":\"BF16/"
	"m-BF16-00002-of-00002.gguf\"},"
	"{\"type\":\"file\",\"oid\":\"x\",\"size\":900,\"path\":\"BF16/"
	"m-BF16-00001-of-00002.gguf\"},"
	"{\"type\":\"file\",\"oid\":\"x\",\"size\":900,\"path\":\"F16/"
	"m-F16-00001-of-00002.gguf\"}]";

static struct hub_files read_tree(void)
{
	struct err e = { 0 };
	struct hub_files files = { 0 };
	assert_true(hub_read_tree(arena, str_z(tree), &files, &e));
	return files;
}

static struct hub_files choose(const char *text, struct err *e)
{
	struct hub_ref r;
	struct hub_files all = read_tree(), chosen = { 0 };
	assert_true(hub_parse(arena, str_z(text), &r, e));
	hub_choose(arena, &r, &all, &chosen, e);
	return chosen;
}

static void the_tree_is_read_without_folders_and_climbing_paths(void **state)
{
	(void)state;
	struct hub_files files = read_tree();
	assert_int_equal(files.count, 8);
	assert_str(files.items[0].path, "README.md");
	assert_str(files.items[2].sha256, HASH);
	assert_int_equal(files.items[2].bytes, 800);
}

static void a_list_of_another_shape_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "{}", "[1]", "[{\"type\":\"file\"}]",
		"[{\"type\":\"file\",\"path\":3}]", "<html>" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = { 0 };
		struct hub_files files;
		assert_false(hub_read_tree(arena, str_z(bad[i]), &files, &e));
		assert_err(e, ERR_BAD_DATA, LAYER_WIRE);
	}
}

static void one_is_chosen_by_name_quantisation_or_habit(void **state)
{
	(void)state;
	static const struct {
		const char *ref, *path;
	} rows[] = {
		{ "hf:o/r", "m-Q4_K_M.gguf" },
		{ "hf:o/r:q8_0", "m-Q8_0.gguf" },
		{ "hf:o/r:IQ4_XS", "m-IQ4_XS.gguf" },
		{ "hf:o/r/m-Q8_0.gguf", "m-Q8_0.gguf" },
		{ "hf:o/r/m-BF16-00001-of-00002.gguf", "BF16/m-BF16-00001-of-00002.gguf" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = { 0 };
		struct hub_files chosen = choose(rows[i].ref, &e);
		assert_true(chosen.count >= 1);
		assert_true(str_eq_z(chosen.items[0].path, rows[i].path));
	}
}

static void all_parts_come_along(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct hub_files chosen = choose("hf:o/r:BF16", &e);
	assert_int_equal(chosen.count, 2);
	assert_str(chosen.items[1].path, "BF16/m-BF16-00002-of-00002.gguf");
	assert_int_equal(choose("hf:o/r:F16", &e).count, 0);
	assert_err(e, ERR_NOT_FOUND, LAYER_WIRE);
	assert_non_null(strstr(e.what, "part 2 of 2"));
}

static void what_is_not_there_is_told_with_what_is(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_int_equal(choose("hf:o/r:Q2_K", &e).count, 0);
	assert_err(e, ERR_NOT_FOUND, LAYER_WIRE);
	assert_non_null(strstr(e.mend, "m-Q4_K_M.gguf"));
	err_clear(&e);
	assert_int_equal(choose("hf:o/r/m-Q4_KM.gguf", &e).count, 0);
	assert_non_null(strstr(e.mend, "did you mean m-Q4_K_M.gguf"));
}

#define IN_AN_ARENA(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_AN_ARENA(every_way_of_writing_a_reference_is_read),
		IN_AN_ARENA(what_is_no_reference_is_refused),
		IN_AN_ARENA(addresses_follow_the_mirror_and_are_encoded),
		IN_AN_ARENA(the_tree_is_read_without_folders_and_climbing_paths),
		IN_AN_ARENA(a_list_of_another_shape_is_refused),
		IN_AN_ARENA(one_is_chosen_by_name_quantisation_or_habit),
		IN_AN_ARENA(all_parts_come_along),
		IN_AN_ARENA(what_is_not_there_is_told_with_what_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

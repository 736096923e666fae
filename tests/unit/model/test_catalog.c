#include "../unit.h"

#include <string.h>

#include "base/sha256.h"
#include "model/catalog.h"

static void our_own_parses_and_names_are_told_apart(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct catalog c = catalog_own(a);
	assert_true(c.count > 1);
	for (size_t i = 0; i < c.count; i++) {
		assert_ptr_equal(catalog_find(&c, c.rows[i].name), &c.rows[i]);
		assert_true(c.rows[i].name.n <= 18); /* the column it is shown in */
	}
	assert_null(catalog_find(&c, STR("no-such-model")));
	arena_free(a);
}

static void the_starter_is_pinned_with_its_adapter(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct catalog c = catalog_own(a);
	const struct catalog_row *row = catalog_find(&c, STR("SmolLM2-135M-pilot"));
	assert_non_null(row);
	assert_true(sha256_is_text(row->sha256));
	assert_true(sha256_is_text(row->adapter_sha256));
	assert_true(row->bytes > 0);
	arena_free(a);
}

static void a_bad_row_is_refused_with_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *row, *says;
	} bad[] = {
		{ "{\"about\":\"\",\"licence\":\"\",\"file\":\"f.gguf\",\"hub\":\"o/r\"}",
			"models[0].name" },
		{ "{\"name\":\"n\",\"about\":\"\",\"licence\":\"\",\"file\":\"../f.gguf\","
		  "\"hub\":\"o/r\"}",
			"not a path" },
		{ "{\"name\":\"n\",\"about\":\"\",\"licence\":\"\",\"file\":\"f.gguf\"}", "fetch" },
		{ "{\"name\":\"n\",\"about\":\"\",\"licence\":\"\",\"file\":\"f.gguf\","
		  "\"hub\":\"o/r\",\"sha256\":\"12\"}",
			"64 hex digits" },
		{ "{\"name\":\"n\",\"about\":\"\",\"licence\":\"\",\"file\":\"f.gguf\","
		  "\"hub\":\"o/r\",\"adapter\":\"a.gguf\"}",
			"an adapter needs" },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct arena *a = arena_new();
		struct err e = { 0 };
		struct catalog c;
		assert_false(
			catalog_parse(a, arena_printf(a, "{\"models\":[%s]}", bad[i].row), &c, &e));
		assert_err(e, ERR_BAD_DATA, LAYER_ENGINE);
		assert_non_null(strstr(e.what, bad[i].says));
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_parses_and_names_are_told_apart),
		cmocka_unit_test(the_starter_is_pinned_with_its_adapter),
		cmocka_unit_test(a_bad_row_is_refused_with_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

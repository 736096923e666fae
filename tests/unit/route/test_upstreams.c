#include "../unit.h"

#include <string.h>

#include "base/fs.h"
#include "base/loop.h"
#include "route/upstreams.h"

static void a_name_may_stand_before_the_address(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct upstream_spec spec;
	assert_true(upstream_parse(a, STR("desk=http://127.0.0.1:8080/v1"), &spec, &e));
	assert_str(spec.name, "desk");
	assert_str(spec.url, "http://127.0.0.1:8080/v1");
	assert_true(upstream_parse(a, STR("https://me:word@api.example.com:1/v1?a=b"), &spec, &e));
	assert_str(spec.name, "api.example.com:1");
	assert_str(spec.url, "https://me:word@api.example.com:1/v1?a=b");
	static const char *const bad[] = { "", "=http://x", "desk=" };
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		err_clear(&e);
		assert_false(upstream_parse(a, str_z(bad[i]), &spec, &e));
		assert_err(e, ERR_USAGE, LAYER_ROUTE);
	}
	arena_free(a);
}

/* Reads the text as a configuration file; the models that the router then knows, as JSON text. */
static bool read_config(const char *text, struct buf *models, size_t *count, struct err *e)
{
	struct loop *loop = loop_new();
	struct http_client *client = http_client_new(loop);
	struct router *router = router_new(loop);
	struct config *config = config_parse(str_z(text), "test.conf", e);
	assert_non_null(config);
	*count = 0;
	bool ok = upstreams_add(router, loop, client, config, count, e);
	if (ok) {
		json_t *all = router_models(router);
		js_write(all, models);
		json_decref(all);
	}
	config_free(config);
	router_free(router);
	http_client_free(client);
	loop_free(loop);
	return ok;
}

static void sections_become_upstreams(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct buf models;
	struct str dir;
	size_t count;
	buf_init(&models, 1 << 20);
	assert_true(fs_temp_dir(a, "upstreams", &dir, &e));
	const char *script = fs_join(a, dir, STR("s.json")).p;
	assert_true(fs_write(script, STR("{\"models\":[\"said\"],\"turns\":[]}"), 0600, &e));
	const char *text = arena_printf(a,
		"[serve]\nlisten = x\n[upstream \"one\"]\nurl = http://127.0.0.1:1/v1\n"
		"[upstream \"two\"]\nscript = %s\n[upstream \"one\"]\nmodels = big, small\n",
		script)
				   .p;
	assert_true(read_config(text, &models, &count, &e));
	assert_int_equal(count, 2);
	assert_string_equal(buf_z(&models),
		"[{\"id\":\"big\",\"context_tokens\":0,\"upstream\":\"one\"},"
		"{\"id\":\"small\",\"context_tokens\":0,\"upstream\":\"one\"},"
		"{\"id\":\"said\",\"context_tokens\":0,\"upstream\":\"two\"}]");
	buf_clear(&models);
	fs_remove_tree(dir.p, NULL);
	arena_free(a);
}

static void a_slip_is_told_with_its_line(void **state)
{
	(void)state;
	static const char *const bad[][2] = {
		{ "[upstream]\nurl = http://x/v1\n", "needs a name" },
		{ "[upstream \"a\"]\napi = openai\n", "needs either url or script" },
		{ "[upstream \"a\"]\nurl = http://x\nscript = y\n", "needs either url or script" },
		{ "[upstream \"a\"]\nurl = http://x\ncolour = red\n", "has no key 'colour'" },
		{ "[upstream \"a\"]\nurl = gopher://x\n", "is no address" },
		{ "[upstream \"a\"]\nurl = http://x\napi = klingon\n",
			"no API is named 'klingon'" },
		{ "[upstream \"a\"]\nscript = /nonexistent.json\n", "/nonexistent.json" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct err e = { 0 };
		struct buf models;
		size_t count;
		buf_init(&models, 1 << 20);
		assert_false(read_config(bad[i][0], &models, &count, &e));
		if (!strstr(e.what, bad[i][1]) || !strstr(e.what, "test.conf:"))
			assert_string_equal(e.what, bad[i][1]);
		buf_clear(&models);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_may_stand_before_the_address),
		cmocka_unit_test(sections_become_upstreams),
		cmocka_unit_test(a_slip_is_told_with_its_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include <stdlib.h>

#include "base/limits.h"
#include "model/tiny.h"

static struct buf made(const struct tiny_recipe *r)
{
	struct err e = { 0 };
	struct buf b;
	buf_init(&b, LIMIT_GGUF_WRITE_BYTES);
	struct gg_writer *w = tiny_model(r, &e);
	assert_non_null(w);
	assert_true(gg_writer_bytes(w, &b, &e));
	gg_writer_free(w);
	return b;
}

static void the_same_recipe_gives_the_same_bytes(void **state)
{
	(void)state;
	struct tiny_recipe r = { .arch = "llama", .seed = 7 };
	struct buf one = made(&r), two = made(&r);
	r.seed = 8;
	struct buf three = made(&r);
	assert_true(str_eq(buf_str(&one), buf_str(&two)));
	assert_false(str_eq(buf_str(&one), buf_str(&three)));
	assert_int_equal(one.n, three.n);
	assert_true(one.n < 512 * KIB);
	buf_clear(&one);
	buf_clear(&two);
	buf_clear(&three);
}

static void an_unknown_architecture_is_refused(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct tiny_recipe r = { .arch = "elephant" };
	assert_null(tiny_model(&r, &e));
	assert_err(e, ERR_USAGE, LAYER_ENGINE);
	err_clear(&e);
	assert_null(tiny_adapter(&r, &e));
	assert_err(e, ERR_USAGE, LAYER_ENGINE);
}

static void a_file_over_the_buffers_cap_is_refused(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct tiny_recipe r = { .arch = "qwen3" };
	struct gg_writer *w = tiny_model(&r, &e);
	struct buf b;
	buf_init(&b, 1000);
	assert_false(gg_writer_bytes(w, &b, &e));
	assert_err(e, ERR_TOO_BIG, LAYER_ENGINE);
	gg_writer_free(w);
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_recipe_gives_the_same_bytes),
		cmocka_unit_test(an_unknown_architecture_is_refused),
		cmocka_unit_test(a_file_over_the_buffers_cap_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

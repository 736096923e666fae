#include "../unit.h"

#include "base/buf.h"
#include "base/config.h"

static struct config *parse(const char *text)
{
	struct err e = { 0 };
	struct config *c = config_parse(str_z(text), "config", &e);
	assert_string_equal(e.what, "");
	assert_non_null(c);
	return c;
}

static void refused(struct str text, const char *what)
{
	struct err e = { 0 };
	assert_null(config_parse(text, "config", &e));
	assert_err(e, ERR_USAGE, LAYER_NONE);
	assert_string_equal(e.what, what);
}

static void sections_with_and_without_a_name(void **state)
{
	(void)state;
	struct config *c = parse("# first\n[serve]\n\tport = 11500\n\n[upstream \"my desk\"]\n"
				 "\turl = http://x/v1 ; a comment\n\tmodel = a\n\tmodel = b\n");
	assert_int_equal(config_count(c), 4);
	assert_str(config_find(c, "serve", "", "port")->value, "11500");
	assert_int_equal(config_find(c, "serve", "", "port")->line, 3);
	assert_str(config_find(c, "upstream", "my desk", "url")->value, "http://x/v1");
	assert_str(config_find(c, "upstream", "my desk", "model")->value, "b");
	assert_null(config_find(c, "upstream", "", "url"));
	config_free(c);
}

static void an_indented_line_is_no_continuation(void **state)
{
	(void)state;
	struct config *c = parse("[a]\nx = 1\n    y = 2\n");
	assert_str(config_find(c, "a", "", "x")->value, "1");
	assert_str(config_find(c, "a", "", "y")->value, "2");
	config_free(c);
}

static void nothing_is_a_configuration_too(void **state)
{
	(void)state;
	struct config *c = parse("");
	assert_int_equal(config_count(c), 0);
	assert_null(config_find(NULL, "a", "", "b"));
	config_free(c);
	struct err e = { 0 };
	c = config_load("/no/such/file", &e);
	assert_non_null(c);
	assert_int_equal(config_count(c), 0);
	config_free(c);
}

static void a_fault_is_told_with_its_line(void **state)
{
	(void)state;
	refused(STR("[a]\nx = 1\nnonsense\n"), "config:3: cannot be read");
	refused(STR("x = 1\n"), "config:1: cannot be read");
	refused(STR("\n[a \"b]\nx = 1\n"), "config:3: cannot be read");
	refused(STR("[a]\nx = \0"), "config:1: holds a NUL byte");
	struct buf longer;
	buf_init(&longer, 10000);
	buf_add_z(&longer, "[a]\nx = ");
	buf_add_fill(&longer, 'x', 3000);
	refused(buf_str(&longer), "config:2: this line is too long");
	buf_clear(&longer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_with_and_without_a_name),
		cmocka_unit_test(an_indented_line_is_no_continuation),
		cmocka_unit_test(nothing_is_a_configuration_too),
		cmocka_unit_test(a_fault_is_told_with_its_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

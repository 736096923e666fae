#include "../unit.h"

#include <stdlib.h>

#include "base/fs.h"
#include "cmd/command.h"

enum { LIST_COLUMNS = 80, NAME_COLUMNS = 14 };

static struct arena *arena;
static struct str dir;

static int set_up(void **state)
{
	(void)state;
	struct err e = { 0 };
	arena = arena_new();
	return fs_temp_dir(arena, "offgrid-test", &dir, &e) &&
			       setenv("OFFGRID_CONFIG_DIR", dir.p, 1) == 0
		       ? 0
		       : -1;
}

static int tear_down(void **state)
{
	(void)state;
	struct err e = { 0 };
	bool ok = fs_remove_tree(dir.p, &e);
	arena_free(arena);
	unsetenv("OFFGRID_CONFIG_DIR");
	return ok ? 0 : -1;
}

static void every_command_is_found_by_its_name_and_fits_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; commands[i]; i++) {
		assert_ptr_equal(command_find(str_z(commands[i]->name)), commands[i]);
		assert_true(strlen(commands[i]->name) <= NAME_COLUMNS - 3);
		assert_true(strlen(commands[i]->about) <= LIST_COLUMNS - NAME_COLUMNS - 2);
		assert_true(commands[i]->group < GROUP_COUNT);
	}
}

static void check_row(const struct command *c, const struct opt *row)
{
	if (!row->name)
		return;
	assert_non_null(row->help);
	if (row->kind == OPT_CHOICE)
		assert_non_null(row->choices);
	for (const struct opt *other = c->options; other != row; other++) {
		assert_true(!other->name || strcmp(other->name, row->name) != 0);
		assert_true(!row->letter || other->letter != row->letter);
	}
	assert_true(row->at < c->args_bytes);
	assert_true(row->letter != 'h'); /* is help */
}

static void every_option_row_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; commands[i]; i++) {
		const struct command *c = commands[i];
		if (!c->options)
			continue;
		for (const struct opt *row = c->options; row->name || row->help; row++)
			check_row(c, row);
		/* The initial values can be read: this aborts otherwise. */
		struct err e = { 0 };
		struct opt_source nothing = { 0, NULL, NULL, c->name };
		void *args = arena_alloc(arena, c->args_bytes);
		bool ok = opt_parse(c->options, &nothing, args, arena, &e);
		assert_true(ok || strstr(e.what, "is missing"));
	}
}

static void an_unknown_command_leads_to_the_nearest(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_null(command_unknown(STR("hepl"), &e));
	assert_err(e, ERR_USAGE, LAYER_NONE);
	assert_string_equal(e.what, "there is no command \"hepl\"");
	assert_string_equal(e.mend, "offgrid help");
	assert_int_equal(err_exit_code(&e), 2);
	err_clear(&e);
	command_unknown(STR("xyzzy"), &e);
	assert_string_equal(e.mend, "offgrid help, it lists the commands");
}

struct test_args {
	int64_t port;
};

static int64_t seen_port;

static int note_port(const struct invocation *in, struct err *e)
{
	(void)e;
	seen_port = ((const struct test_args *)in->args)->port;
	return 3;
}

static const struct opt options[] = {
	{ .name = "port", OPT_INTO(struct test_args, port), .initial = "1", .help = "the port" },
	OPT_END,
};

static const struct command serve = {
	.name = "serve",
	.about = "a stand-in",
	.options = options,
	.args_bytes = sizeof(struct test_args),
	.run = note_port,
};

static int run(const char *config, struct err *e)
{
	assert_true(fs_write(command_config_path(arena).p, str_z(config), 0600, e));
	return command_run(&serve, 0, NULL, arena, e);
}

static void a_command_reads_its_section_of_the_configuration(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_int_equal(run("[serve]\n\tport = 7\n[upstream \"x\"]\n\turl = u\n", &e), 3);
	assert_string_equal(e.what, "");
	assert_int_equal(seen_port, 7);
}

static void a_section_or_key_nobody_knows_is_told_with_its_line(void **state)
{
	(void)state;
	struct err e = { 0 };
	run("[serve]\nport = 7\n[sevre]\nport = 8\n", &e);
	assert_err(e, ERR_USAGE, LAYER_NONE);
	assert_non_null(strstr(e.what, "config:4: there is no section [sevre]"));
	assert_string_equal(e.mend, "[serve]");
	err_clear(&e);
	run("[serve]\nprot = 7\n", &e);
	assert_non_null(strstr(e.what, "config:2: prot: there is no such option"));
}

static void what_is_not_built_says_so(void **state)
{
	(void)state;
	struct err e = { 0 };
	const struct command later = { .name = "later" };
	command_run(&later, 0, NULL, arena, &e);
	assert_err(e, ERR_NOT_BUILT, LAYER_NONE);
	assert_int_equal(err_exit_code(&e), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_command_is_found_by_its_name_and_fits_its_line),
		TEST(every_option_row_is_sound),
		TEST(an_unknown_command_leads_to_the_nearest),
		TEST(a_command_reads_its_section_of_the_configuration),
		TEST(a_section_or_key_nobody_knows_is_told_with_its_line),
		TEST(what_is_not_built_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include <stdlib.h>

#include "base/opt.h"
#include "base/proc.h"

enum policy { POLICY_ASK, POLICY_EDITS, POLICY_AUTO };

struct args {
	bool json, color;
	struct str model;
	int64_t port, size_bytes, limit_ms, context;
	double temperature;
	enum policy policy;
	struct opt_list stops;
	struct str task;
	struct opt_list files;
};

static const char *const policies[] = { "ask", "edits", "auto", NULL };

static const struct opt rows[] = {
	OPT_HEADING("options"),
	{ .name = "json", .letter = 'j', OPT_INTO(struct args, json), .help = "as JSON lines" },
	{ .name = "color", OPT_INTO(struct args, color), .initial = "yes", .help = "in colour" },
	{ .name = "model",
		.letter = 'm',
		OPT_INTO(struct args, model),
		.arg = "NAME",
		.env = "OFFGRID_TEST_MODEL",
		.completes = OPT_FILES,
		.help = "the model" },
	{ .name = "port",
		.letter = 'p',
		OPT_INTO(struct args, port),
		.initial = "11500",
		.min = 0,
		.max = 65535,
		.help = "listen here" },
	{ .name = "size", OPT_INTO(struct args, size_bytes), .unit = OPT_BYTES, .help = "how big" },
	{ .name = "limit", OPT_INTO(struct args, limit_ms), .unit = OPT_MS, .help = "how long" },
	{ .name = "context",
		OPT_INTO(struct args, context),
		.unit = OPT_TOKENS,
		.help = "how much" },
	{ .name = "temperature", OPT_INTO(struct args, temperature), .help = "how wild" },
	{ .name = "policy",
		OPT_INTO(struct args, policy),
		.choices = policies,
		.initial = "edits",
		.help = "what is allowed" },
	{ .name = "stop", OPT_INTO(struct args, stops), .help = "stop at this text" },
	{ .name = "TASK", .is_positional = true, OPT_INTO(struct args, task), .help = "the work" },
	{ .name = "FILE", .is_positional = true, OPT_INTO(struct args, files), .help = "files" },
	OPT_END,
};

static struct arena *arena;
static struct args args;
static struct err e;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	args = (struct args){ 0 };
	e = (struct err){ 0 };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	unsetenv("OFFGRID_TEST_MODEL");
	return 0;
}

static bool parse(const struct config *config, const char *const *argv)
{
	int argc = 0;
	while (argv[argc])
		argc++;
	struct opt_source from = { argc, argv, config, "test" };
	return opt_parse(rows, &from, &args, arena, &e);
}

#define LINE(...) parse(NULL, (const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })

static void nothing_given_gives_what_is_initial(void **state)
{
	(void)state;
	assert_true(LINE());
	assert_false(args.json);
	assert_true(args.color);
	assert_int_equal(args.port, 11500);
	assert_int_equal(args.policy, POLICY_EDITS);
	assert_str(args.model, "");
	assert_int_equal(args.stops.count, 0);
}

static void every_way_of_writing_an_option(void **state)
{
	(void)state;
	assert_true(LINE("--json", "--model", "a b", "--port=80", "--no-color"));
	assert_true(args.json);
	assert_false(args.color);
	assert_str(args.model, "a b");
	assert_int_equal(args.port, 80);
	assert_true(LINE("-jp81", "-m", "x"));
	assert_int_equal(args.port, 81);
	assert_str(args.model, "x");
	assert_true(LINE("--model=", "--temperature", "-0.5"));
	assert_str(args.model, "");
	assert_true(args.temperature == -0.5);
}

static void positional_arguments_are_taken_in_order(void **state)
{
	(void)state;
	assert_true(LINE("do it", "-j", "a", "--", "--json", "-"));
	assert_str(args.task, "do it");
	assert_int_equal(args.files.count, 3);
	assert_str(args.files.items[0], "a");
	assert_str(args.files.items[1], "--json");
	assert_str(args.files.items[2], "-");
}

static void numbers_have_units(void **state)
{
	(void)state;
	assert_true(LINE("--size", "4k", "--limit", "1.5m", "--context", "32k"));
	assert_int_equal(args.size_bytes, 4096);
	assert_int_equal(args.limit_ms, 90000);
	assert_int_equal(args.context, 32768);
	assert_true(LINE("--size", "2GiB", "--limit", "90", "--context", "100"));
	assert_true(args.size_bytes == INT64_C(2) << 30);
	assert_int_equal(args.limit_ms, 90000);
	assert_true(LINE("--limit", "250ms"));
	assert_int_equal(args.limit_ms, 250);
}

static void refused(bool ok, const char *what, const char *mend)
{
	assert_false(ok);
	assert_err(e, ERR_USAGE, LAYER_NONE);
	assert_string_equal(e.what, what);
	assert_string_equal(e.mend, mend);
	err_clear(&e);
}

static void a_mistake_names_the_option_and_the_nearest(void **state)
{
	(void)state;
	refused(LINE("--prot", "1"), "--prot: there is no such option", "--port");
	refused(LINE("-x"), "-x: there is no such option", "--help, it lists the options");
	refused(LINE("--port", "high"), "--port: \"high\" is not a whole number", "");
	refused(LINE("--port", "99999999999999999999"),
		"--port: \"99999999999999999999\" is not a whole number", "");
	refused(LINE("--port", "70000"), "--port: 70000 is not between 0 and 65535", "");
	refused(LINE("--size", "8x"), "--size: \"8x\" is not a size like 500m or 8GiB", "");
	refused(LINE("--policy", "edit"), "--policy: \"edit\" is not one of ask, edits, auto",
		"edits");
	refused(LINE("--json=maybe"), "--json: \"maybe\" is neither yes nor no", "");
	refused(LINE("--model"), "--model: its value is missing", "--model NAME");
	refused(LINE("--temperature", "hot"), "--temperature: \"hot\" is not a number", "");
}

static void the_stronger_source_wins(void **state)
{
	(void)state;
	struct config *config = config_parse(
		STR("[test]\nmodel = c\nport = 1\nstop = x\nstop = y\n[other]\nport = 2\n"),
		"config", &e);
	assert_non_null(config);
	const char *const nothing[] = { NULL };
	assert_true(parse(config, nothing));
	assert_str(args.model, "c");
	assert_int_equal(args.port, 1);
	assert_int_equal(args.stops.count, 2);
	setenv("OFFGRID_TEST_MODEL", "e", 1);
	assert_true(parse(config, nothing));
	assert_str(args.model, "e");
	const char *const line[] = { "--model=l", "--stop=z", NULL };
	assert_true(parse(config, line));
	assert_str(args.model, "l");
	assert_int_equal(args.stops.count, 1);
	assert_str(args.stops.items[0], "z");
	config_free(config);
}

static void a_mistake_in_the_configuration_names_its_line(void **state)
{
	(void)state;
	struct config *config = config_parse(STR("[test]\nprot = 1\n"), "config", &e);
	const char *const nothing[] = { NULL };
	refused(parse(config, nothing), "config:2: prot: there is no such option", "--port");
	config_free(config);
}

static void what_is_required_is_asked_for(void **state)
{
	(void)state;
	static const struct opt strict[] = {
		{ .name = "TASK",
			.is_positional = true,
			.is_required = true,
			OPT_INTO(struct args, task),
			.help = "the work" },
		OPT_END,
	};
	struct opt_source from = { 0, NULL, NULL, "test" };
	assert_false(opt_parse(strict, &from, &args, arena, &e));
	assert_string_equal(e.what, "TASK is missing: the work");
}

static void help_is_made_from_the_rows(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, 10000);
	opt_usage(rows, &out);
	assert_str(buf_str(&out), " [options] [TASK] [FILE...]");
	buf_reset(&out);
	opt_help(rows, &out);
	assert_non_null(strstr(out.p, "  -p, --port N              listen here [11500]\n"));
	assert_non_null(strstr(out.p, "      --no-color            in colour\n"));
	assert_non_null(strstr(out.p, "what is allowed: ask, edits, auto [edits]\n"));
	assert_non_null(strstr(out.p, "the model (OFFGRID_TEST_MODEL)\n"));
	struct str rest = buf_str(&out), line;
	while (str_cut(&rest, '\n', &line))
		assert_true(line.n <= 80);
	buf_clear(&out);
}

static void long_words_are_wrapped_at_80_columns(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, 10000);
	opt_wrap(STR("one two three four five six seven eight nine ten eleven twelve thirteen "
		     "fourteen fifteen\n\nnext"),
		2, &out);
	assert_str(buf_str(&out),
		"  one two three four five six seven eight nine ten eleven twelve thirteen\n"
		"  fourteen fifteen\n\n  next\n");
	buf_clear(&out);
}

/* The script is run by a real shell, which completes a line for us. */
static struct str complete_in_bash(const char *line, struct buf *out)
{
	const struct opt_command commands[] = { { "run", "runs it's thing", rows },
		{ "list", "lists", NULL } };
	struct buf script;
	buf_init(&script, 100000);
	assert_true(opt_completion("bash", "prog", commands, 2, &script, &e));
	buf_printf(&script,
		"COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _prog; echo "
		"\"${COMPREPLY[*]}\"\n",
		line);
	struct proc_spec spec = { .argv = (const char *const[]){ "bash", "-s", NULL },
		.input = buf_str(&script),
		.deadline_ms = 20000,
		.io = PROC_MERGED };
	struct proc_result r;
	assert_true(proc_run(&spec, &r, &e));
	assert_int_equal(r.exit_code, 0);
	buf_reset(out);
	capture_write(&r.out[PROC_OUT], out);
	proc_result_clear(&r);
	buf_clear(&script);
	return str_trim(buf_str(out));
}

static void bash_completes_commands_options_and_choices(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, 10000);
	assert_str(complete_in_bash("prog ''", &out), "run list");
	assert_str(complete_in_bash("prog run --p", &out), "--port --policy");
	assert_str(complete_in_bash("prog run --policy ''", &out), "ask edits auto");
	assert_str(complete_in_bash("prog run --port ''", &out), "");
	assert_str(complete_in_bash("prog list -", &out), "--help");
	buf_clear(&out);
}

static void zsh_and_fish_get_a_script_and_others_an_error(void **state)
{
	(void)state;
	const struct opt_command commands[] = { { "run", "runs it's thing", rows } };
	struct buf out;
	buf_init(&out, 100000);
	assert_true(opt_completion("zsh", "prog", commands, 1, &out, &e));
	assert_non_null(strstr(out.p, "'run:runs it'\\''s thing'"));
	assert_non_null(strstr(out.p, "'--policy[what is allowed]:which:(ask edits auto)'"));
	buf_reset(&out);
	assert_true(opt_completion("fish", "prog", commands, 1, &out, &e));
	assert_non_null(strstr(out.p, "-l port -s p -x -d 'listen here'"));
	refused(opt_completion("tcsh", "prog", commands, 1, &out, &e),
		"there is no completion for \"tcsh\"", "bash, zsh or fish");
	buf_clear(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_given_gives_what_is_initial),
		TEST(every_way_of_writing_an_option),
		TEST(positional_arguments_are_taken_in_order),
		TEST(numbers_have_units),
		TEST(a_mistake_names_the_option_and_the_nearest),
		TEST(the_stronger_source_wins),
		TEST(a_mistake_in_the_configuration_names_its_line),
		TEST(what_is_required_is_asked_for),
		TEST(help_is_made_from_the_rows),
		TEST(long_words_are_wrapped_at_80_columns),
		TEST(bash_completes_commands_options_and_choices),
		TEST(zsh_and_fish_get_a_script_and_others_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

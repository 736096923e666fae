/*
 * cmd_help.c - help: for a newcomer the whole program on one screen, for one command all of it.
 */
#include <stdio.h>

#include "base/limits.h"
#include "cmd/command.h"

enum { NAME_COLUMN = 12 };

static const char *const group_titles[GROUP_COUNT] = {
	[GROUP_WORK] = "Let it work",
	[GROUP_SERVE] = "Serve other programs",
	[GROUP_DIAGNOSE] = "See what is wrong, and what is true",
	[GROUP_MODELS] = "Models",
	[GROUP_PROGRAM] = "The program itself",
};

static void print(struct buf *b)
{
	fwrite(buf_z(b), 1, b->n, stdout);
	buf_clear(b);
}

static void add_group(enum command_group group, struct buf *out)
{
	buf_printf(out, "\n%s:\n", group_titles[group]);
	for (size_t i = 0; commands[i]; i++)
		if (commands[i]->group == group)
			buf_printf(out, "  %-*s%s%s\n", NAME_COLUMN, commands[i]->name,
				commands[i]->about, commands[i]->run ? "" : " *");
}

void command_print_overview(void)
{
	struct buf out;
	buf_init(&out, LIMIT_TEXT_FILE_BYTES);
	buf_add_z(&out, "offgrid runs open models on your own machine, lets them work, serves them "
			"to\nother programs, and names the layer that fails.\n\n"
			"usage: offgrid COMMAND [options]\n");
	for (enum command_group group = 0; group < GROUP_COUNT; group++)
		add_group(group, &out);
	buf_add_z(&out, "\n* not built yet\n\nMore on one of them: offgrid help COMMAND\n");
	print(&out);
}

void command_print_help(const struct command *c)
{
	struct buf out;
	buf_init(&out, LIMIT_TEXT_FILE_BYTES);
	buf_printf(&out, "offgrid %s: %s\n\nusage: offgrid %s", c->name, c->about, c->name);
	if (c->options)
		opt_usage(c->options, &out);
	buf_add_char(&out, '\n');
	if (c->text) {
		buf_add_char(&out, '\n');
		opt_wrap(str_z(c->text), 0, &out);
	}
	if (c->options) {
		buf_add_char(&out, '\n');
		opt_help(c->options, &out);
	}
	for (size_t i = 0; c->examples && c->examples[i]; i++)
		buf_printf(&out, "%s  %s\n", i ? "" : "\nexamples:\n", c->examples[i]);
	if (!c->run)
		buf_add_z(&out, "\nThis command is not built yet.\n");
	print(&out);
}

struct help_args {
	struct str command;
};

static const struct opt options[] = {
	{ .name = "COMMAND",
		.is_positional = true,
		OPT_INTO(struct help_args, command),
		.help = "which one to explain" },
	OPT_END,
};

static int run(const struct invocation *in, struct err *e)
{
	const struct help_args *args = in->args;
	const struct command *c = command_find(args->command);
	if (args->command.n == 0)
		command_print_overview();
	else if (c)
		command_print_help(c);
	else
		command_unknown(args->command, e);
	return 0;
}

const struct command cmd_help = {
	.name = "help",
	.group = GROUP_PROGRAM,
	.about = "explain the program, or one command",
	.options = options,
	.args_bytes = sizeof(struct help_args),
	.no_config = true,
	.run = run,
};

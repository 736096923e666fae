/*
 * cmd_completion.c - completion scripts for the shells, made from the command table.
 */
#include <stdio.h>

#include "base/limits.h"
#include "cmd/command.h"

struct completion_args {
	struct str shell;
};

static const struct opt options[] = {
	{ .name = "SHELL",
		.is_positional = true,
		.is_required = true,
		OPT_INTO(struct completion_args, shell),
		.help = "bash, zsh or fish" },
	OPT_END,
};

static const char *const examples[] = {
	"offgrid completion bash >~/.local/share/bash-completion/completions/offgrid",
	"offgrid completion zsh >~/.zfunc/_offgrid",
	"offgrid completion fish >~/.config/fish/completions/offgrid.fish",
	NULL,
};

static int run(const struct invocation *in, struct err *e)
{
	const struct completion_args *args = in->args;
	size_t count = 0;
	while (commands[count])
		count++;
	struct opt_command *views = arena_calloc(in->arena, count, sizeof *views);
	for (size_t i = 0; i < count; i++)
		views[i] = (struct opt_command){ commands[i]->name, commands[i]->about,
			commands[i]->options };
	struct buf out;
	buf_init(&out, LIMIT_TEXT_FILE_BYTES);
	if (opt_completion(args->shell.p, "offgrid", views, count, &out, e))
		fwrite(buf_z(&out), 1, out.n, stdout);
	buf_clear(&out);
	return 0;
}

const struct command cmd_completion = {
	.name = "completion",
	.group = GROUP_PROGRAM,
	.about = "completion for bash, zsh or fish",
	.options = options,
	.args_bytes = sizeof(struct completion_args),
	.examples = examples,
	.no_config = true,
	.run = run,
};

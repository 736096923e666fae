/*
 * cmd_disconnect.c - `offgrid disconnect`: gives a program its own configuration back.
 */
#include <stdio.h>

#include "client/connect.h"
#include "cmd/command.h"

struct args {
	struct str client;
	bool force;
};

static const struct opt options[] = {
	{ .name = "CLIENT",
		.is_positional = true,
		.is_required = true,
		OPT_INTO(struct args, client),
		.help = "which program" },
	{ .name = "force",
		.line_only = true,
		OPT_INTO(struct args, force),
		.help = "also if its files were changed since; as they are now they are kept "
			"aside" },
	OPT_END,
};

static int run(const struct invocation *in, struct err *e)
{
	const struct args *args = in->args;
	const struct client *c = client_find(args->client, e);
	struct connect_undone undone;
	if (!c || !connect_undo(c, args->force, in->arena, &undone, e))
		return 1;
	if (undone.first.n)
		printf("%s is as before it was last connected; you had changed it in between\n"
		       "as it was before the first time: %s\n",
			c->title, undone.first.p);
	else
		printf("%s has its own configuration again, byte for byte\n", c->title);
	if (undone.changed.n)
		printf("as you had changed it: %s\n", undone.changed.p);
	return 0;
}

static const char *const examples[] = { "offgrid disconnect opencode", NULL };

const struct command cmd_disconnect = {
	.name = "disconnect",
	.group = GROUP_SERVE,
	.about = "give a program its own configuration back",
	.text = "Every file that offgrid connect changed becomes what it was, byte for byte; those "
		"that it made are removed.",
	.examples = examples,
	.options = options,
	.args_bytes = sizeof(struct args),
	.run = run,
};

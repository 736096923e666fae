/*
 * cmd_version.c - which program this is, and which library it was built to run models with
 * (OFFGRID_LLAMA is what `tools/llama --describe` said). The version that is really there is
 * checked when a model is loaded.
 */
#include <stdio.h>

#include "cmd/command.h"

static int run(const struct invocation *in, struct err *e)
{
	(void)in;
	(void)e;
	printf("offgrid %s\n%s\n", OFFGRID_VERSION, OFFGRID_LLAMA);
	return 0;
}

const struct command cmd_version = {
	.name = "version",
	.group = GROUP_PROGRAM,
	.about = "which version this is, and which libllama it uses",
	.no_config = true,
	.run = run,
};

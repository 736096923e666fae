/*
 * main.c - the program: picks the command, prints its error, gives the exit code.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/command.h"
#include "engine/engine.h"

/* What people type from habit. */
static const char *const aliases[][2] = {
	{ "--help", "help" },
	{ "-h", "help" },
	{ "--version", "version" },
	{ "-V", "version" },
};

static struct str real_name(const char *word)
{
	for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
		if (strcmp(word, aliases[i][0]) == 0)
			return str_z(aliases[i][1]);
	return str_z(word);
}

static int dispatch(int argc, const char *const *argv, struct arena *a, struct err *e)
{
	if (argc < 2) {
		command_print_overview();
		return 0;
	}
	struct str name = real_name(argv[1]);
	const struct command *c = command_find(name);
	if (!c)
		c = command_unknown(name, e);
	return c ? command_run(c, argc - 2, argv + 2, a, e) : 0;
}

int main(int argc, char **argv)
{
	int child = engine_child(argc, argv);
	if (child >= 0)
		return child;
	struct err e = { .kind = ERR_NONE };
	struct arena *a = arena_new();
	int code = dispatch(argc, (const char *const *)argv, a, &e);
	if (fflush(stdout) != 0)
		fail_errno(&e, LAYER_DISK, errno, "cannot write the output");
	if (err_is_set(&e)) {
		command_print_error(&e);
		code = err_exit_code(&e);
	}
	arena_free(a);
	return code;
}

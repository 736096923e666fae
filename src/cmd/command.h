/*
 * command.h - a subcommand as a row: what it is called, what it takes, what it does.
 *
 * One file cmd_NAME.c a command, one line in commands.c. Help, completion, the configuration file's
 * section and the dispatch are made from the row. Only cmd/ prints and only main exits.
 */
#ifndef OFFGRID_CMD_COMMAND_H
#define OFFGRID_CMD_COMMAND_H

#include "base/opt.h"

/* How help groups them, in this order. */
enum command_group {
	GROUP_WORK,
	GROUP_SERVE,
	GROUP_DIAGNOSE,
	GROUP_MODELS,
	GROUP_PROGRAM,
	GROUP_COUNT
};

struct command;

/* What a command is given when it runs. */
struct invocation {
	const struct command *command;
	const void *args;            /* its own struct, filled from its options */
	const struct config *config; /* the whole file, for sections of others */
	struct arena *arena;         /* lives as long as the run */
};

struct command {
	const char *name;
	enum command_group group;
	const char *about; /* one line for the list: what one gets, lower case, no full stop */
	const char *text;  /* paragraphs for its own help; may be NULL */
	const char *const *examples; /* whole command lines, NULL-terminated; may be NULL */
	const struct opt *options;   /* ends with OPT_END; NULL: takes nothing */
	size_t args_bytes;           /* sizeof the struct that the options fill */
	bool no_config;              /* runs with a broken configuration file too */
	/* Gives the exit code. If an error is set, main prints it and its kind gives the code.
	 * NULL: not built yet. */
	int (*run)(const struct invocation *in, struct err *e);
};

extern const struct command *const commands[]; /* NULL-terminated */

const struct command *command_find(struct str name); /* or NULL */
/* There is no such command: which one was meant. Always NULL. */
const struct command *command_unknown(struct str name, struct err *e);

/* The configuration file of this user. */
struct str command_config_path(struct arena *a);

/* Reads the arguments and runs it. */
int command_run(
	const struct command *c, int argc, const char *const *argv, struct arena *a, struct err *e);

/* "offgrid: LAYER: what" and, on a line of its own, "  try: mend". */
void command_print_error(const struct err *e);

/* Help of one command, and of the whole program, to standard output. */
void command_print_help(const struct command *c);
void command_print_overview(void);

#endif

/*
 * command.c - finding, reading and running a subcommand; see command.h.
 */
#include "cmd/command.h"

#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/nearest.h"

/* Sections of the configuration file that are not those of a command. */
static const char *const other_sections[] = { "upstream" };

const struct command *command_find(struct str name)
{
	for (size_t i = 0; commands[i]; i++)
		if (str_eq_z(name, commands[i]->name))
			return commands[i];
	return NULL;
}

const struct command *command_unknown(struct str name, struct err *e)
{
	struct nearest near = nearest_to(name);
	for (size_t i = 0; commands[i]; i++)
		nearest_try(&near, str_z(commands[i]->name));
	fail(e, ERR_USAGE, LAYER_NONE, "there is no command \"%.*s\"", STR_ARG(name));
	if (near.best.n)
		err_mend(e, "offgrid %.*s", STR_ARG(near.best));
	else
		err_mend(e, "offgrid help, it lists the commands");
	return NULL;
}

struct str command_config_path(struct arena *a)
{
	return fs_join(a, fs_place(a, FS_CONFIG), STR("config"));
}

static bool is_known_section(struct str section)
{
	for (size_t i = 0; i < sizeof other_sections / sizeof other_sections[0]; i++)
		if (str_eq_z(section, other_sections[i]))
			return true;
	return command_find(section) != NULL;
}

static bool check_sections(const struct config *config, struct err *e)
{
	for (size_t i = 0; i < config_count(config); i++) {
		const struct config_entry *entry = config_get(config, i);
		if (is_known_section(entry->section))
			continue;
		struct nearest near = nearest_to(entry->section);
		for (size_t k = 0; commands[k]; k++)
			nearest_try(&near, str_z(commands[k]->name));
		for (size_t k = 0; k < sizeof other_sections / sizeof other_sections[0]; k++)
			nearest_try(&near, str_z(other_sections[k]));
		config_fail(config, entry, e, "there is no section [%s]", entry->section.p);
		return near.best.n ? err_mend(e, "[%s]", near.best.p) : false;
	}
	return true;
}

static int run_with_config(const struct command *c, const struct config *config, int argc,
	const char *const *argv, struct arena *a, struct err *e)
{
	static const struct opt none[] = { OPT_END };
	struct opt_source from = { argc, argv, config, c->name };
	void *args = arena_alloc(a, c->args_bytes ? c->args_bytes : 1);
	struct invocation in = { c, args, config, a };
	if (!opt_parse(c->options ? c->options : none, &from, args, a, e)) {
		err_mend(e, "offgrid help %s", c->name);
		return 0;
	}
	return c->run(&in, e);
}

int command_run(
	const struct command *c, int argc, const char *const *argv, struct arena *a, struct err *e)
{
	if (opt_wants_help(argc, argv)) {
		command_print_help(c);
		return 0;
	}
	if (!c->run) {
		fail(e, ERR_NOT_BUILT, LAYER_NONE, "%s", c->name);
		return 0;
	}
	struct config *config = NULL;
	if (!c->no_config)
		config = config_load(command_config_path(a).p, e);
	int code = 0;
	if (!err_is_set(e) && check_sections(config, e))
		code = run_with_config(c, config, argc, argv, a, e);
	config_free(config);
	return code;
}

void command_print_error(const struct err *e)
{
	fputs("offgrid: ", stderr);
	if (e->kind == ERR_NOT_BUILT)
		fputs("not built yet: ", stderr);
	if (e->layer != LAYER_NONE)
		fprintf(stderr, "%s: ", layers[e->layer].name);
	fprintf(stderr, "%s\n", e->what);
	if (e->mend[0])
		fprintf(stderr, "  try: %s\n", e->mend);
}

/*
 * opt_complete.c - completion scripts for bash, zsh and fish from option rows; see opt.h.
 *
 * The scripts hold all they know and never run the program: completing costs nothing and works
 * where the program does not.
 */
#include "base/opt.h"

struct writer {
	const char *program;
	const struct opt_command *commands;
	size_t count;
	struct buf *out;
};

static bool is_option(const struct opt *row)
{
	return row->name && !row->is_positional;
}

static bool is_end(const struct opt *row)
{
	return !row->name && !row->help;
}

/* Inside single quotes of a shell; `special` characters get a backslash on top. */
static void add_quoted(struct buf *out, const char *text, const char *special)
{
	for (const char *c = text ? text : ""; *c; c++) {
		if (strchr(special, *c))
			buf_add_char(out, '\\');
		if (*c == '\'')
			buf_add_z(out, "'\\''");
		else
			buf_add_char(out, *c);
	}
}

static void add_choices(struct buf *out, const struct opt *row)
{
	for (int i = 0; row->choices[i]; i++)
		buf_printf(out, "%s%s", i ? " " : "", row->choices[i]);
}

static void add_banner(const struct writer *w, const char *shell)
{
	buf_printf(w->out, "# Completion for %s in %s, made by: %s completion %s\n", w->program,
		shell, w->program, shell);
}

/* ---- bash ---- */

static void bash_value_case(
	const struct writer *w, const struct opt_command *command, const struct opt *row)
{
	if (row->kind == OPT_FLAG)
		return;
	buf_printf(w->out, "\t'%s --%s'", command->name, row->name);
	if (row->letter)
		buf_printf(w->out, " | '%s -%c'", command->name, row->letter);
	buf_add_z(w->out, ") COMPREPLY=(");
	if (row->kind == OPT_CHOICE) {
		buf_add_z(w->out, "$(compgen -W '");
		add_choices(w->out, row);
		buf_add_z(w->out, "' -- \"$word\")");
	} else if (row->completes == OPT_FILES) {
		buf_add_z(w->out, "$(compgen -f -- \"$word\")");
	} else if (row->completes == OPT_DIRS) {
		buf_add_z(w->out, "$(compgen -d -- \"$word\")");
	}
	buf_add_z(w->out, "); return ;;\n");
}

static void bash_options_case(const struct writer *w, const struct opt_command *command)
{
	buf_printf(w->out, "\t%s) options='--help", command->name);
	for (const struct opt *row = command->rows; row && !is_end(row); row++)
		if (is_option(row))
			buf_printf(w->out, " --%s", row->name);
	buf_add_z(w->out, "' ;;\n");
}

static void write_bash(const struct writer *w)
{
	add_banner(w, "bash");
	buf_printf(w->out,
		"_%s() {\n"
		"\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
		"\tlocal command=${COMP_WORDS[1]} options=\n"
		"\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
		"\t\tCOMPREPLY=($(compgen -W '",
		w->program);
	for (size_t i = 0; i < w->count; i++)
		buf_printf(w->out, "%s%s", i ? " " : "", w->commands[i].name);
	buf_add_z(w->out, "' -- \"$word\"))\n\t\treturn\n\tfi\n\tcase \"$command $before\" in\n");
	for (size_t i = 0; i < w->count; i++)
		for (const struct opt *row = w->commands[i].rows; row && !is_end(row); row++)
			if (is_option(row))
				bash_value_case(w, &w->commands[i], row);
	buf_add_z(w->out, "\tesac\n\tcase \"$command\" in\n");
	for (size_t i = 0; i < w->count; i++)
		bash_options_case(w, &w->commands[i]);
	buf_printf(w->out,
		"\tesac\n"
		"\tcase \"$word\" in\n"
		"\t-*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
		"\t*) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
		"\tesac\n"
		"}\n"
		"complete -o filenames -F _%s %s\n",
		w->program, w->program);
}

/* ---- zsh ---- */

static void zsh_option(const struct writer *w, const struct opt *row)
{
	const char *repeats = row->kind == OPT_LIST ? "*" : "";
	buf_add_z(w->out, " \\\n\t\t\t");
	if (row->letter)
		buf_printf(w->out, "'%s'{-%c,--%s}'", repeats, row->letter, row->name);
	else
		buf_printf(w->out, "'%s--%s", repeats, row->name);
	buf_add_char(w->out, '[');
	add_quoted(w->out, row->help, "[]:\\");
	buf_add_char(w->out, ']');
	if (row->kind == OPT_CHOICE) {
		buf_add_z(w->out, ":which:(");
		add_choices(w->out, row);
		buf_add_char(w->out, ')');
	} else if (row->kind != OPT_FLAG) {
		static const char *const actions[] = {
			[OPT_NOTHING] = "", [OPT_FILES] = "_files", [OPT_DIRS] = "_directories"
		};
		buf_printf(
			w->out, ":%s:%s", row->arg ? row->arg : "value", actions[row->completes]);
	}
	buf_add_char(w->out, '\'');
}

static void write_zsh(const struct writer *w)
{
	buf_printf(w->out, "#compdef %s\n", w->program);
	add_banner(w, "zsh");
	buf_printf(w->out, "_%s() {\n\tlocal -a commands=(\n", w->program);
	for (size_t i = 0; i < w->count; i++) {
		buf_printf(w->out, "\t\t'%s:", w->commands[i].name);
		add_quoted(w->out, w->commands[i].about, ":\\");
		buf_add_z(w->out, "'\n");
	}
	buf_add_z(w->out, "\t)\n"
			  "\tif (( CURRENT == 2 )); then\n"
			  "\t\t_describe command commands\n"
			  "\t\treturn\n"
			  "\tfi\n"
			  "\tlocal command=$words[2]\n"
			  "\tshift words\n"
			  "\t(( CURRENT-- ))\n"
			  "\tcase $command in\n");
	for (size_t i = 0; i < w->count; i++) {
		buf_printf(w->out, "\t%s)\n\t\t_arguments '--help[explain]'", w->commands[i].name);
		for (const struct opt *row = w->commands[i].rows; row && !is_end(row); row++)
			if (is_option(row))
				zsh_option(w, row);
		buf_add_z(w->out, " '*::argument:_files' ;;\n");
	}
	buf_printf(w->out, "\tesac\n}\n_%s \"$@\"\n", w->program);
}

/* ---- fish ---- */

static void fish_option(
	const struct writer *w, const struct opt_command *command, const struct opt *row)
{
	buf_printf(w->out, "complete -c %s -n '__fish_seen_subcommand_from %s' -l %s", w->program,
		command->name, row->name);
	if (row->letter)
		buf_printf(w->out, " -s %c", row->letter);
	if (row->kind == OPT_CHOICE) {
		buf_add_z(w->out, " -x -a '");
		add_choices(w->out, row);
		buf_add_char(w->out, '\'');
	} else if (row->kind != OPT_FLAG) {
		static const char *const actions[] = { [OPT_NOTHING] = " -x",
			[OPT_FILES] = " -r -F",
			[OPT_DIRS] = " -x -a '(__fish_complete_directories)'" };
		buf_add_z(w->out, actions[row->completes]);
	}
	buf_add_z(w->out, " -d '");
	add_quoted(w->out, row->help, "\\");
	buf_add_z(w->out, "'\n");
}

static void write_fish(const struct writer *w)
{
	add_banner(w, "fish");
	for (size_t i = 0; i < w->count; i++) {
		const struct opt_command *command = &w->commands[i];
		buf_printf(w->out, "complete -c %s -f -n __fish_use_subcommand -a %s -d '",
			w->program, command->name);
		add_quoted(w->out, command->about, "\\");
		buf_add_z(w->out, "'\n");
		for (const struct opt *row = command->rows; row && !is_end(row); row++)
			if (is_option(row))
				fish_option(w, command, row);
	}
}

static const struct {
	const char *shell;
	void (*write)(const struct writer *w);
} shells[] = { { "bash", write_bash }, { "zsh", write_zsh }, { "fish", write_fish } };

bool opt_completion(const char *shell, const char *program, const struct opt_command *commands,
	size_t count, struct buf *out, struct err *e)
{
	struct writer w = { program, commands, count, out };
	for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
		if (str_eq_z(str_z(shell), shells[i].shell)) {
			shells[i].write(&w);
			return true;
		}
	fail(e, ERR_USAGE, LAYER_NONE, "there is no completion for \"%s\"", shell);
	return err_mend(e, "bash, zsh or fish");
}

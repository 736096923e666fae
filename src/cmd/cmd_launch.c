/*
 * cmd_launch.c - `offgrid launch`: starts a program with a configuration that is thrown away.
 *
 * The program is a child in our own process group, so that it owns the terminal; while it runs we
 * wait, and its exit code is ours.
 *
 * Layer: client.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fs.h"
#include "client/connect.h"
#include "cmd/command.h"
#include "cmd/connect_target.h"

struct args {
	struct str client;
	struct opt_list words;
	struct target_args target;
};

static const struct opt options[] = {
	{ .name = "CLIENT",
		.is_positional = true,
		.is_required = true,
		OPT_INTO(struct args, client),
		.help = "which program" },
	{ .name = "ARGUMENT",
		.is_positional = true,
		.line_only = true,
		OPT_INTO(struct args, words),
		.help = "for the program; behind --, its options too" },
	TARGET_OPTIONS(struct args, target),
	OPT_END,
};

enum { SIGNAL_CODE = 128 };

static size_t count_words(const char *const *words)
{
	size_t n = 0;
	while (words[n])
		n++;
	return n;
}

/* The text with {home} and the holes of the target filled. */
static const char *fill(
	struct arena *a, const char *text, struct str home, const struct client_target *t)
{
	struct str filled = client_fill(a, text, t, false), hole = STR("{home}");
	size_t at = str_find(filled, hole);
	if (at == SIZE_MAX)
		return filled.p;
	return arena_printf(a, "%.*s%.*s%.*s", STR_ARG(str_sub(filled, 0, at)), STR_ARG(home),
		STR_ARG(str_from(filled, at + hole.n)))
		.p;
}

static char *const *words_of(struct arena *a, const struct client *c, const struct args *args,
	struct str home, const struct client_target *t)
{
	size_t own = count_words(c->launch_words), n = 0;
	const char **words = arena_calloc(a, own + args->words.count + 2, sizeof *words);
	if (c->program)
		words[n++] = c->program;
	for (size_t i = 0; i < own; i++)
		words[n++] = fill(a, c->launch_words[i], home, t);
	for (size_t i = 0; i < args->words.count; i++)
		words[n++] = args->words.items[i].p;
	return (char *const *)words;
}

static char *const *env_of(
	struct arena *a, const struct client *c, struct str home, const struct client_target *t)
{
	size_t count = count_words(c->launch_env);
	const char **more = arena_calloc(a, count + 2, sizeof *more);
	for (size_t i = 0; i < count; i++)
		more[i] = fill(a, c->launch_env[i], home, t);
	if (c->moved.by) {
		struct str below = str_from(str_z(c->moved.what), strlen("~/"));
		while (str_ends(below, STR("/")))
			below.n--;
		struct str place = below.n ? fs_join(a, home, below) : home;
		more[count] = arena_printf(a, "%s=%.*s", c->moved.by, STR_ARG(place)).p;
	}
	return (char *const *)env_for_child(a, more);
}

static bool write_files(const struct client *c, const struct client_target *t, struct str home,
	struct arena *a, struct err *e)
{
	struct connect_change changes[CLIENT_FILES];
	size_t count;
	if (!connect_plan(c, t, home, a, changes, &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct str dir = arena_str(a, fs_parent(changes[i].path));
		if (!fs_make_dirs(dir.p, true, e) ||
			!fs_write(changes[i].path.p, changes[i].after, 0600, e))
			return false;
	}
	return true;
}

/* A folder for the program's files. Not one for temporary files: Codex refuses to run commands if
 * its home is below such a one. */
static bool make_home(struct arena *a, struct str *home, struct err *e)
{
	struct str state = fs_place(a, FS_STATE);
	return fs_make_dirs(state.p, true, e) && fs_temp_dir_in(a, state.p, "launch", home, e);
}

/* The program's exit code; 1 with an error if no process could be made. */
static int run_program(char *const *words, char *const *env, struct err *e)
{
	int status;
	fflush(NULL);
	pid_t child = fork();
	if (child < 0) {
		fail_errno(e, LAYER_CLIENT, errno, "cannot start %s", words[0]);
		return 1;
	}
	if (child == 0) {
		extern char **environ;
		environ = (char **)env;
		execvp(words[0], words);
		_exit(errno == ENOENT ? 127 : 126);
	}
	/* ctrl-C is the program's business, not ours */
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	sigaction(SIGINT, &ignore, &before);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &before, NULL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : SIGNAL_CODE + WTERMSIG(status);
}

/* There is something to start: the client's own program, or the user's first word. */
static bool has_program(
	const struct client *c, const struct args *args, struct arena *a, struct err *e)
{
	const char *program = c->program          ? c->program
			      : args->words.count ? args->words.items[0].p
						  : NULL;
	if (!program) {
		fail(e, ERR_USAGE, LAYER_NONE, "which program is to be started?");
		return err_mend(e, "offgrid launch %s -- PROGRAM [ARGUMENT...]", c->name);
	}
	if (strchr(program, '/') || connect_has_program(program, a))
		return true;
	fail(e, ERR_NOT_FOUND, LAYER_CLIENT, "there is no program %s in PATH", program);
	return err_mend(e, "install %s first", program);
}

static int run(const struct invocation *in, struct err *e)
{
	const struct args *args = in->args;
	struct client_target target;
	struct str home;
	const struct client *c = client_find(args->client, e);
	if (!c || !has_program(c, args, in->arena, e) ||
		!connect_target(c, &args->target, in->arena, &target, e) ||
		!make_home(in->arena, &home, e))
		return 1;
	int code = 1;
	if (write_files(c, &target, home, in->arena, e))
		code = run_program(words_of(in->arena, c, args, home, &target),
			env_of(in->arena, c, home, &target), e);
	fs_remove_tree(home.p, NULL);
	return code;
}

static const char *const examples[] = { "offgrid launch opencode",
	"offgrid launch codex -- exec \"add a README\"", "offgrid launch any -- python3 mine.py",
	NULL };

const struct command cmd_launch = {
	.name = "launch",
	.group = GROUP_SERVE,
	.about = "start a program on our server, touching none of its files",
	.text = "The program gets a configuration in a folder of its own, which is removed when it "
		"ends; sessions and settings that it keeps itself are gone then, too. Variables "
		"that hold keys of other services are not handed on.",
	.examples = examples,
	.options = options,
	.args_bytes = sizeof(struct args),
	.run = run,
};

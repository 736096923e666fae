/*
 * cmd_launch.c - `offgrid launch`: starts a program with a configuration that is thrown away.
 *
 * The program is a child in our own process group, so that it owns the terminal; while it runs we
 * wait, and its exit code is ours. What the terminal sends reaches it by itself; SIGTERM and
 * SIGHUP, which may be sent to us alone, are handed on.
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
#include "client/checkup.h"
#include "client/connect.h"
#include "cmd/command.h"
#include "cmd/connect_target.h"
#include "cmd/launch_home.h"

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
	const char *const *outweighing = checkup_variables(c, t, a);
	size_t own = count_words(c->launch_env), others = count_words(outweighing), count = 0;
	const char **more = arena_calloc(a, own + others + 2, sizeof *more);
	for (size_t i = 0; i < others; i++)
		more[count++] = outweighing[i];
	for (size_t i = 0; i < own; i++)
		more[count++] = fill(a, c->launch_env[i], home, t);
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

static void do_nothing(int signal)
{
	(void)signal;
}

/* What is waited for beside the program's end: signals that only we are sent. */
static sigset_t awaited_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	return set;
}

/* Until the program ends; what asks us to end is handed on to it. */
static int wait_for(pid_t child, const sigset_t *awaited)
{
	int status, signal;
	for (;;) {
		pid_t ended = waitpid(child, &status, WNOHANG);
		if (ended == child || (ended < 0 && errno != EINTR))
			return ended < 0           ? 1
			       : WIFEXITED(status) ? WEXITSTATUS(status)
						   : SIGNAL_CODE + WTERMSIG(status);
		if (sigwait(awaited, &signal) == 0 && signal != SIGCHLD)
			kill(child, signal);
	}
}

static void become(char *const *words, char *const *env)
{
	extern char **environ;
	environ = (char **)env;
	execvp(words[0], words);
	fprintf(stderr, "offgrid: cannot start %s: %s\n", words[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* The program's exit code; 1 with an error if no process could be made. */
static int run_program(char *const *words, char *const *env, struct err *e)
{
	/* ctrl-C is the program's business, not ours; ours would be ignored by some systems if
	   nobody handled it */
	struct sigaction ignore = { .sa_handler = SIG_IGN }, handle = { .sa_handler = do_nothing };
	struct sigaction interrupt, quit, ended;
	sigset_t awaited = awaited_signals(), before;
	int code = 1;
	fflush(NULL);
	sigprocmask(SIG_BLOCK, &awaited, &before);
	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	sigaction(SIGCHLD, &handle, &ended);
	pid_t child = fork();
	if (child > 0)
		code = wait_for(child, &awaited);
	else if (child < 0)
		fail_errno(e, LAYER_CLIENT, errno, "cannot start %s", words[0]);
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	sigaction(SIGCHLD, &ended, NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (child == 0)
		become(words, env);
	return code;
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
	bool is_path = strchr(program, '/');
	if (is_path ? access(program, X_OK) == 0 : connect_has_program(program, a))
		return true;
	fail(e, ERR_NOT_FOUND, LAYER_CLIENT, "there is no program %s%s", program,
		is_path ? "" : " in PATH");
	return err_mend(e, "install %s first", program);
}

static int run(const struct invocation *in, struct err *e)
{
	const struct args *args = in->args;
	struct client_target target;
	struct launch_home home;
	const struct client *c = client_find(args->client, e);
	if (!c || !has_program(c, args, in->arena, e) ||
		!connect_target(c, &args->target, in->arena, &target, e) ||
		!launch_home_make(in->arena, &home, e))
		return 1;
	int code = 1;
	if (write_files(c, &target, home.path, in->arena, e))
		code = run_program(words_of(in->arena, c, args, home.path, &target),
			env_of(in->arena, c, home.path, &target), e);
	launch_home_remove(&home);
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

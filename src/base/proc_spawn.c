/*
 * proc_spawn.c - fork and exec; see proc.h.
 *
 * Layer: act. Everything that allocates happens before fork: the program is looked up, the
 * environment made, the terminal opened. The child then only makes system calls; where one fails it
 * sends the step and its errno through a pipe that exec closes, so the parent knows for certain
 * whether the program runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/env.h"
#include "base/fd.h"
#include "base/proc_int.h"

enum { STATUS_FD = 3, PTY_ROWS = 24, PTY_COLUMNS = 80 };

enum step { STEP_SESSION, STEP_STDIO, STEP_DIR, STEP_HOOK, STEP_EXEC };

struct fault {
	enum step step;
	int code;
};

/* Descriptors of both sides; -1 where there is none. */
struct plumbing {
	int child[3];                          /* become 0, 1, 2 */
	int in_fd, out_fds[PROC_STREAM_COUNT]; /* ours */
	int status[2];
	char tty[64]; /* the terminal's name, empty without one */
};

struct plan {
	const struct proc_spec *spec;
	const char *path;
	const char *const *env;
};

/* ---- before fork ---- */

/* The program's path: argv[0] itself if it has a slash, else the first match in the child's PATH.
 * Relative entries of PATH are passed over: they would mean another program in each directory. */
static const char *find_program(struct arena *a, const char *name, const char *const *env)
{
	if (str_find_char(str_z(name), '/') != SIZE_MAX)
		return name;
	struct str rest = env_get(env, "PATH"), dir;
	if (rest.n == 0)
		rest = STR("/usr/local/bin:/usr/bin:/bin");
	while (str_cut(&rest, ':', &dir)) {
		struct str path = arena_printf(a, "%.*s/%s", STR_ARG(dir), name);
		if (dir.n && dir.p[0] == '/' && access(path.p, X_OK) == 0)
			return path.p;
	}
	return NULL;
}

static bool missing(const char *name, struct err *e)
{
	fail(e, ERR_NOT_FOUND, LAYER_ACT, "command not found: %s", name);
	return err_mend(e, "install it, or give the path of the program");
}

static bool open_pty(struct plumbing *p)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	if (master < 0)
		return false;
	p->out_fds[PROC_OUT] = master;
	if (!fd_set_cloexec(master) || grantpt(master) != 0 || unlockpt(master) != 0 ||
		ptsname_r(master, p->tty, sizeof p->tty) != 0)
		return false;
	int slave = open(p->tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return false;
	p->child[1] = slave;
	struct termios modes;
	struct winsize size = { .ws_row = PTY_ROWS, .ws_col = PTY_COLUMNS };
	if (tcgetattr(slave, &modes) != 0)
		return false;
	modes.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	modes.c_oflag &= ~(tcflag_t)OPOST;
	p->child[0] = fcntl(slave, F_DUPFD_CLOEXEC, 0);
	p->child[2] = fcntl(slave, F_DUPFD_CLOEXEC, 0);
	p->in_fd = fcntl(master, F_DUPFD_CLOEXEC, 0);
	return tcsetattr(slave, TCSANOW, &modes) == 0 && ioctl(slave, TIOCSWINSZ, &size) == 0 &&
	       p->child[0] >= 0 && p->child[2] >= 0 && p->in_fd >= 0;
}

static bool pipe_out(int *ours, int *childs)
{
	int fds[2];
	if (!fd_pipe(fds))
		return false;
	*ours = fds[0];
	*childs = fds[1];
	return true;
}

static bool open_pipes(const struct proc_spec *spec, struct plumbing *p)
{
	int in[2];
	if (spec->input.n == 0) {
		p->child[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	} else if (fd_pipe(in)) {
		p->child[0] = in[0];
		p->in_fd = in[1];
	}
	if (p->child[0] < 0 || !pipe_out(&p->out_fds[PROC_OUT], &p->child[1]))
		return false;
	if (spec->io == PROC_PIPES)
		return pipe_out(&p->out_fds[PROC_ERR], &p->child[2]);
	p->child[2] = fcntl(p->child[1], F_DUPFD_CLOEXEC, 0);
	return p->child[2] >= 0;
}

static bool open_plumbing(const struct proc_spec *spec, struct plumbing *p)
{
	*p = (struct plumbing){ { -1, -1, -1 }, -1, { -1, -1 }, { -1, -1 }, "" };
	if (!fd_pipe(p->status) || !(spec->io == PROC_PTY ? open_pty(p) : open_pipes(spec, p)))
		return false;
	for (int i = 0; i < PROC_STREAM_COUNT; i++)
		if (p->out_fds[i] >= 0 && !fd_set_nonblocking(p->out_fds[i]))
			return false;
	return p->in_fd < 0 || fd_set_nonblocking(p->in_fd);
}

static void close_childs_side(struct plumbing *p)
{
	for (int i = 0; i < 3; i++)
		fd_close(&p->child[i]);
	fd_close(&p->status[1]);
}

static void close_our_side(struct plumbing *p)
{
	fd_close(&p->in_fd);
	for (int i = 0; i < PROC_STREAM_COUNT; i++)
		fd_close(&p->out_fds[i]);
	fd_close(&p->status[0]);
}

/* ---- in the child: system calls only ---- */

static _Noreturn void give_up(int status_fd, enum step step, int code)
{
	struct fault fault = { step, code };
	ssize_t n = write(status_fd, &fault, sizeof fault);
	_exit(n == sizeof fault ? 127 : 126);
}

static void default_signals(void)
{
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL); /* fails for KILL and STOP, which need none */
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool become_stdio(const int from[3])
{
	int high[3];
	for (int i = 0; i < 3; i++)
		high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 3);
	for (int i = 0; i < 3; i++)
		if (high[i] < 0 || dup2(high[i], i) < 0)
			return false;
	return true;
}

static _Noreturn void be_child(const struct plan *plan, struct plumbing *p)
{
	const struct proc_spec *spec = plan->spec;
	int status_fd = p->status[1];
	if (status_fd <= STATUS_FD)
		status_fd = fcntl(status_fd, F_DUPFD_CLOEXEC, STATUS_FD + 1);
	default_signals();
	if (setsid() < 0 || (p->tty[0] && ioctl(p->child[1], TIOCSCTTY, 0) != 0))
		give_up(status_fd, STEP_SESSION, errno);
	if (!become_stdio(p->child))
		give_up(status_fd, STEP_STDIO, errno);
	if (spec->dir && chdir(spec->dir) != 0)
		give_up(status_fd, STEP_DIR, errno);
	int refused = spec->before_exec ? spec->before_exec(spec->ctx) : 0;
	if (refused)
		give_up(status_fd, STEP_HOOK, refused);
	if (dup2(status_fd, STATUS_FD) < 0 || fcntl(STATUS_FD, F_SETFD, FD_CLOEXEC) != 0)
		give_up(status_fd, STEP_STDIO, errno);
	closefrom(STATUS_FD + 1);
	execve(plan->path, (char *const *)spec->argv, (char *const *)plan->env);
	give_up(STATUS_FD, STEP_EXEC, errno);
}

/* ---- after fork, in the parent ---- */

/* Waits for exec: the pipe ends if it succeeded, and brings the fault if not. */
static bool read_fault(int fd, struct fault *fault)
{
	for (;;) {
		ssize_t n = read(fd, fault, sizeof *fault);
		if (n < 0 && errno == EINTR)
			continue;
		return n == sizeof *fault;
	}
}

static bool explain(const struct plan *plan, const struct fault *fault, struct err *e)
{
	const char *name = plan->spec->argv[0];
	int code = fault->code;
	switch (fault->step) {
	case STEP_DIR:
		return fail_errno(e, LAYER_ACT, code, "cannot run %s in %s", name, plan->spec->dir);
	case STEP_HOOK: return fail_errno(e, LAYER_ACT, code, "cannot confine %s", name);
	case STEP_EXEC: break;
	default: return fail_errno(e, LAYER_ACT, code, "cannot prepare %s", name);
	}
	if (code == ENOENT && access(plan->path, F_OK) != 0)
		return missing(name, e);
	if (code == ENOENT)
		return fail(e, ERR_NOT_FOUND, LAYER_ACT,
			"cannot run %s: the interpreter in its first line is not there", name);
	if (code == ENOEXEC)
		return fail(e, ERR_BAD_DATA, LAYER_ACT, "cannot run %s: it is not a program", name);
	return fail_errno(e, LAYER_ACT, code, "cannot run %s", name);
}

/* Signals stay blocked across fork: a handler of the loop's must not run in the child. */
static int fork_quietly(const struct plan *plan, struct plumbing *p)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int pid = fork();
	if (pid == 0)
		be_child(plan, p);
	int code = errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = code;
	return pid;
}

static void reap(int pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static bool launch(const struct plan *plan, struct plumbing *p, struct spawned *s, struct err *e)
{
	const char *name = plan->spec->argv[0];
	if (!open_plumbing(plan->spec, p))
		return fail_errno(e, LAYER_ACT, errno, "cannot make the pipes of %s", name);
	int pid = fork_quietly(plan, p);
	if (pid < 0)
		return fail_errno(e, LAYER_ACT, errno, "cannot start %s", name);
	close_childs_side(p);
	struct fault fault;
	if (read_fault(p->status[0], &fault)) {
		reap(pid);
		return explain(plan, &fault, e);
	}
	fd_close(&p->status[0]);
	int exit_fd = proc_exit_fd(pid);
	if (exit_fd < 0) {
		int code = errno;
		kill(-pid, SIGKILL);
		reap(pid);
		return fail_errno(e, LAYER_ACT, code, "cannot watch %s", name);
	}
	*s = (struct spawned){ pid, exit_fd, p->in_fd,
		{ p->out_fds[PROC_OUT], p->out_fds[PROC_ERR] } };
	return true;
}

bool proc_spawn(const struct proc_spec *spec, struct spawned *s, struct err *e)
{
	struct arena *a = arena_new();
	struct plan plan = { .spec = spec, .env = spec->env ? spec->env : env_for_child(a, NULL) };
	plan.path = find_program(a, spec->argv[0], plan.env);
	struct plumbing p;
	bool ok = plan.path ? launch(&plan, &p, s, e) : missing(spec->argv[0], e);
	if (plan.path && !ok) {
		close_childs_side(&p);
		close_our_side(&p);
	}
	arena_free(a);
	return ok;
}

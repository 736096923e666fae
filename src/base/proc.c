/*
 * proc.c - a running child, from its start to its result; see proc.h.
 *
 * Layer: act. The states and what each awaits:
 *   RUNNING  the child's end; the deadline
 *   TERMED   the child's end after TERM to its group; the end of the grace
 *   KILLED   the child's end after KILL to its group; a last limit, for a child stuck in the kernel
 *   LINGER   the child has ended: the end of its output, or LINGER_MS
 *   OVER     nothing; the result is whole
 * The child is reaped last, so that its process group cannot become somebody else's while we may
 * still send it a signal. The blocking form is the async one on a loop of its own.
 */
#include "base/proc.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/loop.h"
#include "base/must.h"
#include "base/proc_int.h"

enum {
	READ_BYTES = 64 * 1024,
	LINGER_MS = 250,      /* for output still on its way when the child has ended */
	UNKILLABLE_MS = 5000, /* after KILL: a process waiting for a dead disk never ends */
	LAST_READS = 64,      /* pieces taken from each stream at the very end */
	MS_PER_S = 1000,
	US_PER_MS = 1000,
	END_OF_INPUT = 0x04, /* ^D, to a terminal */
};

/* ru_maxrss counts kibibytes, on macOS bytes. */
#ifdef __APPLE__
enum { RSS_UNIT_BYTES = 1 };
#else
enum { RSS_UNIT_BYTES = 1024 };
#endif

enum state { RUNNING, TERMED, KILLED, LINGER, OVER };

struct stream {
	struct proc *proc;
	enum proc_stream id;
	int fd; /* -1: ended */
	struct loop_fd *watch;
};

struct proc {
	struct spawned child;
	enum state state;
	bool is_reaped;
	struct stream out[PROC_STREAM_COUNT];
	struct buf input;
	struct loop_fd *input_watch, *exit_watch;
	struct loop_timer *timer;
	int64_t started_ms, grace_ms;
	struct proc_result result;
	void (*on_output)(void *ctx, enum proc_stream stream, struct str bytes);
	void *output_ctx;
	void (*on_end)(void *ctx, const struct proc_result *result);
	void *ctx;
};

void proc_result_clear(struct proc_result *r)
{
	for (int i = 0; i < PROC_STREAM_COUNT; i++)
		capture_clear(&r->out[i]);
	*r = (struct proc_result){ .exit_code = 0 };
}

/* ---- the end ---- */

static void signal_group(struct proc *p, int signal)
{
	if (!p->is_reaped)
		kill(-p->child.pid, signal);
}

static int64_t ms_of(struct timeval t)
{
	return (int64_t)t.tv_sec * MS_PER_S + t.tv_usec / US_PER_MS;
}

static void reap(struct proc *p)
{
	int status = 0;
	struct rusage used = { 0 };
	int pid;
	while ((pid = wait4(p->child.pid, &status, WNOHANG, &used)) < 0 && errno == EINTR)
		;
	p->is_reaped = true; /* or stuck, and then never touched again */
	struct proc_result *r = &p->result;
	r->exit_code = pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	r->signal = pid > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (pid <= 0)
		r->signal = SIGKILL;
	r->cpu_ms = ms_of(used.ru_utime) + ms_of(used.ru_stime);
	r->peak_rss_bytes = (int64_t)used.ru_maxrss * RSS_UNIT_BYTES;
	r->wall_ms = clock_ms() - p->started_ms;
}

static void close_stream(struct stream *s)
{
	loop_fd_free(s->watch);
	s->watch = NULL;
	fd_close(&s->fd);
}

static void close_input(struct proc *p)
{
	loop_fd_free(p->input_watch);
	p->input_watch = NULL;
	fd_close(&p->child.in_fd);
	buf_clear(&p->input);
}

static bool has_open_output(const struct proc *p)
{
	return p->out[PROC_OUT].fd >= 0 || p->out[PROC_ERR].fd >= 0;
}

/* One piece. False if nothing is there now; the end closes the stream. */
static bool read_piece(struct stream *s)
{
	struct proc *p = s->proc;
	char bytes[READ_BYTES];
	ssize_t n = read(s->fd, bytes, sizeof bytes);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return errno == EINTR;
	if (n <= 0) { /* a terminal ends with EIO */
		close_stream(s);
		return false;
	}
	struct str piece = str_n(bytes, (size_t)n);
	capture_add(&p->result.out[s->id], piece);
	if (p->on_output)
		p->on_output(p->output_ctx, s->id, piece);
	return true;
}

static void end(struct proc *p)
{
	signal_group(p, SIGKILL);
	for (int i = 0; i < PROC_STREAM_COUNT; i++)
		for (int k = 0; k < LAST_READS && p->out[i].fd >= 0 && read_piece(&p->out[i]); k++)
			;
	p->result.left_open = has_open_output(p);
	reap(p);
	p->state = OVER;
	loop_timer_stop(p->timer);
	loop_fd_want(p->exit_watch, 0);
	close_input(p);
	for (int i = 0; i < PROC_STREAM_COUNT; i++)
		close_stream(&p->out[i]);
	p->on_end(p->ctx, &p->result);
}

/* ---- while it runs ---- */

static void output_ready(void *ctx, int ready)
{
	(void)ready;
	struct stream *s = ctx;
	struct proc *p = s->proc;
	read_piece(s);
	if (p->state == LINGER && !has_open_output(p))
		end(p);
}

static void input_ready(void *ctx, int ready)
{
	(void)ready;
	struct proc *p = ctx;
	ssize_t n = write(p->child.in_fd, p->input.p, p->input.n);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		buf_drop_front(&p->input, (size_t)n);
	if (n < 0 || p->input.n == 0)
		close_input(p); /* all written, or it does not want more */
}

static void child_ended(void *ctx, int ready)
{
	(void)ready;
	struct proc *p = ctx;
	loop_fd_want(p->exit_watch, 0);
	p->state = LINGER;
	if (has_open_output(p))
		loop_timer_start(p->timer, LINGER_MS);
	else
		end(p);
}

static void kill_group(struct proc *p)
{
	signal_group(p, SIGKILL);
	p->state = KILLED;
	loop_timer_start(p->timer, UNKILLABLE_MS);
}

static void term_group(struct proc *p)
{
	signal_group(p, SIGTERM);
	signal_group(p, SIGCONT); /* a stopped one could not hear it */
	p->state = TERMED;
	loop_timer_start(p->timer, p->grace_ms);
}

static void time_over(void *ctx)
{
	struct proc *p = ctx;
	switch (p->state) {
	case RUNNING:
		p->result.timed_out = true;
		term_group(p);
		break;
	case TERMED: kill_group(p); break;
	case KILLED:
	case LINGER: end(p); break;
	case OVER: break;
	}
}

/* ---- the interface ---- */

static void watch_output(struct proc *p, struct loop *l, enum proc_stream id, size_t max_bytes)
{
	struct stream *s = &p->out[id];
	*s = (struct stream){ .proc = p, .id = id, .fd = p->child.out_fds[id] };
	capture_init(&p->result.out[id], max_bytes ? max_bytes : PROC_DEFAULT_OUTPUT_BYTES);
	if (s->fd < 0)
		return;
	s->watch = loop_fd_new(l, s->fd, output_ready, s);
	loop_fd_want(s->watch, LOOP_READ);
}

static void watch_input(struct proc *p, struct loop *l, const struct proc_spec *spec)
{
	buf_init(&p->input, spec->input.n + 2);
	if (p->child.in_fd < 0)
		return;
	buf_add(&p->input, spec->input);
	if (spec->io == PROC_PTY) {
		/* Within a line the first ^D only ends the line. */
		if (spec->input.n && spec->input.p[spec->input.n - 1] != '\n')
			buf_add_char(&p->input, END_OF_INPUT);
		buf_add_char(&p->input, END_OF_INPUT);
	}
	p->input_watch = loop_fd_new(l, p->child.in_fd, input_ready, p);
	loop_fd_want(p->input_watch, LOOP_WRITE);
}

struct proc *proc_start(struct loop *l, const struct proc_spec *spec,
	void (*on_end)(void *ctx, const struct proc_result *result), void *ctx, struct err *e)
{
	struct spawned child;
	if (!proc_spawn(spec, &child, e))
		return NULL;
	struct proc *p = must_calloc(1, sizeof *p);
	p->child = child;
	p->started_ms = clock_ms();
	p->grace_ms = spec->grace_ms ? spec->grace_ms : PROC_DEFAULT_GRACE_MS;
	p->on_output = spec->on_output;
	p->output_ctx = spec->ctx;
	p->on_end = on_end;
	p->ctx = ctx;
	p->timer = loop_timer_new(l, time_over, p);
	if (spec->deadline_ms)
		loop_timer_start(p->timer, spec->deadline_ms);
	p->exit_watch = loop_fd_new(l, child.exit_fd, child_ended, p);
	loop_fd_want(p->exit_watch, LOOP_READ);
	watch_output(p, l, PROC_OUT, spec->max_output_bytes);
	watch_output(p, l, PROC_ERR, spec->max_output_bytes);
	watch_input(p, l, spec);
	return p;
}

void proc_stop(struct proc *p)
{
	if (p->state != RUNNING)
		return;
	p->result.was_stopped = true;
	term_group(p);
}

int proc_pid(const struct proc *p)
{
	return p->child.pid;
}

void proc_free(struct proc *p)
{
	if (!p)
		return;
	if (!p->is_reaped) {
		struct pollfd ended = { .fd = p->child.exit_fd, .events = POLLIN };
		signal_group(p, SIGKILL);
		poll(&ended, 1, UNKILLABLE_MS);
		reap(p);
	}
	close_input(p);
	for (int i = 0; i < PROC_STREAM_COUNT; i++)
		close_stream(&p->out[i]);
	loop_fd_free(p->exit_watch);
	loop_timer_free(p->timer);
	fd_close(&p->child.exit_fd);
	proc_result_clear(&p->result);
	free(p);
}

static void stop_loop(void *ctx, const struct proc_result *result)
{
	(void)result;
	loop_stop(ctx);
}

bool proc_run(const struct proc_spec *spec, struct proc_result *result, struct err *e)
{
	struct loop *l = loop_new();
	struct proc *p = proc_start(l, spec, stop_loop, l, e);
	if (p) {
		loop_run(l);
		*result = p->result;
		p->result = (struct proc_result){ .exit_code = 0 };
		proc_free(p);
	}
	loop_free(l);
	return p != NULL;
}

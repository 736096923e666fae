/*
 * agent_lines.c - see agent_lines.h.
 *
 * Input is read when a line is wanted and not before, so that what is typed ahead waits in the
 * terminal. A regular file cannot be waited for; it is read at once.
 */
#include "cmd/agent_lines.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/must.h"

enum { READ_BYTES = 4096 };

static const char help[] =
	"Say what is to be done. /quit or ctrl-D leaves, ctrl-C stops what runs.\n"
	"A backslash at the end of a line goes on in the next.\n";

struct lines {
	struct loop *loop;
	struct agent *agent;
	struct face *face;
	struct loop_fd *watch; /* NULL: a regular file */
	struct loop_timer *soon;
	struct buf input; /* read and not yet used */
	struct buf task;  /* lines that belong together */
	bool is_at_end, is_asked, is_terminal;
};

static void want_line(struct lines *l);

static void leave(struct lines *l)
{
	loop_stop(l->loop);
}

/* ---- what a line means ---- */

static void prompt(struct lines *l, const char *words)
{
	if (!l->is_terminal)
		return;
	fputs(words, stdout);
	fflush(stdout);
}

static void answer(struct lines *l, struct str line)
{
	struct str word = str_trim(line);
	l->is_asked = false;
	agent_decide(l->agent, str_eq_nocase(word, STR("y")) || str_eq_nocase(word, STR("yes")));
}

static bool is_command(struct lines *l, struct str line)
{
	struct str word = str_trim(line);
	if (str_eq_z(word, "/quit") || str_eq_z(word, "/exit")) {
		leave(l);
		return true;
	}
	if (!str_eq_z(word, "/help") && !str_eq_z(word, "/?"))
		return false;
	fputs(help, stdout);
	want_line(l);
	return true;
}

static void take_task(struct lines *l, struct str line)
{
	bool goes_on = str_ends(line, STR("\\"));
	if (l->task.n == 0 && is_command(l, line))
		return;
	buf_add(&l->task, goes_on ? str_sub(line, 0, line.n - 1) : line);
	if (goes_on) {
		buf_add_char(&l->task, '\n');
		prompt(l, "… ");
		want_line(l);
		return;
	}
	if (str_trim(buf_str(&l->task)).n == 0) {
		buf_reset(&l->task);
		want_line(l);
		return;
	}
	agent_do(l->agent, str_trim(buf_str(&l->task)));
	buf_reset(&l->task);
}

/* ---- reading ---- */

/* Takes one line from what was read. False if there is none. */
static bool take_line(struct lines *l)
{
	size_t end = str_find_char(buf_str(&l->input), '\n');
	if (end == SIZE_MAX && !(l->is_at_end && l->input.n))
		return false;
	struct str line = str_sub(buf_str(&l->input), 0, end);
	struct arena *a = arena_new();
	struct str kept =
		arena_str(a, str_ends(line, STR("\r")) ? str_sub(line, 0, line.n - 1) : line);
	buf_drop_front(&l->input, end == SIZE_MAX ? l->input.n : end + 1);
	if (l->watch)
		loop_fd_want(l->watch, 0);
	if (l->is_asked)
		answer(l, kept);
	else
		take_task(l, kept);
	arena_free(a);
	return true;
}

static void read_more(struct lines *l)
{
	char *to = buf_room(&l->input, READ_BYTES);
	ssize_t n = to ? read(STDIN_FILENO, to, READ_BYTES) : 0;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0)
		buf_grew(&l->input, (size_t)n);
	else
		l->is_at_end = true;
}

static void at_end(struct lines *l)
{
	if (l->is_asked)
		answer(l, STR("no"));
	else
		leave(l);
}

static void ready(void *ctx, int events)
{
	struct lines *l = ctx;
	(void)events;
	read_more(l);
	if (!take_line(l) && l->is_at_end)
		at_end(l);
}

/* From the loop: uses what is there already, or waits for more. */
static void look_for_line(void *ctx)
{
	struct lines *l = ctx;
	while (!l->watch && !l->is_at_end && str_find_char(buf_str(&l->input), '\n') == SIZE_MAX)
		read_more(l);
	if (take_line(l))
		return;
	if (l->is_at_end)
		at_end(l);
	else
		loop_fd_want(l->watch, LOOP_READ);
}

static void want_line(struct lines *l)
{
	if (l->task.n == 0 && !l->is_asked)
		prompt(l, "\n> ");
	loop_timer_start(l->soon, 0);
}

/* ---- the interface ---- */

struct lines *lines_new(struct loop *loop, struct agent *agent, struct face *face)
{
	struct lines *l = must_calloc(1, sizeof *l);
	struct stat st;
	*l = (struct lines){ .loop = loop, .agent = agent, .face = face };
	l->is_terminal = isatty(STDIN_FILENO) && face->is_terminal;
	l->soon = loop_timer_new(loop, look_for_line, l);
	buf_init(&l->input, LIMIT_TEXT_FILE_BYTES);
	buf_init(&l->task, LIMIT_TEXT_FILE_BYTES);
	if (fstat(STDIN_FILENO, &st) == 0 && !S_ISREG(st.st_mode))
		l->watch = loop_fd_new(loop, STDIN_FILENO, ready, l);
	return l;
}

void lines_free(struct lines *l)
{
	if (!l)
		return;
	loop_fd_free(l->watch);
	loop_timer_free(l->soon);
	buf_clear(&l->input);
	buf_clear(&l->task);
	free(l);
}

void lines_take(struct lines *l, const struct agent_event *event)
{
	face_take(l->face, event);
	if (event->type == AGENT_ASK) {
		l->is_asked = true;
		prompt(l, "  allow it? [y/N] ");
		want_line(l);
	}
	if (event->type == AGENT_END)
		want_line(l);
}

void lines_run(struct lines *l)
{
	want_line(l);
	loop_run(l->loop);
}

void lines_interrupt(struct lines *l)
{
	if (agent_is_running(l->agent)) {
		l->is_asked = false;
		loop_timer_stop(l->soon); /* no line is wanted until the run has ended */
		if (l->watch)
			loop_fd_want(l->watch, 0);
		prompt(l, "\n");
		agent_cancel(l->agent);
		return;
	}
	buf_reset(&l->task);
	prompt(l, "\n(ctrl-D leaves)\n> ");
}

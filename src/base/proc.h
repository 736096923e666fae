/*
 * proc.h - running other programs.
 *
 * A child gets exactly what is named here: arguments (no shell unless argv names one), directory,
 * environment, standard input. It holds none of our descriptors, has its own session and so no way
 * to our terminal, and no ignored signal of ours. When it ends, is stopped, or its time is over,
 * its whole process group goes with it. What it says is kept head and tail under a cap. A
 * grandchild that made itself a daemon and keeps the pipe open is not waited for.
 *
 * Layer: act. proc_start and the callbacks are of the loop's thread; proc_run may be called from
 * any thread and blocks it.
 */
#ifndef OFFGRID_BASE_PROC_H
#define OFFGRID_BASE_PROC_H

#include "base/capture.h"
#include "base/err.h"

struct loop;
struct proc;

enum proc_io {
	PROC_PIPES,  /* stdout and stderr apart */
	PROC_MERGED, /* both in `out`, in the order written */
	PROC_PTY,    /* a terminal of 24 lines and 80 columns, no echo, newlines untouched; all in
			`out` */
};

enum proc_stream { PROC_OUT, PROC_ERR, PROC_STREAM_COUNT };

struct proc_spec {
	const char *const *argv; /* NULL-terminated; argv[0] is sought in the child's PATH unless it
				    holds a slash */
	const char *dir;         /* NULL: ours */
	const char *const *env;  /* "NAME=value", NULL-terminated; NULL: ours without its secrets */
	struct str input;        /* for standard input, then its end; copied */
	enum proc_io io;
	size_t max_output_bytes; /* kept of each stream; 0: PROC_DEFAULT_OUTPUT_BYTES */
	int64_t deadline_ms;     /* 0: none. Then TERM, after grace_ms KILL, to the group */
	int64_t grace_ms;        /* 0: PROC_DEFAULT_GRACE_MS */
	/* Called in the child just before exec, in its directory, with our descriptors still open;
	 * async-signal-safe functions only. Returns 0 or an errno, and then the start fails. */
	int (*before_exec)(void *ctx);
	/* Each piece of output as it comes, uncapped; must not free the proc. */
	void (*on_output)(void *ctx, enum proc_stream stream, struct str bytes);
	void *ctx; /* for both */
};

enum { PROC_DEFAULT_OUTPUT_BYTES = 64 * 1024, PROC_DEFAULT_GRACE_MS = 2000 };

struct proc_result {
	int exit_code; /* -1 if a signal ended it */
	int signal;    /* 0 if it ended by itself */
	bool timed_out, was_stopped;
	bool left_open; /* somebody who outlived it still holds its output open */
	int64_t wall_ms, cpu_ms, peak_rss_bytes;
	struct capture out[PROC_STREAM_COUNT];
};

void proc_result_clear(struct proc_result *r);

/* Runs it to its end. True if it ran, however it ended. False if it could not be started: a missing
 * program is ERR_NOT_FOUND, one that may not be executed ERR_DENIED. */
bool proc_run(const struct proc_spec *spec, struct proc_result *result, struct err *e);

/* The same on a loop: fails as above or calls on_end once, later. The result belongs to the proc.
 */
struct proc *proc_start(struct loop *l, const struct proc_spec *spec,
	void (*on_end)(void *ctx, const struct proc_result *result), void *ctx, struct err *e);
/* TERM, then KILL, as if its time were over; on_end still comes. Fine if it has ended. */
void proc_stop(struct proc *p);
int proc_pid(const struct proc *p);
/* Kills what still runs, at once; no callback any more. May be called in on_end. NULL is fine. */
void proc_free(struct proc *p);

#endif

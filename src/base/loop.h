/*
 * loop.h - one thread that waits: for times, file descriptors and signals.
 *
 * A loop belongs to the thread that runs it; everything here is called from that thread, and every
 * callback comes on it. Other threads reach it through a mailbox only. What is waited for is a
 * handle that its maker owns: it may be stopped, changed or freed at any moment, in its own
 * callback too, and never calls again after it was freed. Handles are freed before their loop.
 * Times are steady and in milliseconds.
 */
#ifndef OFFGRID_BASE_LOOP_H
#define OFFGRID_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

/* Aborts if the system has no descriptors left for one. From the first loop on the program ignores
 * SIGPIPE and SIGXFSZ: whoever writes to a peer that left, or over a limit on a file's size, learns
 * it from write. */
struct loop *loop_new(void);
void loop_free(struct loop *l);

/* Runs callbacks until loop_stop is called or nothing is waited for any more. Not re-entrant. */
void loop_run(struct loop *l);
/* loop_run returns after the callback that is running now; called before it, the next one returns
 * at once. */
void loop_stop(struct loop *l);

/* Calls fn(ctx) once, soon, but not from within this call; in the order of asking. It cannot be
 * taken back: where ctx may be gone by then, use a timer of 0 ms. */
void loop_defer(struct loop *l, void (*fn)(void *ctx), void *ctx);

/* A timer is idle until it is started; starting it again moves it. 0 ms is soon, cheaply: before
 * the loop waits again. */
struct loop_timer;
struct loop_timer *loop_timer_new(struct loop *l, void (*fn)(void *ctx), void *ctx);
void loop_timer_start(struct loop_timer *t, int64_t after_ms);
void loop_timer_repeat(struct loop_timer *t, int64_t every_ms);
void loop_timer_stop(struct loop_timer *t);
bool loop_timer_is_running(const struct loop_timer *t);
void loop_timer_free(struct loop_timer *t); /* NULL is fine */

/* A watch on a descriptor that somebody else closes, after the watch was freed. It waits for
 * nothing until loop_fd_want. `ready` tells which of the wanted ones came; an error or a hang-up
 * counts as all of them. */
enum { LOOP_READ = 1, LOOP_WRITE = 2 };
struct loop_fd;
struct loop_fd *loop_fd_new(struct loop *l, int fd, void (*fn)(void *ctx, int ready), void *ctx);
void loop_fd_want(struct loop_fd *w, int events); /* 0: nothing, the watch stays */
void loop_fd_free(struct loop_fd *w);             /* NULL is fine */

/* A signal (SIGINT, SIGTERM, SIGWINCH, ...), as an ordinary callback; its old disposition comes
 * back when freed. Only one loop of a program may watch signals. */
struct loop_signal;
struct loop_signal *loop_signal_new(struct loop *l, int signal, void (*fn)(void *ctx), void *ctx);
void loop_signal_free(struct loop_signal *s); /* NULL is fine */

#endif

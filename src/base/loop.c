/*
 * loop.c - waiting, over libevent; see loop.h.
 *
 * Every handle is one libevent event plus the callback it stands for. What is to happen at once
 * (timers of 0 ms, deferred calls) is an event made active by hand, which costs no system call; a
 * pass ends after CALLBACKS_A_PASS of them, so that callbacks which start each other cannot starve
 * the descriptors.
 */
#include "base/loop.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

enum { MS_PER_S = 1000, US_PER_MS = 1000, FIRST_CALLS = 16, CALLBACKS_A_PASS = 64 };

struct call {
	void (*fn)(void *ctx);
	void *ctx;
};

struct loop {
	struct event_base *base;
	struct event *deferred;
	struct call *calls;
	size_t call_count, call_cap;
	bool is_running, must_stop;
};

static void run_deferred(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	struct loop *l = ctx;
	size_t count = l->call_count;
	struct call *calls = l->calls;
	l->calls = NULL;
	l->call_count = l->call_cap = 0;
	for (size_t i = 0; i < count; i++)
		calls[i].fn(calls[i].ctx);
	free(calls);
}

static struct timeval timeval_of(int64_t ms)
{
	return (struct timeval){
		.tv_sec = ms / MS_PER_S,
		.tv_usec = (ms % MS_PER_S) * US_PER_MS,
	};
}

struct loop *loop_new(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	struct loop *l = must_calloc(1, sizeof *l);
	struct event_config *config = event_config_new();
	MUST(config);
	/* One thread owns the base: no locks, and times in steps finer than a millisecond. */
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_PRECISE_TIMER);
	/* Callbacks that start each other must not keep descriptors and times waiting. */
	event_config_set_max_dispatch_interval(config, NULL, CALLBACKS_A_PASS, 0);
	l->base = event_base_new_with_config(config);
	event_config_free(config);
	MUST(l->base);
	l->deferred = event_new(l->base, -1, 0, run_deferred, l);
	MUST(l->deferred);
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	event_free(l->deferred);
	event_base_free(l->base);
	free(l->calls);
	free(l);
}

void loop_run(struct loop *l)
{
	MUST(!l->is_running);
	l->is_running = true;
	if (!l->must_stop)
		event_base_dispatch(l->base);
	l->must_stop = false;
	l->is_running = false;
}

void loop_stop(struct loop *l)
{
	l->must_stop = true;
	event_base_loopbreak(l->base);
}

void loop_defer(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	if (l->call_count == l->call_cap) {
		l->call_cap = l->call_cap ? 2 * l->call_cap : FIRST_CALLS;
		l->calls = must_realloc(l->calls, l->call_cap * sizeof *l->calls);
	}
	l->calls[l->call_count++] = (struct call){ fn, ctx };
	event_active(l->deferred, EV_TIMEOUT, 0);
}

struct loop_timer {
	struct event *once, *every; /* the second is made on first use */
	struct event_base *base;
	struct call call;
};

static void timer_fired(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	struct loop_timer *t = ctx;
	t->call.fn(t->call.ctx);
}

struct loop_timer *loop_timer_new(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	struct loop_timer *t = must_calloc(1, sizeof *t);
	t->call = (struct call){ fn, ctx };
	t->base = l->base;
	t->once = event_new(l->base, -1, 0, timer_fired, t);
	MUST(t->once);
	return t;
}

static void timer_add(struct event *event, int64_t ms)
{
	struct timeval after = timeval_of(ms);
	MUST(event_add(event, &after) == 0);
}

void loop_timer_start(struct loop_timer *t, int64_t after_ms)
{
	loop_timer_stop(t);
	if (after_ms <= 0)
		event_active(t->once, EV_TIMEOUT, 0);
	else
		timer_add(t->once, after_ms);
}

void loop_timer_repeat(struct loop_timer *t, int64_t every_ms)
{
	MUST(every_ms > 0);
	loop_timer_stop(t);
	if (!t->every)
		t->every = event_new(t->base, -1, EV_PERSIST, timer_fired, t);
	MUST(t->every);
	timer_add(t->every, every_ms);
}

void loop_timer_stop(struct loop_timer *t)
{
	event_del(t->once);
	if (t->every)
		event_del(t->every);
}

bool loop_timer_is_running(const struct loop_timer *t)
{
	return event_pending(t->once, EV_TIMEOUT, NULL) ||
	       (t->every && event_pending(t->every, EV_TIMEOUT, NULL));
}

void loop_timer_free(struct loop_timer *t)
{
	if (!t)
		return;
	event_free(t->once);
	if (t->every)
		event_free(t->every);
	free(t);
}

struct loop_fd {
	struct event *event;
	struct event_base *base;
	int fd;
	short wanted;
	void (*fn)(void *ctx, int ready);
	void *ctx;
};

static void fd_ready(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	struct loop_fd *w = ctx;
	w->fn(w->ctx, (what & EV_READ ? LOOP_READ : 0) | (what & EV_WRITE ? LOOP_WRITE : 0));
}

struct loop_fd *loop_fd_new(struct loop *l, int fd, void (*fn)(void *ctx, int ready), void *ctx)
{
	struct loop_fd *w = must_calloc(1, sizeof *w);
	*w = (struct loop_fd){ .base = l->base, .fd = fd, .fn = fn, .ctx = ctx };
	w->event = event_new(l->base, fd, EV_PERSIST, fd_ready, w);
	MUST(w->event);
	return w;
}

void loop_fd_want(struct loop_fd *w, int events)
{
	short wanted =
		(short)((events & LOOP_READ ? EV_READ : 0) | (events & LOOP_WRITE ? EV_WRITE : 0));
	if (wanted == w->wanted)
		return;
	event_del(w->event);
	w->wanted = wanted;
	if (!wanted)
		return;
	MUST(event_assign(w->event, w->base, w->fd, (short)(wanted | EV_PERSIST), fd_ready, w) ==
		0);
	MUST(event_add(w->event, NULL) == 0);
}

void loop_fd_free(struct loop_fd *w)
{
	if (!w)
		return;
	event_free(w->event);
	free(w);
}

struct loop_signal {
	struct event *event;
	struct call call;
};

static void signal_came(evutil_socket_t signal, short what, void *ctx)
{
	(void)signal;
	(void)what;
	struct loop_signal *s = ctx;
	s->call.fn(s->call.ctx);
}

struct loop_signal *loop_signal_new(struct loop *l, int signal, void (*fn)(void *ctx), void *ctx)
{
	struct loop_signal *s = must_calloc(1, sizeof *s);
	s->call = (struct call){ fn, ctx };
	s->event = evsignal_new(l->base, signal, signal_came, s);
	MUST(s->event && event_add(s->event, NULL) == 0);
	return s;
}

void loop_signal_free(struct loop_signal *s)
{
	if (!s)
		return;
	event_free(s->event);
	free(s);
}

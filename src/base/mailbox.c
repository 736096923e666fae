/*
 * mailbox.c - a ring of messages under one lock; see mailbox.h.
 *
 * A receiver on a loop is woken through a pipe. `is_woken` says that a byte is in it: it is set
 * with the byte and taken back before the callback runs, so a message sent while the callback is
 * taking others at most wakes it once too often, never too seldom.
 */
#include "base/mailbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/loop.h"
#include "base/must.h"

enum { FIRST_MESSAGES = 16 };

struct mailbox {
	pthread_mutex_t lock;
	pthread_cond_t came;     /* a message, or the end */
	pthread_cond_t has_room; /* for those who wait to send */
	size_t message_bytes, max;
	void (*drop)(void *message);
	char *ring;
	size_t cap, first, count;
	bool is_closed, is_woken;
	/* The receiver's loop, if it has one. */
	int wake_fds[2];
	struct loop_fd *watch;
	void (*fn)(void *ctx);
	void *ctx;
};

struct mailbox *mailbox_new(size_t message_bytes, size_t max_messages, void (*drop)(void *message))
{
	struct mailbox *m = must_calloc(1, sizeof *m);
	m->message_bytes = message_bytes;
	m->max = max_messages ? max_messages : SIZE_MAX;
	m->drop = drop;
	m->wake_fds[0] = m->wake_fds[1] = -1;
	MUST(pthread_mutex_init(&m->lock, NULL) == 0);
	MUST(pthread_cond_init(&m->came, NULL) == 0);
	MUST(pthread_cond_init(&m->has_room, NULL) == 0);
	return m;
}

void mailbox_free(struct mailbox *m)
{
	if (!m)
		return;
	loop_fd_free(m->watch);
	fd_close(&m->wake_fds[0]);
	fd_close(&m->wake_fds[1]);
	for (; m->count; m->count--, m->first = (m->first + 1) % m->cap)
		if (m->drop)
			m->drop(m->ring + m->first * m->message_bytes);
	pthread_cond_destroy(&m->has_room);
	pthread_cond_destroy(&m->came);
	pthread_mutex_destroy(&m->lock);
	free(m->ring);
	free(m);
}

/* Lock held. */
static void wake(struct mailbox *m)
{
	pthread_cond_signal(&m->came);
	if (m->wake_fds[1] < 0 || m->is_woken)
		return;
	m->is_woken = true;
	/* The pipe is empty, so one byte always fits. */
	MUST(write(m->wake_fds[1], "", 1) == 1);
}

/* Lock held. Twice the room, the oldest message moved to the front. */
static void grow(struct mailbox *m)
{
	size_t cap = m->cap ? 2 * m->cap : FIRST_MESSAGES;
	char *ring = must_calloc(cap, m->message_bytes);
	size_t until_end = m->cap - m->first;
	if (m->cap) {
		memcpy(ring, m->ring + m->first * m->message_bytes, until_end * m->message_bytes);
		memcpy(ring + until_end * m->message_bytes, m->ring, m->first * m->message_bytes);
	}
	free(m->ring);
	m->ring = ring;
	m->cap = cap;
	m->first = 0;
}

/* Lock held, there is room under the bound. */
static void put(struct mailbox *m, const void *message)
{
	if (m->count == m->cap)
		grow(m);
	size_t last = (m->first + m->count) % m->cap;
	memcpy(m->ring + last * m->message_bytes, message, m->message_bytes);
	m->count++;
	wake(m);
}

/* Lock held, there is a message. */
static void get(struct mailbox *m, void *message)
{
	memcpy(message, m->ring + m->first * m->message_bytes, m->message_bytes);
	m->first = (m->first + 1) % m->cap;
	m->count--;
	pthread_cond_signal(&m->has_room);
}

bool mailbox_send(struct mailbox *m, const void *message)
{
	pthread_mutex_lock(&m->lock);
	bool ok = !m->is_closed && m->count < m->max;
	if (ok)
		put(m, message);
	pthread_mutex_unlock(&m->lock);
	return ok;
}

bool mailbox_send_wait(struct mailbox *m, const void *message)
{
	pthread_mutex_lock(&m->lock);
	while (!m->is_closed && m->count >= m->max)
		pthread_cond_wait(&m->has_room, &m->lock);
	bool ok = !m->is_closed;
	if (ok)
		put(m, message);
	pthread_mutex_unlock(&m->lock);
	return ok;
}

bool mailbox_take(struct mailbox *m, void *message)
{
	pthread_mutex_lock(&m->lock);
	bool ok = m->count > 0;
	if (ok)
		get(m, message);
	pthread_mutex_unlock(&m->lock);
	return ok;
}

bool mailbox_receive(struct mailbox *m, void *message)
{
	pthread_mutex_lock(&m->lock);
	while (!m->is_closed && m->count == 0)
		pthread_cond_wait(&m->came, &m->lock);
	bool ok = m->count > 0;
	if (ok)
		get(m, message);
	pthread_mutex_unlock(&m->lock);
	return ok;
}

void mailbox_close(struct mailbox *m)
{
	pthread_mutex_lock(&m->lock);
	m->is_closed = true;
	wake(m);
	pthread_cond_broadcast(&m->has_room);
	pthread_mutex_unlock(&m->lock);
}

bool mailbox_is_closed(struct mailbox *m)
{
	pthread_mutex_lock(&m->lock);
	bool is_over = m->is_closed && m->count == 0;
	pthread_mutex_unlock(&m->lock);
	return is_over;
}

size_t mailbox_count(struct mailbox *m)
{
	pthread_mutex_lock(&m->lock);
	size_t count = m->count;
	pthread_mutex_unlock(&m->lock);
	return count;
}

static void woken(void *ctx, int ready)
{
	(void)ready;
	struct mailbox *m = ctx;
	char byte;
	pthread_mutex_lock(&m->lock);
	m->is_woken = false;
	MUST(read(m->wake_fds[0], &byte, 1) == 1);
	pthread_mutex_unlock(&m->lock);
	m->fn(m->ctx);
}

void mailbox_on_loop(struct mailbox *m, struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	MUST(!m->watch);
	int fds[2];
	MUST(fd_pipe(fds));
	m->fn = fn;
	m->ctx = ctx;
	m->watch = loop_fd_new(l, fds[0], woken, m);
	loop_fd_want(m->watch, LOOP_READ);
	pthread_mutex_lock(&m->lock);
	m->wake_fds[0] = fds[0];
	m->wake_fds[1] = fds[1];
	if (m->count || m->is_closed)
		wake(m);
	pthread_mutex_unlock(&m->lock);
}

/*
 * loading.h - a backend that is still being opened.
 *
 * Opening a model takes seconds to minutes and blocks; here it happens on a thread of its own,
 * while the loop goes on. Requests that come meanwhile wait, and begin in the order in which they
 * came once the model is there; if it cannot be opened, they fail with the cause, and so does every
 * later one. When it is there, this backend only hands on.
 *
 * One that is opened on demand takes nothing until it is asked for the first time; where opening it
 * fails, who waited is told, and the next request tries again.
 *
 * Lives on the loop's thread. The opening thread tells how far it is through a mailbox, and learns
 * from its being closed that nobody wants the model any more.
 *
 * Layer: route; what goes wrong in opening has the layer of its cause.
 */
#ifndef OFFGRID_ROUTE_LOADING_H
#define OFFGRID_ROUTE_LOADING_H

#include "engine/engine.h"
#include "route/route.h"

struct loading_work {
	const char *model; /* what it will be called; copied */
	/* Its file, and the hash of it; borrowed as long as ctx; NULL: not known. */
	const char *path, *sha256;
	bool embeds;       /* it makes vectors and does not answer */
	bool is_on_demand; /* it is opened for the first request */
	/* On the thread: gives a backend that attach makes fit for the loop. What it shows the
	 * watcher is what others are told; the watcher's false means to give up (ERR_CANCELLED). */
	struct backend *(*open)(void *ctx, struct engine_watcher watcher, struct err *e);
	void (*attach)(struct backend *b, struct loop *loop);
	void (*free)(void *ctx); /* when no thread needs it any more */
	void *ctx;
	/* On the loop, each time that opening it ended: `e` is NULL if it is open. Must not free
	 * the backend. May be NULL. */
	void (*on_end)(void *owner, const struct err *e);
	void *owner;
};

struct backend *loading_new(struct loop *loop, const struct loading_work *work);

/* Gives the opening up at once and fails what waits for it (ERR_BUSY: who asks again may find
 * another server); nothing if it is over. */
void loading_cancel(struct backend *b);

#endif

/*
 * kept.h - answers that later requests go on from: found, kept, shown and dropped.
 *
 * What a dialect gives to be kept (chat/dialect_keeping.h) goes into the store, on the store's own
 * thread, behind all that was handed over before: so a request finds the answer that was told a
 * moment ago, and the loop never waits for the disk. Whoever shows another key finds nothing.
 *
 * On the loop's thread.
 *
 * Layer: client, disk.
 */
#ifndef OFFGRID_SERVE_KEPT_H
#define OFFGRID_SERVE_KEPT_H

#include "chat/dialect_keeping.h"
#include "serve/serve_int.h"

struct kept_wait;

/* Told on the loop, once, unless the wait is given up before: `past` is what was found, or `e` why
 * it could not be done (NULL: it was). What they point at lives only during the call. */
typedef void kept_done(void *owner, const struct dialect_past *past, const struct err *e);

/* Looks for what the body of this request names. False: it names nothing, and `done` is never
 * called. `wait` is set before; if nothing is kept by this server, `done` is called from inside. */
bool kept_find(struct serve *s, struct http_exchange *x, const struct dialect *d, kept_done *done,
	void *owner, struct kept_wait **wait);

/* Whether the answer to this request is to be kept, and can be. */
bool kept_is_wanted(
	const struct serve *s, const struct dialect *d, const struct chat_request *request);
/* Keeps a turn, which is copied. */
struct kept_wait *kept_put(struct serve *s, struct http_exchange *x, const struct dialect *d,
	const struct dialect_turn *turn, kept_done *done, void *owner);

/* Nobody waits for it any more; it is done all the same. NULL is fine. */
void kept_forget(struct kept_wait *wait);

/* The handlers of the paths about kept answers; `path` is the id. */
void kept_show(struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path);
void kept_drop(struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path);
void kept_show_asked(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path);
void kept_cancel(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path);

#endif

/*
 * mailbox.h - how threads talk: a queue of messages of one fixed size, copied in and out.
 *
 * Any thread may send. One thread receives: either by waiting (mailbox_receive) or on its loop
 * (mailbox_on_loop), which is woken once for any number of messages that came meanwhile. A message
 * that is a pointer is a message of sizeof(void *) bytes; what it points to changes hands when it
 * is sent. Messages arrive in the order of sending. After mailbox_close nothing more is taken in,
 * what is in it can still be received, then the receiver is told of the end.
 */
#ifndef OFFGRID_BASE_MAILBOX_H
#define OFFGRID_BASE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

struct mailbox;
struct loop;

/* `max_messages` 0: no bound. `drop` frees what a message holds that nobody received; may be NULL.
 */
struct mailbox *mailbox_new(size_t message_bytes, size_t max_messages, void (*drop)(void *message));
/* By the receiver, when no other thread can send any more; drops what is left. NULL is fine. */
void mailbox_free(struct mailbox *m);

/* False if it is closed or full: the message then still belongs to the sender. Never waits. */
bool mailbox_send(struct mailbox *m, const void *message);
/* The same, but waits for room; false only if it is closed. Not from the receiver's thread. */
bool mailbox_send_wait(struct mailbox *m, const void *message);

/* Takes the oldest message: mailbox_take does not wait (false: none is there), mailbox_receive does
 * (false: closed and empty). */
bool mailbox_take(struct mailbox *m, void *message);
bool mailbox_receive(struct mailbox *m, void *message);

/* Any thread, more than once is fine. Wakes everybody who waits. */
void mailbox_close(struct mailbox *m);
bool mailbox_is_closed(struct mailbox *m); /* closed and empty: nothing will come any more */
size_t mailbox_count(struct mailbox *m);

/* From the loop's thread: fn(ctx) is called there when messages came or the mailbox was closed. It
 * takes until there are none; what it leaves waits for the next one. Freed before the loop. */
void mailbox_on_loop(struct mailbox *m, struct loop *l, void (*fn)(void *ctx), void *ctx);

#endif

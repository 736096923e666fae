/*
 * again.h - noticing clients that ask the same for ever, and ending it.
 *
 * Two loops are known that no client ends by itself: a request with tools that was answered and
 * comes again unchanged, since the client did not understand the answer (134 times in a minute
 * were measured), and a prompt that does not fit, which the client shortens and sends again without
 * ever getting below the limit (112 times in two minutes). Both are ended from here with an error
 * in plain words, of a kind that no client answers by trying again; once AGAIN_REST_MS have passed
 * without it, everything is forgotten.
 *
 * Only streams that offer tools are compared, byte by byte by their hash, and only answers that
 * went out whole are counted: who tries again after a failure is right. A client in a circle has
 * one request at a time and does something between two; who measures a server does not. So what
 * comes while the same is being answered, or within AGAIN_LEAST_MS of it, begins a new count.
 * Overflows are counted by conversation, so that two that come through one gateway are never added
 * up: who asks (address, program, key) for which model, what the client calls its conversation or
 * its user, and what the first message of the user says. A client that shortens a conversation
 * until this message is another one begins a new count.
 *
 * A fixed table of numbers; the caller tells the time. Of one thread.
 *
 * Layer: client.
 */
#ifndef OFFGRID_SERVE_AGAIN_H
#define OFFGRID_SERVE_AGAIN_H

#include "chat/request.h"

enum {
	AGAIN_SAME = 16,     /* answers to the same request, after which it is refused */
	AGAIN_OVERFLOWS = 6, /* prompts that did not fit, after which the words are others */
	AGAIN_REST_MS = 60000,
	AGAIN_LEAST_MS = 100, /* the quickest circle that was measured took 430 */
	AGAIN_KEPT = 64
};

struct again {
	struct again_row {
		uint64_t hash; /* 0: free */
		unsigned count, running;
		int64_t last_ms;
	} rows[AGAIN_KEPT];
};

/* Before a request is answered, with the hash of all that it says: false if it is to be refused. */
bool again_may_ask(struct again *a, uint64_t hash, int64_t now_ms, struct err *e);
/* The same for each that was let pass: its answer is over; it may have been none. */
void again_over(struct again *a, uint64_t hash, bool is_answered, int64_t now_ms);

/* Which conversation this is, as far as its request says; `client` is a hash of who asks. */
uint64_t again_conversation(uint64_t client, const struct chat_request *r);
/* Headers by which clients name a conversation: part of who asks. Ends with NULL. */
extern const char *const again_headers[];

/* A prompt did not fit. `hash` is that of the conversation. When it was too often, `e`, the
 * refusal, becomes one that does not ask for less. */
void again_overflowed(struct again *a, uint64_t hash, int64_t now_ms, struct err *e);

#endif

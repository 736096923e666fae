/*
 * invent_chat.h - random conversations and answers that every dialect has words for, but for what
 * is named in the flags below; the same for the same seed.
 */
#ifndef OFFGRID_TESTS_INVENT_CHAT_H
#define OFFGRID_TESTS_INVENT_CHAT_H

#include "chat/event.h"
#include "chat/request.h"
#include "walk.h"

/* What a dialect may have no word for. */
enum invent_lost {
	/* in answers */
	LOSES_LOGPROBS = 1,
	LOSES_OTHER_LOGPROBS = 131072, /* of what is no text */
	LOSES_SEALS = 2,               /* in requests too */
	LOSES_THINKING_TOKENS = 4,     /* how many of the answer's tokens were thinking */
	LOSES_STORED_TOKENS = 8,
	LOSES_STOP_TEXT = 16,
	/* in requests */
	LOSES_PENALTIES = 32,  /* repeat, presence, frequency, and min_p */
	LOSES_SEED = 64,       /* and biases */
	LOSES_ERRORS = 128,    /* that a tool failed (its text says so) */
	LOSES_THOUGHTS = 256,  /* without a seal */
	LOSES_JSON_WISH = 512, /* JSON without a schema */
	LOSES_STOPS = 1024,    /* strings that end an answer */
	LOSES_TOP_K = 2048,
	LOSES_REPEAT = 4096, /* repeat penalty and min_p */
	LOSES_BIASES = 8192,
	LOSES_STRICT = 32768, /* of a tool */
	LOSES_ORDER = 65536,  /* a message is a thought, one text, images as data, calls */
	LOSES_SINGLE = 16384, /* the wish for one call at a time */
};

/* Sends an answer; `cuts` decides how its texts are cut. */
void invent_answer(struct chat_sink sink, uint64_t seed, struct walk_random *cuts);
/* An event as it is after a dialect that loses these; false: nothing of it is left. */
bool invent_event_left(struct chat_event *event, unsigned lost);

struct chat_request *invent_request(struct walk_random *r, struct arena *a);
/* Takes out of the request what a dialect that loses these does. */
void invent_lose(struct chat_request *r, unsigned lost);

#endif

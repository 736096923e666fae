/*
 * gather.h - an upstream's answer on its way from a dialect's reader to events.
 *
 * The reader of each dialect says what it found (words, pieces of calls, an end); here it becomes
 * events in the order that event.h promises. Upstreams differ in how they send calls (index missing
 * or repeated, id or name late, arguments as an object, several interleaved), so each call has a
 * slot that gathers what is known of it; slots are told one after the other, the first open one as
 * it comes, the next when it is complete. Words that come inside an open call wait for its end.
 *
 * A call ends only if its arguments are one JSON object; anything else ends the answer with a fault
 * rather than with invented arguments, unless the limit of tokens cut it. An end counts only if the
 * upstream said so: gather_finish is how it says so.
 *
 * Embedded as the first member of a dialect's reader. Events go out from inside these functions.
 *
 * Layer: wire (what is malformed), parse (a call that broke inside its arguments).
 */
#ifndef OFFGRID_CHAT_GATHER_H
#define OFFGRID_CHAT_GATHER_H

#include "base/limits.h"
#include "chat/dialect.h"

enum { GATHER_ID_BYTES = 256, GATHER_NO_INDEX = -1 };

/* One call of the answer. */
struct gather_slot {
	int64_t index; /* as the upstream numbers it, or GATHER_NO_INDEX */
	struct buf id, name, args;
	size_t told; /* bytes of args that were sent on */
	/* How far args were scanned, and what the scan knows. */
	size_t scanned;
	size_t depth;
	bool is_string, is_escaped;
	bool is_object;  /* it begins with '{', so it can be sent on as it comes */
	size_t complete; /* where the object closed; 0: not yet */
	bool is_begun;
	bool is_closed; /* the upstream said that nothing more comes of it */
};

struct gather {
	struct dialect_reader base;
	struct chat_sink sink;
	/* The reader's to set as it learns them; told at the end. */
	struct chat_usage usage;
	bool has_usage;
	bool has_told;              /* an event has gone out since the reader set it to false */
	bool has_finish;            /* read only: the upstream said why it ended */
	const struct digest *whole; /* what the upstream's last document says; goes with STOP */
	bool is_over;               /* read only: STOP or FAIL was told */
	size_t bytes;               /* read only: of text and arguments so far */
	/* Private. */
	struct gather_slot *slots;
	size_t slot_count, slot_room;
	size_t current; /* the first slot that has not ended */
	char answer_id[GATHER_ID_BYTES];
	size_t answer_id_n;
	bool has_words;
	enum chat_stop stop;
	struct buf stop_text;
	struct buf late[2]; /* words that came inside an open call: thoughts, text */
};

void gather_init(struct gather *g, const struct dialect *dialect, struct chat_sink sink);
void gather_clear(struct gather *g);

/* The upstream's id for the answer, from which ids are made for calls without one; the first
 * counts. */
void gather_answer_id(struct gather *g, struct str id);

/* A piece of text or thought; an empty one is nothing. */
bool gather_words(struct gather *g, enum chat_event_type type, struct str text, struct err *e);
/* A seal. Where it would stand inside a call it is dropped: no upstream does that. */
bool gather_seal(struct gather *g, struct str opaque, bool stands_alone, struct err *e);

/* What a piece says of a call; what it does not say is empty. */
struct gather_call {
	int64_t index;
	struct str id, name;
	struct js_at args; /* a string is a piece of the arguments, an object is all of them */
};

bool gather_call(struct gather *g, const struct gather_call *piece, struct err *e);
/* All arguments of a call, of which pieces came before: what is missing at their end is told. */
bool gather_call_whole(struct gather *g, int64_t index, const struct js_at *args, struct err *e);
/* Nothing more comes of the call of this index. */
bool gather_call_over(struct gather *g, int64_t index, struct err *e);

/* The upstream says why it ends; usage may still come. `text` is the stop string, if known. */
bool gather_finish(struct gather *g, enum chat_stop stop, struct str text, struct err *e);
/* The answer is complete: STOP, or FAIL if what was gathered is not sound. */
void gather_done(struct gather *g);
/* FAIL. */
void gather_fail(struct gather *g, const struct err *e);
/* Nothing more will come, `why` as in dialect.read_end. */
void gather_end(struct gather *g, const struct err *why);

/* A JSON document out of a stream or body, or NULL with a fault that tells a web page from bad
 * JSON. Bytes that are no UTF-8 and halves of characters become U+FFFD, as the official clients
 * have it: a token may end within a character. */
json_t *gather_parse(struct gather *g, struct str text, struct err *e);
/* A count among an object's members; 0 if it is absent or none. */
int64_t gather_count(const struct js_at *at, const char *key);

#endif

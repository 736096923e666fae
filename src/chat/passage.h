/*
 * passage.h - an answer that reaches the client in the upstream's own bytes, because both speak the
 * same dialect.
 *
 * Whoever reads the upstream goes on reading: each piece (the data of an event of the stream, a
 * line, a whole document) becomes events, which pass the router and the guard rails to whoever
 * answers the client. The passage keeps each piece beside the events it became, and compares what
 * comes out with what came in. A piece all of whose events came out as they went in goes to the
 * client as it is, with every member that we do not know; a piece without events goes with what
 * follows it. With the first event that differs (mended, left out, invented, asked for again) the
 * passage parts for good: what has not gone out is written anew by the dialect's writer (`shadow`),
 * and so is the rest.
 *
 * Both halves are one answer. The writer is told the events of each piece that goes out, says
 * nothing, and adopts the piece (dialect.adopt): so it knows which blocks, items and calls are
 * open, and goes on with the upstream's names and numbers. Signs of life before the first piece
 * have ours.
 *
 * What is kept is the data, not its frame: line ends and comments of an event stream are ours.
 * The opening of a call waits for its first arguments, so that a call is written either by the
 * upstream or by us. Usage, signs of life and log probabilities change nothing and are not
 * compared. A seal is given the name of who made it (seal.h) wherever it stands from then on. The
 * end is never invented: STOP passes only in the piece that says it.
 *
 * Pure; of one owner, on the loop's thread. The reader's side calls passage_open, _piece, _came,
 * _pause; the client's side the rest. Between an event's _came and the next one comes its _told, or
 * later.
 *
 * Layer: wire.
 */
#ifndef OFFGRID_CHAT_PASSAGE_H
#define OFFGRID_CHAT_PASSAGE_H

#include "chat/dialect.h"

struct passage {
	const struct dialect *dialect; /* what the client speaks */
	bool hides_usage;              /* the client asked for none in its stream */
	bool hides_thoughts;           /* the client asked for none and expects none */
	struct dialect_writer *writer; /* of the answer; set before any event is told */
	/* Called from passage_pause when something may go out. */
	void (*on_ready)(void *owner);
	void *owner;
	/* Read only. */
	bool is_open;    /* an upstream of this dialect answers */
	bool is_parted;  /* the rest is written anew */
	bool has_gone;   /* some of the upstream's bytes went out */
	const char *why; /* it parted, for people */
	struct buf
		shadow; /* when it has parted: what came out in vain is said here by the writer */
	struct buf headers; /* "name:value\n" each, that go to the client */
	/* Private. */
	struct str origin;
	bool is_whole; /* one document, no frames */
	struct buf raw, words, seals, joined;
	size_t ready; /* bytes of raw that may go out */
	struct passage_piece *pieces;
	size_t piece_first, piece_count, piece_room;
	struct passage_item *items;
	size_t item_count, item_room;
	size_t told;      /* items that came out whole */
	size_t wrote;     /* of these, what the writer was told */
	size_t told_part; /* bytes of the next one that came out */
	bool is_reading;  /* inside a piece: more events of it may come */
};

void passage_init(struct passage *p, const struct dialect *client);
void passage_clear(struct passage *p);

/* ---- the side that reads the upstream; `p` may be NULL ---- */

/* An upstream begins to answer; forgets what came of an earlier one. False, and nothing passes, if
 * it speaks another dialect. `origin` is whose its seals are; it outlives the passage. */
bool passage_open(struct passage *p, const struct dialect *upstream, struct str origin);
/* A header of its answer; those that say something to the client (rate limits, what belongs to the
 * dialect, the upstream's name for the request) are kept. */
void passage_header(struct passage *p, struct str name, struct str value);
/* A piece is about to be read; `is_whole`: it is the whole answer. */
void passage_piece(struct passage *p, struct str name, struct str data, bool is_whole);
/* An event of it, before it is told to anybody. */
void passage_came(struct passage *p, const struct chat_event *event);
/* What has come so far has been read: the reader waits for more. */
void passage_pause(struct passage *p);

/* ---- the side that answers the client ---- */

/* Whether this event came out as it went in, and the writer is told it from here; false from the
 * first that did not, with `why`: that one and all after it are the caller's to write. */
bool passage_told(struct passage *p, const struct chat_event *event);
/* It parts here, if it has not parted yet. */
void passage_part(struct passage *p, const char *why);
/* Bytes that may go out, framed; gone with passage_sent. */
struct str passage_ready(const struct passage *p);
void passage_sent(struct passage *p);

/* ---- requests ---- */

/*
 * passage_request.c: appends the client's body as it came, if the upstream of this dialect that is
 * called `origin` may have it so; else NULL or why not, in words, with nothing appended. Two things
 * are done to it, and every other byte stays: where a stream would have none, a wish for usage is
 * added, which the ledger needs; and a thought's seal that has the upstream's own name before it
 * (seal.h) loses the name.
 */
bool passage_request(const struct chat_request *r, const struct dialect *upstream,
	struct str origin, struct buf *out, const char **why);

#endif

/*
 * dialect_keeping.h - answers that a later request of the same dialect goes on from by their id.
 *
 * A dialect that has such ids fills one of these rows; who keeps the texts (serve/, in the store)
 * reads none of them. What a request names of earlier answers is found first (`names`), fetched by
 * whoever keeps it, and handed to `read_request`, which puts it before what the request itself
 * says. Kept is one turn at a time: what the request itself asked, and its answer.
 *
 * What is named and not kept here may be kept by an upstream that speaks the dialect: the request
 * is bound to one then (chat_request.bound).
 *
 * Layer: client.
 */
#ifndef OFFGRID_CHAT_DIALECT_KEEPING_H
#define OFFGRID_CHAT_DIALECT_KEEPING_H

#include "chat/dialect.h"

/* One kept answer; its texts are the dialect's. */
struct dialect_turn {
	struct str id, previous; /* previous: empty if it went on from none */
	struct str asked, answered;
};

/* Which earlier answers a request names. */
struct dialect_names {
	struct str previous; /* the one it goes on from; empty: none */
	struct str *others;  /* those of which it names a part */
	size_t other_count;
};

/* What was found of them. */
struct dialect_past {
	const struct dialect_turn *chain; /* up to the one it goes on from, oldest first */
	size_t chain_count;
	const struct dialect_turn *others;
	size_t other_count;
	bool is_off; /* nothing is kept by this server */
};

enum { DIALECT_NAMES_MAX = 256 }; /* answers that one request names parts of */

struct dialect_keeping {
	/* False: the body names none, or is not what it should be, which reading it will tell. */
	bool (*names)(struct str body, struct arena *a, struct dialect_names *out);
	/* As dialect.read_request, with what was found. */
	struct chat_request *(*read_request)(struct str path, struct str body,
		const struct dialect_past *past, struct arena *a, struct trace *t, struct err *e);
	bool (*wants)(const struct chat_request *r); /* that its answer be kept */
	/* The turn as it is to be kept, in `turn` and the two buffers, when the answer is complete
	 * and its STOP not written yet. What a stream tells before its end is appended to `out`. */
	void (*write_turn)(struct dialect_writer *w, const struct chat_event *stop, struct buf *out,
		struct buf *asked, struct buf *answered, struct dialect_turn *turn);
	/* It could not be kept: what is written from now on says so. */
	void (*not_kept)(struct dialect_writer *w);
	/* The answers to DIALECT_KEPT_DROP and DIALECT_KEPT_ASKED; the latter reads the query of
	 * the path: which part of the list, in which order. */
	void (*write_dropped)(struct str id, struct buf *out);
	bool (*write_asked)(
		const struct dialect_past *past, struct str query, struct buf *out, struct err *e);
	/* Why a kept answer cannot be cancelled: it is complete. */
	bool (*fail_cancel)(struct str id, struct err *e);
};

#endif

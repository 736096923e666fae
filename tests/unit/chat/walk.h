/*
 * walk.h - driving a guide by hand in tests: whole texts, forced bytes, random walks.
 *
 * Every step checks the contract of base/guide.h: `accept` takes exactly the bytes in `allowed`, a
 * refusal leaves the state as it was, a copy behaves like its original, what is forced is the only
 * byte allowed, and characters of free text lead back to where they came.
 */
#ifndef OFFGRID_TESTS_WALK_H
#define OFFGRID_TESTS_WALK_H

#include "base/buf.h"
#include "base/guide.h"

/* The whole text is taken and the answer may end there. */
bool walk_takes(const struct guide *g, struct str text);

/* Bytes of the text that are taken before the first refusal. */
size_t walk_prefix(const struct guide *g, struct str text);

/* What is forced after the text was taken. */
struct str walk_forced(const struct guide *g, struct str text, struct buf *out);

/* A source of random numbers that is the same on every machine. */
struct walk_random {
	uint64_t state;
	const char *lure; /* where nearly every byte may come, this is said now and then; NULL:
			     nothing */
};

uint64_t walk_next(struct walk_random *r);
uint64_t walk_below(struct walk_random *r, uint64_t limit);

/* How a random walk came out. */
enum walk_end {
	WALK_ENDED, /* the answer may end here */
	WALK_LONG,  /* `hard` bytes were reached: luck did not find the way out of an open object */
	WALK_STUCK, /* nothing may come and it may not end: a fault of the guide */
};

/*
 * Random allowed bytes until the answer may end and a coin says so; after `soft` bytes with a
 * preference for what closes.
 */
enum walk_end walk_randomly(
	const struct guide *g, struct walk_random *r, size_t soft, size_t hard, struct buf *out);

#endif

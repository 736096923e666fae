/*
 * guide.h - the contract between a grammar and a sampler: which bytes may come next.
 *
 * chat/ builds a guide from the tools offered and the model's call format; engine/ asks it before a
 * token is taken. Neither knows the other. A guide watches every byte the model says, from the
 * first one of the answer on: in ordinary text it is `open` and lets everything pass, from the
 * moment a call is opened it lets pass only what can still become a valid call. The grammar is
 * immutable and may be read by several threads; the state is plain memory of at most `state_bytes`,
 * belonging to one thread, copied with `copy` (cheap: only the part in use).
 */
#ifndef OFFGRID_BASE_GUIDE_H
#define OFFGRID_BASE_GUIDE_H

#include "base/str.h"

/* One bit for each byte value. */
struct byte_set {
	uint64_t bits[4];
};

static inline bool byte_set_has(const struct byte_set *s, unsigned char c)
{
	return s->bits[c >> 6] >> (c & 63) & 1;
}

static inline void byte_set_put(struct byte_set *s, unsigned char c)
{
	s->bits[c >> 6] |= UINT64_C(1) << (c & 63);
}

/* The only byte in the set, or -1 if it holds none or several. */
static inline int byte_set_only(const struct byte_set *s)
{
	int only = -1;
	for (int word = 0; word < 4; word++) {
		uint64_t bits = s->bits[word];
		if (!bits)
			continue;
		if (only >= 0 || (bits & (bits - 1)))
			return -1;
		only = word * 64 + __builtin_ctzll(bits);
	}
	return only;
}

/*
 * A place of free text, as the inside of a string: a character may come after the other and leads
 * nowhere else. Said of a state between two characters.
 */
struct guide_loop {
	/* What may begin such a character: an ASCII byte is one by itself, a greater one stands for
	 * every well-formed UTF-8 character that it leads. */
	struct byte_set stays;
	/* The other bytes that may come, here or behind some of those characters; too many do no
	 * harm. */
	struct byte_set leaves;
	size_t most; /* so many characters, then none; SIZE_MAX: no end */
};

struct guide_ops {
	void (*start)(const void *grammar, void *state); /* the state before the first byte */
	void (*copy)(const void *grammar, void *to, const void *from);
	/* Takes the byte, or returns false and leaves the state as it was. */
	bool (*accept)(const void *grammar, void *state, unsigned char byte);
	/* The bytes that accept would take. */
	void (*allowed)(const void *grammar, const void *state, struct byte_set *out);
	/* Ordinary text: every byte may come and the answer may end. */
	bool (*is_open)(const void *grammar, const void *state);
	/* The answer may end here. */
	bool (*may_end)(const void *grammar, const void *state);
	/*
	 * The bytes that must come now because nothing else may, at most `cap`; 0 if there is a
	 * choice. An end that is possible counts as a choice.
	 */
	size_t (*forced)(const void *grammar, const void *state, char *out, size_t cap);
	/*
	 * The bytes that end the thought which is open, in the family's own way (what is still
	 * missing of them); 0: none is open. NULL: the guide knows no thoughts.
	 */
	size_t (*ends_thought)(const void *grammar, const void *state, char *out, size_t cap);
	/*
	 * These two are there so that a mask of the vocabulary need not try each of its tokens byte
	 * by byte; both or none (NULL). `loop` says whether the state is a place of free text,
	 * `pass` takes whole characters of that text, not more than `most`, as accept would one by
	 * one.
	 */
	bool (*loop)(const void *grammar, const void *state, struct guide_loop *out);
	void (*pass)(const void *grammar, void *state, struct str text);
};

struct guide {
	const struct guide_ops *ops;
	const void *grammar; /* outlives every state made from it */
	size_t state_bytes;
};

#endif

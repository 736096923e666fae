/*
 * dialect_responses_writer.h - the writer of Responses answers, as the two files that make it see
 * it: dialect_responses_answer_write.c, which writes, and dialect_responses_adopt.c, which goes on
 * from what an upstream wrote; not for others.
 */
#ifndef OFFGRID_CHAT_DIALECT_RESPONSES_WRITER_H
#define OFFGRID_CHAT_DIALECT_RESPONSES_WRITER_H

#include "base/buf.h"
#include "chat/dialect_responses.h"

/* OPEN_OTHER: an upstream's, of a kind that only it knows; it stands in `other`. */
enum open_item {
	OPEN_NONE,
	OPEN_TEXT,
	OPEN_THOUGHT,
	OPEN_CALL,
	OPEN_CUSTOM,
	OPEN_BRIDGED,
	OPEN_OTHER
};

struct responses_writer {
	struct dialect_writer base;
	struct dialect_answer about;
	struct chat_usage usage;
	bool has_usage, has_begun, is_over;
	enum open_item open;
	const struct responses_bridge *bridge; /* of an OPEN_BRIDGED one */
	int64_t sequence;
	size_t item_count; /* that were opened */
	struct buf items;  /* JSON of the closed ones */
	struct buf echo;   /* members that say what was asked */
	/* Of the open one: the members that tell a call, behind a bracket; its parts that are done;
	 * what grows, of the part that is open; the seal of a thought; its id, if it is not ours.
	 */
	struct buf head, parts, grown, seal, item_id;
	/* Log probabilities: of the words to come, of the part that is open, and how much of these
	 * went out with its pieces. */
	struct buf chosen, logprobs;
	size_t logprobs_told;
	int64_t part;
	bool has_part; /* the part was told to begin */
	/* Of an upstream's own pieces: the item that they have opened and not closed, and how much
	 * of `items` they have told. */
	enum open_item adopted;
	size_t adopted_count, adopted_bytes;
	struct buf other;
	struct buf id, model; /* of the response */
};

static inline struct responses_writer *responses_writer_of(struct dialect_writer *w)
{
	return (struct responses_writer *)w;
}

/* What an item of each kind is called, and the pieces in which it grows. */
struct responses_item_words {
	const char *type, *prefix;
	const char *member;                        /* of the item: what grows */
	const char *delta, *done;                  /* pieces */
	const char *done_member;                   /* of the piece `done` */
	const char *part_added, *part_done, *part; /* pieces around, and the part; NULL: none */
	const char *part_index;
};

/* By enum open_item. */
extern const struct responses_item_words responses_items[];

/* Forgets the open item's parts: another one is open from here. */
void responses_begin_item(struct responses_writer *w, enum open_item open);

#endif

/*
 * mold.h - a stream's documents that differ from one another in one string only.
 *
 * Nearly all chunks of an answer say the same thing around another piece of text. Reading each of
 * them as JSON is most of what a stream costs, so the bytes around the text of one that was read
 * are kept, and the next document with the same bytes around a string is known without reading it:
 * a JSON document in which one string stands for another is a document of the same shape. Whoever
 * learns a mold answers for that nothing but the string matters in it.
 *
 * What is not exactly so (other bytes, a string with rare escapes, bytes that are no UTF-8) does
 * not fit, and is read in the ordinary way, which also tells what is wrong with it. Embedded; pure.
 */
#ifndef OFFGRID_CHAT_MOLD_H
#define OFFGRID_CHAT_MOLD_H

#include "base/buf.h"

struct mold {
	struct buf before, after; /* of the string, quotes not included; empty: nothing is known */
	struct buf text;          /* of the last that fitted, where it had escapes */
};

void mold_init(struct mold *m);
void mold_clear(struct mold *m);

/* Learns the document, whose member of this name, which stands in it once, has this text; forgets
 * what it knew before. A document that cannot be a mold is none. */
void mold_learn(struct mold *m, struct str document, const char *member, struct str text);

/* Whether the document is the learned one with another text, and which: good until the next call or
 * as long as the document. */
bool mold_fits(struct mold *m, struct str document, struct str *text);

#endif

/*
 * nudge.h - telling a model once that it did nothing.
 *
 * A turn without a call that says what it is about to do, or says nothing at all, is the commonest
 * way in which a run ends with empty hands. Such a turn is answered once. The test is lexical
 * (English) and conservative: the last sentence of a short text must announce, in the first person,
 * something that only a tool can do; questions and offers are left alone.
 *
 * The words sent are fixed here. They name no tool and end with a way out, because a model that has
 * nothing left to do must be able to say so.
 */
#ifndef OFFGRID_CHAT_NUDGE_H
#define OFFGRID_CHAT_NUDGE_H

#include "base/buf.h"

enum nudge {
	NUDGE_NONE,
	NUDGE_ANNOUNCED, /* said what it will do, and called no tool */
	NUDGE_EMPTY,     /* said nothing, and called no tool */
	NUDGE_CLAIMED,   /* said that it did what is not so on disk; found by the caller */
	NUDGE_COUNT
};

/* Why a final text should be answered; NONE if it should not. */
enum nudge nudge_for(struct str text);

/* The words for the model. `untrue` is what is not so ("a.txt does not exist"), for NUDGE_CLAIMED.
 */
void nudge_words(enum nudge n, struct str untrue, struct buf *out);

extern const char
	*const nudge_about[NUDGE_COUNT]; /* for people: "it announced and called no tool" */

#endif

/*
 * tool_guide_place.h - where an answer stands, and where a byte leads from there; for tool_guide*.c
 * only.
 *
 * A call is a chain of places, each with a text (head, middle, tail, next), an automaton (name) or
 * a schema (arguments).
 *
 * Where a call's mark is too plain to be one by itself (a brace at the front of an answer), the
 * chain is walked on trial: nothing is forbidden until its name and what follows it are there, and
 * what leaves the chain is text.
 */
#ifndef OFFGRID_CHAT_TOOL_GUIDE_PLACE_H
#define OFFGRID_CHAT_TOOL_GUIDE_PLACE_H

#include "chat/tool_guide_int.h"

/* The part of a state that is always in use. */
struct guide_head {
	uint8_t place;
	uint8_t blanks;                    /* at the entry: how many more may come */
	uint8_t matched[GUIDE_MARK_COUNT]; /* in words: bytes of each mark that they end with */
	bool may_think;                    /* a thought may open */
	bool is_trial;                     /* what is walked may still turn out to be text */
	uint16_t calls;                    /* complete ones and the present one */
	uint32_t at;                       /* state of the place's automaton */
	uint32_t name;                     /* of the call, by number */
	struct guide_text_at text;         /* in the place's text */
	struct guide_text_at
		close; /* in a section's end, walked beside the next call's beginning */
};

struct guide_state {
	struct guide_head head;
	struct schema_run run; /* in use where has_run says so */
};

/* The marks of calls, and where each leads. */
enum { CALL_MARKS = 3 };

extern const struct call_mark {
	enum guide_mark mark;
	enum place place; /* behind it */
} call_marks[CALL_MARKS];

/* Those of base/guide.h. */
void place_start(const void *grammar, void *state);
void place_copy(const void *grammar, void *to, const void *from);
bool place_accept(const void *grammar, void *state, unsigned char c);

/* What a place is made of: its automaton, its text with what the holes hold, or NULL. */
const struct dfa *place_automaton(const struct tool_guide *g, const struct guide_head *h);
const struct guide_text *place_text(const struct tool_guide *g, const struct guide_head *h);
struct guide_holes place_holes(const struct tool_guide *g, const struct guide_head *h);
/* Whether it has a run of a schema, and of which. */
bool place_has_run(const struct tool_guide *g, const struct guide_head *h);
const struct schema *place_schema(const struct tool_guide *g, const struct guide_head *h);
/* At the entry before its first byte: the JSON value may begin, if no call was made. */
bool place_value_may_begin(const struct tool_guide *g, const struct guide_head *h);

/* The place may be left for the next one. */
bool place_is_complete(const struct tool_guide *g, const struct guide_state *s);
/* Goes on from a place that is complete; passes places of which nothing more may come. */
void place_go_on(const struct tool_guide *g, struct guide_state *s);
void place_settle(const struct tool_guide *g, struct guide_state *s);

bool place_may_call(const struct tool_guide *g, const struct guide_head *h);
/* Whether the mark is looked for here. */
bool place_is_sought(const struct tool_guide *g, const struct guide_head *h, enum guide_mark mark);

#endif

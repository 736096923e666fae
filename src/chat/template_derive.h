/*
 * template_derive.h - the format of calls, from what a template renders.
 *
 * First the rows are held beside the probe's turn: what a row writes byte by byte is that row.
 * Where none fits, a row is made: what stands around the calls, names, keys and values is cut out
 * of a turn with one call and one with two, and the new row counts only if it writes both turns
 * again. It is named after the row that is most like it, and keeps that one's tolerances.
 *
 * Derived: a JSON object behind a name (in tags, in a list, in a section), and pairs of tags around
 * keys and values. Other syntaxes need a row.
 *
 * Layer: prompt.
 */
#ifndef OFFGRID_CHAT_TEMPLATE_DERIVE_H
#define OFFGRID_CHAT_TEMPLATE_DERIVE_H

#include "chat/tool_format.h"

/* Renders of one template, each from behind the question on, none asking for an answer. */
struct template_turns {
	struct str words; /* the assistant says PROBE_SAYS */
	struct str one;   /* one call and nothing else */
	struct str two;   /* two calls; empty: the template has no more than one */
	struct str eos;
};

struct template_derived {
	const struct tool_format *format; /* a row, or one in the arena; NULL: not found */
	struct str one, two;              /* the calls as they stand in the turns */
};

void template_derive(
	struct arena *a, const struct template_turns *turns, struct template_derived *out);

/* The row that is known by a mark in the template's own text, for those that show tools and drop
 * the calls: NULL if there is none. */
const struct tool_format *template_row_by_mark(struct str text);

/* `f` with the marks of thoughts that are known by one of them in the template's own text, where
 * they are no tags: a copy in the arena; else `f`. */
const struct tool_format *template_thoughts_by_mark(
	struct arena *a, const struct tool_format *f, struct str text);

/* `f` with what stands around thoughts, text and turns in `like`: a copy in the arena. */
const struct tool_format *template_words_as(
	struct arena *a, const struct tool_format *f, const struct tool_format *like);

/*
 * `f` with the marks of thoughts as they stand around PROBE_THINKS in `turn`, if they are others
 * than the row's: a copy in the arena then. `words` as above.
 */
const struct tool_format *template_derive_thoughts(
	struct arena *a, const struct tool_format *f, struct str turn, struct str words);

#endif

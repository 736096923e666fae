/*
 * family.h - what is known to be best for a model family where nobody says anything: how to sample,
 * whether tools are better prompted than native, what to do with earlier thoughts.
 *
 * One row a family, each value with its source, which the trace repeats. A family is recognised by
 * what its file says (general.architecture, general.name) and by marks of its template; fine-tunes
 * keep their base's architecture and so their base's row. Whoever is not recognised gets the row
 * that says nothing: then the file's own wishes and the usual count.
 *
 * Constant data; any thread.
 */
#ifndef OFFGRID_CHAT_FAMILY_H
#define OFFGRID_CHAT_FAMILY_H

#include "base/str.h"

/* What the prompt shows of the thoughts of earlier assistant messages. */
enum family_replay {
	FAMILY_REPLAY_TEMPLATE,    /* what the template makes of them; nothing better is known */
	FAMILY_REPLAY_NONE,        /* nothing */
	FAMILY_REPLAY_WITHIN_TURN, /* those since the last message of a user */
	FAMILY_REPLAY_FULL,        /* all of them */
	FAMILY_REPLAY_COUNT
};

extern const char *const family_replay_names[FAMILY_REPLAY_COUNT]; /* "as the template does", … */

/* A value that the row does not know is CHAT_UNSET_DOUBLE or CHAT_UNSET_INT (request.h). */
struct family_sampling {
	double temperature; /* 0: always the likeliest */
	double top_p, min_p;
	int top_k;
	const char *source; /* NULL: the row knows nothing about sampling */
};

/* One way to be recognised: all that is not NULL must fit. */
struct family_clue {
	const char *architecture; /* the whole of it */
	const char *name; /* occurs in the name, case, blanks, dashes and underscores aside */
	const char *mark; /* occurs in the template */
};

enum { FAMILY_CLUES = 4 };

struct family {
	const char *name;
	struct family_clue clues[FAMILY_CLUES]; /* any of them */
	struct family_sampling sampling;
	bool prefers_prompted;
	const char *prompted_source; /* NULL: nothing is known, the native way counts */
	enum family_replay replay;
	const char *replay_source; /* NULL with FAMILY_REPLAY_TEMPLATE */
};

/* What a model's file says; empty where it says nothing. */
struct family_facts {
	struct str architecture;  /* general.architecture */
	struct str name;          /* general.name */
	struct str chat_template; /* its Jinja text */
};

/* The first row that fits; never NULL. */
const struct family *family_find(const struct family_facts *facts);

/* All rows, in the order in which they are tried; the last one fits everything. */
extern const struct family families[];
extern const size_t family_count;

#endif

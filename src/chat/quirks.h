/*
 * quirks.h - what clients are known to send that breaks caches or models, and what is done about
 * it: one row each, with its reason.
 *
 * A row is applied where its column `where` says. Those of QUIRK_LOCAL change the request on its
 * way to a model of this machine, and only there: an upstream gets what the client sent. Those of
 * QUIRK_MARKED change nothing and say what a request is for. The others are done by whoever reads
 * the request or renders the prompt, always, and are rows so that all of it stands in one place.
 * Each application is a note "quirk" in the trace. docs/quirks.md is the same table for people,
 * held against this one by a test.
 *
 * Pure; constant data.
 *
 * Layer: client.
 */
#ifndef OFFGRID_CHAT_QUIRKS_H
#define OFFGRID_CHAT_QUIRKS_H

#include "base/trace.h"
#include "chat/request.h"

enum quirk {
	QUIRK_BILLING,
	QUIRK_COUNTDOWN,
	QUIRK_CLOCK,
	QUIRK_SYSTEMS,
	QUIRK_LATE_SYSTEM,
	QUIRK_TWO_USERS,
	QUIRK_CONTENT_PARTS,
	QUIRK_RESULT_PARTS,
	QUIRK_NAMESPACE,
	QUIRK_PROVIDER_TOOLS,
	QUIRK_IDS,
	QUIRK_NUM_CTX,
	QUIRK_MANY_TOOLS,
	QUIRK_TITLE,
	QUIRK_MEMORY,
	QUIRK_COMMIT,
	QUIRK_COUNT
};

enum quirk_where {
	QUIRK_LOCAL,    /* quirks_for_model */
	QUIRK_MARKED,   /* quirks_mark */
	QUIRK_READ,     /* the reader of the request */
	QUIRK_RENDERED, /* the template (template_way.h) */
	QUIRK_WHERE_COUNT
};

struct quirk_row {
	const char *name; /* "billing header" */
	const char *who;  /* who is known to send it */
	const char *what; /* what it is recognised by */
	const char *why;  /* what goes wrong, with its source */
	const char *does; /* what is done */
	enum quirk_where where;
};

extern const struct quirk_row quirks[QUIRK_COUNT];
extern const char *const quirk_where_names[QUIRK_WHERE_COUNT]; /* "before a model of ours", … */

/* For those who apply a row by themselves: the note in the trace. */
void quirk_note(enum quirk q, struct trace *t, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether a record of a trace is the note of a row that leaves the bytes of a request as they are
 * for an upstream of its own dialect. */
bool quirk_changes_nothing(const struct trace_record *r);

/* Sets is_side of a request that is work beside the conversation: titles, memories, commit
 * messages.
 */
void quirks_mark(struct chat_request *r, struct trace *t);

/* The request as a model of this machine is to see it: `r` itself if it keeps its quirks, else
 * another in its arena that shares what is unchanged. */
const struct chat_request *quirks_for_model(const struct chat_request *r, struct trace *t);

#endif

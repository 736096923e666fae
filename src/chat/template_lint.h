/*
 * template_lint.h - what a template does with a conversation, found by rendering probes.
 *
 * Some thirty small renders when a model is loaded, a few milliseconds in all. What they show is
 * told to people (`offgrid show`, `offgrid doctor`) and chooses the way in which requests are
 * rendered (template_way.h). A template that runs into the limit of a probe is asked no further.
 *
 * Layer: prompt.
 */
#ifndef OFFGRID_CHAT_TEMPLATE_LINT_H
#define OFFGRID_CHAT_TEMPLATE_LINT_H

#include "chat/template_derive.h"
#include "chat/template_probe.h"

/* What is asked. */
enum lint_question {
	LINT_TOOLS,       /* the tools are shown */
	LINT_CALL,        /* a call is shown */
	LINT_RESULT,      /* its result is shown */
	LINT_TEXT,        /* text beside a call is kept, and in its place */
	LINT_THOUGHT,     /* a thought beside a call is kept */
	LINT_LATER,       /* it is still kept after the next question */
	LINT_SYSTEM,      /* the system text is shown where it belongs */
	LINT_OBJECT_ARGS, /* arguments may be an object */
	LINT_STRING_ARGS, /* they may be a string, as OpenAI's are */
	LINT_NULL,        /* content may be null beside a call */
	LINT_TWO_CALLS,   /* a turn may have two calls */
	LINT_CROSSED,     /* results in another order find their calls */
	LINT_LONG_IDS,    /* ids may be as OpenAI's are */
	LINT_TWO_USERS,   /* two turns of a user may follow each other */
	LINT_LATE_SYSTEM, /* a system text may stand later */
	LINT_MEDIUM,      /* reasoning_effort may be medium */
	LINT_KEPT,        /* the bytes of a prompt stay when the conversation grows */
	LINT_COUNT
};

enum lint_answer {
	LINT_UNKNOWN, /* not asked: what it depends on is not there */
	LINT_YES,
	LINT_NO,      /* dropped, lost */
	LINT_REFUSED, /* the template raises an exception */
	LINT_ESCAPED, /* written as a string in a string */
	LINT_OTHER,   /* accepted, but other bytes come out */
	LINT_PRINTED, /* "None" is printed */
	LINT_MOVED,   /* it comes out in another place */
	LINT_ANSWER_COUNT
};

/* One row for each question: how it is told. */
struct lint_row {
	const char *key;   /* in JSON */
	const char *title; /* for people */
};

extern const struct lint_row lint_rows[LINT_COUNT];
extern const char *const lint_answer_names[LINT_ANSWER_COUNT];

enum { LINT_ASKS_MAX = 16 };

struct template_lint {
	enum lint_answer answers[LINT_COUNT];
	int kept_percent;                /* of a prompt's bytes when the conversation grows */
	struct str refusal;              /* why nothing could be rendered; else empty */
	const char *asks[LINT_ASKS_MAX]; /* variables it looks at that change what it writes */
	size_t ask_count;
	unsigned renders;
	struct template_way way;     /* what follows from all that */
	struct template_turns turns; /* for template_derive.h */
	struct str thought_turn;     /* from the question on, where a thought is shown */
};

/* The turns anew, in `way`: for a way that was changed. */
void template_lint_turns(struct arena *a, const struct template_text *t,
	const struct template_way *way, struct template_turns *out);

/* `text` is the template's own words, `eos` its end of a turn. The result points into the arena. */
void template_lint(struct arena *a, const struct template_text *t, struct str text, struct str eos,
	struct template_lint *out);

#endif

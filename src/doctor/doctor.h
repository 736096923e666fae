/*
 * doctor.h - which layer is broken.
 *
 * Probes stand in one table, from the ground up: the disk, the sandbox, the wire, the library, the
 * model file, the prompt, the parser, the model, and the whole way through the agent with a
 * scripted model as the known-good control. Each has three outcomes: passed, failed, not run (and
 * why). A probe that stands on one that did not pass is not run, so that the first broken layer is
 * named and nothing above it is blamed. Runs on the caller's thread; nothing of the user's is
 * changed: what probes write goes to a scratch directory that is removed.
 */
#ifndef OFFGRID_DOCTOR_DOCTOR_H
#define OFFGRID_DOCTOR_DOCTOR_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

enum outcome { OUTCOME_NOT_RUN, OUTCOME_PASS, OUTCOME_FAIL, OUTCOME_COUNT };

extern const char *const outcome_names[OUTCOME_COUNT]; /* "not run", "pass", "fail" */

struct finding {
	enum outcome outcome;
	struct str evidence; /* what was seen, in one line; for NOT_RUN: why */
	struct str warning;  /* passed, but something deserves a look; may be empty */
	struct err err;      /* OUTCOME_FAIL: what and the mend */
	int64_t took_ms;
};

/* What the probes share. */
struct doctor {
	struct arena *arena;
	const char *model;  /* name or path; NULL: the starter model */
	struct str scratch; /* a directory of this run */
	void *shared;       /* what one probe leaves for those above it; see probes_engine.c */
};

struct probe {
	const char *id; /* stable: scripts may rely on it */
	enum layer layer;
	const char *title; /* what it shows when it passes */
	const char
		*needs; /* ids of probes that must have passed, separated by blanks; "" if none */
	/* Fills evidence and, on failure, err; sets the verdict. */
	void (*run)(struct doctor *d, struct finding *f);
};

extern const struct probe *const probes[];
extern const size_t probe_count;

/* Shorthands for probes. */
void finding_pass(struct doctor *d, struct finding *f, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void finding_fail(struct doctor *d, struct finding *f, const struct err *e);
void finding_skip(struct doctor *d, struct finding *f, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Runs `count` probes in order; findings[i] belongs to table[i]. `shown` is called after each (may
 * be NULL). False if the scratch directory could not be made.
 */
bool doctor_run(struct doctor *d, const struct probe *const *table, size_t count,
	struct finding *findings,
	void (*shown)(void *owner, const struct probe *p, const struct finding *f), void *owner,
	struct err *e);

/* Frees what the probes left for one another: a loaded model. */
void doctor_clear(struct doctor *d);

/* The first probe that failed, or SIZE_MAX: everything that was run passed. */
size_t doctor_first_broken(const struct finding *findings, size_t count);

/* The layer of a finding: of its fault if it names one, else the probe's. */
enum layer doctor_layer(const struct probe *p, const struct finding *f);

/* One line (and its mend) for people, at most 80 columns where words allow; one object for
 * programs. */
void doctor_line(const struct probe *p, const struct finding *f, bool has_color, struct buf *out);
json_t *doctor_json(const struct probe *const *table, const struct finding *findings, size_t count);

#endif

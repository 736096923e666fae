/*
 * receipt.h - what really happened in a run.
 *
 * Made by the agent when a run has ended, from three sources: the picture of the disk before and
 * after, the record of every call (deeds), and the final text, whose claims are held against the
 * other two. What the model says never makes a file appear in it.
 *
 * The exit code is 0 only if the run ended by itself and nothing was claimed in vain. With a check
 * (a command that the person named as judge) its exit code decides instead, unless the run was
 * cancelled or failed before it could be judged.
 *
 * Layer: disk. Plain data in its own arena; owned by the agent, borrowed by whoever shows it.
 */
#ifndef OFFGRID_AGENT_RECEIPT_H
#define OFFGRID_AGENT_RECEIPT_H

#include "agent/claims.h"
#include "agent/snapshot.h"
#include "base/json.h"
#include "chat/event.h"

enum run_end {
	END_DONE,      /* the model ended its turn with nothing left to call */
	END_LENGTH,    /* cut by the limit of tokens of one answer */
	END_BUDGET,    /* turns, tokens or time of the run are used up */
	END_REPEATED,  /* the same calls gave the same results, again and again */
	END_REFUSED,   /* the upstream refused to go on for reasons of policy */
	END_FAILED,    /* err */
	END_CANCELLED, /* a person stopped it */
	END_COUNT
};

extern const char *const run_end_names[END_COUNT]; /* "done", "length", ... */

/* One call and what came of it. */
struct deed {
	struct str tool;
	struct str subject; /* the path or the command, as asked for */
	struct str wrote;   /* the file that was written; empty if none was */
	bool is_command;    /* it was started; the four below count */
	int exit_code;
	bool is_timed_out;
	bool is_caged;
	int64_t ms;
	bool is_error;
	struct str refused; /* why it was not run; empty if it was */
};

/* A claim that is not so. */
struct untruth {
	struct claim claim;
	struct str why; /* "a.txt does not exist" */
};

struct receipt {
	struct arena *arena;
	enum run_end end;
	struct str why; /* the end in words where the name is not enough; else empty */
	struct err err; /* of END_FAILED */
	struct changes *changes;
	struct deed *deeds;
	size_t deed_count, deed_room;
	struct untruth *untruths;
	size_t untruth_count;
	size_t claim_count;      /* read out of the final text, true ones included */
	struct chat_usage usage; /* sums over the turns */
	int64_t turns, ms;
	struct str upstream, model, session, final;
	struct str *traces; /* ids, one a turn */
	size_t trace_count, trace_room;
	struct str check; /* the judge's command; empty if there is none or it was not reached */
	int check_exit;
};

struct receipt *receipt_new(void);
void receipt_free(struct receipt *r); /* its changes too; NULL is fine */

/* Copies what the deed points at. */
void receipt_add_deed(struct receipt *r, const struct deed *d);
void receipt_add_trace(struct receipt *r, const char *id);

/* What a claim is held against besides the receipt's own deeds and changes. */
struct truth {
	const struct paths *paths;
	const struct snapshot *before, *after;
	const struct str *earlier; /* files written or changed by earlier runs of this session */
	size_t earlier_count;
	bool has_past; /* earlier runs there were: what they did may be spoken of */
};

/* Reads the claims of `text` and keeps those that are not so; forgets what it found before. A claim
 * that cannot be decided counts as so. */
void receipt_judge(struct receipt *r, const struct truth *t, struct str text);

int receipt_exit_code(const struct receipt *r);

/* One word: "delivered" (a check says so), "unverified" (changes, no check), "claimed" (something
 * was claimed in vain), "nothing" (no change and no false claim), "failed" (any other end, or a
 * failed check). */
const char *receipt_verdict(const struct receipt *r);

/* For the screen: at most 80 columns; with colours if asked. */
void receipt_show(const struct receipt *r, bool has_colour, struct buf *out);

/* A new reference; see receipt_json.c for the members. */
json_t *receipt_json(const struct receipt *r);

#endif

/*
 * err.h - what went wrong, as a value.
 *
 * A `struct err` says what a caller can do about it (kind), who detected it (layer), the system's
 * code, what happened with its numbers, and what to do next (mend). It is filled once, at the
 * cause, by `fail`; callers add context in front of `what` with err_context and never overwrite.
 * One table ties a kind to an exit code, an HTTP status and whether another upstream may be asked.
 * Plain data: copy it, keep it, send it to another thread.
 */
#ifndef OFFGRID_BASE_ERR_H
#define OFFGRID_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the caller can do about it. */
enum err_kind {
	ERR_NONE,
	ERR_USAGE,       /* the command line or a request is wrong: change it */
	ERR_NOT_BUILT,   /* this part of the program is not there yet */
	ERR_NOT_FOUND,   /* the named thing does not exist */
	ERR_EXISTS,      /* the named thing exists already */
	ERR_DENIED,      /* not allowed: a permission, a key, a policy */
	ERR_BAD_DATA,    /* bytes from outside are not what they should be */
	ERR_TOO_BIG,     /* over a limit of ours */
	ERR_CONTEXT,     /* the prompt does not fit the model's context */
	ERR_NO_ROOM,     /* memory or disk of this machine does not suffice */
	ERR_BUSY,        /* later it may work: overloaded, locked, rate-limited */
	ERR_TIMEOUT,     /* a time limit passed */
	ERR_UNREACHABLE, /* the other side cannot be reached or hung up before answering */
	ERR_CUT,         /* an answer broke off after it had begun */
	ERR_UPSTREAM,    /* the other side answered with an error of its own */
	ERR_CANCELLED,   /* somebody asked us to stop */
	ERR_IO,          /* the operating system refused */
	ERR_BROKEN,      /* a library or a model does not do what it must */
	ERR_KIND_COUNT
};

/* Where it was detected: the layers a user is told about, from the client down to the disk. */
enum layer {
	LAYER_NONE,
	LAYER_CLIENT,
	LAYER_WIRE,
	LAYER_ROUTE,
	LAYER_PROMPT,
	LAYER_ENGINE,
	LAYER_MODEL,
	LAYER_PARSE,
	LAYER_ACT,
	LAYER_DISK,
	LAYER_COUNT
};

enum { ERR_WHAT_BYTES = 512, ERR_MEND_BYTES = 256 };

struct err {
	enum err_kind kind;
	enum layer layer;
	int code;                  /* errno, HTTP status, library code; 0 where there is none */
	int64_t retry_ms;          /* how long the other side asked to wait; 0: it did not say */
	char what[ERR_WHAT_BYTES]; /* one sentence, no final full stop, with its numbers */
	char mend[ERR_MEND_BYTES]; /* what to do next; may be empty */
};

struct err_kind_row {
	const char *name;
	int exit_code;
	int http_status;
	bool may_fail_over; /* another upstream may be asked, if no byte has gone out */
};

extern const struct err_kind_row err_kinds[ERR_KIND_COUNT];

struct layer_row {
	const char *name;
	const char *about; /* what can be wrong there, for help and reports */
};

extern const struct layer_row layers[LAYER_COUNT];

/* Fills `e` unless it is NULL or holds an error already (the first cause wins). Always false:
 * `return fail(e, ...)`. */
bool fail(struct err *e, enum err_kind kind, enum layer layer, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same from errno: the system's words are appended and the kind is chosen by the number. */
bool fail_errno(struct err *e, enum layer layer, int code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Sets the mend of an error just made; always false, so that it can end a return too. Does nothing
 * if one is set. */
bool err_mend(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " in front of what happened; always false. */
bool err_context(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

void err_clear(struct err *e);
bool err_is_set(const struct err *e);
int err_exit_code(const struct err *e);   /* 0 if none is set */
int err_http_status(const struct err *e); /* 200 if none is set */

#endif

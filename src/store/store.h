/*
 * store.h - everything we remember, in one SQLite file.
 *
 * Sessions with their messages, a ledger row for every request, traces, and answers that may be
 * gone on from (answers.h). WAL mode: several programs may use the file at once, and `kill -9` at
 * any moment loses at most the event being written. Each write here is its own transaction. A store
 * belongs to one thread; who must not wait for the disk hands it to a store_writer (writer.h).
 * Older files are migrated when opened; a file from a newer program is refused.
 *
 * Layer: disk.
 */
#ifndef OFFGRID_STORE_STORE_H
#define OFFGRID_STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/trace.h"

struct store;

/* The file of this user: FS_STATE/offgrid.db, in the arena. */
struct str store_default_path(struct arena *a);

/* Opens or makes the file (mode 0600) and its directory (0700). */
struct store *store_open(const char *path, struct err *e);
void store_close(struct store *s); /* NULL is fine */

/* Sessions: a working directory, a model, and messages in the order they were said. */
enum { STORE_ID_BYTES = TRACE_ID_CHARS + 1 };

struct store_session {
	char id[STORE_ID_BYTES];
	struct str cwd;
	struct str model;
	struct str title; /* the first task's beginning */
	int64_t began_unix_ms;
	int64_t changed_unix_ms;
	int64_t messages;
};

/* Makes a session; fills `id` and the times. */
bool store_session_new(struct store *s, struct store_session *session, struct err *e);
/* Appends one message (any JSON text) to a session. */
bool store_session_add(struct store *s, const char *id, struct str json, struct err *e);
/* The session of that id, or of the only id beginning so; ERR_NOT_FOUND, or ERR_USAGE if several
 * begin so. */
bool store_session_get(
	struct store *s, struct arena *a, const char *id, struct store_session *out, struct err *e);
/* The session changed last in this directory; ERR_NOT_FOUND if there is none. */
bool store_session_latest(
	struct store *s, struct arena *a, struct str cwd, struct store_session *out, struct err *e);
/* Its messages, oldest first, into the arena. */
bool store_session_messages(struct store *s, struct arena *a, const char *id, struct str **messages,
	size_t *count, struct err *e);
/* The latest sessions, newest first, at most `limit`. */
bool store_session_list(struct store *s, struct arena *a, size_t limit, struct store_session **out,
	size_t *count, struct err *e);

/* The ledger: one row for each request, for counting and for bills. */
struct store_ledger_row {
	struct str trace_id;
	struct str client; /* "serve", "side" (chat/quirks.h), "agent", or what a client calls
			      itself */
	struct str model;
	struct str upstream;
	struct str outcome; /* "ok" or the name of the layer that failed */
	int64_t began_unix_ms;
	int64_t took_ms;
	int64_t prompt_tokens, cached_tokens, answer_tokens;
};

struct store_request {
	struct store_ledger_row row;
	const struct trace *trace; /* NULL: none is kept */
};

/* Writes down what is to be remembered of these requests, in one transaction: all or none. The
 * oldest traces go when there are more than LIMIT_TRACES_KEPT. */
bool store_put_requests(
	struct store *s, const struct store_request *requests, size_t count, struct err *e);

struct store_ledger_sum {
	int64_t requests, failures, prompt_tokens, cached_tokens, answer_tokens;
};

bool store_ledger_total(
	struct store *s, int64_t since_unix_ms, struct store_ledger_sum *out, struct err *e);

/* Traces. By id or by the only id beginning so; "last" is the newest. NULL with ERR_NOT_FOUND or
 * ERR_USAGE.
 */
struct trace *store_trace_get(struct store *s, const char *id, struct err *e);

struct store_trace_line {
	char id[STORE_ID_BYTES];
	int64_t began_unix_ms, took_ms;
	struct str client, model, upstream, outcome;
	int64_t prompt_tokens, answer_tokens;
};

bool store_trace_list(struct store *s, struct arena *a, size_t limit, struct store_trace_line **out,
	size_t *count, struct err *e);

#endif

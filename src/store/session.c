/*
 * session.c - sessions and their messages; see store.h.
 *
 * Layer: disk.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "store/store_int.h"

#define SESSION_COLUMNS                                                                            \
	"id, cwd, model, title, began_ms, changed_ms, (SELECT count(*) FROM message WHERE "        \
	"session = session.id)"

void store_make_id(char id[STORE_ID_BYTES])
{
	struct trace *t = trace_new();
	snprintf(id, STORE_ID_BYTES, "%s", trace_id(t));
	trace_free(t);
}

bool store_find_id(struct store *s, const char *table, const char *noun, const char *id,
	char out[STORE_ID_BYTES], struct err *e)
{
	char sql[128];
	snprintf(sql, sizeof sql, "SELECT id FROM %s WHERE id >= ?1 AND id < ?1 || 'zzzz' LIMIT 2",
		table);
	sqlite3_stmt *q = db_prepare(&s->db, sql, e);
	if (!q)
		return false;
	db_bind(q, "s", str_z(id));
	int first = *id ? db_step(&s->db, q, e) : 0;
	if (first == 1)
		snprintf(out, STORE_ID_BYTES, "%s", (const char *)sqlite3_column_text(q, 0));
	int second = first == 1 ? db_step(&s->db, q, e) : 0;
	db_finish(&s->db, q);
	if (first < 0 || second < 0)
		return false;
	if (first == 0)
		return fail(e, ERR_NOT_FOUND, LAYER_DISK, "there is no %s \"%s\"", noun, id);
	if (second == 1)
		return fail(e, ERR_USAGE, LAYER_DISK, "more than one %s begins with \"%s\"", noun,
			       id) ||
		       err_mend(e, "give more letters of the id");
	return true;
}

bool store_session_new(struct store *s, struct store_session *session, struct err *e)
{
	char id[STORE_ID_BYTES];
	int64_t now = clock_unix_ms();
	store_make_id(id);
	sqlite3_stmt *q = db_prepare(&s->db, "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", e);
	if (q)
		db_bind(q, "ssssii", str_z(id), session->cwd, session->model, session->title, now,
			now);
	if (!db_run(&s->db, q, e))
		return false;
	snprintf(session->id, sizeof session->id, "%s", id);
	session->began_unix_ms = session->changed_unix_ms = now;
	session->messages = 0;
	return true;
}

static bool insert_message(struct store *s, const char *id, struct str json, struct err *e)
{
	sqlite3_stmt *q = db_prepare(&s->db,
		"INSERT INTO message SELECT ?1, coalesce(max(number), 0) + 1, ?2 FROM message "
		"WHERE session = ?1",
		e);
	if (q)
		db_bind(q, "ss", str_z(id), json);
	return db_run(&s->db, q, e);
}

static bool touch_session(struct store *s, const char *id, struct err *e)
{
	sqlite3_stmt *q = db_prepare(&s->db, "UPDATE session SET changed_ms = ? WHERE id = ?", e);
	if (q)
		db_bind(q, "is", clock_unix_ms(), str_z(id));
	return db_run(&s->db, q, e);
}

bool store_session_add(struct store *s, const char *id, struct str json, struct err *e)
{
	if (!db_exec(&s->db, "BEGIN IMMEDIATE", e))
		return false;
	bool ok = insert_message(s, id, json, e) && touch_session(s, id, e) &&
		  db_exec(&s->db, "COMMIT", e);
	if (!ok)
		db_exec(&s->db, "ROLLBACK", NULL);
	return ok;
}

static void read_session(sqlite3_stmt *q, struct arena *a, struct store_session *out)
{
	snprintf(out->id, sizeof out->id, "%s", (const char *)sqlite3_column_text(q, 0));
	out->cwd = db_text(q, 1, a);
	out->model = db_text(q, 2, a);
	out->title = db_text(q, 3, a);
	out->began_unix_ms = db_int(q, 4);
	out->changed_unix_ms = db_int(q, 5);
	out->messages = db_int(q, 6);
}

bool store_session_get(
	struct store *s, struct arena *a, const char *id, struct store_session *out, struct err *e)
{
	char whole[STORE_ID_BYTES];
	if (!store_find_id(s, "session", "session", id, whole, e))
		return false;
	sqlite3_stmt *q =
		db_prepare(&s->db, "SELECT " SESSION_COLUMNS " FROM session WHERE id = ?", e);
	if (!q)
		return false;
	db_bind(q, "s", str_z(whole));
	bool ok = db_step(&s->db, q, e) == 1;
	if (ok)
		read_session(q, a, out);
	db_finish(&s->db, q);
	return ok || fail(e, ERR_NOT_FOUND, LAYER_DISK, "session \"%s\" is gone", id);
}

bool store_session_latest(
	struct store *s, struct arena *a, struct str cwd, struct store_session *out, struct err *e)
{
	sqlite3_stmt *q = db_prepare(&s->db,
		"SELECT " SESSION_COLUMNS
		" FROM session WHERE cwd = ? ORDER BY changed_ms DESC, began_ms DESC LIMIT 1",
		e);
	if (!q)
		return false;
	db_bind(q, "s", cwd);
	int step = db_step(&s->db, q, e);
	if (step == 1)
		read_session(q, a, out);
	db_finish(&s->db, q);
	if (step == 0)
		return fail(e, ERR_NOT_FOUND, LAYER_DISK, "no session was held in %.*s yet",
			       STR_ARG(cwd)) ||
		       err_mend(e, "start one: offgrid agent");
	return step == 1;
}

/* Counts rows first: a list in an arena wants its size. */
static bool count_rows(
	struct store *s, const char *sql, struct str id, size_t *count, struct err *e)
{
	sqlite3_stmt *q = db_prepare(&s->db, sql, e);
	if (!q)
		return false;
	if (id.p)
		db_bind(q, "s", id);
	bool ok = db_step(&s->db, q, e) == 1;
	if (ok)
		*count = (size_t)db_int(q, 0);
	db_finish(&s->db, q);
	return ok;
}

bool store_session_messages(struct store *s, struct arena *a, const char *id, struct str **messages,
	size_t *count, struct err *e)
{
	size_t room = 0, n = 0;
	if (!count_rows(s, "SELECT count(*) FROM message WHERE session = ?", str_z(id), &room, e))
		return false;
	sqlite3_stmt *q =
		db_prepare(&s->db, "SELECT json FROM message WHERE session = ? ORDER BY number", e);
	if (!q)
		return false;
	db_bind(q, "s", str_z(id));
	struct str *list = arena_calloc(a, room, sizeof *list);
	int step = 0;
	while (n < room && (step = db_step(&s->db, q, e)) == 1)
		list[n++] = db_text(q, 0, a);
	db_finish(&s->db, q);
	if (step < 0)
		return false;
	*messages = list;
	*count = n;
	return true;
}

bool store_session_list(struct store *s, struct arena *a, size_t limit, struct store_session **out,
	size_t *count, struct err *e)
{
	size_t room = 0, n = 0;
	if (!count_rows(s, "SELECT count(*) FROM session", (struct str){ 0 }, &room, e))
		return false;
	if (room > limit)
		room = limit;
	sqlite3_stmt *q = db_prepare(&s->db,
		"SELECT " SESSION_COLUMNS
		" FROM session ORDER BY changed_ms DESC, began_ms DESC LIMIT ?",
		e);
	if (!q)
		return false;
	db_bind(q, "i", (int64_t)room);
	struct store_session *list = arena_calloc(a, room, sizeof *list);
	int step = 0;
	while (n < room && (step = db_step(&s->db, q, e)) == 1)
		read_session(q, a, &list[n++]);
	db_finish(&s->db, q);
	if (step < 0)
		return false;
	*out = list;
	*count = n;
	return true;
}

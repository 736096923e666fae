/*
 * trace.c - traces kept and found again; see store.h. A trace is stored as its JSON, beside the few
 * columns that a list shows.
 *
 * Layer: disk.
 */
#include "base/trace.h"

#include <stdio.h>

#include "base/limits.h"
#include "store/store_int.h"

/* A trace of many capped records, as JSON text with escapes. */
enum { TRACE_JSON_MAX = 64 * 1024 * 1024 };

bool store_add_trace(struct store *s, const struct store_request *request, struct err *e)
{
	const struct store_ledger_row *row = &request->row;
	struct buf text;
	buf_init(&text, TRACE_JSON_MAX);
	bool ok = trace_write(request->trace, &text) ||
		  fail(e, ERR_TOO_BIG, LAYER_DISK, "trace %s is over %d bytes and was not kept",
			  trace_id(request->trace), TRACE_JSON_MAX);
	sqlite3_stmt *q = ok ? db_prepare(&s->db,
				       "INSERT INTO trace (id, began_ms, took_ms, client, model, "
				       "upstream, outcome, prompt_tokens, answer_tokens, json)"
				       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
				       e)
			     : NULL;
	if (q)
		db_bind(q, "siissssiis", str_z(trace_id(request->trace)), row->began_unix_ms,
			row->took_ms, row->client, row->model, row->upstream, row->outcome,
			row->prompt_tokens, row->answer_tokens, buf_str(&text));
	ok = db_run(&s->db, q, e);
	buf_clear(&text);
	return ok;
}

bool store_drop_traces(struct store *s, struct err *e)
{
	sqlite3_stmt *q = db_prepare(
		&s->db, "DELETE FROM trace WHERE number <= (SELECT max(number) FROM trace) - ?", e);
	if (q)
		db_bind(q, "i", (int64_t)LIMIT_TRACES_KEPT);
	return db_run(&s->db, q, e);
}

static bool newest_id(struct store *s, char id[STORE_ID_BYTES], struct err *e)
{
	sqlite3_stmt *q =
		db_prepare(&s->db, "SELECT id FROM trace ORDER BY number DESC LIMIT 1", e);
	int step = q ? db_step(&s->db, q, e) : -1;
	if (step == 1)
		snprintf(id, STORE_ID_BYTES, "%s", (const char *)sqlite3_column_text(q, 0));
	db_finish(&s->db, q);
	if (step == 0)
		return fail(e, ERR_NOT_FOUND, LAYER_DISK, "no request was traced yet") ||
		       err_mend(e, "offgrid agent or a request to offgrid serve leaves one");
	return step == 1;
}

static struct trace *read_trace(struct str text, struct err *e)
{
	json_t *json = js_parse(text, LAYER_DISK, e);
	struct trace *t = json ? trace_from_json(json, e) : NULL;
	json_decref(json);
	return t;
}

struct trace *store_trace_get(struct store *s, const char *id, struct err *e)
{
	char whole[STORE_ID_BYTES];
	bool is_found = str_eq_z(str_z(id), "last")
				? newest_id(s, whole, e)
				: store_find_id(s, "trace", "trace", id, whole, e);
	sqlite3_stmt *q =
		is_found ? db_prepare(&s->db, "SELECT json FROM trace WHERE id = ?", e) : NULL;
	if (!q)
		return NULL;
	db_bind(q, "s", str_z(whole));
	struct arena *a = arena_new();
	struct trace *t = NULL;
	int step = db_step(&s->db, q, e);
	if (step == 1)
		t = read_trace(db_text(q, 0, a), e);
	else if (step == 0)
		fail(e, ERR_NOT_FOUND, LAYER_DISK, "trace \"%s\" is gone", id);
	db_finish(&s->db, q);
	arena_free(a);
	return t;
}

static void read_line(sqlite3_stmt *q, struct arena *a, struct store_trace_line *out)
{
	snprintf(out->id, sizeof out->id, "%s", (const char *)sqlite3_column_text(q, 0));
	out->began_unix_ms = db_int(q, 1);
	out->took_ms = db_int(q, 2);
	out->client = db_text(q, 3, a);
	out->model = db_text(q, 4, a);
	out->upstream = db_text(q, 5, a);
	out->outcome = db_text(q, 6, a);
	out->prompt_tokens = db_int(q, 7);
	out->answer_tokens = db_int(q, 8);
}

bool store_trace_list(struct store *s, struct arena *a, size_t limit, struct store_trace_line **out,
	size_t *count, struct err *e)
{
	size_t room = limit < LIMIT_TRACES_KEPT ? limit : LIMIT_TRACES_KEPT, n = 0;
	sqlite3_stmt *q = db_prepare(&s->db,
		"SELECT id, began_ms, took_ms, client, model, upstream, outcome, prompt_tokens, "
		"answer_tokens FROM trace"
		" ORDER BY number DESC LIMIT ?",
		e);
	if (!q)
		return false;
	db_bind(q, "i", (int64_t)room);
	struct store_trace_line *list = arena_calloc(a, room, sizeof *list);
	int step = 0;
	while (n < room && (step = db_step(&s->db, q, e)) == 1)
		read_line(q, a, &list[n++]);
	db_finish(&s->db, q);
	if (step < 0)
		return false;
	*out = list;
	*count = n;
	return true;
}

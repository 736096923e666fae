/*
 * answers.c - answers kept, gone on from, and dropped; see answers.h.
 *
 * Layer: disk.
 */
#include "store/answers.h"

#include "base/clock.h"
#include "base/limits.h"
#include "store/store_int.h"

#define MS_PER_DAY (24 * 3600 * (int64_t)1000)

#define ANSWER_COLUMNS "id, owner, previous, dialect, asked, answered, began_ms"

/* The links of a chain from `?2` back, the newest with depth 0. */
#define CHAIN                                                                                      \
	"WITH RECURSIVE chain (number, previous, depth) AS ("                                      \
	" SELECT number, previous, 0 FROM answer WHERE owner = ?1 AND id = ?2 UNION ALL"           \
	" SELECT a.number, a.previous, depth + 1 FROM chain JOIN answer a"                         \
	" ON a.id = chain.previous AND a.owner = ?1 WHERE depth < ?3) "

static bool fail_absent(struct str id, struct err *e)
{
	return fail(e, ERR_NOT_FOUND, LAYER_DISK, "the answer '%.*s' is not kept here",
		STR_ARG(str_sub(id, 0, LIMIT_QUOTE_BYTES)));
}

static size_t bytes_of(const struct store_answer *a)
{
	return a->asked.n + a->answered.n;
}

/* ---- putting ---- */

static bool insert(struct store *s, const struct store_answer *a, struct err *e)
{
	sqlite3_stmt *q = db_prepare(&s->db,
		"INSERT INTO answer (" ANSWER_COLUMNS ", used_ms, bytes)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		e);
	if (q)
		db_bind(q, "ssssssiii", a->id, a->owner, a->previous, a->dialect, a->asked,
			a->answered, a->began_unix_ms, clock_unix_ms(), (int64_t)bytes_of(a));
	return db_run(&s->db, q, e);
}

static bool drop_old(struct store *s, struct err *e)
{
	sqlite3_stmt *q = db_prepare(&s->db, "DELETE FROM answer WHERE used_ms < ?", e);
	if (q)
		db_bind(q, "i", clock_unix_ms() - STORE_ANSWER_DAYS * MS_PER_DAY);
	return db_run(&s->db, q, e);
}

static bool is_within_bounds(struct store *s, bool *yes, struct err *e)
{
	sqlite3_stmt *q = db_prepare(&s->db, "SELECT count(*), total(bytes) FROM answer", e);
	bool ok = q && db_step(&s->db, q, e) == 1;
	if (ok)
		*yes = db_int(q, 0) <= LIMIT_ANSWERS_STORED &&
		       db_int(q, 1) <= (int64_t)LIMIT_ANSWERS_STORED_BYTES;
	db_finish(&s->db, q);
	return ok;
}

/* Those used last stay, as many as fit. */
static bool drop_excess(struct store *s, struct err *e)
{
	bool is_fine = false;
	if (!is_within_bounds(s, &is_fine, e))
		return false;
	if (is_fine)
		return true;
	sqlite3_stmt *q = db_prepare(&s->db,
		"DELETE FROM answer WHERE number IN (SELECT number FROM (SELECT number,"
		" row_number() OVER newest AS place, sum(bytes) OVER newest AS sum FROM answer"
		" WINDOW newest AS (ORDER BY used_ms DESC, number DESC))"
		" WHERE place > ? OR sum > ?)",
		e);
	if (q)
		db_bind(q, "ii", (int64_t)LIMIT_ANSWERS_STORED,
			(int64_t)LIMIT_ANSWERS_STORED_BYTES);
	return db_run(&s->db, q, e);
}

bool store_answer_put(struct store *s, const struct store_answer *answer, struct err *e)
{
	struct db *db = &s->db;
	if (bytes_of(answer) > LIMIT_ANSWER_STORED_BYTES)
		return fail(e, ERR_TOO_BIG, LAYER_DISK,
			"request and answer of %zu bytes are over the %zu that are kept",
			bytes_of(answer), (size_t)LIMIT_ANSWER_STORED_BYTES);
	if (!db_run(db, db_prepare(db, "BEGIN IMMEDIATE", e), e))
		return false;
	bool ok = insert(s, answer, e) && drop_old(s, e) && drop_excess(s, e) &&
		  db_run(db, db_prepare(db, "COMMIT", e), e);
	/* A commit that failed may have ended the transaction already. */
	if (!ok && !sqlite3_get_autocommit(db->handle))
		db_run(db, db_prepare(db, "ROLLBACK", NULL), NULL);
	return ok;
}

/* ---- getting ---- */

static void read_answer(sqlite3_stmt *q, struct arena *a, struct store_answer *out)
{
	*out = (struct store_answer){
		.id = db_text(q, 0, a),
		.owner = db_text(q, 1, a),
		.previous = db_text(q, 2, a),
		.dialect = db_text(q, 3, a),
		.asked = db_text(q, 4, a),
		.answered = db_text(q, 5, a),
		.began_unix_ms = db_int(q, 6),
	};
}

bool store_answer_get(struct store *s, struct arena *a, struct str owner, struct str id,
	struct store_answer *out, struct err *e)
{
	sqlite3_stmt *q = db_prepare(
		&s->db, "SELECT " ANSWER_COLUMNS " FROM answer WHERE owner = ? AND id = ?", e);
	if (!q)
		return false;
	db_bind(q, "ss", owner, id);
	int step = db_step(&s->db, q, e);
	if (step == 1)
		read_answer(q, a, out);
	db_finish(&s->db, q);
	return step == 1 || (step == 0 && fail_absent(id, e));
}

static sqlite3_stmt *prepare_chain(
	struct store *s, const char *sql, struct str owner, struct str id, struct err *e)
{
	sqlite3_stmt *q = db_prepare(&s->db, sql, e);
	if (q)
		db_bind(q, "ssi", owner, id, (int64_t)LIMIT_ANSWERS_STORED);
	return q;
}

static bool measure_chain(struct store *s, struct str owner, struct str id, size_t *count,
	int64_t *bytes, struct err *e)
{
	sqlite3_stmt *q = prepare_chain(s,
		CHAIN "SELECT count(*), total(bytes) FROM answer WHERE number IN (SELECT number "
		      "FROM chain)",
		owner, id, e);
	bool ok = q && db_step(&s->db, q, e) == 1;
	if (ok) {
		*count = (size_t)db_int(q, 0);
		*bytes = db_int(q, 1);
	}
	db_finish(&s->db, q);
	return ok;
}

static bool touch_chain(struct store *s, struct str owner, struct str id, struct err *e)
{
	sqlite3_stmt *q = db_prepare(&s->db,
		CHAIN "UPDATE answer SET used_ms = ?4 WHERE number IN (SELECT number FROM chain)",
		e);
	if (q)
		db_bind(q, "ssii", owner, id, (int64_t)LIMIT_ANSWERS_STORED, clock_unix_ms());
	return db_run(&s->db, q, e);
}

bool store_answer_chain(struct store *s, struct arena *a, struct str owner, struct str id,
	struct store_answer **out, size_t *count, struct err *e)
{
	size_t room = 0, n = 0;
	int64_t bytes = 0;
	if (!measure_chain(s, owner, id, &room, &bytes, e))
		return false;
	if (room == 0)
		return fail_absent(id, e);
	if (bytes > (int64_t)LIMIT_JSON_BYTES)
		return fail(e, ERR_TOO_BIG, LAYER_DISK,
			"the conversation before '%.*s' has %lld bytes, over the limit of %zu",
			STR_ARG(str_sub(id, 0, LIMIT_QUOTE_BYTES)), (long long)bytes,
			(size_t)LIMIT_JSON_BYTES);
	sqlite3_stmt *q = prepare_chain(s,
		CHAIN "SELECT " ANSWER_COLUMNS " FROM answer JOIN (SELECT number AS link, depth "
		      "FROM chain) ON number = link ORDER BY depth DESC",
		owner, id, e);
	if (!q)
		return false;
	struct store_answer *list = arena_calloc(a, room, sizeof *list);
	int step = 0;
	while (n < room && (step = db_step(&s->db, q, e)) == 1)
		read_answer(q, a, &list[n++]);
	db_finish(&s->db, q);
	if (step < 0)
		return false;
	*out = list;
	*count = n;
	/* That they were used is no reason to fail: a full disk still lets them be read. */
	touch_chain(s, owner, id, NULL);
	return true;
}

bool store_answer_drop(struct store *s, struct str owner, struct str id, struct err *e)
{
	sqlite3_stmt *q = db_prepare(&s->db, "DELETE FROM answer WHERE owner = ? AND id = ?", e);
	if (!q)
		return false;
	db_bind(q, "ss", owner, id);
	if (!db_run(&s->db, q, e))
		return false;
	return sqlite3_changes(s->db.handle) > 0 || fail_absent(id, e);
}

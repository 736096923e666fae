/*
 * db.c - SQLite made small; see db.h.
 *
 * Layer: disk.
 */
#include "store/db.h"

#include <stdarg.h>
#include <string.h>

#include "base/must.h"

struct fault_row {
	int code; /* SQLite's primary result code */
	enum err_kind kind;
	const char *mend;
};

static const struct fault_row faults[] = {
	{ SQLITE_FULL, ERR_NO_ROOM,
		"free some space on that disk; what was written before is safe" },
	{ SQLITE_BUSY, ERR_BUSY, "another program holds the file for long; try again" },
	{ SQLITE_LOCKED, ERR_BUSY, "another program holds the file for long; try again" },
	{ SQLITE_CORRUPT, ERR_BAD_DATA, "move the file away and start afresh" },
	{ SQLITE_NOTADB, ERR_BAD_DATA, "move the file away and start afresh" },
	{ SQLITE_READONLY, ERR_DENIED, "make the file and its directory writable" },
	{ SQLITE_PERM, ERR_DENIED, "make the file and its directory writable" },
	{ SQLITE_CANTOPEN, ERR_IO, "check that the directory exists and is writable" },
	{ SQLITE_IOERR, ERR_IO, "check the disk" },
};

bool db_fail(struct db *db, struct err *e, const char *doing)
{
	int code = sqlite3_errcode(db->handle) & 0xff;
	const struct fault_row *row = NULL;
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
		if (faults[i].code == code)
			row = &faults[i];
	fail(e, row ? row->kind : ERR_BROKEN, LAYER_DISK, "%s: cannot %s: %s", db->path, doing,
		sqlite3_errmsg(db->handle));
	if (e && e->code == 0)
		e->code = code;
	return row ? err_mend(e, "%s", row->mend) : false;
}

bool db_exec(struct db *db, const char *sql, struct err *e)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       db_fail(db, e, "write");
}

void db_close(struct db *db)
{
	while (db->kept_count)
		sqlite3_finalize(db->kept[--db->kept_count]);
	sqlite3_close(db->handle);
	db->handle = NULL;
}

/* Taken out of those that are kept, so that a statement that is running is never handed out. */
static sqlite3_stmt *take_kept(struct db *db, const char *sql)
{
	for (size_t i = 0; i < db->kept_count; i++) {
		sqlite3_stmt *q = db->kept[i];
		if (strcmp(sqlite3_sql(q), sql) != 0)
			continue;
		db->kept[i] = db->kept[--db->kept_count];
		return q;
	}
	return NULL;
}

sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct err *e)
{
	sqlite3_stmt *q = take_kept(db, sql);
	if (!q && sqlite3_prepare_v2(db->handle, sql, -1, &q, NULL) != SQLITE_OK)
		db_fail(db, e, "read");
	return q;
}

void db_bind(sqlite3_stmt *q, const char *types, ...)
{
	va_list args;
	va_start(args, types);
	for (int i = 0; types[i]; i++) {
		if (types[i] == 's') {
			struct str s = va_arg(args, struct str);
			sqlite3_bind_text64(
				q, i + 1, s.n ? s.p : "", s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
		} else {
			MUST(types[i] == 'i');
			sqlite3_bind_int64(q, i + 1, va_arg(args, int64_t));
		}
	}
	va_end(args);
}

int db_step(struct db *db, sqlite3_stmt *q, struct err *e)
{
	int code = sqlite3_step(q);
	if (code == SQLITE_ROW)
		return 1;
	if (code == SQLITE_DONE)
		return 0;
	db_fail(db, e, "read or write");
	return -1;
}

struct str db_text(sqlite3_stmt *q, int column, struct arena *a)
{
	const char *text = (const char *)sqlite3_column_text(q, column);
	return arena_str(a, str_n(text, (size_t)sqlite3_column_bytes(q, column)));
}

int64_t db_int(sqlite3_stmt *q, int column)
{
	return sqlite3_column_int64(q, column);
}

void db_finish(struct db *db, sqlite3_stmt *q)
{
	if (!q)
		return;
	if (db->kept_count == DB_KEPT) {
		sqlite3_finalize(q);
		return;
	}
	sqlite3_reset(q);
	sqlite3_clear_bindings(q);
	db->kept[db->kept_count++] = q;
}

bool db_run(struct db *db, sqlite3_stmt *q, struct err *e)
{
	bool ok = q && db_step(db, q, e) >= 0;
	db_finish(db, q);
	return ok;
}

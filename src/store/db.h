/*
 * db.h - SQLite made small: statements that are bound and read in one line, errors as struct err.
 *
 * Only store/ includes this. A query is stepped row by row; finishing it resets the statement and
 * keeps it compiled for the next one with the same text: compiling takes longer than running.
 */
#ifndef OFFGRID_STORE_DB_H
#define OFFGRID_STORE_DB_H

#include <sqlite3.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum { DB_KEPT = 32 };

struct db {
	sqlite3 *handle;
	const char *path;            /* for errors */
	sqlite3_stmt *kept[DB_KEPT]; /* finished, to be used again */
	size_t kept_count;
};

/* Frees the statements and closes the handle. */
void db_close(struct db *db);

/* Turns the last error of the handle into `e`: full disk, locked, damaged, no permission. Always
 * false. */
bool db_fail(struct db *db, struct err *e, const char *doing);

bool db_exec(struct db *db, const char *sql, struct err *e);

/* A compiled statement, or NULL. Give it back with db_finish. */
sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct err *e);

/* Binds the parameters in order: 's' struct str, 'i' int64_t. E.g. db_bind(q, "si", text, number).
 */
void db_bind(sqlite3_stmt *q, const char *types, ...);

/* 1: a row is there, 0: no more rows, -1: an error. */
int db_step(struct db *db, sqlite3_stmt *q, struct err *e);

struct str db_text(sqlite3_stmt *q, int column, struct arena *a); /* copied into the arena */
int64_t db_int(sqlite3_stmt *q, int column);

void db_finish(struct db *db, sqlite3_stmt *q); /* NULL is fine */

/* Prepares, binds nothing more, steps once and finishes: for statements that give no rows. */
bool db_run(struct db *db, sqlite3_stmt *q, struct err *e);

#endif

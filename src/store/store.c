/*
 * store.c - opening, migrating, and the ledger; see store.h. Sessions are in session.c, traces in
 * trace.c, answers in answers.c.
 *
 * Layer: disk.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/must.h"
#include "store/db.h"
#include "store/store_int.h"

enum { BUSY_WAIT_MS = 10000, FILE_MODE = 0600 };

/* Each row takes a file from version `index` to `index + 1`. Rows are never changed once released:
 * new ones follow. */
static const char *const migrations[] = {
	"CREATE TABLE session (id TEXT PRIMARY KEY, cwd TEXT NOT NULL, model TEXT NOT NULL, title "
	"TEXT NOT NULL,"
	" began_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX session_by_cwd ON session (cwd, changed_ms);"
	"CREATE TABLE message (session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE, "
	"number INTEGER NOT NULL,"
	" json TEXT NOT NULL, PRIMARY KEY (session, number)) WITHOUT ROWID;"
	"CREATE TABLE ledger (id INTEGER PRIMARY KEY, trace TEXT NOT NULL, client TEXT NOT NULL, "
	"model TEXT NOT NULL,"
	" upstream TEXT NOT NULL, outcome TEXT NOT NULL, began_ms INTEGER NOT NULL, took_ms "
	"INTEGER NOT NULL,"
	" prompt_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL, answer_tokens INTEGER "
	"NOT NULL);"
	"CREATE INDEX ledger_by_time ON ledger (began_ms);"
	"CREATE TABLE trace (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, began_ms INTEGER "
	"NOT NULL,"
	" took_ms INTEGER NOT NULL, client TEXT NOT NULL, model TEXT NOT NULL, upstream TEXT NOT "
	"NULL, outcome TEXT NOT NULL,"
	" prompt_tokens INTEGER NOT NULL, answer_tokens INTEGER NOT NULL, json TEXT NOT NULL);",
	"CREATE TABLE answer (number INTEGER PRIMARY KEY, id TEXT NOT NULL, owner TEXT NOT NULL, "
	"previous TEXT NOT NULL,"
	" dialect TEXT NOT NULL, asked TEXT NOT NULL, answered TEXT NOT NULL, began_ms INTEGER NOT "
	"NULL, used_ms INTEGER NOT NULL,"
	" bytes INTEGER NOT NULL, UNIQUE (owner, id));"
	"CREATE INDEX answer_by_use ON answer (used_ms, bytes);",
};

enum { VERSION = sizeof migrations / sizeof migrations[0] };

struct str store_default_path(struct arena *a)
{
	return fs_join(a, fs_place(a, FS_STATE), STR("offgrid.db"));
}

static bool read_version(struct db *db, int64_t *version, struct err *e)
{
	sqlite3_stmt *q = db_prepare(db, "PRAGMA user_version", e);
	bool ok = q && db_step(db, q, e) == 1;
	if (ok)
		*version = db_int(q, 0);
	db_finish(db, q);
	return ok;
}

static bool apply_migrations(struct db *db, int64_t from, struct err *e)
{
	struct arena *a = arena_new();
	bool ok = true;
	for (int64_t v = from; ok && v < VERSION; v++)
		ok = db_exec(db, migrations[v], e) &&
		     db_exec(db, arena_printf(a, "PRAGMA user_version = %d", (int)v + 1).p, e);
	arena_free(a);
	return ok;
}

/* Under a write lock, so that two programs that start together do not both migrate. */
static bool migrate(struct db *db, struct err *e)
{
	int64_t version = 0;
	if (!read_version(db, &version, e))
		return false;
	if (version > VERSION)
		return fail(e, ERR_BAD_DATA, LAYER_DISK,
			       "%s was written by a newer offgrid (version %d, this one knows %d)",
			       db->path, (int)version, VERSION) ||
		       err_mend(e, "update offgrid, or set OFFGRID_STATE_DIR to another directory");
	if (version == VERSION)
		return true;
	if (!db_exec(db, "BEGIN IMMEDIATE", e))
		return false;
	bool ok = read_version(db, &version, e) && apply_migrations(db, version, e);
	return db_exec(db, ok ? "COMMIT" : "ROLLBACK", ok ? e : NULL) && ok;
}

/* SQLite makes files by the umask; what people say to models is theirs alone. */
static bool make_private(const char *path, struct err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return fail_errno(e, LAYER_DISK, errno, "cannot open %s", path);
	close(fd);
	return true;
}

static bool open_db(struct store *s, struct err *e)
{
	struct db *db = &s->db;
	if (sqlite3_open_v2(db->path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
		    NULL) != SQLITE_OK)
		return db_fail(db, e, "open it");
	sqlite3_busy_timeout(db->handle, BUSY_WAIT_MS);
	return db_exec(db,
		       "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA "
		       "foreign_keys = ON",
		       e) &&
	       migrate(db, e);
}

struct store *store_open(const char *path, struct err *e)
{
	struct store *s = must_calloc(1, sizeof *s);
	s->arena = arena_new();
	s->db.path = arena_z(s->arena, str_z(path));
	struct str dir = arena_str(s->arena, fs_parent(str_z(path)));
	if (fs_make_dirs(dir.p, true, e) && make_private(path, e) && open_db(s, e))
		return s;
	store_close(s);
	return NULL;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	db_close(&s->db);
	arena_free(s->arena);
	free(s);
}

static bool add_to_ledger(struct store *s, const struct store_ledger_row *row, struct err *e)
{
	sqlite3_stmt *q = db_prepare(&s->db,
		"INSERT INTO ledger (trace, client, model, upstream, outcome, began_ms, took_ms, "
		"prompt_tokens, cached_tokens,"
		" answer_tokens) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		e);
	if (q)
		db_bind(q, "sssssiiiii", row->trace_id, row->client, row->model, row->upstream,
			row->outcome, row->began_unix_ms, row->took_ms, row->prompt_tokens,
			row->cached_tokens, row->answer_tokens);
	return db_run(&s->db, q, e);
}

static bool put_requests(
	struct store *s, const struct store_request *requests, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (!add_to_ledger(s, &requests[i].row, e) ||
			(requests[i].trace && !store_add_trace(s, &requests[i], e)))
			return false;
	return store_drop_traces(s, e);
}

bool store_put_requests(
	struct store *s, const struct store_request *requests, size_t count, struct err *e)
{
	struct db *db = &s->db;
	if (!db_run(db, db_prepare(db, "BEGIN IMMEDIATE", e), e))
		return false;
	bool ok = put_requests(s, requests, count, e) && db_run(db, db_prepare(db, "COMMIT", e), e);
	/* A commit that failed may have ended the transaction already. */
	if (!ok && !sqlite3_get_autocommit(db->handle))
		db_run(db, db_prepare(db, "ROLLBACK", NULL), NULL);
	return ok;
}

bool store_ledger_total(
	struct store *s, int64_t since_unix_ms, struct store_ledger_sum *out, struct err *e)
{
	sqlite3_stmt *q = db_prepare(&s->db,
		"SELECT count(*), total(outcome <> 'ok'), total(prompt_tokens), "
		"total(cached_tokens), total(answer_tokens)"
		" FROM ledger WHERE began_ms >= ?",
		e);
	if (!q)
		return false;
	db_bind(q, "i", since_unix_ms);
	bool ok = db_step(&s->db, q, e) == 1;
	if (ok)
		*out = (struct store_ledger_sum){ db_int(q, 0), db_int(q, 1), db_int(q, 2),
			db_int(q, 3), db_int(q, 4) };
	db_finish(&s->db, q);
	return ok;
}

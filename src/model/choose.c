/*
 * choose.c - catalog first, then the list of files; see choose.h.
 *
 * Layer: engine.
 */
#include "model/choose.h"

#include "base/fs.h"
#include "base/nearest.h"
#include "base/sha256.h"
#include "model/catalog.h"
#include "model/hash.h"
#include "model/share.h"
#include "model/split.h"

static bool fail_not_here(const struct catalog_row *row, struct err *e)
{
	fail(e, ERR_NOT_FOUND, LAYER_ENGINE, "%.*s is in the catalog, but not on this machine",
		STR_ARG(row->name));
	if (row->fetch.n)
		return err_mend(e, "%.*s", STR_ARG(row->fetch));
	return err_mend(e, "offgrid pull %.*s", STR_ARG(row->name));
}

/* A file that stands for another is worse than none. */
static bool check_hash(struct str found, struct str pinned, struct str path, struct err *e)
{
	if (pinned.n == 0 || found.n == 0 || sha256_same(found, pinned))
		return true;
	fail(e, ERR_BAD_DATA, LAYER_ENGINE,
		"%.*s is not the file that the catalog names: sha256 %.16s..., expected %.16s...",
		STR_ARG(path), found.p, pinned.p);
	return err_mend(e, "remove it and fetch it again");
}

static bool add_adapter(
	struct arena *a, const struct catalog_row *row, struct model_choice *c, struct err *e)
{
	struct str hash;
	if (c->sha256.n == 0 && !hash_of_file(a, c->path, NULL, &c->sha256, e))
		return false;
	if (!check_hash(c->sha256, row->sha256, c->path, e) ||
		!share_find(a, row->adapter, &c->adapter, e) ||
		!hash_of_file(a, c->adapter, NULL, &hash, e))
		return false;
	c->adapter_sha256 = hash;
	return check_hash(hash, row->adapter_sha256, c->adapter, e);
}

static struct str stem_of(struct str file)
{
	struct split p;
	if (split_of(file, &p))
		return p.stem;
	return str_sub(file, 0, file.n - STR(".gguf").n);
}

/* The catalog's file on this machine: by its content where that is pinned and known, else by its
 * name. */
static const struct model_file *find_row(
	const struct model_files *files, const struct catalog_row *row)
{
	for (size_t i = 0; i < files->count; i++)
		if (sha256_same(files->items[i].sha256, row->sha256))
			return &files->items[i];
	for (size_t i = 0; i < files->count; i++)
		if (str_eq(fs_base(files->items[i].full), stem_of(row->file)))
			return &files->items[i];
	return NULL;
}

static bool take(const struct model_file *m, struct str name, struct model_choice *c, struct err *e)
{
	if (err_is_set(&m->why)) {
		if (e)
			*e = m->why;
		return false;
	}
	*c = (struct model_choice){
		.name = name, .path = m->path, .sha256 = m->sha256, .bytes = m->bytes, .file = m
	};
	return true;
}

static bool choose_row(struct arena *a, const struct model_files *files,
	const struct catalog_row *row, struct model_choice *c, struct err *e)
{
	const struct model_file *m = find_row(files, row);
	if (!m)
		return fail_not_here(row, e);
	return take(m, row->name, c, e) && check_hash(c->sha256, row->sha256, c->path, e) &&
	       (row->adapter.n == 0 || add_adapter(a, row, c, e));
}

/* Not on this machine: perhaps it is in the catalog under a name close to it. */
static bool fail_unknown(
	const struct catalog *catalog, struct str wanted, const struct err *why, struct err *e)
{
	struct nearest n = nearest_to(wanted);
	for (size_t i = 0; i < catalog->count; i++)
		nearest_try(&n, catalog->rows[i].name);
	if (e)
		*e = *why;
	if (why->kind != ERR_NOT_FOUND || n.best.n == 0 || !e)
		return false;
	e->mend[0] = 0;
	return err_mend(e, "did you mean %.*s, which is in the catalog?", STR_ARG(n.best));
}

bool choose_model(struct arena *a, struct str wanted, struct model_choice *out, struct err *e)
{
	struct model_files files;
	struct model_choice c;
	struct catalog catalog = catalog_own(a);
	const struct catalog_row *row =
		catalog_find(&catalog, wanted.n ? wanted : STR(CATALOG_STARTER));
	files_scan(a, &files);
	const struct model_file *m = NULL;
	struct err why = { 0 };
	if (!row)
		m = files_find(a, &files, wanted, &why);
	else if (!find_row(&files, row))
		m = files_named(&files, wanted); /* a user's own file may have a row's name */
	if (!row && !m)
		return fail_unknown(&catalog, wanted, &why, e);
	bool ok = m ? take(m, m->name, &c, e) : choose_row(a, &files, row, &c, e);
	if (ok)
		*out = c;
	return ok;
}

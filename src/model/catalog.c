/*
 * catalog.c - rows out of JSON; see catalog.h.
 *
 * Layer: engine.
 */
#include "model/catalog.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/sha256.h"

/* A name of a file, not of a path to somewhere else. */
static bool is_plain(struct str s)
{
	return str_find_char(s, '/') == SIZE_MAX && !str_eq_z(s, "..") && !str_eq_z(s, ".");
}

static bool check_row(const struct js_at *at, const struct catalog_row *row, struct err *e)
{
	if (!is_plain(row->file) || !is_plain(row->adapter) || !str_ends(row->file, STR(".gguf")))
		return js_fail(at, e, "the name of a GGUF file is meant, not a path");
	if (row->hub.n == 0 && row->fetch.n == 0)
		return js_fail(at, e, "neither \"hub\" nor \"fetch\" says how to get it");
	if (row->adapter.n && !(sha256_is_text(row->sha256) && sha256_is_text(row->adapter_sha256)))
		return js_fail(at, e, "an adapter needs the hash of its base and its own");
	return row->sha256.n == 0 || sha256_is_text(row->sha256) ||
	       js_fail(at, e, "\"sha256\" is not 64 hex digits");
}

static bool read_row(
	struct arena *a, const struct js_at *at, struct catalog_row *row, struct err *e)
{
	const struct {
		const char *key;
		struct str *to;
		bool is_needed;
	} texts[] = {
		{ "name", &row->name, true },
		{ "about", &row->about, true },
		{ "licence", &row->licence, true },
		{ "file", &row->file, true },
		{ "hub", &row->hub, false },
		{ "fetch", &row->fetch, false },
		{ "sha256", &row->sha256, false },
		{ "adapter", &row->adapter, false },
		{ "adapter_sha256", &row->adapter_sha256, false },
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct js_at field = js_key(at, texts[i].key);
		struct str s = STR("");
		if (!(texts[i].is_needed ? js_get_str(&field, &s, e) : js_opt_str(&field, &s, e)))
			return false;
		*texts[i].to = arena_str(a, s);
	}
	struct js_at field = js_key(at, "bytes");
	int64_t bytes = 0;
	if (!js_opt_i64(&field, &bytes, e))
		return false;
	row->bytes = bytes > 0 ? (uint64_t)bytes : 0;
	return check_row(at, row, e);
}

bool catalog_parse(struct arena *a, struct str text, struct catalog *out, struct err *e)
{
	json_t *value = js_parse(text, LAYER_ENGINE, e);
	if (!value)
		return err_context(e, "the catalog");
	struct js_at root = js_root(value, LAYER_ENGINE), models = js_key(&root, "models");
	size_t count = 0;
	bool ok = js_get_array(&models, &count, e);
	struct catalog_row *rows = arena_calloc(a, count ? count : 1, sizeof(*rows));
	for (size_t i = 0; ok && i < count; i++) {
		struct js_at at = js_item(&models, i);
		ok = read_row(a, &at, &rows[i], e);
	}
	json_decref(value);
	if (!ok)
		return err_context(e, "the catalog");
	*out = (struct catalog){ rows, count };
	return true;
}

struct catalog catalog_own(struct arena *a)
{
	struct catalog c;
	MUST(catalog_parse(a, catalog_text, &c, NULL));
	return c;
}

const struct catalog_row *catalog_find(const struct catalog *c, struct str name)
{
	for (size_t i = 0; i < c->count; i++)
		if (str_eq_nocase(c->rows[i].name, name))
			return &c->rows[i];
	return NULL;
}

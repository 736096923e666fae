/*
 * hub.c - references taken apart, addresses put together, one of many files chosen; see hub.h.
 *
 * Layer: wire.
 */
#include "model/hub.h"

#include <stdlib.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "base/sha256.h"
#include "model/split.h"
#include "net/http.h"

static const char *const prefixes[] = { "hf:", "hf.co/", "huggingface.co/", "https://hf.co/",
	"https://huggingface.co/" };

enum { PREFIX_COUNT = sizeof(prefixes) / sizeof(prefixes[0]), NAMES_SHOWN = 12 };

/* What to take if nobody says: the first of these that is there. */
static const char *const preferred[] = { "Q4_K_M", "MXFP4", "UD-Q4_K_XL", "Q4_K_S", "Q4_0", "Q4_1",
	"IQ4_XS", "IQ4_NL", "Q5_K_M", "Q6_K", "Q8_0", "BF16", "F16" };

/* ---- references ---- */

static bool take_prefix(struct str *text)
{
	for (size_t i = 0; i < PREFIX_COUNT; i++)
		if (str_starts(*text, str_z(prefixes[i]))) {
			*text = str_from(*text, str_z(prefixes[i]).n);
			return true;
		}
	return false;
}

bool hub_is_ref(struct str text)
{
	return take_prefix(&text);
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_name_char(s.p[i]))
			return false;
	return s.n && !str_eq_z(s, ".") && !str_eq_z(s, "..");
}

/* A relative path that stays where it is: no "..", no hidden or empty step, nothing unprintable. */
static bool is_inner_path(struct str path)
{
	struct str step;
	if (path.n == 0 || path.n > LIMIT_LINK_BYTES / 2 || path.p[path.n - 1] == '/')
		return false;
	while (path.n) {
		str_cut(&path, '/', &step);
		if (step.n == 0 || step.p[0] == '.')
			return false;
		for (size_t i = 0; i < step.n; i++)
			if ((unsigned char)step.p[i] < ' ' || step.p[i] == 0x7f)
				return false;
	}
	return true;
}

/* "resolve/main/FILE", "tree/main", ... or just "FILE". */
static void take_page_path(struct str rest, struct hub_ref *r)
{
	static const char *const pages[] = { "resolve/", "blob/", "raw/", "tree/" };
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (str_starts(rest, str_z(pages[i]))) {
			rest = str_from(rest, str_z(pages[i]).n);
			str_cut(&rest, '/', &r->revision);
			break;
		}
	r->file = rest;
}

bool hub_parse(struct arena *a, struct str text, struct hub_ref *out, struct err *e)
{
	struct hub_ref r = { .revision = STR("main") };
	struct str rest = text, owner = STR(""), repo = STR("");
	take_prefix(&rest);
	rest = str_sub(rest, 0, str_find_char(rest, '?'));
	str_cut(&rest, '/', &owner);
	str_cut(&rest, '/', &repo);
	size_t colon = str_find_char(repo, ':');
	if (colon != SIZE_MAX) {
		r.quantisation = arena_str(a, str_from(repo, colon + 1));
		repo = str_sub(repo, 0, colon);
	}
	take_page_path(rest, &r);
	bool ok = is_name(owner) && is_name(repo) && is_name(r.revision) &&
		  (r.file.n == 0 || is_inner_path(r.file)) &&
		  (colon == SIZE_MAX || is_name(r.quantisation));
	if (!ok) {
		fail(e, ERR_USAGE, LAYER_WIRE, "'%.*s' names nothing on the hub", STR_ARG(text));
		return err_mend(
			e, "write hf:OWNER/REPO, hf:OWNER/REPO:Q4_K_M or hf:OWNER/REPO/FILE");
	}
	r.repo = arena_printf(a, "%.*s/%.*s", STR_ARG(owner), STR_ARG(repo));
	r.revision = arena_str(a, r.revision);
	r.file = arena_str(a, r.file);
	*out = r;
	return true;
}

/* ---- addresses ---- */

static struct str endpoint(void)
{
	struct str own = str_z(getenv("HF_ENDPOINT"));
	while (own.n && own.p[own.n - 1] == '/')
		own.n--;
	return own.n ? own : STR("https://huggingface.co");
}

struct str hub_tree_url(struct arena *a, const struct hub_ref *ref)
{
	return arena_printf(a, "%.*s/api/models/%.*s/tree/%.*s?recursive=true", STR_ARG(endpoint()),
		STR_ARG(ref->repo), STR_ARG(ref->revision));
}

struct str hub_file_url(struct arena *a, const struct hub_ref *ref, struct str file)
{
	struct buf b;
	struct str step;
	buf_init(&b, 4 * LIMIT_LINK_BYTES);
	buf_printf(&b, "%.*s/%.*s/resolve/%.*s", STR_ARG(endpoint()), STR_ARG(ref->repo),
		STR_ARG(ref->revision));
	while (file.n) {
		str_cut(&file, '/', &step);
		buf_add_char(&b, '/');
		http_encode(&b, step);
	}
	struct str url = arena_str(a, buf_str(&b));
	buf_clear(&b);
	return url;
}

/* ---- what is in a repository ---- */

/* One entry of the tree; false only for an error. Folders and odd paths leave `out` empty. */
static bool read_entry(struct arena *a, const struct js_at *at, struct hub_file *out, struct err *e)
{
	struct js_at type_at = js_key(at, "type"), path_at = js_key(at, "path"),
		     size_at = js_key(at, "size"), lfs = js_key(at, "lfs"),
		     oid_at = js_key(&lfs, "oid");
	struct str type, path, oid = STR("");
	int64_t size = 0;
	if (!js_get_str(&type_at, &type, e) || !js_get_str(&path_at, &path, e) ||
		!js_opt_i64(&size_at, &size, e) || !js_opt_str(&oid_at, &oid, e))
		return false;
	*out = (struct hub_file){ 0 };
	if (!str_eq_z(type, "file") || !is_inner_path(path))
		return true;
	out->path = arena_str(a, path);
	out->bytes = size > 0 ? (uint64_t)size : 0;
	if (sha256_is_text(oid))
		out->sha256 = arena_str(a, oid);
	return true;
}

bool hub_read_tree(struct arena *a, struct str text, struct hub_files *out, struct err *e)
{
	json_t *value = js_parse(text, LAYER_WIRE, e);
	if (!value)
		return err_context(e, "the hub's list of files");
	struct js_at root = js_root(value, LAYER_WIRE);
	size_t count = 0, kept = 0;
	bool ok = js_get_array(&root, &count, e);
	struct hub_file *items = arena_calloc(a, count + 1, sizeof(*items));
	for (size_t i = 0; ok && i < count; i++) {
		struct js_at at = js_item(&root, i);
		ok = read_entry(a, &at, &items[kept], e);
		kept += items[kept].path.n > 0;
	}
	json_decref(value);
	if (!ok)
		return err_context(e, "the hub's list of files");
	*out = (struct hub_files){ items, kept };
	return true;
}

/* ---- choosing ---- */

static bool has_nocase(struct str s, const char *word)
{
	struct str w = str_z(word);
	for (size_t i = 0; i + w.n <= s.n; i++)
		if (str_eq_nocase(str_sub(s, i, i + w.n), w))
			return true;
	return false;
}

/* A model by itself, or the first part of one. */
static bool is_candidate(struct str path)
{
	struct split p;
	struct str base = fs_base(path);
	return str_ends(base, STR(".gguf")) && !has_nocase(base, "mmproj") &&
	       !has_nocase(base, "imatrix") && (!split_of(base, &p) || p.part == 1);
}

static bool is_border(struct str s, size_t at)
{
	return at >= s.n || s.p[at] == '-' || s.p[at] == '.' || s.p[at] == '_' || s.p[at] == '/';
}

/* The word stands in the path between borders: "Q4_0" is not in "IQ4_0_4". */
static bool has_quantisation(struct str path, struct str word)
{
	for (size_t i = 0; word.n && i + word.n <= path.n; i++) {
		bool begins = i == 0 || is_border(path, i - 1);
		if (begins && is_border(path, i + word.n) &&
			str_eq_nocase(str_sub(path, i, i + word.n), word))
			return true;
	}
	return false;
}

static bool is_meant(const struct hub_ref *ref, struct str path)
{
	if (ref->file.n)
		return str_eq(path, ref->file) || str_eq(fs_base(path), ref->file);
	return has_quantisation(path, ref->quantisation);
}

static const struct hub_file *find_meant(const struct hub_ref *ref, const struct hub_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (is_candidate(files->items[i].path) && is_meant(ref, files->items[i].path))
			return &files->items[i];
	return NULL;
}

static const struct hub_file *find_preferred(const struct hub_files *files)
{
	const struct hub_file *only = NULL;
	size_t count = 0;
	for (size_t i = 0; i < files->count; i++)
		if (is_candidate(files->items[i].path)) {
			only = &files->items[i];
			count++;
		}
	if (count <= 1)
		return only;
	for (size_t i = 0; i < sizeof(preferred) / sizeof(preferred[0]); i++) {
		const struct hub_ref ref = { .quantisation = str_z(preferred[i]) };
		const struct hub_file *f = find_meant(&ref, files);
		if (f)
			return f;
	}
	return NULL;
}

static bool fail_nothing(const struct hub_ref *ref, const struct hub_files *files, struct err *e)
{
	struct buf names;
	size_t count = 0;
	struct str wanted = ref->file.n ? ref->file : ref->quantisation;
	struct nearest n = nearest_to(wanted);
	buf_init(&names, ERR_MEND_BYTES - 32);
	for (size_t i = 0; i < files->count; i++) {
		if (!is_candidate(files->items[i].path))
			continue;
		nearest_try(&n, files->items[i].path);
		if (count++ < NAMES_SHOWN)
			buf_printf(&names, "%s%.*s", names.n ? ", " : "",
				STR_ARG(files->items[i].path));
	}
	fail(e, ERR_NOT_FOUND, LAYER_WIRE, "%.*s on the hub has no GGUF file%s%.*s (%zu others)",
		STR_ARG(ref->repo), wanted.n ? " for " : "", STR_ARG(wanted), count);
	if (count == 0)
		err_mend(e, "look for a repository whose name ends in GGUF");
	else if (n.best.n)
		err_mend(e, "did you mean %.*s?", STR_ARG(n.best));
	else
		err_mend(e, "take one of: %s", buf_z(&names));
	buf_clear(&names);
	return false;
}

static const struct hub_file *find_path(const struct hub_files *files, struct str path)
{
	for (size_t i = 0; i < files->count; i++)
		if (str_eq(files->items[i].path, path))
			return &files->items[i];
	return NULL;
}

bool hub_choose(struct arena *a, const struct hub_ref *ref, const struct hub_files *files,
	struct hub_files *chosen, struct err *e)
{
	struct split p = { .parts = 1 };
	bool is_said = ref->file.n || ref->quantisation.n;
	const struct hub_file *first = is_said ? find_meant(ref, files) : find_preferred(files);
	if (!first)
		return fail_nothing(ref, files, e);
	bool is_split = split_of(first->path, &p);
	struct hub_file *items = arena_calloc(a, p.parts, sizeof(*items));
	for (unsigned i = 0; i < p.parts; i++) {
		struct str path = is_split ? split_path(a, &p, i + 1) : first->path;
		const struct hub_file *part = find_path(files, path);
		if (!part)
			return fail(e, ERR_NOT_FOUND, LAYER_WIRE,
				"%.*s on the hub lacks part %u of %u: %.*s", STR_ARG(ref->repo),
				i + 1, p.parts, STR_ARG(path));
		items[i] = *part;
	}
	*chosen = (struct hub_files){ items, p.parts };
	return true;
}

/*
 * files.c - the list of model files and finding one in it; see files.h.
 *
 * Layer: engine. Where other programs keep theirs is in places.c; here is what is the same for all:
 * walking directories, parts, files that are linked twice, names.
 */
#include "model/files.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "base/sha256.h"
#include "model/files_int.h"
#include "model/hash.h"
#include "model/split.h"

enum { FIRST_ITEMS = 32, MAX_DEPTH = 6, NAMES_IN_ERROR = 4 };

const char *const model_source_names[] = {
	[MODEL_OWN] = "own",
	[MODEL_OLLAMA] = "ollama",
	[MODEL_LMSTUDIO] = "lmstudio",
	[MODEL_HUB] = "hub",
	[MODEL_LLAMACPP] = "llama.cpp",
	[MODEL_PATH] = "path",
};
_Static_assert(sizeof(model_source_names) / sizeof(model_source_names[0]) == MODEL_SOURCE_COUNT,
	"a name a source");

struct str files_folder(struct arena *a)
{
	return fs_join(a, fs_place(a, FS_DATA), STR("models"));
}

/* ---- the list grows ---- */

static void push(struct scan *s, struct model_file item, struct file_id id)
{
	if (s->count == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : FIRST_ITEMS;
		struct model_file *items = arena_calloc(s->a, cap, sizeof(*items));
		struct file_id *ids = arena_calloc(s->a, cap, sizeof(*ids));
		for (size_t i = 0; i < s->count; i++) {
			items[i] = s->items[i];
			ids[i] = s->ids[i];
		}
		s->items = items;
		s->ids = ids;
		s->cap = cap;
	}
	item.source = s->source;
	s->items[s->count] = item;
	s->ids[s->count++] = id;
}

void scan_add_broken(struct scan *s, struct str name, struct str path, const struct err *why)
{
	push(s,
		(struct model_file){
			.name = name, .full = name, .path = path, .parts = 1, .why = *why },
		(struct file_id){ 0 });
}

static bool is_listed(const struct scan *s, struct file_id id)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->ids[i].inode == id.inode && s->ids[i].device == id.device)
			return true;
	return false;
}

/* The first part that is there: the one that stands for all. */
static bool is_first_there(struct arena *a, const struct split *p)
{
	for (unsigned part = 1; part < p->part; part++)
		if (fs_exists(split_path(a, p, part).p))
			return false;
	return true;
}

static bool add_parts(struct arena *a, struct model_file *item, const struct split *p)
{
	item->parts = p->parts;
	item->bytes = 0;
	for (unsigned part = 1; part <= p->parts; part++) {
		struct str path = split_path(a, p, part);
		uint64_t bytes;
		if (!fs_size(path.p, &bytes, NULL)) {
			fail(&item->why, ERR_NOT_FOUND, LAYER_ENGINE,
				"part %u of %u is missing: %s", part, p->parts, path.p);
			return err_mend(
				&item->why, "pull it again: only what is missing is fetched");
		}
		item->bytes += bytes;
	}
	return true;
}

/* A name without its ending and part number. */
static struct str stem_of(struct str name)
{
	struct split p;
	if (split_of(name, &p))
		return p.stem;
	if (str_ends(name, STR(".gguf")))
		return str_sub(name, 0, name.n - STR(".gguf").n);
	return name;
}

void scan_add(struct scan *s, struct model_file item)
{
	struct split p;
	struct stat st;
	if (s->count >= LIMIT_MODEL_FILES)
		return;
	item.parts = 1;
	if (split_of(item.path, &p)) {
		if (!is_first_there(s->a, &p))
			return;
		add_parts(s->a, &item, &p);
	}
	if (stat(item.path.p, &st) != 0) {
		fail_errno(&item.why, LAYER_ENGINE, errno, "cannot look at %s", item.path.p);
		err_mend(&item.why,
			"a link leads nowhere: download it again there, or pull it here");
		st = (struct stat){ 0 };
	} else if (!S_ISREG(st.st_mode)) {
		return;
	}
	struct file_id id = { (uint64_t)st.st_dev, (uint64_t)st.st_ino };
	if (id.inode && is_listed(s, id))
		return;
	if (item.parts == 1)
		item.bytes = (uint64_t)st.st_size;
	if (item.parts == 1 && item.sha256.n == 0)
		item.sha256 = hash_beside(s->a, item.path);
	push(s, item, id);
}

/* ---- directories ---- */

struct names {
	struct str *items;
	size_t count, cap;
};

static void add_name(struct arena *a, struct names *n, struct str name)
{
	if (n->count == n->cap) {
		size_t cap = n->cap ? 2 * n->cap : FIRST_ITEMS;
		struct str *items = arena_calloc(a, cap, sizeof(*items));
		for (size_t i = 0; i < n->count; i++)
			items[i] = n->items[i];
		n->items = items;
		n->cap = cap;
	}
	n->items[n->count++] = arena_str(a, name);
}

static void read_names(struct scan *s, struct str dir, struct names *names)
{
	struct err why = { 0 };
	DIR *d = opendir(dir.p);
	if (!d && (errno == ENOENT || errno == ENOTDIR))
		return;
	if (!d) {
		fail_errno(&why, LAYER_ENGINE, errno, "cannot read %s", dir.p);
		scan_add_broken(s, dir, dir, &why);
		return;
	}
	for (struct dirent *entry; names->count < LIMIT_FOLDER_ENTRIES && (entry = readdir(d));)
		if (entry->d_name[0] != '.')
			add_name(s->a, names, str_z(entry->d_name));
	closedir(d);
}

static int compare_strs(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void scan_directory(struct scan *s, struct str dir, scan_visit *visit, void *ctx)
{
	struct names names = { 0 };
	read_names(s, dir, &names);
	if (names.count)
		qsort(names.items, names.count, sizeof(*names.items), compare_strs);
	for (size_t i = 0; i < names.count && s->looked_at++ < LIMIT_SCAN_ENTRIES; i++)
		visit(s, dir, names.items[i], ctx);
}

/* A link into blobs that are named by their SHA-256, as the hub's cache has them. */
static struct str hash_of_link(struct scan *s, struct str path)
{
	char target[LIMIT_LINK_BYTES];
	ssize_t n = readlink(path.p, target, sizeof(target));
	struct str base = fs_base(str_n(target, n > 0 ? (size_t)n : 0));
	return sha256_is_text(base) ? arena_str(s->a, base) : STR("");
}

struct tree {
	struct str root, prefix;
	unsigned depth;
};

static void visit_in_tree(struct scan *s, struct str dir, struct str name, void *ctx)
{
	struct tree *t = ctx;
	struct str path = fs_join(s->a, dir, name);
	if (fs_is_dir(path.p)) {
		struct tree below = { t->root, t->prefix, t->depth + 1 };
		if (below.depth < MAX_DEPTH)
			scan_directory(s, path, visit_in_tree, &below);
		return;
	}
	if (!str_ends(name, STR(".gguf")))
		return;
	struct str below_root = stem_of(str_from(path, t->root.n + 1));
	scan_add(s, (struct model_file){ .name = arena_str(s->a, stem_of(name)),
			    .full = fs_join(s->a, t->prefix, below_root),
			    .path = path,
			    .sha256 = hash_of_link(s, path) });
}

void scan_tree(struct scan *s, struct str dir, struct str prefix)
{
	while (dir.n > 1 && dir.p[dir.n - 1] == '/')
		dir = arena_str(s->a, str_sub(dir, 0, dir.n - 1));
	struct tree t = { .root = dir, .prefix = prefix };
	scan_directory(s, dir, visit_in_tree, &t);
}

void scan_own(struct scan *s)
{
	scan_tree(s, files_folder(s->a), STR(""));
}

/* ---- the whole list ---- */

static bool has_name(const struct scan *s, size_t before, struct str name)
{
	for (size_t i = 0; i < before; i++)
		if (str_eq_nocase(s->items[i].name, name))
			return true;
	return false;
}

/* Who comes later gets the longer name. */
static void make_names_unique(struct scan *s)
{
	for (size_t i = 1; i < s->count; i++) {
		struct model_file *m = &s->items[i];
		if (has_name(s, i, m->name))
			m->name = m->full;
		if (has_name(s, i, m->name))
			m->name = arena_printf(
				s->a, "%s/%.*s", model_source_names[m->source], STR_ARG(m->full));
		for (unsigned copy = 2; has_name(s, i, m->name); copy++)
			m->name = arena_printf(s->a, "%s/%.*s~%u", model_source_names[m->source],
				STR_ARG(m->full), copy);
	}
}

typedef void scan_source(struct scan *s);

static scan_source *const places[] = {
	[MODEL_OWN] = scan_own,
	[MODEL_OLLAMA] = scan_ollama,
	[MODEL_LMSTUDIO] = scan_lmstudio,
	[MODEL_HUB] = scan_hub,
	[MODEL_LLAMACPP] = scan_llamacpp,
};
_Static_assert(sizeof(places) / sizeof(places[0]) == MODEL_PATH, "a place a source");

void files_scan(struct arena *a, struct model_files *out)
{
	struct scan s = { .a = a };
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		s.source = (enum model_source)i;
		places[i](&s);
	}
	make_names_unique(&s);
	*out = (struct model_files){ s.items, s.count };
}

/* ---- finding one ---- */

static const struct model_file *find_exactly(const struct model_files *files, struct str wanted,
	bool (*same)(struct str a, struct str b))
{
	for (size_t i = 0; i < files->count; i++)
		if (same(files->items[i].name, wanted))
			return &files->items[i];
	for (size_t i = 0; i < files->count; i++)
		if (same(files->items[i].full, wanted))
			return &files->items[i];
	return NULL;
}

const struct model_file *files_named(const struct model_files *files, struct str wanted)
{
	const struct model_file *m = find_exactly(files, stem_of(wanted), str_eq);
	return m ? m : find_exactly(files, stem_of(wanted), str_eq_nocase);
}

static bool starts_nocase(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq_nocase(str_sub(s, 0, prefix.n), prefix);
}

static const struct model_file *find_beginning(
	const struct model_files *files, struct str wanted, struct err *e)
{
	const struct model_file *found = NULL;
	size_t count = 0;
	struct buf names;
	buf_init(&names, LIMIT_QUOTE_BYTES);
	for (size_t i = 0; i < files->count; i++) {
		const struct model_file *m = &files->items[i];
		if (!starts_nocase(m->name, wanted) && !starts_nocase(m->full, wanted))
			continue;
		found = m;
		if (count++ < NAMES_IN_ERROR)
			buf_printf(&names, "%s%.*s", names.n ? ", " : "", STR_ARG(m->name));
	}
	if (count > 1) {
		fail(e, ERR_USAGE, LAYER_ENGINE, "'%.*s' could be any of %zu models: %s%s",
			STR_ARG(wanted), count, buf_z(&names),
			count > NAMES_IN_ERROR ? ", ..." : "");
		err_mend(e, "write more of its name");
		found = NULL;
	}
	buf_clear(&names);
	return found;
}

static const struct model_file *fail_unknown(
	const struct model_files *files, struct str wanted, struct err *e)
{
	struct nearest n = nearest_to(wanted);
	for (size_t i = 0; i < files->count; i++)
		nearest_try(&n, files->items[i].name);
	fail(e, ERR_NOT_FOUND, LAYER_ENGINE,
		"there is no model '%.*s' on this machine (%zu are here)", STR_ARG(wanted),
		files->count);
	if (n.best.n)
		err_mend(e, "did you mean %.*s? `offgrid list` shows all", STR_ARG(n.best));
	else
		err_mend(e, "`offgrid list` shows what is here, `offgrid pull` fetches more");
	return NULL;
}

static const struct model_file *by_path(struct arena *a, struct str path)
{
	struct split p;
	struct model_file *m = arena_alloc(a, sizeof(*m));
	struct str own = arena_str(a, path);
	*m = (struct model_file){ .name = own,
		.full = own,
		.source = MODEL_PATH,
		.path = own,
		.parts = 1,
		.sha256 = hash_beside(a, own) };
	fs_size(own.p, &m->bytes, NULL);
	if (split_of(own, &p)) {
		m->path = split_path(a, &p, 1);
		m->sha256 = STR("");
		add_parts(a, m, &p);
	}
	return m;
}

const struct model_file *files_find(
	struct arena *a, const struct model_files *files, struct str wanted, struct err *e)
{
	struct err many = { 0 };
	bool has_slash = str_find_char(wanted, '/') != SIZE_MAX;
	bool is_named_file = has_slash || str_ends(wanted, STR(".gguf"));
	if (is_named_file && fs_is_file(arena_z(a, wanted)))
		return by_path(a, wanted);
	const struct model_file *m = files_named(files, wanted);
	if (!m && wanted.n)
		m = find_beginning(files, stem_of(wanted), &many);
	if (m || !err_is_set(&many))
		return m ? m : fail_unknown(files, wanted, e);
	if (e)
		*e = many;
	return NULL;
}

/* ---- cards ---- */

static bool add_part(struct arena *a, struct str path, struct card *total, struct err *e)
{
	struct card part;
	struct gg_file *f = gg_open(path.p, e);
	bool ok = f && card_read(f, a, &part, e);
	gg_free(f);
	if (ok)
		total->parameters += part.parameters;
	return ok;
}

bool files_card(struct arena *a, const struct model_file *m, struct card *out, struct err *e)
{
	struct card c;
	struct split p;
	if (err_is_set(&m->why)) {
		if (e)
			*e = m->why;
		return false;
	}
	struct gg_file *f = gg_open(m->path.p, e);
	bool ok = f && card_read(f, a, &c, e);
	gg_free(f);
	bool is_split = ok && m->parts > 1 && split_of(m->path, &p);
	for (unsigned part = 2; is_split && ok && part <= p.parts; part++)
		ok = add_part(a, split_path(a, &p, part), &c, e);
	if (ok)
		*out = c;
	return ok;
}

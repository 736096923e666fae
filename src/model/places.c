/*
 * places.c - where other programs keep their models; see files.h.
 *
 * Layer: engine. Only reads. Their layouts are theirs to change: what does not look as expected is
 * passed over, except a manifest or a link that names a file which is not there, which is told.
 */
#include <stdlib.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/sha256.h"
#include "model/files_int.h"

/* A directory named by a variable; empty if it is not set. */
static struct str from_env(const char *variable)
{
	return str_z(getenv(variable));
}

static struct str in_home(struct scan *s, const char *path)
{
	struct str home = from_env("HOME");
	return home.n ? fs_join(s->a, home, str_z(path)) : STR("");
}

static struct str in_cache(struct scan *s, const char *path)
{
	struct str cache = from_env("XDG_CACHE_HOME");
	if (cache.n == 0)
		cache = in_home(s, ".cache");
	return cache.n ? fs_join(s->a, cache, str_z(path)) : STR("");
}

/* ---- llama.cpp: flat files ---- */

void scan_llamacpp(struct scan *s)
{
	struct str own = from_env("LLAMA_CACHE");
	if (own.n) {
		scan_tree(s, arena_str(s->a, own), STR(""));
		return;
	}
	struct str usual = in_cache(s, "llama.cpp"), macos = in_home(s, "Library/Caches/llama.cpp");
	if (usual.n)
		scan_tree(s, usual, STR(""));
	if (macos.n)
		scan_tree(s, macos, STR(""));
}

/* ---- LM Studio: PUBLISHER/REPO/FILE ---- */

/* The folder that its settings name, if they do. */
static struct str lmstudio_downloads(struct scan *s, struct str home)
{
	struct buf text;
	struct str folder = STR("");
	buf_init(&text, LIMIT_FOREIGN_JSON_BYTES);
	json_t *settings = NULL;
	if (fs_read(fs_join(s->a, home, STR("settings.json")).p, &text, NULL))
		settings = js_parse(buf_str(&text), LAYER_ENGINE, NULL);
	if (settings) {
		struct js_at root = js_root(settings, LAYER_ENGINE);
		struct js_at key = js_key(&root, "downloadsFolder");
		js_opt_str(&key, &folder, NULL);
		folder = arena_str(s->a, folder);
	}
	json_decref(settings);
	buf_clear(&text);
	return folder;
}

static struct str lmstudio_home(struct scan *s)
{
	struct buf text;
	buf_init(&text, LIMIT_FOREIGN_JSON_BYTES);
	struct str home = in_home(s, ".lmstudio");
	struct str pointer = in_home(s, ".lmstudio-home-pointer");
	if (pointer.n && fs_read(pointer.p, &text, NULL) && str_trim(buf_str(&text)).n)
		home = arena_str(s->a, str_trim(buf_str(&text)));
	buf_clear(&text);
	return home;
}

void scan_lmstudio(struct scan *s)
{
	struct str home = lmstudio_home(s), old = in_cache(s, "lm-studio/models");
	if (home.n) {
		struct str moved = lmstudio_downloads(s, home);
		if (moved.n)
			scan_tree(s, moved, STR(""));
		scan_tree(s, fs_join(s->a, home, STR("models")), STR(""));
	}
	if (old.n)
		scan_tree(s, old, STR(""));
}

/* ---- Hugging Face: models--OWNER--REPO/snapshots/COMMIT/FILE ---- */

static void visit_snapshot(struct scan *s, struct str dir, struct str name, void *ctx)
{
	const struct str *repo = ctx;
	scan_tree(s, fs_join(s->a, dir, name), *repo);
}

static void visit_repo(struct scan *s, struct str dir, struct str name, void *ctx)
{
	(void)ctx;
	if (!str_starts(name, STR("models--")))
		return;
	char *repo = arena_z(s->a, str_from(name, STR("models--").n));
	struct str dashes = str_z(repo);
	size_t at = str_find(dashes, STR("--"));
	if (at != SIZE_MAX) { /* OWNER--REPO */
		repo[at] = '/';
		memmove(repo + at + 1, repo + at + 2, dashes.n - at - 1);
	}
	struct str full = str_z(repo);
	struct str path = fs_join(s->a, dir, name);
	scan_directory(s, fs_join(s->a, path, STR("snapshots")), visit_snapshot, &full);
}

void scan_hub(struct scan *s)
{
	struct str root = from_env("HF_HUB_CACHE"), home = from_env("HF_HOME");
	if (root.n == 0 && home.n)
		root = fs_join(s->a, home, STR("hub"));
	if (root.n == 0)
		root = in_cache(s, "huggingface/hub");
	if (root.n)
		scan_directory(s, arena_str(s->a, root), visit_repo, NULL);
}

/* ---- Ollama: manifests/HOST/OWNER/NAME/TAG, JSON -> blobs/sha256-HASH ---- */

struct manifest_walk {
	struct str root;     /* the models folder */
	struct str parts[4]; /* host, owner, name, tag */
	unsigned depth;
};

/* "qwen3:8b" for its own library, "owner/name:tag" for others there, the host before those of other
 * registries. */
static struct str ollama_name(struct scan *s, const struct manifest_walk *w)
{
	bool is_own_host = str_eq_z(w->parts[0], "registry.ollama.ai");
	bool is_library = is_own_host && str_eq_z(w->parts[1], "library");
	struct buf b;
	buf_init(&b, LIMIT_LINK_BYTES);
	if (!is_own_host)
		buf_printf(&b, "%.*s/", STR_ARG(w->parts[0]));
	if (!is_library)
		buf_printf(&b, "%.*s/", STR_ARG(w->parts[1]));
	buf_printf(&b, "%.*s:%.*s", STR_ARG(w->parts[2]), STR_ARG(w->parts[3]));
	struct str name = arena_str(s->a, buf_str(&b));
	buf_clear(&b);
	return name;
}

/* The layer that is the model: its digest without "sha256:". */
static bool find_model_layer(const json_t *manifest, struct str *hash, struct err *e)
{
	struct js_at root = js_root(manifest, LAYER_ENGINE), layer_list = js_key(&root, "layers");
	size_t count = 0;
	if (!js_get_array(&layer_list, &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct js_at item = js_item(&layer_list, i);
		struct js_at type_at = js_key(&item, "mediaType"),
			     digest_at = js_key(&item, "digest");
		struct str type = STR(""), digest = STR("");
		if (!js_opt_str(&type_at, &type, e) || !js_opt_str(&digest_at, &digest, e))
			return false;
		if (!str_eq_z(type, "application/vnd.ollama.image.model"))
			continue;
		*hash = str_from(digest, STR("sha256:").n);
		return (str_starts(digest, STR("sha256:")) && sha256_is_text(*hash)) ||
		       js_fail(&digest_at, e, "is not a sha256 digest");
	}
	return fail(e, ERR_BAD_DATA, LAYER_ENGINE, "the manifest has no layer that is a model");
}

static void add_manifest(struct scan *s, const struct manifest_walk *w, struct str path)
{
	struct buf text;
	struct err e = { 0 };
	struct str hash = STR(""), name = ollama_name(s, w);
	buf_init(&text, LIMIT_FOREIGN_JSON_BYTES);
	json_t *manifest = NULL;
	if (fs_read(path.p, &text, &e))
		manifest = js_parse(buf_str(&text), LAYER_ENGINE, &e);
	if (manifest && find_model_layer(manifest, &hash, &e)) {
		hash = arena_str(s->a, hash);
		struct str blob = arena_printf(
			s->a, "%.*s/blobs/sha256-%.*s", STR_ARG(w->root), STR_ARG(hash));
		scan_add(s, (struct model_file){
				    .name = name, .full = name, .path = blob, .sha256 = hash });
	} else {
		err_context(&e, "Ollama's manifest of %s", name.p);
		scan_add_broken(s, name, path, &e);
	}
	json_decref(manifest);
	buf_clear(&text);
}

static void visit_manifest(struct scan *s, struct str dir, struct str name, void *ctx)
{
	const unsigned tag_depth = 3;
	struct manifest_walk w = *(struct manifest_walk *)ctx;
	struct str path = fs_join(s->a, dir, name);
	w.parts[w.depth] = name;
	if (w.depth == tag_depth) {
		if (fs_is_file(path.p))
			add_manifest(s, &w, path);
		return;
	}
	w.depth++;
	scan_directory(s, path, visit_manifest, &w);
}

static void scan_ollama_folder(struct scan *s, struct str root)
{
	struct manifest_walk w = { .root = root };
	if (root.n)
		scan_directory(s, fs_join(s->a, root, STR("manifests")), visit_manifest, &w);
}

void scan_ollama(struct scan *s)
{
	struct str own = from_env("OLLAMA_MODELS");
	if (own.n) {
		scan_ollama_folder(s, arena_str(s->a, own));
		return;
	}
	scan_ollama_folder(s, in_home(s, ".ollama/models"));
	scan_ollama_folder(s, STR("/usr/share/ollama/.ollama/models")); /* its Linux service */
}

/*
 * files.h - the model files on this machine: ours, and what other programs already downloaded.
 *
 * Others' files are used where they lie, never copied, moved or removed. A scan looks at names and
 * sizes only; cards are read one by one by whoever wants them. What cannot be used is listed with
 * the reason and never hides the rest. Everything lives in the arena of the scan; names and paths
 * are NUL-terminated.
 *
 * Where they lie (follows each program's own documentation and environment variables):
 *   own        FS_DATA/models, any depth
 *   ollama     OLLAMA_MODELS, ~/.ollama/models, /usr/share/ollama/.ollama/models: a manifest for
 *              each name, the file a blob named by its hash
 *   lmstudio   ~/.lmstudio/models (or where its settings say), ~/.cache/lm-studio/models
 *   hub        HF_HUB_CACHE, HF_HOME/hub, XDG_CACHE_HOME or ~/.cache, huggingface/hub: snapshots of
 *              links into blobs named by their hash
 *   llama.cpp  LLAMA_CACHE, ~/.cache/llama.cpp, on macOS ~/Library/Caches/llama.cpp
 */
#ifndef OFFGRID_MODEL_FILES_H
#define OFFGRID_MODEL_FILES_H

#include "base/arena.h"
#include "base/err.h"
#include "model/card.h"

enum model_source {
	MODEL_OWN,
	MODEL_OLLAMA,
	MODEL_LMSTUDIO,
	MODEL_HUB,
	MODEL_LLAMACPP,
	MODEL_PATH, /* named by its path, not found by a scan */
	MODEL_SOURCE_COUNT
};

extern const char *const model_source_names[MODEL_SOURCE_COUNT];

struct model_file {
	struct str name; /* short, and no other in the list has it: what one types */
	struct str full; /* with publisher and repository where they are known */
	enum model_source source;
	struct str path;   /* of the file, or of the first part */
	unsigned parts;    /* 1: a file by itself */
	uint64_t bytes;    /* of all parts */
	struct str sha256; /* of a file by itself, where it is known without reading it; or empty */
	struct err why;    /* set: it cannot be used, and this is why */
};

struct model_files {
	struct model_file *items; /* ours first, then by source, each by name */
	size_t count;
};

/* Our own folder of models; it need not exist. */
struct str files_folder(struct arena *a);

void files_scan(struct arena *a, struct model_files *out);

/* The one of exactly this name or full name, whatever their case; or NULL. */
const struct model_file *files_named(const struct model_files *files, struct str wanted);

/*
 * The one that is meant: by path, by name or full name, or by their unique beginning. NULL:
 * ERR_NOT_FOUND names the nearest, ERR_USAGE those that it could be. A file found by path need not
 * be a model.
 */
const struct model_file *files_find(
	struct arena *a, const struct model_files *files, struct str wanted, struct err *e);

/* Reads the header (of every part). Fails if the file is broken, also with the reason found by the
 * scan. */
bool files_card(struct arena *a, const struct model_file *m, struct card *out, struct err *e);

#endif

/*
 * dialect_library.h - what clients ask a server about its models, beyond their list: one of them in
 * all detail, which of them are loaded, that one be fetched. For dialects that have words for it.
 *
 * A part of a dialect's row (dialect.library). A model is an entry of router_catalog: `id`,
 * `context_tokens`, `upstream`, and what route/about.h says where it is a file of this machine.
 */
#ifndef OFFGRID_CHAT_DIALECT_LIBRARY_H
#define OFFGRID_CHAT_DIALECT_LIBRARY_H

#include "base/json.h"

/* What a request about one model names. */
struct dialect_named {
	struct str model; /* in the arena */
	bool is_whole;    /* long lists are wanted too */
	bool is_stream;
};

struct dialect_about {
	const json_t *model;      /* its entry */
	const json_t *keys;       /* of its file, long lists null; NULL: there is no file here */
	struct str chat_template; /* may be empty */
};

/* How far the fetching of a model is. */
enum dialect_pull_stage {
	DIALECT_PULL_LOOKING,
	DIALECT_PULL_COMING,
	DIALECT_PULL_CHECKING,
	DIALECT_PULL_NOTE, /* words for people */
	DIALECT_PULL_DONE,
	DIALECT_PULL_STAGE_COUNT
};

struct dialect_pull {
	enum dialect_pull_stage stage;
	struct str sha256, words; /* may be empty */
	uint64_t done_bytes, all_bytes;
};

struct dialect_library {
	bool (*read_name)(
		struct str body, struct arena *a, struct dialect_named *out, struct err *e);
	void (*write_about)(const struct dialect_about *about, struct buf *out);
	/* The models that are loaded, of a list of all. */
	void (*write_loaded)(const json_t *models, struct buf *out);
	/* A piece of a stream, framed; the last one is the whole document, too. */
	void (*write_pull)(const struct dialect_pull *pull, struct buf *out);
};

#endif

/*
 * open_local.h - from what a person calls a model to a backend that answers, the same way for every
 * command.
 *
 * Chooses the files (model/choose.h), merges an adapter into its base once if the catalog's adapter
 * comes with it, loads, and tells what is going on to a watcher.
 */
#ifndef OFFGRID_CMD_OPEN_LOCAL_H
#define OFFGRID_CMD_OPEN_LOCAL_H

#include "base/opt.h"
#include "model/choose.h"
#include "route/loading.h"
#include "route/local.h"

/* The options of every command that may run a model itself; embed them and add MODEL_OPTIONS to the
 * rows. */
struct model_args {
	struct str model;
	struct opt_list adapters;
	bool no_adapter;
	int64_t context_tokens;
	int64_t threads;
	bool embeds; /* it must make vectors; no option: said by who asks */
};

#define MODEL_OPTIONS(type, field)                                                                 \
	{ .name = "model",                                                                         \
		.letter = 'm',                                                                     \
		OPT_INTO(type, field.model),                                                       \
		.arg = "MODEL",                                                                    \
		.env = "OFFGRID_MODEL",                                                            \
		.help = "a name from `offgrid list`, or a GGUF file; without it, the starter "     \
			"model" },                                                                 \
		{ .name = "adapter",                                                               \
			OPT_INTO(type, field.adapters),                                            \
			.arg = "FILE",                                                             \
			.completes = OPT_FILES,                                                    \
			.help = "a LoRA adapter to apply" },                                       \
		{ .name = "no-adapter",                                                            \
			OPT_INTO(type, field.no_adapter),                                          \
			.help = "the model bare, without the adapter that the catalog gives it" }, \
		{ .name = "context",                                                               \
			.letter = 'c',                                                             \
			OPT_INTO(type, field.context_tokens),                                      \
			.unit = OPT_TOKENS,                                                        \
			.arg = "TOKENS",                                                           \
			.help = "size of the context; without it, the model's own as far as "      \
				"memory goes" },                                                   \
	{                                                                                          \
		.name = "threads", .letter = 't', OPT_INTO(type, field.threads), .arg = "COUNT",   \
		.max = 1024, .help = "processor threads; without it, one a core"                   \
	}

/* `choice` (may be NULL) tells what was chosen. Blocks while loading. */
struct backend *open_local(struct arena *a, struct loop *loop, const struct model_args *args,
	struct engine_watcher watcher, struct model_choice *choice, struct err *e);

/* Chooses, and loads on a thread of its own while the backend is there already, see
 * route/loading.h. A model that makes vectors is opened for that (route/embedder.h). `args` lives
 * as long as the backend. */
struct backend *open_local_apart(struct loop *loop, const struct model_args *args,
	void (*on_end)(void *owner, const struct err *e), void *owner, struct err *e);

/* The same of a model that is loaded when it is asked for the first time, if ever. */
struct backend *open_local_on_demand(
	struct loop *loop, const struct model_args *args, struct err *e);

#endif

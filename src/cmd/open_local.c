/*
 * open_local.c - from a name to a backend; see open_local.h.
 */
#include "cmd/open_local.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "engine/merge.h"
#include "model/share.h"
#include "route/embedder.h"

/* The starter's adapter is trained for greedy decoding of exact names; other models keep their own
 * wishes. */
enum { GREEDY = 0, MODELS_OWN = -1 };

static struct engine_adapter catalog_adapter(const struct model_choice *c)
{
	return (struct engine_adapter){
		.path = c->adapter.p,
		.base_sha256 = c->sha256.n ? c->sha256.p : NULL,
	};
}

/*
 * The catalog's adapter built into its base, once, since applied at run time it costs a third of
 * the speed. Where that cannot be done (no room, no permission) it is applied at run time: slower,
 * with the same answers, and the person is told. False only if the person stopped it.
 */
static bool use_merged(
	struct arena *a, struct engine_watcher watcher, struct model_choice *c, struct err *e)
{
	struct err why = { .kind = ERR_NONE };
	struct merge_spec spec = {
		.base_path = c->path.p,
		.base_sha256 = c->sha256.p,
		.adapter = catalog_adapter(c),
		.adapter_sha256 = c->adapter_sha256.p,
		.watcher = watcher,
	};
	if (c->adapter.n == 0 || c->sha256.n == 0 || c->adapter_sha256.n == 0)
		return true;
	if (merge_is_done(&spec) || merge_make(&spec, &why)) {
		c->path = str_z(merge_path(a, &spec));
		c->adapter = c->sha256 = str_z(NULL);
	}
	if (why.kind == ERR_CANCELLED) {
		*e = why;
		return false;
	}
	if (err_is_set(&why))
		fprintf(stderr,
			"offgrid: %s: the adapter is applied while running, which is slower, since "
			"it could not be merged: %s\n",
			layers[why.layer].name, why.what);
	return true;
}

static struct engine_adapter *gather_adapters(
	struct arena *a, const struct model_args *args, const struct model_choice *c, size_t *count)
{
	struct engine_adapter *list = arena_calloc(a, args->adapters.count + 1, sizeof *list);
	size_t n = 0;
	if (c->adapter.n)
		list[n++] = catalog_adapter(c);
	for (size_t i = 0; i < args->adapters.count; i++)
		list[n++] = (struct engine_adapter){ .path = args->adapters.items[i].p };
	*count = n;
	return list;
}

/* What was chosen, ready to be loaded. */
struct plan {
	struct arena *arena; /* of whoever loads */
	const struct model_args *args;
	struct model_choice choice;
};

static bool choose(
	struct arena *a, const struct model_args *args, struct model_choice *c, struct err *e)
{
	if (!choose_model(a, args->model, c, e))
		return false;
	if (args->no_adapter)
		c->adapter = c->adapter_sha256 = str_z(NULL);
	return true;
}

static struct backend *load(void *ctx, struct engine_watcher watcher, struct err *e)
{
	struct plan *p = ctx;
	struct model_choice c = p->choice;
	struct str self = share_program(p->arena);
	bool is_taught = c.adapter.n > 0;
	if (!use_merged(p->arena, watcher, &c, e))
		return NULL;
	struct local_options options = {
		.name = c.name.p,
		.temperature = is_taught ? GREEDY : MODELS_OWN,
		.engine = {
			.model_path = c.path.p,
			.model_sha256 = c.sha256.n ? c.sha256.p : NULL,
			.context_tokens = (int)p->args->context_tokens,
			.threads = (int)p->args->threads,
			.self = self.n ? self.p : NULL,
			.watcher = watcher,
		},
	};
	options.engine.adapters =
		gather_adapters(p->arena, p->args, &c, &options.engine.adapter_count);
	return local_load(&options, e);
}

struct backend *open_local(struct arena *a, struct loop *loop, const struct model_args *args,
	struct engine_watcher watcher, struct model_choice *choice, struct err *e)
{
	struct plan p = { .arena = a, .args = args };
	if (!choose(a, args, &p.choice, e))
		return NULL;
	if (choice)
		*choice = p.choice;
	struct backend *b = load(&p, watcher, e);
	if (b)
		local_attach(b, loop);
	return b;
}

static struct backend *load_embedder(void *ctx, struct engine_watcher watcher, struct err *e)
{
	struct plan *p = ctx;
	struct str self = share_program(p->arena);
	return embedder_load(&(struct embedder_options){ .name = p->choice.name.p,
				     .engine = {
					     .model_path = p->choice.path.p,
					     .context_tokens = (int)p->args->context_tokens,
					     .threads = (int)p->args->threads,
					     .self = self.n ? self.p : NULL,
					     .watcher = watcher,
				     } },
		e);
}

/* What the file says; that it cannot be read is found out when it is loaded. */
static bool makes_vectors(struct arena *a, const struct model_choice *c)
{
	struct gg_file *f = gg_open(c->path.p, NULL);
	struct card card;
	bool yes = f && card_read(f, a, &card, NULL) && card_embeds(&card);
	gg_free(f);
	return yes;
}

static void free_plan(void *ctx)
{
	struct plan *p = ctx;
	arena_free(p->arena);
	free(p);
}

static struct backend *open_apart(
	struct loop *loop, const struct model_args *args, struct loading_work work, struct err *e)
{
	struct plan *p = must_calloc(1, sizeof *p);
	p->arena = arena_new();
	p->args = args;
	if (!choose(p->arena, args, &p->choice, e)) {
		free_plan(p);
		return NULL;
	}
	bool embeds = args->embeds || makes_vectors(p->arena, &p->choice);
	work.model = p->choice.name.p;
	work.path = p->choice.path.p;
	work.sha256 = p->choice.sha256.n ? p->choice.sha256.p : NULL;
	work.embeds = embeds;
	work.open = embeds ? load_embedder : load;
	work.attach = embeds ? embedder_attach : local_attach;
	work.free = free_plan;
	work.ctx = p;
	return loading_new(loop, &work);
}

struct backend *open_local_apart(struct loop *loop, const struct model_args *args,
	void (*on_end)(void *owner, const struct err *e), void *owner, struct err *e)
{
	return open_apart(loop, args, (struct loading_work){ .on_end = on_end, .owner = owner }, e);
}

struct backend *open_local_on_demand(
	struct loop *loop, const struct model_args *args, struct err *e)
{
	return open_apart(loop, args, (struct loading_work){ .is_on_demand = true }, e);
}

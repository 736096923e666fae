/*
 * open_local.c - from a name to a backend; see open_local.h.
 */
#include "cmd/open_local.h"

#include <stdio.h>

#include "base/must.h"

#include "engine/merge.h"
#include "model/share.h"

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

struct backend *open_local(struct arena *a, struct loop *loop, const struct model_args *args,
	struct engine_watcher watcher, struct model_choice *choice, struct err *e)
{
	struct model_choice c;
	if (!choose_model(a, args->model, &c, e))
		return NULL;
	if (args->no_adapter)
		c.adapter = c.adapter_sha256 = str_z(NULL);
	struct str self = share_program(a);
	if (choice)
		*choice = c;
	bool is_taught = c.adapter.n > 0;
	if (!use_merged(a, watcher, &c, e))
		return NULL;
	struct local_options options = {
		.name = c.name.p,
		.temperature = is_taught ? GREEDY : MODELS_OWN,
		.engine = {
			.model_path = c.path.p,
			.model_sha256 = c.sha256.n ? c.sha256.p : NULL,
			.context_tokens = (int)args->context_tokens,
			.threads = (int)args->threads,
			.self = self.n ? self.p : NULL,
			.watcher = watcher,
		},
	};
	options.engine.adapters = gather_adapters(a, args, &c, &options.engine.adapter_count);
	return local_open(loop, &options, e);
}

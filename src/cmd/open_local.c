/*
 * open_local.c - from a name to a backend; see open_local.h.
 */
#include "cmd/open_local.h"

#include "base/must.h"
#include "model/share.h"

/* The starter's adapter is trained for greedy decoding of exact names; other models keep their own
 * wishes. */
enum { GREEDY = 0, MODELS_OWN = -1 };

static struct engine_adapter *gather_adapters(
	struct arena *a, const struct model_args *args, const struct model_choice *c, size_t *count)
{
	struct engine_adapter *list = arena_calloc(a, args->adapters.count + 1, sizeof *list);
	size_t n = 0;
	if (c->adapter.n)
		list[n++] = (struct engine_adapter){ .path = c->adapter.p,
			.base_sha256 = c->sha256.n ? c->sha256.p : NULL };
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
	struct local_options options = {
		.name = c.name.p,
		.temperature = c.adapter.n ? GREEDY : MODELS_OWN,
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
	if (choice)
		*choice = c;
	return local_open(loop, &options, e);
}

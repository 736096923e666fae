/*
 * adapter.c - whether a LoRA adapter belongs to a model; see adapter.h.
 */
#include "engine/adapter.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/sha256.h"
#include "model/hash.h"

enum { NAME_BYTES = 128 };

static const struct str half_a = { ".lora_a", 7 }, half_b = { ".lora_b", 7 };

float adapter_scale(const struct gg_file *adapter, const struct adapter_pair *pair)
{
	double alpha = 0, rank = (double)pair->b->dims[0];
	gg_opt_double(adapter, "adapter.lora.alpha", &alpha, NULL);
	return alpha > 0 ? (float)(alpha / rank) : 1.0F;
}

static const struct gg_tensor *with_ending(
	const struct gg_file *f, struct str stem, struct str ending)
{
	char name[NAME_BYTES];
	int n = snprintf(name, sizeof name, "%.*s%.*s", STR_ARG(stem), STR_ARG(ending));
	return n > 0 && n < NAME_BYTES ? gg_tensor(f, name) : NULL;
}

static bool fits(const struct adapter_pair *p)
{
	return p->a->dims[0] == p->base->dims[0] && p->b->dims[1] == p->base->dims[1] &&
	       p->a->dims[1] == p->b->dims[0];
}

/* Token embeddings are looked up by row, so their pair lies the other way round. */
static bool fits_embedding(const struct adapter_pair *p)
{
	return p->b->dims[1] == p->base->dims[0] && p->a->dims[1] == p->base->dims[1] &&
	       p->a->dims[0] == p->b->dims[0];
}

bool adapter_pair(const struct gg_file *adapter, const struct gg_file *base, size_t index,
	struct adapter_pair *out, struct err *e)
{
	const struct gg_tensor *t = gg_tensor_at(adapter, index);
	char quoted[GG_QUOTE_BYTES];
	struct str stem = str_sub(t->name, 0, t->name.n > half_a.n ? t->name.n - half_a.n : 0);
	if (str_ends(t->name, STR("_norm.weight")))
		return false; /* libllama passes over them too */
	if (str_ends(t->name, half_b) && with_ending(adapter, stem, half_a))
		return false; /* comes with its other half */
	if (!str_ends(t->name, half_a))
		return fail(e, ERR_BAD_DATA, LAYER_ENGINE,
			"the adapter's tensor %s is not half of a pair", gg_quote(t->name, quoted));
	struct adapter_pair p = { t, with_ending(adapter, stem, half_b),
		with_ending(base, stem, STR("")) };
	if (!p.b)
		return fail(e, ERR_BAD_DATA, LAYER_ENGINE, "the adapter's tensor %s has no .lora_b",
			gg_quote(t->name, quoted));
	if (!p.base)
		return fail(e, ERR_BAD_DATA, LAYER_ENGINE,
			"the adapter changes a tensor %s that the model does not have",
			gg_quote(stem, quoted));
	bool is_embedding = str_ends(stem, STR("token_embd.weight"));
	if (!(is_embedding ? fits_embedding(&p) : fits(&p)))
		return fail(e, ERR_BAD_DATA, LAYER_ENGINE,
			"the adapter's tensor %s is of another shape than the model's",
			gg_quote(stem, quoted));
	*out = p;
	return true;
}

static bool check_says(const struct gg_file *f, const char *key, struct str wanted, struct err *e)
{
	struct str is = STR("");
	char quoted[GG_QUOTE_BYTES];
	if (!gg_get_str(f, key, &is, e))
		return false;
	return str_eq(is, wanted) || fail(e, ERR_BAD_DATA, LAYER_ENGINE, "%s is '%s', not '%.*s'",
					     key, gg_quote(is, quoted), STR_ARG(wanted));
}

static bool check_shapes(const struct gg_file *adapter, const struct gg_file *base, struct err *e)
{
	struct err found = { 0 };
	struct adapter_pair pair;
	size_t pairs = 0;
	for (size_t i = 0; i < gg_tensor_count(adapter) && !err_is_set(&found); i++)
		pairs += adapter_pair(adapter, base, i, &pair, &found);
	if (!err_is_set(&found) && !pairs)
		fail(&found, ERR_BAD_DATA, LAYER_ENGINE, "the adapter changes nothing");
	if (err_is_set(&found) && e)
		*e = found;
	return !err_is_set(&found);
}

static bool check_hash(const struct engine_adapter *adapter, const struct gg_file *f,
	const char *base_path, const char *base_sha256, struct err *e)
{
	struct str wanted = str_z(adapter->base_sha256), is = str_z(base_sha256);
	if (!wanted.n && !gg_opt_str(f, ADAPTER_BASE_KEY, &wanted, e))
		return false;
	if (!wanted.n)
		return true;
	struct arena *a = arena_new();
	bool ok = is.n || hash_of_file(a, str_z(base_path), NULL, &is, e);
	if (ok && !sha256_same(wanted, is)) {
		char quoted[GG_QUOTE_BYTES];
		ok = fail(e, ERR_BAD_DATA, LAYER_ENGINE,
			"it was made for another model: for sha256 %.16s..., this one has %.16s...",
			gg_quote(wanted, quoted), is.p);
		err_mend(e, "load it with the model it was made for, or without --adapter");
	}
	arena_free(a);
	return ok;
}

bool adapter_check(const struct engine_adapter *adapter, const char *base_path,
	const char *base_sha256, struct err *e)
{
	struct gg_file *f = gg_open(adapter->path, e), *base = f ? gg_open(base_path, e) : NULL;
	struct str arch = STR("");
	bool ok = base && check_says(f, "general.type", STR("adapter"), e) &&
		  check_says(f, "adapter.type", STR("lora"), e) &&
		  gg_get_str(base, "general.architecture", &arch, e) &&
		  check_says(f, "general.architecture", arch, e) &&
		  check_hash(adapter, f, base_path, base_sha256, e) && check_shapes(f, base, e);
	gg_free(base);
	gg_free(f);
	return ok || err_context(e, "adapter %s", adapter->path);
}

/*
 * adapter.h - whether a LoRA adapter belongs to a model, asked of the two files before libllama
 * sees them.
 *
 * An adapter for another base of the same shape would load and talk nonsense. So where the hash of
 * its base is known it must be this model's; architecture and the shapes of all pairs are checked
 * always.
 *
 * Layer: engine.
 */
#ifndef OFFGRID_ENGINE_ADAPTER_H
#define OFFGRID_ENGINE_ADAPTER_H

#include "engine/engine.h"
#include "model/gguf.h"

#define ADAPTER_BASE_KEY "adapter.base_sha256" /* our own; a string of 64 hex digits */

/* One pair: base + scale * b * a is the tensor that the adapter wants. */
struct adapter_pair {
	const struct gg_tensor *a,
		*b; /* a: rank rows of base->dims[0]; b: base->dims[1] rows of rank */
	const struct gg_tensor *base;
};

/* alpha / rank, as libllama scales a pair. */
float adapter_scale(const struct gg_file *adapter, const struct adapter_pair *pair);

/* The pair for the adapter's tensor of this index; false if the index is the second half of a pair
 * or, with e set, if it fits nothing in the base. */
bool adapter_pair(const struct gg_file *adapter, const struct gg_file *base, size_t index,
	struct adapter_pair *out, struct err *e);

/* ERR_BAD_DATA if it was made for another model or is no adapter. `base_sha256` NULL: computed if
 * the adapter asks for it. */
bool adapter_check(const struct engine_adapter *adapter, const char *base_path,
	const char *base_sha256, struct err *e);

#endif

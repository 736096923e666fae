/*
 * probe.h - how fast the model answers, and how fast it could.
 *
 * Decoding reads every active weight once for each token, so memory that gives B bytes a second
 * allows at most B / active bytes tokens a second. Far less than that means a wrong backend,
 * swapping, a busy or a hot machine. Follows the two-term speed model that planners use, without
 * its overhead: a limit, not a forecast.
 */
#ifndef OFFGRID_ENGINE_PROBE_H
#define OFFGRID_ENGINE_PROBE_H

#include "engine/engine.h"
#include "model/gguf.h"

struct engine;

/* Bytes of weights that one token reads: of experts only the share that is used, of a token
 * embedding only if it serves as the output too. */
uint64_t probe_active_bytes(const struct gg_file *f);

/* Fills the facts: decodes a few tokens and, where the processor computes, measures its memory.
 * Takes a fifth of a second, or three tokens. Leaves the cache empty. */
void probe_speed(struct engine *g, const char *model_path, bool is_processor_only);

/* Less than half of what is usual, which is 0.6 of the limit. */
bool probe_is_slow(const struct engine_facts *facts);

#endif

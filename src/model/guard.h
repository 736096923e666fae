/*
 * guard.h - refuses the model files that would end the process inside libllama.
 *
 * Most bad files are refused by libllama with an error. Some run into its assertions instead, which
 * abort the whole program (and start a debugger). Those that 0.5.0 asserts about a file's metadata
 * are checked here first. It is a guard rail, not a proof: a file nobody has loaded before is still
 * opened in a child process by whoever wants to be sure.
 */
#ifndef OFFGRID_MODEL_GUARD_H
#define OFFGRID_MODEL_GUARD_H

#include "model/gguf.h"

/* ERR_BAD_DATA naming the key that is wrong. Adapters and projectors pass: they have no shape. */
bool guard_check(const struct gg_file *f, struct err *e);

#endif

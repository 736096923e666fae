/*
 * split.h - large models come in parts: NAME-00001-of-00003.gguf and its siblings.
 *
 * Only names; the parts' headers say the same in split.no and split.count, which libllama checks.
 * Follows llama.cpp's llama_split_path: part numbers from 1, five digits or more.
 */
#ifndef OFFGRID_MODEL_SPLIT_H
#define OFFGRID_MODEL_SPLIT_H

#include "base/arena.h"

struct split {
	struct str stem; /* the path up to "-00001-of-00003.gguf", borrowed */
	unsigned part, parts;
};

/* Is this the name of a part? False, and `out` untouched, if it is a file by itself. */
bool split_of(struct str path, struct split *out);

/* The path of one part, 1 to s->parts. */
struct str split_path(struct arena *a, const struct split *s, unsigned part);

#endif

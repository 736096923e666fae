/*
 * remove.h - removes a model that is ours, and nothing else.
 *
 * Files that other programs downloaded are theirs: the refusal says how they remove them.
 */
#ifndef OFFGRID_MODEL_REMOVE_H
#define OFFGRID_MODEL_REMOVE_H

#include "model/files.h"

/* ERR_DENIED, with the mend, if it is not ours to remove. */
bool remove_allowed(const struct model_file *m, struct err *e);

/* Every part, what stands beside them (hash, unfinished download), and folders left empty. Broken
 * ones too. Layer disk. */
bool remove_model(struct arena *a, const struct model_file *m, struct err *e);

#endif

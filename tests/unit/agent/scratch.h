/*
 * scratch.h - a folder of its own for every test of the agent: made before, removed after.
 */
#ifndef OFFGRID_TESTS_AGENT_SCRATCH_H
#define OFFGRID_TESTS_AGENT_SCRATCH_H

#include "../unit.h"

#include "base/arena.h"

/* One test at a time; `state` is not used. As setup and teardown of a cmocka test. */
int scratch_make(void **state);
int scratch_remove(void **state);

struct arena *scratch_arena(void);
const char *scratch_dir(void);              /* TOP/work: the working directory, without links */
const char *scratch_top(void);              /* TOP: what lies around it */
const char *scratch_path(const char *name); /* TOP/work/NAME */

void scratch_write(const char *name, const char *text); /* in the working directory, with parents */
struct str scratch_read(const char *name);
bool scratch_has(const char *name);

#endif

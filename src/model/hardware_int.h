/*
 * hardware_int.h - for tests: the same from a copy of the system's files. It never leaves this
 * folder and its tests.
 */
#ifndef OFFGRID_MODEL_HARDWARE_INT_H
#define OFFGRID_MODEL_HARDWARE_INT_H

#include "model/hardware.h"

/* `root` stands before /proc and /sys; `cores` is what the scheduler allows. */
void hardware_read_below(struct arena *a, const char *root, unsigned cores, struct hardware *out);

#endif

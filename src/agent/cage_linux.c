/*
 * cage_linux.c - the cages of Linux, best first.
 */
#include "agent/cage_int.h"

const struct cage_row *const cage_rows[] = { &cage_bubblewrap, &cage_landlock, NULL };

/*
 * cage_macos.c - the cages of macOS.
 */
#include "agent/cage_int.h"

const struct cage_row *const cage_rows[] = { &cage_seatbelt, NULL };

/*
 * nearest.h - "did you mean ...?": the candidate that a mistyped word comes closest to.
 *
 * Distance counts letters left out, added, changed, and neighbours swapped, whatever their case. A
 * candidate is close if about one letter in three is wrong at most, or if the word is its
 * beginning.
 */
#ifndef OFFGRID_BASE_NEAREST_H
#define OFFGRID_BASE_NEAREST_H

#include "base/str.h"

struct nearest {
	struct str word;
	struct str best; /* empty: none was close; borrowed from the candidates */
	size_t distance;
};

struct nearest nearest_to(struct str word);
void nearest_try(struct nearest *n, struct str candidate);

#endif

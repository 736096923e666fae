/*
 * toy_guide.h - a guide for a row of elements, each a set of bytes that comes so many times.
 *
 * Elements beside each other have no byte in common, so one position is the whole state. With
 * `opener` set everything passes until that byte came, and again after the last element.
 */
#ifndef OFFGRID_TESTS_ENGINE_TOY_GUIDE_H
#define OFFGRID_TESTS_ENGINE_TOY_GUIDE_H

#include "base/guide.h"

struct toy_element {
	struct byte_set set;
	unsigned least, most;
};

enum { TOY_ELEMENTS = 64 };

struct toy_grammar {
	struct toy_element elements[TOY_ELEMENTS];
	size_t count;
	char opener; /* 0: the pattern begins at once */
};

/* From a pattern: a byte stands for itself, [abc-f] for a set, then {2,5} for how often. */
void toy_init(struct toy_grammar *g, const char *pattern, char opener);
struct guide toy_guide(const struct toy_grammar *g);

/* Whether the whole text is what the grammar wants. */
bool toy_matches(const struct toy_grammar *g, struct str text);

#endif

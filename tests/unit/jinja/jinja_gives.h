/*
 * jinja_gives.h - what a template gives, for the tests of the Jinja engine.
 */
#ifndef OFFGRID_TESTS_JINJA_GIVES_H
#define OFFGRID_TESTS_JINJA_GIVES_H

#include "jinja/jinja.h"

struct rendered {
	struct buf text;
	struct jinja_spans spans;
	struct err e;
	bool ok;
};

/* Renders with two JSON objects; what cannot be compiled is a refusal too. The time is Sunday,
 * 2026-11-22 13:05:09. */
struct rendered jinja_rendered(
	const char *template, const char *conversation, const char *settings);
void jinja_rendered_clear(struct rendered *r);

/* Asserts the text, or the words of the refusal. */
void gives(const char *template, const char *expected);
void gives_with(const char *template, const char *conversation, const char *expected);

#endif

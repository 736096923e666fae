/*
 * must.c - the end of a program whose invariant broke; see must.h. The only place in the library
 * code that writes to stderr, since nobody is left to be told.
 */
#include "base/must.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void must_fail(const char *cond, const char *file, int line)
{
	fprintf(stderr, "offgrid: broken invariant: %s (%s:%d)\n", cond, file, line);
	abort();
}

static void *checked(void *p, size_t bytes)
{
	if (!p) {
		fprintf(stderr, "offgrid: out of memory (%zu bytes asked for)\n", bytes);
		abort();
	}
	return p;
}

void *must_alloc(size_t bytes)
{
	return checked(malloc(bytes ? bytes : 1), bytes);
}

void *must_calloc(size_t count, size_t bytes)
{
	MUST(bytes == 0 || count <= SIZE_MAX / bytes);
	return checked(calloc(count ? count : 1, bytes ? bytes : 1), count * bytes);
}

void *must_realloc(void *p, size_t bytes)
{
	return checked(realloc(p, bytes ? bytes : 1), bytes);
}

/*
 * must.h - broken invariants end the program, in every build.
 *
 * MUST is for what only a mistake of ours can break; what a user, a file or a peer can cause is a
 * `struct err`.
 */
#ifndef OFFGRID_BASE_MUST_H
#define OFFGRID_BASE_MUST_H

#include <stddef.h>

#define MUST(cond) ((cond) ? (void)0 : must_fail(#cond, __FILE__, __LINE__))

/* Prints the broken condition and where it stands to stderr, then aborts. */
_Noreturn void must_fail(const char *cond, const char *file, int line);

/* Allocation that does not return NULL: out of memory aborts with the size asked for. Size 0 gives
 * a valid pointer. */
void *must_alloc(size_t bytes);                /* not cleared */
void *must_calloc(size_t count, size_t bytes); /* cleared; overflow of the product aborts */
void *must_realloc(void *p, size_t bytes);

#endif

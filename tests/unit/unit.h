/*
 * unit.h - cmocka with its prerequisites, and the few assertions that every unit test here shares.
 */
#ifndef OFFGRID_TESTS_UNIT_H
#define OFFGRID_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#undef fail /* ours is the function in base/err.h; a test that must fail asserts */

#include "base/err.h"
#include "base/str.h"

/* The str holds exactly these bytes. */
#define assert_str(s, literal)                                                                     \
	do {                                                                                       \
		struct str got_ = (s);                                                             \
		assert_int_equal(got_.n, sizeof(literal) - 1);                                     \
		assert_memory_equal(got_.n ? got_.p : "", literal, got_.n);                        \
	} while (0)

/* The call failed with this kind and layer, and says what happened. */
#define assert_err(e, k, l)                                                                        \
	do {                                                                                       \
		assert_int_equal((e).kind, (k));                                                   \
		assert_int_equal((e).layer, (l));                                                  \
		assert_true((e).what[0] != 0);                                                     \
	} while (0)

#endif

/*
 * analyzer.h - what clang's analyzer cannot see from one file: these functions always return false.
 *
 * Without it every `if (!f(&out, e)) return false;` seems to go on with an `out` that was never
 * set. tools/lint includes it before each file but those that define the functions.
 */
#include "base/err.h"
#include "base/json.h"

static inline bool always_false(bool unknown)
{
	(void)unknown;
	return false;
}

#define fail(...)        always_false(fail(__VA_ARGS__))
#define fail_errno(...)  always_false(fail_errno(__VA_ARGS__))
#define err_mend(...)    always_false(err_mend(__VA_ARGS__))
#define js_fail(...)     always_false(js_fail(__VA_ARGS__))
#define err_context(...) always_false(err_context(__VA_ARGS__))

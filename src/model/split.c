/*
 * split.c - taking part names apart and making them; see split.h.
 */
#include "model/split.h"

#include "base/limits.h"

enum { DIGITS = 5 };

/* Takes "-of-00003" or "-00001" off the end of s: the digits behind the last dash. */
static bool take_number(struct str *s, unsigned *out)
{
	size_t dash = str_find_last(*s, STR("-"));
	uint64_t n;
	if (dash == SIZE_MAX || s->n - dash - 1 != DIGITS ||
		!str_to_u64(str_from(*s, dash + 1), &n) || n == 0 || n > LIMIT_SPLIT_PARTS)
		return false;
	*out = (unsigned)n;
	*s = str_sub(*s, 0, dash);
	return true;
}

bool split_of(struct str path, struct split *out)
{
	struct split s = { .stem = path };
	if (!str_ends(path, STR(".gguf")))
		return false;
	s.stem = str_sub(path, 0, path.n - STR(".gguf").n);
	if (!take_number(&s.stem, &s.parts) || !str_ends(s.stem, STR("-of")))
		return false;
	s.stem = str_sub(s.stem, 0, s.stem.n - STR("-of").n);
	if (!take_number(&s.stem, &s.part) || s.part > s.parts || s.stem.n == 0)
		return false;
	*out = s;
	return true;
}

struct str split_path(struct arena *a, const struct split *s, unsigned part)
{
	return arena_printf(
		a, "%.*s-%0*u-of-%0*u.gguf", STR_ARG(s->stem), DIGITS, part, DIGITS, s->parts);
}

/*
 * cuts.c - feeding a decoder in all ways; see cuts.h.
 */
#include "cuts.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"

static struct buf transcript(transcriber *transcribe, const struct str *pieces, size_t count)
{
	struct buf out;
	buf_init(&out, GIB);
	transcribe(pieces, count, &out);
	MUST(!out.overflow);
	return out;
}

static void compare(const struct buf *whole, struct buf *other, const char *how, size_t at)
{
	if (!str_eq(buf_str(whole), buf_str(other))) {
		fprintf(stderr, "%s %zu makes a difference; whole:\n%s\ncut:\n%s\n", how, at,
			buf_z(whole), buf_z(other));
		abort();
	}
	buf_clear(other);
}

struct buf assert_every_cut(struct str input, transcriber *transcribe)
{
	struct buf whole = transcript(transcribe, &input, 1);
	for (size_t at = 0; at <= input.n; at++) {
		struct str two[] = { str_sub(input, 0, at), str_from(input, at) };
		struct buf cut = transcript(transcribe, two, 2);
		compare(&whole, &cut, "a cut at byte", at);
	}
	struct str *bytes = must_calloc(input.n + 1, sizeof *bytes);
	for (size_t i = 0; i < input.n; i++)
		bytes[i] = str_sub(input, i, i + 1);
	struct buf single = transcript(transcribe, bytes, input.n);
	compare(&whole, &single, "byte by byte,", input.n);
	free(bytes);
	return whole;
}

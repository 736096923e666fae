/*
 * fuzz_passage.c - an upstream's pieces on their way to a client of the same dialect; the laws are
 * in passing.h.
 *
 * The first five bytes say which dialect, which event is meddled with, how, after which pieces the
 * socket was empty, and two bits: names of events, the name of the upstream in seals. A line
 * follows each piece.
 */
#include "../unit/chat/passing.h"

#include "fuzz.h"

enum { HEAD = 6, DIALECTS = 5, WITH_NAMES = 1, WITH_ORIGIN = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct passing t;
	if (n < HEAD)
		return 0;
	const struct dialect *rows[DIALECTS] = { &dialect_openai, &dialect_anthropic,
		&dialect_responses, &dialect_gemini, &dialect_ollama };
	const struct dialect *d = rows[bytes[0] % 16 % DIALECTS];
	struct str lines = str_n((const char *)bytes + HEAD, n - HEAD);
	unsigned flags = bytes[4];
	passing_init(&t, d, flags & WITH_ORIGIN ? STR("up") : STR(""),
		(enum meddling)(bytes[2] % 16 % MEDDLE_COUNT), bytes[1] % 32);
	passing_feed(&t, lines, bytes[3], flags & WITH_NAMES);
	MUST(t.is_over);
	MUST(passing_is_told(&t));
	MUST(!passing_lines_are_in_order(d, lines) || passing_is_in_order(d, buf_str(&t.out)));
	passing_clear(&t);
	return 0;
}

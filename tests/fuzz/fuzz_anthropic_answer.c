/*
 * fuzz_anthropic_answer.c - see fuzz_dialect.h.
 */
#include "fuzz_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	return fuzz_answer(&dialect_anthropic, bytes, n);
}

/*
 * fuzz_openai_request.c - see fuzz_dialect.h.
 */
#include "fuzz_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	return fuzz_request(&dialect_openai, bytes, n);
}

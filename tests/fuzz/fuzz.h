/*
 * fuzz.h - the one function each fuzzer defines; libFuzzer or replay.c calls it.
 *
 * It returns 0 and may not keep anything between calls. A fault is an abort: MUST, or a sanitizer.
 */
#ifndef OFFGRID_TESTS_FUZZ_H
#define OFFGRID_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#endif

/*
 * memory.h - how much memory the system will really hand out, and how fast it is. Any thread.
 */
#ifndef OFFGRID_ENGINE_MEMORY_H
#define OFFGRID_ENGINE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes that this process may still take without swapping: what the system calls available, less
 * where a container has a limit. UINT64_MAX if the system does not say. */
uint64_t memory_free_bytes(void);

/* Bytes that one thread after the other, then `threads` at once, can read in a second: the best of
 * some short runs (about 50 ms in all). */
double memory_read_bytes_s(int threads);

#endif

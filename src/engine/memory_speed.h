/*
 * memory_speed.h - how fast memory can be read: what limits the speed of answering on a processor.
 */
#ifndef OFFGRID_ENGINE_MEMORY_SPEED_H
#define OFFGRID_ENGINE_MEMORY_SPEED_H

/* Bytes that so many threads together can read in a second: the best of some short rounds, about
 * 50 ms in all. Blocking; any thread. */
double memory_read_bytes_s(int threads);

#endif

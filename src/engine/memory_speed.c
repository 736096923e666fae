/*
 * memory_speed.c - how fast memory can be read; see memory_speed.h.
 *
 * Each thread sums its own part of a block that is larger than the caches, several times; the best
 * round counts, since every disturbance only slows one down.
 *
 * Layer: engine.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "engine/memory_speed.h"

enum { ROUNDS = 4, MAX_THREADS = 64 };
#define BLOCK_BYTES (64 * MIB) /* beyond the last cache of most processors */

struct reader {
	const uint64_t *from;
	size_t words;
	uint64_t sum;
	pthread_t thread;
	bool has_thread;
};

static void *read_part(void *ctx)
{
	struct reader *r = ctx;
	uint64_t sums[8] = { 0 };
	for (size_t i = 0; i + 8 <= r->words; i += 8)
		for (size_t k = 0; k < 8; k++)
			sums[k] += r->from[i + k];
	for (size_t k = 0; k < 8; k++)
		r->sum += sums[k];
	return NULL;
}

static int64_t one_round(struct reader *readers, int count)
{
	int64_t began = clock_us();
	for (int i = 1; i < count; i++)
		readers[i].has_thread =
			pthread_create(&readers[i].thread, NULL, read_part, &readers[i]) == 0;
	read_part(&readers[0]);
	for (int i = 1; i < count; i++) {
		if (readers[i].has_thread)
			pthread_join(readers[i].thread, NULL);
		else
			read_part(&readers[i]);
	}
	return clock_us() - began;
}

double memory_read_bytes_s(int threads)
{
	int count = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
	size_t words = BLOCK_BYTES / sizeof(uint64_t);
	uint64_t *block = must_alloc(BLOCK_BYTES);
	memset(block, 1, BLOCK_BYTES);
	struct reader readers[MAX_THREADS] = { { 0 } };
	for (int i = 0; i < count; i++)
		readers[i] = (struct reader){ .from = block + words / (size_t)count * (size_t)i,
			.words = words / (size_t)count };
	int64_t best = INT64_MAX;
	for (int i = 0; i < ROUNDS; i++) {
		int64_t took = one_round(readers, count);
		best = took < best ? took : best;
	}
	volatile uint64_t keep = readers[0].sum; /* the sums must not be optimised away */
	(void)keep;
	free(block);
	return (double)BLOCK_BYTES * 1e6 / (double)(best > 0 ? best : 1);
}

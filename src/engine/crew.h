/*
 * crew.h - how many threads compute: fewer while other programs want the processor too.
 *
 * The threads of libllama wait for each other hundreds of times in a token, and they wait by
 * spinning. One of them put aside by the system for some milliseconds holds up all: with both of
 * two cores busy elsewhere, two threads were 4 to 20 times slower than one. Whether that is so
 * shows in how much of the time the threads really had a processor. From time to time the whole
 * crew is tried again.
 *
 * No I/O, no clock. Belongs to the engine's thread.
 */
#ifndef OFFGRID_ENGINE_CREW_H
#define OFFGRID_ENGINE_CREW_H

#include <stdint.h>

struct crew {
	int most, now;
	int64_t wall_us, cpu_us; /* of the batches since the last decision */
	int64_t away_us;         /* computed with fewer than `most` */
	int64_t wait_us;         /* so long until the whole crew is tried again */
};

void crew_init(struct crew *c, int most);

/* Told of each batch: how long it took, and how much processor time all threads had meanwhile.
 * Returns how many threads are to compute the next one. */
int crew_note(struct crew *c, int64_t wall_us, int64_t cpu_us);

#endif

/*
 * hardware.h - what this machine has for a model: processor, cores, memory.
 *
 * Memory that is free means free for us: what the system says is available, lowered by every cgroup
 * limit above us (a container's, a service's). Devices other than the processor are the engine's to
 * ask, because only its library knows what they will really give. Linux reads /proc and the cgroup
 * file system, macOS sysctl and the Mach host.
 */
#ifndef OFFGRID_MODEL_HARDWARE_H
#define OFFGRID_MODEL_HARDWARE_H

#include "base/arena.h"

struct hardware {
	struct str cpu;          /* its name for people; never empty */
	unsigned cores;          /* that we may use: affinity and cgroup quota taken into account */
	unsigned physical_cores; /* without hyper-threads; at most `cores` */
	uint64_t memory_bytes;   /* built in, or the cgroup's limit if that is lower */
	uint64_t free_bytes;     /* what a model may take now */
	bool is_limited_by_cgroup; /* what lowers free_bytes */
};

void hardware_read(struct arena *a, struct hardware *out);

#endif

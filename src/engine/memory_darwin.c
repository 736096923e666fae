/*
 * memory_darwin.c - memory that is free, from the Mach kernel; see memory.h.
 *
 * Layer: engine.
 */
#include <mach/mach.h>
#include <unistd.h>

#include "engine/memory.h"

uint64_t memory_free_bytes(void)
{
	vm_statistics64_data_t s;
	mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
	if (host_statistics64(mach_host_self(), HOST_VM_INFO64, (host_info64_t)&s, &count) !=
		KERN_SUCCESS)
		return UINT64_MAX;
	uint64_t pages =
		(uint64_t)s.free_count + s.inactive_count + s.purgeable_count + s.speculative_count;
	return pages * (uint64_t)getpagesize();
}

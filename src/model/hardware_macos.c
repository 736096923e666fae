/*
 * hardware_macos.c - sysctl and the Mach host's page counts; see hardware.h.
 *
 * Free counts pages that are free, inactive, speculative or purgeable: what the system hands out
 * before it begins to swap.
 */
#include <mach/mach.h>
#include <sys/sysctl.h>

#include "model/hardware.h"

enum { NAME_BYTES = 128 };

static uint64_t number(const char *name, uint64_t otherwise)
{
	uint64_t value = 0;
	size_t bytes = sizeof(value);
	return sysctlbyname(name, &value, &bytes, NULL, 0) == 0 && value ? value : otherwise;
}

static struct str cpu_name(struct arena *a)
{
	char name[NAME_BYTES];
	size_t bytes = sizeof(name) - 1;
	if (sysctlbyname("machdep.cpu.brand_string", name, &bytes, NULL, 0) != 0)
		return STR("unknown processor");
	name[bytes] = 0;
	return arena_str(a, str_z(name));
}

static uint64_t free_bytes(uint64_t otherwise)
{
	vm_statistics64_data_t pages;
	mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
	host_t host = mach_host_self();
	if (host_statistics64(host, HOST_VM_INFO64, (host_info64_t)&pages, &count) != KERN_SUCCESS)
		return otherwise;
	uint64_t usable = (uint64_t)pages.free_count + pages.inactive_count +
			  pages.speculative_count + pages.purgeable_count;
	return usable * number("hw.pagesize", 4096);
}

void hardware_read(struct arena *a, struct hardware *out)
{
	uint64_t memory = number("hw.memsize", 0);
	*out = (struct hardware){
		.cpu = cpu_name(a),
		.cores = (unsigned)number("hw.logicalcpu", 1),
		.physical_cores = (unsigned)number("hw.physicalcpu", 1),
		.memory_bytes = memory,
		.free_bytes = free_bytes(memory),
	};
}

/*
 * memory_linux.c - memory that is free, from /proc and the control groups; see memory.h.
 *
 * Layer: engine.
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/limits.h"
#include "engine/memory.h"

enum { FILE_BYTES = 64 * 1024 };

/* The number in a file that holds one; UINT64_MAX for "max", for none, and where there is no file.
 */
static uint64_t number_in(const char *path)
{
	struct buf text;
	uint64_t n = UINT64_MAX;
	buf_init(&text, FILE_BYTES);
	if (!fs_read(path, &text, NULL) || !str_to_u64(str_trim(buf_str(&text)), &n))
		n = UINT64_MAX;
	buf_clear(&text);
	return n;
}

/* A line "NAME:   1234 kB" of /proc/meminfo, "name 1234" of memory.stat. */
static uint64_t line_in(const char *path, struct str name, uint64_t unit)
{
	struct buf text;
	uint64_t n = UINT64_MAX;
	buf_init(&text, FILE_BYTES);
	fs_read(path, &text, NULL);
	struct str rest = buf_str(&text), line;
	while (n == UINT64_MAX && str_cut(&rest, '\n', &line)) {
		if (!str_starts(line, name))
			continue;
		struct str value = str_trim(str_from(line, name.n)), number;
		str_cut(&value, ' ', &number);
		if (str_to_u64(number, &n))
			n *= unit;
	}
	buf_clear(&text);
	return n;
}

struct group_files {
	const char *limit, *used, *stat;
};

/* The second version of control groups, then the first, as a container sees its own. */
static const struct group_files groups[] = {
	{ "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current",
		"/sys/fs/cgroup/memory.stat" },
	{ "/sys/fs/cgroup/memory/memory.limit_in_bytes",
		"/sys/fs/cgroup/memory/memory.usage_in_bytes",
		"/sys/fs/cgroup/memory/memory.stat" },
};

/* What the group may still take; files it has cached can be let go of. */
static uint64_t group_free(const struct group_files *g)
{
	uint64_t limit = number_in(g->limit), used = number_in(g->used);
	uint64_t cached = line_in(g->stat, STR("inactive_file "), 1);
	if (limit == UINT64_MAX || used == UINT64_MAX)
		return UINT64_MAX;
	if (cached != UINT64_MAX)
		used = used > cached ? used - cached : 0;
	return limit > used ? limit - used : 0;
}

uint64_t memory_free_bytes(void)
{
	uint64_t free_bytes = line_in("/proc/meminfo", STR("MemAvailable:"), KIB);
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
		uint64_t n = group_free(&groups[i]);
		if (n < free_bytes)
			free_bytes = n;
	}
	return free_bytes;
}

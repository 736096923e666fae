/*
 * hardware_linux.c - /proc/meminfo, /proc/cpuinfo and the cgroup files, versions 1 and 2; see
 * hardware.h.
 *
 * What cannot be read is taken as not limiting. A cgroup's free memory is its limit less what it
 * uses, not counting pages of files that can be dropped at once.
 */
#include <limits.h>
#include <sched.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/must.h"
#include "model/hardware_int.h"

struct machine {
	struct arena *a;
	const char *root;
};

/* The whole of one small file; empty if it is not there. */
static struct str read_text(const struct machine *y, const char *path)
{
	struct buf text;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	fs_read(arena_printf(y->a, "%s%s", y->root, path).p, &text, NULL);
	struct str s = arena_str(y->a, buf_str(&text));
	buf_clear(&text);
	return s;
}

/* What stands behind "KEY" (and a colon or blanks) at the start of a line. */
static struct str value_of(struct str text, const char *key)
{
	struct str line;
	while (text.n && str_cut(&text, '\n', &line)) {
		if (!str_starts(line, str_z(key)))
			continue;
		struct str rest = str_from(line, str_z(key).n);
		if (rest.n && (rest.p[0] == ':' || rest.p[0] == ' ' || rest.p[0] == '\t')) {
			rest = str_trim(rest);
			return str_trim(str_starts(rest, STR(":")) ? str_from(rest, 1) : rest);
		}
	}
	return STR("");
}

static uint64_t number_of(struct str text, uint64_t otherwise)
{
	uint64_t n;
	struct str word = STR("");
	text = str_trim(text);
	str_cut(&text, ' ', &word);
	return str_to_u64(word, &n) ? n : otherwise;
}

/* ---- memory ---- */

static uint64_t meminfo_bytes(struct str meminfo, const char *key)
{
	const uint64_t unit = 1024;
	return unit * number_of(value_of(meminfo, key), 0);
}

struct cgroup_files {
	const char *folder; /* where the hierarchy is mounted */
	const char *limit, *usage, *droppable;
};

static const struct cgroup_files version_2 = { "/sys/fs/cgroup", "memory.max", "memory.current",
	"inactive_file" };
static const struct cgroup_files version_1 = { "/sys/fs/cgroup/memory", "memory.limit_in_bytes",
	"memory.usage_in_bytes", "total_inactive_file" };

/* One group of the hierarchy. */
static void apply_group(
	const struct machine *y, const struct cgroup_files *v, struct str group, struct hardware *h)
{
	struct str dir = arena_printf(y->a, "%s%.*s", v->folder, STR_ARG(group));
	const char *limit_path = arena_printf(y->a, "%s/%s", dir.p, v->limit).p;
	const char *usage_path = arena_printf(y->a, "%s/%s", dir.p, v->usage).p;
	uint64_t limit = number_of(read_text(y, limit_path), UINT64_MAX);
	if (limit >= h->memory_bytes) /* none, or more than there is */
		return;
	struct str stat = read_text(y, arena_printf(y->a, "%s/memory.stat", dir.p).p);
	uint64_t used = number_of(read_text(y, usage_path), 0);
	uint64_t droppable = number_of(value_of(stat, v->droppable), 0);
	used -= droppable < used ? droppable : used;
	uint64_t free_bytes = limit > used ? limit - used : 0;
	h->memory_bytes = limit;
	if (free_bytes < h->free_bytes) {
		h->free_bytes = free_bytes;
		h->is_limited_by_cgroup = true;
	}
}

/* A group and all above it. */
static void apply_groups(
	const struct machine *y, const struct cgroup_files *v, struct str group, struct hardware *h)
{
	while (group.n > 1) {
		apply_group(y, v, group, h);
		group = fs_parent(group);
	}
	apply_group(y, v, STR(""), h);
}

static void apply_cgroups(const struct machine *y, struct hardware *h)
{
	struct str text = read_text(y, "/proc/self/cgroup"), line;
	while (text.n && str_cut(&text, '\n', &line)) {
		struct str id = STR(""), controllers = STR(""), group = line;
		str_cut(&group, ':', &id);
		str_cut(&group, ':', &controllers);
		if (str_eq_z(id, "0") && controllers.n == 0)
			apply_groups(y, &version_2, group, h);
		else if (str_find(controllers, STR("memory")) != SIZE_MAX)
			apply_groups(y, &version_1, group, h);
	}
}

/* ---- processor ---- */

/* "max 100000" or "150000 100000": processor time in each period. */
static unsigned quota_cores(const struct machine *y, unsigned cores)
{
	struct str text = str_trim(read_text(y, "/sys/fs/cgroup/cpu.max")), quota = STR("");
	str_cut(&text, ' ', &quota);
	uint64_t time = number_of(quota, 0), period = number_of(text, 0);
	if (time == 0 || period == 0)
		return cores;
	uint64_t whole = (time + period - 1) / period;
	return whole < cores ? (unsigned)whole : cores;
}

/* Different pairs of "physical id" and "core id". */
static unsigned count_physical(struct str cpuinfo, unsigned cores)
{
	enum { MAX_CORES = 1024 };
	uint64_t seen[MAX_CORES];
	unsigned count = 0;
	uint64_t package = 0;
	struct str line;
	while (cpuinfo.n && str_cut(&cpuinfo, '\n', &line)) {
		struct str key = STR("");
		str_cut(&line, ':', &key);
		key = str_trim(key);
		if (str_eq_z(key, "physical id"))
			package = number_of(line, 0);
		if (!str_eq_z(key, "core id"))
			continue;
		uint64_t id = package << 32 | number_of(line, 0);
		unsigned i = 0;
		while (i < count && seen[i] != id)
			i++;
		if (i == count && count < MAX_CORES)
			seen[count++] = id;
	}
	return count == 0 || count > cores ? cores : count;
}

static struct str cpu_name(const struct machine *y, struct str cpuinfo)
{
	struct str name = value_of(cpuinfo, "model name");
	if (name.n == 0)
		name = value_of(cpuinfo, "Model"); /* ARM boards */
	if (name.n == 0) {
		name = read_text(y, "/proc/device-tree/model");
		name = str_sub(name, 0, str_find_char(name, 0));
	}
	return name.n ? arena_str(y->a, name) : STR("unknown processor");
}

void hardware_read_below(struct arena *a, const char *root, unsigned cores, struct hardware *out)
{
	struct machine y = { a, root };
	struct str meminfo = read_text(&y, "/proc/meminfo");
	struct str cpuinfo = read_text(&y, "/proc/cpuinfo");
	struct hardware h = {
		.cpu = cpu_name(&y, cpuinfo),
		.cores = quota_cores(&y, cores),
		.memory_bytes = meminfo_bytes(meminfo, "MemTotal"),
		.free_bytes = meminfo_bytes(meminfo, "MemAvailable"),
	};
	h.physical_cores = count_physical(cpuinfo, h.cores);
	apply_cgroups(&y, &h);
	*out = h;
}

void hardware_read(struct arena *a, struct hardware *out)
{
	cpu_set_t allowed;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
		cores = CPU_COUNT(&allowed);
	hardware_read_below(a, "", cores > 0 ? (unsigned)cores : 1, out);
}

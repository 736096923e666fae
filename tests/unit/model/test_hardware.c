#include "../unit.h"
#include "home.h"

#include "base/fs.h"
#include "base/limits.h"
#include "model/hardware_int.h"

/* The system's files, copied below the test's home. */
static void put_machine(void)
{
	home_put("proc/meminfo", STR("MemTotal:       16384000 kB\nMemFree:          100000 kB\n"
				     "MemAvailable:    8192000 kB\n"));
	home_put("proc/cpuinfo", STR("processor\t: 0\nmodel name\t: Test CPU @ 3 GHz\nphysical "
				     "id\t: 0\ncore id\t\t: 0\n\n"
				     "processor\t: 1\nmodel name\t: Test CPU @ 3 GHz\nphysical "
				     "id\t: 0\ncore id\t\t: 0\n\n"
				     "processor\t: 2\nmodel name\t: Test CPU @ 3 GHz\nphysical "
				     "id\t: 0\ncore id\t\t: 1\n\n"
				     "processor\t: 3\nmodel name\t: Test CPU @ 3 GHz\nphysical "
				     "id\t: 1\ncore id\t\t: 1\n"));
}

static struct hardware read_machine(void)
{
	struct hardware h;
	struct str root = str_z(home_path("."));
	hardware_read_below(home_arena(), root.p, 4, &h);
	return h;
}

static void a_bare_machine_is_what_the_system_says(void **state)
{
	(void)state;
	put_machine();
	struct hardware h = read_machine();
	assert_str(h.cpu, "Test CPU @ 3 GHz");
	assert_int_equal(h.cores, 4);
	assert_int_equal(h.physical_cores, 3);
	assert_int_equal(h.memory_bytes, 16384000 * KIB);
	assert_int_equal(h.free_bytes, 8192000 * KIB);
	assert_false(h.is_limited_by_cgroup);
}

static void a_containers_limit_counts(void **state)
{
	(void)state;
	put_machine();
	home_put("proc/self/cgroup", STR("0::/\n"));
	home_put("sys/fs/cgroup/memory.max", STR("4294967296\n"));
	home_put("sys/fs/cgroup/memory.current", STR("3221225472\n"));
	home_put("sys/fs/cgroup/memory.stat", STR("anon 1\ninactive_file 2147483648\nfile 9\n"));
	home_put("sys/fs/cgroup/cpu.max", STR("150000 100000\n"));
	struct hardware h = read_machine();
	assert_int_equal(h.memory_bytes, 4 * GIB);
	assert_int_equal(h.free_bytes, 3 * GIB);
	assert_true(h.is_limited_by_cgroup);
	assert_int_equal(h.cores, 2);
	assert_int_equal(h.physical_cores, 2);
}

static void the_tightest_group_above_us_counts(void **state)
{
	(void)state;
	put_machine();
	home_put("proc/self/cgroup", STR("0::/user.slice/app.scope\n"));
	home_put("sys/fs/cgroup/user.slice/app.scope/memory.max", STR("max\n"));
	home_put("sys/fs/cgroup/user.slice/memory.max", STR("2147483648\n"));
	home_put("sys/fs/cgroup/user.slice/memory.current", STR("3221225472\n"));
	struct hardware h = read_machine();
	assert_int_equal(h.memory_bytes, 2 * GIB);
	assert_int_equal(h.free_bytes, 0);
}

static void the_older_hierarchy_is_read_too(void **state)
{
	(void)state;
	put_machine();
	home_put("proc/self/cgroup", STR("5:cpu,cpuacct:/x\n4:memory:/docker/abc\n"));
	home_put("sys/fs/cgroup/memory/memory.limit_in_bytes", STR("1073741824\n"));
	home_put("sys/fs/cgroup/memory/memory.usage_in_bytes", STR("536870912\n"));
	home_put("sys/fs/cgroup/memory/memory.stat",
		STR("cache 0\ntotal_inactive_file 268435456\n"));
	struct hardware h = read_machine();
	assert_int_equal(h.memory_bytes, 1 * GIB);
	assert_int_equal(h.free_bytes, 768 * MIB);
}

static void a_limit_above_what_there_is_means_nothing(void **state)
{
	(void)state;
	put_machine();
	home_put("proc/self/cgroup", STR("4:memory:/\n0::/\n"));
	home_put("sys/fs/cgroup/memory/memory.limit_in_bytes", STR("9223372036854771712\n"));
	home_put("sys/fs/cgroup/memory.max", STR("max\n"));
	struct hardware h = read_machine();
	assert_int_equal(h.free_bytes, 8192000 * KIB);
	assert_false(h.is_limited_by_cgroup);
}

static void without_any_file_nothing_is_invented(void **state)
{
	(void)state;
	struct hardware h = read_machine();
	assert_str(h.cpu, "unknown processor");
	assert_int_equal(h.cores, 4);
	assert_int_equal(h.memory_bytes, 0);
	assert_int_equal(h.free_bytes, 0);
}

static void this_machine_has_something(void **state)
{
	(void)state;
	struct hardware h;
	hardware_read(home_arena(), &h);
	assert_true(h.cpu.n > 0 && h.cores > 0 && h.physical_cores > 0);
	assert_true(h.memory_bytes > MIB && h.free_bytes > 0);
}

#define IN_A_HOME(test) cmocka_unit_test_setup_teardown(test, home_make, home_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_HOME(a_bare_machine_is_what_the_system_says),
		IN_A_HOME(a_containers_limit_counts),
		IN_A_HOME(the_tightest_group_above_us_counts),
		IN_A_HOME(the_older_hierarchy_is_read_too),
		IN_A_HOME(a_limit_above_what_there_is_means_nothing),
		IN_A_HOME(without_any_file_nothing_is_invented),
		IN_A_HOME(this_machine_has_something),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

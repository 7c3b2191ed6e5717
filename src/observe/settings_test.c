// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/unittest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "observe/machine_testing.h"
#include "observe/quota.h"
#include "observe/settings.h"

static void assert_cpus(const cpu_set_t *set, const char *wanted)
{
	char text[CPUS_TEXT_MAX];

	cpus_format(set, text, sizeof(text));
	assert_string_equal(text, wanted);
}

static void limits_are_read(void **state)
{
	const char *root = *state;
	struct machine_facts f;

	put(root, "/proc/self/limits",
	    "Limit                     Soft Limit           Hard Limit           Units     \n"
	    "Max cpu time              unlimited            unlimited            seconds   \n"
	    "Max open files            1024                 524288               files     \n");
	put(root, "/proc/sys/fs/nr_open", "1048576\n");
	put(root, "/proc/sys/fs/file-max", "9223372036854775807\n");
	put(root, "/proc/sys/fs/file-nr", "1216\t0\t9223372036854775807\n");
	settings_read(root, &f);
	assert_int_equal(f.files.soft, 1024);
	assert_int_equal(f.files.hard, 524288);
	assert_int_equal(f.nr_open, 1048576);
	assert_int_equal(f.file_max, INT64_MAX);
	assert_int_equal(f.files_allocated, 1216);
	put(root, "/proc/self/limits",
	    "Max open files            unlimited            unlimited            files\n");
	settings_read(root, &f);
	assert_int_equal(f.files.hard, INT64_MAX);
	/* what is larger than any number that we have is as good as no limit */
	put(root, "/proc/sys/fs/file-max", "18446744073709551615\n");
	settings_read(root, &f);
	assert_int_equal(f.file_max, INT64_MAX);
}

static void network_is_read(void **state)
{
	const char *root = *state;
	struct machine_facts f;

	put(root, "/proc/sys/net/core/somaxconn", "128\n");
	put(root, "/proc/sys/net/ipv4/tcp_max_syn_backlog", "512\n");
	put(root, "/proc/sys/net/ipv4/tcp_syncookies", "1\n");
	put(root, "/proc/sys/net/ipv4/tcp_tw_reuse", "2\n");
	put(root, "/proc/sys/net/ipv4/tcp_timestamps", "0\n");
	put(root, "/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
	put(root, "/proc/net/sockstat",
	    "sockets: used 290\nTCP: inuse 7 orphan 0 tw 4321 alloc 10 mem 3\nUDP: inuse 2 mem 1\n");
	settings_read(root, &f);
	assert_int_equal(f.somaxconn, 128);
	assert_int_equal(f.syn_backlog, 512);
	assert_int_equal(f.syncookies, 1);
	assert_int_equal(f.tw_reuse, 2);
	assert_int_equal(f.timestamps, 0);
	assert_int_equal(f.port_first, 32768);
	assert_int_equal(f.port_last, 60999);
	assert_int_equal(f.time_wait, 4321);
}

static void memory_is_read(void **state)
{
	const char *root = *state;
	struct machine_facts f;

	put(root, "/proc/meminfo",
	    "MemTotal:        8000000 kB\nMemFree:          100000 kB\nMemAvailable:    5000000 kB\n"
	    "SwapCached:            0 kB\nSwapTotal:       1000000 kB\nSwapFree:         400000 kB\n");
	settings_read(root, &f);
	assert_int_equal(f.memory_bytes, 8000000LL * 1024);
	assert_int_equal(f.available_bytes, 5000000LL * 1024);
	assert_int_equal(f.swap_used_bytes, 600000LL * 1024);
}

static void cpus_are_read(void **state)
{
	const char *root = *state;
	struct machine_facts f;
	char path[96];

	put(root, "/sys/devices/system/cpu/online", "0-3\n");
	put(root, "/proc/self/status",
	    "Name:\tmaxq\nCpus_allowed:\t5\nCpus_allowed_list:\t0,2\nMems_allowed:\t1\n");
	for (int cpu = 0; cpu < 4; cpu++) {
		snprintf(
		    path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
		put(root, path, cpu % 2 ? "1,3\n" : "0,2\n");
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", cpu);
		put(root, path, cpu == 2 ? "powersave\n" : "performance\n");
	}
	put(root, "/sys/devices/system/cpu/smt/control", "on\n");
	put(root, "/sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
	put(root, "/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
	put(root, "/sys/devices/system/clocksource/clocksource0/available_clocksource",
	    "tsc hpet acpi_pm \n");
	put(root, "/proc/cpuinfo",
	    "processor\t: 0\nmodel name\t: x\nflags\t\t: fpu sse hypervisor\nbugs\t\t:\n");
	settings_read(root, &f);
	assert_cpus(&f.online, "0-3");
	assert_cpus(&f.allowed, "0,2");
	assert_int_equal(f.core_of[2], 0);
	assert_int_equal(f.core_of[3], 1);
	assert_cpus(&f.governed, "0-3");
	assert_cpus(&f.slow, "2");
	assert_string_equal(f.governor, "powersave");
	assert_true(f.smt_switchable);
	assert_int_equal(f.turbo, TURBO_INTEL);
	assert_string_equal(f.clocksource, "hpet");
	assert_string_equal(f.clocksources, "tsc hpet acpi_pm ");
	assert_true(f.is_virtual);
	put(root, "/proc/cpuinfo", "flags\t\t: fpu sse\nbugs\t\t: hypervisor\n");
	put(root, "/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
	put(root, "/sys/devices/system/cpu/smt/control", "notsupported\n");
	settings_read(root, &f);
	assert_false(f.is_virtual);
	assert_int_equal(f.turbo, TURBO_OFF);
	assert_false(f.smt_switchable);
}

static void containers_are_fixed(void **state)
{
	const char *root = *state;
	struct machine_facts f;

	put(root, "/proc/self/mounts",
	    "proc /proc proc rw 0 0\nproc /proc/sys proc ro,nosuid 0 0\nsysfs /sys sysfs ro,nosuid 0 0\n");
	/* as containers have it; CAP_SYS_RESOURCE is 24 */
	put(root, "/proc/self/status", "CapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\n");
	settings_read(root, &f);
	assert_true(f.sysctl_fixed && f.sys_fixed && f.limits_fixed);
	put(root, "/proc/self/mounts", "proc /proc proc rw 0 0\nsysfs /sys sysfs rw,nosuid 0 0\n");
	put(root, "/proc/self/status", "CapEff:\t0000000000000000\nCapBnd:\t000001ffffffffff\n");
	settings_read(root, &f);
	assert_false(f.sysctl_fixed || f.sys_fixed || f.limits_fixed);
}

/* A machine that tells nothing: everything is unknown, and nothing is made up. */
static void nothing_is_unknown(void **state)
{
	struct machine_facts f;

	settings_read(*state, &f);
	assert_int_equal(f.files.soft, -1);
	assert_int_equal(f.file_max, -1);
	assert_int_equal(f.somaxconn, -1);
	assert_int_equal(f.port_first, -1);
	assert_int_equal(f.time_wait, -1);
	assert_int_equal(f.memory_bytes, -1);
	assert_int_equal(f.swap_used_bytes, -1);
	assert_int_equal(CPU_COUNT(&f.online), 0);
	assert_int_equal(CPU_COUNT(&f.governed), 0);
	assert_int_equal(f.turbo, TURBO_NONE);
	assert_string_equal(f.clocksource, "");
	assert_true(isinf(f.quota.cores));
	assert_true(f.memory_limit.bytes == INT64_MAX && f.memory_pressure == -1);
	assert_false(f.sysctl_fixed || f.sys_fixed || f.limits_fixed);
}

static void garbage_is_unknown(void **state)
{
	const char *root = *state;
	struct machine_facts f;

	put(root, "/proc/sys/net/core/somaxconn", "many\n");
	put(root, "/proc/sys/net/ipv4/ip_local_port_range", "32768\n");
	put(root, "/proc/net/sockstat", "TCP: inuse 7\n");
	put(root, "/proc/self/limits", "Max open files\n");
	put(root, "/proc/self/cgroup", "0::\n:\nx\n1:cpu\n");
	put(root, "/proc/meminfo", "");
	put(root, "/sys/devices/system/cpu/online", "zero\n");
	settings_read(root, &f);
	assert_int_equal(f.somaxconn, -1);
	assert_int_equal(f.port_first, -1);
	assert_int_equal(f.port_last, -1);
	assert_int_equal(f.time_wait, -1);
	assert_int_equal(f.files.hard, -1);
	assert_int_equal(CPU_COUNT(&f.online), 0);
}

static void quota_of_version_2(void **state)
{
	const char *root = *state;
	struct cpu_quota quota;
	cpu_set_t cpus;

	put(root, "/proc/self/mounts",
	    "proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n");
	put(root, "/proc/self/cgroup", "0::/work.slice/app.service\n");
	put(root, "/sys/fs/cgroup/work.slice/app.service/cpu.max", "max 100000\n");
	put(root, "/sys/fs/cgroup/work.slice/app.service/cpuset.cpus.effective", "1-2\n");
	quota_read(root, "self", &quota);
	assert_true(isinf(quota.cores));
	/* a group above limits all below it */
	put(root, "/sys/fs/cgroup/work.slice/cpu.max", "150000 100000\n");
	quota_read(root, "self", &quota);
	assert_float_equal(quota.cores, 1.5, 1e-9);
	assert_string_equal(quota.file, "/sys/fs/cgroup/work.slice/cpu.max");
	assert_false(quota.is_v1);
	assert_false(quota.is_outermost);
	/* the tightest counts */
	put(root, "/sys/fs/cgroup/work.slice/app.service/cpu.max", "50000 200000\n");
	quota_read(root, "self", &quota);
	assert_float_equal(quota.cores, 0.25, 1e-9);
	quota_cpuset(root, "self", &cpus);
	assert_cpus(&cpus, "1-2");
}

static void quota_of_a_container(void **state)
{
	const char *root = *state;
	struct cpu_quota quota;

	put(root, "/proc/self/mounts", "cgroup /sys/fs/cgroup cgroup2 ro 0 0\n");
	put(root, "/proc/self/cgroup", "0::/\n");
	put(root, "/sys/fs/cgroup/cpu.max", "200000 100000\n");
	quota_read(root, "self", &quota);
	assert_float_equal(quota.cores, 2, 1e-9);
	assert_true(quota.is_outermost);
	assert_string_equal(quota.file, "/sys/fs/cgroup/cpu.max");
}

static void quota_of_version_1(void **state)
{
	const char *root = *state;
	struct cpu_quota quota;
	cpu_set_t cpus;

	put(root, "/proc/77/cgroup", "4:memory:/m\n3:cpuset:/jobs\n2:cpuacct,cpu:/jobs/one\n0::/\n");
	put(root, "/proc/self/mounts",
	    "cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\ncgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\n"
	    "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n");
	put(root, "/sys/fs/cgroup/cpu,cpuacct/jobs/one/cpu.cfs_quota_us", "-1\n");
	put(root, "/sys/fs/cgroup/cpu,cpuacct/jobs/one/cpu.cfs_period_us", "100000\n");
	put(root, "/sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us", "75000\n");
	put(root, "/sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_period_us", "50000\n");
	put(root, "/sys/fs/cgroup/cpuset/jobs/cpuset.effective_cpus", "0-1\n");
	quota_read(root, "77", &quota);
	assert_float_equal(quota.cores, 1.5, 1e-9);
	assert_true(quota.is_v1);
	assert_string_equal(quota.file, "/sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us");
	quota_cpuset(root, "77", &cpus);
	assert_cpus(&cpus, "0-1");
	/* mounted without the controller's own hierarchy: not seen, and not made up */
	put(root, "/proc/self/mounts", "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n");
	quota_read(root, "77", &quota);
	assert_true(isinf(quota.cores));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_ROOT(limits_are_read),
	    IN_ROOT(network_is_read),
	    IN_ROOT(memory_is_read),
	    IN_ROOT(cpus_are_read),
	    IN_ROOT(containers_are_fixed),
	    IN_ROOT(nothing_is_unknown),
	    IN_ROOT(garbage_is_unknown),
	    IN_ROOT(quota_of_version_2),
	    IN_ROOT(quota_of_a_container),
	    IN_ROOT(quota_of_version_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

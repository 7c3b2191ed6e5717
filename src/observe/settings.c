// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/settings.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "base/file.h"
#include "observe/memory.h"
#include "observe/quota.h"

#define SYS_CPU "/sys/devices/system/cpu"
#define SYS_CLOCK "/sys/devices/system/clocksource/clocksource0"

enum { PATH_SIZE = 1024, TEXT_SIZE = 4096 };

int settings_text(const char *root, const char *path, char *text, size_t size)
{
	char full[PATH_SIZE];
	int n;

	if ((size_t)snprintf(full, sizeof(full), "%s%s", root, path) >= sizeof(full))
		return -ENAMETOOLONG;
	n = file_read_text(full, text, size);
	if (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	return n;
}

/* A number at the start of `text`, also "unlimited" or "max"; -1 when there is none. */
static int64_t parse_number(const char *text)
{
	char *end;
	long long value;

	text += strspn(text, " \t");
	if (!strncmp(text, "unlimited", 9) || !strncmp(text, "max", 3))
		return INT64_MAX;
	value = strtoll(text, &end, 10);
	return end == text || value < 0 ? -1 : value;
}

int64_t settings_number(const char *root, const char *path)
{
	char text[256];

	return settings_text(root, path, text, sizeof(text)) > 0 ? parse_number(text) : -1;
}

/* What follows `key` at the start of a line, or NULL. */
static const char *find_line(const char *text, const char *key)
{
	size_t len = strlen(key);

	while (text && *text) {
		if (!strncmp(text, key, len))
			return text + len;
		text = strchr(text, '\n');
		text += text != NULL;
	}
	return NULL;
}

void settings_file_limits(const char *root, const char *pid, struct file_limits *limits)
{
	char path[64], text[TEXT_SIZE];
	const char *line;

	*limits = (struct file_limits){-1, -1};
	snprintf(path, sizeof(path), "/proc/%.20s/limits", pid);
	if (settings_text(root, path, text, sizeof(text)) < 0)
		return;
	/* proc(5): the name in a column of its own, then soft limit, hard limit and unit */
	line = find_line(text, "Max open files");
	if (!line)
		return;
	limits->soft = parse_number(line);
	line += strspn(line, " \t");
	line += strcspn(line, " \t");
	limits->hard = parse_number(line);
}

/* A list of CPUs after `key` at the start of a line; empty when there is none. */
static void parse_list(const char *text, const char *key, cpu_set_t *set)
{
	const char *line = find_line(text, key);
	char list[CPUS_TEXT_MAX];

	CPU_ZERO(set);
	if (!line)
		return;
	line += strspn(line, " \t");
	snprintf(list, sizeof(list), "%.*s", (int)strcspn(line, "\n"), line);
	cpus_parse(list, set, NULL);
}

static void read_list(const char *root, const char *path, cpu_set_t *set)
{
	char text[TEXT_SIZE];

	CPU_ZERO(set);
	if (settings_text(root, path, text, sizeof(text)) > 0)
		parse_list(text, "", set);
}

void settings_cpus(const char *root, const char *pid, cpu_set_t *cpus)
{
	char path[64], text[TEXT_SIZE];

	CPU_ZERO(cpus);
	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	if (settings_text(root, path, text, sizeof(text)) > 0)
		parse_list(text, "Cpus_allowed_list:", cpus);
}

static void read_network(const char *root, struct machine_facts *f)
{
	char text[TEXT_SIZE];
	const char *tw;

	f->somaxconn = settings_number(root, "/proc/sys/net/core/somaxconn");
	f->syn_backlog = settings_number(root, "/proc/sys/net/ipv4/tcp_max_syn_backlog");
	f->syncookies = settings_number(root, "/proc/sys/net/ipv4/tcp_syncookies");
	f->tw_reuse = settings_number(root, "/proc/sys/net/ipv4/tcp_tw_reuse");
	f->timestamps = settings_number(root, "/proc/sys/net/ipv4/tcp_timestamps");
	f->port_first = f->port_last = f->time_wait = -1;
	if (settings_text(root, "/proc/sys/net/ipv4/ip_local_port_range", text, sizeof(text)) > 0 &&
	    sscanf(text, "%" SCNd64 " %" SCNd64, &f->port_first, &f->port_last) != 2)
		f->port_first = f->port_last = -1;
	if (settings_text(root, "/proc/net/sockstat", text, sizeof(text)) <= 0)
		return;
	tw = find_line(text, "TCP:");
	tw = tw ? strstr(tw, " tw ") : NULL;
	if (tw)
		f->time_wait = parse_number(tw + 4);
}

static void read_files(const char *root, struct machine_facts *f)
{
	settings_file_limits(root, "self", &f->files);
	f->nr_open = settings_number(root, "/proc/sys/fs/nr_open");
	f->file_max = settings_number(root, "/proc/sys/fs/file-max");
	f->files_allocated = settings_number(root, "/proc/sys/fs/file-nr");
}

/* /proc/meminfo counts in units of 1024 bytes. */
static int64_t kib_line(const char *text, const char *key)
{
	const char *line = find_line(text, key);
	int64_t kib = line ? parse_number(line) : -1;

	return kib < 0 ? -1 : kib * 1024;
}

static void read_memory(const char *root, struct machine_facts *f)
{
	char text[TEXT_SIZE] = "";
	int64_t swap, swap_free;

	settings_text(root, "/proc/meminfo", text, sizeof(text));
	f->memory_bytes = kib_line(text, "MemTotal:");
	f->available_bytes = kib_line(text, "MemAvailable:");
	swap = kib_line(text, "SwapTotal:");
	swap_free = kib_line(text, "SwapFree:");
	f->swap_used_bytes = swap < 0 || swap_free < 0 ? -1 : swap - swap_free;
}

static void read_topology(const char *root, struct machine_facts *f)
{
	char path[PATH_SIZE], text[MACHINE_NAME_MAX];

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		cpu_set_t siblings;

		f->core_of[cpu] = (int16_t)cpu;
		if (!CPU_ISSET(cpu, &f->online))
			continue;
		snprintf(path, sizeof(path), SYS_CPU "/cpu%d/topology/thread_siblings_list", cpu);
		read_list(root, path, &siblings);
		if (CPU_COUNT(&siblings))
			f->core_of[cpu] = (int16_t)cpus_nth(&siblings, 0);
	}
	f->smt_switchable =
	    settings_text(root, SYS_CPU "/smt/control", text, sizeof(text)) > 0 && !strcmp(text, "on");
}

static void read_frequency(const char *root, struct machine_facts *f)
{
	char path[PATH_SIZE], governor[MACHINE_NAME_MAX];

	CPU_ZERO(&f->governed);
	CPU_ZERO(&f->slow);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		bool slow;

		if (!CPU_ISSET(cpu, &f->online))
			continue;
		snprintf(path, sizeof(path), SYS_CPU "/cpu%d/cpufreq/scaling_governor", cpu);
		if (settings_text(root, path, governor, sizeof(governor)) <= 0)
			continue;
		slow = strcmp(governor, "performance") != 0;
		if (!CPU_COUNT(&f->governed) || (slow && !CPU_COUNT(&f->slow)))
			memcpy(f->governor, governor, sizeof(f->governor));
		CPU_SET(cpu, &f->governed);
		if (slow)
			CPU_SET(cpu, &f->slow);
	}
	switch (settings_number(root, SYS_CPU "/intel_pstate/no_turbo")) {
	case 0:
		f->turbo = TURBO_INTEL;
		return;
	case 1:
		f->turbo = TURBO_OFF;
		return;
	default:
		break;
	}
	switch (settings_number(root, SYS_CPU "/cpufreq/boost")) {
	case 0:
		f->turbo = TURBO_OFF;
		return;
	case 1:
		f->turbo = TURBO_BOOST;
		return;
	default:
		f->turbo = TURBO_NONE;
	}
}

/* x86 tells by a flag of its CPUs; Xen and others by a file. */
static bool read_virtual(const char *root)
{
	char text[TEXT_SIZE], flags[TEXT_SIZE];
	const char *line;

	if (settings_text(root, "/sys/hypervisor/type", text, sizeof(text)) > 0)
		return true;
	if (settings_text(root, "/proc/cpuinfo", text, sizeof(text)) <= 0)
		return false;
	line = find_line(text, "flags");
	if (!line)
		return false;
	snprintf(flags, sizeof(flags), "%.*s ", (int)strcspn(line, "\n"), line);
	return strstr(flags, " hypervisor ") != NULL;
}

static bool is_mounted_read_only(const char *root, const char *dir)
{
	char path[PATH_SIZE], text[PATH_SIZE];
	struct mntent entry;
	bool read_only = false;
	FILE *mounts;

	snprintf(path, sizeof(path), "%s/proc/self/mounts", root);
	mounts = setmntent(path, "re");
	/* the last one covers those before it */
	while (mounts && getmntent_r(mounts, &entry, text, sizeof(text)))
		if (!strcmp(entry.mnt_dir, dir))
			read_only = hasmntopt(&entry, "ro") != NULL;
	if (mounts)
		endmntent(mounts);
	return read_only;
}

/* True if no process here can get the capability: not even by sudo. */
static bool lacks_capability(const char *root, unsigned capability)
{
	char text[TEXT_SIZE];
	const char *line;

	if (settings_text(root, "/proc/self/status", text, sizeof(text)) <= 0)
		return false;
	line = find_line(text, "CapBnd:");
	return line && !(strtoull(line, NULL, 16) >> capability & 1);
}

void settings_read(const char *root, struct machine_facts *facts)
{
	*facts = (struct machine_facts){.turbo = TURBO_NONE};
	read_files(root, facts);
	read_network(root, facts);
	read_memory(root, facts);
	read_list(root, SYS_CPU "/online", &facts->online);
	settings_cpus(root, "self", &facts->allowed);
	read_topology(root, facts);
	read_frequency(root, facts);
	if (settings_text(
		root, SYS_CLOCK "/current_clocksource", facts->clocksource, sizeof(facts->clocksource)) < 0)
		facts->clocksource[0] = '\0';
	if (settings_text(root, SYS_CLOCK "/available_clocksource", facts->clocksources,
		sizeof(facts->clocksources)) < 0)
		facts->clocksources[0] = '\0';
	facts->is_virtual = read_virtual(root);
	facts->sysctl_fixed = is_mounted_read_only(root, "/proc/sys");
	facts->sys_fixed = is_mounted_read_only(root, "/sys");
	facts->limits_fixed = lacks_capability(root, CAP_SYS_RESOURCE);
	quota_read(root, "self", &facts->quota);
	memory_limit_read(root, "self", &facts->memory_limit);
	facts->memory_pressure = memory_pressure_read(root);
	quota_cpuset(root, "self", &facts->cpuset);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/file.h"

static void read_cpu_model(char *model, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(model, size, "unknown");
	while (f && fgets(line, sizeof(line), f)) {
		char *value = strchr(line, ':');

		if (strncmp(line, "model name", 10) != 0 || !value)
			continue;
		value += 1 + strspn(value + 1, " \t");
		value[strcspn(value, "\n")] = '\0';
		snprintf(model, size, "%s", value);
		break;
	}
	if (f)
		fclose(f);
}

void host_describe(struct host_facts *facts)
{
	struct utsname name;
	struct sysinfo info;
	cpu_set_t allowed;

	*facts = (struct host_facts){0};
	if (!cpus_allowed(&allowed))
		facts->cpus = (unsigned)CPU_COUNT(&allowed);
	read_cpu_model(facts->cpu_model, sizeof(facts->cpu_model));
	snprintf(facts->kernel, sizeof(facts->kernel), "unknown");
	if (!uname(&name))
		snprintf(facts->kernel, sizeof(facts->kernel), "%.15s %.75s", name.sysname, name.release);
	if (!sysinfo(&info))
		facts->memory_bytes = (uint64_t)info.totalram * info.mem_unit;
}

int host_read(struct host_cpu *cpu)
{
	/* proc(5), /proc/stat, in ticks: user nice system idle iowait irq softirq steal; guest is part of user */
	unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
	int64_t tick_ns = NS_PER_S / sysconf(_SC_CLK_TCK);
	char line[512];
	int rc = file_read_text("/proc/stat", line, sizeof(line));

	if (rc < 0)
		return rc;
	if (sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &iowait,
		&irq, &softirq, &steal) != 8)
		return -EPROTO;
	*cpu = (struct host_cpu){
	    .busy_ns = (int64_t)(user + nice + system + irq + softirq) * tick_ns,
	    .softirq_ns = (int64_t)softirq * tick_ns,
	    .steal_ns = (int64_t)steal * tick_ns,
	    .idle_ns = (int64_t)(idle + iowait) * tick_ns,
	};
	return 0;
}

struct host_cpu host_difference(const struct host_cpu *now, const struct host_cpu *before)
{
	return (struct host_cpu){
	    .busy_ns = now->busy_ns - before->busy_ns,
	    .softirq_ns = now->softirq_ns - before->softirq_ns,
	    .steal_ns = now->steal_ns - before->steal_ns,
	    .idle_ns = now->idle_ns - before->idle_ns,
	};
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/file.h"
#include "observe/settings.h"

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

/* Xen tells its name in a file of its own; of others the firmware says whose machine it is. */
static void read_virtualisation(char *text, size_t size)
{
	static const char *const files[] = {
	    "/sys/hypervisor/type", "/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name"};
	struct machine_facts facts;

	settings_read("", &facts);
	snprintf(text, size, facts.is_virtual ? "virtual" : "none");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && facts.is_virtual; i++) {
		char line[64];

		if (settings_text("", files[i], line, sizeof(line)) <= 0 || !*line)
			continue;
		snprintf(text, size, "%.*s", (int)strcspn(line, "\n"), line);
		return;
	}
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
	read_virtualisation(facts->virtualisation, sizeof(facts->virtualisation));
	if (!sysinfo(&info))
		facts->memory_bytes = (uint64_t)info.totalram * info.mem_unit;
}

/* A line of /proc/stat behind its name, in ticks: user nice system idle iowait irq softirq steal; guest is part of user. */
static int parse_line(const char *line, struct host_cpu *cpu)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
	int64_t tick_ns = NS_PER_S / sysconf(_SC_CLK_TCK);

	if (sscanf(line, "%llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &iowait,
		&irq, &softirq, &steal) != 8)
		return -EPROTO;
	*cpu = (struct host_cpu){
	    .busy_ns = (int64_t)(user + nice + system + irq + softirq) * tick_ns,
	    .irq_ns = (int64_t)irq * tick_ns,
	    .softirq_ns = (int64_t)softirq * tick_ns,
	    .steal_ns = (int64_t)steal * tick_ns,
	    .idle_ns = (int64_t)(idle + iowait) * tick_ns,
	};
	return 0;
}

static void add(struct host_cpu *into, const struct host_cpu *cpu)
{
	into->busy_ns += cpu->busy_ns;
	into->irq_ns += cpu->irq_ns;
	into->softirq_ns += cpu->softirq_ns;
	into->steal_ns += cpu->steal_ns;
	into->idle_ns += cpu->idle_ns;
}

int host_read(const cpu_set_t *set, struct host_cpu *all, struct host_cpu *of_set)
{
	struct host_cpu sum = {0}, sum_of_set = {0};
	FILE *f = fopen("/proc/stat", "re");
	char line[512];
	int rc = -EPROTO;

	if (!f)
		return -errno;
	/* "cpu ..." for all, then "cpuN ..." for each that is online: proc(5) */
	while (fgets(line, sizeof(line), f) && !strncmp(line, "cpu", 3)) {
		char *rest = line + 3 + strcspn(line + 3, " ");
		struct host_cpu cpu;

		rc = parse_line(rest, &cpu);
		if (rc)
			break;
		if (line[3] == ' ')
			sum = cpu;
		else if (CPU_ISSET(strtoul(line + 3, NULL, 10), set))
			add(&sum_of_set, &cpu);
	}
	fclose(f);
	if (rc)
		return rc;
	*all = sum;
	*of_set = sum_of_set;
	return 0;
}

struct host_cpu host_difference(const struct host_cpu *now, const struct host_cpu *before)
{
	return (struct host_cpu){
	    .busy_ns = now->busy_ns - before->busy_ns,
	    .irq_ns = now->irq_ns - before->irq_ns,
	    .softirq_ns = now->softirq_ns - before->softirq_ns,
	    .steal_ns = now->steal_ns - before->steal_ns,
	    .idle_ns = now->idle_ns - before->idle_ns,
	};
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/cpus.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int parse_cpu(const char **p)
{
	char *end;
	unsigned long cpu;

	if (!isdigit((unsigned char)**p))
		return -1;
	cpu = strtoul(*p, &end, 10);
	if (cpu >= CPU_SETSIZE)
		return -1;
	*p = end;
	return (int)cpu;
}

int cpus_parse(const char *text, cpu_set_t *set, struct err *err)
{
	const char *p = text;
	cpu_set_t parsed;

	CPU_ZERO(&parsed);
	for (;;) {
		int first = parse_cpu(&p), last = first;

		if (first >= 0 && *p == '-') {
			p++;
			last = parse_cpu(&p);
		}
		if (first < 0 || last < first)
			break;
		for (int cpu = first; cpu <= last; cpu++)
			CPU_SET(cpu, &parsed);
		if (!*p) {
			*set = parsed;
			return 0;
		}
		if (*p++ != ',')
			break;
	}
	return err_set(err, -EINVAL, "'%s' is not a list of CPUs: write it as 0 or 0-3,6", text);
}

void cpus_format(const cpu_set_t *set, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int first = 0; first < CPU_SETSIZE; first++) {
		int last = first;
		int n;

		if (!CPU_ISSET(first, set))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
			last++;
		n = first == last
		    ? snprintf(text + used, size - used, "%s%d", used ? "," : "", first)
		    : snprintf(text + used, size - used, "%s%d-%d", used ? "," : "", first, last);
		if (n < 0 || used + (size_t)n >= size)
			return;
		used += (size_t)n;
		first = last;
	}
}

int cpus_allowed(cpu_set_t *set)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return -errno;
	*set = allowed;
	return 0;
}

int cpus_nth(const cpu_set_t *set, int nth)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, set) && nth-- == 0)
			return cpu;
	return -1;
}

void cpus_subtract(cpu_set_t *set, const cpu_set_t *other)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, other))
			CPU_CLR(cpu, set);
}

bool cpus_overlap(const cpu_set_t *a, const cpu_set_t *b)
{
	cpu_set_t both;

	CPU_AND(&both, a, b);
	return CPU_COUNT(&both) > 0;
}

int cpus_pin_self(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

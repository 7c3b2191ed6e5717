// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/quota.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/cpus.h"
#include "observe/group.h"

/* What one group allows, in cores; INFINITY when nothing is said. */
static double read_cores(const char *root, const struct group *group)
{
	int64_t quota_us = -1, period_us = 0;
	char text[128];

	if (group->is_v1) {
		if (group_text(root, group, "cpu.cfs_quota_us", text, sizeof(text)) > 0)
			sscanf(text, "%" SCNd64, &quota_us);
		if (group_text(root, group, "cpu.cfs_period_us", text, sizeof(text)) > 0)
			sscanf(text, "%" SCNd64, &period_us);
	} else if (group_text(root, group, "cpu.max", text, sizeof(text)) <= 0 ||
	    sscanf(text, "%" SCNd64 " %" SCNd64, &quota_us, &period_us) != 2) {
		return INFINITY; /* also "max 100000" */
	}
	return quota_us > 0 && period_us > 0 ? (double)quota_us / (double)period_us : INFINITY;
}

static void look_upwards(const char *root, struct group *group, struct cpu_quota *quota)
{
	do {
		double cores = read_cores(root, group);

		if (cores >= quota->cores)
			continue;
		*quota = (struct cpu_quota){
		    .cores = cores,
		    .is_v1 = group->is_v1,
		    .is_outermost = !*group->path,
		};
		group_file(
		    group, group->is_v1 ? "cpu.cfs_quota_us" : "cpu.max", quota->file, sizeof(quota->file));
	} while (group_up(group));
}

void quota_read(const char *root, const char *pid, struct cpu_quota *quota)
{
	struct group v1 = {.is_v1 = true}, v2 = {.is_v1 = false};

	*quota = (struct cpu_quota){.cores = INFINITY};
	if (!group_find(root, pid, "cpu", &v2))
		look_upwards(root, &v2, quota);
	if (!group_find(root, pid, "cpu", &v1))
		look_upwards(root, &v1, quota);
}

void quota_cpuset(const char *root, const char *pid, cpu_set_t *cpus)
{
	struct group v1 = {.is_v1 = true}, v2 = {.is_v1 = false};
	char text[CPUS_TEXT_MAX];
	bool found = !group_find(root, pid, "cpuset", &v2) &&
	    group_text(root, &v2, "cpuset.cpus.effective", text, sizeof(text)) > 0;

	if (!found)
		found = !group_find(root, pid, "cpuset", &v1) &&
		    group_text(root, &v1, "cpuset.effective_cpus", text, sizeof(text)) > 0;
	CPU_ZERO(cpus);
	if (found)
		cpus_parse(text, cpus, NULL);
}

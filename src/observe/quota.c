// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/quota.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>

#include "base/cpus.h"
#include "observe/settings.h"

enum { PATH_SIZE = 512, TEXT_SIZE = 4096 };

/* A group: its hierarchy's mount point, and its path in it, "" for the topmost. */
struct group {
	char mount[PATH_SIZE], path[PATH_SIZE];
	bool is_v1;
};

/* Where a hierarchy is mounted: version 1 with that controller, or version 2. */
static int find_mount(const char *root, const char *controller, struct group *group)
{
	char path[PATH_SIZE], text[2 * PATH_SIZE];
	struct mntent entry;
	FILE *mounts;
	int rc = -ENOENT;

	snprintf(path, sizeof(path), "%.400s/proc/self/mounts", root);
	mounts = setmntent(path, "re");
	if (!mounts)
		return -errno;
	while (rc && getmntent_r(mounts, &entry, text, sizeof(text))) {
		if (strcmp(entry.mnt_type, group->is_v1 ? "cgroup" : "cgroup2") != 0 ||
		    (group->is_v1 && !hasmntopt(&entry, controller)))
			continue;
		snprintf(group->mount, sizeof(group->mount), "%s", entry.mnt_dir);
		rc = 0;
	}
	endmntent(mounts);
	return rc;
}

/* True if `name` is in a list that is separated by commas. */
static bool has_name(const char *list, const char *name)
{
	size_t len = strlen(name);

	while (list && *list) {
		if (!strncmp(list, name, len) && (list[len] == ',' || !list[len]))
			return true;
		list = strchr(list, ',');
		list += list != NULL;
	}
	return false;
}

/* cgroups(7): lines of ID:CONTROLLERS:PATH; version 2 has the ID 0 and no controllers. */
static int find_group(const char *root, const char *pid, const char *controller, struct group *group)
{
	char file[64], text[TEXT_SIZE], *rest = text;

	snprintf(file, sizeof(file), "/proc/%.20s/cgroup", pid);
	if (settings_text(root, file, text, sizeof(text)) < 0)
		return -ENOENT;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		if (group->is_v1 ? !has_name(controllers + 1, controller) : strncmp(line, "0:", 2) != 0)
			continue;
		snprintf(group->path, sizeof(group->path), "%s", strcmp(path, "/") != 0 ? path : "");
		return find_mount(root, controller, group);
	}
	return -ENOENT;
}

static int read_file(const char *root, const struct group *group, const char *name, char *text, size_t size)
{
	char path[QUOTA_FILE_MAX];

	snprintf(path, sizeof(path), "%.250s%.300s/%s", group->mount, group->path, name);
	return settings_text(root, path, text, size);
}

/* What one group allows, in cores; INFINITY when nothing is said. */
static double read_cores(const char *root, const struct group *group)
{
	int64_t quota_us = -1, period_us = 0;
	char text[128];

	if (group->is_v1) {
		if (read_file(root, group, "cpu.cfs_quota_us", text, sizeof(text)) > 0)
			sscanf(text, "%" SCNd64, &quota_us);
		if (read_file(root, group, "cpu.cfs_period_us", text, sizeof(text)) > 0)
			sscanf(text, "%" SCNd64, &period_us);
	} else if (read_file(root, group, "cpu.max", text, sizeof(text)) <= 0 ||
	    sscanf(text, "%" SCNd64 " %" SCNd64, &quota_us, &period_us) != 2) {
		return INFINITY; /* also "max 100000" */
	}
	return quota_us > 0 && period_us > 0 ? (double)quota_us / (double)period_us : INFINITY;
}

static void look_upwards(const char *root, struct group *group, struct cpu_quota *quota)
{
	char *slash = group->path;

	while (slash) {
		double cores = read_cores(root, group);

		if (cores < quota->cores) {
			*quota = (struct cpu_quota){
			    .cores = cores,
			    .is_v1 = group->is_v1,
			    .is_outermost = !*group->path,
			};
			snprintf(quota->file, sizeof(quota->file), "%.250s%.300s/%s", group->mount,
			    group->path, group->is_v1 ? "cpu.cfs_quota_us" : "cpu.max");
			for (char *c = quota->file; *c; c++)
				if ((unsigned char)*c < ' ' || *c == 0x7f)
					*c = '?'; /* terminals obey control characters */
		}
		slash = strrchr(group->path, '/');
		if (slash)
			*slash = '\0';
	}
}

void quota_read(const char *root, const char *pid, struct cpu_quota *quota)
{
	struct group v1 = {.is_v1 = true}, v2 = {.is_v1 = false};

	*quota = (struct cpu_quota){.cores = INFINITY};
	if (!find_group(root, pid, "cpu", &v2))
		look_upwards(root, &v2, quota);
	if (!find_group(root, pid, "cpu", &v1))
		look_upwards(root, &v1, quota);
}

void quota_cpuset(const char *root, const char *pid, cpu_set_t *cpus)
{
	struct group v1 = {.is_v1 = true}, v2 = {.is_v1 = false};
	char text[CPUS_TEXT_MAX];
	bool found = !find_group(root, pid, "cpuset", &v2) &&
	    read_file(root, &v2, "cpuset.cpus.effective", text, sizeof(text)) > 0;

	if (!found)
		found = !find_group(root, pid, "cpuset", &v1) &&
		    read_file(root, &v1, "cpuset.effective_cpus", text, sizeof(text)) > 0;
	CPU_ZERO(cpus);
	if (found)
		cpus_parse(text, cpus, NULL);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/pids.h"

/* Where the version 2 hierarchy is mounted: on hybrid machines not at /sys/fs/cgroup but below it. */
static int find_mount(char *path, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char text[1024];
	struct mntent entry;
	int rc = -ENOENT;

	if (!mounts)
		return -errno;
	while (rc && getmntent_r(mounts, &entry, text, sizeof(text))) {
		if (strcmp(entry.mnt_type, "cgroup2") != 0)
			continue;
		rc = (size_t)snprintf(path, size, "%s", entry.mnt_dir) < size ? 0 : -ENAMETOOLONG;
	}
	endmntent(mounts);
	return rc;
}

/* This process's own group: the line "0::/path" of /proc/self/cgroup, appended to `path`. */
static int append_own(char *path, size_t size)
{
	char text[4096], *line, *rest = text;
	size_t used = strlen(path);
	int rc = file_read_text("/proc/self/cgroup", text, sizeof(text));

	if (rc < 0)
		return rc;
	for (line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		if (strncmp(line, "0::", 3) != 0)
			continue;
		line += 3;
		if (!strcmp(line, "/"))
			return 0;
		return (size_t)snprintf(path + used, size - used, "%s", line) < size - used ? 0
											    : -ENAMETOOLONG;
	}
	return -ENOENT;
}

int cgroup_make(const char *name, char *path, size_t size)
{
	size_t used;
	int rc = find_mount(path, size);

	if (!rc)
		rc = append_own(path, size);
	if (rc)
		return rc;
	used = strlen(path);
	if ((size_t)snprintf(path + used, size - used, "/%s", name) >= size - used)
		return -ENAMETOOLONG;
	return mkdir(path, 0755) ? -errno : 0;
}

static int write_file(const char *path, const char *file, const char *text)
{
	char full[CGROUP_PATH_MAX + 32];
	int fd, rc = 0;

	snprintf(full, sizeof(full), "%.*s/%s", CGROUP_PATH_MAX - 1, path, file);
	fd = open(full, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

int cgroup_enter(const char *path)
{
	return write_file(path, "cgroup.procs", "0");
}

void cgroup_kill(const char *path)
{
	int64_t deadline_ns = clock_ns() + 2 * NS_PER_S;
	char procs[CGROUP_PATH_MAX + 32];
	pid_t pids[PIDS_MAX];
	int n;

	snprintf(procs, sizeof(procs), "%.*s/cgroup.procs", CGROUP_PATH_MAX - 1, path);
	for (n = pids_read(procs, pids); n > 0 && clock_ns() < deadline_ns; n = pids_read(procs, pids)) {
		/* kernels before 5.14 have no cgroup.kill */
		if (write_file(path, "cgroup.kill", "1"))
			for (int i = 0; i < n; i++)
				kill(pids[i], SIGKILL);
		usleep(1000);
	}
}

int cgroup_cpu(const char *path, int64_t *user_ns, int64_t *system_ns, int64_t *total_ns)
{
	char full[CGROUP_PATH_MAX + 32], text[2048];
	long long usage, user, system;
	int rc;

	snprintf(full, sizeof(full), "%.*s/cpu.stat", CGROUP_PATH_MAX - 1, path);
	rc = file_read_text(full, text, sizeof(text));
	if (rc < 0)
		return rc;
	/* the first three keys, always there and in this order: cgroup-v2.rst, "CPU Interface Files" */
	if (sscanf(text, "usage_usec %lld user_usec %lld system_usec %lld", &usage, &user, &system) != 3)
		return -EPROTO;
	*total_ns = usage * NS_PER_US;
	*user_ns = user * NS_PER_US;
	*system_ns = system * NS_PER_US;
	return 0;
}

void cgroup_remove(const char *path)
{
	/* a process that has just ended can keep it busy for a moment */
	for (int i = 0; *path && i < 100 && rmdir(path) && errno == EBUSY; i++)
		usleep(1000);
}

// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/perf_maps.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pids.h"

void perf_maps_note(struct perf_maps *maps, pid_t pid)
{
	pid_t children[PIDS_MAX];
	int n;

	if (maps->n || pid <= 0)
		return;
	maps->pids[maps->n++] = pid;
	n = pids_children(pid, children);
	for (int i = 0; i < n && maps->n < PERF_MAPS_MAX; i++)
		maps->pids[maps->n++] = children[i];
}

void perf_maps_remove(const struct perf_maps *maps)
{
	for (size_t i = 0; i < maps->n; i++) {
		char path[64];
		struct stat st;

		snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)maps->pids[i]);
		if (!lstat(path, &st) && S_ISREG(st.st_mode) && st.st_uid == geteuid())
			unlink(path);
	}
}

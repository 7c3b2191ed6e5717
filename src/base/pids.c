// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/pids.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"

int pids_read(const char *path, pid_t pids[PIDS_MAX])
{
	struct buf text;
	char *at, *end;
	int n = 0, rc;

	buf_init(&text, (size_t)PIDS_MAX * 12);
	rc = file_read(path, &text, NULL);
	at = text.data;
	while (!rc && n < PIDS_MAX) {
		long pid = strtol(at, &end, 10);

		if (end == at || pid <= 0)
			break;
		pids[n++] = (pid_t)pid;
		at = end;
	}
	buf_release(&text);
	return rc ? rc : n;
}

int pids_children(pid_t parent, pid_t pids[PIDS_MAX])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	return pids_read(path, pids);
}

int pids_threads(pid_t pid, pid_t tids[PIDS_MAX])
{
	char path[64];
	int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	d = opendir(path);
	if (!d)
		return -errno;
	for (struct dirent *entry = readdir(d); entry && n < PIDS_MAX; entry = readdir(d)) {
		long tid = strtol(entry->d_name, NULL, 10);

		if (tid > 0)
			tids[n++] = (pid_t)tid;
	}
	closedir(d);
	return n;
}

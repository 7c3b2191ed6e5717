// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/group.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>

#include "observe/settings.h"

enum { TEXT_SIZE = 4096 };

/* Where a hierarchy is mounted: version 1 with that controller, or version 2. */
static int find_mount(const char *root, const char *controller, struct group *group)
{
	char path[GROUP_PATH_MAX], text[2 * GROUP_PATH_MAX];
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
int group_find(const char *root, const char *pid, const char *controller, struct group *group)
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

void group_file(const struct group *group, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%.250s%.300s/%s", group->mount, group->path, name);
	for (char *c = path; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?'; /* terminals obey control characters */
}

int group_text(const char *root, const struct group *group, const char *name, char *text, size_t size)
{
	char path[GROUP_FILE_MAX];

	snprintf(path, sizeof(path), "%.250s%.300s/%s", group->mount, group->path, name);
	return settings_text(root, path, text, size);
}

int64_t group_number(const char *root, const struct group *group, const char *name)
{
	char path[GROUP_FILE_MAX];

	snprintf(path, sizeof(path), "%.250s%.300s/%s", group->mount, group->path, name);
	return settings_number(root, path);
}

bool group_up(struct group *group)
{
	char *slash = strrchr(group->path, '/');

	if (slash)
		*slash = '\0';
	return slash != NULL;
}

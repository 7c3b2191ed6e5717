// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The control group (cgroups(7)) of a process: of version 2, or of version 1 where that still holds a controller. `root` is
 * as in observe/settings.h, `pid` is "self" or a number.
 */
#ifndef MAXQ_OBSERVE_GROUP_H
#define MAXQ_OBSERVE_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GROUP_PATH_MAX = 512, GROUP_FILE_MAX = 600 };

/* Its hierarchy's mount point, and its path in it, "" for the topmost. */
struct group {
	char mount[GROUP_PATH_MAX], path[GROUP_PATH_MAX];
	bool is_v1; /* which of the two is wanted: to be set before group_find */
};

/* 0, or -ENOENT: it is in no such group, or the hierarchy is not mounted here. Version 2 has no `controller`. */
int group_find(const char *root, const char *pid, const char *controller, struct group *group);

/* The group's parent in its place: false at the top. */
bool group_up(struct group *group);

/* A file of the group, as settings_text and settings_number read it. */
int group_text(const char *root, const struct group *group, const char *name, char *text, size_t size);
int64_t group_number(const char *root, const struct group *group, const char *name);

/* Its name, to be shown. */
void group_file(const struct group *group, const char *name, char *path, size_t size);

#endif

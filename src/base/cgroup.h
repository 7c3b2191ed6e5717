// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Control groups, version 2 (cgroups(7)): a group of our own for a server, so that all its processes can be found and
 * ended, whatever they do. Not every machine lets us make one; callers fall back to process trees.
 */
#ifndef MAXQ_BASE_CGROUP_H
#define MAXQ_BASE_CGROUP_H

#include <stddef.h>
#include <stdint.h>

enum { CGROUP_PATH_MAX = 512 };

/*
 * Makes the group `name` below the one that this process is in: 0 with its folder in `path`, or negative errno (-ENOENT:
 * no version 2 hierarchy is mounted; -EACCES: not ours to divide).
 */
int cgroup_make(const char *name, char *path, size_t size);

/* Moves the calling process, and so all its future children, into the group. Calls nothing but system calls. */
int cgroup_enter(const char *path);

/* Ends all processes of the group by SIGKILL, and waits a little until they are gone. */
void cgroup_kill(const char *path);

/*
 * The CPU time that all processes of the group have used since it was made, those that have ended included (`cpu.stat`,
 * in steps of 1 us): 0, or negative errno and the outputs untouched.
 */
int cgroup_cpu(const char *path, int64_t *user_ns, int64_t *system_ns, int64_t *total_ns);

/* Removes an empty group; takes "" for none. */
void cgroup_remove(const char *path);

#endif

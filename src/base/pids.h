// SPDX-License-Identifier: GPL-3.0-or-later
/* Lists of process ids, as the kernel writes them. */
#ifndef MAXQ_BASE_PIDS_H
#define MAXQ_BASE_PIDS_H

#include <stddef.h>
#include <sys/types.h>

enum { PIDS_MAX = 1024 }; /* in one list; what is beyond is left out */

/* Reads a file of ids between white space: how many (at most PIDS_MAX), or negative errno. */
int pids_read(const char *path, pid_t pids[PIDS_MAX]);

/* The children of a process's main thread. Other threads that fork keep lists of their own, which servers rarely have. */
int pids_children(pid_t parent, pid_t pids[PIDS_MAX]);

/* The threads of a process: how many, or negative errno. */
int pids_threads(pid_t pid, pid_t tids[PIDS_MAX]);

#endif

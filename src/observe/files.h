// SPDX-License-Identifier: GPL-3.0-or-later
/* How near the server's processes are to their limits of open files: a server that is at it can accept nobody. */
#ifndef MAXQ_OBSERVE_FILES_H
#define MAXQ_OBSERVE_FILES_H

#include "observe/procs.h"

struct files;

/* 0 or -ENOMEM. */
int files_new(struct files **files);
void files_free(struct files *files);

/* Looks up the limits of the processes. */
void files_find(struct files *files, const struct procs *procs);

/*
 * Counts the open files of those that were found, by the size of /proc/PID/fd (Linux 6.2 and later; before, their folder is
 * read, which is done at every tenth call only: what is known stands meanwhile).
 */
void files_read(struct files *files, struct files_state *state);

#endif

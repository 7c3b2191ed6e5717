// SPDX-License-Identifier: GPL-3.0-or-later
/* Whether each machine can be reached at all, and has the same maxq: what doctor asks before all of them are started together. */
#ifndef MAXQ_CLI_REACH_H
#define MAXQ_CLI_REACH_H

#include "analysis/findings.h"
#include "base/file.h"
#include "cli/measure.h"

enum { RELAY_DIR_MAX = FILE_PRIVATE_DIR_MAX + 8 };

/*
 * A folder for what mpirun and those that it starts write, in a private one of its own: struct child_spec removes both, and
 * relay_dir_remove does where no child was started.
 */
int relay_dir_make(char dir[RELAY_DIR_MAX], struct err *err);
void relay_dir_remove(char dir[RELAY_DIR_MAX]);

/* A finding for each machine of the plan, "reach"; `program` is the path of maxq-mpi. 0, -EINTR, or a failure of our own. */
int reach_all(const struct measure *m, const char *program, struct findings *findings, struct err *err);

#endif

// SPDX-License-Identifier: GPL-3.0-or-later
/* Whether each machine can be reached at all, and has the same maxq: what doctor asks before all of them are started together. */
#ifndef MAXQ_CLI_REACH_H
#define MAXQ_CLI_REACH_H

#include "analysis/findings.h"
#include "cli/measure.h"

/* A finding for each machine of the plan, "reach"; `program` is the path of maxq-mpi. 0, -EINTR, or a failure of our own. */
int reach_all(const struct measure *m, const char *program, struct findings *findings, struct err *err);

#endif

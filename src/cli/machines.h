// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where a measuring command is carried out. There are two of each of these functions: of maxq, which is alone or has mpirun start
 * others (cli/alone.c), and of maxq-mpi, which has been started like that (cli/together.c).
 */
#ifndef MAXQ_CLI_MACHINES_H
#define MAXQ_CLI_MACHINES_H

#include "cli/measure.h"

/* Carries out what the command line asked for: the exit status. */
int machines_run(struct measure *m, measure_runner *run);

/* -EINVAL with a message when several machines cannot do it. */
int machines_refuse(const struct measure *m, struct err *err);

/* True in a process that is told by another one what the contents of @FILE are. */
bool machines_is_follower(void);

/* What maxq-mpi leaves in the folder that maxq made for it. */
#define RELAY_VARIABLE "MAXQ_RELAY"
#define RELAY_OUT "out"
#define RELAY_ERR "err"
#define RELAY_STARTED "started"
#define RELAY_STATUS "status"

#endif

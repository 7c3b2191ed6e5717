// SPDX-License-Identifier: GPL-3.0-or-later
/* Rank 0: a plan's machines (run/machines.h), which are the other ranks. */
#ifndef MAXQ_RUN_COORDINATOR_H
#define MAXQ_RUN_COORDINATOR_H

#include "cluster/cluster.h"
#include "run/machines.h"

struct coordinator;

/* The cluster stays the caller's, and outlives it. -ENOMEM. */
int coordinator_new(struct coordinator **coordinator, struct cluster *cluster);

/* Sends the other ranks home, unless one of them is lost; then frees. What steps say of ranks is gone after it. Takes NULL. */
void coordinator_free(struct coordinator *coordinator);

struct machines *coordinator_machines(struct coordinator *coordinator);

/* True when a rank was lost, or would not do: there can be no orderly end. */
bool coordinator_failed(const struct coordinator *coordinator);

#endif

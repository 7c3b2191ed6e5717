// SPDX-License-Identifier: GPL-3.0-or-later
/* The stacks of a bench that the rank on the server's machine launches: they run until it ends, whatever ends it. */
#ifndef MAXQ_RUN_RANK_STACKS_H
#define MAXQ_RUN_RANK_STACKS_H

#include "cluster/cluster.h"
#include "run/target.h"

struct rank_stacks;

/* None yet. The plan stays the caller's. -ENOMEM. */
int rank_stacks_new(struct rank_stacks **stacks, struct cluster *cluster, const struct plan *plan);
/* Stops all of them. Takes NULL. */
void rank_stacks_free(struct rank_stacks *stacks);

/*
 * Carry out ORDER_LAUNCH, ORDER_ASK and ORDER_LOOK, and answer them; texts are what followed the order. The stack that is launched
 * next has the next number, also when it fails. Negative errno with a message when the answer cannot be given.
 */
int rank_stacks_launch(struct rank_stacks *stacks, const char *texts, struct err *err);
int rank_stacks_ask(struct rank_stacks *stacks, unsigned number, const char *workload, struct err *err);
int rank_stacks_look(struct rank_stacks *stacks, const struct target *target, struct err *err);

/* The processes of the stack that is reached at the target, and their CPUs, into it; -ENOENT when none is. */
int rank_stacks_find(const struct rank_stacks *stacks, struct target *target, struct err *err);

#endif

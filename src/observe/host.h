// SPDX-License-Identifier: GPL-3.0-or-later
/* What the machine is, and what all of its CPUs did. */
#ifndef MAXQ_OBSERVE_HOST_H
#define MAXQ_OBSERVE_HOST_H

#include <sched.h>

#include "sample/step.h"

/* Facts that do not change while maxq runs; what cannot be read is 0 or "unknown". */
void host_describe(struct host_facts *facts);

/*
 * CPU time since boot, of all CPUs and of those of the set: 0 or negative errno. Its resolution is a tick of 10 ms a CPU.
 */
int host_read(const cpu_set_t *set, struct host_cpu *all, struct host_cpu *of_set);

/* What was used between two readings. */
struct host_cpu host_difference(const struct host_cpu *now, const struct host_cpu *before);

#endif
